/* Makes one task of operations that follow each other: the machine is asked once for all
 * of them. Only steps of the library can be, and only where one script knows all that
 * they use: what an operation before them changed, but none of its results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emitters/ansible_parts.h"
#include "ir/explain.h"

#define MODULE "dvo.host.steps"
#define WANTED "wanted" /* its word for when= */

enum { MOST = 100 }; /* operations of one task: what it does should still be seen */

/* Operations of the run at hand that may become one task. */
struct group {
    struct ansible *a;
    const op_id *ops;
    uint32_t n;
    op_id op; /* that is looked at: its steps are being stamped out */
    struct {
        val_id *v;
        size_t n, cap;
    } others; /* what a condition asks for besides */
    struct {
        op_id *v;
        size_t n, cap;
    } changed; /* those of the group whose change it asks for */
};

static bool within(const struct group *g, op_id op)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (g->ops[i] == op)
            return true;
    return false;
}

/* ---- what can be one task
 * -------------------------------------------------------------------- */

static void note_doubt(void *ctx, op_id used, str_id field, val_id v, val_id argument)
{
    struct group *g = ctx;
    (void)v;
    (void)argument;
    if (!used)
        return;
    struct flow_doubt doubt = flow_doubt(&g->a->flow, used, field);
    if (doubt.fails || doubt.skips || doubt.rests)
        g->op = 0;
}

/* Whether it can be part of any such task: one step that may be done again, without
 * secrets and files, and all that it uses is sure to be there. */
static bool fits(struct ansible *a, op_id op)
{
    const struct op *o = &a->e->graph->ops[op];
    const struct shape *shape = flow_shape(&a->flow, op);
    const struct shape_step *s = shape->v;
    if (o->carrier || (o->flags & (OP_CONTINUE | OP_TAINTED)) || o->timeout_ms > 0 ||
        shape->n != 1 || !s->step || s->files || s->when || s->register_ ||
        s->ncontrols || !graph_repeatable(a->e->graph, op))
        return false;
    struct group g = {.a = a, .op = op};
    flow_each_use(&a->flow, op, note_doubt, &g);
    return g.op;
}

/* Whether a value has to do with an operation of the group. */
static bool mentions(const struct group *g, val_id v)
{
    struct emission *e = g->a->e;
    v = render_value(e, g->op, v);
    struct ir_value value = *val_get(e->values, v);
    uint32_t count = value.count;
    switch (value.kind) {
    case IR_REF: return within(g, value.as.ref.op);
    case IR_HANDLE: return within(g, value.as.n);
    case IR_DICT: count *= 2; break;
    case IR_EACH:
    case IR_GET:
    case IR_LIST:
    case IR_TEXT:
    case IR_COND:
    case IR_EXPR: break;
    default: return false;
    }
    for (uint32_t i = 0; i < count; i++)
        if (mentions(g, val_items(e->values, v)[i]))
            return true;
    return false;
}

/* Takes apart what holds if any of several things does. False if the script could not
 * tell whether it holds. */
static bool split(struct group *g, val_id v)
{
    struct emission *e = g->a->e;
    v = render_value(e, g->op, v);
    struct ir_value value = *val_get(e->values, v);
    bool any = value.kind == IR_LIST ||
               (value.kind == IR_COND &&
                (value.sub == IR_COND_ANY || value.sub == IR_COND_TRUE));
    if (any) {
        for (uint32_t i = 0; i < value.count; i++)
            if (!split(g, val_items(e->values, v)[i]))
                return false;
        return true;
    }
    bool change =
        value.kind == IR_REF && !strcmp(emission_text(e, value.as.ref.field), "changed");
    if (value.kind == IR_HANDLE && within(g, value.as.n)) {
        *vec_push(&g->changed) = value.as.n;
        return true;
    }
    if (change && within(g, value.as.ref.op)) {
        *vec_push(&g->changed) = value.as.ref.op;
        return true;
    }
    *vec_push(&g->others) = v;
    return !mentions(g, v);
}

/* split(), anew. */
static bool split_condition(struct group *g, val_id v)
{
    g->others.n = g->changed.n = 0;
    return split(g, v);
}

static bool is_condition(const struct group *g, val_id v)
{
    return val_get(g->a->e->values, v)->kind == IR_COND;
}

