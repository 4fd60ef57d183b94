/* Tool runs without a tool: the ops of a segment as scripts of the step library. */
#ifndef DVO_RUNTIME_API_H
#define DVO_RUNTIME_API_H

#include "runtime/run.h"

/* Carries out a segment (index); its ops end one by one, then its unit. */
void api_start(struct run *r, uint32_t segment);

#endif
