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

/* A list of packages is looked into when one of them is a pinned file: where it comes
 * from decides how it gets to the machine. */
static bool has_package(const struct values *t, val_id id)
{
    const struct ir_value *v = val_get(t, id);
    if (v->kind == IR_DICT)
        return true;
    for (uint32_t i = 0; v->kind == IR_LIST && i < v->count; i++)
        if (val_get(t, val_items(t, id)[i])->kind == IR_DICT)
            return true;
    return false;
}

bool arg_is_seen(const struct values *t, const struct arg_info *arg, val_id v)
{
    return arg->inspect || arg->nchoices || arg->type.kind == TYPE_BOOL ||
           (arg->type.kind == TYPE_PACKAGES && has_package(t, v));
}
