/* Probes: whether what ops promised really holds on a machine. */
#ifndef DVO_RUNTIME_PROBE_H
#define DVO_RUNTIME_PROBE_H

#include "runtime/run.h"

/* `faults[i]` is the fault of ops[i], or none; valid during the call. */
typedef void probe_fn(void *ctx, struct fault *faults);
/* Asks for `n` ops of one machine with one read-only script. Ops without a probe pass. */
void probe_start(struct run *r, uint32_t machine, const uint32_t *ops, uint32_t n,
                 probe_fn *done, void *ctx);

#endif
