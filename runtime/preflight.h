/* One look at the provider before anything is changed: whether all that the plan names is
 * there, fits into the quotas, and stands in nobody's way. */
#ifndef DVO_RUNTIME_PREFLIGHT_H
#define DVO_RUNTIME_PREFLIGHT_H

#include "runtime/run.h"

enum preflight_finding {
    PREFLIGHT_UNKNOWN,
    PREFLIGHT_FOUND,    /* the thing exists */
    PREFLIGHT_RESOLVED, /* it does not, and all that its creation names is known */
};

/* Asks only, and reports everything that is wrong to standard error, each with its place.
 * Returns the exit status: 0, or that of the first problem in program order. Without
 * --preflight-only nothing is asked for a driver that has nothing to check. */
int preflight_run(struct run *r);
/* What it has found out about an op, once: then it is asked for anew. `vars` gets what
 * was extracted. */
enum preflight_finding preflight_take(struct run *r, uint32_t op, json_t *vars);
void preflight_forget(struct run *r, uint32_t op);
void preflight_free(struct preflight *p);

#endif
