/* Deletes things at the provider: those that need others before them, what is independent
 * side by side. */
#ifndef DVO_RUNTIME_TEARDOWN_H
#define DVO_RUNTIME_TEARDOWN_H

#include "runtime/things.h"

struct teardown_result {
    size_t gone, failed, blocked;
    int status; /* exit status of the first failure in the order of creation; 0: none */
};

/* Deletes what `goes` by its fate. What is gone, now or since long, is forgotten in the
 * state; what could not be deleted, or could not be asked for, stays known. Failures are
 * reported as they happen. */
struct teardown_result teardown(struct run *r, const struct things *t);

#endif
