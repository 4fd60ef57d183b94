/* Which ops take part in a run: --only and --except. */
#ifndef DVO_RUNTIME_SELECT_H
#define DVO_RUNTIME_SELECT_H

#include "runtime/run.h"

/* Marks the others RUN_KNOWN. False after a message to standard error. */
bool select_ops(struct run *r);
/* Whether --replace names it. */
bool select_replaced(const struct run *r, uint32_t op);

#endif
