/* Sends all probes of a tool run as one script in check mode: an op holds if every step
 * of its probe answers "same". */
#include "runtime/probe.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/ssh.h"
#include "runtime/steps.h"

#define PROBE_TIMEOUT_MS 600000

struct probe {
    struct run *run;
    uint32_t machine, n;
    uint32_t *ops;
    struct fault *faults;
    bool second; /* the connection broke once already */
    probe_fn *done;
    void *ctx;
};

static void probe_go(struct probe *p);

static void probe_end(struct probe *p)
{
    p->done(p->ctx, p->faults);
    for (uint32_t i = 0; i < p->n; i++)
        fault_free(&p->faults[i]);
    free(p->faults);
    free(p->ops);
    free(p);
}

static void probe_judge(struct probe *p, uint32_t i, const char *out)
{
    const struct plan_op *op = &p->run->plan->ops[p->ops[i]];
    struct steps_answer answer;
    struct fault *f = &p->faults[i];
    if (!op->probe || f->code)
        return;
    steps_read(out, op->id, &answer);
    if (answer.fault.code)
        fault_set(f, DVO_EPOSTCOND, "it was reported as done, but %s (%s)",
                  answer.fault.message, error_name(answer.fault.code));
    else if (answer.lines < json_array_size(op->probe))
        fault_set(f, DVO_EPOSTCOND,
                  "it was reported as done, but the machine does not say "
                  "whether it holds");
    else if (answer.changed || answer.unknown)
        fault_set(f, DVO_EPOSTCOND, "it was reported as done, but does not hold: %s",
                  answer.reason ? answer.reason : "the machine is not as wanted");
    /* What the tool did not tell, the probe does. */
    json_object_update_missing(p->run->ops[p->ops[i]].result, answer.values);
    steps_answer_free(&answer);
}

static void probe_answered(void *ctx, struct script_result *result)
{
    struct probe *p = ctx;
    if (result->fault.code && !p->second) {
        p->second = true; /* looking changes nothing: it may be done again */
        probe_go(p);
        return;
    }
    for (uint32_t i = 0; i < p->n; i++) {
        probe_judge(p, i, buf_text(&result->out));
        struct fault *f = &p->faults[i];
        if (f->code && result->fault.code) {
            fault_set(f, result->fault.code, "%s", result->fault.message);
            fault_words(f, buf_text(&result->err));
        } else if (f->code && result->err.len && !f->words) {
            fault_words(f, result->err.p);
        }
    }
    probe_end(p);
}

static void probe_all_failed(struct probe *p, const struct fault *f)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->run->plan->ops[p->ops[i]].probe)
            fault_set(&p->faults[i], f->code, "%s", f->message);
    probe_end(p);
}

static void probe_go(struct probe *p)
{
    struct run *r = p->run;
    struct steps s = {0};
    struct fault f = {0};
    bool any = false;
    bool ok = steps_begin(r, &s, STEPS_LOOK, &f);
    for (uint32_t i = 0; ok && i < p->n; i++) {
        const struct plan_op *op = &r->plan->ops[p->ops[i]];
        struct value_source values = run_values(r, NULL);
        if (!op->probe)
            continue;
        if (steps_add(&s, op, op->probe, &values)) {
            any = true;
        } else {
            fault_move(&p->faults[i], &values.fault);
            if (!p->faults[i].code)
                fault_set(&p->faults[i], DVO_EPOSTCOND,
                          "what its probe needs is not known");
        }
    }
    steps_end(&s);
    const struct machine *m = machine_get(r, p->machine);
    ok = ok && (!any || (m && script_send(r, m, &s.text, PROBE_TIMEOUT_MS, probe_answered,
                                          p, &f)));
    steps_free(&s);
    if (!ok)
        probe_all_failed(p, &f);
    else if (!any)
        probe_end(p);
    fault_free(&f);
}

void probe_start(struct run *r, uint32_t machine, const uint32_t *ops, uint32_t n,
                 probe_fn *done, void *ctx)
{
    struct probe *p = xcalloc(1, sizeof *p);
    *p = (struct probe){.run = r, .machine = machine, .n = n, .done = done, .ctx = ctx};
    p->ops = xmalloc(sizeof *ops * n);
    memcpy(p->ops, ops, sizeof *ops * n);
    p->faults = xcalloc(n, sizeof *p->faults);
    bool any = false;
    for (uint32_t i = 0; i < n; i++)
        any = any || r->plan->ops[ops[i]].probe;
    if (any)
        probe_go(p);
    else
        probe_end(p);
}
