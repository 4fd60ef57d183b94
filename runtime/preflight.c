/* A check per op: lookup, then what its creation names; when all have ended, the quotas.
 * Steps that need values of ops that have not run are left out. */
#include "runtime/preflight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/adoption.h"
#include "runtime/calls.h"
#include "runtime/elsewhere.h"
#include "runtime/phase.h"
#include "runtime/provider.h"
#include "runtime/report.h"
#include "runtime/retry.h"
#include "runtime/select.h"

/* Checks under way at once: what is asked together should be under way together. */
#define CHECKS_MOST 64

struct check {
    enum preflight_finding finding;
    bool asked; /* it takes part, and was looked at */
    bool missing;
    json_t *vars, *needs; /* what its creation takes of each quota */
    struct fault problem;
};

struct preflight {
    struct run *run;
    struct check *checks; /* by op */
    uint32_t next, open;
    unsigned existing, absent, quotas, hidden; /* the last: not ours to read */
};

struct checking {
    struct preflight *preflight;
    uint32_t op;
    json_t *entry;
    bool resolving;
    struct phase phase;
    struct retry retry;
};

static void checking_go(void *ctx);

static const json_t *check_list(const struct checking *c, const char *name)
{
    return json_object_get(json_object_get(c->entry, "sequences"), name);
}

static void checking_end(struct checking *c)
{
    c->preflight->open--;
    json_decref(c->entry);
    free(c);
}

/* What the creation takes of the quotas. */
static void check_needs(struct checking *c, struct check *k)
{
    struct run *r = c->preflight->run;
    struct value_source s = run_values(r, k->vars);
    const char *name;
    json_t *expr;
    k->needs = json_object();
    json_object_foreach(json_object_get(c->entry, "needs"), name, expr)
    {
        json_t *n = value_evaluate(&s, expr);
        if (json_is_number(n))
            json_object_set(k->needs, name, n);
        json_decref(n);
        s.outcome = VALUE_READY;
        fault_free(&s.fault);
    }
}

/* Whether the plan may make what this op looks for before it is its turn. */
static bool checking_early(const struct checking *c)
{
    const struct run_plan *plan = c->preflight->run->plan;
    const struct plan_op *op = &plan->ops[c->op];
    for (uint32_t i = 0; i < op->nneeds; i++)
        if (plan->ops[op->needs[i].op].way == WAY_CALLS)
            return true;
    return false;
}

static void checking_missing(struct checking *c)
{
    struct check *k = &c->preflight->checks[c->op];
    if (!json_array_size(check_list(c, "create"))) {
        if (!json_is_true(check_list(c, "absent")) && !checking_early(c))
            fault_set(&k->problem, DVO_ENOENT, "the provider has no such thing");
        checking_end(c);
        return;
    }
    k->missing = !c->phase.lacked;
    c->resolving = true;
    checking_go(c);
}

static void checking_passed(struct checking *c)
{
    struct preflight *p = c->preflight;
    struct check *k = &p->checks[c->op];
    if (c->resolving) {
        k->finding =
            c->phase.lacked || !k->missing ? PREFLIGHT_UNKNOWN : PREFLIGHT_RESOLVED;
        p->absent += k->missing;
        if (k->missing)
            check_needs(c, k);
        checking_end(c);
    } else if (c->phase.lacked) {
        checking_missing(c);
    } else {
        p->existing++;
        /* Taken only where it is only looked at: a deletion goes by what it sees. */
        if (!json_is_true(check_list(c, "absent")) &&
            (p->run->ops[c->op].before.status == STATE_STARTED ||
             select_replaced(p->run, c->op) ||
             adoption_check(p->run, c->op, c->entry, k->vars, &k->problem)))
            k->finding = PREFLIGHT_FOUND;
        checking_end(c);
    }
}

static void checking_ended(void *ctx, enum phase_end end, struct fault *f)
{
    struct checking *c = ctx;
    struct run *r = c->preflight->run;
    int64_t pause;
    if (end == PHASE_DONE) {
        checking_passed(c);
    } else if (!c->resolving && c->phase.absent) {
        fault_free(f);
        checking_missing(c);
    } else if (!r->stopping && retry_again(&c->retry, f, &pause)) {
        fault_free(f);
        loop_timer(r->loop, pause, checking_go, c);
    } else {
        fault_move(&c->preflight->checks[c->op].problem, f);
        checking_end(c);
    }
}

static void checking_go(void *ctx)
{
    struct checking *c = ctx;
    const struct state_op *before = &c->preflight->run->ops[c->op].before;
    bool known = !c->resolving && before->status == STATE_DONE;
    c->phase.id = known ? json_object_get(before->result, "id") : NULL;
    phase_start(&c->phase, check_list(c, c->resolving ? "resolve" : "lookup"));
}

