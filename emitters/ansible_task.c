/* Writes the tasks of one op: comment, name, module with its parameters, and the keywords
 * that carry results, conditions and policy. */
#include <stdlib.h>
#include <string.h>

#include "emitters/ansible_parts.h"
#include "emitters/files.h"

#define STEP_MODULE "dvo.host.step"

void ansible_harmless(const char *s, size_t len, struct buf *out)
{
    for (const char *brace; (brace = memchr(s, '{', len));) {
        size_t n = (size_t)(brace + 1 - s);
        buf_add(out, s, n);
        s += n;
        len -= n;
        if (len && (*s == '{' || *s == '%' || *s == '#'))
            buf_char(out, ' ');
    }
    buf_add(out, s, len);
}

static void condition_add(struct ansible *a, const char *text)
{
    for (size_t i = 0; i < a->conditions.n; i++)
        if (!strcmp(a->conditions.v[i], text))
            return;
    *vec_push(&a->conditions) = xstrdup(text);
}

/* What must all hold becomes a list, which reads better than a long "and". */
static void condition_add_value(struct ansible *a, val_id v)
{
    struct ir_value value = *val_get(a->e->values, v);
    if (value.kind == IR_COND && value.sub == IR_COND_ALL && value.count) {
        for (uint32_t i = 0; i < value.count; i++)
            condition_add_value(a, val_items(a->e->values, v)[i]);
        return;
    }
    buf_clear(&a->expr);
    ansible_condition(a, v, false, &a->expr);
    condition_add(a, buf_text(&a->expr));
}

/* What the op uses may be missing: then it is skipped, as the language says. */
static void guard_use(void *ctx, op_id used, str_id field, val_id v, val_id argument)
{
    struct ansible *a = ctx;
    (void)argument;
    if (!used)
        return;
    struct flow_doubt doubt = flow_doubt(&a->flow, used, field);
    if (!doubt.fails && !doubt.skips && !doubt.rests)
        return;
    buf_clear(&a->expr);
    if (!flow_inside(&a->flow, used)) {
        buf_printf(&a->expr, "%s is defined", flow_outside_name(&a->flow, v));
        condition_add(a, a->expr.p);
        return;
    }
    const struct shape *shape = flow_shape(&a->flow, used);
    flow_register(&a->flow, used, shape->primary, &a->expr);
    size_t name = a->expr.len;
    /* A result that is there is of a task that neither failed nor was skipped. */
    if (doubt.rests && shape->v[shape->primary].step) {
        buf_printf(&a->expr, ".fields.%s is defined", emission_text(a->e, field));
        condition_add(a, a->expr.p);
        return;
    }
    if (doubt.fails) {
        buf_str(&a->expr, " is not failed");
        condition_add(a, a->expr.p);
        a->expr.len = name;
    }
    if (doubt.skips) {
        buf_str(&a->expr, " is not skipped");
        condition_add(a, a->expr.p);
    }
}

static void task_conditions(struct ansible *a, op_id op, uint32_t task, val_id own)
{
    const struct op *o = &a->e->graph->ops[op];
    for (size_t i = 0; i < a->conditions.n; i++)
        free(a->conditions.v[i]);
    a->conditions.n = 0;
    flow_each_use(&a->flow, op, guard_use, a);
    if (o->when)
        condition_add_value(a, o->when);
    /* A failure that does not stop the play must still stop the rest of its own op. */
    for (uint32_t i = 0; (o->flags & OP_CONTINUE) && i < task; i++) {
        buf_clear(&a->expr);
        flow_register(&a->flow, op, i, &a->expr);
        buf_str(&a->expr, " is not failed");
        condition_add(a, a->expr.p);
    }
    if (own)
        condition_add_value(a, own);
    if (!a->conditions.n)
        return;
    yaml_name(&a->yaml, "when");
    if (a->conditions.n == 1) {
        yaml_cstr(&a->yaml, a->conditions.v[0]);
        return;
    }
    yaml_seq(&a->yaml);
    for (size_t i = 0; i < a->conditions.n; i++)
        yaml_cstr(&a->yaml, a->conditions.v[i]);
    yaml_seq_end(&a->yaml);
}

static void task_params(struct ansible *a, const struct shape_step *t)
{
    yaml_map(&a->yaml);
    uint32_t count = t->params ? val_get(a->e->values, t->params)->count : 0;
    for (uint32_t i = 0; i < count; i++) {
        val_id v =
            render_value(a->e, a->op, val_items(a->e->values, t->params)[2 * i + 1]);
        size_t len;
        const char *key =
            render_bytes(a->e, val_items(a->e->values, t->params)[2 * i], &len);
        if (!shape_says(a->e, t, i, v))
            continue;
        yaml_key(&a->yaml, key, len);
        ansible_value(a, v);
    }
    yaml_map_end(&a->yaml);
}

