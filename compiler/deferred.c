/* Operations on deferred values, each of which either makes another one or is an error
 * that says where the value comes from and what to write instead. Also the way into the
 * graph. */
#include "compiler/deferred.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/table.h"
#include "compiler/vm.h"
#include "compiler/vm_state.h"

value value_deferred_new(struct vm *vm, val_id ir, struct type type, struct span at)
{
    struct deferred *d = vm_object(vm, VALUE_KIND_DEFERRED, sizeof *d);
    d->ir = ir;
    d->type = type;
    d->tainted = val_get(vm->values, ir)->flags & IR_TAINTED;
    d->origin = at;
    return value_of(d);
}

const char *deferred_type_name(struct vm *vm, value v)
{
    struct type t = value_deferred(v)->type;
    if (t.kind == TYPE_CONDITION)
        return "condition";
    if (t.kind == TYPE_ANY)
        return "deferred value";
    if (type_is_text((enum type_kind)t.kind))
        return value_deferred(v)->tainted ? "secret string" : "deferred string";
    return arena_printf(vm->arena, "deferred %s", type_name(vm->strings, t));
}

const char *deferred_name(struct vm *vm, value v)
{
    struct buf name = {0};
    if (vm->deferred_name)
        vm->deferred_name(vm, v, &name);
    if (name.len == 0)
        buf_printf(&name, "this %s", deferred_type_name(vm, v));
    char *copy = arena_strndup(vm->arena, buf_text(&name), name.len);
    buf_free(&name);
    return copy;
}

/* The expression at `at`, if it is the value's and can be repeated. */
static const char *written_at(struct vm *vm, struct span at)
{
    const struct expr *e = vm_expr(vm, at);
    bool own = e && e->kind != EXPR_TUPLE && e->kind != EXPR_LIST;
    return own ? vm_written(vm, at) : NULL;
}

static const char *name_at(struct vm *vm, value v, struct span at)
{
    const char *written = written_at(vm, at);
    return written ? written : deferred_name(vm, v);
}

static void tell_source(struct vm *vm, value v, struct span at)
{
    struct span source = value_deferred(v)->origin;
    if (vm->deferred_source) {
        struct span call = vm->deferred_source(vm, v);
        source = call.file ? call : source;
    }
    bool here =
        source.file == at.file && source.begin >= at.begin && source.end <= at.end;
    if (source.file && !here)
        vm_related(vm, source, "its value comes from this call");
}

/* A condition does not join others by "and" and "not", which ask for its truth. */
static void help_condition(struct vm *vm, const char *written, struct span at)
{
    const struct expr *in = vm_expr_parent(vm, at);
    if (in && in->kind == EXPR_UNARY && in->op == OP_NOT)
        vm_help(vm, "write not_(%s)", written);
    else if (in && in->kind == EXPR_BINARY && in->op == OP_AND)
        vm_help(vm, "when= takes a list of conditions that must all hold: [%s, ...]",
                written);
    else
        vm_help(vm, "give it to the calls it decides about: when=%s; not_(...) negates",
                written);
}

/* What can be written instead, wherever the value was used. */
static void usual_way(struct vm *vm, value v, struct span at)
{
    const struct deferred *d = value_deferred(v);
    const char *written = written_at(vm, at);
    if (d->tainted)
        vm_help(vm, "let the machine decide: pass the secret to a call and use its "
                    "result");
    else if (d->type.kind == TYPE_CONDITION || d->type.kind == TYPE_TRIGGERS)
        help_condition(vm, written ? written : "CONDITION", at);
    else
        vm_help(vm, "compare it and give the condition to a call: when=(%s == %s)",
                written ? written : "VALUE",
                type_is_text((enum type_kind)d->type.kind) ? "\"...\"" : "...");
}

value vm_fail_deferred(struct vm *vm, value deferred, const char *use,
                       const char *instead)
{
    return vm_fail_deferred_at(vm, vm_operand_span(vm, deferred), deferred, use, instead);
}

value vm_fail_deferred_at(struct vm *vm, struct span at, value deferred, const char *use,
                          const char *instead)
{
    vm_fail_at(vm, at, 401,
               "%s is known only when the plan runs; it cannot be used as "
               "%s",
               name_at(vm, deferred, at), use);
    tell_source(vm, deferred, at);
    if (instead)
        vm_help(vm, "%s", instead);
    else
        usual_way(vm, deferred, at);
    return VALUE_ERROR;
}