/* Whether the op's "when" holds, as far as that is known. */
static bool check_wanted(struct run *r, uint32_t op)
{
    const json_t *when = r->plan->ops[op].when;
    struct value_source s = run_values(r, NULL);
    json_t *condition = when ? value_evaluate(&s, when) : json_true();
    bool wanted = condition && value_truth(condition);
    json_decref(condition);
    fault_free(&s.fault);
    return wanted;
}

static bool checked(struct run *r, uint32_t op)
{
    return r->plan->ops[op].way == WAY_CALLS && r->ops[op].status == RUN_WAITING &&
           check_wanted(r, op);
}

static void check_start(struct preflight *p, uint32_t op)
{
    struct run *r = p->run;
    struct check *k = &p->checks[op];
    struct checking *c = xcalloc(1, sizeof *c);
    const json_t *id = json_object_get(r->ops[op].before.result, "id");
    k->asked = true;
    k->vars = json_object();
    p->open++;
    *c = (struct checking){.preflight = p, .op = op};
    c->retry = retry_begin(r->plan->ops[op].retries);
    c->phase = (struct phase){.run = r,
                              .vars = k->vars,
                              .lenient = true,
                              .deadline = phase_deadline(r, op),
                              .done = checking_ended,
                              .ctx = c};
    c->entry = calls_entry(r->plan, op, &k->problem);
    c->phase.any = json_is_true(check_list(c, "absent"));
    c->phase.known = check_list(c, "known");
    if (!c->entry)
        checking_end(c);
    else if (json_array_size(check_list(c, "lookup")))
        checking_go(c);
    else if (id || !json_array_size(check_list(c, "create")))
        checking_end(c); /* nothing to look it up by, or only to be read */
    else
        checking_missing(c);
}

static void check_all(struct preflight *p)
{
    struct run *r = p->run;
    for (p->next = 1; p->next <= r->plan->nops && !r->stopping; p->next++) {
        if (!checked(r, p->next))
            continue;
        check_start(p, p->next);
        while (p->open >= CHECKS_MOST)
            loop_step(r->loop);
    }
    while (p->open)
        loop_step(r->loop);
}

/* --- quotas ----------------------------------------------------------------------------
 */

struct quota {
    struct preflight *preflight;
    struct phase phase;
    bool over;
    struct fault fault;
};

static void quota_read(void *ctx, enum phase_end end, struct fault *f)
{
    struct quota *q = ctx;
    q->over = true;
    if (end == PHASE_FAULT)
        fault_move(&q->fault, f);
}

static double quota_number(struct quota *q, const json_t *quota, const char *name,
                           double fallback)
{
    struct value_source s = run_values(q->preflight->run, q->phase.vars);
    json_t *v = value_evaluate(&s, json_object_get(quota, name));
    double n = json_is_number(v) ? json_number_value(v) : fallback;
    json_decref(v);
    fault_free(&s.fault);
    return n;
}

/* The first op that does not fit any more is the one that is wrong. */
static void quota_compare(struct quota *q, const char *name, const json_t *quota,
                          double sum)
{
    struct preflight *p = q->preflight;
    const char *title = json_string_value(json_object_get(quota, "title"));
    double limit = quota_number(q, quota, "limit", -1);
    double used = quota_number(q, quota, "used", 0), taken = used;
    for (uint32_t i = 1; limit >= 0 && i <= p->run->plan->nops; i++) {
        double need = json_number_value(json_object_get(p->checks[i].needs, name));
        taken += need;
        if (need <= 0 || taken <= limit)
            continue;
        if (!p->checks[i].problem.code)
            fault_set(&p->checks[i].problem, DVO_EQUOTA,
                      "the plan needs %g %s, and the quota has room for %g: %g of %g are "
                      "in use",
                      sum, title ? title : name, limit > used ? limit - used : 0, used,
                      limit);
        return;
    }
}

static void quota_check(struct preflight *p, const char *name, const json_t *quota)
{
    struct run *r = p->run;
    struct quota q = {.preflight = p};
    double sum = 0;
    uint32_t first = 0;
    for (uint32_t i = 1; i <= r->plan->nops; i++) {
        double need = json_number_value(json_object_get(p->checks[i].needs, name));
        first = !first && need > 0 ? i : first;
        sum += need;
    }
    if (!first || r->stopping)
        return;
    q.phase =
        (struct phase){.run = r, .vars = json_object(), .done = quota_read, .ctx = &q};
    phase_start(&q.phase, json_object_get(quota, "steps"));
    while (!q.over)
        loop_step(r->loop);
    /* Who may not ask for a quota is told of it when it is exceeded. */
    bool hidden = q.fault.code == DVO_EPERM || q.fault.code == DVO_ENOENT ||
                  q.fault.code == DVO_ENOSYS;
    p->quotas += !q.fault.code;
    p->hidden += hidden;
    if (!q.fault.code)
        quota_compare(&q, name, quota, sum);
    else if (!hidden && !p->checks[first].problem.code)
        fault_move(&p->checks[first].problem, &q.fault);
    fault_free(&q.fault);
    json_decref(q.phase.vars);
}

