/* Runs ansible-playbook for one segment: reads its events while it works, maps each to
 * its op through the plan's source map, goes on from a failed op after a transient
 * failure, and believes nothing that its probe does not confirm. */
#include "runtime/ansible.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/ansible_error.h"
#include "runtime/ansible_values.h"
#include "runtime/channel.h"
#include "runtime/lock.h"
#include "runtime/playbook.h"
#include "runtime/probe.h"
#include "runtime/process.h"
#include "runtime/retry.h"
#include "runtime/steps.h"

#define WATCH_MS 100
#define OUTPUT_LIMIT ((size_t)16 << 20)

/* An op of the segment, as far as the events tell. */
struct play_op {
    uint32_t op, tasks, ended, skipped;
    bool started, changed, failed;
    json_t *fields;      /* of its result */
    json_t *register_;   /* what a resumed run is given under its register's name */
    enum dvo_error said; /* by a task whose words are hidden */
    struct fault fault;
    int64_t since; /* of its first task */
};

struct play {
    struct run *run;
    const struct segment *segment;
    struct play_op *ops; /* those that take part */
    uint32_t nops;
    struct retry retry;
    const char *start_at; /* name of the task to begin with, or NULL */
    unsigned attempt;
    uint32_t passed; /* ops behind which the tool was begun anew after a failure */
    const struct machine *machine;
    struct lock *lock;
    bool asking; /* for the lock */
    struct process *process;
    timer_id timer;
    char *values, *events;
    struct channel *channel;
    struct fault lost; /* why the lock is held no more */
    int out;
};

static void play_begin(void *ctx);

static bool play_op_done(const struct play_op *o)
{
    return o->tasks && o->ended == o->tasks && !o->failed;
}

/* Its when= did not hold, or what it uses was skipped: it promised nothing, and no probe
 * may ask for it. */
static bool play_op_skipped(const struct play_op *o)
{
    return play_op_done(o) && o->skipped == o->tasks;
}

static void play_free(struct play *p)
{
    for (uint32_t i = 0; i < p->nops; i++) {
        json_decref(p->ops[i].fields);
        json_decref(p->ops[i].register_);
        fault_free(&p->ops[i].fault);
    }
    free(p->ops);
    if (p->lock)
        lock_release(p->lock);
    fault_free(&p->lost);
    free(p->values);
    free(p->events);
    free(p);
}

/* --- the end: every op gets its outcome ------------------------------------------------
 */

/* The op whose own failure kept the others of the segment from running; 0: none did. */
static uint32_t play_first_failed(const struct play *p)
{
    for (uint32_t i = 0; i < p->nops; i++)
        if (p->ops[i].fault.code)
            return p->ops[i].op;
    return 0;
}

