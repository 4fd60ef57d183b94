/* Two ops with one address: whether they are one op, contradict each other, or stay two.
 */
#ifndef DVO_IR_MERGE_H
#define DVO_IR_MERGE_H

#include "ir/graph.h"
#include "ir/touch.h"

enum merge_verdict { MERGE_ONE, MERGE_TWO, MERGE_CONFLICT };

/* Whether two values mean the same: merged ops count as the op they were merged into. */
bool merge_same(struct graph *g, val_id a, val_id b);
/* Whether one condition says the opposite of the other: not_(), or a comparison's
 * opposite. */
bool merge_opposite(struct graph *g, val_id a, val_id b);
/* Judges `later` against `first`, which stands before it and has the same call, machine
 * and identity. `wrong` is set to the argument that differs (or to nargs for when= and
 * policy) on MERGE_CONFLICT. */
enum merge_verdict merge_judge(struct graph *g, struct touches *touches, op_id first,
                               op_id later, uint32_t *wrong);
/* Makes `later` dead in favour of `first`, which takes its triggers and after=. */
void merge_ops(struct graph *g, op_id first, op_id later);
/* Rewrites every value, subject and handle that refers to a merged op. */
void merge_rewrite(struct graph *g);

#endif