/* --- the whole -------------------------------------------------------------------------
 */

static bool same_problem(const struct fault *a, const struct fault *b)
{
    const char *x = a->words ? a->words : "", *y = b->words ? b->words : "";
    return b->code == a->code && !a->argument && !b->argument &&
           !strcmp(a->message, b->message) && !strcmp(x, y);
}

/* Tells every problem; the same of several ops once. Returns the first one's status. */
static int preflight_report(struct preflight *p)
{
    struct run *r = p->run;
    unsigned problems = 0;
    int status = 0;
    for (uint32_t i = 1; i <= r->plan->nops; i++) {
        struct fault *f = &p->checks[i].problem;
        bool told = false;
        if (!f->code)
            continue;
        problems++;
        run_redact(r, i, f);
        status = status ? status : error_status(f->code);
        events_write(r->events, "problem", r->plan->ops[i].address, false, f);
        for (uint32_t k = 1; k < i && !told && f->code != DVO_EQUOTA; k++)
            told = p->checks[k].problem.code && same_problem(&p->checks[k].problem, f);
        if (!told)
            report_failure(r, i, f);
    }
    if (problems)
        fprintf(stderr,
                "\n%u of the plan's operations cannot be carried out. Nothing was "
                "changed.\n",
                problems);
    return status;
}

static void provider_known(void *ctx, struct fault *fault)
{
    struct preflight *p = ctx;
    p->open = 0;
    if (fault)
        fault_copy(&p->checks[p->next].problem, fault);
}

static void preflight_ask(struct preflight *p, uint32_t first)
{
    struct run *r = p->run;
    const char *name;
    json_t *quota;
    p->next = first;
    p->open = 1;
    provider_ready(r, provider_known, p);
    while (p->open)
        loop_step(r->loop);
    if (p->checks[first].problem.code)
        return;
    check_all(p);
    json_object_foreach(json_object_get(r->plan->provider, "quotas"), name, quota)
        quota_check(p, name, quota);
}

static void preflight_say(const struct preflight *p, const struct run *r)
{
    unsigned n = 0;
    for (uint32_t i = 1; i <= r->plan->nops; i++)
        n += p->checks && p->checks[i].asked;
    printf("preflight: %u calls checked: %u things exist, %u are to be made; %u quotas "
           "have room",
           n, p->existing, p->absent, p->quotas);
    if (p->hidden)
        printf(", %u may not be read", p->hidden);
    putchar('\n');
}

int preflight_run(struct run *r)
{
    struct preflight *p = xcalloc(1, sizeof *p);
    uint32_t first = 0;
    bool pays = r->options->preflight_only, moved = false;
    r->preflight = p;
    p->run = r;
    p->checks = xcalloc(r->plan->nops + 1, sizeof *p->checks);
    for (uint32_t i = r->plan->nops; i >= 1; i--)
        if (r->plan->ops[i].way == WAY_CALLS && r->ops[i].status == RUN_WAITING) {
            first = i;
            pays = pays || r->plan->ops[i].checkable;
            moved |= elsewhere(r, i, &p->checks[i].problem);
        }
    if (first && pays && !moved)
        preflight_ask(p, first);
    int status = preflight_report(p);
    if (!status && r->stopping)
        status = r->options->preflight_only ? error_status(DVO_ECANCELED) : 0;
    if (!status && r->options->preflight_only)
        preflight_say(p, r);
    return status;
}

void preflight_forget(struct run *r, uint32_t op)
{
    struct check *k = &r->preflight->checks[op];
    json_decref(k->vars);
    json_decref(k->needs);
    fault_free(&k->problem);
    *k = (struct check){0};
}

enum preflight_finding preflight_take(struct run *r, uint32_t op, json_t *vars)
{
    struct check *k = &r->preflight->checks[op];
    enum preflight_finding finding = k->finding;
    if (finding)
        json_object_update(vars, k->vars);
    preflight_forget(r, op);
    return finding;
}

void preflight_free(struct preflight *p)
{
    if (!p)
        return;
    for (uint32_t i = 1; i <= p->run->plan->nops; i++)
        preflight_forget(p->run, i);
    free(p->checks);
    free(p);
}
