/* A removal is one thing's; a deletion is the removals of all things of an op. What is in
 * use or cannot be asked for is tried again, as the op's policy allows. */
#include "runtime/removal.h"

#include <stdlib.h>

#include "ir/base/arena.h"
#include "runtime/phase.h"
#include "runtime/provider.h"
#include "runtime/retry.h"

#define GONE_DEADLINE_MS 300000
#define GONE_PAUSE_MS 300
#define GONE_PAUSE_MOST_MS 2400 /* doubled some times */
#define IN_USE_MS 60000
#define IN_USE_PAUSE_MS 500
#define IN_USE_PAUSE_MOST_MS 5000

enum removal_stage { REMOVAL_LOOKUP, REMOVAL_DELETE, REMOVAL_GONE };

struct removing {
    struct run *run;
    struct removal what;
    enum removal_stage stage;
    struct phase phase;
    struct retry retry;
    json_t *id; /* of what has been deleted */
    int64_t gone_since, pause;
    int64_t busy_since, busy_pause; /* while it is in use */
    removal_fn *done;
    void *ctx;
};

static void removing_go(void *ctx);

static void removing_end(struct removing *m, struct fault *f)
{
    removal_fn *done = m->done;
    void *ctx = m->ctx;
    json_decref(m->id);
    free(m);
    done(ctx, f && f->code ? f : NULL);
}

static bool has(const struct removing *m, const char *list)
{
    return json_array_size(json_object_get(m->what.thing, list));
}

/* The delete calls have been answered. */
static void removing_deleted(struct removing *m)
{
    if (!has(m, "lookup")) {
        removing_end(m, NULL);
        return;
    }
    json_decref(m->id);
    m->id = json_incref(json_object_get(m->what.vars, "id"));
    m->stage = REMOVAL_GONE;
    m->gone_since = loop_now();
    m->pause = GONE_PAUSE_MS;
    removing_go(m);
}

/* It is still there, or another one is. */
static void removing_found(struct removing *m)
{
    struct fault f = {0};
    if (m->stage == REMOVAL_LOOKUP ||
        (m->what.every && !json_equal(m->id, json_object_get(m->what.vars, "id")))) {
        m->stage = REMOVAL_DELETE;
        removing_go(m);
    } else if (loop_now() - m->gone_since > GONE_DEADLINE_MS || m->run->stopping) {
        if (m->run->stopping)
            fault_set(&f, DVO_ECANCELED, "stopped while it was being deleted");
        else
            fault_set(&f, DVO_ETIMEDOUT, "it was deleted, but is still there");
        f.final = true;
        removing_end(m, &f);
    } else {
        loop_timer(m->run->loop, phase_grid(m->pause), removing_go, m);
        m->pause = m->pause * 2 < GONE_PAUSE_MOST_MS ? m->pause * 2 : GONE_PAUSE_MOST_MS;
    }
}

/* Whether what is in use may soon be free. */
static bool removing_in_use(struct removing *m, const struct fault *f, int64_t *pause)
{
    if (f->code != DVO_EBUSY || m->stage != REMOVAL_DELETE)
        return false;
    if (!m->busy_since) {
        m->busy_since = loop_now();
        m->busy_pause = IN_USE_PAUSE_MS;
    }
    *pause = m->busy_pause;
    m->busy_pause = m->busy_pause * 2 < IN_USE_PAUSE_MOST_MS ? m->busy_pause * 2
                                                             : IN_USE_PAUSE_MOST_MS;
    return loop_now() - m->busy_since < IN_USE_MS;
}

static void removing_phase_ended(void *ctx, enum phase_end end, struct fault *f)
{
    struct removing *m = ctx;
    int64_t pause;
    if (end == PHASE_FAULT && m->phase.absent) {
        fault_free(f);
        if (m->stage == REMOVAL_DELETE)
            removing_deleted(m);
        else
            removing_end(m, NULL);
    } else if (end == PHASE_SKIPPED || m->phase.lacked) {
        removing_end(m, NULL); /* what it would belong to is not there */
    } else if (end == PHASE_FAULT) {
        /* A call that was not answered may have been carried out: it is looked up. */
        if (m->run->stopping ||
            (!removing_in_use(m, f, &pause) && !retry_again(&m->retry, f, &pause))) {
            removing_end(m, f);
            return;
        }
        fault_free(f);
        if (m->stage == REMOVAL_DELETE && has(m, "lookup"))
            m->stage = REMOVAL_LOOKUP;
        loop_timer(m->run->loop, pause, removing_go, m);
    } else if (m->stage == REMOVAL_DELETE) {
        removing_deleted(m);
    } else {
        removing_found(m);
    }
}

static void removing_go(void *ctx)
{
    struct removing *m = ctx;
    const char *list = m->stage != REMOVAL_DELETE       ? "lookup"
                       : m->what.undo && has(m, "undo") ? "undo"
                                                        : "delete";
    m->phase.lenient = m->stage != REMOVAL_DELETE;
    m->phase.id = m->stage == REMOVAL_LOOKUP ? json_object_get(m->what.vars, "id") : NULL;
    phase_start(&m->phase, json_object_get(m->what.thing, list));
}