/* Calls `each` with every parameter of the op's step that is given; stops at false. */
static bool each_param(struct group *g,
                       bool (*each)(struct group *g, val_id key, val_id v))
{
    struct emission *e = g->a->e;
    const struct shape_step *s = flow_shape(&g->a->flow, g->op)->v;
    uint32_t count = s->params ? val_get(e->values, s->params)->count : 0;
    for (uint32_t i = 0; i < count; i++) {
        val_id v = render_value(e, g->op, val_items(e->values, s->params)[2 * i + 1]);
        if (shape_says(e, s, i, v) && !each(g, val_items(e->values, s->params)[2 * i], v))
            return false;
    }
    return true;
}

static bool param_fits(struct group *g, val_id key, val_id v)
{
    (void)key;
    return is_condition(g, v) ? split_condition(g, v) : !mentions(g, v);
}

/* Whether the op can follow those that the group has. */
static bool joins(struct group *g, op_id op)
{
    g->op = op;
    val_id when = g->a->e->graph->ops[op].when;
    return fits(g->a, op) && (!when || split_condition(g, when)) &&
           each_param(g, param_fits);
}

static void group_free(struct group *g)
{
    free(g->others.v);
    free(g->changed.v);
}

/* Short of -O3, only calls are one task that a person would write as a loop. */
static bool may_join(const struct ansible *a, op_id first, op_id op)
{
    const struct emission *e = a->e;
    return e->plan->fuse ||
           (e->plan->together && graph_call(e->graph, op)->together &&
            e->graph->ops[op].call == e->graph->ops[first].call &&
            emission_template(e, op)->title == emission_template(e, first)->title);
}

uint32_t ansible_fused_count(struct ansible *a, const op_id *ops, uint32_t n)
{
    struct group g = {.a = a, .ops = ops};
    while (g.n < n && g.n < MOST && may_join(a, ops[0], ops[g.n]) && joins(&g, ops[g.n]))
        g.n++;
    group_free(&g);
    return g.n ? g.n : 1;
}

/* "Keep user ana, ben" of like ops: their titles differ in one place. */
static void note_like(struct ansible *a, const op_id *ops, uint32_t n)
{
    struct buf *all = &a->scratch, title = {0};
    buf_clear(all);
    render_title(a->e, ops[0], all);
    size_t first = all->len;
    for (uint32_t i = 1; i < n; i++) {
        size_t same = 0;
        buf_clear(&title);
        render_title(a->e, ops[i], &title);
        while (same < title.len && same < first && title.p[same] == all->p[same])
            same++;
        while (same > 0 && title.p[same - 1] != ' ')
            same--;
        buf_str(all, ", ");
        buf_add(all, title.p + same, title.len - same);
    }
    buf_clear(&title);
    ansible_harmless(all->p, all->len, &title);
    titles_note_text(&a->titles, buf_text(&title));
    buf_free(&title);
}

static void explain(const struct emission *e, const op_id *ops, uint32_t n)
{
    struct buf text = {0};
    if (!e->plan->explained)
        return;
    explain_task(e->graph, !e->plan->fuse, ops, n, &text);
    fwrite(buf_text(&text), 1, text.len, e->plan->explained);
    buf_free(&text);
}

void ansible_fused_note(struct ansible *a, const op_id *ops, uint32_t n)
{
    explain(a->e, ops, n);
    if (!a->e->plan->fuse) {
        note_like(a, ops, n);
        return;
    }
    buf_clear(&a->scratch);
    buf_printf(&a->scratch, "Carry out %u operations", n);
    titles_note_text(&a->titles, a->scratch.p);
}

/* ---- the task
 * ------------------------------------------------------------------------------- */

/* The op's address. Without a machine, and with what machines have their own of left out,
 * several can be equal: then it is numbered. */
static void write_label(struct group *g, op_id op)
{
    struct emission *e = g->a->e;
    struct buf label = {0}, other = {0};
    unsigned same = 1;
    render_address(e, op, &label);
    for (uint32_t i = 0; emission_many(e, op) && g->ops[i] != op; i++) {
        buf_clear(&other);
        render_address(e, g->ops[i], &other);
        same += !strcmp(buf_text(&label), buf_text(&other));
    }
    if (same > 1)
        buf_printf(&label, "#%u", same);
    ansible_text(g->a, buf_text(&label), label.len);
    buf_free(&label);
    buf_free(&other);
}

/* What is known before the task begins of a condition that was split: the rest of it, and
 * what an interrupted run had changed already. */
