/* A part of the compilation in a process of its own: it sees everything as it is now, and
 * of what it does nothing is seen here but its answer. */
#ifndef DVO_COMPILER_PROCESS_H
#define DVO_COMPILER_PROCESS_H

#include <stdbool.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"

/* What the process does; `answer` is empty. It ends when this returns. */
typedef void process_fn(void *ctx, struct buf *answer);

/* Carries it out in a fork, waits for its end and appends its answer. NULL, or how it
 * ended without one ("killed by signal 9 (Killed)"), in the arena. */
const char *process_ask(process_fn *fn, void *ctx, struct arena *a, struct buf *answer);

#endif
