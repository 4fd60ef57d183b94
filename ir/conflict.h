/* Contradictions between ops of one machine, found by the wants rows of their records. */
#ifndef DVO_IR_CONFLICT_H
#define DVO_IR_CONFLICT_H

#include "ir/graph.h"

/* Reports every op that wants a thing to be otherwise than an earlier op of its machine
 * does, whatever stands between, unless their conditions are opposite. Ops without an
 * address, which naming has reported, are left out. */
bool graph_conflict(struct graph *g, struct diags *d);

#endif
