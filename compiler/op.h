/* System calls as natives: binds the arguments of a call and adds its op to the graph. */
#ifndef DVO_COMPILER_OP_H
#define DVO_COMPILER_OP_H

#include "compiler/program.h"

/* The native that makes ops of this call ("machine.file"); the same one each time. NULL
 * if the glossary has no such call. */
const struct native *op_native(struct program *p, const char *name);
/* The same for a member of a handle type, by its index in calls.types. */
const struct native *op_method(struct program *p, uint32_t type, str_id member);
/* The machine of the inventory with this key: one op for one key. VALUE_ERROR after an
 * error at the running call. */
value op_host(struct vm *vm, str_id key);
/* The one machine that a call without arguments stands for, such as this computer. */
value op_local(struct vm *vm, const char *name);

#endif
