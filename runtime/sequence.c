/* Makes one thing with what belongs to it. What is found is taken; an intent is in the
 * state before the first call that changes anything, the id before any waiting. After an
 * answer that was lost, the thing is looked up with patience before it is made anew, so
 * that nothing is ever made twice. */
#include "runtime/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/adoption.h"
#include "runtime/calls.h"
#include "runtime/phase.h"
#include "runtime/preflight.h"
#include "runtime/provider.h"
#include "runtime/recipe.h"
#include "runtime/removal.h"
#include "runtime/retry.h"
#include "runtime/select.h"

#define PATIENCE_PAUSE_MS 500

enum stage {
    STAGE_LOOKUP,
    STAGE_RESOLVE,
    STAGE_BEFORE,
    STAGE_CREATE,
    STAGE_READY,
    STAGE_AFTER,
};

/* Where one of the things before or after the main one is. */
enum part { PART_LOOKUP, PART_CREATE, PART_READY };

struct sequence {
    struct run *run;
    uint32_t op;
    json_t *entry;
    const json_t *lists; /* "sequences" of the entry */
    enum stage stage;
    enum part part;
    size_t index; /* among the things before or after */
    struct phase phase;
    json_t *vars;
    struct retry retry;
    bool found;   /* the main thing exists */
    bool created; /* it is of this run, or of one that was stopped in between */
    bool changed;
    bool begun;          /* this run has written an intent */
    bool parts;          /* something that belongs to it was made */
    bool made;           /* the part at work was created in this attempt */
    bool reused;         /* what preflight found was taken */
    const json_t *doubt; /* the thing whose creation was not answered, or NULL */
    int64_t doubt_since, patience;
    json_t *id;        /* of a creation that did not come to its end */
    struct fault held; /* while what failed is deleted */
};

static void sequence_begin(void *ctx);
static void sequence_enter(struct sequence *q, enum stage stage);
static void sequence_part(struct sequence *q);

static const json_t *sequence_list(const struct sequence *q, const char *name)
{
    return json_object_get(q->lists, name);
}

static const struct state_op *sequence_before(const struct sequence *q)
{
    return &q->run->ops[q->op].before;
}

static int sequence_retries(const struct sequence *q)
{
    return q->run->plan->ops[q->op].retries;
}

static void sequence_free(struct sequence *q)
{
    json_decref(q->vars);
    json_decref(q->id);
    json_decref(q->entry);
    fault_free(&q->held);
    free(q);
}

static void sequence_end(struct sequence *q, struct fault *f)
{
    run_op_failed(q->run, q->op, f);
    sequence_free(q);
}

static void sequence_finish(struct sequence *q)
{
    struct run *r = q->run;
    struct fault f = {0};
    struct value_source s = run_values(r, q->vars);
    const json_t *fields = json_object_get(q->entry, "result");
    json_t *result = fields ? value_evaluate(&s, fields) : json_object();
    if (!result) {
        fault_move(&f, &s.fault);
        if (!f.code)
            fault_set(&f, DVO_EPROTO, "the driver's result cannot be evaluated");
        sequence_end(q, &f);
        return;
    }
    const json_t *old = sequence_before(q)->result;
    json_t *old_key = json_object_get(old, "host_key");
    const json_t *key = json_object_get(result, "host_key");
    bool same = json_is_string(old_key) &&
                json_equal(json_object_get(old, "id"), json_object_get(result, "id"));
    /* Where the provider does not tell it, it is what it was. */
    if (same && !json_is_string(key)) {
        json_object_set(result, "host_key", old_key);
    } else if (same && !q->created && !json_equal(old_key, key)) {
        fault_set(&f, DVO_EAUTH,
                  "the host key of this machine has changed since the last run");
        json_decref(result);
        sequence_end(q, &f);
        return;
    }
    struct recipe kept = recipe_make(r, q->op, q->entry);
    r->ops[q->op].before.created |= q->created;
    r->ops[q->op].thing = &kept.thing;
    run_op_done(r, q->op, q->created || q->changed, result);
    r->ops[q->op].thing = NULL;
    recipe_free(&kept);
    sequence_free(q);
}

/* --- faults ----------------------------------------------------------------------------
 */

static bool sequence_creating(const struct sequence *q)
{
    return q->stage == STAGE_CREATE ||
           ((q->stage == STAGE_BEFORE || q->stage == STAGE_AFTER) &&
            q->part == PART_CREATE);
}

