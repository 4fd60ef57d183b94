/* The file of values that a tool run gets by -e: connection facts, values of other ops,
 * secrets, and what an earlier attempt found out. */
#ifndef DVO_RUNTIME_ANSIBLE_VALUES_H
#define DVO_RUNTIME_ANSIBLE_VALUES_H

#include "runtime/toolrun.h"

/* Writes it (0600) to `path`. False with source->outcome (fault, wait or skip). */
bool ansible_values_write(const struct tool_run *t, const char *path,
                          struct value_source *source);

#endif
