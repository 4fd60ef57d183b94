/* Values as Jinja: operands, conditions and module parameters. Text of the user stands in
 * an expression only where it is harmless by its characters; all other text is a task
 * variable tagged !unsafe. */
#include <stdio.h>
#include <string.h>

#include "emitters/ansible_parts.h"
#include "emitters/yaml_scalar.h"

enum { LITERAL_LONGEST = 80 }; /* longer text reads better as a variable of its own */

static bool literal_simple(const char *s, size_t len)
{
    if (len > LITERAL_LONGEST)
        return false;
    for (size_t i = 0; i < len; i++)
        if (s[i] < ' ' || s[i] > '~' || strchr("'\"\\{}%", s[i]))
            return false;
    return true;
}

/* A Jinja string of known text. */
static void expr_literal(struct ansible *a, const char *s, size_t len, struct buf *out)
{
    if (literal_simple(s, len)) {
        buf_char(out, '\'');
        buf_add(out, s, len);
        buf_char(out, '\'');
        return;
    }
    size_t i = 0;
    while (i < a->literals.n &&
           (a->literals.v[i].len != len || memcmp(a->literals.v[i].text, s, len)))
        i++;
    if (i == a->literals.n) {
        struct ansible_literal *l = vec_push(&a->literals);
        l->text = arena_strndup(&a->e->arena, s, len);
        l->len = len;
    }
    buf_str(out, "text_");
    buf_int(out, (int64_t)i + 1);
}

static void expr_str(struct ansible *a, str_id s, struct buf *out)
{
    expr_literal(a, emission_text(a->e, s), intern_len(a->e->strings, s), out);
}

/* Whether any task of an op changed something; what an earlier run did counts too. Not
 * written as the test `is changed`: that makes ansible-lint ask for handlers, which come
 * too late here. */
static void expr_changed(struct ansible *a, op_id op, bool operand, struct buf *out)
{
    const char *result = a->flow.ops[op].result;
    uint32_t count = flow_shape(&a->flow, op)->n;
    if (operand)
        buf_char(out, '(');
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buf_str(out, " or ");
        /* Of a run that goes on, only the main result is brought along. */
        bool main = i == flow_shape(&a->flow, op)->primary;
        buf_str(out, main ? "" : "(");
        flow_register(&a->flow, op, i, out);
        buf_str(out, main ? ".get('changed')" : " | default({})).get('changed')");
    }
    buf_str(out, count ? " or '" : "'");
    buf_str(out, result);
    buf_str(out, "' in changed_before");
    if (operand)
        buf_char(out, ')');
}

static void expr_ref(struct ansible *a, val_id v, op_id op, str_id field, bool operand,
                     struct buf *out)
{
    const char *name = emission_text(a->e, field);
    if (!flow_inside(&a->flow, op)) {
        buf_str(out, flow_outside_name(&a->flow, v));
        return;
    }
    if (!strcmp(name, "changed")) {
        expr_changed(a, op, operand, out);
        return;
    }
    const struct shape *shape = flow_shape(&a->flow, op);
    bool step = shape->v[shape->primary].step != 0;
    /* Steps answer in text. */
    bool number = step && flow_field_kind(&a->flow, op, field) == TYPE_INT;
    buf_str(out, number ? "(" : "");
    flow_register(&a->flow, op, shape->primary, out);
    if (step)
        buf_printf(out, ".fields.%s%s", name, number ? " | int)" : "");
    else
        buf_printf(out, ".%s", strcmp(name, "status") ? name : "rc");
}

static void expr_handle(struct ansible *a, op_id op, bool operand, struct buf *out)
{
    str_id changed = intern_cstr(a->e->strings, "changed");
    expr_ref(a, val_ref(a->e->values, op, changed), op, changed, operand, out);
}

/* Parts joined by an operator, in parentheses if there are several. */
static void expr_join(struct ansible *a, val_id v, const char *between, struct buf *out)
{
    uint32_t count = val_get(a->e->values, v)->count;
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buf_str(out, between);
        ansible_operand(a, val_items(a->e->values, v)[i], out);
    }
}

/* The text as pieces joined with "~", without parentheses. Returns how many there are. */
static size_t expr_text(struct ansible *a, val_id v, struct buf *out)
{
    struct render_pieces pieces = {0};
    render_text(a->e, a->op, v, &pieces);
    for (size_t i = 0; i < pieces.n; i++) {
        const struct render_piece *p = &pieces.v[i];
        if (i)
            buf_str(out, " ~ ");
        if (p->value)
            ansible_operand(a, p->value, out);
        else
            expr_literal(a, pieces.text.p + p->begin, p->len, out);
    }
    size_t n = pieces.n;
    if (!n)
        buf_str(out, "''");
    render_free(&pieces);
    return n;
}

