/* The part of a plan that the runtime carries out itself: HTTP calls and step scripts. */
#ifndef DVO_EMITTERS_API_H
#define DVO_EMITTERS_API_H

#include "emitters/emission.h"

/* Writes api/calls.json, and beside it what the calls need: the folder of the provider's
 * service and the step library. */
bool api_emit(struct emission *e);
/* Whether the op is a sequence of HTTP calls of the provider. */
bool api_has_calls(const struct emission *e, op_id op);
/* Whether the runtime asks the op's probe: not if a later foreign call of the same run
 * may have undone what it would find. */
bool api_probe_asked(const struct emission *e, op_id op);

#endif
