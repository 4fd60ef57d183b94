/* From the plan to the files of a build. */
#ifndef DVO_EMITTERS_EMIT_H
#define DVO_EMITTERS_EMIT_H

#include <stdbool.h>

#include "emitters/emission.h"

/* Writes the build of a plan into `outdir`, which is made if it is not there. False after
 * errors, which are in `diags`; the build that was there then still stands, or plainly
 * has no plan.json. */
bool emit(const struct plan *plan, const char *outdir, struct diags *diags);

/* The same for looking only: nothing is written, artefact_text() finds the files and
 * plan.json in `files`. artefacts_free() is needed either way. */
bool emit_memory(const struct plan *plan, struct artefacts *files, struct arena *arena,
                 struct diags *diags);

#endif
