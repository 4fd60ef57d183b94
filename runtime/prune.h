/* What this program's runs made and its plan has no more: dvoc run --prune. */
#ifndef DVO_RUNTIME_PRUNE_H
#define DVO_RUNTIME_PRUNE_H

#include "runtime/run.h"

/* Before anything is done: shows what would be deleted, refuses what must not be, asks.
 * Returns the exit status; 0: go on. */
int prune_prepare(struct run *r);
/* After everything has succeeded: deletes what was shown and is still left over. Returns
 * the exit status. */
int prune_run(struct run *r);
/* Without --prune: says so if something is left over. */
void prune_notice(struct run *r);

#endif
