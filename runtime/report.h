/* The end of a run, told to a person: failures with their places, outputs, the sums. */
#ifndef DVO_RUNTIME_REPORT_H
#define DVO_RUNTIME_REPORT_H

#include "runtime/run.h"

/* What is about no op, to standard error. */
void report_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same of a fault, which is emptied. Returns its exit status. */
int report_fault(struct fault *f);
/* Writes failures to standard error, outputs and the summary to standard output. */
void report_run(const struct run *r);
/* Why an op could not be carried out or deleted, to standard error. */
void report_failure(const struct run *r, uint32_t op, const struct fault *f);
/* The same of a thing at a provider; `op` is that of its call, or 0 if that is gone. */
void report_thing(const struct run *r, const char *address, uint32_t op,
                  const struct fault *f);
/* That of the first op in program order that failed by itself; 0: none. */
int report_status(const struct run *r);

#endif
