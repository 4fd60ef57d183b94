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

#define LISTED_MAX 12 /* more names are not listed */

/* What stands before the dot whose name is at `at`, or NULL. */
static const char *owner_written(struct vm *vm, struct span at)
{
    const struct expr *e = vm_expr(vm, at);
    if (e && e->kind == EXPR_CALL)
        e = e->call.callee;
    return e && e->kind == EXPR_DOT ? vm_written(vm, e->dot.object->span) : NULL;
}

static const char *owner_phrase(struct vm *vm, value v, struct span at)
{
    const char *written = owner_written(vm, at), *type = value_type_phrase(vm, v);
    if (!written)
        return type;
    if (v == VALUE_NONE)
        return arena_printf(vm->arena, "%s is None, which", written);
    return arena_printf(vm->arena, "%s (%s)", written, type);
}

static bool holds_handles(value v)
{
    size_t n;
    const value *items = value_is(v, VALUE_KIND_LIST) ? value_items(v, &n) : NULL;
    return items && n && value_is(items[0], VALUE_KIND_OBJECT) &&
           value_object(items[0])->type->handle;
}

/* Near names first; a host knows what else may be meant; a few names are all listed. */
static void help_missing(struct vm *vm, value v, str_id name, struct span at)
{
    const char *word = intern_text(vm->strings, name);
    const char *written = owner_written(vm, at);
    struct names names = {.vm = vm};
    attr_each(vm, v, add_name, &names);
    const char *near = text_nearest(word, names.v, names.n);
    const char *other = value_is(v, VALUE_KIND_OBJECT) && value_object(v)->type->instead
                            ? value_object(v)->type->instead(vm, v, name)
                            : NULL;
    if (other) {
        vm_help(vm, "%s", other);
    } else if (near) {
        vm_help(vm, "did you mean %s.%s?", written ? written : "", near);
    } else if (v == VALUE_NONE) {
        vm_help(
            vm,
            "a function gives a value with return only; write return VALUE at its end");
    } else if (value_is(v, VALUE_KIND_DICT)) {
        vm_help(vm, "write %s[\"%s\"] for the value of a key", written ? written : "DICT",
                word);
    } else if (holds_handles(v)) {
        vm_help(vm, "do it for each item: for item in %s: item.%s",
                written ? written : "LIST", word);
    } else if (names.n && names.n <= LISTED_MAX) {
        struct buf all = {0};
        for (size_t i = 0; i < names.n; i++)
            buf_printf(&all, "%s.%s", i ? ", " : "", names.v[i]);
        vm_help(vm, "it has %s", buf_text(&all));
        buf_free(&all);
    } else if (value_is(v, VALUE_KIND_OBJECT) && value_object(v)->type->handle) {
        vm_help(vm, "`dvoc calls` lists the calls of a %s", value_type_name(vm, v));
    }
    free(names.v);
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
    struct span at = vm_method_span(vm, name);
    vm_fail_at(vm, at, 316, "%s has no attribute \"%s\"", owner_phrase(vm, v, at), word);
    help_missing(vm, v, name, at);
    return VALUE_ERROR;
}

value value_getattr(struct vm *vm, value v, str_id name)
{
    value r = value_attr(vm, v, name);
    return r ? r : attr_missing(vm, v, name);
}
