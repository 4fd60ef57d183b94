/* How long operations take, as far as earlier runs have told: units on the longest way to
 * the end of the run start first. */
#ifndef DVO_RUNTIME_COST_H
#define DVO_RUNTIME_COST_H

#include "runtime/run.h"

/* Reads from the state what is known. */
bool costs_read(struct run *r, struct fault *f);
/* Tells the scheduler how long each unit takes: what its operations took when they were
 * carried out last, or half a second, and a second for the start of a tool. */
void costs_tell(struct run *r);
/* The operation is done: counted from its start, or from the end of the one before it on
 * its machine. Only the first call for an operation counts. */
void cost_note(struct run *r, uint32_t op);
/* Writes what is known now to the state. */
bool costs_keep(struct run *r, struct fault *f);

#endif
