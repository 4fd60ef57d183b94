/* The passes over the op graph, in their one order. Each edits the graph or finds what is
 * wrong with it; the verifier looks between them. */
#ifndef DVO_IR_PASS_H
#define DVO_IR_PASS_H

#include <stdio.h>

#include "ir/graph.h"

/* X(ENUM, name, function, least level), each behind why it stands where it stands. The
 * passes of level 0 are the language's own. */
#define PASSES(X)                                                                        \
    /* All that follows speaks of ops by their addresses, and a repeated call has none   \
     * of its own. */                                                                    \
    X(DEDUPE, "dedupe", graph_name, 0)                                                   \
    /* A call cannot contradict its own repetition. */                                   \
    X(CONFLICT, "conflict", graph_conflict, 0)                                           \
    /* The verifier, which always follows, finds circles by the edges. */                \
    X(ORDER, "order", graph_order, 0)                                                    \
    /* Behind the verifier: what is wrong is wrong at every level, in unused calls too.  \
     */                                                                                  \
    X(PRUNE, "prune", graph_prune, 2)                                                    \
    /* Behind all that removes ops, and so may derive edges anew. */                     \
    X(COMMUTE, "commute", graph_commute, 2)                                              \
    /* Nothing changes the order on a machine any more. */                               \
    X(REDUCE, "reduce", graph_reduce, 2)                                                 \
    /* It numbers what is left. */                                                       \
    X(SEGMENT, "segment", graph_segment, 0)                                              \
    /* What is neighbouring in one tool run waits for nothing that another run does. */  \
    X(BATCH, "batch", graph_unite, 2)                                                    \
    /* It compares tool runs, transactions and all. */                                   \
    X(VECTORIZE, "vectorize", graph_vectorize, 2)

enum pass {
    PASS_NONE,
#define X(id, name, run, level) PASS_##id,
    PASSES(X)
#undef X
        PASS_COUNT
};

#define PASS_LEVEL 2      /* if nobody says */
#define PASS_LEVEL_FUSE 3 /* besides, emitters make one task of many ops */

struct pass_options {
    unsigned level;   /* 0: nothing the language does not demand; 2; 3 */
    bool verify_each; /* the verifier runs after every pass that keeps a graph sound */
    enum pass last;   /* nothing is run behind it; PASS_NONE: all are run */
    enum pass print_after; /* its result is printed to `printed`; PASS_NONE: none is */
    FILE *printed;         /* text form */
    FILE *explained;       /* a line for every op that went and why it may, or NULL */
};

/* PASS_NONE if there is no pass of that name. */
enum pass pass_named(const char *name);
const char *pass_name(enum pass p);

/* Runs the passes of this level from `first` to `last`. The verifier follows `order`, and
 * the last pass of all if something was changed since. False after diagnostics. */
bool passes_run(struct graph *g, enum pass first, enum pass last,
                const struct pass_options *o, struct diags *d);

/* Reports every op that wants a thing to be otherwise than an earlier op of its machine
 * does, whatever stands between, unless their conditions are opposite. Ops without an
 * address, which naming has reported, are left out. */
bool graph_conflict(struct graph *g, struct diags *d);
/* Removes ops whose record says `pure`, that cannot fail and that nobody refers to, and
 * warns of each. Derives the edges anew if it did. */
bool graph_prune(struct graph *g, struct diags *d);
/* Changes the order of calls on a machine, where nobody can tell, so that those which one
 * tool or one transaction can carry out are neighbours. */
bool graph_commute(struct graph *g, struct diags *d);
/* Removes the edges that lead from a machine to the ops on it, but for the first and for
 * those behind an op that may fail and be passed over: they follow from the others. */
bool graph_reduce(struct graph *g, struct diags *d);
/* Makes the tool runs of machines that have the same calls one, op by op alike but for
 * texts, numbers, and values that only running tells. */
bool graph_vectorize(struct graph *g, struct diags *d);

#endif