static bool says_nothing(const struct ansible *a, const struct shape_step *t)
{
    uint32_t count = t->params ? val_get(a->e->values, t->params)->count : 0;
    for (uint32_t i = 0; i < count; i++) {
        val_id v = val_items(a->e->values, t->params)[2 * i + 1];
        if (shape_says(a->e, t, i, render_value(a->e, a->op, v)))
            return false;
    }
    return true;
}

static void task_module(struct ansible *a, const struct shape_step *t)
{
    size_t len;
    if (t->module) {
        const char *name = render_bytes(a->e, t->module, &len);
        yaml_key(&a->yaml, name, len);
        if (t->free)
            ansible_value(a, render_value(a->e, a->op, t->free));
        else
            task_params(a, t);
        return;
    }
    const char *step = render_bytes(a->e, t->step, &len);
    yaml_name(&a->yaml, STEP_MODULE);
    if (says_nothing(a, t))
        yaml_compact_map(&a->yaml);
    else
        yaml_map(&a->yaml);
    yaml_key(&a->yaml, step, len);
    task_params(a, t);
    yaml_map_end(&a->yaml);
}

/* Keywords in whose text Ansible sees Jinja. */
static bool keyword_is_expression(const struct shape_control *k)
{
    static const char *const expressions[] = {"changed_when", "failed_when", "until"};
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
        if (!strcmp(k->key, expressions[i]))
            return true;
    return false;
}

static void task_keywords(struct ansible *a, const struct shape_step *t)
{
    for (uint32_t i = 0; i < t->ncontrols; i++) {
        const struct shape_control *k = &t->controls[i];
        val_id v = render_value(a->e, a->op, k->value);
        if (!v || v == VAL_NONE)
            continue;
        yaml_key(&a->yaml, k->key, k->len);
        if (keyword_is_expression(k) && v > VAL_TRUE) {
            buf_clear(&a->expr);
            ansible_condition(a, v, false, &a->expr);
            yaml_text(&a->yaml, buf_text(&a->expr), a->expr.len);
        } else {
            ansible_value(a, v);
        }
    }
}

static void task_policy(struct ansible *a, const struct op *o)
{
    if (o->flags & OP_CONTINUE) {
        yaml_name(&a->yaml, "ignore_errors");
        yaml_bool(&a->yaml, true);
    }
    if (o->flags & OP_TAINTED) {
        yaml_name(&a->yaml, "no_log");
        yaml_bool(&a->yaml, true);
    }
    if (o->timeout_ms > 0) {
        yaml_name(&a->yaml, "timeout");
        yaml_int(&a->yaml, (o->timeout_ms + 999) / 1000);
    }
}

void ansible_literals(struct ansible *a)
{
    if (!a->literals.n)
        return;
    yaml_name(&a->yaml, "vars");
    yaml_map(&a->yaml);
    for (size_t i = 0; i < a->literals.n; i++) {
        const struct ansible_literal *l = &a->literals.v[i];
        buf_clear(&a->expr);
        buf_str(&a->expr, "text_");
        buf_int(&a->expr, (int64_t)i + 1);
        yaml_name(&a->yaml, a->expr.p);
        if (yaml_can_carry(l->text, l->len))
            yaml_unsafe(&a->yaml, l->text, l->len);
        else
            ansible_text(a, l->text, l->len);
    }
    yaml_map_end(&a->yaml);
}

static void task_place(void *ctx, const char *text, size_t len)
{
    struct ansible *a = ctx;
    yaml_comment(&a->yaml, text, len);
}

static void task_write(struct ansible *a, op_id op, uint32_t task)
{
    const struct op *o = &a->e->graph->ops[op];
    struct yaml *y = &a->yaml;
    const struct shape_step *t = &flow_shape(&a->flow, op)->v[task];
    a->op = op;
    a->literals.n = 0;
    if (t->files)
        files_copy(a->e, op, t->files, "ansible/files");

    if (a->flow.out->tasks.n)
        yaml_blank(y);
    render_each_place(a->e, op, &a->expr, task_place, a);
    const char *name = titles_next(&a->titles, a->e, op);
    *vec_push(&a->flow.out->tasks) =
        (struct emission_task){yaml_next_line(y), op, task, name, NULL, 0};
    yaml_map(y);
    yaml_name(y, "name");
    yaml_cstr(y, name);
    task_module(a, t);
    if (flow_registers(&a->flow, op, task)) {
        buf_clear(&a->expr);
        flow_register(&a->flow, op, task, &a->expr);
        yaml_name(y, "register");
        yaml_text(y, a->expr.p, a->expr.len);
    }
    task_conditions(a, op, task, t->when);
    task_keywords(a, t);
    task_policy(a, o);
    ansible_literals(a);
    yaml_map_end(y);
}

void ansible_tasks(struct ansible *a, op_id op)
{
    for (uint32_t i = 0; i < flow_shape(&a->flow, op)->n; i++)
        task_write(a, op, i);
}
