/* The vocabulary of lowering rules. Each native step is a host object around one dict,
 * which becomes an IR_NATIVE template; nothing here knows a call's name. */
#include "compiler/native.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/locate.h"

struct native_step {
    struct object o;
    enum ir_native kind;
    value fields; /* dict */
};

static val_id native_to_ir(struct vm *vm, value self)
{
    struct native_step *s = (struct native_step *)value_object(self);
    val_id dict = value_to_ir(vm, s->fields, vm_span(vm));
    return dict ? val_seq(vm->values, IR_NATIVE, s->kind, &dict, 1) : VAL_ABSENT;
}

static const struct object_type native_type = {
    .name = "native step",
    .no_text = "return it from the rule",
    .to_ir = native_to_ir,
};

static value native_new(struct vm *vm, enum ir_native kind, value fields)
{
    struct native_step *s = arena_new(vm->arena, struct native_step);
    s->o.h.kind = VALUE_KIND_OBJECT;
    s->o.type = &native_type;
    s->kind = kind;
    s->fields = fields;
    return value_of(s);
}

static void set(struct vm *vm, value dict, const char *key, value v)
{
    value_dict_set(vm, dict, value_cstring(vm, key), v);
}

/* Keywords of a call as a dict: those that begin with an underscore are controls of the
 * step, the others its parameters. None means "not given". */
static void sort_keywords(struct vm *vm, const struct call *c, value controls,
                          value params)
{
    for (uint32_t i = 0; i < c->nnames; i++) {
        value v = c->args[c->nargs + i];
        const char *name = intern_text(vm->strings, c->names[i]);
        if (v != VALUE_NONE)
            set(vm, *name == '_' ? controls : params, name + (*name == '_'), v);
    }
}

/* task(MODULE, [FREE TEXT], PARAM=..., _CONTROL=...) */
static value do_task(struct vm *vm, const struct call *c)
{
    if (c->nargs < 1 || c->nargs > 2)
        return vm_fail(vm, 501, "task() takes a module and at most one free text");
    value fields = value_dict_new(vm, 8), params = value_dict_new(vm, c->nnames);
    set(vm, fields, "module", c->args[0]);
    sort_keywords(vm, c, fields, params);
    if (c->nargs == 2)
        set(vm, fields, "free", c->args[1]);
    set(vm, fields, "params", params);
    return native_new(vm, IR_NATIVE_TASK, fields);
}

/* resource(TYPE, NAME, PROPERTY=..., _CONTROL=...) */
static value do_resource(struct vm *vm, const struct call *c)
{
    if (c->nargs != 2)
        return vm_fail(vm, 501, "resource() takes a type and a name");
    value fields = value_dict_new(vm, 8), params = value_dict_new(vm, c->nnames);
    set(vm, fields, "resource", c->args[0]);
    set(vm, fields, "free", c->args[1]);
    sort_keywords(vm, c, fields, params);
    set(vm, fields, "params", params);
    return native_new(vm, IR_NATIVE_RESOURCE, fields);
}

/* step(CALL, PARAM=...) */
static value do_step(struct vm *vm, const struct call *c)
{
    if (c->nargs != 1)
        return vm_fail(vm, 501, "step() takes the name of a step");
    value fields = value_dict_new(vm, 4), params = value_dict_new(vm, c->nnames);
    set(vm, fields, "step", c->args[0]);
    sort_keywords(vm, c, fields, params);
    set(vm, fields, "params", params);
    return native_new(vm, IR_NATIVE_STEP, fields);
}

bool native_keywords(struct vm *vm, const struct call *c, const char *const *known)
{
    size_t n = 0;
    while (known[n])
        n++;
    for (uint32_t i = 0; i < c->nnames; i++) {
        const char *name = intern_text(vm->strings, c->names[i]);
        size_t k = 0;
        while (k < n && strcmp(known[k], name) != 0)
            k++;
        if (k < n)
            continue;
        vm_fail_at(vm, vm_keyword_span(vm, c->names[i]), 501,
                   "%s() has no argument \"%s\"", c->native->name, name);
        const char *near = text_nearest(name, known, n);
        if (near)
            vm_help(vm, "did you mean %s=?", near);
        else
            vm_help(vm, "docs/drivers.md lists them");
        return false;
    }
    return true;
}

/* http(METHOD, PATH, ...): docs/drivers.md describes every keyword. */
static value do_http(struct vm *vm, const struct call *c)
{
    static const char *const known[] = {
        "title",   "service", "query",  "headers", "body",  "when",  "expect",   "select",
        "extract", "poll",    "decode", "page",    "cache", "batch", "argument", NULL};
    if (c->nargs != 2)
        return vm_fail(vm, 501, "http() takes a method and a path");
    if (!native_keywords(vm, c, known))
        return VALUE_ERROR;
    value fields = value_dict_new(vm, 8);
    set(vm, fields, "method", c->args[0]);
    set(vm, fields, "path", c->args[1]);
    sort_keywords(vm, c, fields, fields);
    return native_new(vm, IR_NATIVE_HTTP, fields);
}

