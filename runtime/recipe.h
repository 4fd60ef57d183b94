/* What the state keeps of a thing at a provider: how it is looked for, compared and
 * deleted, with the values that it was made with in place of references to the program's
 * other ops. */
#ifndef DVO_RUNTIME_RECIPE_H
#define DVO_RUNTIME_RECIPE_H

#include "runtime/run.h"

/* `thing` points into the others. */
struct recipe {
    struct state_thing thing;
    json_t *recipe, *needs;
};

/* Of an op whose "do" is "calls" and its entry in calls.json, when all that it needs is
 * known. A call that only deletes has no recipe. `entry` must outlive it. */
struct recipe recipe_make(struct run *r, uint32_t op, const json_t *entry);
void recipe_free(struct recipe *k);

#endif
