/* Sets a run up, starts units as the scheduler lets them, and takes everything down
 * again. */
#include "runtime/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/ansible.h"
#include "runtime/api.h"
#include "runtime/boot.h"
#include "runtime/builtin.h"
#include "runtime/chef.h"
#include "runtime/chef_server.h"
#include "runtime/cost.h"
#include "runtime/destroy.h"
#include "runtime/disk.h"
#include "runtime/endpoint.h"
#include "runtime/exchange.h"
#include "runtime/folder.h"
#include "runtime/machine.h"
#include "runtime/move.h"
#include "runtime/preflight.h"
#include "runtime/process.h"
#include "runtime/provider.h"
#include "runtime/prune.h"
#include "runtime/report.h"
#include "runtime/select.h"
#include "runtime/sequence.h"
#include "runtime/service.h"
#include "runtime/signals.h"
#include "runtime/status.h"

/* What units contend for. */
enum unit_class { CLASS_TOOL, CLASS_API, CLASS_OWN, CLASS_COUNT };

/* Most wait for what a provider is making; its gate bounds the calls that they make. */
#define API_LIMIT 128
#define OWN_LIMIT 64

/* --- units -----------------------------------------------------------------------------
 */

static void run_limits(const struct run *r, uint32_t limits[CLASS_COUNT])
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    limits[CLASS_TOOL] = r->options->jobs ? r->options->jobs
                         : processors > 2 ? (uint32_t)processors
                                          : 2;
    limits[CLASS_API] = API_LIMIT;
    limits[CLASS_OWN] = OWN_LIMIT;
}

static enum unit_class class_of(const struct run_plan *p, uint32_t op)
{
    switch (p->ops[op].way) {
    case WAY_SEGMENT: return boot_wanted(p, p->ops[op].segment) ? CLASS_OWN : CLASS_TOOL;
    case WAY_BUILTIN: return CLASS_OWN;
    default: return CLASS_API;
    }
}

/* The first of the parts that one process carries out, this among them. */
static uint32_t first_part(const struct run_plan *p, uint32_t segment)
{
    const struct segment *s = &p->segments[segment];
    return s->tool == TOOL_ANSIBLE ? s->first : segment;
}

/* A tool run is one unit, any other op is one. False after a message if units wait for
 * each other. */
static bool run_make_units(struct run *r)
{
    const struct run_plan *p = r->plan;
    uint32_t *of_segment = xmalloc(sizeof *of_segment * (p->nsegments + 1));
    uint32_t units = 0, limits[CLASS_COUNT], cyclic;
    r->unit_of = xcalloc(p->nops + 1, sizeof *r->unit_of);
    r->unit_first = xcalloc(p->nops + 1, sizeof *r->unit_first);
    r->unit_parts = xcalloc(p->nops + 1, sizeof *r->unit_parts);
    memset(of_segment, 0xff, sizeof *of_segment * (p->nsegments + 1));
    for (uint32_t i = 1; i <= p->nops; i++) {
        uint32_t segment = first_part(p, p->ops[i].segment);
        if (segment && of_segment[segment] != UINT32_MAX) {
            r->unit_of[i] = of_segment[segment];
            continue;
        }
        r->unit_first[units] = i;
        r->unit_of[i] = units++;
        if (segment)
            of_segment[segment] = r->unit_of[i];
    }
    free(of_segment);
    run_limits(r, limits);
    r->sched = sched_new(units, limits, CLASS_COUNT);
    for (uint32_t i = 1; i <= p->nops; i++) {
        sched_class(r->sched, r->unit_of[i], class_of(p, i));
        for (uint32_t k = 0; k < p->ops[i].nneeds; k++)
            sched_edge(r->sched, r->unit_of[p->ops[i].needs[k].op], r->unit_of[i]);
    }
    costs_tell(r);
    if (sched_start(r->sched, &cyclic))
        return true;
    report_say("the plan is wrong: %s waits for itself",
               p->ops[r->unit_first[cyclic]].address);
    return false;
}

