/* allow(): one rule of a firewall. */
#ifndef DVO_COMPILER_ALLOW_H
#define DVO_COMPILER_ALLOW_H

#include "compiler/vm.h"

/* allow(protocol, port, source="0.0.0.0/0"). A source that is not written is everybody,
 * which is a warning. */
extern const struct native allow_native;
/* The rule as {"protocol", "first", "last", "source"}, the two ports None for icmp;
 * VAL_ABSENT without an error if the value is no rule. */
val_id allow_ir(struct vm *vm, value v);

#endif
