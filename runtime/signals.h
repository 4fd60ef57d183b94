/* SIGINT, SIGTERM and SIGHUP as events of the loop: the first one asks the run to come to
 * an end, the second one ends it. */
#ifndef DVO_RUNTIME_SIGNALS_H
#define DVO_RUNTIME_SIGNALS_H

#include "runtime/loop.h"

struct signals;

/* Calls fn for every such signal; from now on none of them ends the process by itself. */
struct signals *signals_new(struct loop *l, loop_fn *fn, void *ctx);
void signals_free(struct signals *s);

#endif
