/* Maps what Ansible's modules say to typed errors. dvo.host.step says its errno itself;
 * for the others there are Ansible's own words, and those of the tools behind it. */
#include "runtime/ansible_error.h"

#include <string.h>

#include "runtime/tool_error.h"

static const struct {
    const char *text; /* part of the message, in any case */
    enum dvo_error code;
} rules[] = {
    {"host key verification failed", DVO_EAUTH},
    {"permission denied (publickey", DVO_EAUTH},
    {"missing sudo password", DVO_EAUTH},
    {"a password is required", DVO_EAUTH},
    {"incorrect sudo password", DVO_EAUTH},
    {"failed to connect to the host via ssh", DVO_EUNREACH},
    {"timed out waiting for last boot time", DVO_ETIMEDOUT},
    {"unsupported parameters", DVO_EINVAL},
    {"missing required arguments", DVO_EINVAL},
    {"undefined variable", DVO_EINVAL},
    {"python interpreter", DVO_ENOSYS},
    {"couldn't resolve module", DVO_ENOSYS},
};

enum dvo_error ansible_error(const json_t *event)
{
    const char *kind = json_string_value(json_object_get(event, "event"));
    const char *msg = json_string_value(json_object_get(event, "msg"));
    bool unreachable = kind && !strcmp(kind, "unreachable");
    enum dvo_error said = tool_error_said(event);
    for (size_t i = 0; !said && msg && i < sizeof rules / sizeof *rules; i++)
        if (strcasestr(msg, rules[i].text))
            said = rules[i].code;
    if (!said)
        said = tool_error_words(msg);
    /* Words of the machine's are none of its login. */
    if (unreachable && said != DVO_EAUTH)
        return DVO_EUNREACH;
    return said ? said : DVO_EUNKNOWN;
}
