/* A login at the provider: made before the first call that needs it, made again when the
 * provider does not know it any more. */
#ifndef DVO_RUNTIME_SESSION_H
#define DVO_RUNTIME_SESSION_H

#include "runtime/run.h"

struct session;

/* `record` is "session" of calls.json; what its steps extract is put into `facts`. Both
 * are borrowed. */
struct session *session_new(struct run *r, const json_t *record, json_t *facts);
void session_free(struct session *s);

/* `fault` is NULL once there is one. It is borrowed. */
typedef void session_fn(void *ctx, const struct fault *fault);
/* Waits for a session that is not the one numbered `bad`, which the provider has refused
 * (0: none has been). All who wait get the same one. */
void session_ready(struct session *s, unsigned bad, session_fn *done, void *ctx);
/* Number of the present session, counted from 1. */
unsigned session_number(const struct session *s);

#endif
