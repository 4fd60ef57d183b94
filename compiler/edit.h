/* What an author could type instead: the help of messages about arguments. */
#ifndef DVO_COMPILER_EDIT_H
#define DVO_COMPILER_EDIT_H

#include "compiler/value.h"
#include "ir/type.h"

/* The edit that makes a good argument of type `want` out of the value `v` that is written
 * at `at`, such as `write "0755"`. In the arena; NULL if none can be told. */
const char *edit_value(struct vm *vm, struct type want, value v, struct span at);

#endif
