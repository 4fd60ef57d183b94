/* The file of values that a tool run gets by -e: connection facts, values of other ops,
 * secrets, and what an earlier attempt found out. */
#ifndef DVO_RUNTIME_ANSIBLE_VALUES_H
#define DVO_RUNTIME_ANSIBLE_VALUES_H

#include "runtime/toolrun.h"

/* What one machine's part of a tool run is given. */
struct ansible_values {
    json_t *shared;  /* what all machines of the run have alike, by its name */
    json_t *secrets; /* by their paths */
    json_t *machine; /* how it is reached, and what is its own */
    json_t *known;   /* by register: results of what is not run again */
};

/* False with source->outcome (fault, wait or skip), and then all is empty. */
bool ansible_values(const struct tool_run *t, struct ansible_values *v,
                    struct value_source *source);
void ansible_values_free(struct ansible_values *v);
/* Writes those of the machines of one run (0600) to `path`. */
bool ansible_values_write(const char *path, const char *const *hosts,
                          struct ansible_values *const *v, uint32_t n, struct fault *f);

#endif
