/* From the start of a tool run to the outcomes of its ops: maps what the tool reports to
 * ops through the plan's source map, goes on from a failed op after a transient failure,
 * and believes nothing that its probe does not confirm. */
#include "runtime/toolrun.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/members.h"
#include "runtime/probe.h"
#include "runtime/steps.h"

#define WATCH_MS 100

bool tool_op_done(const struct tool_op *o)
{
    return o->tasks && o->ended == o->tasks && !o->failed;
}

/* Its when= did not hold, or what it uses was skipped: it promised nothing, and no probe
 * may ask for it. */
static bool tool_op_skipped(const struct tool_op *o)
{
    return tool_op_done(o) && o->skipped == o->tasks;
}

static void tool_free(struct tool_run *t)
{
    for (uint32_t i = 0; i < t->nops; i++) {
        json_decref(t->ops[i].fields);
        json_decref(t->ops[i].register_);
        fault_free(&t->ops[i].fault);
    }
    free(t->ops);
    if (t->lock)
        lock_release(t->lock);
    fault_free(&t->lost);
    t->tool->free(t);
    free(t);
}

/* --- the end: every op gets its outcome ------------------------------------------------
 */

/* The op whose own failure kept the others of the segment from running; 0: none did. */
static uint32_t tool_first_failed(const struct tool_run *t)
{
    for (uint32_t i = 0; i < t->nops; i++)
        if (t->ops[i].fault.code)
            return t->ops[i].op;
    return 0;
}

static void tool_report(void *ctx, struct fault *faults)
{
    struct tool_run *t = ctx;
    struct run *r = t->run;
    uint32_t cause = tool_first_failed(t), last = t->segment->ops[0];
    for (uint32_t i = 0, done = 0; i < t->nops; i++) {
        struct tool_op *o = &t->ops[i];
        const struct plan_op *op = &r->plan->ops[o->op];
        if (tool_op_skipped(o)) {
            run_op_skipped(r, o->op);
        } else if (tool_op_done(o)) {
            struct fault *f = &faults[done++];
            if (r->ops[o->op].status == RUN_DONE) {
                continue; /* its own evidence was enough */
            } else if (f->code) {
                run_op_failed(r, o->op, f);
                cause = o->op;
            } else {
                run_op_done(r, o->op, o->changed, json_incref(r->ops[o->op].result));
            }
        } else if (o->fault.code) {
            run_op_failed(r, o->op, &o->fault);
            if (!op->carry_on)
                cause = o->op;
        } else {
            run_op_block(r, o->op, cause);
        }
    }
    tool_free(t);
    run_unit_finished(r, last);
}

static void tool_probe(struct tool_run *t)
{
    uint32_t *done = xmalloc(sizeof *done * t->nops);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->nops; i++) {
        const struct tool_op *o = &t->ops[i];
        if (tool_op_done(o) && !tool_op_skipped(o))
            done[n++] = o->op;
    }
    probe_start(t->run, t->segment->machine, done, n, tool_report, t);
    free(done);
}

/* Fails the first op that has no result. */
static void tool_blame(struct tool_run *t, struct fault *f)
{
    for (uint32_t i = 0; i < t->nops; i++)
        if (!tool_op_done(&t->ops[i]) && !t->ops[i].failed) {
            tool_op_failed(&t->ops[i], f);
            break;
        }
}

/* The whole segment failed before any op did. */
static void tool_refuse(struct tool_run *t, struct fault *f)
{
    tool_blame(t, f);
    tool_probe(t);
}

/* --- going on after a failure ----------------------------------------------------------
 */

/* Whether the run may go on from op `i`. Ops between one at which the tool can begin and
 * the failed one are done again, so they must bear it. */
static bool tool_resume(struct tool_run *t, uint32_t i)
{
    uint32_t from = t->tool->resume(t, i);
    for (uint32_t k = from; k <= i; k++)
        if (!t->run->plan->ops[t->ops[k].op].idempotent)
            return false;
    for (uint32_t k = from; k < t->nops; k++) {
        struct tool_op *o = &t->ops[k];
        o->ended = o->skipped = 0;
        o->started = o->failed = false;
        o->said = DVO_OK;
        fault_free(&o->fault);
    }
    t->from = from;
    t->attempt++;
    return true;
}

