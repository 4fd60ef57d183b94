/* The step functions of a build as resources of Chef: which properties each has, what
 * they are called, and what is said about them. */
#ifndef DVO_EMITTERS_CHEF_STEP_H
#define DVO_EMITTERS_CHEF_STEP_H

#include "emitters/flow.h"

/* What values of a property are; a bit each. */
enum chef_kind {
    CHEF_STRING = 1,
    CHEF_INTEGER = 2,
    CHEF_FLOAT = 4,
    CHEF_BOOLEAN = 8,
    CHEF_ARRAY = 16,
    CHEF_HASH = 32,
    CHEF_ANY = 64,
};

/* A parameter of a step function. */
struct chef_property {
    str_id parameter;
    const char *name;           /* of the property: mostly the parameter's own */
    const struct arg_info *arg; /* that says what it is, or NULL */
    val_id fallback;            /* value where none is written, or 0 */
    bool judged;                /* `fallback` is decided */
    unsigned kinds;             /* enum chef_kind; 0: nobody gives it */
    uint32_t given;             /* how many steps give it */
};

struct chef_step {
    str_id function;
    const struct call_info *call; /* whose record says what it does */
    struct chef_property *v;
    size_t n, cap;
    uint32_t uses;     /* how many steps there are */
    uint32_t identity; /* 1 + index of the property that names the resource, or 0 */
};

/* Zero-initialised is empty. */
struct chef_steps {
    struct chef_step *v;
    size_t n, cap;
    struct map64 of; /* function -> index in `v` */
};

/* Collects the step functions of all tool runs that the flow's backend carries. */
void chef_steps_collect(struct chef_steps *t, struct flow *flow);
void chef_steps_free(struct chef_steps *t);
/* NULL if no step of the build has that function. */
const struct chef_step *chef_steps_find(const struct chef_steps *t, str_id function);
const struct chef_property *chef_step_property(const struct chef_step *s,
                                               str_id parameter);

#endif