bool deferred_truth(struct vm *vm, value v)
{
    vm_fail_deferred(vm, v, "a truth value", NULL);
    return false;
}

bool deferred_textual(struct vm *vm, value v)
{
    switch (value_deferred(v)->type.kind) {
    case TYPE_CONDITION:
    case TYPE_LIST:
    case TYPE_DICT:
    case TYPE_HANDLE:
    case TYPE_TRIGGERS: vm_fail_deferred(vm, v, "part of a text", NULL); return false;
    default: return true;
    }
}

static enum ir_cond condition_of(enum ast_op op)
{
    switch (op) {
    case OP_EQ: return IR_COND_EQ;
    case OP_NE: return IR_COND_NE;
    case OP_LT: return IR_COND_LT;
    case OP_LE: return IR_COND_LE;
    case OP_GT: return IR_COND_GT;
    case OP_GE: return IR_COND_GE;
    case OP_IN: return IR_COND_IN;
    default: return IR_COND_NOT_IN;
    }
}

static value fail_tainted(struct vm *vm, value v)
{
    struct span at = vm_operand_span(vm, v);
    vm_fail_at(vm, at, 402, "%s is secret; comparing it would show what it is",
               name_at(vm, v, at));
    tell_source(vm, v, at);
    vm_help(vm, "let the machine decide: pass the secret to a call and use its result");
    return VALUE_ERROR;
}

static value condition(struct vm *vm, enum ir_cond cond, const val_id *operands, size_t n)
{
    val_id ir = val_seq(vm->values, IR_COND, cond, operands, n);
    return value_deferred_new(vm, ir, (struct type){.kind = TYPE_CONDITION}, vm_span(vm));
}

/* Kinds of values, of which only like ones can be compared. */
enum side { SIDE_ANY, SIDE_TEXT, SIDE_NUMBER, SIDE_TRUTH, SIDE_LIST, SIDE_DICT };

static enum side side_of_type(enum type_kind k)
{
    if (type_is_text(k))
        return SIDE_TEXT;
    if (type_is_int(k))
        return SIDE_NUMBER;
    switch (k) {
    case TYPE_FLOAT: return SIDE_NUMBER;
    case TYPE_BOOL:
    case TYPE_CONDITION:
    case TYPE_TRIGGERS: return SIDE_TRUTH;
    case TYPE_LIST: return SIDE_LIST;
    case TYPE_DICT: return SIDE_DICT;
    default: return SIDE_ANY;
    }
}

static enum side side_of(value v)
{
    switch (value_kind(v)) {
    case VALUE_KIND_DEFERRED:
        return side_of_type((enum type_kind)value_deferred(v)->type.kind);
    case VALUE_KIND_STR: return SIDE_TEXT;
    case VALUE_KIND_INT:
    case VALUE_KIND_FLOAT: return SIDE_NUMBER;
    case VALUE_KIND_BOOL: return SIDE_TRUTH;
    case VALUE_KIND_LIST:
    case VALUE_KIND_TUPLE: return SIDE_LIST;
    case VALUE_KIND_DICT: return SIDE_DICT;
    default: return SIDE_ANY;
    }
}

static bool alike(enum side a, enum side b)
{
    return a == b || a == SIDE_ANY || b == SIDE_ANY;
}

/* Whether a value can be in this one; else *bad is what in it cannot be the value. */
static bool holds(value container, enum side item, value *bad)
{
    size_t n;
    const value *items = value_items(container, &n);
    *bad = container;
    for (size_t i = 0; items && i < n; i++)
        if (!alike(side_of(items[i]), item)) {
            *bad = items[i];
            return false;
        }
    switch (side_of(container)) {
    case SIDE_TEXT:
    case SIDE_DICT: return alike(item, SIDE_TEXT);
    case SIDE_LIST:
        return items ||
               alike(item,
                     side_of_type((enum type_kind)value_deferred(container)->type.item));
    case SIDE_ANY: return true;
    default: return false;
    }
}

