/* Every argument of every call goes through here, so its messages are the ones people see
 * most: they name the argument, what it takes and what to write instead. */
#include "compiler/bind.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/handle.h"
#include "compiler/native.h"

struct binder {
    struct vm *vm;
    const struct calls *calls;
    const char *call;
    const struct arg_info *arg;
    struct span at;
};

static const char *arg_name(const struct binder *b)
{
    return intern_text(b->vm->strings, b->arg->name);
}

static val_id wrong(const struct binder *b, enum type_kind kind, value v)
{
    struct type t = b->arg->type;
    if (kind == TYPE_HANDLE && t.handle)
        vm_fail_at(b->vm, b->at, 520, "%s(%s=) takes a %s, not %s", b->call, arg_name(b),
                   intern_text(b->vm->strings, t.handle), value_type_name(b->vm, v));
    else
        vm_fail_at(b->vm, b->at, 520, "%s(%s=) takes %s, not %s", b->call, arg_name(b),
                   type_example(kind), value_type_name(b->vm, v));
    int64_t n;
    if (kind == TYPE_MODE && value_to_int64(v, &n) && n >= 0)
        vm_help(b->vm, "write the octal digits in quotes: \"%04llo\"",
                (unsigned long long)n);
    else if (kind == TYPE_DURATION && value_to_int64(v, &n))
        vm_help(b->vm, "say the unit: \"%llds\"", (long long)n);
    else if (type_is_text(kind) && value_is_int(v))
        vm_help(b->vm, "write it in quotes, or make text of it with str(...)");
    else if (kind == TYPE_LIST && value_is_str(v))
        vm_help(b->vm, "put it into a list: [...]");
    return VAL_ABSENT;
}

static bool choice_good(const struct binder *b, str_id s)
{
    const struct arg_info *arg = b->arg;
    if (!arg->nchoices)
        return true;
    struct buf all = {0};
    const char *names[32];
    for (uint32_t i = 0; i < arg->nchoices; i++) {
        if (arg->choices[i] == s) {
            buf_free(&all);
            return true;
        }
        names[i] = intern_text(b->vm->strings, arg->choices[i]);
        buf_printf(&all, "%s\"%s\"", i ? ", " : "", names[i]);
    }
    vm_fail_at(b->vm, b->at, 521, "%s(%s=) cannot be \"%s\"", b->call, arg_name(b),
               intern_text(b->vm->strings, s));
    const char *near = text_nearest(intern_text(b->vm->strings, s), names, arg->nchoices);
    if (near)
        vm_help(b->vm, "did you mean \"%s\"?", near);
    else
        vm_help(b->vm, "write one of %s", buf_text(&all));
    buf_free(&all);
    return false;
}

static val_id bind_text(const struct binder *b, enum type_kind kind, value v)
{
    if (!value_is_str(v))
        return wrong(b, kind, v);
    str_id s = value_intern(b->vm, v), good = s;
    const char *why = type_check_text(b->vm->strings, kind, s, &good);
    if (why) {
        vm_fail_at(b->vm, b->at, 522, "%s(%s=) %s", b->call, arg_name(b), why);
        vm_help(b->vm, "write %s", type_example(kind));
        return VAL_ABSENT;
    }
    return choice_good(b, good) ? val_str(b->vm->values, good) : VAL_ABSENT;
}

static val_id bind_deferred(const struct binder *b, enum type_kind kind, value v)
{
    const struct deferred *d = value_deferred(v);
    if (d->tainted && !b->arg->secret) {
        vm_fail_at(b->vm, b->at, 441, "a secret cannot go into %s(%s=)", b->call,
                   arg_name(b));
        vm_help(b->vm,
                "secrets may go into file content, environment, stdin, passwords and "
                "headers only");
        return VAL_ABSENT;
    }
    if (!b->arg->deferred) {
        struct buf use = {0};
        buf_printf(&use, "%s(%s=)", b->call, arg_name(b));
        vm_fail_deferred_at(b->vm, b->at, v, buf_text(&use),
                            "this argument must be known before the plan runs: write the "
                            "value itself, a param() or a var of the inventory");
        buf_free(&use);
        return VAL_ABSENT;
    }
    bool text = type_is_text(kind), have = type_is_text((enum type_kind)d->type.kind);
    if (kind != TYPE_ANY && text != have && !(text && d->type.kind == TYPE_ANY)) {
        wrong(b, kind, v);
        if (text)
            vm_help(b->vm, "make text of it with str(...)");
        return VAL_ABSENT;
    }
    return d->ir;
}

