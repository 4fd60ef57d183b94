/* moved(old, new): what the state and the provider know under an old address belongs to a
 * new one, with all that the address covers (ir/address.h). */
#ifndef DVO_IR_MOVE_H
#define DVO_IR_MOVE_H

#include "ir/graph.h"

struct move {
    str_id from, to;
    struct span from_span, to_span;
};

/* Appends a move as it is written. */
void graph_move(struct graph *g, struct move m);
/* Checks the moves against the addresses of the graph and puts the last address of a
 * chain of moves into each of its links, oldest first. Needs addresses. */
bool graph_moves(struct graph *g, struct diags *d);
/* The address that names the op at its provider: the one under which it was made, as far
 * as the moves tell. */
str_id graph_made_as(const struct graph *g, op_id op);

#endif
