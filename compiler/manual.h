/* The glossary as text: what `dvoc calls` prints. */
#ifndef DVO_COMPILER_MANUAL_H
#define DVO_COMPILER_MANUAL_H

#include "compiler/program.h"

/* One line per call, grouped by scope; calls that no backend carries yet say so. */
bool manual_list(struct program *p, struct buf *out);
/* Everything a record says about one call. False after a diagnostic if there is none. */
bool manual_call(struct program *p, const char *name, struct buf *out);

#endif
