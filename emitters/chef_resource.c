/* Writes the resources of one op: a comment that leads back to the program, properties in
 * order, and what carries results, conditions and policy. */
#include <stdlib.h>
#include <string.h>

#include "emitters/chef_parts.h"
#include "emitters/files.h"

enum { NAME_LONGEST = 100 }; /* bytes of a resource's name that is a value */

/* ---- guards ----------------------------------------------------------------------- */

static void guard_add(struct chef *c, const char *text)
{
    for (size_t i = 0; i < c->guards.n; i++)
        if (!strcmp(c->guards.v[i], text))
            return;
    *vec_push(&c->guards) = xstrdup(text);
}

/* Each of what must all hold is a guard of its own, which reads better than a long "&&",
 * and a negation is a not_if. */
static void guard_condition(struct chef *c, val_id v)
{
    struct ir_value value = *val_get(c->e->values, v);
    if (value.kind == IR_COND && value.sub == IR_COND_ALL && value.count) {
        for (uint32_t i = 0; i < value.count; i++)
            guard_condition(c, val_items(c->e->values, v)[i]);
        return;
    }
    bool not = value.kind == IR_COND && value.sub == IR_COND_NOT;
    bool not_in = value.kind == IR_COND && value.sub == IR_COND_NOT_IN;
    struct buf text = {0}, guard = {0};
    struct ruby outer = c->ruby;
    c->ruby = (struct ruby){0};
    ruby_begin(&c->ruby, &text);
    chef_condition(c, not ? val_items(c->e->values, v)[0] : v, false);
    /* "not in" begins with a "!" of its own. */
    buf_printf(&guard, "%s { %s }", not || not_in ? "not_if" : "only_if",
               text.p + not_in);
    guard_add(c, guard.p);
    ruby_free(&c->ruby);
    c->ruby = outer;
    buf_free(&text);
    buf_free(&guard);
}

/* "METHOD('NAME', 'FIELD') }", the last name may be missing. */
static void guard_ask(struct chef *c, const char *method, const char *name,
                      const char *field)
{
    struct buf text = {0};
    buf_printf(&text, "%s('%s'", method, name);
    if (field)
        buf_printf(&text, ", '%s'", field);
    buf_str(&text, ") }");
    guard_add(c, text.p);
    buf_free(&text);
}

/* What the op uses may be missing: then it is skipped, as the language says. */
static void guard_use(void *ctx, op_id used, str_id field, val_id v, val_id argument)
{
    struct chef *c = ctx;
    (void)argument;
    if (!used)
        return;
    struct flow_doubt doubt = flow_doubt(&c->flow, used, field);
    if (!doubt.fails && !doubt.skips && !doubt.rests)
        return;
    if (!flow_inside(&c->flow, used)) {
        guard_ask(c, "only_if { Dvo.value?", flow_outside_name(&c->flow, v), NULL);
        return;
    }
    buf_clear(&c->scratch);
    flow_register(&c->flow, used, flow_shape(&c->flow, used)->primary, &c->scratch);
    if (doubt.rests)
        guard_ask(c, "only_if { Dvo.result?", c->scratch.p, emission_text(c->e, field));
    else if (strcmp(emission_text(c->e, field), "changed"))
        guard_ask(c, "only_if { Dvo.result?", c->scratch.p, NULL);
    else
        guard_ask(c, "not_if { Dvo.failed?", c->scratch.p, NULL);
}

static void write_guards(struct chef *c, uint32_t step, val_id own)
{
    const struct op *o = &c->e->graph->ops[c->op];
    flow_each_use(&c->flow, c->op, guard_use, c);
    if (o->when)
        guard_condition(c, o->when);
    /* A failure that does not stop the run must still stop the rest of its own op. */
    for (uint32_t i = 0; (o->flags & OP_CONTINUE) && i < step; i++) {
        buf_clear(&c->scratch);
        flow_register(&c->flow, c->op, i, &c->scratch);
        guard_ask(c, "not_if { Dvo.failed?", c->scratch.p, NULL);
    }
    if (own)
        guard_condition(c, own);
    for (size_t i = 0; i < c->guards.n; i++) {
        ruby_statement(&c->ruby, c->guards.v[i]);
        c->ruby.out->len--; /* nothing follows */
        ruby_statement_end(&c->ruby);
        free(c->guards.v[i]);
    }
    c->guards.n = 0;
}

/* ---- properties ------------------------------------------------------------------- */

