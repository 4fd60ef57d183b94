/* Typed arguments: checks one written value against what the record says of the argument
 * and gives its form in the graph. */
#ifndef DVO_COMPILER_BIND_H
#define DVO_COMPILER_BIND_H

#include "compiler/vm.h"
#include "ir/call.h"

/* The value as argument `arg` of `call` ("machine.file"), canonical; VAL_ABSENT after an
 * error at `at`. */
val_id bind_value(struct vm *vm, const struct calls *calls, const char *call,
                  const struct arg_info *arg, value v, struct span at);

#endif