/* A comparison that types alone decide is a mistake: it would skip or pass silently. */
static bool comparable(struct vm *vm, enum ast_op op, value a, value b)
{
    enum side left = side_of(a), right = side_of(b);
    value other = b;
    bool in = op == OP_IN || op == OP_NOT_IN, equal = op == OP_EQ || op == OP_NE;
    bool good = in      ? holds(b, left, &other)
                : equal ? alike(left, right)
                        : alike(left, right) && (left == SIDE_ANY || left == SIDE_TEXT ||
                                                 left == SIDE_NUMBER);
    if (good)
        return true;
    bool swap = !value_is_deferred(a);
    value d = swap ? other : a, known = swap ? a : other;
    struct span at = vm_operand_span(vm, swap ? b : a);
    vm_fail(vm, 404, "%s is %s, which %s %s", name_at(vm, d, at),
            value_type_phrase(vm, d),
            in && swap ? "never holds"
            : in       ? "is never among values of which one is"
            : equal    ? "is never equal to"
                       : "cannot be ordered with",
            value_type_phrase(vm, known));
    if (side_of(d) == SIDE_TRUTH)
        vm_help(vm, "it is a condition as it stands; not_(...) negates it");
    else
        vm_help(vm, "compare it with %s",
                type_example((enum type_kind)value_deferred(d)->type.kind));
    return false;
}

static value compare(struct vm *vm, enum ast_op op, value a, value b)
{
    value each[2] = {a, b};
    val_id operands[2];
    for (int i = 0; i < 2; i++) {
        if (value_is_deferred(each[i]) && value_deferred(each[i])->tainted)
            return fail_tainted(vm, each[i]);
        operands[i] = value_to_ir(vm, each[i], vm_span(vm));
        if (!operands[i])
            return VALUE_ERROR;
        if (val_get(vm->values, operands[i])->flags & IR_TAINTED)
            return vm_fail(vm, 402, "the value contains a secret; it cannot be compared");
    }
    if (!comparable(vm, op, a, b))
        return VALUE_ERROR;
    return condition(vm, condition_of(op), operands, 2);
}

static bool is_text(value v)
{
    return value_is_str(v) ||
           (value_is_deferred(v) &&
            (value_deferred(v)->type.kind == TYPE_ANY ||
             type_is_text((enum type_kind)value_deferred(v)->type.kind)));
}

value deferred_binary(struct vm *vm, enum ast_op op, value a, value b)
{
    value d = value_is_deferred(a) ? a : b;
    switch (op) {
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
    case OP_IN:
    case OP_NOT_IN:
        /* A rule's hole stands for an argument that was given. */
        if (val_get(vm->values, value_deferred(d)->ir)->kind == IR_HOLE &&
            (a == VALUE_NONE || b == VALUE_NONE))
            return value_bool(op == OP_NE);
        return compare(vm, op, a, b);
    case OP_ADD:
        if (is_text(a) && is_text(b)) {
            val_id parts[2] = {value_to_ir(vm, a, vm_span(vm)),
                               value_to_ir(vm, b, vm_span(vm))};
            return value_deferred_new(vm, val_join(vm->values, parts, 2),
                                      (struct type){.kind = TYPE_STR}, vm_span(vm));
        }
        if (is_text(d)) {
            vm_fail(vm, 301, "%s + %s is not defined", value_type_name(vm, a),
                    value_type_name(vm, b));
            const char *other = vm_written(vm, vm_operand_span(vm, d == a ? b : a));
            vm_help(vm, "make text of it: str(%s), or use an f-string",
                    other ? other : "VALUE");
            return VALUE_ERROR;
        }
        break;
    default: break;
    }
    return vm_fail_deferred(
        vm, d, "an operand of arithmetic",
        "only text can be built from it: +, %, .format, f-strings, join");
}

value deferred_not(struct vm *vm, value v)
{
    if (!value_is_deferred(v)) {
        bool truth;
        return value_truth(vm, v, &truth) ? value_bool(!truth) : VALUE_ERROR;
    }
    const struct deferred *d = value_deferred(v);
    if (d->tainted)
        return fail_tainted(vm, v);
    if (d->type.kind != TYPE_CONDITION && d->type.kind != TYPE_BOOL)
        return vm_fail_deferred(vm, v, "a condition",
                                "compare it, for example not_(VALUE == \"yes\")");
    val_id ir = d->ir;
    if (val_get(vm->values, ir)->kind != IR_COND)
        ir = val_seq(vm->values, IR_COND, IR_COND_TRUE, &ir, 1);
    return condition(vm, IR_COND_NOT, &ir, 1);
}

