/* Checks what one op is given against its record: presence, types, references, taints,
 * deferred values. */
#include "ir/verify.h"

#include <string.h>

#include "ir/base/arena.h"

struct arg_check {
    struct verify *v;
    const char *call;
    const char *arg; /* also "when", "after" */
    bool good;
};

static const char *text_of(const struct verify *v, str_id s)
{
    return intern_text(v->g->strings, s);
}

/* What a value of the graph is, in words. */
static const char *value_words(const struct arg_check *c, const struct ir_value *v)
{
    static const char *const words[] = {
        [IR_NONE] = "None",        [IR_BOOL] = "a bool",  [IR_INT] = "an int",
        [IR_FLOAT] = "a float",    [IR_STR] = "a string", [IR_LIST] = "a list",
        [IR_DICT] = "a dict",      [IR_TEXT] = "a text",  [IR_SECRET] = "a secret",
        [IR_COND] = "a condition",
    };
    const struct graph *g = c->v->g;
    size_t n = sizeof words / sizeof *words;
    if (v->kind == IR_HANDLE && v->as.n && v->as.n < g->n)
        return arena_printf(
            g->arena, "a %s",
            text_of(c->v, g->calls->types[graph_call(g, v->as.n)->result].name));
    return v->kind < n && words[v->kind] ? words[v->kind] : "a value of another kind";
}

static void wrong_type(struct arg_check *c, struct type t, const char *got)
{
    if (!c->good)
        return;
    c->good = false;
    const char *want = t.kind == TYPE_HANDLE && t.handle
                           ? arena_printf(c->v->g->arena, "a %s", text_of(c->v, t.handle))
                           : type_example((enum type_kind)t.kind);
    verify_error(c->v, 608, "%s(%s=) takes %s, not %s", c->call, c->arg, want, got);
}

/* The live op that is referred to, or 0 with an error. */
static op_id referred(struct arg_check *c, op_id id)
{
    const struct graph *g = c->v->g;
    op_id live = id && id < g->n ? graph_live(g, id) : 0;
    if (live && live != c->v->op)
        return live;
    if (c->good)
        verify_error(c->v, 606, "%s(%s=) refers to %s", c->call, c->arg,
                     live ? "itself" : "an op that does not exist");
    c->good = false;
    return 0;
}

static const struct handle_type *result_of(const struct graph *g, op_id id)
{
    return &g->calls->types[graph_call(g, id)->result];
}

/* Text of an op that was given a secret is one, too, unless its field is open. */
static bool check_taint(struct arg_check *c, const struct field_info *f, op_id op,
                        bool tainted)
{
    const struct graph *g = c->v->g;
    if (!c->good || tainted || f->open || !(g->ops[op].flags & OP_TAINTED) ||
        !type_is_text((enum type_kind)f->type.kind))
        return c->good;
    struct diag *e = verify_error(
        c->v, 610, "%s(%s=) takes %s of %s for known, which was given a secret", c->call,
        c->arg, text_of(c->v, f->name), text_of(c->v, g->ops[op].address));
    diag_help(c->v->d, e, "mark it with ! behind the field");
    return c->good = false;
}

/* Looks the field of a reference up, which may have an argument; false with an error if
 * there is none. */
static bool field_type(struct arg_check *c, const struct ir_value *v, struct type *out)
{
    const struct graph *g = c->v->g;
    bool has_arg = v->kind == IR_GET;
    const struct ir_value *ref =
        has_arg ? val_get(&g->values, g->values.pool[v->as.seq]) : v;
    op_id id = referred(c, ref->as.ref.op);
    if (!id)
        return false;
    if (!strcmp(text_of(c->v, ref->as.ref.field), "changed") && !has_arg) {
        *out = (struct type){.kind = TYPE_BOOL};
        return true;
    }
    const struct handle_type *type = result_of(g, id);
    for (uint32_t i = 0; i < type->nfields; i++) {
        const struct field_info *f = &type->fields[i];
        if (f->name != ref->as.ref.field || f->has_arg != has_arg)
            continue;
        *out = f->type;
        return check_taint(c, f, id, v->flags & IR_TAINTED);
    }
    if (c->good)
        verify_error(c->v, 607, "%s(%s=) uses a field %s that a %s does not have",
                     c->call, c->arg, text_of(c->v, ref->as.ref.field),
                     text_of(c->v, type->name));
    c->good = false;
    return false;
}

