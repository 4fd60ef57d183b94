/* Deletes what runs with this state made. */
#ifndef DVO_RUNTIME_DESTROY_H
#define DVO_RUNTIME_DESTROY_H

#include "runtime/run.h"

/* Asks first. Latest creation first, one after the other; what is gone is forgotten in
 * the state. Returns the exit status. */
int destroy_run(struct run *r);

#endif