/* Trusted expression text with values in it. */
static void expr_native(struct ansible *a, val_id v, struct buf *out)
{
    uint32_t count = val_get(a->e->values, v)->count;
    for (uint32_t i = 0; i < count; i++) {
        val_id part = val_items(a->e->values, v)[i];
        struct ir_value value = *val_get(a->e->values, part);
        if (value.kind == IR_STR)
            buf_add(out, emission_text(a->e, value.as.n),
                    intern_len(a->e->strings, value.as.n));
        else if (value.kind == IR_EXPR)
            expr_native(a, part, out);
        else
            ansible_operand(a, part, out);
    }
}

/* The register of an earlier task of the op, by the name its record gave it. */
static void expr_result(struct ansible *a, str_id name, struct buf *out)
{
    const struct shape *shape = flow_shape(&a->flow, a->op);
    for (uint32_t i = 0; i < shape->n; i++) {
        val_id known = shape->v[i].register_;
        if (known && val_get(a->e->values, known)->as.n == name) {
            flow_register(&a->flow, a->op, i, out);
            return;
        }
    }
    emission_error(a->e, EMIT_VALUE, a->op, "no task of this call registers '%s'",
                   emission_text(a->e, name));
}

static void expr_dict(struct ansible *a, val_id v, struct buf *out)
{
    uint32_t count = val_get(a->e->values, v)->count;
    buf_char(out, '{');
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buf_str(out, ", ");
        ansible_operand(a, val_items(a->e->values, v)[2 * i], out);
        buf_str(out, ": ");
        ansible_operand(a, val_items(a->e->values, v)[2 * i + 1], out);
    }
    buf_char(out, '}');
}

static void expr_value(struct ansible *a, val_id v, bool operand, struct buf *out)
{
    v = render_value(a->e, a->op, v);
    struct ir_value value = *val_get(a->e->values, v);
    switch (value.kind) {
    case IR_ABSENT:
    case IR_NONE: buf_str(out, "none"); break;
    case IR_BOOL: buf_str(out, value.as.n ? "true" : "false"); break;
    case IR_INT: buf_int(out, value.as.i); break;
    case IR_FLOAT: buf_printf(out, "%.17g", value.as.f); break;
    case IR_STR: expr_str(a, value.as.n, out); break;
    case IR_LIST:
        buf_char(out, '[');
        expr_join(a, v, ", ", out);
        buf_char(out, ']');
        break;
    case IR_DICT: expr_dict(a, v, out); break;
    case IR_REF: expr_ref(a, v, value.as.ref.op, value.as.ref.field, operand, out); break;
    case IR_GET: {
        struct ir_value ref = *val_get(a->e->values, val_items(a->e->values, v)[0]);
        expr_ref(a, v, ref.as.ref.op, ref.as.ref.field, operand, out);
        break;
    }
    case IR_HANDLE: expr_handle(a, value.as.n, operand, out); break;
    case IR_EACH: buf_str(out, flow_outside_name(&a->flow, v)); break;
    case IR_TEXT:
        buf_char(out, '(');
        expr_text(a, v, out);
        buf_char(out, ')');
        break;
    case IR_SECRET:
        buf_str(out, "secrets[");
        expr_str(a, value.as.n, out);
        buf_char(out, ']');
        break;
    case IR_COND: ansible_condition(a, v, operand, out); break;
    case IR_RESULT: expr_result(a, value.as.n, out); break;
    case IR_EXPR:
        buf_str(out, operand ? "(" : "");
        expr_native(a, v, out);
        buf_str(out, operand ? ")" : "");
        break;
    default:
        emission_error(a->e, EMIT_VALUE, a->op, "this value cannot stand in a playbook");
        break;
    }
}

void ansible_operand(struct ansible *a, val_id v, struct buf *out)
{
    /* `RESULT.field` is one operand: text that only selects needs no parentheses. */
    struct ir_value value = *val_get(a->e->values, v);
    if (value.kind == IR_EXPR && value.count) {
        struct ir_value first = *val_get(a->e->values, val_items(a->e->values, v)[0]);
        struct ir_value last =
            *val_get(a->e->values, val_items(a->e->values, v)[value.count - 1]);
        bool selects =
            first.kind == IR_RESULT &&
            (value.count == 1 || (value.count == 2 && last.kind == IR_STR &&
                                  !strpbrk(emission_text(a->e, last.as.n), " |")));
        expr_value(a, v, !selects, out);
        return;
    }
    expr_value(a, v, true, out);
}

/* All or any of the operands; a list among them (of triggers) is any of its items. */
static void condition_group(struct ansible *a, val_id v, bool all, bool operand,
                            struct buf *out)
{
    uint32_t count = val_get(a->e->values, v)->count;
    if (!count) {
        buf_str(out, all ? "true" : "false");
        return;
    }
    bool many = count > 1;
    if (many && operand)
        buf_char(out, '(');
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buf_str(out, all ? " and " : " or ");
        ansible_condition(a, val_items(a->e->values, v)[i], (many && all) || operand,
                          out);
    }
    if (many && operand)
        buf_char(out, ')');
}