/* Where the tool run went wrong; its number of ops if it did not. */
static uint32_t tool_failed_at(const struct tool_run *t)
{
    uint32_t i = 0;
    while (i < t->nops &&
           (!t->ops[i].fault.code || t->run->plan->ops[t->ops[i].op].carry_on))
        i++;
    return i;
}

static void tool_judge(struct tool_run *t)
{
    uint32_t i = tool_failed_at(t);
    int64_t pause;
    if (i < t->nops) {
        const struct tool_op *o = &t->ops[i];
        uint32_t op = o->op;
        if (t->run->plan->ops[op].retries >= 0 && !t->attempt)
            t->retry = retry_begin(t->run->plan->ops[op].retries);
        struct fault f = {.code = o->fault.code, .final = o->fault.final};
        if (!t->run->stopping && retry_again(&t->retry, &f, &pause)) {
            progress_note(t->run->progress, op, o->fault.message);
            if (tool_resume(t, i)) {
                loop_timer(t->run->loop, pause, tool_begin, t);
                return;
            }
        }
    }
    tool_probe(t);
}

/* An op that need not succeed took the tool down with it (its time was over, or it must
 * not be repeated): the run goes on behind it. */
static bool tool_pass(struct tool_run *t)
{
    uint32_t next = t->nops;
    while (next && !t->ops[next - 1].started)
        next--;
    if (next == t->passed || next == t->nops || !t->ops[next - 1].failed ||
        !tool_resume(t, next))
        return false;
    t->passed = next;
    tool_begin(t);
    return true;
}

bool tool_complete(const struct tool_run *t, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct tool_op *o = &t->ops[i];
        bool passed = o->failed && t->run->plan->ops[o->op].carry_on;
        if (!tool_op_done(o) && !passed)
            return false;
    }
    return true;
}

char *tool_log(const struct tool_run *t, struct buf *out)
{
    const struct segment *s = t->segment;
    struct buf name = {0};
    buf_printf(&name, "segment-%u", s->id);
    /* Of Chef, each machine has a client of its own. */
    if (s->tool == TOOL_CHEF)
        buf_printf(&name, "-%s", s->host);
    char *log = run_log_keep(t->run, buf_text(&name), "log", out);
    buf_free(&name);
    return log;
}

static void tool_rests(struct tool_run *t)
{
    t->working = false;
    loop_cancel(t->run->loop, t->timer);
    t->timer = 0;
}

bool tool_interrupted(struct tool_run *t)
{
    uint32_t i = 0;
    if (t->lost.code || tool_failed_at(t) < t->nops)
        return false;
    while (i < t->nops && (tool_op_done(&t->ops[i]) || t->ops[i].failed))
        i++;
    if (i == t->nops || !tool_resume(t, i))
        return false;
    tool_rests(t);
    tool_begin(t);
    return true;
}

void tool_ended(struct tool_run *t, struct fault *why, struct buf *out, const char *kept)
{
    tool_rests(t);
    char *log = kept ? xstrdup(kept) : tool_log(t, out);
    for (uint32_t i = 0; i < t->nops; i++)
        if (t->ops[i].fault.code && !t->ops[i].fault.log && log)
            t->ops[i].fault.log = xstrdup(log);
    bool cut = tool_failed_at(t) == t->nops && !tool_complete(t, t->nops);
    if (!cut || t->lost.code || !tool_pass(t)) {
        if (cut) {
            struct fault *f = t->lost.code ? &t->lost : why;
            if (!f->words)
                fault_words(f, buf_text(out));
            if (log && !f->log)
                f->log = xstrdup(log);
            tool_blame(t, f);
        }
        tool_judge(t);
    }
    fault_free(why);
    free(log);
}

/* --- events ----------------------------------------------------------------------------
 */

/* That op of the plan, or NULL if it takes no part. */
static struct tool_op *tool_op_of(const struct tool_run *t, uint32_t op)
{
    uint32_t place = t->run->ops[op].place;
    return place < t->nops && t->ops[place].op == op ? &t->ops[place] : NULL;
}

