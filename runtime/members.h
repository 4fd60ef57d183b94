/* Tasks that are carried out for several ops: what they tell of each of them. */
#ifndef DVO_RUNTIME_MEMBERS_H
#define DVO_RUNTIME_MEMBERS_H

#include "runtime/toolrun.h"

/* Whether the k-th of n ops that were carried out as one changed something: the step says
 * so in its field "members"; without it all did what it `changed`. */
bool member_changed(uint32_t n, uint32_t k, const json_t *fields, bool changed);
/* The end of a task as an event of its k-th op alone, to be released; NULL if it was not
 * begun, or nobody knows. */
json_t *member_event(const struct plan_task *task, uint32_t k, const json_t *event);
/* The op was written down as started, and the tool says that it never was: the state
 * becomes what it was before. */
void member_withdraw(struct run *r, uint32_t op);
/* Of tasks for several ops of which some take no part in this attempt: by line, the
 * places of those. */
json_t *members_left_out(const struct tool_run *t);

#endif