static void play_report(void *ctx, struct fault *faults)
{
    struct play *p = ctx;
    struct run *r = p->run;
    uint32_t cause = play_first_failed(p), last = p->segment->ops[0];
    for (uint32_t i = 0, done = 0; i < p->nops; i++) {
        struct play_op *o = &p->ops[i];
        const struct plan_op *op = &r->plan->ops[o->op];
        if (play_op_skipped(o)) {
            run_op_skipped(r, o->op);
        } else if (play_op_done(o)) {
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
    play_free(p);
    run_unit_finished(r, last);
}

static void play_probe(struct play *p)
{
    uint32_t *done = xmalloc(sizeof *done * p->nops);
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->nops; i++) {
        const struct play_op *o = &p->ops[i];
        if (play_op_done(o) && !play_op_skipped(o))
            done[n++] = o->op;
    }
    probe_start(p->run, p->segment->machine, done, n, play_report, p);
    free(done);
}

/* The whole segment failed before any op did: the first op that has no result takes it.
 */
static void play_refuse(struct play *p, struct fault *f)
{
    for (uint32_t i = 0; i < p->nops; i++)
        if (!play_op_done(&p->ops[i]) && !p->ops[i].fault.code) {
            fault_move(&p->ops[i].fault, f);
            p->ops[i].failed = true;
            break;
        }
    play_probe(p);
}

/* --- going on after a transient failure ------------------------------------------------
 */

/* The name by which --start-at-task finds this task and no other (it takes patterns too).
 */
static const char *start_name(const struct segment *s, uint32_t task)
{
    for (uint32_t i = 0; i < s->ntasks; i++)
        if (i != task &&
            (!strcmp(s->tasks[i].name, s->tasks[task].name) ||
             (i < task && fnmatch(s->tasks[task].name, s->tasks[i].name, 0) == 0)))
            return NULL;
    return s->tasks[task].name;
}

static uint32_t first_task(const struct segment *s, uint32_t op)
{
    uint32_t i = 0;
    while (i < s->ntasks && s->tasks[i].op != op)
        i++;
    return i;
}

/* Whether the run may go on from op `i`, and then where. Ops between a task that can be
 * named and the failed one are done again, so they must bear it. */
static bool play_resume(struct play *p, uint32_t i)
{
    for (;; i--) {
        if (!p->run->plan->ops[p->ops[i].op].idempotent)
            return false;
        uint32_t task = first_task(p->segment, p->ops[i].op);
        p->start_at =
            i && task < p->segment->ntasks ? start_name(p->segment, task) : NULL;
        if (p->start_at || !i)
            break;
    }
    for (; i < p->nops; i++) {
        struct play_op *o = &p->ops[i];
        o->ended = o->skipped = 0;
        o->started = o->failed = false;
        o->said = DVO_OK;
        fault_free(&o->fault);
    }
    return true;
}

/* Where the tool run went wrong; its number of ops if it did not. */
static uint32_t play_failed_at(const struct play *p)
{
    uint32_t i = 0;
    while (i < p->nops &&
           (!p->ops[i].fault.code || p->run->plan->ops[p->ops[i].op].carry_on))
        i++;
    return i;
}

static void play_judge(struct play *p)
{
    uint32_t i = play_failed_at(p);
    int64_t pause;
    if (i < p->nops) {
        const struct play_op *o = &p->ops[i];
        if (p->run->plan->ops[o->op].retries >= 0 && !p->attempt)
            p->retry = retry_begin(p->run->plan->ops[o->op].retries);
        struct fault f = {.code = o->fault.code, .final = o->fault.final};
        if (!p->run->stopping && retry_again(&p->retry, &f, &pause)) {
            progress_note(p->run->progress, o->op, o->fault.message);
            if (play_resume(p, i)) {
                p->attempt++;
                loop_timer(p->run->loop, pause, play_begin, p);
                return;
            }
        }
    }
    play_probe(p);
}

/* --- events ----------------------------------------------------------------------------
 */

static struct play_op *event_op(struct play *p, const json_t *event)
{
    const char *path = json_string_value(json_object_get(event, "path"));
    json_int_t line = json_integer_value(json_object_get(event, "line"));
    const char *slash = strrchr(p->segment->file, '/');
    const char *file = slash ? slash + 1 : p->segment->file;
    if (!path || strcmp(path, file))
        return NULL;
    for (uint32_t i = 0; i < p->segment->ntasks; i++)
        if (p->segment->tasks[i].line == line)
            for (uint32_t k = 0; k < p->nops; k++)
                if (p->ops[k].op == p->segment->tasks[i].op)
                    return &p->ops[k];
    return NULL;
}

static void event_result(struct play_op *o, const json_t *event)
{
    json_t *result = json_object_get(event, "result");
    json_t *fields = json_object_get(result, "fields");
    const char *name;
    json_t *v;
    json_object_foreach(fields ? fields : result, name, v)
    {
        json_object_set(o->fields, name, v);
        if (!strcmp(name, "rc"))
            json_object_set(o->fields, "status", v);
    }
    if (result)
        json_object_update(o->register_, result);
    json_object_set_new(o->register_, "changed", json_boolean(o->changed));
    json_object_set_new(o->register_, "failed", json_false());
}

/* What a failed task says; of one that was given a secret no more than its status. */
static void event_failed(struct play_op *o, const json_t *event)
{
    const char *msg = json_string_value(json_object_get(event, "msg"));
    const char *text = msg && *msg ? msg : "Ansible reports a failure without a reason";
    o->failed = true;
    if (json_is_true(json_object_get(event, "censored"))) {
        const char *status = json_string_value(json_object_get(o->fields, "status"));
        fault_set(&o->fault, o->said ? o->said : ansible_error(event),
                  "%s%s%sits words are hidden because it was given a secret",
                  status ? "exit status " : "it failed", status ? status : "", ", ");
        return;
    }
    fault_set(&o->fault, ansible_error(event), "%.*s", (int)strcspn(text, "\n"), text);
    if (strchr(text, '\n'))
        fault_words(&o->fault, text);
}

/* What callbacks do not get to see of a task with no_log comes from its module's side. */
static void event_hidden(struct play_op *o, const json_t *event)
{
    const char *name = json_string_value(json_object_get(event, "errno"));
    event_result(o, event);
    o->said = name ? error_named(name, strlen(name)) : DVO_OK;
}

/* Whether its start is in the state now: what cannot be written down must not happen. Nor
 * does what an earlier run began and cannot be repeated: nobody knows what it did. */
static bool play_op_intend(struct play *p, struct play_op *o)
{
    struct run *r = p->run;
    const struct plan_op *op = &r->plan->ops[o->op];
    if (op->idempotent || r->ops[o->op].before.status != STATE_STARTED)
        return state_begin(r->state, op->address, op->call, NULL, NULL, &o->fault);
    state_refuse(r->state, op->address, &o->fault);
    return fault_set(&o->fault, DVO_EUNKNOWN,
                     "an earlier run was stopped while this was at work; check on the "
                     "machine what it did. The next run does it again");
}

/* The tool waits for this before the op's first task does anything. */
static void event_start(struct play *p, struct play_op *o)
{
    if (o->started)
        return;
    o->started = true;
    o->since = loop_now();
    run_op_started(p->run, o->op);
    if (!play_op_intend(p, o)) {
        o->failed = true;
        process_signal(p->process, SIGKILL);
    }
}

static void event_ended(struct play *p, struct play_op *o, bool skipped,
                        const json_t *event)
{
    o->ended++;
    o->skipped += skipped;
    o->changed = o->changed || json_is_true(json_object_get(event, "changed"));
    event_result(o, event);
    if (play_op_done(o) && !play_op_skipped(o))
        run_op_released(p->run, o->op, o->changed, o->fields);
}

static void play_event(void *ctx, const char *text, size_t len)
{
    struct play *p = ctx;
    json_t *event = json_loadb(text, len, 0, NULL);
    const char *kind = json_string_value(json_object_get(event, "event"));
    struct play_op *o = kind ? event_op(p, event) : NULL;
    if (o && !strcmp(kind, "start")) {
        event_start(p, o);
    } else if (o && (!strcmp(kind, "ok") || !strcmp(kind, "skipped"))) {
        event_ended(p, o, !strcmp(kind, "skipped"), event);
    } else if (o && !strcmp(kind, "result")) {
        event_hidden(o, event);
    } else if (o && (!strcmp(kind, "failed") || !strcmp(kind, "unreachable"))) {
        event_failed(o, event);
    } else if (o && !strcmp(kind, "retry")) {
        progress_note(p->run->progress, o->op, "trying again");
    }
    json_decref(event);
}

/* The op that is at work now, if its time is over. */
static struct play_op *play_overdue(struct play *p)
{
    for (uint32_t i = 0; i < p->nops; i++) {
        struct play_op *o = &p->ops[i];
        double timeout = p->run->plan->ops[o->op].timeout;
        if (o->started && !play_op_done(o) && !o->failed && timeout > 0 &&
            (double)(loop_now() - o->since) > timeout * 1000 + STEPS_GRACE_MS)
            return o;
    }
    return NULL;
}

static void play_watch(void *ctx)
{
    struct play *p = ctx;
    struct play_op *late = play_overdue(p);
    if (late) {
        fault_set(&late->fault, DVO_ETIMEDOUT,
                  "not finished within the timeout of the program");
        late->fault.final = true;
        late->failed = true;
        process_signal(p->process, SIGTERM);
    }
    p->timer = loop_timer(p->run->loop, WATCH_MS, play_watch, p);
}

/* --- the tool run ----------------------------------------------------------------------
 */

static bool play_complete(const struct play *p)
{
    for (uint32_t i = 0; i < p->nops; i++)
        if (!play_op_done(&p->ops[i]) && !p->ops[i].failed)
            return false;
    return true;
}

/* An op that need not succeed took the tool down with it (its time was over, or it must
 * not be repeated): the run goes on behind it. */
static bool play_pass(struct play *p)
{
    uint32_t next = p->nops;
    while (next && !p->ops[next - 1].started)
        next--;
    if (next == p->passed || next == p->nops || !p->ops[next - 1].failed ||
        !play_resume(p, next))
        return false;
    p->passed = next;
    p->attempt++;
    play_begin(p);
    return true;
}

/* The tool ended on its own before it was through: the op at work takes the blame. */
static void play_interrupted(struct play *p, struct fault *f)
{
    for (uint32_t i = 0; i < p->nops; i++)
        if (!play_op_done(&p->ops[i]) && !p->ops[i].failed) {
            fault_move(&p->ops[i].fault, f);
            p->ops[i].failed = true;
            break;
        }
    play_judge(p);
}

static void play_ended(void *ctx, int status)
{
    struct play *p = ctx;
    struct run *r = p->run;
    struct buf out = {0};
    char name[32];
    p->process = NULL;
    loop_cancel(r->loop, p->timer);
    channel_free(p->channel);
    p->channel = NULL;
    unlink(p->values);
    memory_file_read(p->out, &out, OUTPUT_LIMIT);
    close(p->out);
    snprintf(name, sizeof name, "segment-%u", p->segment->id);
    char *log = run_log_keep(r, name, "log", &out);
    for (uint32_t i = 0; i < p->nops; i++)
        if (p->ops[i].fault.code && !p->ops[i].fault.log && log)
            p->ops[i].fault.log = xstrdup(log);
    bool cut = play_failed_at(p) == p->nops && !play_complete(p);
    if (cut && !p->lost.code && play_pass(p)) {
        free(log);
        buf_free(&out);
        return;
    }
    if (cut) {
        struct fault f = {0};
        if (p->lost.code)
            fault_move(&f, &p->lost);
        else if (WIFEXITED(status))
            fault_set(&f, DVO_EUNKNOWN,
                      "ansible-playbook ended with status %d and reported no "
                      "result",
                      WEXITSTATUS(status));
        else
            fault_set(&f, DVO_ECANCELED, "ansible-playbook was ended by signal %d",
                      WTERMSIG(status));
        if (!f.words)
            fault_words(&f, buf_text(&out));
        f.log = log ? xstrdup(log) : NULL;
        play_interrupted(p, &f);
    } else {
        play_judge(p);
    }
    free(log);
    buf_free(&out);
}

/* "NAME=value" texts over our own environment; NULL-terminated. */
static void play_environment(struct play *p, struct arena *a, const char *env[16])
{
    const struct run *r = p->run;
    const char *path = getenv("PATH");
    unsigned n = 0;
    env[n++] = arena_printf(a, "PATH=/usr/sbin:/usr/bin:/sbin:/bin%s%s", path ? ":" : "",
                            path ? path : "");
    env[n++] = "ANSIBLE_CONFIG=ansible.cfg";
    env[n++] = arena_printf(a, "DVO_EVENTS=%s", p->events);
    env[n++] = "DVO_LOCKED=1";
    env[n++] = arena_printf(a, "ANSIBLE_LOCAL_TEMP=%s/ansible", r->private);
    env[n++] = arena_printf(a, "ANSIBLE_SSH_CONTROL_PATH_DIR=%s/ansible", r->private);
    env[n++] = "ANSIBLE_RETRY_FILES_ENABLED=0";
    env[n++] = "ANSIBLE_NOCOLOR=1";
    env[n++] = "ANSIBLE_FORCE_COLOR=0";
    env[n++] =
        "PYTHONDONTWRITEBYTECODE=1"; /* nothing is written below the build folder */
    env[n++] = "LC_ALL=C.UTF-8";
    env[n] = NULL;
}

static bool play_spawn(struct play *p, struct fault *f)
{
    struct arena a = {0};
    const char *env[16];
    char *dir = path_join(p->run->plan->dir, "ansible");
    const char *slash = strrchr(p->segment->file, '/');
    const char *argv[8] = {"ansible-playbook", "-i", "inventory.yml", "-e",
                           arena_printf(&a, "@%s", p->values)};
    unsigned n = 5;
    if (p->start_at)
        argv[n++] = arena_printf(&a, "--start-at-task=%s", p->start_at);
    char *part =
        p->nops < p->segment->nops ? playbook_of_part(p->run, p->segment, f) : NULL;
    argv[n++] = part ? part : slash ? slash + 1 : p->segment->file;
    play_environment(p, &a, env);
    p->channel = channel_new(p->run->loop, p->events, play_event, p, f);
    p->out = memory_file(NULL, 0);
    struct process_spec spec = {
        .argv = argv, .env = env, .dir = dir, .in = -1, .out = p->out, .err = p->out};
    if (p->channel && !f->code)
        p->process = process_start(p->run->loop, &spec, play_ended, p, f);
    if (!p->process) {
        close(p->out);
        channel_free(p->channel);
        p->channel = NULL;
        if (f->code == DVO_ENOENT)
            fault_set(f, DVO_ENOSYS,
                      "ansible-playbook is not installed: apt-get install "
                      "ansible-core (or use another backend)");
    } else {
        p->timer = loop_timer(p->run->loop, WATCH_MS, play_watch, p);
    }
    free(part);
    free(dir);
    arena_free(&a);
    return p->process;
}

/* What an op that takes no part would have given its register, from the state. */
static json_t *register_of_known(const struct run *r, uint32_t op)
{
    json_t *result = json_copy(r->ops[op].result);
    json_t *fields = json_incref(r->ops[op].result);
    if (!result)
        result = json_object();
    json_object_set_new(result, "fields", fields ? fields : json_object());
    json_object_set_new(result, "changed", json_boolean(r->ops[op].pending));
    json_object_set_new(result, "failed", json_false());
    return result;
}

/* Results of ops before the one to start with, and of those that take no part, under the
 * names that tasks use. */
static json_t *known_registers(const struct play *p)
{
    json_t *known = json_object();
    for (uint32_t i = 0; i < p->segment->nops; i++) {
        char id[16];
        uint32_t op = p->segment->ops[i];
        snprintf(id, sizeof id, "%u", p->run->plan->ops[op].id);
        const char *name = json_string_value(json_object_get(p->segment->registers, id));
        if (name && p->run->ops[op].status == RUN_KNOWN)
            json_object_set_new(known, name, register_of_known(p->run, op));
    }
    for (uint32_t i = 0; i < p->nops; i++) {
        char id[16];
        const struct play_op *o = &p->ops[i];
        snprintf(id, sizeof id, "%u", p->run->plan->ops[o->op].id);
        const char *name = json_string_value(json_object_get(p->segment->registers, id));
        if (p->start_at && name && play_op_done(o))
            json_object_set(known, name, o->register_);
    }
    return known;
}

/* Whether the state has what this op uses of ops of its tool run that take no part. Texts
 * that a secret went into it never has. */
static bool play_op_provided(const struct play *p, uint32_t op, struct fault *f)
{
    const struct run *r = p->run;
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

static bool play_provided(const struct play *p, struct fault *f)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < p->nops; i++)
        ok = play_op_provided(p, p->ops[i].op, f);
    return ok;
}

