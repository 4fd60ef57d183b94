/* A thing's turn comes when all that needs it is gone. What is in use by something that
 * the state knows nothing of gets another turn after each deletion. */
#include "runtime/teardown.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/identity.h"
#include "runtime/looking.h"
#include "runtime/removal.h"
#include "runtime/report.h"
#include "runtime/sequence.h"

/* What is asked together should be under way together. */
#define MOST_AT_ONCE 64

enum turn {
    TURN_WAITS,
    TURN_READY,
    TURN_RUNS,
    TURN_BUSY,
    TURN_GONE,
    TURN_FAILED,
    TURN_BLOCKED
};

struct tearing {
    struct run *run;
    const struct things *things;
    struct turn_of {
        struct tearing *of;
        size_t thing, owner; /* index; among its needs: the one that is looked at */
        enum turn turn;
        size_t users; /* that are to go before it */
        struct fault fault;
        json_t *recipe, *vars;
    } * v;
    struct {
        size_t *v;
        size_t n, cap;
    } ready, busy;
    const char *provider; /* of this round, or NULL */
    size_t running;
    struct teardown_result result;
};

static const struct thing *thing_of(const struct turn_of *x)
{
    return &x->of->things->v[x->thing];
}

/* Progress knows plan's ops by smaller numbers. */
static uint32_t number_of(const struct turn_of *x)
{
    return x->of->run->plan->nops + 1 + (uint32_t)x->thing;
}

static void turn_ready(struct tearing *t, size_t i)
{
    t->v[i].turn = TURN_READY;
    *vec_push(&t->ready) = i;
}

/* --- ends ------------------------------------------------------------------------------
 */

static void turn_end(struct turn_of *x, enum turn turn)
{
    x->turn = turn;
    x->of->running--;
    json_decref(x->recipe);
    json_decref(x->vars);
    x->recipe = x->vars = NULL;
}

static void turn_block_needs(struct turn_of *x)
{
    const struct thing *thing = thing_of(x);
    struct run *r = x->of->run;
    for (size_t i = 0; i < thing->needs.n; i++) {
        struct turn_of *y = &x->of->v[thing->needs.v[i]];
        if (y->turn != TURN_WAITS)
            continue;
        y->turn = TURN_BLOCKED;
        fault_set(&y->fault, DVO_EDEP, "%s, which needs it, is still there",
                  thing->row.address);
        x->of->result.blocked++;
        progress_end(r->progress, number_of(y), thing_of(y)->row.address, "left",
                     y->fault.message);
        events_write(r->events, "blocked", thing_of(y)->row.address, false, &y->fault);
        turn_block_needs(y);
    }
}

static void turn_failed(struct turn_of *x)
{
    const struct thing *thing = thing_of(x);
    struct run *r = x->of->run;
    run_redact(r, thing->op, &x->fault);
    x->of->result.failed++;
    progress_end(r->progress, number_of(x), thing->row.address, "failed",
                 x->fault.message);
    events_write(r->events, "failed", thing->row.address, false, &x->fault);
    report_thing(r, thing->row.address, thing->op, &x->fault);
    turn_block_needs(x);
}

/* The busy ones may be free now. */
static void turns_again(struct tearing *t)
{
    for (size_t i = 0; i < t->busy.n; i++)
        turn_ready(t, t->busy.v[i]);
    t->busy.n = 0;
}

static void turn_gone(struct turn_of *x)
{
    struct tearing *t = x->of;
    const struct thing *thing = thing_of(x);
    struct fault f = {0};
    if (!thing_forget(t->run, t->things, thing, &f)) {
        fault_move(&x->fault, &f);
        turn_end(x, TURN_FAILED);
        turn_failed(x);
        return;
    }
    turn_end(x, TURN_GONE);
    t->result.gone++;
    progress_end(t->run->progress, number_of(x), thing->row.address, "deleted", NULL);
    events_write(t->run->events, "deleted", thing->row.address, true, NULL);
    for (size_t i = 0; i < thing->needs.n; i++) {
        struct turn_of *y = &t->v[thing->needs.v[i]];
        if (y->turn == TURN_WAITS && --y->users == 0)
            turn_ready(t, thing->needs.v[i]);
    }
    turns_again(t);
}

/* --- a thing that is not found where it would be ---------------------------------------
 */

