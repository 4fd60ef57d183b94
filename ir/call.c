/* Names of backends, as programs and configuration write them. */
#include "ir/call.h"

#include <string.h>

static const char *const names[BACKEND_COUNT] = {
    [BACKEND_NONE] = "none",
    [BACKEND_API] = "api",
    [BACKEND_ANSIBLE] = "ansible",
    [BACKEND_CHEF] = "chef",
};

const char *backend_name(enum backend b)
{
    return names[b];
}

enum backend backend_named(const char *name)
{
    for (int b = BACKEND_API; b < BACKEND_COUNT; b++)
        if (!strcmp(names[b], name))
            return (enum backend)b;
    return BACKEND_NONE;
}
