/* Maps the exceptions of Chef's resources to typed errors. A step says its errno itself;
 * where a class says nothing, the words may. */
#include "runtime/chef_error.h"

#include <string.h>

#include "runtime/tool_error.h"

/* Classes of chef 18, lib/chef/exceptions.rb, and of Ruby. */
static const struct {
    const char *name;
    enum dvo_error code;
} classes[] = {
    {"Chef::Exceptions::Package", DVO_OK}, /* its words say more */
    {"Chef::Exceptions::NoCandidateVersion", DVO_ENOENT},
    {"Chef::Exceptions::InvalidPackageSpecification", DVO_EINVAL},
    {"Chef::Exceptions::UserIDNotFound", DVO_ENOENT},
    {"Chef::Exceptions::GroupIDNotFound", DVO_ENOENT},
    {"Chef::Exceptions::User", DVO_OK},
    {"Chef::Exceptions::Group", DVO_OK},
    {"Chef::Exceptions::Service", DVO_ENOENT},
    {"Chef::Exceptions::InsufficientPermissions", DVO_EPERM},
    {"Chef::Exceptions::EnclosingDirectoryDoesNotExist", DVO_ENOENT},
    {"Chef::Exceptions::FileNotFound", DVO_ENOENT},
    {"Chef::Exceptions::CookbookNotFound", DVO_ENOENT},
    {"Chef::Exceptions::FileTypeMismatch", DVO_EINVAL},
    {"Chef::Exceptions::FileContentStagingError", DVO_ENOSPC},
    {"Chef::Exceptions::ValidationFailed", DVO_EINVAL},
    {"Chef::Exceptions::CannotValidateStaticallyDefinedProperty", DVO_EINVAL},
    {"Chef::Exceptions::ContentLengthMismatch", DVO_EPROTO},
    {"Chef::Exceptions::ChecksumMismatch", DVO_EPROTO},
    {"Chef::Mixin::Template::TemplateError", DVO_EINVAL},
    {"Mixlib::ShellOut::CommandTimeout", DVO_ETIMEDOUT},
    {"Timeout::Error", DVO_ETIMEDOUT},
    {"Net::OpenTimeout", DVO_ETIMEDOUT},
    {"Net::ReadTimeout", DVO_ETIMEDOUT},
    {"Errno::ETIMEDOUT", DVO_ETIMEDOUT},
    {"Errno::EACCES", DVO_EPERM},
    {"Errno::EPERM", DVO_EPERM},
    {"Errno::EROFS", DVO_EPERM},
    {"Errno::ENOSPC", DVO_ENOSPC},
    {"Errno::EDQUOT", DVO_EQUOTA},
    {"Errno::ENOENT", DVO_ENOENT},
    {"Errno::EEXIST", DVO_EEXIST},
    {"Errno::EBUSY", DVO_EBUSY},
    {"Errno::ENOTDIR", DVO_EINVAL},
    {"Errno::EISDIR", DVO_EINVAL},
    {"Errno::ECONNREFUSED", DVO_ECONN},
    {"Errno::ECONNRESET", DVO_ECONN},
    {"Errno::EHOSTUNREACH", DVO_EUNREACH},
    {"Errno::ENETUNREACH", DVO_EUNREACH},
    {"SocketError", DVO_EUNREACH},
    {"Dvo::Missing", DVO_EINVAL},
};

enum dvo_error chef_error(const json_t *event)
{
    const char *name = json_string_value(json_object_get(event, "exception"));
    enum dvo_error said = tool_error_said(event);
    for (size_t i = 0; !said && name && i < sizeof classes / sizeof *classes; i++)
        if (!strcmp(classes[i].name, name))
            said = classes[i].code;
    if (!said)
        said = tool_error_words(json_string_value(json_object_get(event, "msg")));
    return said ? said : DVO_EUNKNOWN;
}