static void turn_owner(struct turn_of *x);

/* With what it belongs to, it is gone, too. */
static void turn_owner_seen(void *ctx, const struct look *l)
{
    struct turn_of *x = ctx;
    if (!l->found && !l->blind && !l->fault) {
        fault_free(&x->fault);
        turn_gone(x);
        return;
    }
    if (l->fault)
        fault_free(l->fault);
    x->owner++;
    turn_owner(x);
}

/* Looks whether one of the things that it needs is gone. */
static void turn_owner(struct turn_of *x)
{
    const struct thing *thing = thing_of(x);
    struct run *r = x->of->run;
    for (; x->owner < thing->needs.n; x->owner++) {
        struct fault f = {0};
        const struct thing *owner = &x->of->things->v[thing->needs.v[x->owner]];
        json_t *recipe = thing_recipe(r, owner, &f);
        fault_free(&f);
        if (recipe) {
            json_t *id = json_object_get(owner->row.result, "id");
            look_start(r, recipe, id, false, 0, turn_owner_seen, x);
            return;
        }
    }
    turn_end(x, TURN_FAILED);
    turn_failed(x);
}

static void turn_removed(void *ctx, struct fault *fault)
{
    struct turn_of *x = ctx;
    struct tearing *t = x->of;
    if (!fault) {
        turn_gone(x);
        return;
    }
    fault_free(&x->fault);
    fault_move(&x->fault, fault);
    if (x->fault.code == DVO_ENOENT) {
        x->owner = 0;
        turn_owner(x);
    } else if (x->fault.code == DVO_EBUSY && !t->run->stopping &&
               (t->running > 1 || t->ready.n)) {
        turn_end(x, TURN_BUSY);
        progress_note(t->run->progress, number_of(x), "in use, waiting for the others");
        *vec_push(&t->busy) = x->thing;
    } else {
        turn_end(x, TURN_FAILED);
        turn_failed(x);
    }
}

/* --- the deletion of one ---------------------------------------------------------------
 */

static void turn_remove(struct turn_of *x)
{
    const struct thing *thing = thing_of(x);
    json_t *sequences = json_object_get(x->recipe, "sequences");
    json_t *id = json_object_get(thing->row.result, "id");
    removal_of_all(x->of->run, json_incref(sequences), id, -1, turn_removed, x);
}

static void turn_orphan_gone(void *ctx, struct fault *fault)
{
    if (fault)
        turn_removed(ctx, fault);
    else
        turn_remove(ctx); /* what else was begun */
}

/* What has an id, but not yet the mark that lookups find. */
static void turn_remove_orphan(struct turn_of *x, const json_t *id)
{
    x->vars = json_pack("{s:O}", "id", id);
    struct removal what = {.thing = json_object_get(x->recipe, "sequences"),
                           .vars = x->vars,
                           .retries = -1,
                           .undo = true,
                           .found = true};
    removal_start(x->of->run, &what, turn_orphan_gone, x);
}

/* What may have been begun a moment ago. */
static void turn_looked(void *ctx, const struct look *l)
{
    struct turn_of *x = ctx;
    const json_t *id = json_object_get(thing_of(x)->row.result, "id");
    if (l->fault)
        turn_removed(x, l->fault);
    else if (l->blind && !id) {
        struct fault f = {0};
        fault_set(&f, DVO_EUNKNOWN,
                  "whether it was made is not known, and the provider cannot be asked "
                  "by key");
        f.help = xstrdup("check there whether it exists");
        turn_removed(x, &f);
    } else if (!l->found && !l->blind && id) {
        turn_remove_orphan(x, id);
    } else {
        turn_remove(x);
    }
}

static void turn_begin(struct tearing *t, size_t i)
{
    struct turn_of *x = &t->v[i];
    const struct thing *thing = thing_of(x);
    bool begun = !thing->row.created && thing->row.status != STATE_DONE;
    struct fault f = {0};
    bool again = x->fault.code;
    fault_free(&x->fault);
    x->turn = TURN_RUNS;
    t->running++;
    if (!again)
        progress_start(t->run->progress, number_of(x), thing->row.address,
                       thing->row.title ? thing->row.title : thing->row.call);
    x->recipe = thing_recipe(t->run, thing, &f);
    if (f.code)
        turn_removed(x, &f);
    else if (!x->recipe)
        turn_gone(x); /* of a call that deletes: there is nothing to undo */
    else if (begun)
        look_start(t->run, json_incref(x->recipe), NULL, false,
                   thing->row.status == STATE_STARTED ? loop_now() + SEQUENCE_PATIENCE_MS
                                                      : 0,
                   turn_looked, x);
    else
        turn_remove(x);
}

