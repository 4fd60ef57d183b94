/* From the plan to the files of a build. */
#ifndef DVO_EMITTERS_EMIT_H
#define DVO_EMITTERS_EMIT_H

#include <stdbool.h>

#include "emitters/emission.h"

/* Writes the build of a plan into `outdir`, which is made if it is not there. False after
 * errors, which are in `diags`; the build that was there then still stands, or plainly
 * has no plan.json. */
bool emit(const struct plan *plan, const char *outdir, struct diags *diags);

/* Runs all emitters, whose files then are in e->out, and appends plan.json. */
bool emit_all(struct emission *e, struct buf *plan);

#endif
