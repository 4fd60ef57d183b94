/* Tool runs of Chef: one segment, one chef-client on the machine, evidence per op. */
#ifndef DVO_RUNTIME_CHEF_H
#define DVO_RUNTIME_CHEF_H

#include "runtime/run.h"

/* Carries out a segment (index); its ops end one by one, then its unit. */
void chef_start(struct run *r, uint32_t segment);

#endif
