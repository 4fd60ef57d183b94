/* Words are all that most tools leave behind, so the table goes from the particular to
 * the general. */
#include "runtime/tool_error.h"

#include <string.h>

static const struct {
    const char *text; /* part of the message, in any case */
    enum dvo_error code;
} rules[] = {
    /* packages */
    {"unable to locate package", DVO_ENOENT},
    {"no package matching", DVO_ENOENT},
    {"has no installation candidate", DVO_ENOENT},
    {"was not found", DVO_ENOENT}, /* Version '…' for '…' was not found */
    {"does not have a release file", DVO_ENOENT},
    {"could not get lock", DVO_EBUSY},
    {"unable to acquire the dpkg frontend lock", DVO_EBUSY},
    {"failed to lock apt", DVO_EBUSY},
    {"unable to lock", DVO_EBUSY},
    {"held packages were changed", DVO_EPERM},
    {"no_pubkey", DVO_EAUTH},
    {"is not signed", DVO_EAUTH},
    {"could not be authenticated", DVO_EAUTH},
    {"hash sum mismatch", DVO_EPROTO},
    {"unmet dependencies", DVO_EINVAL},
    {"unable to correct problems", DVO_EINVAL},
    /* services */
    {"is masked", DVO_EINVAL},
    {"could not find the requested service", DVO_ENOENT},
    {"unit file does not exist", DVO_ENOENT},
    /* files, users, devices */
    {"cannot remove the primary group", DVO_EBUSY},
    {"in the expected time frame", DVO_ETIMEDOUT},
    {"no space left on device", DVO_ENOSPC},
    {"enough free space", DVO_ENOSPC},
    {"disk quota exceeded", DVO_EQUOTA},
    {"read-only file system", DVO_EPERM},
    {"operation not permitted", DVO_EPERM},
    {"permission denied", DVO_EPERM},
    {"is currently used by process", DVO_EBUSY},
    {"device or resource busy", DVO_EBUSY},
    {"no such file or directory", DVO_ENOENT},
    {"does not exist", DVO_ENOENT},
    {"could not find or access", DVO_ENOENT},
    {"already exists", DVO_EEXIST},
    {"file exists", DVO_EEXIST},
    {"failed to validate", DVO_EINVAL},
    {"not a directory", DVO_EINVAL},
    {"is a directory", DVO_EINVAL},
    /* network */
    {"could not resolve", DVO_EUNREACH},
    {"temporary failure in name resolution", DVO_EUNREACH},
    {"temporary failure resolving", DVO_EUNREACH},
    {"network is unreachable", DVO_EUNREACH},
    {"no route to host", DVO_EUNREACH},
    {"connection refused", DVO_ECONN},
    {"connection reset", DVO_ECONN},
    {"connection timed out", DVO_ETIMEDOUT},
    {"timed out", DVO_ETIMEDOUT},
    {"timeout", DVO_ETIMEDOUT},
    {"failed to fetch", DVO_EREMOTE},
};

enum dvo_error tool_error_said(const json_t *event)
{
    const char *name = json_string_value(json_object_get(event, "errno"));
    return name ? error_named(name, strlen(name)) : DVO_OK;
}

enum dvo_error tool_error_words(const char *msg)
{
    for (size_t i = 0; msg && i < sizeof rules / sizeof *rules; i++)
        if (strcasestr(msg, rules[i].text))
            return rules[i].code;
    return DVO_OK;
}
