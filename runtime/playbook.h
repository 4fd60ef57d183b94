/* The playbook of a tool run of which only some operations take part. */
#ifndef DVO_RUNTIME_PLAYBOOK_H
#define DVO_RUNTIME_PLAYBOOK_H

#include "runtime/run.h"

/* Writes it into the run's private folder: the lines of tasks whose op is RUN_KNOWN are
 * empty there, all others stand where they stood. Returns its path, to be freed, or NULL
 * with a fault. */
char *playbook_of_part(const struct run *r, const struct segment *s, struct fault *f);

#endif
