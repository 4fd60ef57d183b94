/* What lowering rules are written with: tasks, steps, HTTP calls, and conditions over
 * them. */
#ifndef DVO_COMPILER_NATIVE_H
#define DVO_COMPILER_NATIVE_H

#include "compiler/eval.h"

/* Adds task, step, http, result, expr, var, provider_fact, all_, any_, seconds, bytes_of,
 * and is_list to a universe. */
void native_universe(struct eval_universe *u);
/* An opaque value for a rule: an argument (or an item of it), or a fact of the op. */
value native_hole(struct vm *vm, val_id ir, struct type type);
/* A condition over `items` (conditions, handles' changed, booleans); any or all of them.
 * Errors are located at `at`. */
value native_condition(struct vm *vm, struct span at, enum ir_cond op, const value *items,
                       size_t n);

#endif
