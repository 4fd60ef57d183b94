/* Every argument of every call goes through here, so its messages are the ones people see
 * most: they name the argument, what it takes and what to write instead. */
#include "compiler/bind.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/allow.h"
#include "compiler/edit.h"
#include "compiler/handle.h"
#include "compiler/locate.h"
#include "compiler/native.h"

struct binder {
    struct vm *vm;
    const struct calls *calls;
    const struct call_info *info;
    const char *call;
    const struct arg_info *arg;
    uint32_t given; /* place of the argument among those of the running call */
    /* Of what this is a part: item `index`, or a key or value of a dict. */
    const struct binder *outer;
    uint32_t index;
    bool key;
    const char *under; /* the key of the value in the dict, or NULL */
};

static const char *arg_name(const struct binder *b)
{
    return intern_text(b->vm->strings, b->arg->name);
}

/* The whole argument. Messages ask, so it is looked up for them alone. */
static struct span whole(const struct binder *b)
{
    return vm_arg_span(b->vm, b->given);
}

static struct binder part(const struct binder *b, size_t index, bool key)
{
    struct binder p = *b;
    p.under = NULL;
    p.outer = b;
    p.index = (uint32_t)index;
    p.key = key;
    return p;
}

static const struct expr *written_at(const struct binder *b)
{
    return b->outer ? locate_item(written_at(b->outer), b->index, b->key)
                    : vm_expr(b->vm, whole(b));
}

/* The innermost place that is written out. */
static struct span place(const struct binder *b)
{
    const struct expr *e = b->outer ? written_at(b) : NULL;
    return e ? e->span : b->outer ? place(b->outer) : whole(b);
}

/* The help of an error about `v`, which may be told without being written out. */
static void help_edit(const struct binder *b, struct type t, value v,
                      const char *otherwise)
{
    bool hidden = b->outer && !written_at(b);
    const char *help = edit_value(b->vm, t, v, hidden ? (struct span){0} : place(b));
    if (help)
        vm_help(b->vm, "%s", help);
    else if (otherwise)
        vm_help(b->vm, "write %s", otherwise);
}

/* machine.run(argv=), item 1 of machine.run(argv=), "PATH" of machine.run(env=). In the
 * arena. */
static const char *subject(const struct binder *b)
{
    const char *whole = arena_printf(b->vm->arena, "%s(%s=)", b->call, arg_name(b));
    if (!b->outer)
        return whole;
    if (b->key)
        return arena_printf(b->vm->arena, "a key of %s", whole);
    if (b->under)
        return arena_printf(b->vm->arena, "\"%s\" of %s",
                            diag_cut(b->vm->arena, b->under, strlen(b->under)), whole);
    return arena_printf(b->vm->arena, "item %u of %s", b->index, whole);
}

static val_id fail_type(const struct binder *b, struct type t, value v)
{
    struct vm *vm = b->vm;
    struct span at = place(b);
    enum type_kind kind = (enum type_kind)t.kind;
    if (kind == TYPE_HANDLE && t.handle)
        vm_fail_at(vm, at, 520, "%s takes a %s, not %s", subject(b),
                   intern_text(vm->strings, t.handle), value_type_phrase(vm, v));
    else
        vm_fail_at(vm, at, 520, "%s takes %s, not %s", subject(b), type_example(kind),
                   value_type_phrase(vm, v));
    help_edit(b, t, v, type_is_text(kind) ? type_example(kind) : NULL);
    return VAL_ABSENT;
}

static val_id wrong(const struct binder *b, enum type_kind kind, value v)
{
    struct type t = b->arg->type;
    t.kind = (uint8_t)kind;
    return fail_type(b, t, v);
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
    vm_fail_at(b->vm, place(b), 521, "%s cannot be \"%s\"", subject(b),
               intern_text(b->vm->strings, s));
    const char *near = text_nearest(intern_text(b->vm->strings, s), names, arg->nchoices);
    for (uint32_t i = 0; i < arg->nchoices; i++)
        if (!strcasecmp(intern_text(b->vm->strings, s), names[i]))
            near = names[i];
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
        struct type t = {.kind = (uint8_t)kind};
        vm_fail_at(b->vm, place(b), 522, "%s %s", subject(b), why);
        help_edit(b, t, v, type_example(kind));
        return VAL_ABSENT;
    }
    return choice_good(b, good) ? val_str(b->vm->values, good) : VAL_ABSENT;
}

