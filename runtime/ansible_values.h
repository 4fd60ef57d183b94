/* The file of values that a tool run gets by -e: connection facts, values of other ops,
 * secrets, and what an earlier attempt found out. */
#ifndef DVO_RUNTIME_ANSIBLE_VALUES_H
#define DVO_RUNTIME_ANSIBLE_VALUES_H

#include "runtime/machine.h"

/* Writes it (0600) to `path`. `known` maps register names to results of ops that are not
 * run again. False with source->outcome (fault, wait or skip). */
bool ansible_values_write(struct run *r, const struct segment *s, const struct machine *m,
                          const json_t *known, const char *path,
                          struct value_source *source);

#endif
