/* One phase of a sequence: a list of HTTP steps, one after the other, each checked,
 * decoded and mined for variables; polls wait on timers. */
#ifndef DVO_RUNTIME_PHASE_H
#define DVO_RUNTIME_PHASE_H

#include "runtime/run.h"

enum phase_end {
    PHASE_DONE,
    PHASE_FAULT,
    PHASE_SKIPPED, /* it needs a value of an op that was skipped */
};

/* May free the phase. The fault, of PHASE_FAULT, is to be taken or freed. */
typedef void phase_fn(void *ctx, enum phase_end end, struct fault *f);

/* What is not said to be told by it is set by its owner. */
struct phase {
    struct run *run;
    json_t *vars;        /* what steps extract; owned by who owns the phase */
    int64_t deadline;    /* loop_now() by which all is to be over; 0: none */
    bool lenient;        /* a step whose values are not known is left out */
    bool frozen;         /* lenient only where a variable is not known */
    bool any;            /* of several things that match, the first will do */
    const json_t *known; /* steps that ask for it by `id`, once the others do not find it:
                          * lists may be short. NULL, or no id: it is believed at once */
    const json_t *id;
    phase_fn *done;
    run_fn *extracted; /* called after each step, or NULL */
    void *ctx;
    bool lacked; /* told: a step was left out because of its values */
    bool failed; /* told: the fault is what a poll calls a failure of the thing */
    bool absent; /* told: the fault says that the thing is not there */
    bool asked;  /* told: a call was sent */
    const json_t *steps;
    size_t step;
    bool doubted;       /* it is asked for by its id, */
    bool lent;          /* which is among `vars` only for that */
    int64_t poll_since; /* loop_now(); 0: the step has not been asked for */
    int64_t away_since; /* loop_now(); 0: its poll has had a good answer last */
    double interval;
};

/* When the timeout of an op that begins now is over; 0: it has none. */
int64_t phase_deadline(const struct run *r, uint32_t op);
/* Milliseconds until a moment about as far away as `pause` says: the same one for all
 * whose pauses are as long, so that they ask together. */
int64_t phase_grid(int64_t pause);
/* Begins at the first of the steps. Ends at once if there are none. */
void phase_start(struct phase *p, const json_t *steps);

#endif