/* The task of an event, or NULL. */
static const struct plan_task *event_task(const struct tool_run *t, const json_t *event)
{
    const char *path = json_string_value(json_object_get(event, "path"));
    json_int_t line = json_integer_value(json_object_get(event, "line"));
    if (!path || strcmp(path, segment_name(t->segment)))
        return NULL;
    for (uint32_t i = 0; i < t->segment->ntasks; i++)
        if (t->segment->tasks[i].line == line)
            return &t->segment->tasks[i];
    return NULL;
}

static void event_fields(struct tool_op *o, const json_t *fields)
{
    const char *name;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)fields, name, v)
    {
        if (strcmp(name, "members") != 0)
            json_object_set(o->fields, name, v);
        if (!strcmp(name, "rc"))
            json_object_set(o->fields, "status", v);
    }
}

static void event_result(struct tool_op *o, const json_t *event)
{
    json_t *result = json_object_get(event, "result");
    const json_t *fields = json_object_get(result, "fields");
    event_fields(o, fields ? fields : result);
    if (result)
        json_object_update(o->register_, result);
    json_object_set(o->register_, "fields", o->fields);
    json_object_set_new(o->register_, "changed", json_boolean(o->changed));
    json_object_set_new(o->register_, "failed", json_false());
}

void tool_op_failed(struct tool_op *o, struct fault *f)
{
    o->failed = true;
    fault_move(&o->fault, f);
}

/* Of what was given a secret no more is repeated than its status. */
static void fault_hidden(struct fault *f, enum dvo_error code, const json_t *fields)
{
    const char *status = json_string_value(json_object_get(fields, "status"));
    fault_set(f, code, "%s%s%sits words are hidden because it was given a secret",
              status ? "exit status " : "it failed", status ? status : "", ", ");
}

void tool_op_failed_with(struct tool_run *t, struct tool_op *o, struct fault *f,
                         const json_t *fields)
{
    struct fault hidden = {.final = f->final};
    event_fields(o, fields);
    if (t->run->plan->ops[o->op].tainted) {
        fault_hidden(&hidden, f->code, o->fields);
        fault_free(f);
        tool_op_failed(o, &hidden);
    } else {
        tool_op_failed(o, f);
    }
}

/* What a failed task says. */
static void event_failed(struct tool_run *t, struct tool_op *o, const json_t *event)
{
    const char *msg = json_string_value(json_object_get(event, "msg"));
    struct fault f = {0};
    event_result(o, event);
    if (json_is_true(json_object_get(event, "censored"))) {
        fault_hidden(&f, o->said ? o->said : t->tool->error(event), o->fields);
    } else if (msg && *msg) {
        fault_set(&f, t->tool->error(event), "%.*s", (int)strcspn(msg, "\n"), msg);
        if (strchr(msg, '\n'))
            fault_words(&f, msg);
    } else {
        fault_set(&f, t->tool->error(event), "%s reports a failure without a reason",
                  t->tool->name);
    }
    tool_op_failed(o, &f);
}

/* What callbacks do not get to see of a task with no_log comes from its module's side. */
static void event_hidden(struct tool_op *o, const json_t *event)
{
    const char *name = json_string_value(json_object_get(event, "errno"));
    event_result(o, event);
    o->said = name ? error_named(name, strlen(name)) : DVO_OK;
}

/* Whether its start is in the state now: what cannot be written down must not happen. Nor
 * does what an earlier run began and cannot be repeated: nobody knows what it did. */
static bool tool_op_intend(struct tool_run *t, struct fault *f, const struct tool_op *o)
{
    struct run *r = t->run;
    const struct plan_op *op = &r->plan->ops[o->op];
    if (op->idempotent || r->ops[o->op].before.status != STATE_STARTED)
        return state_begin(r->state, op->address, op->call, NULL, f) &&
               state_sync(r->state, f);
    state_refuse(r->state, op->address, f);
    return fault_set(f, DVO_EUNKNOWN,
                     "an earlier run was stopped while this was at work; check on the "
                     "machine what it did. The next run does it again");
}

