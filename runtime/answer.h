/* What an HTTP step of a sequence makes of its answer: expected, selected, polled,
 * extracted. */
#ifndef DVO_RUNTIME_ANSWER_H
#define DVO_RUNTIME_ANSWER_H

#include <stdint.h>

#include "runtime/exchange.h"
#include "runtime/value.h"

enum answer { ANSWER_READY, ANSWER_AGAIN, ANSWER_FAULT };

struct answer_context {
    struct value_source *source;
    json_t *vars;      /* gets what the step extracts */
    bool any;          /* of several elements that match, the first will do */
    int64_t polled_ms; /* how long this step has been asked for already */
    int64_t away_ms;   /* how long its poll has had no good answer when this one came */
    bool away;         /* told: this was no good answer, either */
    bool failed;       /* told: the fault is what its poll fails on */
    bool absent;       /* told: the fault says that what is asked for is not there */
};

enum answer answer_check(struct answer_context *c, const json_t *step,
                         const struct reply *reply, struct fault *f);
/* Seconds until a poll asks for the second time, and after it has waited so long. */
double answer_interval(const json_t *poll);
double answer_interval_after(const json_t *poll, double interval);

#endif
