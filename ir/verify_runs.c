/* What passes promise of tool runs. No program can make it untrue, so that nothing is
 * said of it to users: a pass that breaks it is wrong. */
#include <stdlib.h>

#include "ir/verify.h"

static const char *name_of(const struct graph *g, op_id id)
{
    return intern_text(g->strings, g->ops[id].address);
}

/* One tool carries out the whole run, and the run is one of a machine's. */
static void verify_member(const struct graph *g, op_id id, uint8_t *tools)
{
    const struct op *op = &g->ops[id];
    if (op->segment > g->nsegments || !op->subject || graph_call(g, id)->alone)
        die("%s is in a tool run", name_of(g, id));
    if (tools[op->segment] && tools[op->segment] != op->backend)
        die("%s is in a run of another tool", name_of(g, id));
    tools[op->segment] = op->backend;
}

static void verify_carrier(const struct graph *g, op_id carrier)
{
    const struct op *op = &g->ops[carrier];
    for (uint32_t i = 0; i < val_count(&g->values, op->members); i++) {
        op_id id = val_get(&g->values, val_items(&g->values, op->members)[i])->as.n;
        const struct op *member = &g->ops[id];
        if (!(op->flags & OP_DEAD) || (member->flags & OP_DEAD) ||
            member->carrier != carrier || member->segment != op->segment ||
            member->call != op->call)
            die("%s is not carried out by its carrier", name_of(g, id));
    }
}

/* Runs are what an op waits for, and what waits for it: as nodes of their own they must
 * not wait for each other in a circle. */
static uint32_t node_of(const struct graph *g, op_id id)
{
    uint32_t segment = g->ops[id].segment;
    return segment ? (uint32_t)g->n + segment : id;
}

static bool has_circle(const struct graph *g)
{
    size_t nodes = g->n + g->nsegments + 1, done = 0, all = 0;
    uint32_t *unmet = xcalloc(nodes, sizeof *unmet);
    size_t *first = xcalloc(nodes + 1, sizeof *first);
    uint32_t *to = xmalloc((g->nedges + 1) * sizeof *to);
    uint32_t *ready = xmalloc(nodes * sizeof *ready);
    size_t n = 0;
    for (size_t i = 0; i < g->nedges; i++)
        first[node_of(g, g->edges[i].from) + 1]++;
    for (size_t i = 0; i < nodes; i++)
        first[i + 1] += first[i];
    for (size_t i = 0; i < g->nedges; i++) {
        uint32_t a = node_of(g, g->edges[i].from), b = node_of(g, g->edges[i].to);
        to[first[a]++] = b; /* first[x] becomes the end of x */
        unmet[b] += a != b;
    }
    for (uint32_t x = 1; x < nodes; x++)
        if (!unmet[x])
            ready[n++] = x;
    for (all = nodes - 1; n > 0; done++) {
        uint32_t x = ready[--n];
        for (size_t i = x ? first[x - 1] : 0; i < first[x]; i++)
            if (to[i] != x && --unmet[to[i]] == 0)
                ready[n++] = to[i];
    }
    free(unmet);
    free(first);
    free(to);
    free(ready);
    return done != all;
}

void verify_runs(const struct graph *g)
{
    if (!g->nsegments)
        return;
    uint8_t *tools = xcalloc((size_t)g->nsegments + 1, sizeof *tools);
    for (op_id id = 1; id < g->n; id++) {
        if (g->ops[id].members)
            verify_carrier(g, id);
        else if (g->ops[id].segment && !(g->ops[id].flags & OP_DEAD))
            verify_member(g, id, tools);
    }
    free(tools);
    if (has_circle(g))
        die("tool runs wait for each other");
}