/* The thing at work. */
static const json_t *sequence_thing(const struct sequence *q)
{
    return q->stage == STAGE_BEFORE || q->stage == STAGE_AFTER
               ? json_array_get(
                     sequence_list(q, q->stage == STAGE_BEFORE ? "before" : "after"),
                     q->index)
               : q->lists;
}

/* Whether a creation that failed so may have been carried out all the same. What nothing
 * explains need not be of the service that was asked. */
static bool answer_lost(const struct fault *f)
{
    bool refused = f->status >= 400 && f->status < 500 && f->status != 408 &&
                   f->code != DVO_EUNKNOWN;
    return !refused && (f->status || f->code != DVO_EUNREACH);
}

/* Whether this thing was made is not known: it may appear a little later. */
static void sequence_doubt(struct sequence *q, const json_t *thing)
{
    q->doubt = thing;
    q->doubt_since = loop_now();
    q->patience = PATIENCE_PAUSE_MS;
}

static void sequence_retry(struct sequence *q, struct fault *f)
{
    struct run *r = q->run;
    const json_t *thing = sequence_thing(q);
    bool lost = sequence_creating(q) && q->phase.asked && answer_lost(f);
    bool blind = lost && !json_array_size(json_object_get(thing, "lookup"));
    int64_t pause;
    if (lost && !blind)
        sequence_doubt(q, thing);
    /* What came back was no answer: the lookup tells what became of it. */
    if (lost && !blind && f->code == DVO_EPROTO && q->retry.left > 0 && !r->stopping) {
        q->retry.left--;
        fault_free(f);
        sequence_begin(q);
        return;
    }
    /* Without a way to look it up, a creation whose answer was lost must not be repeated.
     */
    if (!blind && !r->stopping && retry_again(&q->retry, f, &pause) &&
        (!q->phase.deadline || loop_now() + pause < q->phase.deadline)) {
        progress_note(r->progress, q->op, f->message);
        fault_free(f);
        loop_timer(r->loop, pause, sequence_begin, q);
        return;
    }
    if (blind && !f->help)
        f->help = xstrdup("the call may have been carried out all the same, and the "
                          "provider cannot be asked by key: check there whether it "
                          "exists");
    bool maybe = lost || q->doubt || q->created || q->parts || q->found;
    if (q->begun && q->stage <= STAGE_CREATE && !maybe) {
        struct fault ignored = {0}; /* nothing was made: there is no intent any more */
        state_refuse(r->state, r->plan->ops[q->op].address, &ignored);
        fault_free(&ignored);
    }
    sequence_end(q, f);
}

static void sequence_undone(void *ctx, struct fault *fault)
{
    struct sequence *q = ctx;
    struct fault f = {0}, ignored = {0};
    fault_move(&f, &q->held);
    json_decref(q->id);
    q->id = NULL;
    if (fault) {
        struct buf text = {0};
        buf_printf(&text, "%s; and it could not be deleted: %s", f.message,
                   fault->message);
        free(f.message);
        f.message = buf_steal(&text);
        f.final = true;
        fault_free(fault);
        sequence_end(q, &f);
        return;
    }
    if (q->stage == STAGE_CREATE || q->stage == STAGE_READY) {
        q->created = false;
        state_identify(q->run->state, q->run->plan->ops[q->op].address, NULL, &ignored);
        q->stage = STAGE_CREATE;
        q->phase.asked = false; /* what was made is gone: no answer is missing */
    }
    fault_free(&ignored);
    sequence_retry(q, &f);
}

/* What this run made has failed: it must not stay. */
static void sequence_failed(struct sequence *q, struct fault *f)
{
    bool part = q->stage == STAGE_BEFORE || q->stage == STAGE_AFTER;
    bool broken = q->phase.failed && (part ? q->made : q->created);
    bool half = q->stage == STAGE_CREATE && q->id;
    if (f->code == DVO_ENOENT && q->stage == STAGE_READY && q->reused) {
        q->reused = false; /* it went since the whole plan was looked at */
        fault_free(f);
        sequence_begin(q);
        return;
    }
    if (!broken && !half) {
        sequence_retry(q, f);
        return;
    }
    fault_move(&q->held, f);
    struct removal what = {.thing = sequence_thing(q),
                           .vars = q->vars,
                           .retries = sequence_retries(q),
                           .undo = true,
                           .found = true};
    removal_start(q->run, &what, sequence_undone, q);
}