void removal_start(struct run *r, const struct removal *what, removal_fn *done, void *ctx)
{
    struct removing *m = xcalloc(1, sizeof *m);
    *m = (struct removing){.run = r, .what = *what, .done = done, .ctx = ctx};
    m->retry = retry_begin(what->retries);
    m->phase = (struct phase){.run = r,
                              .vars = what->vars,
                              .frozen = true,
                              .any = what->every,
                              .known = json_object_get(what->thing, "known"),
                              .done = removing_phase_ended,
                              .ctx = m};
    if (!has(m, "delete") && !(what->undo && has(m, "undo"))) {
        removing_end(m, NULL);
        return;
    }
    m->stage = what->found || !has(m, "lookup") ? REMOVAL_DELETE : REMOVAL_LOOKUP;
    removing_go(m);
}

/* --- everything that an op made --------------------------------------------------------
 */

struct deletion {
    struct run *run;
    int retries;
    json_t *vars, *sequences;
    struct phase phase;
    struct retry retry;
    size_t left; /* of the things in the order of their creation */
    size_t at;   /* the thing that is looked for before anything is deleted */
    removal_fn *done;
    void *ctx;
};

static void deletion_next(struct deletion *d);

static void deletion_end(struct deletion *d, struct fault *f)
{
    removal_fn *done = d->done;
    void *ctx = d->ctx;
    json_decref(d->vars);
    json_decref(d->sequences);
    free(d);
    done(ctx, f);
}

static void deletion_removed(void *ctx, struct fault *f)
{
    if (f)
        deletion_end(ctx, f);
    else
        deletion_next(ctx);
}

/* The things before the main one, it, and those after it. */
static const json_t *deletion_thing(const struct deletion *d, size_t i)
{
    const json_t *before = json_object_get(d->sequences, "before");
    size_t n = json_array_size(before);
    return i < n    ? json_array_get(before, i)
           : i == n ? d->sequences
                    : json_array_get(json_object_get(d->sequences, "after"), i - n - 1);
}

static void deletion_next(struct deletion *d)
{
    if (d->left == 0) {
        deletion_end(d, NULL);
        return;
    }
    struct removal what = {
        .thing = deletion_thing(d, --d->left), .vars = d->vars, .retries = d->retries};
    removal_start(d->run, &what, deletion_removed, d);
}

static size_t deletion_main(const struct deletion *d)
{
    return json_array_size(json_object_get(d->sequences, "before"));
}

static void deletion_look(void *ctx)
{
    struct deletion *d = ctx;
    if (d->at < d->left) {
        d->phase.known = json_object_get(deletion_thing(d, d->at), "known");
        phase_start(&d->phase, json_object_get(deletion_thing(d, d->at), "lookup"));
    } else
        deletion_next(d);
}

/* What is found of a thing is what those after it are found by. */
static void deletion_looked(void *ctx, enum phase_end end, struct fault *f)
{
    struct deletion *d = ctx;
    bool missing = end == PHASE_FAULT && d->phase.absent;
    int64_t pause;
    if (end == PHASE_FAULT && !missing) {
        if (d->run->stopping || !retry_again(&d->retry, f, &pause)) {
            deletion_end(d, f);
            return;
        }
        fault_free(f);
        loop_timer(d->run->loop, pause, deletion_look, d);
        return;
    }
    fault_free(f);
    if (missing && d->at == deletion_main(d) && !json_object_get(d->vars, "id"))
        d->left = d->at + 1; /* nothing can belong to it */
    d->at++;
    deletion_look(d);
}

static void deletion_ready(void *ctx, struct fault *fault)
{
    struct deletion *d = ctx;
    if (fault) {
        deletion_end(d, fault);
    } else if (d->left > deletion_main(d) + 1) {
        d->at = deletion_main(d);
        deletion_look(d);
    } else {
        deletion_next(d);
    }
}

void removal_of_all(struct run *r, json_t *sequences, json_t *id, int retries,
                    removal_fn *done, void *ctx)
{
    struct deletion *d = xcalloc(1, sizeof *d);
    *d = (struct deletion){.run = r,
                           .retries = retries,
                           .vars = json_object(),
                           .sequences = sequences,
                           .retry = retry_begin(retries),
                           .done = done,
                           .ctx = ctx};
    d->left = json_array_size(json_object_get(d->sequences, "before")) + 1 +
              json_array_size(json_object_get(d->sequences, "after"));
    d->phase = (struct phase){.run = r,
                              .vars = d->vars,
                              .lenient = true,
                              .frozen = true,
                              .done = deletion_looked,
                              .ctx = d};
    /* What cannot be looked up is deleted by the id it got when it was made. */
    if (id)
        json_object_set(d->vars, "id", id);
    d->phase.id = id;
    provider_ready(r, deletion_ready, d);
}
