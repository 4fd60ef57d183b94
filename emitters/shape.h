/* What all ops of one template have alike: the parts of its native steps, looked up once.
 * A large program has some ten templates and a hundred thousand ops. */
#ifndef DVO_EMITTERS_SHAPE_H
#define DVO_EMITTERS_SHAPE_H

#include "emitters/emission.h"

struct shape_control { /* of the record's own choice, such as changed_when */
    const char *key;
    size_t len;
    val_id value;
};

/* The parts of one native step; 0 where it has none. A task may have a free text, the
 * free text of a resource is its name. */
struct shape_step {
    val_id module, resource, step, params, free, title, files, when, register_;
    int8_t *flags; /* of a step, per parameter: the flag it is by itself, or -1 */
    struct shape_control *controls;
    uint32_t ncontrols;
};

/* Whether a parameter of a step says something: nothing is said by an empty list, and by
 * a flag that is what the step takes it for anyway. */
bool shape_says(const struct emission *e, const struct shape_step *s, uint32_t param,
                val_id v);

/* The native steps that the ops of one template become. */
struct shape {
    struct shape_step *v;
    uint32_t n;
    uint32_t primary; /* the last step without a condition of its own: its result is the
                         op's */
    bool registers;   /* some step looks at an earlier one */
};

/* Room for the shapes of all templates of a plan, each made when it is first asked for.
 */
struct shape *shapes_new(struct emission *e);
/* The steps that the op becomes; none for what the runtime does itself. */
const struct shape *shape_of_op(struct emission *e, struct shape *shapes, op_id op);

#endif
