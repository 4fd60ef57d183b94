/* What the state says against what the provider says: dvoc status. */
#ifndef DVO_RUNTIME_STATUS_H
#define DVO_RUNTIME_STATUS_H

#include "runtime/run.h"

/* Asks only. Prints a line per thing of this program and returns the exit status: 0 if
 * everything is as the state says, EPOSTCOND's if something is gone, changed or of
 * unknown outcome, that of the first fault if something could not be asked for. */
int status_run(struct run *r);

#endif
