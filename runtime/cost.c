/* Durations are one note in the state: nothing depends on them but the order in which
 * units start. */
#include "runtime/cost.h"

#include <stdlib.h>

#include "ir/base/arena.h"

#define NOTE "milliseconds"

enum { UNKNOWN_MS = 500, TOOL_START_MS = 1000 };

bool costs_read(struct run *r, struct fault *f)
{
    r->segment_end = xcalloc(r->plan->nsegments + 1, sizeof *r->segment_end);
    if (!state_note(r->state, NOTE, &r->costs, f))
        return false;
    if (!json_is_object(r->costs)) {
        json_decref(r->costs);
        r->costs = json_object();
    }
    return true;
}

static int64_t cost_of(const struct run *r, uint32_t op)
{
    const json_t *ms = json_object_get(r->costs, r->plan->ops[op].address);
    return r->ops[op].status == RUN_KNOWN ? 0
           : json_is_integer(ms)          ? json_integer_value(ms)
                                          : UNKNOWN_MS;
}

/* Machines are worked on at the same time: the slowest counts. */
void costs_tell(struct run *r)
{
    const struct run_plan *p = r->plan;
    for (uint32_t i = 1; i <= p->nsegments; i++) {
        const struct segment *s = &p->segments[i];
        int64_t ms = TOOL_START_MS;
        for (uint32_t k = 0; k < s->nops; k++)
            ms += cost_of(r, s->ops[k]);
        sched_cost(r->sched, r->unit_of[s->ops[0]], ms);
    }
    for (uint32_t op = 1; op <= p->nops; op++)
        if (!p->ops[op].segment)
            sched_cost(r->sched, r->unit_of[op], cost_of(r, op));
}

void cost_note(struct run *r, uint32_t op)
{
    struct run_op *o = &r->ops[op];
    int64_t *end = &r->segment_end[r->plan->ops[op].segment], now = loop_now();
    bool later = r->plan->ops[op].segment && *end > o->started;
    if (o->timed)
        return;
    o->timed = true;
    json_object_set_new(r->costs, r->plan->ops[op].address,
                        json_integer(now - (later ? *end : o->started)));
    *end = now;
}

bool costs_keep(struct run *r, struct fault *f)
{
    return state_note_down(r->state, NOTE, r->costs, f);
}