static val_id bind_deferred(const struct binder *b, enum type_kind kind, value v)
{
    const struct deferred *d = value_deferred(v);
    if (d->tainted && !b->arg->secret) {
        bind_fail_secret(b->vm, place(b), v, subject(b));
        bind_help_secret(b->vm, b->info);
        return VAL_ABSENT;
    }
    if (!b->arg->deferred) {
        vm_fail_deferred_at(b->vm, place(b), v, subject(b),
                            "this argument must be known before the plan runs: write the "
                            "value itself, a param() or a var of the inventory");
        return VAL_ABSENT;
    }
    bool text = type_is_text(kind), have = type_is_text((enum type_kind)d->type.kind);
    if (kind != TYPE_ANY && text != have && !(text && d->type.kind == TYPE_ANY))
        return wrong(b, kind, v);
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
        const struct binder item = v0 == &v ? *b : part(b, i, false);
        if (value_is_deferred(v0[i]))
            ids[i] = bind_deferred(&item, TYPE_PACKAGES, v0[i]);
        else if (value_is_str(v0[i]))
            ids[i] = bind_text(&item, TYPE_PACKAGES, v0[i]);
        else
            ids[i] = package_ir(vm, v0[i]);
        if (!ids[i])
            return vm_failed(vm) ? VAL_ABSENT : wrong(&item, TYPE_PACKAGES, v0[i]);
    }
    if (!n) {
        vm_fail_at(vm, whole(b), 523, "%s names no package", subject(b));
        vm_help(vm, "name one, such as [\"nginx\"], or leave the call out");
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
        const struct binder item = v0 == &v ? *b : part(b, i, false);
        const struct native_use use = {whole(b), b->call, arg_name(b), i};
        value one = native_condition(vm, &use, IR_COND_ANY, &v0[i], 1);
        if (one == VALUE_ERROR)
            goto done;
        if (value_is_deferred(one)) {
            if (value_deferred(one)->tainted) {
                bind_deferred(&item, TYPE_TRIGGERS, one);
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
    const struct native_use use = {whole(b), b->call, arg_name(b), 0};
    value c =
        native_condition(b->vm, &use, IR_COND_ALL, items ? items : &v, items ? n : 1);
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
    vm_fail_at(b->vm, place(b), 522, "%s %s", subject(b), why);
    vm_help(b->vm, "write %s", type_example(kind));
    return VAL_ABSENT;
}

static val_id bind_one(const struct binder *b, struct type t, value v);

static val_id bind_list(const struct binder *b, struct type t, value v)
{
    size_t n;
    const value *items = value_items(v, &n);
    if (!items)
        return fail_type(b, t, v);
    val_id *ids = arena_array(b->vm->arena, val_id, n + 1);
    struct type item = {.kind = t.item, .handle = t.handle};
    for (size_t i = 0; i < n; i++) {
        const struct binder each = part(b, i, false);
        ids[i] = bind_one(&each, item, items[i]);
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
        vm_fail_at(b->vm, whole(b), 522, "%s must not be empty", subject(b));
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
        const struct binder key = part(b, i, true);
        struct binder val = part(b, i, false);
        if (!value_is_str(d->v[i].key))
            return wrong(&key, TYPE_STR, d->v[i].key);
        ids[2 * n] = t.key ? bind_text(&key, (enum type_kind)t.key, d->v[i].key)
                           : val_str(vm->values, value_intern(vm, d->v[i].key));
        if (!ids[2 * n])
            return VAL_ABSENT;
        val.under = intern_text(vm->strings, val_get(vm->values, ids[2 * n])->as.n);
        ids[2 * n + 1] = bind_one(&val, item, d->v[i].val);
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

/* Whatever only running can tell may stand here; a handle is nothing that can be shown,
 * but a rule can look into it. */
static val_id bind_any(const struct binder *b, value v)
{
    value handle = VALUE_ERROR;
    if (b->arg->deferred && !b->arg->inspect)
        value_each_handle(b->vm, v, note_handle, &handle);
    if (handle == VALUE_ERROR)
        return value_to_ir(b->vm, v, whole(b));
    vm_fail_at(b->vm, whole(b), 520, "%s takes a value, not %s", subject(b),
               value_type_phrase(b->vm, handle));
    const char *written = v == handle ? vm_written(b->vm, whole(b)) : NULL;
    vm_help(b->vm, "name one of its fields, such as %s.name",
            written ? written : "MACHINE");
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
        return value_is_float(v) || value_is_int(v) ? value_to_ir(b->vm, v, whole(b))
                                                    : wrong(b, kind, v);
    case TYPE_PACKAGE: {
        val_id ir = package_ir(b->vm, v);
        return ir ? ir : vm_failed(b->vm) ? VAL_ABSENT : wrong(b, kind, v);
    }
    case TYPE_RULE: {
        val_id ir = allow_ir(b->vm, v);
        if (!ir && !wrong(b, kind, v))
            vm_help(b->vm, "write a rule such as allow(\"tcp\", 443)");
        return ir;
    }
    case TYPE_HANDLE: return bind_handle(b, t, v);
    case TYPE_LIST: return bind_list(b, t, v);
    case TYPE_DICT: return bind_dict(b, t, v);
    default: return bind_text(b, kind, v);
    }
}

val_id bind_value(struct vm *vm, const struct calls *calls, const struct call_info *call,
                  const struct arg_info *arg, value v, uint32_t given)
{
    if (v == VALUE_NONE && arg->optional)
        return VAL_NONE;
    struct binder b = {.vm = vm,
                       .calls = calls,
                       .info = call,
                       .call = intern_text(vm->strings, call->name),
                       .arg = arg,
                       .given = given};
    return bind_one(&b, arg->type, v);
}

/* ---- secrets
 * ------------------------------------------------------------------------------------
 */

void bind_fail_secret(struct vm *vm, struct span at, value v, const char *what)
{
    vm_fail_at(vm, at, 441, "a secret cannot go into %s", what);
    struct span source =
        vm->deferred_source ? vm->deferred_source(vm, v) : (struct span){0};
    struct span origin = value_deferred(v)->origin;
    if (source.file)
        vm_related(vm, source, "this call was given the secret, and may tell it");
    else if (origin.begin < at.begin || origin.end > at.end || origin.file != at.file)
        vm_related(vm, origin, "the secret comes from here");
}

void bind_help_secret(struct vm *vm, const struct call_info *call)
{
    struct buf all = {0};
    for (uint32_t i = 0; i < call->nargs; i++)
        if (call->args[i].secret)
            buf_printf(&all, "%s%s=", all.len ? " or " : "",
                       intern_text(vm->strings, call->args[i].name));
    if (all.len)
        vm_help(vm, "give it to %s, which %s() keeps secret", buf_text(&all),
                intern_text(vm->strings, call->name));
    else
        vm_help(vm, "a secret may go into file content, environment, stdin, passwords "
                    "and headers only");
    buf_free(&all);
}
