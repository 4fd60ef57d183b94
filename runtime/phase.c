/* Walks through the steps of a phase. Polls fall on a common grid, so that those of many
 * things can be asked together. */
#include "runtime/phase.h"

#include <string.h>

#include "ir/base/arena.h"
#include "runtime/answer.h"
#include "runtime/exchange.h"

static void phase_step(void *ctx);

static void phase_go(struct phase *p, const json_t *steps)
{
    p->steps = steps;
    p->step = 0;
    p->poll_since = p->away_since = 0;
    phase_step(p);
}

/* Whether that it is not there remains to be seen. */
static bool phase_doubts(struct phase *p)
{
    if (!p->absent || p->doubted || !p->id || !json_array_size(p->known))
        return false;
    p->doubted = true;
    p->lent = !json_object_get(p->vars, "id");
    if (p->lent)
        json_object_set(p->vars, "id", (json_t *)(uintptr_t)p->id);
    return true;
}

/* Taken for gone, it would be made twice, or never be deleted. */
static void phase_list_short(const struct phase *p, struct fault *f)
{
    char *id = json_dumps(p->id, JSON_ENCODE_ANY);
    fault_set(f, DVO_EREMOTE,
              "what has the id %s is there, but no list shows it with its key",
              id ? id : "?");
    f->help =
        xstrdup("lists that are short for a while pass by themselves; where somebody "
                "has taken its key off, put that back");
    free(id);
}

static void phase_end_with(struct phase *p, enum phase_end end, struct fault *f)
{
    if (end == PHASE_FAULT && phase_doubts(p)) {
        fault_free(f);
        p->absent = false;
        phase_go(p, p->known);
        return;
    }
    if (p->lent)
        json_object_del(p->vars, "id");
    if (p->doubted && end == PHASE_DONE) {
        phase_list_short(p, f);
        end = PHASE_FAULT;
    }
    if (end == PHASE_FAULT) {
        const json_t *step = json_array_get(p->steps, p->step);
        const char *argument = json_string_value(json_object_get(step, "argument"));
        bool about = f->code == DVO_ENOENT || f->code == DVO_EINVAL;
        if (about && argument && !f->argument)
            f->argument = strdup(argument);
    }
    p->done(p->ctx, end, f);
}

static void phase_next(struct phase *p)
{
    p->poll_since = p->away_since = 0;
    p->step++;
    phase_step(p);
}

/* The step's values cannot be had. */
static void phase_lacks(struct phase *p, struct value_source *s)
{
    if (p->lenient && (!p->frozen || s->outcome == VALUE_UNSET)) {
        p->lacked = true;
        fault_free(&s->fault);
        phase_next(p);
    } else if (s->outcome == VALUE_WAIT) {
        run_wait(p->run, phase_step, p);
    } else if (s->outcome == VALUE_SKIPPED) {
        phase_end_with(p, PHASE_SKIPPED, &s->fault);
    } else {
        if (!s->fault.code)
            fault_set(&s->fault, DVO_EPROTO, "the call cannot be composed");
        phase_end_with(p, PHASE_FAULT, &s->fault);
    }
}

int64_t phase_grid(int64_t pause)
{
    int64_t now = loop_now();
    return pause < 1 ? pause : (now + pause + pause / 2) / pause * pause - now;
}

static void phase_again(struct phase *p, const json_t *step, long asked_ms)
{
    const json_t *poll = json_object_get(step, "poll");
    if (p->interval <= 0)
        p->interval = answer_interval(poll);
    int64_t pause = phase_grid((int64_t)(p->interval * 1000));
    loop_timer(p->run->loop, pause > asked_ms ? pause : asked_ms, phase_step, p);
    p->interval = answer_interval_after(poll, p->interval);
}

static void phase_answered(void *ctx, const struct reply *reply)
{
    struct phase *p = ctx;
    const json_t *step = json_array_get(p->steps, p->step);
    struct value_source s = run_values(p->run, p->vars);
    struct fault f = {0};
    if (!p->poll_since) {
        p->poll_since = loop_now();
        p->interval = 0;
    }
    struct answer_context context = {.source = &s,
                                     .vars = p->vars,
                                     .any = p->any,
                                     .polled_ms = loop_now() - p->poll_since,
                                     .away_ms =
                                         p->away_since ? loop_now() - p->away_since : 0};
    enum answer answer = answer_check(&context, step, reply, &f);
    fault_free(&s.fault);
    if (!context.away)
        p->away_since = 0;
    else if (!p->away_since)
        p->away_since = loop_now();
    p->failed = context.failed;
    p->absent = context.absent && f.code == DVO_ENOENT;
    if (answer == ANSWER_AGAIN) {
        phase_again(p, step, reply->http.retry_after_ms);
    } else if (answer == ANSWER_FAULT) {
        phase_end_with(p, PHASE_FAULT, &f);
    } else {
        if (p->extracted)
            p->extracted(p->ctx);
        phase_next(p);
    }
}

/* Whether it is too late to ask for anything more. */
static bool phase_over(const struct phase *p, struct fault *f)
{
    if (p->deadline && loop_now() > p->deadline)
        fault_set(f, DVO_ETIMEDOUT, "not finished within the timeout of the program");
    else if (p->run->stopping && p->poll_since)
        fault_set(f, DVO_ECANCELED, "stopped while waiting for the provider");
    f->final = true;
    return f->code;
}

static void phase_step(void *ctx)
{
    struct phase *p = ctx;
    const json_t *step = json_array_get(p->steps, p->step);
    struct fault f = {0};
    struct step_call call;
    bool wanted = true;
    if (!step) {
        phase_end_with(p, PHASE_DONE, &f);
        return;
    }
    if (phase_over(p, &f)) {
        phase_end_with(p, PHASE_FAULT, &f);
        return;
    }
    struct value_source s = run_values(p->run, p->vars);
    if (!step_wanted(&s, step, &wanted) || (wanted && !step_compose(&s, step, &call)))
        phase_lacks(p, &s);
    else if (wanted) {
        p->asked = true;
        exchange_send(p->run, step, &call, p->deadline, phase_answered, p);
    } else
        phase_next(p);
}

int64_t phase_deadline(const struct run *r, uint32_t op)
{
    double timeout = r->plan->ops[op].timeout;
    return timeout > 0 ? loop_now() + (int64_t)(timeout * 1000) : 0;
}

void phase_start(struct phase *p, const json_t *steps)
{
    p->lacked = p->failed = p->absent = p->asked = p->doubted = p->lent = false;
    phase_go(p, steps);
}
