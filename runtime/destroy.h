/* The end of what runs made: dvoc destroy, and dvoc run --prune. */
#ifndef DVO_RUNTIME_DESTROY_H
#define DVO_RUNTIME_DESTROY_H

#include "runtime/things.h"

/* Deletes what this program's runs with this state made, whether its call is still there
 * or not; asks first. Returns the exit status. */
int destroy_run(struct run *r);
/* Whether there is a terminal to ask on. */
bool destroy_may_ask(void);
/* Whether the user agrees to the deletion of what goes, by --yes or because he is shown
 * it and asked: the exit status, or 0. */
int destroy_agreed(const struct run *r, const struct things *t);
/* Deletes what goes, tells what is kept, and returns the exit status. */
int destroy_things(struct run *r, const struct things *t);

#endif