static void check_value(struct arg_check *c, struct type t, val_id id);

static void check_items(struct arg_check *c, struct type item, val_id id, size_t from,
                        size_t step)
{
    const struct values *values = &c->v->g->values;
    const struct ir_value *v = val_get(values, id);
    size_t width = v->kind == IR_DICT ? (size_t)v->count * 2 : v->count;
    for (size_t i = from; c->good && i < width; i += step)
        check_value(c, item, val_items(values, id)[i]);
}

/* A value that only running tells, where a value of type t is wanted. */
static void check_deferred(struct arg_check *c, struct type t, val_id id)
{
    static const struct type any = {.kind = TYPE_ANY};
    static const struct type condition = {.kind = TYPE_CONDITION};
    const struct values *values = &c->v->g->values;
    const struct ir_value *v = val_get(values, id);
    struct type have = {.kind = TYPE_STR};
    if (v->kind == IR_COND) {
        bool logic = v->sub == IR_COND_TRUE || v->sub >= IR_COND_NOT;
        check_items(c, logic ? condition : any, id, 0, 1);
        have.kind = TYPE_BOOL;
    } else if (v->kind == IR_GET) {
        if (!field_type(c, v, &have))
            return;
        check_items(c, any, id, 1, 1);
    } else if (v->kind == IR_REF) {
        if (!field_type(c, v, &have))
            return;
    } else {
        check_items(c, any, id, 0, 1); /* IR_TEXT; a secret has none */
    }
    enum type_kind want = t.kind == TYPE_CONDITION ? TYPE_BOOL : (enum type_kind)t.kind;
    bool fits = want == TYPE_ANY || have.kind == TYPE_ANY || want == have.kind ||
                (type_is_text(want) && type_is_text((enum type_kind)have.kind)) ||
                (want == TYPE_PACKAGES && type_is_text((enum type_kind)have.kind)) ||
                (want == TYPE_FLOAT && have.kind == TYPE_INT);
    if (!fits)
        wrong_type(c, t,
                   arena_printf(c->v->g->arena, "a deferred %s",
                                type_name(c->v->g->strings, have)));
}

static void check_handle(struct arg_check *c, struct type t, const struct ir_value *v)
{
    op_id id = referred(c, v->as.n);
    if (id && t.kind == TYPE_HANDLE && t.handle &&
        result_of(c->v->g, id)->name != t.handle)
        wrong_type(c, t, value_words(c, v));
}

static bool is_deferred(const struct ir_value *v)
{
    return v->kind >= IR_REF && v->kind <= IR_COND;
}

static void check_value(struct arg_check *c, struct type t, val_id id)
{
    static const struct type condition = {.kind = TYPE_CONDITION};
    static const struct type line = {.kind = TYPE_LINE};
    static const struct type lines = {.kind = TYPE_LIST, .item = TYPE_LINE};
    static const struct type any = {.kind = TYPE_ANY};
    const struct ir_value *v = val_get(&c->v->g->values, id);
    bool good = false;
    if (v->kind == IR_HANDLE &&
        (t.kind == TYPE_HANDLE || t.kind == TYPE_TRIGGERS || t.kind == TYPE_ANY)) {
        check_handle(c, t, v);
        return;
    }
    if (t.kind == TYPE_TRIGGERS && v->kind != IR_LIST)
        t = condition;
    if (t.kind == TYPE_COMMAND)
        t = v->kind == IR_LIST ? lines : line;
    if (is_deferred(v) && t.kind != TYPE_LIST && t.kind != TYPE_DICT) {
        check_deferred(c, t, id);
        return;
    }
    switch (t.kind) {
    case TYPE_ANY:
        good = v->kind < IR_REF;
        if (v->kind == IR_LIST)
            check_items(c, any, id, 0, 1);
        else if (v->kind == IR_DICT)
            check_items(c, any, id, 1, 2);
        break;
    case TYPE_BOOL:
    case TYPE_CONDITION: good = v->kind == IR_BOOL; break;
    case TYPE_INT:
    case TYPE_PORT:
    case TYPE_ID: good = v->kind == IR_INT; break;
    case TYPE_FLOAT: good = v->kind == IR_FLOAT || v->kind == IR_INT; break;
    case TYPE_RULE:
    case TYPE_PACKAGE: good = v->kind == IR_DICT; break;
    case TYPE_PACKAGES:
        good = v->kind == IR_STR || v->kind == IR_DICT || v->kind == IR_LIST;
        if (v->kind == IR_LIST)
            check_items(c, t, id, 0, 1);
        break;
    case TYPE_TRIGGERS:
        good = true;
        check_items(c, t, id, 0, 1);
        break;
    case TYPE_LIST:
    case TYPE_DICT: {
        bool dict = t.kind == TYPE_DICT;
        good = v->kind == (dict ? IR_DICT : IR_LIST);
        struct type item = {.kind = t.item, .handle = t.handle};
        if (good)
            check_items(c, item, id, dict, dict ? 2 : 1);
        break;
    }
    default: good = type_is_text((enum type_kind)t.kind) && v->kind == IR_STR; break;
    }
    if (!good)
        wrong_type(c, t, value_words(c, v));
}