void ansible_condition(struct ansible *a, val_id v, bool operand, struct buf *out)
{
    static const char *const operators[] = {
        [IR_COND_EQ] = "==", [IR_COND_NE] = "!=",         [IR_COND_LT] = "<",
        [IR_COND_LE] = "<=", [IR_COND_GT] = ">",          [IR_COND_GE] = ">=",
        [IR_COND_IN] = "in", [IR_COND_NOT_IN] = "not in",
    };
    v = render_value(a->e, a->op, v);
    struct ir_value value = *val_get(a->e->values, v);
    if (value.kind == IR_LIST) {
        condition_group(a, v, false, operand, out);
        return;
    }
    if (value.kind != IR_COND) {
        expr_value(a, v, operand, out);
        return;
    }
    switch ((enum ir_cond)value.sub) {
    case IR_COND_TRUE:
        ansible_condition(a, val_items(a->e->values, v)[0], operand, out);
        break;
    case IR_COND_NOT:
        buf_str(out, operand ? "(not " : "not ");
        ansible_condition(a, val_items(a->e->values, v)[0], true, out);
        buf_str(out, operand ? ")" : "");
        break;
    case IR_COND_ALL:
    case IR_COND_ANY:
        condition_group(a, v, value.sub == IR_COND_ALL, operand, out);
        break;
    default:
        buf_str(out, operand ? "(" : "");
        ansible_operand(a, val_items(a->e->values, v)[0], out);
        buf_printf(out, " %s ", operators[value.sub]);
        ansible_operand(a, val_items(a->e->values, v)[1], out);
        buf_str(out, operand ? ")" : "");
        break;
    }
}

void ansible_text(struct ansible *a, const char *s, size_t len)
{
    if (!yaml_can_carry(s, len)) {
        struct diag *d =
            emission_error(a->e, EMIT_NOT_TEXT, a->op,
                           "this text is not UTF-8, so no playbook can carry it");
        diag_help(a->e->diags, d,
                  "give the file itself, with source=, instead of its content");
        yaml_null(&a->yaml);
        return;
    }
    bool evaluated = false;
    for (const char *p = s; !evaluated && (p = memchr(p, '{', len - (size_t)(p - s)));) {
        p++;
        evaluated = p < s + len && (*p == '{' || *p == '%' || *p == '#');
    }
    if (evaluated)
        yaml_unsafe(&a->yaml, s, len);
    else
        yaml_text(&a->yaml, s, len);
}

void ansible_value(struct ansible *a, val_id v)
{
    v = render_value(a->e, a->op, v);
    struct ir_value value = *val_get(a->e->values, v);
    size_t len;
    switch (value.kind) {
    case IR_ABSENT:
    case IR_NONE: yaml_null(&a->yaml); return;
    case IR_BOOL: yaml_bool(&a->yaml, value.as.n != 0); return;
    case IR_INT: yaml_int(&a->yaml, value.as.i); return;
    case IR_FLOAT: yaml_float(&a->yaml, value.as.f); return;
    case IR_STR: {
        const char *s = render_bytes(a->e, v, &len);
        ansible_text(a, s, len);
        return;
    }
    case IR_LIST:
        yaml_compact_seq(&a->yaml);
        for (uint32_t i = 0; i < value.count; i++)
            ansible_value(a, val_items(a->e->values, v)[i]);
        yaml_seq_end(&a->yaml);
        return;
    case IR_DICT:
        yaml_compact_map(&a->yaml);
        for (uint32_t i = 0; i < value.count; i++) {
            const char *key = render_bytes(a->e, val_items(a->e->values, v)[2 * i], &len);
            yaml_key(&a->yaml, key, len);
            ansible_value(a, val_items(a->e->values, v)[2 * i + 1]);
        }
        yaml_map_end(&a->yaml);
        return;
    default: break;
    }
    struct buf *out = &a->expr;
    buf_clear(out);
    buf_str(out, "{{ ");
    if (value.kind == IR_TEXT) {
        /* Stamped out, it may have no holes left. */
        render_text(a->e, a->op, v, &a->pieces);
        if (!a->pieces.n || (a->pieces.n == 1 && !a->pieces.v[0].value)) {
            ansible_text(a, buf_text(&a->pieces.text), a->pieces.text.len);
            return;
        }
        bool many = a->pieces.n > 1;
        buf_str(out, many ? "(" : "");
        expr_text(a, v, out);
        buf_str(out, many ? ") | string" : " | string");
    } else {
        expr_value(a, v, false, out);
        if (flow_is_text(&a->flow, v))
            buf_str(out, " | string");
    }
    buf_str(out, " }}");
    yaml_text(&a->yaml, out->p, out->len);
}
