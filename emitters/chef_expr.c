/* Values as Ruby. What only running tells is asked of the library of our cookbook: Dvo.
 */
#include <math.h>
#include <string.h>

#include "emitters/chef_parts.h"

static void put_str(struct chef *c, str_id s, bool operand)
{
    const char *text = emission_text(c->e, s);
    size_t len = intern_len(c->e->strings, s);
    if (!utf8_valid(text, len)) {
        struct diag *d =
            emission_error(c->e, EMIT_NOT_TEXT, c->op,
                           "this text is not UTF-8, so no recipe can carry it");
        diag_help(c->e->diags, d,
                  "give the file itself, with source=, instead of its content");
        len = 0;
    }
    ruby_text(&c->ruby, text, len, operand);
}

/* METHOD('NAME' for one of our own names. */
static void put_ask(struct chef *c, const char *method, const char *name)
{
    ruby_code(&c->ruby, method);
    ruby_text(&c->ruby, name, strlen(name), false);
}

static const char *register_of(struct chef *c, op_id op, uint32_t step)
{
    buf_clear(&c->scratch);
    flow_register(&c->flow, op, step, &c->scratch);
    return buf_text(&c->scratch);
}

bool chef_is_deferred(struct chef *c, val_id v)
{
    v = render_value(c->e, c->op, v);
    struct ir_value value = *val_get(c->e->values, v);
    switch (value.kind) {
    case IR_REF:
    case IR_GET:
    case IR_SECRET:
    case IR_COND:
    case IR_EACH:
    case IR_HANDLE: return true;
    case IR_TEXT:
    case IR_LIST:
    case IR_DICT:
        for (uint32_t i = 0; i < value.count * (value.kind == IR_DICT ? 2 : 1); i++)
            if (chef_is_deferred(c, val_items(c->e->values, v)[i]))
                return true;
        return false;
    default: return false;
    }
}

/* Whether any resource of an op changed something; what an earlier run did counts too. */
static void put_changed(struct chef *c, op_id op)
{
    const struct shape *shape = flow_shape(&c->flow, op);
    put_ask(c, "Dvo.changed?(", register_of(c, op, shape->primary));
    for (uint32_t i = 0; i < shape->n; i++) {
        if (i == shape->primary)
            continue;
        put_ask(c, ", ", register_of(c, op, i));
    }
    ruby_code(&c->ruby, ")");
}

/* A field of an op of the same run; steps answer in text. Returns its kind as it is. */
static void put_field(struct chef *c, op_id op, str_id field)
{
    const struct shape *shape = flow_shape(&c->flow, op);
    const char *name = emission_text(c->e, field);
    if (!shape->n || !shape->v[shape->primary].step)
        emission_error(c->e, EMIT_VALUE, c->op, "the resource of %s does not tell its %s",
                       emission_text(c->e, c->e->graph->ops[op].address), name);
    put_ask(c, "Dvo.result(", register_of(c, op, shape->primary));
    put_ask(c, ", ", name);
    ruby_code(&c->ruby, ")");
}

static void put_outside(struct chef *c, val_id v)
{
    put_ask(c, "Dvo.value(", flow_outside_name(&c->flow, v));
    ruby_code(&c->ruby, ")");
}

/* `text`: as part of a text, where numbers of steps are text already. */
static void put_ref(struct chef *c, val_id v, op_id op, str_id field, bool operand,
                    bool text)
{
    if (!flow_inside(&c->flow, op)) {
        put_outside(c, v);
        return;
    }
    if (!strcmp(emission_text(c->e, field), "changed")) {
        put_changed(c, op);
        return;
    }
    enum type_kind kind = flow_field_kind(&c->flow, op, field);
    bool boolean = kind == TYPE_BOOL && !text;
    ruby_code(&c->ruby, boolean && operand ? "(" : "");
    put_field(c, op, field);
    if (boolean)
        ruby_code(&c->ruby, operand ? " == 'true')" : " == 'true'");
    else if (!text && kind == TYPE_INT)
        ruby_code(&c->ruby, ".to_i");
    else if (!text && kind == TYPE_FLOAT)
        ruby_code(&c->ruby, ".to_f");
}

static void put_handle(struct chef *c, op_id op, bool operand)
{
    str_id changed = intern_cstr(c->e->strings, "changed");
    put_ref(c, val_ref(c->e->values, op, changed), op, changed, operand, false);
}

static void put_secret(struct chef *c, str_id path)
{
    ruby_code(&c->ruby, "Dvo.secret(");
    put_str(c, path, false);
    ruby_code(&c->ruby, ")");
}

/* A value that is part of a text. */
static void put_part(struct chef *c, val_id v)
{
    struct ir_value value = *val_get(c->e->values, v);
    struct ir_value ref = value;
    if (value.kind == IR_GET)
        ref = *val_get(c->e->values, val_items(c->e->values, v)[0]);
    bool inside = ref.kind == IR_REF && flow_inside(&c->flow, ref.as.ref.op) &&
                  strcmp(emission_text(c->e, ref.as.ref.field), "changed");
    if (inside || flow_is_text(&c->flow, v)) {
        if (ref.kind == IR_REF)
            put_ref(c, v, ref.as.ref.op, ref.as.ref.field, true, true);
        else
            chef_value(c, v, true);
        return;
    }
    ruby_code(&c->ruby, "Dvo.text(");
    chef_value(c, v, false);
    ruby_code(&c->ruby, ")");
}

