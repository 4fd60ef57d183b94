/* When to try again: exponential backoff with full jitter, bounded by what the service
 * asked. */
#ifndef DVO_RUNTIME_RETRY_H
#define DVO_RUNTIME_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/fault.h"

#define RETRY_BASE_MS 500
#define RETRY_CAP_MS 30000
#define RETRY_DEFAULT 4 /* further attempts where the program says nothing */

struct retry {
    int left;        /* further attempts */
    unsigned failed; /* attempts so far */
};

/* `retries` as in the plan: -1 is the default. */
struct retry retry_begin(int retries);
/* Whether this fault deserves another attempt; counts it and sets the pause before it. */
bool retry_again(struct retry *r, const struct fault *f, int64_t *pause_ms);
/* A pause of 0 to min(cap, base * 2^failed) milliseconds, and at least what was asked
 * for. `random` is uniform over 32 bits. */
int64_t retry_pause(unsigned failed, long asked_ms, uint32_t random);

#endif
