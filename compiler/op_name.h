/* What ops and their values are called, and where they are written: the hooks of the VM
 * and of the graph. */
#ifndef DVO_COMPILER_OP_NAME_H
#define DVO_COMPILER_OP_NAME_H

#include "compiler/program.h"

/* vm.assigned: names the ops that an assignment binds. */
void op_assigned(struct vm *vm, const struct vm_assignment *a);
/* vm.deferred_name: "machine.ip". */
void op_deferred_name(struct vm *vm, value deferred, struct buf *out);
/* vm.deferred_source: the call whose result the value is. */
struct span op_deferred_source(struct vm *vm, value deferred);
/* graph.place of a program: where an argument of the op is written. */
struct span op_place(void *program, op_id id, str_id arg);

#endif
