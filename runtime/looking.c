/* The main thing first; what belongs to it is found by what it is, those before it too.
 */
#include "runtime/looking.h"

#include <stdlib.h>

#include "ir/base/arena.h"
#include "runtime/phase.h"
#include "runtime/provider.h"
#include "runtime/retry.h"

#define AGAIN_MS 500

struct looking {
    struct run *run;
    json_t *recipe, *id, *vars, *missing;
    const json_t *sequences; /* of the recipe */
    bool parts;
    size_t at; /* 0: the main thing; then those before and after it */
    int64_t until;
    struct phase phase;
    struct retry retry;
    look_fn *done;
    void *ctx;
};

static void looking_go(void *ctx);

static void looking_end(struct looking *l, struct look *seen)
{
    look_fn *done = l->done;
    void *ctx = l->ctx;
    seen->vars = l->vars;
    seen->parts = l->missing;
    done(ctx, seen);
    json_decref(l->recipe);
    json_decref(l->id);
    json_decref(l->vars);
    json_decref(l->missing);
    free(l);
}

/* NULL behind the last one. */
static const json_t *looking_thing(const struct looking *l)
{
    const json_t *before = json_object_get(l->sequences, "before");
    size_t n = json_array_size(before);
    return l->at == 0 ? l->sequences
           : l->at <= n
               ? json_array_get(before, l->at - 1)
               : json_array_get(json_object_get(l->sequences, "after"), l->at - 1 - n);
}

static void looking_next(struct looking *l)
{
    l->at++;
    if (l->parts && looking_thing(l))
        looking_go(l);
    else
        looking_end(l, &(struct look){.found = true});
}

static void looking_absent(struct looking *l)
{
    if (l->at) {
        json_array_append(l->missing, json_object_get(looking_thing(l), "name"));
        looking_next(l);
    } else if (loop_now() < l->until && !l->run->stopping) {
        loop_timer(l->run->loop, AGAIN_MS, looking_go, l);
    } else {
        looking_end(l, &(struct look){0});
    }
}

static void looking_ended(void *ctx, enum phase_end end, struct fault *f)
{
    struct looking *l = ctx;
    int64_t pause;
    if (end == PHASE_FAULT && l->phase.absent) {
        fault_free(f);
        looking_absent(l);
    } else if (end == PHASE_FAULT && !l->run->stopping &&
               retry_again(&l->retry, f, &pause)) {
        fault_free(f);
        loop_timer(l->run->loop, pause, looking_go, l);
    } else if (end == PHASE_FAULT) {
        looking_end(l, &(struct look){.fault = f});
    } else if (l->phase.lacked) {
        looking_absent(l); /* what it is found by is missing, too */
    } else {
        looking_next(l);
    }
}

static void looking_go(void *ctx)
{
    struct looking *l = ctx;
    const json_t *lookup = json_object_get(looking_thing(l), "lookup");
    l->phase.known = json_object_get(looking_thing(l), "known");
    if (l->at && !json_array_size(lookup))
        looking_next(l); /* it was made together with the main thing */
    else
        phase_start(&l->phase, lookup);
}

static void looking_ready(void *ctx, struct fault *fault)
{
    struct looking *l = ctx;
    if (fault)
        looking_end(l, &(struct look){.fault = fault});
    else if (!json_array_size(json_object_get(l->sequences, "lookup")))
        looking_end(l, &(struct look){.blind = true});
    else
        looking_go(l);
}

void look_start(struct run *r, json_t *recipe, json_t *id, bool parts, int64_t until,
                look_fn *done, void *ctx)
{
    struct looking *l = xcalloc(1, sizeof *l);
    *l = (struct looking){.run = r,
                          .recipe = recipe,
                          .id = json_incref(id),
                          .sequences = json_object_get(recipe, "sequences"),
                          .vars = json_object(),
                          .missing = json_array(),
                          .parts = parts,
                          .until = until,
                          .retry = retry_begin(-1),
                          .done = done,
                          .ctx = ctx};
    l->phase = (struct phase){.run = r,
                              .vars = l->vars,
                              .id = id,
                              .lenient = true,
                              .frozen = true,
                              .done = looking_ended,
                              .ctx = l};
    provider_ready(r, looking_ready, l);
}