/* An op whose when= may have to wait for a value. */
struct opening {
    struct run *run;
    uint32_t op;
};

static void op_carry_out(struct run *r, uint32_t op)
{
    switch (r->plan->ops[op].way) {
    case WAY_CALLS: sequence_start(r, op); break;
    default: builtin_start(r, op); break;
    }
}

static void op_open(void *ctx)
{
    struct opening *o = ctx;
    struct run *r = o->run;
    uint32_t op = o->op;
    struct value_source s = run_values(r, NULL);
    json_t *condition = value_evaluate(&s, r->plan->ops[op].when);
    if (!condition) {
        bool wait = s.outcome == VALUE_WAIT;
        run_op_lacks(r, op, &s, op_open, o);
        if (!wait)
            free(o);
        return;
    }
    bool wanted = value_truth(condition);
    json_decref(condition);
    free(o);
    if (wanted)
        op_carry_out(r, op);
    else
        run_op_skipped(r, op);
}

static void op_begin(struct run *r, uint32_t op)
{
    const struct plan_op *p = &r->plan->ops[op];
    if (run_op_blocked(r, op)) {
        run_unit_finished(r, op);
    } else if (p->subject && r->ops[p->subject].status == RUN_SKIPPED) {
        run_op_skipped(r, op);
    } else if (p->when) {
        struct opening *o = xmalloc(sizeof *o);
        *o = (struct opening){r, op};
        op_open(o);
    } else {
        op_carry_out(r, op);
    }
}

/* Whether nothing of a machine's part of a tool run takes part in this run. */
static bool segment_known(const struct run *r, uint32_t segment)
{
    const struct segment *s = &r->plan->segments[segment];
    for (uint32_t i = 0; i < s->nops; i++)
        if (r->ops[s->ops[i]].status != RUN_KNOWN)
            return false;
    return true;
}

/* What takes part on one machine starts together or not at all. Whether it may; if not,
 * the outcome of its ops is told. */
static bool segment_may_begin(struct run *r, uint32_t segment)
{
    const struct segment *s = &r->plan->segments[segment];
    uint32_t blocked = 0;
    for (uint32_t i = 0; i < s->nops && !blocked; i++)
        blocked = r->ops[s->ops[i]].status != RUN_KNOWN && run_op_blocked(r, s->ops[i])
                      ? s->ops[i]
                      : 0;
    bool skipped = r->ops[s->machine].status == RUN_SKIPPED;
    if (!blocked && !skipped)
        return true;
    for (uint32_t i = 0; i < s->nops; i++)
        if (s->ops[i] != blocked && r->ops[s->ops[i]].status != RUN_KNOWN) {
            if (blocked)
                run_op_block(r, s->ops[i], blocked);
            else
                run_op_skipped(r, s->ops[i]);
        }
    return false;
}

static void tool_run_begin(struct run *r, uint32_t unit, uint32_t first)
{
    const struct run_plan *p = r->plan;
    uint32_t end = first + 1, n = 0;
    while (end <= p->nsegments && first_part(p, end) == first)
        end++;
    uint32_t *parts = xmalloc((end - first) * sizeof *parts);
    for (uint32_t i = first; i < end; i++)
        if (!segment_known(r, i) && segment_may_begin(r, i))
            parts[n++] = i;
    r->unit_parts[unit] = n;
    if (n == 0)
        sched_finish(r->sched, unit);
    else if (p->segments[first].tool == TOOL_ANSIBLE)
        ansible_start(r, parts, n);
    else if (p->segments[first].tool == TOOL_CHEF)
        chef_start(r, first);
    else if (boot_wanted(p, first))
        boot_start(r, first);
    else
        api_start(r, first);
    free(parts);
}

void run_unit_finished(struct run *r, uint32_t op)
{
    uint32_t unit = r->unit_of[op];
    if (!r->plan->ops[op].segment || --r->unit_parts[unit] == 0)
        sched_finish(r->sched, unit);
}

/* Starts what may start. Units that end at once make others ready: those are taken too.
 */
