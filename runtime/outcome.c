/* What became of an op: written to the state, to the events and to the screen, and what
 * follows from it for those that come after it. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/cost.h"
#include "runtime/machine.h"
#include "runtime/run.h"

/* --- logs ------------------------------------------------------------------------------
 */

char *run_log_path(const struct run *r, const char *name, const char *suffix)
{
    struct buf path = {0};
    for (unsigned attempt = 1;; attempt++) {
        buf_clear(&path);
        buf_printf(&path, "%s/", r->folder);
        for (const char *c = name; *c; c++)
            buf_char(&path, isalnum((unsigned char)*c) || strchr("._-", *c) ? *c : '_');
        if (attempt > 1)
            buf_printf(&path, ".%u", attempt);
        buf_printf(&path, ".%s", suffix);
        if (access(path.p, F_OK) != 0)
            return buf_steal(&path);
    }
}

char *run_log_keep(const struct run *r, const char *name, const char *suffix,
                   struct buf *text)
{
    char *path = run_log_path(r, name, suffix);
    secrets_redact(r->secrets, text);
    if (file_replace(path, buf_text(text), text->len, 0600))
        return path;
    free(path);
    return NULL;
}

static void redact_text(const struct run *r, char **text)
{
    if (!*text)
        return;
    struct buf clean = {0};
    buf_str(&clean, *text);
    secrets_redact(r->secrets, &clean);
    free(*text);
    *text = buf_steal(&clean);
}

/* A copy for the state of what an op found or made on a machine or in the web. If a
 * secret went into it, no text is kept, for any may hold the secret, or something made of
 * it; else those are left out that turn out to hold one. */
static json_t *without_secrets(const struct run *r, bool tainted, const json_t *result)
{
    const char *name;
    json_t *v, *copy = json_object();
    json_object_foreach((json_t *)(uintptr_t)result, name, v)
    {
        bool plain = json_is_number(v) || json_is_boolean(v);
        if (plain || (!tainted && !secrets_held(r->secrets, v)))
            json_object_set(copy, name, v);
    }
    return copy;
}

/* --- changes that consumers have yet to see
 * ---------------------------------------------- */

void run_list_consumers(struct run *r)
{
    const struct run_plan *p = r->plan;
    uint32_t *end = xcalloc(p->nops + 2, sizeof *end);
    for (uint32_t i = 1; i <= p->nops; i++)
        for (uint32_t k = 0; k < p->ops[i].nneeds; k++)
            end[p->ops[i].needs[k].op] += p->ops[i].needs[k].kind == NEED_DATA;
    for (uint32_t i = 1; i <= p->nops + 1; i++)
        end[i] += end[i - 1];
    r->consumers = xcalloc(end[p->nops] + 1, sizeof *r->consumers);
    for (uint32_t i = 1; i <= p->nops; i++)
        for (uint32_t k = 0; k < p->ops[i].nneeds; k++)
            if (p->ops[i].needs[k].kind == NEED_DATA)
                r->consumers[--end[p->ops[i].needs[k].op]] = i;
    r->consumers_of = end;
}

/* Whether an op that uses this one's result has not run since. */
static bool has_unsettled_consumer(const struct run *r, uint32_t producer)
{
    for (uint32_t k = r->consumers_of[producer]; k < r->consumers_of[producer + 1]; k++) {
        const struct run_op *o = &r->ops[r->consumers[k]];
        if (o->status != RUN_DONE && o->status != RUN_SKIPPED && !o->released)
            return true;
    }
    return false;
}

/* This op has run: the changes it was to see may all be seen now. */
static void settle_producers(struct run *r, uint32_t op)
{
    const struct plan_op *p = &r->plan->ops[op];
    for (uint32_t i = 0; i < p->nneeds; i++) {
        uint32_t producer = p->needs[i].op;
        struct run_op *o = &r->ops[producer];
        bool open = o->status == RUN_KNOWN ? o->pending : o->changed || o->pending;
        struct fault f = {0};
        if (p->needs[i].kind != NEED_DATA || !open || o->settled ||
            (o->status != RUN_DONE && o->status != RUN_KNOWN && !o->released) ||
            has_unsettled_consumer(r, producer))
            continue;
        o->settled = true;
        if (!state_settle(r->state, r->plan->ops[producer].address, &f))
            progress_say(r->progress, "%s", f.message);
        fault_free(&f);
    }
}

