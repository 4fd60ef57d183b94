/* Handles as rules see them: the fields of what another op made, and its address. */
#ifndef DVO_COMPILER_REFERRED_H
#define DVO_COMPILER_REFERRED_H

#include "compiler/program.h"

/* The op that a rule may look at, for templates of its own. */
value referred_op(struct vm *vm, op_id op);
/* The handle in an argument (an IR_HOLE), whichever it is, of this handle type. */
value referred_hole(struct vm *vm, val_id hole, str_id type);

#endif