static void write_rest(struct group *g)
{
    struct ansible *a = g->a;
    struct buf *out = &a->expr;
    buf_clear(out);
    buf_str(out, "{{ ");
    size_t begin = out->len;
    bool many = g->others.n + g->changed.n > 1;
    for (size_t i = 0; i < g->others.n; i++) {
        buf_str(out, i ? " or " : "");
        ansible_condition(a, g->others.v[i], many, out);
    }
    for (size_t i = 0; i < g->changed.n; i++)
        buf_printf(out, "%s'%s' in changed_before", out->len > begin ? " or " : "",
                   a->flow.ops[g->changed.v[i]].result);
    buf_str(out, out->len > begin ? " }}" : "false }}");
    yaml_text(&a->yaml, out->p, out->len);
}

static bool write_param(struct group *g, val_id key, val_id v)
{
    struct ansible *a = g->a;
    size_t len;
    const char *name = render_bytes(a->e, key, &len);
    yaml_key(&a->yaml, name, len);
    if (is_condition(g, v) && split_condition(g, v) && g->changed.n)
        write_rest(g);
    else
        ansible_value(a, v);
    return true;
}

/* Who of the group is asked whether it changed something. */
static void write_changed(struct group *g, const char *name, size_t len, bool *open)
{
    struct yaml *y = &g->a->yaml;
    if (!g->changed.n)
        return;
    if (!*open) {
        yaml_name(y, "on_change");
        yaml_compact_map(y);
    }
    *open = true;
    yaml_key(y, name, len);
    yaml_seq(y);
    for (size_t i = 0; i < g->changed.n; i++)
        write_label(g, g->changed.v[i]);
    yaml_seq_end(y);
}

static void write_on_change(struct group *g)
{
    struct emission *e = g->a->e;
    val_id when = e->graph->ops[g->op].when;
    val_id params = flow_shape(&g->a->flow, g->op)->v[0].params;
    uint32_t count = params ? val_get(e->values, params)->count : 0;
    bool open = false;
    if (when && split_condition(g, when))
        write_changed(g, WANTED, strlen(WANTED), &open);
    for (uint32_t i = 0; i < count; i++) {
        size_t len;
        const char *name = render_bytes(e, val_items(e->values, params)[2 * i], &len);
        val_id v = render_value(e, g->op, val_items(e->values, params)[2 * i + 1]);
        if (v && is_condition(g, v) && split_condition(g, v))
            write_changed(g, name, len, &open);
    }
    if (open)
        yaml_map_end(&g->a->yaml);
}

static void write_operation(struct group *g, op_id op)
{
    struct ansible *a = g->a;
    struct yaml *y = &a->yaml;
    const struct shape_step *s = flow_shape(&a->flow, op)->v;
    val_id when = a->e->graph->ops[op].when;
    size_t len;
    g->op = a->op = op;
    buf_clear(&a->expr);
    render_place(a->e, op, &a->expr);
    yaml_comment(y, buf_text(&a->expr), a->expr.len);
    yaml_map(y);
    yaml_name(y, "operation");
    write_label(g, op);
    const char *step = render_bytes(a->e, s->step, &len);
    yaml_key(y, step, len);
    yaml_compact_map(y);
    each_param(g, write_param);
    yaml_map_end(y);
    if (when && split_condition(g, when)) {
        yaml_name(y, WANTED);
        write_rest(g);
    }
    write_on_change(g);
    if (flow_registers(&a->flow, op, 0)) {
        yaml_name(y, "register");
        yaml_cstr(y, a->flow.ops[op].result);
    }
    yaml_map_end(y);
}

void ansible_fused(struct ansible *a, const op_id *ops, uint32_t n)
{
    struct group g = {.a = a, .ops = ops, .n = n};
    struct yaml *y = &a->yaml;
    a->literals.n = 0;
    if (a->flow.out->tasks.n)
        yaml_blank(y);
    const char *name = titles_next(&a->titles, a->e, ops[0]);
    *vec_push(&a->flow.out->tasks) =
        (struct emission_task){yaml_next_line(y), ops[0], 0, name, ops, n};
    yaml_map(y);
    yaml_name(y, "name");
    yaml_cstr(y, name);
    yaml_name(y, MODULE);
    yaml_map(y);
    yaml_name(y, "operations");
    yaml_seq(y);
    for (uint32_t i = 0; i < n; i++)
        write_operation(&g, ops[i]);
    yaml_seq_end(y);
    yaml_map_end(y);
    ansible_literals(a);
    yaml_map_end(y);
    group_free(&g);
}
