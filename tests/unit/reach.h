/* Which ops of a graph come before which. */
#ifndef DVO_TESTS_REACH_H
#define DVO_TESTS_REACH_H

#include "unit.h"

#include <stdlib.h>

#include "ir/base/arena.h"
#include "ir/graph.h"

/* A row of bytes per op, one for each that comes before it, to be freed; as if the edge
 * `without` (index; SIZE_MAX: none) were not there. */
static inline uint8_t *reachability(const struct graph *g, size_t without)
{
    uint8_t *before = xcalloc(g->n * g->n, 1);
    op_id *order = xcalloc(g->n, sizeof *order);
    size_t n;
    assert_true(graph_toposort((struct graph *)(uintptr_t)g, order, &n));
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < g->nedges; i++) {
            const struct edge *e = &g->edges[i];
            if (e->to != order[k] || i == without)
                continue;
            before[e->to * g->n + e->from] = 1;
            for (size_t a = 0; a < g->n; a++)
                before[e->to * g->n + a] |= before[e->from * g->n + a];
        }
    free(order);
    return before;
}

#endif
