/* What lowering rules are written with: tasks, steps, HTTP calls, and conditions over
 * them. */
#ifndef DVO_COMPILER_NATIVE_H
#define DVO_COMPILER_NATIVE_H

#include "compiler/eval.h"

/* Adds task, step, http, thing, result, expr, var, provider_fact, all_, any_, seconds,
 * bytes_of, base64_of and is_list to a universe. */
void native_universe(struct eval_universe *u);
/* Whether all keywords of the call are among `known`, which ends with NULL; else an error
 * at the first that is not. */
bool native_keywords(struct vm *vm, const struct call *c, const char *const *known);
/* An opaque value for a rule: an argument (or an item of it), or a fact of the op. */
value native_hole(struct vm *vm, val_id ir, struct type type);
/* Where conditions are used, for errors about them. */
struct native_use {
    struct span at;
    const char *call; /* "machine.service" */
    const char *arg;  /* "when", or NULL */
    size_t first;     /* index of items[0] in what is written there */
};
/* A condition over `items` (conditions, handles' changed, booleans); any or all of them.
 */
value native_condition(struct vm *vm, const struct native_use *use, enum ir_cond op,
                       const value *items, size_t n);

#endif
