/* api/calls.json: what the runtime does itself. Its entries, one for an op, are checked
 * when the plan is loaded, and read from the file again when an op's turn comes: of a
 * plan of ten thousand calls only those under way are in memory. */
#ifndef DVO_RUNTIME_CALLS_H
#define DVO_RUNTIME_CALLS_H

#include "runtime/fault.h"
#include "runtime/loader.h"

/* Reads and checks all of it, if the plan needs it. */
void calls_load(struct loader *l);
/* The op's entry as docs/plan.md describes it, a new reference; NULL with EPROTO if the
 * file is no longer what it was when the plan was loaded. */
json_t *calls_entry(const struct run_plan *p, uint32_t op, struct fault *f);
/* Where an argument of a call stands, if that is known, else where the call does. */
struct plan_place calls_place(const struct run_plan *p, uint32_t op,
                              const char *argument);

#endif
