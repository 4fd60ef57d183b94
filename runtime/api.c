/* One script holds all ops of the segment whose values are known; the machine asks before
 * each step, so that its start is in the state first, and answers it when it is done. An
 * op that uses a result of this very segment begins the next script. */
#include "runtime/api.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/calls.h"
#include "runtime/conversation.h"
#include "runtime/members.h"
#include "runtime/steps.h"
#include "runtime/toolrun.h"

struct api_run {
    struct tool_run t;
    struct conversation *talk; /* NULL between scripts */
    uint32_t at;               /* the op that the machine has come to */
    uint32_t end;              /* scripts so far hold the ops before this one */
};

static void api_go(void *ctx);

static void api_free(struct tool_run *t)
{
    (void)t;
}

static void api_signal(struct tool_run *t, int sig)
{
    struct api_run *a = (struct api_run *)t;
    if (a->talk)
        conversation_signal(a->talk, sig);
}

static uint32_t api_resume(struct tool_run *t, uint32_t i)
{
    (void)t;
    return i; /* each op is one by itself */
}

/* --- what the machine says -------------------------------------------------------------
 */

/* The op of a line: mostly the one at work, or the next. */
static struct tool_op *api_op(struct api_run *a, unsigned long id)
{
    const struct run_plan *plan = a->t.run->plan;
    for (uint32_t i = a->at; i < a->end; i++)
        if (plan->ops[a->t.ops[i].op].id == id) {
            a->at = i;
            return &a->t.ops[i];
        }
    return NULL;
}

/* The machine lacks the file of the step that is at work. */
static void api_send(struct api_run *a, struct tool_op *o)
{
    const struct run_plan *plan = a->t.run->plan;
    struct fault f = {0};
    json_t *entry = calls_entry(plan, o->op, &f);
    const json_t *steps = json_object_get(entry, "steps");
    const json_t *step = json_array_get(steps, o->ended);
    const char *file = json_string_value(json_object_get(step, "file"));
    char *path = path_join(plan->dir, file ? file : "");
    int fd = entry ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (entry && fd < 0)
        fault_set(&f, DVO_ENOENT, "%s: %s; rebuild with dvoc build", path,
                  strerror(errno));
    if (fd >= 0) {
        conversation_send(a->talk, fd);
    } else {
        tool_op_failed(o, &f);
        api_signal(&a->t, SIGKILL);
    }
    json_decref(entry);
    free(path);
}

/* How many ops the step at this place is carried out for: all of a transaction, if all
 * of it takes part. */
static uint32_t api_together(const struct api_run *a, uint32_t place)
{
    const struct plan_op *op = &a->t.run->plan->ops[a->t.ops[place].op];
    for (uint32_t k = 0; k < op->ntogether; k++)
        if (place + k >= a->t.nops || a->t.ops[place + k].op != op->together[k])
            return 1;
    return op->ntogether ? op->ntogether : 1;
}

static void api_answer(struct api_run *a, struct tool_op *o, const char *words,
                       size_t len)
{
    uint32_t n = api_together(a, a->at);
    for (uint32_t k = 0; k < n; k++) {
        struct steps_answer answer = {0};
        steps_read_line(words, len, &answer);
        bool changed = member_changed(n, k, answer.values, answer.changed);
        if (answer.fault.code)
            tool_op_failed_with(&a->t, o + k, &answer.fault, answer.values);
        else
            tool_op_ended(&a->t, o + k, changed, false, answer.values);
        steps_answer_free(&answer);
    }
}

static bool api_started(struct api_run *a, struct tool_op *o)
{
    uint32_t n = api_together(a, a->at);
    bool granted = true;
    for (uint32_t k = 0; k < n; k++)
        granted = tool_op_started(&a->t, o + k) && granted;
    return granted;
}

static void api_line(void *ctx, const char *line, size_t len)
{
    struct api_run *a = ctx;
    char *rest;
    if (strncmp(line, "dvo ", 4) != 0)
        return;
    unsigned long id = strtoul(line + 4, &rest, 10);
    struct tool_op *o = *rest == ' ' ? api_op(a, id) : NULL;
    if (!o)
        return;
    const char *words = rest + 1;
    if (!strcmp(words, "start")) {
        if (api_started(a, o))
            conversation_say(a->talk, "\n", 1);
    } else if (!strcmp(words, "send")) {
        api_send(a, o);
    } else if (!strcmp(words, "skipped")) {
        for (uint32_t i = 0; i < o->tasks; i++)
            tool_op_ended(&a->t, o, false, true, NULL);
    } else {
        api_answer(a, o, words, len - (size_t)(words - line));
    }
}

/* --- what it is sent -------------------------------------------------------------------
 */

/* Whether it uses a result of an op that has not ended: none from `first` on has. */
static bool api_waits(const struct api_run *a, const struct plan_op *op, uint32_t first)
{
    const struct run *r = a->t.run;
    for (uint32_t i = 0; i < op->nneeds; i++) {
        uint32_t need = op->needs[i].op, place = r->ops[need].place;
        if (op->needs[i].kind == NEED_DATA && place >= first && place < a->end &&
            a->t.ops[place].op == need)
            return true;
    }
    return false;
}