static void run_dispatch(struct run *r)
{
    uint32_t unit;
    while (!r->stopping && !(r->failed && r->options->fail_fast) &&
           sched_take(r->sched, &unit)) {
        uint32_t first = r->unit_first[unit];
        uint32_t segment = r->plan->ops[first].segment;
        if (segment)
            tool_run_begin(r, unit, first_part(r->plan, segment));
        else if (r->ops[first].status == RUN_KNOWN)
            sched_finish(r->sched, unit);
        else
            op_begin(r, first);
    }
}

static void run_units(struct run *r)
{
    for (;;) {
        run_dispatch(r);
        if (!sched_running(r->sched))
            break;
        loop_step(r->loop);
    }
    for (uint32_t i = 1; i <= r->plan->nops; i++)
        if (r->ops[i].status == RUN_WAITING)
            r->ops[i].status = RUN_CANCELED;
}

/* --- the end that is asked for ---------------------------------------------------------
 */

static void run_asked_to_end(void *ctx)
{
    struct run *r = ctx;
    if (!r->stopping) {
        r->stopping = true;
        progress_say(r->progress,
                     "Stopping: nothing more is started, running calls come to "
                     "their end. The same again stops them too.");
        return;
    }
    process_kill_all();
    progress_free(r->progress);
    folder_remove_private(r->private);
    state_close(r->state);
    fprintf(stderr,
            "\ndvo-run: stopped at once. What was under way is written down; to go on: "
            "dvo-run %s\n",
            r->plan->dir);
    _exit(error_status(DVO_ECANCELED));
}

static void run_heartbeat(void *ctx)
{
    struct run *r = ctx;
    state_heartbeat(r->state);
    loop_timer(r->loop, STATE_HEARTBEAT_MS, run_heartbeat, r);
}

/* --- what is written down --------------------------------------------------------------
 */

#define COMMIT_MS 50 /* what nobody waits for is gathered so long */

/* What cannot be written down must not happen, and what was to be is not known any more.
 */
static void run_state_lost(struct run *r, struct fault *f)
{
    fault_move(&r->state_lost, f);
    r->stopping = true;
}

/* What was gathered outlives this process from here on, and soon the computer, too. */
static void run_commit(struct run *r)
{
    struct fault f = {0};
    loop_cancel(r->loop, r->commit_timer);
    r->commit_timer = 0;
    if (!state_commit(r->state, &f)) {
        progress_say(r->progress, "Stopping: %s", f.message);
        run_state_lost(r, &f);
    } else if (r->disk) {
        r->disk_asked = disk_ask(r->disk);
    }
    fault_free(&f);
}

static void run_commit_at_last(void *ctx)
{
    run_commit(ctx);
}

static void run_disk_heard(void *ctx)
{
    struct run *r = ctx;
    struct fault f = {0};
    int error = disk_error(r->disk);
    if (error && !r->state_lost.code) {
        state_disk_failed(r->state, error, &f);
        progress_say(r->progress, "Stopping: %s", f.message);
        run_state_lost(r, &f);
    }
    fault_free(&f);
}

/* An intent is on the disk before the call that it announces goes out; what else is under
 * way goes on meanwhile. */
static bool run_before_wait(void *ctx)
{
    struct run *r = ctx;
    enum state_due due = state_due(r->state);
    if (due == STATE_DUE) {
        run_commit(r);
        r->call_wants = r->disk_asked;
    } else if (due == STATE_WAITS && !r->commit_timer) {
        r->commit_timer = loop_timer(r->loop, COMMIT_MS, run_commit_at_last, r);
    }
    if (r->state_lost.code)
        return http_refuse(r->http, &r->state_lost);
    http_release(r->http, r->call_wants, r->disk ? disk_done(r->disk) : 0);
    return false;
}

/* The exit status, which a state that cannot be written makes one of failure. */
static int run_all_written(struct run *r, int status)
{
    struct fault f = {0};
    if (!state_sync(r->state, &f))
        run_state_lost(r, &f);
    fault_free(&f);
    if (!r->state_lost.code)
        return status;
    report_say("%s: the results that came last are not in it. Make room, or mend what "
               "hinders it; then the same command looks for what this run has made, and "
               "goes on",
               r->state_lost.message);
    return error_status(r->state_lost.code);
}

