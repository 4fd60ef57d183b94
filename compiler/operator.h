/* Operators on any two values: what the VM does when its fast paths do not apply. */
#ifndef DVO_COMPILER_OPERATOR_H
#define DVO_COMPILER_OPERATOR_H

#include "compiler/value.h"

/* Each returns VALUE_ERROR after an error. */
value operator_binary(struct vm *vm, enum ast_op op, value a, value b);
/* a op= b: lists, dicts and sets change in place for the operators that say so. */
value operator_augment(struct vm *vm, enum ast_op op, value a, value b);
value operator_unary(struct vm *vm, enum ast_op op, value a);
/* a + b of strings. A string that was made by this function may grow in place, so that a
 * loop of additions takes linear time. */
value operator_concat(struct vm *vm, value a, value b);
value operator_index(struct vm *vm, value a, value key);
bool operator_index_set(struct vm *vm, value a, value key, value v);
/* Bounds may be VALUE_NONE. */
value operator_slice(struct vm *vm, value a, value start, value stop, value step);
/* Clips slice bounds as Python does; false after an error. step must not be 0. */
bool operator_bounds(struct vm *vm, value start, value stop, int64_t step, int64_t n,
                     int64_t *from, int64_t *to);
/* False with an error if v is frozen or being iterated over. `verb` as in "append to". */
bool operator_mutable(struct vm *vm, value v, const char *verb);

#endif