static void property_text(struct chef *c, const char *name, const char *text)
{
    ruby_statement(&c->ruby, name);
    ruby_text(&c->ruby, text, strlen(text), false);
    ruby_statement_end(&c->ruby);
}

static void property_true(struct chef *c, const char *name)
{
    ruby_statement(&c->ruby, name);
    ruby_bool(&c->ruby, true);
    ruby_statement_end(&c->ruby);
}

/* Names of properties, resources and actions are the record's, and become code. */
static bool is_word(struct chef *c, const char *s, size_t len)
{
    if (ruby_is_word(s, len))
        return true;
    emission_error(c->e, EMIT_VALUE, c->op, "'%s' is no name that Ruby knows", s);
    return false;
}

static void write_symbol(struct chef *c, val_id v)
{
    size_t len;
    const char *s = render_bytes(c->e, v, &len);
    if (is_word(c, s, len))
        ruby_symbol(&c->ruby, s, len);
}

/* What is deferred is asked for when the resource's turn comes: what it is made of may
 * then be there, or the resource is skipped. */
static void property_value(struct chef *c, const char *name, val_id v)
{
    uint8_t kind = val_get(c->e->values, v)->kind;
    ruby_statement(&c->ruby, name);
    bool deferred = chef_is_deferred(c, v);
    if (deferred)
        ruby_open(&c->ruby, RUBY_LAZY);
    if (!strcmp(name, "action") && kind == IR_STR) {
        write_symbol(c, v);
    } else if (kind == IR_DICT && !deferred) {
        chef_arguments(c, v);
    } else {
        chef_value(c, v, false);
    }
    if (deferred)
        ruby_close(&c->ruby);
    ruby_statement_end(&c->ruby);
}

/* Calls `each` for every parameter that is given. */
static void each_param(struct chef *c, val_id params,
                       void (*each)(struct chef *c, str_id name, val_id v, void *ctx),
                       void *ctx)
{
    uint32_t count = params ? val_get(c->e->values, params)->count : 0;
    for (uint32_t i = 0; i < count; i++) {
        val_id key = val_items(c->e->values, params)[2 * i];
        val_id v = render_value(c->e, c->op, val_items(c->e->values, params)[2 * i + 1]);
        size_t len;
        const char *name = render_bytes(c->e, key, &len);
        if (v && v != VAL_NONE && is_word(c, name, len))
            each(c, val_get(c->e->values, key)->as.n, v, ctx);
    }
}

/* A step being written. */
struct step_writer {
    const struct chef_step *step;
    val_id name; /* text that is the resource's name, or 0 */
};

/* The text in a value that can be read as the name of a resource: its own, or that of a
 * list's only item. 0 if there is none. */
static val_id name_in(struct chef *c, val_id v)
{
    v = render_value(c->e, c->op, v);
    struct ir_value value = *val_get(c->e->values, v);
    if (value.kind == IR_LIST && value.count == 1)
        return name_in(c, val_items(c->e->values, v)[0]);
    if (value.kind != IR_STR)
        return 0;
    size_t len;
    const char *s = render_bytes(c->e, v, &len);
    if (!len || len > NAME_LONGEST || !utf8_valid(s, len))
        return 0;
    for (size_t i = 0; i < len;) {
        uint32_t code;
        i += utf8_decode(s + i, len - i, &code);
        if (!utf8_printable(code))
            return 0;
    }
    return v;
}

static void step_name(struct chef *c, str_id name, val_id v, void *ctx)
{
    struct step_writer *w = ctx;
    uint32_t identity = w->step->identity;
    if (identity && w->step->v[identity - 1].parameter == name)
        w->name = name_in(c, v);
}

/* Whether a value is that of the record; a list from a template has holes in it. */
static bool is_default(struct chef *c, val_id fallback, val_id v)
{
    const struct values *values = c->e->values;
    v = render_value(c->e, c->op, v);
    if (val_equal(values, fallback, v))
        return true;
    uint32_t count = val_get(values, v)->count;
    if (val_get(values, v)->kind != IR_LIST ||
        val_get(values, fallback)->kind != IR_LIST ||
        val_get(values, fallback)->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!is_default(c, val_items(values, fallback)[i], val_items(values, v)[i]))
            return false;
    return true;
}

