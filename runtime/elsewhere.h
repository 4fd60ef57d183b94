/* A program that goes to another provider than it went to before. */
#ifndef DVO_RUNTIME_ELSEWHERE_H
#define DVO_RUNTIME_ELSEWHERE_H

#include "runtime/run.h"

/* Whether the state has the thing that this op makes at another provider than the plan's:
 * then *f says where. Made here, too, it would be there twice and known once. Where both
 * logins tell their identity, it is waited for the plan's, and one that has the same one
 * is the same provider. */
bool elsewhere(struct run *r, uint32_t op, struct fault *f);

#endif