/* --- the main thing --------------------------------------------------------------------
 */

static bool sequence_intend(struct sequence *q, struct fault *f)
{
    const struct plan_op *op = &q->run->plan->ops[q->op];
    if (q->begun)
        return true;
    q->begun = true;
    struct recipe kept = recipe_make(q->run, q->op, q->entry);
    bool ok = state_begin(q->run->state, op->address, op->call, &kept.thing, f);
    recipe_free(&kept);
    return ok;
}

/* The id is in the state before anything else is done with the thing. */
static void sequence_extracted(void *ctx)
{
    struct sequence *q = ctx;
    json_t *id = json_object_get(q->vars, "id");
    struct fault f = {0};
    if (q->stage != STAGE_CREATE || !id || q->id)
        return;
    q->id = json_incref(id);
    if (!state_identify(q->run->state, q->run->plan->ops[q->op].address, id, &f))
        progress_say(q->run->progress, "%s", f.message);
    fault_free(&f);
}

static void sequence_absent_gone(void *ctx, struct fault *fault)
{
    struct sequence *q = ctx;
    q->changed = true;
    if (fault)
        sequence_end(q, fault);
    else
        sequence_finish(q);
}

static void sequence_found(struct sequence *q)
{
    struct fault f = {0};
    const struct state_op *before = sequence_before(q);
    q->found = true;
    if (json_is_true(sequence_list(q, "absent"))) {
        struct removal what = {.thing = q->lists,
                               .vars = q->vars,
                               .retries = sequence_retries(q),
                               .found = true,
                               .every = true};
        if (sequence_intend(q, &f))
            removal_start(q->run, &what, sequence_absent_gone, q);
        else
            sequence_end(q, &f);
        return;
    }
    if (!q->begun && !adoption_check(q->run, q->op, q->entry, q->vars, &f)) {
        sequence_end(q, &f);
        return;
    }
    if (q->doubt == q->lists)
        q->doubt = NULL;
    /* An intent without a result, of this run or an earlier one, was carried out after
     * all. */
    q->created |= json_array_size(sequence_list(q, "create")) &&
                  (q->begun || before->status == STATE_STARTED) && !before->created;
    q->changed |= before->status == STATE_STARTED;
    sequence_enter(q, STAGE_BEFORE);
}

static void sequence_orphan_gone(void *ctx, struct fault *fault)
{
    struct sequence *q = ctx;
    if (fault) {
        sequence_end(q, fault);
        return;
    }
    json_object_del(q->vars, "id");
    sequence_enter(q, STAGE_RESOLVE);
}

/* What has an id, but not yet the mark that lookups find, is no use to anybody. */
static bool sequence_remove_orphan(struct sequence *q)
{
    const struct state_op *before = sequence_before(q);
    json_t *id = q->id ? q->id : json_object_get(before->result, "id");
    if (before->status != STATE_STARTED || q->begun || !id)
        return false;
    json_object_set(q->vars, "id", id);
    struct removal what = {.thing = q->lists,
                           .vars = q->vars,
                           .retries = sequence_retries(q),
                           .undo = true,
                           .found = true};
    removal_start(q->run, &what, sequence_orphan_gone, q);
    return true;
}

/* Whether a thing that was not found may still appear; then it is looked up again. */
static bool sequence_patient(struct sequence *q, const json_t *thing)
{
    if (q->doubt != thing || q->run->stopping)
        return false;
    if (loop_now() - q->doubt_since > SEQUENCE_PATIENCE_MS) {
        q->doubt = NULL;
        return false;
    }
    progress_note(q->run->progress, q->op, "waiting whether it appears");
    loop_timer(q->run->loop, q->patience, sequence_begin, q);
    q->patience += q->patience / 2;
    return true;
}

static void sequence_missing(struct sequence *q)
{
    struct fault f = {0};
    if (json_is_true(sequence_list(q, "absent"))) {
        sequence_finish(q);
        return;
    }
    if (!json_array_size(sequence_list(q, "create"))) {
        fault_set(&f, DVO_ENOENT, "the provider has no such thing");
        sequence_end(q, &f);
        return;
    }
    /* An earlier run was stopped while it waited for the answer. */
    if (sequence_before(q)->status == STATE_STARTED && !q->begun && !q->doubt_since)
        sequence_doubt(q, q->lists);
    if (!sequence_patient(q, q->lists) && !sequence_remove_orphan(q))
        sequence_enter(q, STAGE_RESOLVE);
}

