/* Tool runs of several machines are written once. While they are, the ops of their first
 * machine stand for all: what differs from machine to machine in their arguments is an
 * IR_EACH. */
#ifndef DVO_EMITTERS_UNIFY_H
#define DVO_EMITTERS_UNIFY_H

#include "emitters/emission.h"

/* The arguments of ops as they were. */
struct unified {
    struct unified_op {
        op_id op;
        uint32_t args;
        val_id when;
    } * v;
    size_t n, cap;
};

/* Unifies the tool runs of one backend. */
void unify(struct unified *u, struct emission *e, enum backend backend);
/* Whether machines each have their own of this value, and all of it is known: then it can
 * stand beside the machine's name. */
bool unify_is_known(const struct emission *e, val_id v);
/* Gives the ops their own arguments back. */
void unify_end(struct unified *u, struct emission *e);

#endif