/* ---- into the graph -------------------------------------------------------------------
 */

static val_id sequence_to_ir(struct vm *vm, value v, struct span at)
{
    size_t n;
    const value *items = value_items(v, &n);
    val_id *ids = xmalloc((n + 1) * sizeof *ids);
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++)
        ok = (ids[i] = value_to_ir(vm, items[i], at)) != VAL_ABSENT;
    val_id ir = ok ? val_seq(vm->values, IR_LIST, 0, ids, n) : VAL_ABSENT;
    free(ids);
    return ir;
}

static val_id dict_to_ir(struct vm *vm, value v, struct span at)
{
    const struct table *t = value_table(v);
    val_id *ids = xmalloc((2 * (size_t)t->n + 1) * sizeof *ids);
    size_t n = 0;
    uint32_t i = 0;
    bool ok = true;
    for (struct table_entry *e; ok && (e = table_next(t, &i));) {
        if (!value_is_str(e->key)) {
            vm_fail_at(vm, at, 301, "the keys of this dict must be strings, not %s",
                       value_type_name(vm, e->key));
            ok = false;
            break;
        }
        ids[n++] = val_text(vm->values, value_str_p(e->key), value_str_len(e->key));
        ok = (ids[n++] = value_to_ir(vm, e->val, at)) != VAL_ABSENT;
    }
    val_id ir = ok ? val_seq(vm->values, IR_DICT, 0, ids, n / 2) : VAL_ABSENT;
    free(ids);
    return ir;
}

/* Lists, tuples and dicts in one value: those that share parts are written out. */
#define CONTAINERS_MAX (1u << 20)

static val_id container_to_ir(struct vm *vm, value v, struct span at)
{
    if (vm->state->depth > 200) {
        vm_fail_at(vm, at, 307, "the value is nested too deeply, or contains itself");
        return VAL_ABSENT;
    }
    if (vm->state->depth == 0)
        vm->state->containers = 0;
    if (++vm->state->containers > CONTAINERS_MAX) {
        vm_fail_at(vm, at, 308,
                   "the value has more than %u lists, tuples and dicts in it",
                   CONTAINERS_MAX);
        return VAL_ABSENT;
    }
    vm->state->depth++;
    val_id ir =
        value_is(v, VALUE_KIND_DICT) ? dict_to_ir(vm, v, at) : sequence_to_ir(vm, v, at);
    vm->state->depth--;
    return ir;
}

val_id value_to_ir(struct vm *vm, value v, struct span at)
{
    int64_t i;
    switch (value_kind(v)) {
    case VALUE_KIND_NONE: return VAL_NONE;
    case VALUE_KIND_BOOL: return val_bool(v == VALUE_TRUE);
    case VALUE_KIND_INT:
        if (value_to_int64(v, &i))
            return val_int(vm->values, i);
        vm_fail_at(vm, at, 303, "the integer does not fit 64 bits");
        return VAL_ABSENT;
    case VALUE_KIND_FLOAT: return val_float(vm->values, value_float_get(v));
    case VALUE_KIND_STR: return val_text(vm->values, value_str_p(v), value_str_len(v));
    case VALUE_KIND_LIST:
    case VALUE_KIND_TUPLE:
    case VALUE_KIND_DICT: return container_to_ir(vm, v, at);
    case VALUE_KIND_DEFERRED: return value_deferred(v)->ir;
    case VALUE_KIND_OBJECT: {
        const struct object_type *type = value_object(v)->type;
        val_id ir = type->to_ir ? type->to_ir(vm, v) : VAL_ABSENT;
        if (ir || vm_failed(vm))
            return ir;
        break;
    }
    default: break;
    }
    vm_fail_at(vm, at, 301, "%s cannot be an argument of an operation",
               value_type_phrase(vm, v));
    return VAL_ABSENT;
}
