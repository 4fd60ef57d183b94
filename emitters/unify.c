/* The vectorize pass has seen that the ops of a run are alike; here their values become
 * one, part by part. */
#include "emitters/unify.h"

#include <stdlib.h>
#include <string.h>

struct unifier {
    struct emission *e;
    const struct plan_segment *segment;
};

/* The place in its part of an op that one of the segment's machines carries out, so that
 * all of them mean their own. */
static bool is_own(const struct unifier *u, const val_id *v)
{
    const struct values *t = u->e->values;
    for (uint32_t i = 0; i < u->segment->nparts; i++) {
        const struct ir_value *x = val_get(t, v[i]);
        op_id op = graph_live(u->e->graph, x->kind == IR_REF ? x->as.ref.op : x->as.n);
        const struct op *o = &u->e->graph->ops[op];
        if (o->subject != u->segment->parts[i].machine ||
            &u->e->plan->segments[o->segment] != u->segment)
            return false;
    }
    return true;
}

static bool all_equal(const struct unifier *u, const val_id *v)
{
    for (uint32_t i = 1; i < u->segment->nparts; i++)
        if (!val_equal(u->e->values, v[0], v[i]))
            return false;
    return true;
}

static val_id unify_values(struct unifier *u, const val_id *v);

/* A sequence of what its parts become; itself if they stay. */
static val_id unify_items(struct unifier *u, const val_id *v)
{
    struct values *t = u->e->values;
    struct ir_value value = *val_get(t, v[0]);
    uint32_t n = value.count * (value.kind == IR_DICT ? 2 : 1),
             parts = u->segment->nparts;
    val_id *items = xmalloc((n + 1) * sizeof *items);
    val_id *column = xmalloc(parts * sizeof *column);
    bool changed = false;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t p = 0; p < parts; p++)
            column[p] = val_items(t, v[p])[i];
        items[i] = unify_values(u, column);
        changed |= items[i] != column[0];
    }
    val_id all = changed
                     ? val_seq(t, (enum ir_kind)value.kind, value.sub, items, value.count)
                     : v[0];
    free(items);
    free(column);
    return all;
}

static val_id unify_values(struct unifier *u, const val_id *v)
{
    struct values *t = u->e->values;
    uint8_t kind = val_get(t, v[0])->kind;
    if (all_equal(u, v))
        return v[0];
    if (kind == IR_LIST || kind == IR_DICT || kind == IR_TEXT || kind == IR_COND)
        return unify_items(u, v);
    if ((kind == IR_REF || kind == IR_HANDLE) && is_own(u, v))
        return v[0];
    return val_seq(t, IR_EACH, 0, v, u->segment->nparts);
}

/* An argument of these ops, or their condition. */
static val_id unify_column(struct unifier *u, const op_id *ops, uint32_t arg, bool when)
{
    const struct graph *g = u->e->graph;
    uint32_t parts = u->segment->nparts;
    val_id *column = xmalloc(parts * sizeof *column);
    for (uint32_t p = 0; p < parts; p++) {
        const struct op *op = &g->ops[ops[p]];
        column[p] = when ? op->when : g->args[op->args + arg];
    }
    val_id all = unify_values(u, column);
    free(column);
    return all;
}

static void unify_op(struct unifier *u, struct unified *out, const op_id *ops)
{
    struct graph *g = u->e->graph;
    op_id id = ops[0];
    uint32_t nargs = graph_call(g, id)->nargs;
    uint32_t args = (uint32_t)g->nargs;
    *vec_push(out) = (struct unified_op){id, g->ops[id].args, g->ops[id].when};
    g->args = vec_grow(g->args, sizeof *g->args, g->nargs + nargs, &g->cap_args);
    g->nargs += nargs;
    for (uint32_t i = 0; i < nargs; i++) {
        val_id v = unify_column(u, ops, i, false);
        g->args[args + i] = v;
    }
    g->ops[id].when = unify_column(u, ops, 0, true);
    g->ops[id].args = args;
}

/* The op in one place of all parts, and the transaction that begins there. */
static void unify_place(struct unifier *u, struct unified *out, uint32_t place)
{
    const struct op *all = u->e->graph->ops;
    uint32_t parts = u->segment->nparts;
    op_id *ops = xmalloc(parts * sizeof *ops);
    for (uint32_t p = 0; p < parts; p++)
        ops[p] = u->segment->parts[p].ops[place];
    op_id carrier = all[ops[0]].carrier;
    bool begins = carrier && all[carrier].merged == ops[0];
    unify_op(u, out, ops);
    for (uint32_t p = 0; p < parts; p++)
        ops[p] = all[ops[p]].carrier;
    if (begins)
        unify_op(u, out, ops);
    free(ops);
}

void unify(struct unified *u, struct emission *e, enum backend backend)
{
    e->unified = true;
    for (uint32_t i = 1; i <= e->plan->nsegments; i++) {
        struct unifier one = {.e = e, .segment = &e->plan->segments[i]};
        if (one.segment->backend != backend || one.segment->nparts == 1)
            continue;
        for (uint32_t k = 0; k < one.segment->nops; k++)
            unify_place(&one, u, k);
    }
}

void unify_end(struct unified *u, struct emission *e)
{
    for (size_t i = u->n; i-- > 0;) {
        struct op *op = &e->graph->ops[u->v[i].op];
        op->args = u->v[i].args;
        op->when = u->v[i].when;
    }
    free(u->v);
    e->unified = false;
}

bool unify_is_known(const struct emission *e, val_id v)
{
    const struct values *t = e->values;
    if (val_get(t, v)->kind != IR_EACH)
        return false;
    for (uint32_t i = 0; i < val_count(t, v); i++)
        if (val_get(t, val_items(t, v)[i])->flags &
            (IR_DEFERRED | IR_REFERS | IR_TAINTED))
            return false;
    return true;
}
