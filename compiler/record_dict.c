/* Looks members of records up. */
#include "compiler/record_dict.h"

#include <string.h>

#include "compiler/vm.h"

value record_get(struct vm *vm, value dict, const char *key)
{
    return value_dict_get_cstr(vm, dict, key);
}

bool record_flag(struct vm *vm, value dict, const char *key)
{
    return record_get(vm, dict, key) == VALUE_TRUE;
}

const char *record_text(struct vm *vm, value dict, const char *key)
{
    value v = record_get(vm, dict, key);
    return v != VALUE_ERROR && value_is_str(v) ? value_cstr(vm, v) : NULL;
}

const value *record_items(struct vm *vm, value dict, const char *key, size_t *n)
{
    *n = 0;
    value v = record_get(vm, dict, key);
    return v == VALUE_ERROR ? NULL : value_items(v, n);
}

bool record_is_word(struct vm *vm, value v, const char *word)
{
    const char *w = value_is(v, VALUE_KIND_DICT) ? record_text(vm, v, "word") : NULL;
    return w && !strcmp(w, word);
}

int32_t record_arg_index(const struct call_info *info, struct vm *vm, const char *name)
{
    for (uint32_t i = 0; i < info->nargs; i++)
        if (!strcmp(intern_text(vm->strings, info->args[i].name), name))
            return (int32_t)i;
    return -1;
}

int32_t record_named_arg(const struct call_info *info, struct vm *vm, value name)
{
    int32_t i =
        value_is_str(name) ? record_arg_index(info, vm, value_cstr(vm, name)) : -1;
    if (i < 0)
        vm_fail(vm, 512,
                "the record names an argument \"%s\" that the call does not have",
                value_is_str(name) ? value_cstr(vm, name) : "?");
    return i;
}