/* There is nothing to look it up by. */
static void sequence_blind(struct sequence *q)
{
    struct run *r = q->run;
    const struct state_op *before = sequence_before(q);
    json_t *id = json_object_get(before->result, "id");
    struct fault f = {0};
    bool creates = json_array_size(sequence_list(q, "create"));
    if (!creates) {
        sequence_enter(q, STAGE_READY);
    } else if (id) {
        json_object_set(q->vars, "id", id);
        sequence_found(q);
    } else if (before->status == STATE_STARTED && !q->begun) {
        state_refuse(r->state, r->plan->ops[q->op].address, &f);
        fault_set(&f, DVO_EUNKNOWN,
                  "an earlier run was stopped while it created this, and the provider "
                  "cannot be asked by key; check there whether it exists. The next run "
                  "creates it");
        sequence_end(q, &f);
    } else {
        sequence_enter(q, STAGE_RESOLVE);
    }
}

/* --- one phase after the other ---------------------------------------------------------
 */

static void sequence_created(struct sequence *q)
{
    q->created = q->changed = true;
    q->doubt = NULL;
    sequence_enter(q, STAGE_READY);
}

static void sequence_part_ended(struct sequence *q)
{
    if (q->part == PART_READY) {
        q->index++;
        q->part = PART_LOOKUP;
        q->made = false;
    } else {
        q->made |= q->part == PART_CREATE;
        q->changed |= q->made;
        q->parts |= q->made;
        q->part = PART_READY;
    }
    sequence_part(q);
}

static void sequence_phase_ended(void *ctx, enum phase_end end, struct fault *f)
{
    struct sequence *q = ctx;
    bool part = q->stage == STAGE_BEFORE || q->stage == STAGE_AFTER;
    bool looking = q->stage == STAGE_LOOKUP || (part && q->part == PART_LOOKUP);
    if (end == PHASE_SKIPPED) {
        run_op_skipped(q->run, q->op);
        sequence_free(q);
    } else if (end == PHASE_FAULT && looking && q->phase.absent) {
        fault_free(f);
        if (!part) {
            sequence_missing(q);
        } else if (!sequence_patient(q, sequence_thing(q))) {
            q->part = PART_CREATE;
            sequence_part(q);
        }
    } else if (end == PHASE_FAULT) {
        sequence_failed(q, f);
    } else if (part) {
        sequence_part_ended(q);
    } else if (q->stage == STAGE_LOOKUP) {
        sequence_found(q);
    } else if (q->stage == STAGE_CREATE) {
        sequence_created(q);
    } else {
        sequence_enter(q, q->stage + 1);
    }
}

/* Goes on with the things before or after the main one. */
static void sequence_part(struct sequence *q)
{
    static const char *const names[] = {"lookup", "create", "ready"};
    const json_t *thing = sequence_thing(q);
    struct fault f = {0};
    if (!thing) {
        sequence_enter(q, q->stage + 1);
        return;
    }
    /* What cannot be looked up was made together with the main thing. */
    if (q->part == PART_LOOKUP && !json_array_size(json_object_get(thing, "lookup")))
        q->part = q->found ? PART_READY : PART_CREATE;
    const struct state_op *before = sequence_before(q);
    bool ours = !q->found || q->created || before->created;
    if (q->part == PART_CREATE && ours && !sequence_intend(q, &f)) {
        sequence_end(q, &f);
        return;
    }
    phase_start(&q->phase, json_object_get(thing, names[q->part]));
}

static void sequence_enter(struct sequence *q, enum stage stage)
{
    static const char *const names[] = {"lookup", "resolve", NULL, "create", "ready"};
    const struct state_op *before = sequence_before(q);
    struct fault f = {0};
    q->stage = stage;
    q->index = 0;
    q->part = PART_LOOKUP;
    q->made = false;
    bool known = stage == STAGE_LOOKUP && !q->begun && before->status == STATE_DONE;
    q->phase.id = known ? json_object_get(before->result, "id") : NULL;
    if (stage > STAGE_AFTER) {
        sequence_finish(q);
    } else if (stage == STAGE_CREATE && q->found) {
        sequence_enter(q, STAGE_READY);
    } else if (stage == STAGE_BEFORE && !q->found && !sequence_intend(q, &f)) {
        sequence_end(q, &f);
    } else if (stage == STAGE_BEFORE || stage == STAGE_AFTER) {
        sequence_part(q);
    } else {
        phase_start(&q->phase, sequence_list(q, names[stage]));
    }
}

