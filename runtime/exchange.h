/* Calls to the provider as steps make them: equal GETs are asked once, those that can be
 * asked together are, and pages come as one. */
#ifndef DVO_RUNTIME_EXCHANGE_H
#define DVO_RUNTIME_EXCHANGE_H

#include "runtime/run.h"
#include "runtime/step.h"

/* An answer; several steps may look at it. */
struct reply {
    struct http_response http;
    json_t *document; /* what the body is, where that is known already; or NULL */
};

/* The reply is valid during the call only. */
typedef void reply_fn(void *ctx, const struct reply *reply);

struct exchange *exchange_new(struct run *r);
void exchange_free(struct exchange *x); /* nothing is called any more */
/* Sends the call of a step; the call is taken over. It times out with
 * `deadline`, a loop_now(), or after a time of its own (0: only then); together with
 * others, with the last of theirs. */
void exchange_send(struct run *r, const json_t *step, struct step_call *call,
                   int64_t deadline, reply_fn *done, void *ctx);

#endif