static val_id bind_handle(const struct binder *b, struct type t, value v)
{
    const struct handle *h = handle_of(v);
    if (!h)
        return wrong(b, TYPE_HANDLE, v);
    if (t.handle && b->calls->types[h->type].name != t.handle)
        return wrong(b, TYPE_HANDLE, v);
    return val_handle(b->vm->values, h->op);
}

static val_id bind_packages(const struct binder *b, value v)
{
    struct vm *vm = b->vm;
    size_t n;
    const value *v0 = value_items(v, &n);
    if (!v0) {
        v0 = &v;
        n = 1;
    }
    val_id *ids = arena_array(vm->arena, val_id, n + 1);
    for (size_t i = 0; i < n; i++) {
        if (value_is_deferred(v0[i]))
            ids[i] = bind_deferred(b, TYPE_PACKAGES, v0[i]);
        else if (value_is_str(v0[i]))
            ids[i] = bind_text(b, TYPE_PACKAGES, v0[i]);
        else
            ids[i] = package_ir(vm, v0[i]);
        if (!ids[i])
            return vm_failed(vm) ? VAL_ABSENT : wrong(b, TYPE_PACKAGES, v0[i]);
    }
    if (!n) {
        vm_fail_at(vm, b->at, 523, "%s(%s=) names no package", b->call, arg_name(b));
        return VAL_ABSENT;
    }
    return val_seq(vm->values, IR_LIST, 0, ids, n);
}

static val_id bind_triggers(const struct binder *b, value v)
{
    struct vm *vm = b->vm;
    size_t n;
    const value *v0 = value_items(v, &n);
    if (!v0) {
        v0 = &v;
        n = 1;
    }
    struct {
        val_id *v;
        size_t n, cap;
    } ids = {0};
    val_id out = VAL_ABSENT;
    for (size_t i = 0; i < n; i++) {
        value one = native_condition(vm, b->at, IR_COND_ANY, &v0[i], 1);
        if (one == VALUE_ERROR)
            goto done;
        if (value_is_deferred(one)) {
            if (value_deferred(one)->tainted) {
                bind_deferred(b, TYPE_TRIGGERS, one);
                goto done;
            }
            *vec_push(&ids) = value_deferred(one)->ir;
        } else if (one == VALUE_TRUE) {
            *vec_push(&ids) = VAL_TRUE;
        }
    }
    out = val_seq(vm->values, IR_LIST, 0, ids.v, ids.n);
done:
    free(ids.v);
    return out;
}

static val_id bind_condition(const struct binder *b, value v)
{
    size_t n;
    const value *items = value_items(v, &n);
    value c = items ? native_condition(b->vm, b->at, IR_COND_ALL, items, n)
                    : native_condition(b->vm, b->at, IR_COND_ALL, &v, 1);
    if (c == VALUE_ERROR)
        return VAL_ABSENT;
    return value_is_deferred(c) ? value_deferred(c)->ir : val_bool(c == VALUE_TRUE);
}

static val_id bind_int(const struct binder *b, enum type_kind kind, value v)
{
    int64_t n;
    if (!value_to_int64(v, &n))
        return wrong(b, kind, v);
    const char *why = type_check_int(kind, n);
    if (!why)
        return val_int(b->vm->values, n);
    vm_fail_at(b->vm, b->at, 522, "%s(%s=) %s", b->call, arg_name(b), why);
    return VAL_ABSENT;
}

static val_id bind_one(const struct binder *b, struct type t, value v);

static val_id bind_list(const struct binder *b, struct type t, value v)
{
    size_t n;
    const value *items = value_items(v, &n);
    if (!items)
        return wrong(b, TYPE_LIST, v);
    val_id *ids = arena_array(b->vm->arena, val_id, n + 1);
    struct type item = {.kind = t.item, .handle = t.handle};
    for (size_t i = 0; i < n; i++) {
        ids[i] = bind_one(b, item, items[i]);
        if (!ids[i])
            return VAL_ABSENT;
    }
    return val_seq(b->vm->values, IR_LIST, 0, ids, n);
}

