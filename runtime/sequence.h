/* Provider calls: the order of the phases of a sequence in api/calls.json. */
#ifndef DVO_RUNTIME_SEQUENCE_H
#define DVO_RUNTIME_SEQUENCE_H

#include "runtime/run.h"

/* A service may make what it was asked for some seconds after the asker has gone. */
#define SEQUENCE_PATIENCE_MS 10000

/* Carries out an op whose "do" is "calls": lookup; what is not there is created with all
 * that belongs before and after it. */
void sequence_start(struct run *r, uint32_t op);

#endif
