/* Attributes: methods of the builtin types, whatever host objects have, and suggestions.
 */
#include "compiler/attr.h"

#include <stdlib.h>

#include "compiler/vm.h"
#include "compiler/vm_state.h"

value value_attr(struct vm *vm, value v, str_id name)
{
    enum value_kind kind = value_kind(v);
    if (kind == VALUE_KIND_OBJECT)
        return value_object(v)->type->getattr
                   ? value_object(v)->type->getattr(vm, v, name)
                   : VALUE_ERROR;
    const struct native *method = vm_method(vm, kind, name);
    return method ? value_native_new(vm, method, v) : VALUE_ERROR;
}

void attr_each(struct vm *vm, value v, void (*each)(void *ctx, str_id name), void *ctx)
{
    enum value_kind kind = value_kind(v);
    if (kind == VALUE_KIND_OBJECT) {
        if (value_object(v)->type->attrs)
            value_object(v)->type->attrs(vm, v, each, ctx);
        return;
    }
    for (uint32_t i = 0; i < vm->state->nmethods; i++) {
        str_id name =
            intern_cstr(vm->strings, strchr(vm->state->method_list[i]->name, '.') + 1);
        if (vm_method(vm, kind, name) == vm->state->method_list[i])
            each(ctx, name);
    }
}

struct names {
    struct vm *vm;
    const char **v;
    size_t n, cap;
};

static void add_name(void *ctx, str_id name)
{
    struct names *names = ctx;
    *vec_push(names) = intern_text(names->vm->strings, name);
}

value attr_missing(struct vm *vm, value v, str_id name)
{
    const char *word = intern_text(vm->strings, name);
    if (vm_failed(vm))
        return VALUE_ERROR;
    if (value_is_deferred(v)) {
        struct type t = value_deferred(v)->type;
        return vm_fail_deferred(
            vm, v, arena_printf(vm->arena, "something with a .%s", word),
            type_is_text((enum type_kind)t.kind)
                ? "deferred text has no methods; build text from it with "
                  "f-strings, or let the machine do it"
                : NULL);
    }
    vm_fail_at(vm, vm_method_span(vm, name), 316, "%s has no attribute %s",
               value_type_phrase(vm, v), word);
    struct names names = {.vm = vm};
    attr_each(vm, v, add_name, &names);
    vm_suggest(vm, word, names.v, names.n);
    free(names.v);
    return VALUE_ERROR;
}

value value_getattr(struct vm *vm, value v, str_id name)
{
    value r = value_attr(vm, v, name);
    return r ? r : attr_missing(vm, v, name);
}
