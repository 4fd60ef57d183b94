/* Whether a thing that carries our key is what the program asks for. */
#ifndef DVO_RUNTIME_ADOPTION_H
#define DVO_RUNTIME_ADOPTION_H

#include "runtime/run.h"

/* Compares the arguments in the op's entry with those that it was made with: of the
 * state, else of the thing's own label, which `vars` has as "args" (JSON, or its digest),
 * else by the facts that the lookup found. False with EEXIST, which names what differs.
 */
bool adoption_check(struct run *r, uint32_t op, const json_t *entry, const json_t *vars,
                    struct fault *f);

#endif
