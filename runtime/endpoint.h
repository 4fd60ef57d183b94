/* endpoint(port) of a machine: "host:port" that this computer can reach, by a forward
 * over SSH where nothing else leads there. */
#ifndef DVO_RUNTIME_ENDPOINT_H
#define DVO_RUNTIME_ENDPOINT_H

#include "runtime/run.h"

struct endpoints *endpoints_new(struct run *r);
void endpoints_free(struct endpoints *e); /* ends the forwards */

/* The endpoint as a text, or NULL with the source's outcome: VALUE_WAIT while it is being
 * found out (run_wake() follows), VALUE_FAULT if there is none. */
json_t *endpoint_get(struct run *r, uint32_t op, json_int_t port, struct value_source *s);
/* Whether this text is an endpoint that ends with the run. */
bool endpoint_is_forward(const struct run *r, const char *text);

#endif
