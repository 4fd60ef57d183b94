/* Removes pure ops that nobody refers to. A record that lists errors keeps its op: that
 * it fails may be what the program is for. */
#include <stdlib.h>

#include "ir/pass.h"

struct pruning {
    struct graph *g;
    uint32_t *uses; /* per op: references from live ops and rollouts */
    struct {
        op_id *v;
        size_t n, cap;
    } unused;   /* to be removed, all pure */
    int32_t by; /* what a walk adds to each op it meets */
};

static bool may_go(const struct graph *g, op_id id)
{
    const struct call_info *call = graph_call(g, id);
    return call->pure && !call->errors && !(g->ops[id].flags & OP_DEAD);
}

static void count_use(void *ctx, op_id op, str_id field)
{
    (void)field;
    struct pruning *p = ctx;
    op = graph_live(p->g, op);
    p->uses[op] += (uint32_t)p->by;
    if (p->by < 0 && !p->uses[op] && may_go(p->g, op))
        *vec_push(&p->unused) = op;
}

/* Adds p->by to the uses of all that the op refers to. */
static void count_uses(struct pruning *p, op_id id)
{
    const struct graph *g = p->g;
    const struct op *op = &g->ops[id];
    for (uint32_t i = 0; i < graph_call(g, id)->nargs; i++)
        val_each_op(&g->values, g->args[op->args + i], count_use, p);
    val_each_op(&g->values, op->when, count_use, p);
    val_each_op(&g->values, op->after, count_use, p);
    if (op->subject)
        count_use(p, op->subject, 0);
}

static void remove_op(struct pruning *p, struct diags *d, op_id id)
{
    struct graph *g = p->g;
    struct diag *w = diag_warning(d, 619, g->ops[id].span, "nobody uses what %s() gives",
                                  intern_text(g->strings, graph_call(g, id)->name));
    graph_call_chain(g, d, w, id);
    diag_help(d, w, "remove the call, or use one of its values");
    g->ops[id].flags |= OP_DEAD;
    g->ops[id].merged = 0;
    count_uses(p, id);
}

bool graph_prune(struct graph *g, struct diags *d)
{
    struct pruning p = {.g = g, .by = 1};
    size_t pure = 0;
    for (size_t id = 1; id < g->n; id++)
        pure += may_go(g, (op_id)id);
    if (!pure)
        return true;
    p.uses = xcalloc(g->n, sizeof *p.uses);
    for (size_t id = 1; id < g->n; id++)
        if (!(g->ops[id].flags & OP_DEAD))
            count_uses(&p, (op_id)id);
    for (size_t i = 1; i < g->nbatches; i++)
        val_each_op(&g->values, g->batches[i].machines, count_use, &p);
    for (size_t id = 1; id < g->n; id++)
        if (!p.uses[id] && may_go(g, (op_id)id))
            *vec_push(&p.unused) = (op_id)id;
    p.by = -1;
    for (size_t i = 0; i < p.unused.n; i++)
        remove_op(&p, d, p.unused.v[i]);
    bool changed = p.unused.n > 0;
    free(p.uses);
    free(p.unused.v);
    return !changed || graph_order(g, d);
}