static void provider_known(void *ctx, struct fault *fault)
{
    struct sequence *q = ctx;
    if (fault) {
        sequence_end(q, fault);
        return;
    }
    switch (q->begun ? PREFLIGHT_UNKNOWN : preflight_take(q->run, q->op, q->vars)) {
    case PREFLIGHT_FOUND:
        q->reused = true;
        sequence_found(q);
        return;
    case PREFLIGHT_RESOLVED:
        if (sequence_before(q)->status != STATE_STARTED) {
            sequence_enter(q, STAGE_BEFORE);
            return;
        }
        break;
    case PREFLIGHT_UNKNOWN: break;
    }
    if (json_array_size(sequence_list(q, "lookup")))
        sequence_enter(q, STAGE_LOOKUP);
    else
        sequence_blind(q);
}

static void sequence_begin(void *ctx)
{
    struct sequence *q = ctx;
    json_object_clear(q->vars);
    json_decref(q->id);
    q->id = NULL;
    q->found = false;
    q->stage = STAGE_LOOKUP;
    provider_ready(q->run, provider_known, q);
}

/* --- the beginning ---------------------------------------------------------------------
 */

/* What was known of the thing, and of what was done on it, is past. */
static void sequence_forget(struct sequence *q)
{
    struct run *r = q->run;
    struct fault f = {0};
    bool ok = true;
    for (uint32_t i = 1; ok && i <= r->plan->nops; i++) {
        if (i != q->op && r->plan->ops[i].subject != q->op)
            continue;
        ok = state_forget(r->state, r->plan->ops[i].address, &f);
        state_op_free(&r->ops[i].before);
    }
    if (!ok)
        progress_say(r->progress, "%s", f.message);
    fault_free(&f);
}

static void sequence_replaced(void *ctx, struct fault *fault)
{
    struct sequence *q = ctx;
    if (fault) {
        sequence_end(q, fault);
        return;
    }
    sequence_forget(q);
    preflight_forget(q->run, q->op);
    sequence_begin(q);
}

/* It is deleted as it was made, where the state knows how. */
static void sequence_replace(struct sequence *q)
{
    struct run *r = q->run;
    json_t *id = json_object_get(sequence_before(q)->result, "id"), *recipe;
    struct fault f = {0};
    if (r->plan->ops[q->op].protect) {
        fault_set(&f, DVO_EPERM, "it is protected: --replace would delete it");
        f.argument = xstrdup("protect");
        sequence_end(q, &f);
        return;
    }
    if (!state_recipe(r->state, r->plan->ops[q->op].address, &recipe, &f)) {
        sequence_end(q, &f);
        return;
    }
    const json_t *sequences = recipe ? json_object_get(recipe, "sequences") : q->lists;
    removal_of_all(r, json_incref((json_t *)(uintptr_t)sequences), id,
                   sequence_retries(q), sequence_replaced, q);
    json_decref(recipe);
}

void sequence_start(struct run *r, uint32_t op)
{
    struct sequence *q = xcalloc(1, sizeof *q);
    struct fault f = {0};
    q->run = r;
    q->op = op;
    q->entry = calls_entry(r->plan, op, &f);
    q->lists = json_object_get(q->entry, "sequences");
    q->vars = json_object();
    q->retry = retry_begin(r->plan->ops[op].retries);
    q->phase = (struct phase){.run = r,
                              .vars = q->vars,
                              .any = json_is_true(sequence_list(q, "absent")),
                              .known = sequence_list(q, "known"),
                              .deadline = phase_deadline(r, op),
                              .done = sequence_phase_ended,
                              .extracted = sequence_extracted,
                              .ctx = q};
    run_op_started(r, op);
    if (!q->entry)
        sequence_end(q, &f);
    else if (select_replaced(r, op))
        sequence_replace(q);
    else
        sequence_begin(q);
}
