/* Retrying belongs to the error: transient ones back off, permanent ones fail at once. */
#include "runtime/retry.h"

#include <sys/random.h>

struct retry retry_begin(int retries)
{
    return (struct retry){.left = retries < 0 ? RETRY_DEFAULT : retries};
}

int64_t retry_pause(unsigned failed, long asked_ms, uint32_t random)
{
    int64_t ceiling = RETRY_CAP_MS;
    if (failed < 16 && ((int64_t)RETRY_BASE_MS << failed) < ceiling)
        ceiling = (int64_t)RETRY_BASE_MS << failed;
    int64_t pause = (int64_t)((uint64_t)random * (uint64_t)(ceiling + 1) >> 32);
    return pause < asked_ms ? asked_ms : pause;
}

bool retry_again(struct retry *r, const struct fault *f, int64_t *pause_ms)
{
    if (!error_transient(f->code) || f->final || r->left <= 0)
        return false;
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        random = UINT32_MAX / 2;
    *pause_ms = retry_pause(r->failed, f->retry_after_ms, random);
    r->failed++;
    r->left--;
    return true;
}