/* What the resource says anyway is not said again. */
static void step_parameter(struct chef *c, str_id name, val_id v, void *ctx)
{
    struct step_writer *w = ctx;
    const struct chef_property *p = chef_step_property(w->step, name);
    struct ir_value value = *val_get(c->e->values, v);
    bool many = value.kind == IR_LIST || value.kind == IR_DICT;
    bool named = w->name && p == &w->step->v[w->step->identity - 1];
    bool usual = p->fallback ? is_default(c, p->fallback, v) : many && !value.count;
    if (!named && !usual)
        property_value(c, p->name, v);
}

const char *chef_resource_type(struct chef *c, const char *function)
{
    return arena_printf(&c->e->arena, "dvo_%s", function);
}

static void write_step(struct chef *c, const struct shape_step *s, const char *title)
{
    size_t len;
    const char *function = render_bytes(c->e, s->step, &len);
    if (!is_word(c, function, len))
        return;
    struct step_writer w = {
        .step = chef_steps_find(&c->steps, val_get(c->e->values, s->step)->as.n)};
    each_param(c, s->params, step_name, &w);
    const char *name = title;
    len = strlen(title);
    if (w.name)
        name = render_bytes(c->e, w.name, &len);
    ruby_block(&c->ruby, chef_resource_type(c, function), name, len);
    each_param(c, s->params, step_parameter, &w);
}

static void native_property(struct chef *c, str_id name, val_id v, void *ctx)
{
    (void)ctx;
    property_value(c, emission_text(c->e, name), v);
}

static void write_native(struct chef *c, const struct shape_step *s)
{
    size_t len;
    const char *type = render_bytes(c->e, s->resource, &len);
    if (!is_word(c, type, len))
        return;
    struct render_pieces *p = &(struct render_pieces){0};
    render_text(c->e, c->op, s->free, p);
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].value)
            emission_error(c->e, EMIT_VALUE, c->op,
                           "the name of a resource must be known before the run");
    ruby_block(&c->ruby, type, buf_text(&p->text), p->text.len);
    render_free(p);
    each_param(c, s->params, native_property, NULL);
}

/* ---- resources -------------------------------------------------------------------- */

static void write_register(struct chef *c, const struct shape_step *s, uint32_t step)
{
    if (!flow_registers(&c->flow, c->op, step))
        return;
    buf_clear(&c->scratch);
    flow_register(&c->flow, c->op, step, &c->scratch);
    if (s->step) {
        property_text(c, "register", c->scratch.p);
        return;
    }
    ruby_statement(&c->ruby, "Dvo.register(self,");
    ruby_text(&c->ruby, c->scratch.p, c->scratch.len, false);
    ruby_code(&c->ruby, ")");
    ruby_statement_end(&c->ruby);
}

static void write_policy(struct chef *c, const struct shape_step *s)
{
    const struct op *o = &c->e->graph->ops[c->op];
    if (o->flags & OP_CONTINUE)
        property_true(c, "ignore_failure");
    if (o->flags & OP_TAINTED)
        property_true(c, "sensitive");
    if (s->step && o->timeout_ms > 0) {
        ruby_statement(&c->ruby, "timeout");
        ruby_int(&c->ruby, (o->timeout_ms + 999) / 1000);
        ruby_statement_end(&c->ruby);
    }
}

static void write_place(void *ctx, const char *text, size_t len)
{
    struct chef *c = ctx;
    ruby_comment(&c->ruby, text, len);
}

static void write_resource(struct chef *c, uint32_t step)
{
    struct emission *e = c->e;
    const struct shape_step *s = &flow_shape(&c->flow, c->op)->v[step];
    const char *name = titles_next(&c->titles, e, c->op);
    if (s->ncontrols)
        emission_error(e, EMIT_VALUE, c->op,
                       "a recipe has no use for _%s=", s->controls[0].key);
    if (s->files)
        files_copy(e, c->op, s->files, arena_printf(&e->arena, "%s/files", c->folder));
    ruby_blank(&c->ruby);
    render_each_place(e, c->op, &c->scratch, write_place, c);
    *vec_push(&c->flow.out->tasks) =
        (struct emission_task){ruby_next_line(&c->ruby), c->op, step, name, NULL, 0};
    if (s->step)
        write_step(c, s, name);
    else
        write_native(c, s);
    write_register(c, s, step);
    write_policy(c, s);
    write_guards(c, step, s->when);
    ruby_block_end(&c->ruby);
}

void chef_resources(struct chef *c, op_id op)
{
    c->op = op;
    for (uint32_t i = 0; i < flow_shape(&c->flow, op)->n; i++)
        write_resource(c, i);
}
