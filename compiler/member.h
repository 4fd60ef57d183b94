/* Ops that are carried out as one: which of the carrier's united list each asked for. */
#ifndef DVO_COMPILER_MEMBER_H
#define DVO_COMPILER_MEMBER_H

#include "compiler/vm.h"
#include "ir/graph.h"

/* Calls `each` for every item of every op of a carrier, in order: `member` counts the
 * ops, `item` the items of the united list. Nothing for other ops. */
typedef void member_fn(void *ctx, uint32_t member, uint32_t item);
void member_each(const struct graph *g, op_id carrier, member_fn *each, void *ctx);
/* What a rule sees of it: a text for each op, its items joined by blanks. None for ops
 * that are no carriers. */
value member_texts(struct vm *vm, const struct graph *g, op_id carrier);

#endif