/* --- outcomes --------------------------------------------------------------------------
 */

static void op_over(struct run *r, uint32_t op, enum run_status status, const char *word,
                    const char *event)
{
    struct run_op *o = &r->ops[op];
    o->status = status;
    progress_end(r->progress, op, r->plan->ops[op].address, word, o->fault.message);
    events_write(r->events, event, r->plan->ops[op].address, o->changed, &o->fault);
}

static void op_leaves_unit(struct run *r, uint32_t op)
{
    if (!r->plan->ops[op].segment)
        run_unit_finished(r, op);
}

void run_op_started(struct run *r, uint32_t op)
{
    const struct plan_op *p = &r->plan->ops[op];
    if (r->ops[op].status == RUN_RUNNING)
        return;
    r->ops[op].status = RUN_RUNNING;
    r->ops[op].started = loop_now();
    progress_start(r->progress, op, p->address, p->title);
    events_write(r->events, "start", p->address, false, NULL);
}

/* What a step did not do again, it did in an earlier run: the results of that stand. */
static void keep_earlier(const struct plan_op *op, const struct run_op *o, bool changed,
                         json_t *result)
{
    if (!changed && op->way == WAY_SEGMENT && o->before.result)
        json_object_update_missing(result, o->before.result);
}

/* Texts of a step become what the op's handle type says they are. */
static void give_types(const struct plan_op *op, json_t *result)
{
    const char *name;
    json_t *type;
    json_object_foreach((json_t *)(uintptr_t)op->fields, name, type)
    {
        const char *text = json_string_value(json_object_get(result, name));
        const char *wanted = json_string_value(type);
        if (!text || !wanted)
            continue;
        if (!strcmp(wanted, "int"))
            json_object_set_new(result, name, json_integer(strtoll(text, NULL, 10)));
        else if (!strcmp(wanted, "bool"))
            json_object_set_new(result, name, json_boolean(!strcmp(text, "true")));
        else if (!strcmp(wanted, "float"))
            json_object_set_new(result, name, json_real(strtod(text, NULL)));
    }
}

static bool op_write_result(struct run *r, uint32_t op, struct fault *f)
{
    const struct plan_op *p = &r->plan->ops[op];
    const struct run_op *o = &r->ops[op];
    bool pending = (o->changed || o->pending) && has_unsettled_consumer(r, op);
    /* What a provider or the inventory says of a thing is how it is found again. */
    bool found = p->way == WAY_CALLS || (p->kind && !strcmp(p->kind, "machine"));
    json_t *kept =
        found ? json_incref(o->result) : without_secrets(r, p->tainted, o->result);
    bool ok = state_end(r->state, p->address, p->call, o->thing, kept, o->before.created,
                        pending, f);
    json_decref(kept);
    if (o->changed)
        state_hurry(r->state);
    return ok;
}

bool run_op_learned(struct run *r, uint32_t op, const char *field, json_t *value,
                    struct fault *f)
{
    json_object_set_new(r->ops[op].result, field, value);
    return op_write_result(r, op, f);
}

/* It was taken for done, but is not: what it acts on is still to be seen. */
static void unsettle_producers(struct run *r, uint32_t op)
{
    const struct plan_op *p = &r->plan->ops[op];
    r->ops[op].released = false;
    for (uint32_t i = 0; i < p->nneeds; i++) {
        struct run_op *o = &r->ops[p->needs[i].op];
        struct fault f = {0};
        if (p->needs[i].kind != NEED_DATA || !o->settled)
            continue;
        o->settled = false;
        if (!op_write_result(r, p->needs[i].op, &f))
            progress_say(r->progress, "%s", f.message);
        fault_free(&f);
    }
}