/* --- setting up and taking down
 * ---------------------------------------------------------- */

/* The folder for state and runs, to be freed, and the path of the state in *state. */
static char *run_base(const struct run *r, char **state)
{
    if (r->options->state) {
        *state = xstrdup(r->options->state);
        return path_dir(*state);
    }
    const char *name = json_string_value(json_object_get(r->plan->json, "state"));
    struct buf text = {0};
    char *base = path_join(r->plan->program_dir, ".dvo");
    if (name && *name)
        buf_str(&text, name);
    else
        buf_printf(&text, "%s.db", r->plan->project);
    *state = path_join(base, buf_text(&text));
    buf_free(&text);
    return base;
}

static bool run_open(struct run *r, struct fault *f)
{
    char *path, *note = NULL, *leftover = NULL;
    char *base = run_base(r, &path);
    enum state_use use = r->options->status    ? STATE_LOOK
                         : r->options->destroy ? STATE_USE
                                               : STATE_MAKE;
    r->state = state_open(path, r->plan->project, use, f);
    if (r->state)
        state_program(r->state, r->plan->program);
    /* Who only looks writes nothing that stays. */
    bool looks = r->options->status;
    bool ok = r->state && (looks || (r->folder = folder_make_run(base, f))) &&
              (r->private = folder_make_private(r->folder ? r->folder : "/tmp", f));
    if (ok && looks)
        r->folder = xstrdup(r->private);
    ok = ok && (looks || state_lock(r->state, r->private, &note, &leftover, f));
    if (note)
        report_say("%s", note);
    if (ok && leftover)
        folder_remove_private(leftover);
    free(note);
    free(leftover);
    free(path);
    free(base);
    return ok && (r->events = events_open(r->options->events, f));
}

/* What it needs to know of the provider when it was not told by a plan. */
static bool run_keep_provider(struct run *r, struct fault *f)
{
    const json_t *record = provider_record(r);
    if (!record || r->options->destroy || r->options->status)
        return true;
    json_t *kept = json_copy((json_t *)(uintptr_t)record);
    json_t *files = service_files(r, record);
    json_object_del(kept, "quotas");
    if (files)
        json_object_set_new(kept, "files", files);
    bool ok = state_keep_provider(r->state, provider_id(r), kept, f);
    json_decref(kept);
    return ok;
}

static bool run_read_state(struct run *r, struct fault *f)
{
    for (uint32_t i = 1; i <= r->plan->nops; i++) {
        struct run_op *o = &r->ops[i];
        const struct plan_op *op = &r->plan->ops[i];
        if (!state_read(r->state, op->address, &o->before, f))
            return false;
        /* What was begun and came to no good end may have changed something all the same,
         * and will not look changed when it is done again. */
        o->pending = o->before.pending || o->before.status == STATE_STARTED ||
                     o->before.status == STATE_REFUSED;
        /* What is deleted may be found by what others were. */
        bool idle = r->options->destroy || r->options->status;
        bool asked = o->status == RUN_KNOWN || idle;
        if (!asked || o->before.status != STATE_DONE)
            continue;
        o->result = json_incref(o->before.result);
        if (o->result && !idle && op->kind && !strcmp(op->kind, "machine") &&
            !machine_learn(r, i, o->result, f))
            return false;
    }
    return true;
}

static void run_start_services(struct run *r)
{
    uint32_t taking_part = 0;
    for (uint32_t i = 1; i <= r->plan->nops; i++)
        taking_part += r->ops[i].status == RUN_WAITING;
    r->loop = loop_new();
    r->http = http_new(r->loop);
    r->secrets = secrets_new(json_object_get(r->plan->json, "secrets"));
    r->progress = progress_new(r->loop, taking_part);
    r->provider = provider_new(r, r->plan->provider);
    r->exchange = exchange_new(r);
    r->machines = machines_new(r);
    r->endpoints = endpoints_new(r);
}