/* The lock is held: the tool may begin. */
static void play_go(struct play *p)
{
    struct run *r = p->run;
    struct value_source source = run_values(r, NULL);
    json_t *known = known_registers(p);
    bool ok = play_provided(p, &source.fault) &&
              ansible_values_write(r, p->segment, p->machine, known, p->values, &source);
    json_decref(known);
    if (ok && play_spawn(p, &source.fault))
        return;
    unlink(p->values);
    if (source.outcome == VALUE_WAIT) {
        lock_release(p->lock);
        p->lock = NULL;
        run_wait(r, play_begin, p);
    } else if (source.outcome == VALUE_SKIPPED) {
        uint32_t last = p->segment->ops[0];
        for (uint32_t i = 0; i < p->nops; i++)
            run_op_skipped(r, p->ops[i].op);
        play_free(p);
        run_unit_finished(r, last);
    } else {
        play_refuse(p, &source.fault);
    }
}

static void play_locked(void *ctx, struct fault *fault)
{
    struct play *p = ctx;
    bool asked = p->asking;
    p->asking = false;
    if (!fault) {
        play_go(p);
        return;
    }
    p->lock = NULL;
    if (asked) {
        play_interrupted(p, fault);
    } else if (p->process) {
        /* Somebody else may hold it now: nothing more must happen. */
        fault_move(&p->lost, fault);
        process_signal(p->process, SIGTERM);
    }
}