static val_id bind_command(const struct binder *b, value v)
{
    static const struct type line = {.kind = TYPE_LINE};
    static const struct type words = {.kind = TYPE_LIST, .item = TYPE_LINE};
    size_t n;
    bool list = value_items(v, &n);
    if (list ? !n : value_is_str(v) && !value_str_len(v)) {
        vm_fail_at(b->vm, b->at, 522, "%s(%s=) must not be empty", b->call, arg_name(b));
        return VAL_ABSENT;
    }
    if (list)
        return bind_list(b, words, v);
    return value_is_str(v) || value_is_deferred(v) ? bind_one(b, line, v)
                                                   : wrong(b, TYPE_COMMAND, v);
}

static val_id bind_dict(const struct binder *b, struct type t, value v)
{
    struct vm *vm = b->vm;
    if (!value_is(v, VALUE_KIND_DICT))
        return wrong(b, TYPE_DICT, v);
    const struct table *d = value_table(v);
    val_id *ids = arena_array(vm->arena, val_id, 2 * d->n + 1);
    struct type item = {.kind = t.item, .handle = t.handle};
    size_t n = 0;
    for (uint32_t i = 0; i < d->used; i++) {
        if (d->v[i].key == VALUE_ERROR)
            continue;
        if (!value_is_str(d->v[i].key)) {
            vm_fail_at(vm, b->at, 520, "%s(%s=) takes string keys, not %s", b->call,
                       arg_name(b), value_type_name(vm, d->v[i].key));
            return VAL_ABSENT;
        }
        ids[2 * n] = t.key ? bind_text(b, (enum type_kind)t.key, d->v[i].key)
                           : val_str(vm->values, value_intern(vm, d->v[i].key));
        if (!ids[2 * n])
            return VAL_ABSENT;
        ids[2 * n + 1] = bind_one(b, item, d->v[i].val);
        if (!ids[2 * n + 1])
            return VAL_ABSENT;
        n++;
    }
    return val_seq(vm->values, IR_DICT, 0, ids, n);
}

static void note_handle(void *ctx, value v, const char *path)
{
    (void)path;
    *(value *)ctx = v;
}

/* Whatever only running can tell may stand here; a handle is nothing that can be shown.
 */
static val_id bind_any(const struct binder *b, value v)
{
    value handle = VALUE_ERROR;
    if (b->arg->deferred)
        value_each_handle(b->vm, v, note_handle, &handle);
    if (handle == VALUE_ERROR)
        return value_to_ir(b->vm, v, b->at);
    vm_fail_at(b->vm, b->at, 520, "%s(%s=) takes a value, not %s", b->call, arg_name(b),
               value_type_phrase(b->vm, handle));
    vm_help(b->vm, "use one of its fields");
    return VAL_ABSENT;
}

static val_id bind_one(const struct binder *b, struct type t, value v)
{
    enum type_kind kind = (enum type_kind)t.kind;
    if (kind == TYPE_CONDITION)
        return bind_condition(b, v);
    if (kind == TYPE_TRIGGERS)
        return bind_triggers(b, v);
    if (kind == TYPE_COMMAND)
        return bind_command(b, v);
    if (kind == TYPE_PACKAGES)
        return bind_packages(b, v);
    if (value_is_deferred(v))
        return bind_deferred(b, kind, v);
    switch (kind) {
    case TYPE_ANY: return bind_any(b, v);
    case TYPE_BOOL:
        return v == VALUE_TRUE || v == VALUE_FALSE ? val_bool(v == VALUE_TRUE)
                                                   : wrong(b, kind, v);
    case TYPE_INT:
    case TYPE_PORT:
    case TYPE_ID: return bind_int(b, kind, v);
    case TYPE_FLOAT:
        return value_is_float(v) || value_is_int(v) ? value_to_ir(b->vm, v, b->at)
                                                    : wrong(b, kind, v);
    case TYPE_PACKAGE: {
        val_id ir = package_ir(b->vm, v);
        return ir ? ir : vm_failed(b->vm) ? VAL_ABSENT : wrong(b, kind, v);
    }
    case TYPE_HANDLE: return bind_handle(b, t, v);
    case TYPE_LIST: return bind_list(b, t, v);
    case TYPE_DICT: return bind_dict(b, t, v);
    default: return bind_text(b, kind, v);
    }
}

val_id bind_value(struct vm *vm, const struct calls *calls, const char *call,
                  const struct arg_info *arg, value v, struct span at)
{
    if (v == VALUE_NONE && arg->optional)
        return VAL_NONE;
    struct binder b = {vm, calls, call, arg, at};
    return bind_one(&b, arg->type, v);
}