static void run_free(struct run *r)
{
    chef_server_free(r->chef_server);
    endpoints_free(r->endpoints);
    machines_free(r->machines);
    preflight_free(r->preflight);
    exchange_free(r->exchange);
    provider_free(r->provider);
    progress_free(r->progress);
    http_free(r->http);
    events_close(r->events);
    secrets_free(r->secrets);
    sched_free(r->sched);
    loop_free(r->loop);
    if (r->private)
        folder_remove_private(r->private);
    state_close(r->state);
    for (uint32_t i = 1; i <= r->plan->nops; i++) {
        json_decref(r->ops[i].result);
        fault_free(&r->ops[i].fault);
        state_op_free(&r->ops[i].before);
    }
    free(r->ops);
    free(r->consumers);
    free(r->consumers_of);
    free(r->unit_of);
    free(r->unit_first);
    free(r->unit_parts);
    json_decref(r->costs);
    json_decref(r->pruned);
    json_decref(r->spoken);
    free(r->segment_end);
    fault_free(&r->state_lost);
    free(r->waiters.v);
    free(r->folder);
    free(r->private);
}

/* Without them the next run is only slower. */
static void keep_costs(struct run *r)
{
    struct fault f = {0};
    costs_keep(r, &f);
    fault_free(&f);
}

/* Its lines come after the report of the run. */
static int run_prune(struct run *r)
{
    r->progress = progress_new(r->loop, (uint32_t)json_object_size(r->pruned));
    int status = prune_run(r);
    progress_free(r->progress);
    r->progress = NULL;
    return status;
}

/* Everything is prepared: the run itself, or the end of what runs have made. */
static int run_go(struct run *r)
{
    struct signals *signals = signals_new(r->loop, run_asked_to_end, r);
    int status;
    run_heartbeat(r);
    if (state_log(r->state) && !r->options->status)
        r->disk = disk_new(r->loop, state_log(r->state), run_disk_heard, r);
    http_hold(r->http);
    loop_before_wait(r->loop, run_before_wait, r);
    events_write(r->events,
                 r->options->status    ? "status"
                 : r->options->destroy ? "destroy"
                                       : "run",
                 NULL, false, NULL);
    bool carried_out = false;
    if (r->options->status) {
        status = status_run(r);
    } else if (r->options->destroy) {
        status = destroy_run(r);
    } else if (r->options->prune && (status = prune_prepare(r))) {
        carried_out = false; /* refused */
    } else if (!(status = preflight_run(r)) && !r->options->preflight_only) {
        carried_out = true;
        run_units(r);
        keep_costs(r);
        status = report_status(r);
    }
    progress_free(r->progress);
    r->progress = NULL;
    if (carried_out)
        report_run(r);
    if (carried_out && !status && r->options->prune)
        status = run_prune(r);
    else if (carried_out && !status)
        prune_notice(r);
    status = run_all_written(r, status);
    events_write(r->events, "end", NULL, false, NULL);
    signals_free(signals);
    disk_free(r->disk);
    return status;
}

int run_plan_carry_out(struct run_plan *plan, const struct run_options *options)
{
    struct run r = {.options = options, .plan = plan};
    struct fault f = {0};
    int status = STATUS_USAGE;
    signal(SIGPIPE, SIG_IGN);
    r.ops = xcalloc(plan->nops + 1, sizeof *r.ops);
    run_list_consumers(&r);
    if (select_ops(&r)) {
        run_start_services(&r);
        if (!run_open(&r, &f) || !move_rows(&r, &f) || !run_read_state(&r, &f) ||
            !move_keys(&r, &f) || !run_keep_provider(&r, &f) || !costs_read(&r, &f) ||
            (!options->destroy && !options->status && !run_secrets_known(&r, &f)))
            status = report_fault(&f);
        else
            status = run_make_units(&r) ? run_go(&r) : STATUS_PLAN;
    }
    run_free(&r);
    return status;
}
