/* Provider calls: the order of the phases of a sequence in api/calls.json. */
#ifndef DVO_RUNTIME_SEQUENCE_H
#define DVO_RUNTIME_SEQUENCE_H

#include "runtime/run.h"

/* Carries out an op whose "do" is "calls": lookup; what is not there is created with all
 * that belongs before and after it. */
void sequence_start(struct run *r, uint32_t op);

#endif
