/* plan.json: what the runtime loads. Its format is described in docs/plan.md. */
#ifndef DVO_EMITTERS_PLAN_H
#define DVO_EMITTERS_PLAN_H

#include "emitters/emission.h"

/* Appends plan.json; all other artefacts must have been put. False after an error. */
bool plan_emit(struct emission *e, struct buf *out);

#endif
