/* Typed arguments: checks one written value against what the record says of the argument
 * and gives its form in the graph. */
#ifndef DVO_COMPILER_BIND_H
#define DVO_COMPILER_BIND_H

#include "compiler/vm.h"
#include "ir/call.h"

/* The value as argument `arg` of `call`, canonical, which is number `given` of the
 * running call; VAL_ABSENT after an error there or at the item in it that is wrong. */
val_id bind_value(struct vm *vm, const struct calls *calls, const struct call_info *call,
                  const struct arg_info *arg, value v, uint32_t given);
/* The help of errors about a secret where the call takes none: where it could go. */
void bind_help_secret(struct vm *vm, const struct call_info *call);
/* Queues the error that a secret is given to `what`, which stands at `at`, and where the
 * secret comes from. */
void bind_fail_secret(struct vm *vm, struct span at, value v, const char *what);

#endif
