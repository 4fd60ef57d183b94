/* Provider calls: the interpreter of the sequences in api/calls.json. */
#ifndef DVO_RUNTIME_SEQUENCE_H
#define DVO_RUNTIME_SEQUENCE_H

#include "runtime/run.h"

/* Carries out an op whose "do" is "calls": lookup; if it is not there, intent and create;
 * then ready. */
void sequence_start(struct run *r, uint32_t op);
/* Deletes what the op made: lookup, delete, and lookup until it is gone. */
typedef void sequence_fn(void *ctx, uint32_t op, struct fault *fault);
void sequence_delete(struct run *r, uint32_t op, sequence_fn *done, void *ctx);

#endif
