/* Going on after an error at the top level of a file, so that one run shows all errors
 * that are independent of each other. */
#ifndef DVO_COMPILER_RECOVER_H
#define DVO_COMPILER_RECOVER_H

#include "compiler/code.h"
#include "compiler/vm_state.h"

/* The top level `f` has met an error: abandons the statement it is at, and gives up the
 * globals that the statement would have set or may have left half changed, so that using
 * them later is no error of its own. Returns the instruction to go on with, or NULL if
 * the evaluation is to stop. */
const struct instr *recover(struct vm *vm, struct vm_frame *f);
/* Whether global `index` of the module was given up. */
bool recover_gave_up(const struct module *m, uint32_t index);

#endif
