/* Hosts of the inventory on the way to a machine. */
#ifndef DVO_COMPILER_JUMP_H
#define DVO_COMPILER_JUMP_H

#include "compiler/config.h"
#include "compiler/value.h"

/* How to log in to the hosts that "jump" of this mapping leads over: a list of dicts with
 * name, address, login, port, host_key and identity as far as they are written, the
 * nearest to the machine first; empty without "jump". VALUE_ERROR with DVO0538 if there
 * is no such host or they lead in a circle. */
value jump_hosts(struct vm *vm, const struct config *config,
                 const struct yaml_node *from);

#endif
