/* moved(old, new) at run time: the rows of the state get their new addresses, and things
 * that were made under an old one are asked for by the key they have. */
#ifndef DVO_RUNTIME_MOVE_H
#define DVO_RUNTIME_MOVE_H

#include "runtime/run.h"

/* Renames what the plan's moves cover and has not been renamed by an earlier run with the
 * same move. What already has a new address steps aside, to ADDRESS#former: a thing that
 * this plan does not have. Before the state is read. */
bool move_rows(struct run *r, struct fault *f);
/* Gives every call to a provider the key that the state knows its thing by. A thing that
 * is new gets another one than the plan's if something that was moved has that. After the
 * state was read. */
bool move_keys(struct run *r, struct fault *f);

#endif