/* The tool waits for this before the op's first task does anything. */
bool tool_op_started(struct tool_run *t, struct tool_op *o)
{
    struct fault f = {0};
    if (o->started)
        return !o->failed;
    o->started = true;
    o->since = loop_now();
    run_op_started(t->run, o->op);
    if (t->run->stopping) {
        o->started = false;
        fault_set(&f, DVO_ECANCELED, "the run was asked to stop before this began");
    } else if (tool_op_intend(t, &f, o)) {
        return true;
    }
    tool_op_failed(o, &f);
    t->tool->signal(t, SIGKILL);
    return false;
}

static void tool_task_ended(struct tool_run *t, struct tool_op *o, bool skipped)
{
    o->ended++;
    o->skipped += skipped;
    if (tool_op_done(o) && !tool_op_skipped(o))
        run_op_released(t->run, o->op, o->changed, o->fields);
}

void tool_op_ended(struct tool_run *t, struct tool_op *o, bool changed, bool skipped,
                   const json_t *fields)
{
    o->changed = o->changed || changed;
    event_fields(o, fields);
    tool_task_ended(t, o, skipped);
}

/* What a task tells of one of its ops. */
static void event_of_op(struct tool_run *t, struct tool_op *o, const char *kind,
                        const json_t *event)
{
    if (!strcmp(kind, "ok") || !strcmp(kind, "skipped")) {
        o->changed = o->changed || json_is_true(json_object_get(event, "changed"));
        event_result(o, event);
        tool_task_ended(t, o, !strcmp(kind, "skipped"));
    } else if (!strcmp(kind, "result")) {
        event_hidden(o, event);
    } else if (!strcmp(kind, "failed") || !strcmp(kind, "unreachable")) {
        event_failed(t, o, event);
    } else if (!strcmp(kind, "retry")) {
        progress_note(t->run->progress, o->op, "trying again");
    }
}

static void event_of_member(struct tool_run *t, struct tool_op *o,
                            const struct plan_task *task, uint32_t k, const json_t *event)
{
    json_t *own = member_event(task, k, event);
    const char *kind = json_string_value(json_object_get(own, "event"));
    if (kind) {
        event_of_op(t, o, kind, own);
    } else if (json_object_get(event, "operations")) {
        o->started = false;
        member_withdraw(t->run, o->op);
    }
    json_decref(own);
}

bool tool_event(struct tool_run *t, const json_t *event)
{
    const char *kind = json_string_value(json_object_get(event, "event"));
    const struct plan_task *task = kind ? event_task(t, event) : NULL;
    bool start = kind && !strcmp(kind, "start"), granted = start;
    for (uint32_t k = 0; task && k < task->nops; k++) {
        struct tool_op *o = tool_op_of(t, task->ops[k]);
        if (o && start)
            granted = tool_op_started(t, o) && granted;
        else if (o)
            event_of_member(t, o, task, k, event);
    }
    return granted;
}

/* The op that is at work now, if its time is over. */
static struct tool_op *tool_overdue(struct tool_run *t)
{
    for (uint32_t i = 0; i < t->nops; i++) {
        struct tool_op *o = &t->ops[i];
        double timeout = t->run->plan->ops[o->op].timeout;
        if (o->started && !tool_op_done(o) && !o->failed && timeout > 0 &&
            (double)(loop_now() - o->since) > timeout * 1000 + STEPS_GRACE_MS)
            return o;
    }
    return NULL;
}

static void tool_watch(void *ctx)
{
    struct tool_run *t = ctx;
    struct tool_op *late = tool_overdue(t);
    if (late) {
        struct fault f = {0};
        fault_set(&f, DVO_ETIMEDOUT, "not finished within the timeout of the program");
        f.final = true;
        tool_op_failed(late, &f);
        t->tool->signal(t, SIGTERM);
    }
    t->timer = loop_timer(t->run->loop, WATCH_MS, tool_watch, t);
}

/* --- the beginning ---------------------------------------------------------------------
 */

/* Whether the state has what this op uses of ops of its tool run that take no part. Texts
 * that a secret went into it never has. */
