/* Ops that the runtime carries out itself: output, expect, http.request, http.expect,
 * hosts.find. */
#ifndef DVO_RUNTIME_BUILTIN_H
#define DVO_RUNTIME_BUILTIN_H

#include "runtime/run.h"

void builtin_start(struct run *r, uint32_t op);

#endif