static void play_reached(void *ctx, const struct machine *m, struct fault *fault)
{
    struct play *p = ctx;
    struct fault f = {0};
    p->machine = m;
    if (fault) {
        play_refuse(p, fault);
        return;
    }
    if (p->lock) {
        play_go(p); /* again: the lock has been kept */
        return;
    }
    p->lock = lock_take(p->run, m, play_locked, p, &f);
    p->asking = p->lock;
    if (!p->lock)
        play_refuse(p, &f);
}

static void play_begin(void *ctx)
{
    struct play *p = ctx;
    double patience = p->run->plan->ops[p->ops[0].op].timeout;
    machine_ready(p->run, p->segment->machine, patience, play_reached, p);
}

void ansible_start(struct run *r, uint32_t segment)
{
    struct play *p = xcalloc(1, sizeof *p);
    const struct segment *s = &r->plan->segments[segment];
    struct buf path = {0};
    p->run = r;
    p->segment = s;
    p->retry = retry_begin(-1);
    p->ops = xcalloc(s->nops, sizeof *p->ops);
    for (uint32_t i = 0; i < s->nops; i++) {
        if (r->ops[s->ops[i]].status == RUN_KNOWN)
            continue;
        struct play_op *o = &p->ops[p->nops++];
        o->op = s->ops[i];
        o->fields = json_object();
        o->register_ = json_object();
        for (uint32_t k = 0; k < s->ntasks; k++)
            o->tasks += s->tasks[k].op == o->op;
    }
    buf_printf(&path, "%s/values.%u.json", r->private, s->id);
    p->values = buf_steal(&path);
    buf_printf(&path, "%s/events.%u", r->private, s->id);
    p->events = buf_steal(&path);
    run_op_started(r, p->ops[0].op);
    play_begin(p);
}