/* Pieces joined with "+". */
static void put_text(struct chef *c, val_id v, bool operand)
{
    struct render_pieces pieces = {0};
    render_text(c->e, c->op, v, &pieces);
    bool many = pieces.n > 1 && operand;
    ruby_code(&c->ruby, many ? "(" : "");
    for (size_t i = 0; i < pieces.n; i++) {
        const struct render_piece *p = &pieces.v[i];
        if (i)
            ruby_code(&c->ruby, " + ");
        if (p->value)
            put_part(c, p->value);
        else
            put_str(c, intern(c->e->strings, pieces.text.p + p->begin, p->len),
                    operand && !many);
    }
    if (!pieces.n)
        ruby_text(&c->ruby, "", 0, false);
    ruby_code(&c->ruby, many ? ")" : "");
    render_free(&pieces);
}

static void put_list(struct chef *c, val_id v)
{
    ruby_open(&c->ruby, RUBY_ARRAY);
    for (uint32_t i = 0; i < val_get(c->e->values, v)->count; i++) {
        ruby_item(&c->ruby);
        chef_value(c, val_items(c->e->values, v)[i], false);
    }
    ruby_close(&c->ruby);
}

static void put_dict(struct chef *c, val_id v, enum ruby_bracket kind)
{
    ruby_open(&c->ruby, kind);
    for (uint32_t i = 0; i < val_get(c->e->values, v)->count; i++) {
        size_t len;
        const char *key = render_bytes(c->e, val_items(c->e->values, v)[2 * i], &len);
        ruby_key(&c->ruby, key, len);
        chef_value(c, val_items(c->e->values, v)[2 * i + 1], false);
    }
    ruby_close(&c->ruby);
}

void chef_arguments(struct chef *c, val_id v)
{
    put_dict(c, v, RUBY_ARGUMENTS);
}

void chef_value(struct chef *c, val_id v, bool operand)
{
    v = render_value(c->e, c->op, v);
    struct ir_value value = *val_get(c->e->values, v);
    switch (value.kind) {
    case IR_ABSENT:
    case IR_NONE: ruby_nil(&c->ruby); break;
    case IR_BOOL: ruby_bool(&c->ruby, value.as.n != 0); break;
    case IR_INT: ruby_int(&c->ruby, value.as.i); break;
    case IR_FLOAT:
        if (!isfinite(value.as.f))
            emission_error(c->e, EMIT_VALUE, c->op,
                           "a recipe cannot carry a number that is not finite");
        ruby_float(&c->ruby, value.as.f);
        break;
    case IR_STR: put_str(c, value.as.n, operand); break;
    case IR_LIST: put_list(c, v); break;
    case IR_DICT: put_dict(c, v, RUBY_HASH); break;
    case IR_REF:
        put_ref(c, v, value.as.ref.op, value.as.ref.field, operand, false);
        break;
    case IR_GET: {
        struct ir_value ref = *val_get(c->e->values, val_items(c->e->values, v)[0]);
        put_ref(c, v, ref.as.ref.op, ref.as.ref.field, operand, false);
        break;
    }
    case IR_HANDLE: put_handle(c, value.as.n, operand); break;
    case IR_EACH: put_outside(c, v); break;
    case IR_TEXT: put_text(c, v, operand); break;
    case IR_SECRET: put_secret(c, value.as.n); break;
    case IR_COND: chef_condition(c, v, operand); break;
    default:
        emission_error(c->e, EMIT_VALUE, c->op, "this value cannot stand in a recipe");
        ruby_nil(&c->ruby);
        break;
    }
}

/* All or any of the operands. */
static void put_group(struct chef *c, val_id v, bool all, bool operand)
{
    uint32_t count = val_get(c->e->values, v)->count;
    if (!count) {
        ruby_bool(&c->ruby, all);
        return;
    }
    bool many = count > 1;
    ruby_code(&c->ruby, many && operand ? "(" : "");
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            ruby_code(&c->ruby, all ? " && " : " || ");
        chef_condition(c, val_items(c->e->values, v)[i], many || operand);
    }
    ruby_code(&c->ruby, many && operand ? ")" : "");
}

static void put_comparison(struct chef *c, val_id v, enum ir_cond op, bool operand)
{
    static const char *const operators[] = {
        [IR_COND_EQ] = " == ", [IR_COND_NE] = " != ", [IR_COND_LT] = " < ",
        [IR_COND_LE] = " <= ", [IR_COND_GT] = " > ",  [IR_COND_GE] = " >= ",
    };
    val_id left = val_items(c->e->values, v)[0], right = val_items(c->e->values, v)[1];
    if (op == IR_COND_IN || op == IR_COND_NOT_IN) {
        ruby_code(&c->ruby, op == IR_COND_NOT_IN ? "!" : "");
        chef_value(c, right, true);
        ruby_code(&c->ruby, ".include?(");
        chef_value(c, left, false);
        ruby_code(&c->ruby, ")");
        return;
    }
    ruby_code(&c->ruby, operand ? "(" : "");
    chef_value(c, left, true);
    ruby_code(&c->ruby, operators[op]);
    chef_value(c, right, true);
    ruby_code(&c->ruby, operand ? ")" : "");
}

void chef_condition(struct chef *c, val_id v, bool operand)
{
    v = render_value(c->e, c->op, v);
    struct ir_value value = *val_get(c->e->values, v);
    if (value.kind == IR_LIST) { /* of triggers: any of them */
        put_group(c, v, false, operand);
        return;
    }
    if (value.kind != IR_COND) {
        chef_value(c, v, operand);
        return;
    }
    switch ((enum ir_cond)value.sub) {
    case IR_COND_TRUE: chef_condition(c, val_items(c->e->values, v)[0], operand); break;
    case IR_COND_NOT:
        ruby_code(&c->ruby, "!");
        chef_condition(c, val_items(c->e->values, v)[0], true);
        break;
    case IR_COND_ALL:
    case IR_COND_ANY: put_group(c, v, value.sub == IR_COND_ALL, operand); break;
    default: put_comparison(c, v, (enum ir_cond)value.sub, operand); break;
    }
}
