/* Looks at a thing at the provider, by its recipe, and changes nothing. */
#ifndef DVO_RUNTIME_LOOKING_H
#define DVO_RUNTIME_LOOKING_H

#include "runtime/run.h"

struct look {
    bool found;
    bool blind;          /* there is no way to look for it */
    const json_t *vars;  /* what was seen of it */
    const json_t *parts; /* names of what belongs to it and is missing */
    struct fault *fault; /* NULL, or why it cannot be told; to be taken or freed */
};

/* What `l` points to is valid during the call only. */
typedef void look_fn(void *ctx, const struct look *l);

/* `recipe` is taken over; `id`, if not NULL, is what the thing had when it was there (it
 * is copied). Whether its parts are there is asked if `parts`. What is not there is
 * looked for again until loop_now() is `until`. */
void look_start(struct run *r, json_t *recipe, json_t *id, bool parts, int64_t until,
                look_fn *done, void *ctx);

#endif
