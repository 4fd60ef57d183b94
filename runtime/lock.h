/* The lock of a machine, /run/lock/dvo, held for the length of a tool run. */
#ifndef DVO_RUNTIME_LOCK_H
#define DVO_RUNTIME_LOCK_H

#include "runtime/machine.h"

struct lock;

/* `fault` is NULL once the lock is held. With one, it is not, or not any more, and the
 * lock is gone. */
typedef void lock_fn(void *ctx, struct fault *fault);
/* NULL with a fault if it cannot even be tried. */
struct lock *lock_take(struct run *r, const struct machine *m, lock_fn *done, void *ctx,
                       struct fault *f);
/* Gives it back; the machine notices by the end of a stream. */
void lock_release(struct lock *l);

#endif
