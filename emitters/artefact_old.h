/* What an earlier build left behind, as its plan.json lists it. */
#ifndef DVO_EMITTERS_ARTEFACT_OLD_H
#define DVO_EMITTERS_ARTEFACT_OLD_H

#include "ir/base/arena.h"

struct artefact_old_file {
    const char *path;
    const char *digest;
};

struct artefact_old {
    struct artefact_old_file *v; /* arena */
    size_t n;
};

/* Reads the list "artefacts" of a plan.json of our own writing. A missing or foreign file
 * gives an empty list, and so do entries that lead out of the build folder. */
void artefact_old_read(struct artefact_old *old, const char *plan, struct arena *arena);

#endif