/* --- all of one provider ---------------------------------------------------------------
 */

/* NULL: the plan's, of rows that do not say. */
static bool same_provider(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static bool of_round(const struct tearing *t, size_t i)
{
    return t->things->v[i].fate == THING_GOES &&
           same_provider(t->things->v[i].row.provider, t->provider);
}

static void round_count(struct tearing *t)
{
    for (size_t i = 0; i < t->things->n; i++) {
        const struct thing *thing = &t->things->v[i];
        for (size_t k = 0; of_round(t, i) && k < thing->needs.n; k++)
            if (of_round(t, thing->needs.v[k]))
                t->v[thing->needs.v[k]].users++;
    }
    for (size_t i = 0; i < t->things->n; i++)
        if (of_round(t, i) && !t->v[i].users)
            turn_ready(t, i);
}

/* The latest of those that wait for each other, or none. */
static bool round_break_ring(struct tearing *t)
{
    for (size_t i = t->things->n; i-- > 0;)
        if (of_round(t, i) && t->v[i].turn == TURN_WAITS) {
            turn_ready(t, i);
            return true;
        }
    return false;
}

static void round_give_up_busy(struct tearing *t)
{
    while (t->busy.n) {
        struct turn_of *x = &t->v[t->busy.v[--t->busy.n]];
        x->turn = TURN_FAILED;
        turn_failed(x);
    }
}

static void round_run(struct tearing *t)
{
    round_count(t);
    for (;;) {
        while (t->ready.n && t->running < MOST_AT_ONCE && !t->run->stopping)
            turn_begin(t, t->ready.v[--t->ready.n]);
        if (t->running) {
            loop_step(t->run->loop);
        } else if (t->run->stopping) {
            break;
        } else if (!t->ready.n) {
            round_give_up_busy(t);
            if (!round_break_ring(t))
                break;
        }
    }
    round_give_up_busy(t);
}

static void round_unreadable(struct tearing *t, struct fault *f)
{
    for (size_t i = 0; i < t->things->n; i++)
        if (of_round(t, i)) {
            t->v[i].turn = TURN_FAILED;
            fault_copy(&t->v[i].fault, f);
            turn_failed(&t->v[i]);
        }
}

/* Nothing is asked for where the things are not: none of them would be found. */
static void round_misplaced(struct tearing *t, struct fault *f)
{
    events_write(t->run->events, "problem", NULL, false, f);
    t->result.status = report_fault(f);
}

static void round_of(struct tearing *t, const char *provider)
{
    struct fault f = {0};
    t->provider = provider;
    if (!things_speak(t->run, provider, &f))
        round_unreadable(t, &f);
    else if (identity_holds(t->run, &f))
        round_run(t);
    else
        round_misplaced(t, &f);
    fault_free(&f);
}

static bool round_was(const struct tearing *t, size_t i)
{
    const struct thing *v = t->things->v;
    for (size_t k = t->things->n; k-- > i + 1;)
        if (v[k].fate == THING_GOES &&
            same_provider(v[i].row.provider, v[k].row.provider))
            return true;
    return false;
}

struct teardown_result teardown(struct run *r, const struct things *things)
{
    struct tearing t = {.run = r, .things = things};
    t.v = xcalloc(things->n + 1, sizeof *t.v);
    for (size_t i = 0; i < things->n; i++)
        t.v[i] = (struct turn_of){.of = &t, .thing = i};
    for (size_t i = things->n; i-- > 0 && !r->stopping && !t.result.status;)
        if (things->v[i].fate == THING_GOES && !round_was(&t, i))
            round_of(&t, things->v[i].row.provider);
    for (size_t i = 0; i < things->n; i++) {
        if (t.v[i].turn == TURN_FAILED && !t.result.status)
            t.result.status = error_status(t.v[i].fault.code);
        fault_free(&t.v[i].fault);
    }
    free(t.v);
    free(t.ready.v);
    free(t.busy.v);
    return t.result;
}
