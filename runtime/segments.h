/* The tool runs of a plan. */
#ifndef DVO_RUNTIME_SEGMENTS_H
#define DVO_RUNTIME_SEGMENTS_H

#include "runtime/loader.h"

/* Reads them from the plan, whose ops are known. */
void segments_load(struct loader *l);

#endif