void run_op_released(struct run *r, uint32_t op, bool changed, json_t *fields)
{
    const struct plan_op *p = &r->plan->ops[op];
    struct run_op *o = &r->ops[op];
    struct fault f = {0};
    if (!p->probe) {
        run_op_done(r, op, changed, json_incref(fields));
        return;
    }
    cost_note(r, op);
    json_t *result = json_deep_copy(fields);
    keep_earlier(p, o, changed, result);
    give_types(p, result);
    json_decref(o->result);
    o->result = result;
    o->changed = changed;
    o->released = true;
    progress_stop(r->progress, op);
    if (!op_write_result(r, op, &f))
        progress_say(r->progress, "%s", f.message);
    fault_free(&f);
    settle_producers(r, op);
}

void run_op_done(struct run *r, uint32_t op, bool changed, json_t *result)
{
    const struct plan_op *p = &r->plan->ops[op];
    struct run_op *o = &r->ops[op];
    struct fault f = {0};
    keep_earlier(p, o, changed, result);
    give_types(p, result);
    json_decref(o->result);
    o->result = result;
    o->changed = changed;
    bool known =
        !p->kind || strcmp(p->kind, "machine") || machine_learn(r, op, result, &f);
    if (!op_write_result(r, op, &f) || !known) {
        run_op_failed(r, op, &f);
        return;
    }
    cost_note(r, op);
    op_over(r, op, RUN_DONE, changed ? "changed" : "ok", "done");
    if (!strcmp(p->call, "output")) {
        const json_t *value = json_object_get(result, "value");
        char *text = secrets_held(r->secrets, value) ? xstrdup("\"***\"")
                                                     : json_dumps(value, JSON_ENCODE_ANY);
        const char *name = json_string_value(json_object_get(result, "name"));
        events_output(r->events, name ? name : p->address, text ? text : "null");
        free(text);
    }
    settle_producers(r, op);
    op_leaves_unit(r, op);
}

void run_op_skipped(struct run *r, uint32_t op)
{
    const struct plan_op *p = &r->plan->ops[op];
    const struct state_op *before = &r->ops[op].before;
    struct fault f = {0};
    /* Its start may have been written down: it is as it was before. */
    if (r->ops[op].status == RUN_RUNNING && before->status != STATE_NONE &&
        !state_end(r->state, p->address, p->call, NULL, before->result, before->created,
                   before->pending, &f))
        progress_say(r->progress, "%s", f.message);
    else if (r->ops[op].status == RUN_RUNNING && before->status == STATE_NONE &&
             !state_forget(r->state, p->address, &f))
        progress_say(r->progress, "%s", f.message);
    fault_free(&f);
    op_over(r, op, RUN_SKIPPED, "skipped", "skipped");
    settle_producers(r, op);
    op_leaves_unit(r, op);
}

void run_redact(const struct run *r, uint32_t op, struct fault *f)
{
    const struct plan_op *p = &r->plan->ops[op];
    if (p->tainted) {
        fault_words(f, ""); /* they may say the secret in another form */
    } else if (f->answer && !f->log) {
        struct buf text = {0};
        buf_str(&text, f->answer);
        f->log = run_log_keep(r, p->address, "answer", &text);
        buf_free(&text);
    }
    redact_text(r, &f->message);
    redact_text(r, &f->words);
}

void run_op_failed(struct run *r, uint32_t op, struct fault *f)
{
    struct run_op *o = &r->ops[op];
    struct fault ignored = {0};
    fault_move(&o->fault, f);
    if (o->released)
        unsettle_producers(r, op);
    run_redact(r, op, &o->fault);
    /* What happened has been reported, so the next run may do it again. A creation stays
     * an intent: the lookup of the next run finds what it made. */
    if (r->plan->ops[op].way != WAY_CALLS)
        state_refuse(r->state, r->plan->ops[op].address, &ignored);
    fault_free(&ignored);
    r->failed = true;
    op_over(r, op, RUN_FAILED, "failed", "failed");
    op_leaves_unit(r, op);
}

