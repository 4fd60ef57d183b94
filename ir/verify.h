/* The verifier's parts: what an op is given, how ops stand to each other, and how they
 * are carried out. */
#ifndef DVO_IR_VERIFY_H
#define DVO_IR_VERIFY_H

#include "ir/graph.h"

struct verify {
    struct graph *g;
    struct diags *d;
    op_id op;   /* the op being checked */
    str_id arg; /* its argument being checked, or 0: errors point there */
    bool good;
};

/* Queues an error at the op being checked, with its call chain. */
struct diag *verify_error(struct verify *v, unsigned code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Arguments, when= and after= of v->op: present, of their type, existing, taints and
 * deferred values only where the record admits them. */
void verify_args(struct verify *v);
/* Tool runs, where a pass has made some: one tool each, none waits for itself, and what
 * is carried out as one belongs together. Ends the process if not. */
void verify_runs(const struct graph *g);

#endif
