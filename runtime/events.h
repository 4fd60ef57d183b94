/* The run as JSON lines, for programs that watch it. */
#ifndef DVO_RUNTIME_EVENTS_H
#define DVO_RUNTIME_EVENTS_H

#include <stdbool.h>

#include "runtime/fault.h"

struct events;

/* NULL path: events go nowhere. "-" is standard output. NULL with a fault. */
struct events *events_open(const char *path, struct fault *f);
void events_close(struct events *e);
/* One line: {"time", "event", "address", …}. `address` and `fault` may be NULL; changed
 * is written for the event "done". */
void events_write(struct events *e, const char *event, const char *address, bool changed,
                  const struct fault *fault);
/* {"event": "output", "name", "value"}: value is JSON text. */
void events_output(struct events *e, const char *name, const char *value);

#endif
