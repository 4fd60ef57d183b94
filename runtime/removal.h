/* Deletes things at the provider: looks for one, deletes it, and looks until it is gone.
 */
#ifndef DVO_RUNTIME_REMOVAL_H
#define DVO_RUNTIME_REMOVAL_H

#include "runtime/run.h"

/* `fault` is NULL once nothing is left. It is to be taken or freed. */
typedef void removal_fn(void *ctx, struct fault *fault);

struct removal {
    const json_t *thing; /* with "lookup", "delete", perhaps "undo" */
    json_t *vars;        /* borrowed: what is known of it; a lookup adds to it */
    int retries;         /* as in the plan: -1 is the default */
    bool undo;           /* the thing never came to be what it was to be */
    bool found;          /* `vars` are those of the thing: it need not be looked up */
    bool every;          /* others that match are deleted after it */
};

/* What is in use is tried again for a minute at least, whatever `retries` says: those who
 * used it may have been deleted a moment ago. */
void removal_start(struct run *r, const struct removal *what, removal_fn *done,
                   void *ctx);
/* Deletes all that an op made, in reverse order, by its sequences, which are taken over.
 * `id` is what it got when it was made, or NULL. */
void removal_of_all(struct run *r, json_t *sequences, json_t *id, int retries,
                    removal_fn *done, void *ctx);

#endif