/* thing(NAME, lookup=, create=, ready=, delete=): what a call makes beside its main
 * thing. */
static value do_thing(struct vm *vm, const struct call *c)
{
    static const char *const known[] = {"lookup", "create", "ready", "delete", NULL};
    if (c->nargs != 1)
        return vm_fail(vm, 501, "thing() takes what people call it");
    if (!native_keywords(vm, c, known))
        return VALUE_ERROR;
    value fields = value_dict_new(vm, 8);
    set(vm, fields, "name", c->args[0]);
    sort_keywords(vm, c, fields, fields);
    return fields;
}

static value named(struct vm *vm, const struct call *c, enum ir_kind kind)
{
    const char *p = "";
    size_t len = 0;
    if (!call_str(vm, c, 0, &p, &len))
        return VALUE_ERROR;
    val_id ir = val_name(vm->values, kind, intern(vm->strings, p, len));
    return native_hole(vm, ir, (struct type){.kind = TYPE_STR});
}

static value do_var(struct vm *vm, const struct call *c)
{
    return named(vm, c, IR_VAR);
}
static value do_fact(struct vm *vm, const struct call *c)
{
    return named(vm, c, IR_PROVIDER);
}

/* result(REGISTER, PATH): what an earlier task of this op answered. */
static value do_result(struct vm *vm, const struct call *c)
{
    value name = named(vm, c, IR_RESULT);
    const char *path = NULL;
    size_t len = 0;
    if (name == VALUE_ERROR || !call_str(vm, c, 1, &path, &len))
        return VALUE_ERROR;
    val_id parts[2] = {value_deferred(name)->ir, VAL_ABSENT};
    if (path)
        parts[1] = val_text(vm->values, path, len);
    val_id ir = val_seq(vm->values, IR_EXPR, 0, parts, path ? 2 : 1);
    return native_hole(vm, ir, (struct type){.kind = TYPE_CONDITION});
}

/* expr(TEXT WITH {}, VALUE...): trusted expression text of the tool. */
static value do_expr(struct vm *vm, const struct call *c)
{
    if (c->nargs < 1 || !value_is_str(c->args[0]))
        return vm_fail(vm, 501, "expr() takes a text and one value for each {}");
    struct {
        val_id *v;
        size_t n, cap;
    } parts = {0};
    const char *s = value_cstr(vm, c->args[0]), *hole;
    uint32_t next = 1;
    bool good = true;
    for (; (hole = strstr(s, "{}")) != NULL && good; s = hole + 2) {
        if (hole > s)
            *vec_push(&parts) = val_text(vm->values, s, (size_t)(hole - s));
        good = next < c->nargs;
        val_id ir = good ? value_to_ir(vm, c->args[next++], vm_span(vm)) : VAL_ABSENT;
        good = good && ir;
        *vec_push(&parts) = ir;
    }
    if (*s)
        *vec_push(&parts) = val_text(vm->values, s, strlen(s));
    good = good && next == c->nargs;
    val_id ir = good ? val_seq(vm->values, IR_EXPR, 0, parts.v, parts.n) : VAL_ABSENT;
    free(parts.v);
    if (!good)
        return vm_failed(vm) ? VALUE_ERROR
                             : vm_fail(vm, 501, "expr() takes one value for each {}");
    return native_hole(vm, ir, (struct type){.kind = TYPE_CONDITION});
}

/* ---- conditions ---------------------------------------------------------------------
 */

value native_hole(struct vm *vm, val_id ir, struct type type)
{
    return value_deferred_new(vm, ir, type, vm_span(vm));
}

static val_id condition_of(struct vm *vm, value v)
{
    if (value_is_deferred(v)) {
        const struct deferred *d = value_deferred(v);
        if (d->type.kind == TYPE_BOOL)
            return val_seq(vm->values, IR_COND, IR_COND_TRUE, &d->ir, 1);
        return d->type.kind == TYPE_CONDITION ? d->ir : VAL_ABSENT;
    }
    if (value_is(v, VALUE_KIND_OBJECT) && value_object(v)->type->handle) {
        val_id handle = value_object(v)->type->to_ir(vm, v);
        val_id ref = val_ref(vm->values, val_get(vm->values, handle)->as.n,
                             intern_cstr(vm->strings, "changed"));
        return val_seq(vm->values, IR_COND, IR_COND_TRUE, &ref, 1);
    }
    return VAL_ABSENT;
}

