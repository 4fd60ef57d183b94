/* Groups ops into tool runs. An op's level counts the tool starts that must lie before
 * it; ops of one machine, tool and level wait for nothing outside that waits for one of
 * them, so they can be one run. */
#include <stdlib.h>

#include "ir/graph.h"

/* The machine whose tool runs may carry the op, or 0 if it runs on its own. */
static op_id tool_machine(const struct graph *g, op_id id)
{
    return graph_call(g, id)->alone ? 0 : g->ops[id].subject;
}

static void find_levels(const struct graph *g, const op_id *order, size_t n,
                        uint32_t *level)
{
    /* Edges stand sorted by their target. */
    size_t *first = xcalloc(g->n + 1, sizeof *first);
    for (size_t i = 0; i < g->nedges; i++)
        first[g->edges[i].to + 1]++;
    for (size_t i = 0; i < g->n; i++)
        first[i + 1] += first[i];
    for (size_t i = 0; i < n; i++) {
        op_id id = order[i];
        const struct op *op = &g->ops[id];
        op_id machine = tool_machine(g, id);
        for (size_t e = first[id]; e < first[id + 1]; e++) {
            op_id from = g->edges[e].from;
            bool together = machine && tool_machine(g, from) == machine &&
                            g->ops[from].backend == op->backend;
            uint32_t least = level[from] + !together;
            if (least > level[id])
                level[id] = least;
        }
    }
    free(first);
}

/* Numbers follow levels, then the order of first ops: a run's number is above those of
 * all runs it waits for. */
static void number(struct graph *g, const op_id *order, size_t n, const uint32_t *level,
                   const uint32_t *level_of, uint32_t count)
{
    uint32_t most = 0;
    for (uint32_t s = 1; s <= count; s++)
        most = level_of[s] > most ? level_of[s] : most;
    uint32_t *next = xcalloc((size_t)most + 2, sizeof *next);
    uint32_t *final = xcalloc((size_t)count + 1, sizeof *final);
    for (uint32_t s = 1; s <= count; s++)
        next[level_of[s] + 1]++;
    for (uint32_t l = 0; l <= most; l++)
        next[l + 1] += next[l];
    for (size_t i = 0; i < n; i++) {
        uint32_t *segment = &g->ops[order[i]].segment;
        if (!*segment)
            continue;
        if (!final[*segment])
            final[*segment] = ++next[level[order[i]]];
        *segment = final[*segment];
    }
    free(next);
    free(final);
}

bool graph_segment(struct graph *g, struct diags *d)
{
    (void)d;
    op_id *order = xmalloc(g->n * sizeof *order);
    uint32_t *level = xcalloc(g->n, sizeof *level);
    uint32_t *level_of = xcalloc(g->n + 1, sizeof *level_of);
    struct map64 runs = {0};
    uint32_t count = 0;
    size_t n;
    if (!graph_toposort(g, order, &n))
        die("segments of a graph with a cycle");
    find_levels(g, order, n, level);
    for (size_t i = 0; i < n; i++) {
        struct op *op = &g->ops[order[i]];
        op_id machine = tool_machine(g, order[i]);
        op->segment = 0;
        if (!machine)
            continue;
        uint64_t key =
            (uint64_t)machine << 32 | (uint64_t)level[order[i]] << 2 | (op->backend & 3);
        uint32_t *slot = map64_put(&runs, key);
        if (!*slot) {
            *slot = ++count;
            level_of[count] = level[order[i]];
        }
        op->segment = *slot;
    }
    number(g, order, n, level, level_of, count);
    map64_free(&runs);
    free(order);
    free(level);
    free(level_of);
    g->nsegments = count;
    return true;
}