/* --- failures and those that come after
 * --------------------------------------------------- */

static bool ended_badly(enum run_status status)
{
    return status == RUN_FAILED || status == RUN_BLOCKED || status == RUN_CANCELED;
}

/* The op that a machine of a batch failed by, or 0. */
static uint32_t failed_by(const struct run *r, const struct plan_machine *m)
{
    for (uint32_t i = 0; i < m->nops; i++) {
        const struct run_op *o = &r->ops[m->ops[i]];
        if (ended_badly(o->status) && !r->plan->ops[m->ops[i]].carry_on)
            return m->ops[i];
    }
    return 0;
}

/* The first op that failed in a batch and those before it, if more machines failed than
 * may; else 0. */
static uint32_t batch_failed(const struct run *r, uint32_t batch)
{
    uint32_t failures = 0, cause = 0;
    for (uint32_t b = batch; b; b = r->plan->batches[b].before)
        for (uint32_t m = 0; m < r->plan->batches[b].nmachines; m++) {
            uint32_t op = failed_by(r, &r->plan->batches[b].machines[m]);
            failures += op != 0;
            if (op && (!cause || op < cause))
                cause = op;
        }
    return failures > r->plan->batches[batch].failures ? cause : 0;
}

void run_op_block(struct run *r, uint32_t op, uint32_t cause)
{
    const struct plan_op *p = &r->plan->ops[op];
    struct run_op *o = &r->ops[op];
    o->cause = r->ops[cause].status == RUN_BLOCKED ? r->ops[cause].cause : cause;
    o->cause_on_machine = true;
    for (uint32_t i = 0; i < p->nneeds; i++)
        if (p->needs[i].kind != NEED_MACHINE && p->needs[i].kind != NEED_ORDER &&
            ended_badly(r->ops[p->needs[i].op].status))
            o->cause_on_machine = false;
    if (o->held)
        fault_set(&o->fault, DVO_EDEP, "an earlier batch of its rollout failed: %s",
                  r->plan->ops[o->cause].address);
    else
        fault_set(&o->fault, DVO_EDEP, "needs %s", r->plan->ops[o->cause].address);
    op_over(r, op, RUN_BLOCKED, "blocked", "blocked");
}

bool run_op_blocked(struct run *r, uint32_t op)
{
    const struct plan_op *p = &r->plan->ops[op];
    for (uint32_t i = 0; i < p->nbatches; i++) {
        uint32_t cause = batch_failed(r, p->batches[i]);
        if (cause) {
            r->ops[op].held = true;
            run_op_block(r, op, cause);
            return true;
        }
    }
    for (uint32_t i = 0; i < p->nneeds; i++) {
        const struct need *need = &p->needs[i];
        /* What did not begin for a rollout's sake, or for its machine's, says nothing
         * about going on. */
        const struct run_op *before = &r->ops[need->op];
        bool held = before->held;
        bool passes_on =
            held || (before->status == RUN_BLOCKED && before->cause_on_machine);
        bool lifted =
            need->kind == NEED_ORDER ||
            (need->kind == NEED_MACHINE && r->plan->ops[need->op].carry_on && !passes_on);
        if (!lifted && ended_badly(before->status)) {
            r->ops[op].held = held;
            run_op_block(r, op, need->op);
            return true;
        }
    }
    return false;
}

void run_op_lacks(struct run *r, uint32_t op, struct value_source *s, run_fn *again,
                  void *ctx)
{
    switch (s->outcome) {
    case VALUE_WAIT: run_wait(r, again, ctx); break;
    case VALUE_SKIPPED: run_op_skipped(r, op); break;
    default:
        if (!s->fault.code)
            fault_set(&s->fault, DVO_EPROTO, "a value of the plan cannot be evaluated");
        run_op_failed(r, op, &s->fault);
        break;
    }
}
