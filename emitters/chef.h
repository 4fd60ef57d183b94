/* The tool runs that Chef carries out, as a folder that runs without dvoc. */
#ifndef DVO_EMITTERS_CHEF_H
#define DVO_EMITTERS_CHEF_H

#include "emitters/emission.h"

/* Writes chef/: the program's cookbook and ours, node files, and configuration. Nothing
 * if no tool run is Chef's. */
bool chef_emit(struct emission *e);

#endif