/* Whether deferred values are what the argument is for. */
static bool takes_conditions(const struct arg_info *arg)
{
    return arg->type.kind == TYPE_CONDITION || arg->type.kind == TYPE_TRIGGERS;
}

/* With present=False only the identity is needed. */
static bool is_needed(const struct verify *v, const struct call_info *call, uint32_t arg)
{
    if (!graph_is_absence(v->g, v->op))
        return true;
    for (uint32_t i = 0; i < call->nidentity; i++)
        if (call->identity[i] == arg)
            return true;
    return false;
}

static void verify_arg(struct verify *v, const struct call_info *call, uint32_t i)
{
    const struct arg_info *arg = &call->args[i];
    const struct graph *g = v->g;
    val_id id = g->args[g->ops[v->op].args + i];
    struct arg_check c = {v, text_of(v, call->name), text_of(v, arg->name), true};
    if (id == VAL_ABSENT) {
        if (arg->fallback == VAL_ABSENT && !arg->optional && is_needed(v, call, i))
            verify_error(v, 609, "%s() lacks its argument %s=", c.call, c.arg);
        return;
    }
    if (id == VAL_NONE && arg->optional)
        return;
    uint16_t flags = val_get(&g->values, id)->flags;
    if (!flags && arg->type.kind == TYPE_ANY)
        return;
    check_value(&c, arg->type, id);
    if (!c.good)
        return;
    if ((flags & IR_TAINTED) && !arg->secret) {
        struct diag *e = verify_error(v, 610, "a secret reaches %s(%s=)", c.call, c.arg);
        diag_help(v->d, e,
                  "secrets may go into file content, environment, stdin, passwords "
                  "and headers only");
    } else if ((flags & IR_TAINTED) && !(g->ops[v->op].flags & OP_TAINTED)) {
        struct diag *e = verify_error(
            v, 610, "%s(%s=) is given a secret, and nobody knows", c.call, c.arg);
        diag_help(v->d, e, "write `tainted` into the op");
    } else if ((flags & IR_DEFERRED) && !arg->deferred && !arg->secret &&
               !takes_conditions(arg)) {
        verify_error(v, 611, "%s(%s=) must be known when the program is compiled", c.call,
                     c.arg);
    }
}

void verify_args(struct verify *v)
{
    static const struct type condition = {.kind = TYPE_CONDITION};
    static const struct type handles = {.kind = TYPE_LIST, .item = TYPE_HANDLE};
    const struct call_info *call = graph_call(v->g, v->op);
    const struct op *op = &v->g->ops[v->op];
    for (uint32_t i = 0; i < call->nargs; i++) {
        v->arg = call->args[i].name;
        verify_arg(v, call, i);
    }
    struct arg_check when = {v, text_of(v, call->name), "when", true};
    v->arg = 0;
    if (op->when) {
        v->arg = intern_cstr(v->g->strings, "when");
        check_value(&when, condition, op->when);
        if (when.good && (val_get(&v->g->values, op->when)->flags & IR_TAINTED))
            verify_error(v, 610, "a secret reaches %s(when=)", when.call);
    }
    struct arg_check after = {v, text_of(v, call->name), "after", true};
    if (op->after) {
        v->arg = intern_cstr(v->g->strings, "after");
        check_value(&after, handles, op->after);
    }
    v->arg = 0;
}
