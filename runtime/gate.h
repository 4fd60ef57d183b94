/* How many calls a provider takes at once, and how many in a second. */
#ifndef DVO_RUNTIME_GATE_H
#define DVO_RUNTIME_GATE_H

#include "runtime/loop.h"

struct gate;

/* At most `parallel` are inside. With a `rate` above 0, no more than so many enter in a
 * second on the average, and `burst` at once after a pause (a token bucket). */
struct gate *gate_new(struct loop *l, unsigned parallel, double rate, double burst);
void gate_free(struct gate *g); /* whoever waits is not called */

typedef void gate_fn(void *ctx);
/* Calls fn once it is inside: at once if there is room, else in the order of asking. */
void gate_enter(struct gate *g, gate_fn *fn, void *ctx);
void gate_leave(struct gate *g);
/* Lets nobody enter for so many milliseconds: the provider asked for a pause. */
void gate_hold(struct gate *g, int64_t ms);

#endif