/* A list of conditions is one, and its wrong item stands at a place of its own. */
static void fail_condition(struct vm *vm, const struct native_use *use, value v, size_t i)
{
    const struct expr *item =
        locate_item(vm_expr(vm, use->at), (uint32_t)(use->first + i), false);
    struct span at = item ? item->span : use->at;
    vm_fail_at(vm, at, 502, "%s(%s%s) takes a condition, not %s", use->call,
               use->arg ? use->arg : "", use->arg ? "=" : "", value_type_phrase(vm, v));
    const char *written = vm_written(vm, at);
    if (value_is_deferred(v) && !value_deferred(v)->tainted)
        vm_help(vm, "compare it: %s == ...", written ? written : "VALUE");
    else if (value_is_deferred(v))
        vm_help(vm, "let the machine decide: pass the secret to a call and use its "
                    "result");
    else
        vm_help(vm, "write what a call returned (HANDLE or HANDLE.changed), or compare a "
                    "value of the run");
}

value native_condition(struct vm *vm, const struct native_use *use, enum ir_cond op,
                       const value *items, size_t n)
{
    bool any = op == IR_COND_ANY;
    struct {
        val_id *v;
        size_t n, cap;
    } parts = {0};
    value known = value_bool(!any);
    for (size_t i = 0; i < n; i++) {
        if (items[i] == VALUE_TRUE || items[i] == VALUE_FALSE) {
            if (any == (items[i] == VALUE_TRUE)) {
                free(parts.v);
                return items[i]; /* decides alone */
            }
            continue;
        }
        val_id ir = condition_of(vm, items[i]);
        if (!ir) {
            free(parts.v);
            fail_condition(vm, use, items[i], i);
            return VALUE_ERROR;
        }
        *vec_push(&parts) = ir;
    }
    if (parts.n) {
        val_id ir = parts.n == 1 ? parts.v[0]
                                 : val_seq(vm->values, IR_COND, op, parts.v, parts.n);
        known = value_deferred_new(vm, ir, (struct type){.kind = TYPE_CONDITION},
                                   vm_span(vm));
    }
    free(parts.v);
    return known;
}

static value do_all(struct vm *vm, const struct call *c)
{
    const struct native_use use = {.at = vm_span(vm), .call = "all_"};
    return native_condition(vm, &use, IR_COND_ALL, c->args, c->nargs);
}

static value do_any(struct vm *vm, const struct call *c)
{
    const struct native_use use = {.at = vm_span(vm), .call = "any_"};
    return native_condition(vm, &use, IR_COND_ANY, c->args, c->nargs);
}

/* ---- small helpers of rules
 * ------------------------------------------------------------ */

static value do_seconds(struct vm *vm, const struct call *c)
{
    const char *p = "";
    size_t len = 0;
    if (!call_str(vm, c, 0, &p, &len))
        return VALUE_ERROR;
    int64_t ms = duration_ms(p, len);
    if (ms < 0)
        return vm_fail(vm, 503, "\"%s\" is no duration", value_cstr(vm, c->args[0]));
    return value_int(vm, (ms + 999) / 1000);
}

static value do_bytes_of(struct vm *vm, const struct call *c)
{
    int64_t n;
    if (value_to_int64(c->args[0], &n))
        return value_int(vm, n);
    const char *p = "";
    size_t len = 0;
    if (!call_str(vm, c, 0, &p, &len))
        return VALUE_ERROR;
    n = size_bytes(p, len);
    if (n < 0)
        return vm_fail(vm, 503, "\"%s\" is no size", value_cstr(vm, c->args[0]));
    return value_int(vm, n);
}

static value do_base64_of(struct vm *vm, const struct call *c)
{
    const char *p = "";
    size_t len = 0;
    if (!call_str(vm, c, 0, &p, &len))
        return VALUE_ERROR;
    struct buf out = {0};
    buf_base64(&out, p, len);
    value text = value_string(vm, buf_text(&out), out.len);
    buf_free(&out);
    return text;
}

static value do_is_list(struct vm *vm, const struct call *c)
{
    (void)vm;
    size_t n;
    return value_bool(value_items(c->args[0], &n) != NULL);
}

void native_universe(struct eval_universe *u)
{
    static const struct native natives[] = {
        {"task", do_task, "...", NULL},
        {"resource", do_resource, "...", NULL},
        {"step", do_step, "...", NULL},
        {"http", do_http, "...", NULL},
        {"thing", do_thing, "...", NULL},
        {"var", do_var, "name /", NULL},
        {"provider_fact", do_fact, "name /", NULL},
        {"result", do_result, "register path? /", NULL},
        {"expr", do_expr, "...", NULL},
        {"all_", do_all, "...", NULL},
        {"any_", do_any, "...", NULL},
        {"seconds", do_seconds, "duration /", NULL},
        {"bytes_of", do_bytes_of, "size /", NULL},
        {"base64_of", do_base64_of, "text /", NULL},
        {"is_list", do_is_list, "value /", NULL},
    };
    for (size_t i = 0; i < sizeof natives / sizeof *natives; i++)
        eval_universe_native(u, &natives[i]);
}
