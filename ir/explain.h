/* What a pass did to the graph, and what allowed it, in lines for people. */
#ifndef DVO_IR_EXPLAIN_H
#define DVO_IR_EXPLAIN_H

#include "ir/graph.h"

/* The graph before a pass, as far as it is compared. */
struct explanation {
    const char *pass;
    uint8_t *flags; /* by op */
    size_t ops, edges;
    uint32_t segments;
};

void explain_begin(struct explanation *e, const struct graph *g, const char *pass);
/* Writes a line for every op that is gone, moved or carried out with others since, or for
 * the edges that are gone if no op is, and for every tool run that has got more machines;
 * frees what was kept. */
void explain_end(struct explanation *e, const struct graph *g, struct buf *out);
/* Writes a line for every op but the first of those that an emitter makes one task of,
 * because they are like calls, or because any may be. */
void explain_task(const struct graph *g, bool like, const op_id *ops, uint32_t n,
                  struct buf *out);
/* What the record says that the op reads and writes: "writes file /etc/motd, reads user
 * root". Nothing for an op without effects. */
void explain_effects(const struct graph *g, op_id op, struct buf *out);

#endif