static bool tool_op_provided(const struct tool_run *t, uint32_t op, struct fault *f)
{
    const struct run *r = t->run;
    const struct plan_op *user = &r->plan->ops[op];
    for (uint32_t i = 0; i < user->nneeds; i++) {
        uint32_t from = user->needs[i].op;
        const struct plan_op *of = &r->plan->ops[from];
        bool hidden = of->tainted && user->tainted;
        if (user->needs[i].kind != NEED_DATA || of->segment != user->segment ||
            r->ops[from].status != RUN_KNOWN ||
            (r->ops[from].before.status == STATE_DONE && !hidden))
            continue;
        return fault_set(f, DVO_ENOENT,
                         "%s needs a result of %s, which takes no part in this run, and "
                         "the state %s: add --only '%s'",
                         user->address, of->address,
                         hidden ? "keeps no text that a secret went into"
                                : "has none of it",
                         of->address);
    }
    return true;
}

static bool tool_provided(const struct tool_run *t, struct fault *f)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < t->nops; i++)
        ok = tool_op_provided(t, t->ops[i].op, f);
    return ok;
}

/* The lock is held: the tool may begin. */
static void tool_go(struct tool_run *t)
{
    struct run *r = t->run;
    struct value_source source = run_values(r, NULL);
    bool ok = tool_provided(t, &source.fault) && t->tool->begin(t, &source);
    if (ok) {
        t->working = true;
        t->timer = loop_timer(r->loop, WATCH_MS, tool_watch, t);
    } else if (source.outcome == VALUE_WAIT) {
        lock_release(t->lock);
        t->lock = NULL;
        run_wait(r, tool_begin, t);
    } else if (source.outcome == VALUE_SKIPPED) {
        uint32_t last = t->segment->ops[0];
        for (uint32_t i = 0; i < t->nops; i++)
            run_op_skipped(r, t->ops[i].op);
        tool_free(t);
        run_unit_finished(r, last);
    } else {
        tool_refuse(t, &source.fault);
    }
}

static void tool_locked(void *ctx, struct fault *fault)
{
    struct tool_run *t = ctx;
    bool asked = t->asking;
    t->asking = false;
    if (!fault) {
        tool_go(t);
        return;
    }
    t->lock = NULL;
    if (asked) {
        tool_blame(t, fault);
        tool_judge(t);
    } else if (t->working) {
        /* Somebody else may hold it now: nothing more must happen. */
        fault_move(&t->lost, fault);
        t->tool->signal(t, SIGTERM);
    }
}

static void tool_reached(void *ctx, const struct machine *m, struct fault *fault)
{
    struct tool_run *t = ctx;
    struct fault f = {0};
    t->machine = m;
    if (fault) {
        tool_refuse(t, fault);
        return;
    }
    if (t->lock) {
        tool_go(t); /* again: the lock has been kept */
        return;
    }
    t->lock = lock_take(t->run, m, tool_locked, t, &f);
    t->asking = t->lock;
    if (!t->lock)
        tool_refuse(t, &f);
}

void tool_begin(void *ctx)
{
    struct tool_run *t = ctx;
    double patience = t->run->plan->ops[t->ops[0].op].timeout;
    machine_ready(t->run, t->segment->machine, patience, tool_reached, t);
}

struct tool_run *tool_new(struct run *r, uint32_t segment, const struct tool *tool)
{
    const struct segment *s = &r->plan->segments[segment];
    struct tool_run *t = xcalloc(1, tool->size);
    t->run = r;
    t->tool = tool;
    t->segment = s;
    t->retry = retry_begin(-1);
    t->ops = xcalloc(s->nops, sizeof *t->ops);
    for (uint32_t i = 0; i < s->nops; i++) {
        if (r->ops[s->ops[i]].status == RUN_KNOWN)
            continue;
        r->ops[s->ops[i]].place = t->nops;
        struct tool_op *o = &t->ops[t->nops++];
        o->op = s->ops[i];
        o->fields = json_object();
        o->register_ = json_object();
    }
    for (uint32_t i = 0; i < s->ntasks; i++) {
        for (uint32_t k = 0; k < s->tasks[i].nops; k++) {
            struct tool_op *o = tool_op_of(t, s->tasks[i].ops[k]);
            if (o)
                o->tasks++;
        }
    }
    run_op_started(r, t->ops[0].op);
    return t;
}

void tool_start(struct run *r, uint32_t segment, const struct tool *tool)
{
    tool_begin(tool_new(r, segment, tool));
}