/* Adds the steps of an op, or those that several are carried out by. */
static bool api_add_steps(const struct run_plan *p, uint32_t op, bool together,
                          struct steps *s, struct value_source *source)
{
    json_t *entry = calls_entry(p, op, &source->fault);
    const json_t *from = together ? json_object_get(entry, "together") : entry;
    bool ok = entry && steps_add(s, &p->ops[op], json_object_get(from, "steps"), source);
    if (!entry)
        source->outcome = VALUE_FAULT;
    json_decref(entry);
    return ok;
}

/* Adds the next op, or those that are carried out with it. False with the source's
 * outcome; an op that is not wanted is in the script too, so that it is skipped in its
 * turn. */
static bool api_add(struct api_run *a, uint32_t first, struct steps *s,
                    struct value_source *source)
{
    const struct run_plan *plan = a->t.run->plan;
    uint32_t index = a->t.ops[a->end].op, n = api_together(a, a->end);
    const struct plan_op *op = &plan->ops[index];
    bool ok = true;
    if (api_waits(a, op, first)) {
        source->outcome = VALUE_WAIT;
        return false;
    }
    if (op->when) {
        json_t *condition = value_evaluate(source, op->when);
        ok = condition && value_truth(condition);
        if (condition && !ok)
            source->outcome = VALUE_SKIPPED;
        json_decref(condition);
    }
    ok = ok && api_add_steps(plan, index, n > 1, s, source);
    if (!ok && source->outcome == VALUE_SKIPPED) {
        for (uint32_t k = 0; k < n; k++)
            steps_skip(s, &plan->ops[a->t.ops[a->end + k].op]);
        ok = true;
    }
    a->end += ok ? n : 0;
    return ok;
}

/* Composes a script of the ops from a->end on; whether there is anything in it. Otherwise
 * the source tells: an op must wait, or has failed. */
static bool api_compose(struct api_run *a, struct steps *s, struct value_source *source)
{
    uint32_t first = a->end;
    while (a->end < a->t.nops) {
        struct tool_op *o = &a->t.ops[a->end];
        *source = run_values(a->t.run, NULL);
        if (api_add(a, first, s, source))
            continue;
        if (a->end > first) {
            fault_free(&source->fault); /* comes up again when it is the op's turn */
            break;
        }
        if (source->outcome == VALUE_FAULT) {
            tool_op_failed(o, &source->fault);
            if (!a->t.run->plan->ops[o->op].carry_on)
                break;
            first = ++a->end;
        } else {
            break;
        }
    }
    return a->end > first;
}

static void api_stop(struct api_run *a, struct fault *why)
{
    struct buf nothing = {0};
    tool_ended(&a->t, why, &nothing, NULL);
}

static void api_stop_later(void *ctx)
{
    api_stop(ctx, &(struct fault){0});
}

static void api_ended(void *ctx, int status, struct buf *err, struct fault *f)
{
    struct api_run *a = ctx;
    struct fault why = {0};
    a->talk = NULL;
    if (a->end < a->t.nops && tool_complete(&a->t, a->end) && !a->t.lost.code) {
        api_go(a);
        return;
    }
    if (f->code)
        fault_move(&why, f);
    else
        fault_set(&why, DVO_EPROTO,
                  "the machine's shell ended with status %d before the step had a result",
                  status);
    tool_ended(&a->t, &why, err, NULL);
}

/* Begins the next script; false if its time has not come, or it cannot be sent. */
static bool api_begin_script(struct api_run *a, struct value_source *source)
{
    struct steps s = {0};
    bool ok = steps_begin(a->t.run, &s, STEPS_ASK, &source->fault);
    bool any = ok && api_compose(a, &s, source);
    if (any) {
        steps_end(&s);
        struct conversation_listener listener = {api_line, api_ended, a};
        a->talk = conversation_start(a->t.run, a->t.machine, "sh -s", &s.text, listener,
                                     &source->fault);
        ok = a->talk;
    } else if (ok && source->outcome != VALUE_WAIT) {
        /* Nobody to talk with: whatever is left has failed. */
        loop_timer(a->t.run->loop, 0, api_stop_later, a);
    } else {
        ok = false;
    }
    if (!ok && source->outcome != VALUE_WAIT)
        source->outcome = VALUE_FAULT;
    steps_free(&s);
    return ok;
}

static void api_go(void *ctx)
{
    struct api_run *a = ctx;
    struct value_source source = run_values(a->t.run, NULL);
    if (a->t.lost.code)
        api_stop(a, &source.fault);
    else if (!api_begin_script(a, &source)) {
        if (source.outcome == VALUE_WAIT)
            run_wait(a->t.run, api_go, a);
        else
            api_stop(a, &source.fault);
    }
}

static bool api_begin(struct tool_run *t, struct value_source *source)
{
    struct api_run *a = (struct api_run *)t;
    a->at = a->end = t->from;
    return api_begin_script(a, source);
}

static const struct tool api = {
    .name = "the machine",
    .size = sizeof(struct api_run),
    .begin = api_begin,
    .signal = api_signal,
    .resume = api_resume,
    .free = api_free,
};

void api_start(struct run *r, uint32_t segment)
{
    tool_start(r, segment, &api);
}
