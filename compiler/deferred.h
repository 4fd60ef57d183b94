/* Deferred values: what the language allows with them, and the errors for everything
 * else. */
#ifndef DVO_COMPILER_DEFERRED_H
#define DVO_COMPILER_DEFERRED_H

#include "compiler/value.h"

/* "deferred string", "condition", ... */
const char *deferred_type_name(struct vm *vm, value v);
/* How messages call it. In the arena. */
const char *deferred_name(struct vm *vm, value v);
/* Queues the error that a deferred value has no truth value. Always false. */
bool deferred_truth(struct vm *vm, value v);
/* a op b, one of them deferred: a condition for comparisons and membership, a deferred
 * string for "+" of strings and "%" of a deferred pattern; else an error. */
value deferred_binary(struct vm *vm, enum ast_op op, value a, value b);
/* The condition that `v`, a known value or a condition, does not hold. */
value deferred_not(struct vm *vm, value v);
/* Checks that a deferred value can be part of a text. Queues the error. */
bool deferred_textual(struct vm *vm, value v);

#endif
