/* The program that starts a provider's service: in the build, and kept with the state for
 * when no build has it any more. */
#ifndef DVO_RUNTIME_SERVICE_H
#define DVO_RUNTIME_SERVICE_H

#include "runtime/run.h"

/* The files beside the service of "provider" of calls.json, {NAME: TEXT}: a new
 * reference, or NULL if there is no service. */
json_t *service_files(const struct run *r, const json_t *record);
/* Where the service is, to be freed: in the build, else written from the record's "files"
 * into the private folder of the run. NULL with a fault. */
char *service_path(struct run *r, const json_t *record, struct fault *f);

#endif
