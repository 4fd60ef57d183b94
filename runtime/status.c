/* Looks at many things at once, as lookups are asked in batches; then tells what was seen
 * in the order of their creation. */
#include "runtime/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "runtime/calls.h"
#include "runtime/identity.h"
#include "runtime/looking.h"
#include "runtime/report.h"
#include "runtime/things.h"

#define LOOKS_MOST 64

enum standing {
    STANDING_UNASKED,
    STANDING_SAME,
    STANDING_GONE,
    STANDING_CHANGED,
    STANDING_UNKNOWN,
    STANDING_FAULT,
};

struct standings {
    struct run *run;
    struct things things;
    struct seen {
        struct standings *of;
        enum standing standing;
        json_t *facts;  /* of the recipe */
        struct buf why; /* attribute by attribute */
        struct fault fault;
    } * v; /* by thing */
    size_t open;
    unsigned same, drifted, left_over, missing;
    int status;
};

static void see_what(struct seen *x, const char *name, const char *is)
{
    buf_printf(&x->why, "%s%s %s", x->why.len ? "; " : "", name, is);
}

static void see_fact(struct seen *x, const char *name, const json_t *found,
                     const json_t *wanted)
{
    see_what(x, name, "is ");
    value_text(found, &x->why);
    buf_str(&x->why, ", the state says ");
    value_text(wanted, &x->why);
}

/* {argument: [wanted, found]}; null is not asked for. */
static void see_facts(struct seen *x, const json_t *vars)
{
    const char *name;
    json_t *pair;
    json_object_foreach(x->facts, name, pair)
    {
        struct value_source s = run_values(x->of->run, vars);
        json_t *wanted = value_evaluate(&s, json_array_get(pair, 0));
        json_t *found = wanted ? value_evaluate(&s, json_array_get(pair, 1)) : NULL;
        if (found && !json_is_null(wanted) && !json_equal(wanted, found))
            see_fact(x, name, found, wanted);
        json_decref(wanted);
        json_decref(found);
        fault_free(&s.fault);
    }
}

static void seen(void *ctx, const struct look *l)
{
    struct seen *x = ctx;
    size_t i;
    json_t *part;
    x->of->open--;
    if (l->fault) {
        x->standing = STANDING_FAULT;
        fault_move(&x->fault, l->fault);
    } else if (l->blind) {
        x->standing = STANDING_UNASKED;
    } else if (!l->found) {
        x->standing = STANDING_GONE;
    } else {
        see_facts(x, l->vars);
        json_array_foreach(l->parts, i, part)
            see_what(x, json_string_value(part), "is gone");
        x->standing = x->why.len ? STANDING_CHANGED : STANDING_SAME;
    }
}

static bool begun(const struct thing *t)
{
    return t->row.status != STATE_DONE;
}

static void see(struct standings *s, size_t i)
{
    struct seen *x = &s->v[i];
    json_t *recipe = thing_recipe(s->run, &s->things.v[i], &x->fault);
    if (x->fault.code)
        x->standing = STANDING_FAULT;
    if (!recipe || x->fault.code) {
        json_decref(recipe);
        return;
    }
    x->facts = json_incref(json_object_get(recipe, "facts"));
    s->open++;
    const struct thing *t = &s->things.v[i];
    json_t *id = begun(t) ? NULL : json_object_get(t->row.result, "id");
    look_start(s->run, recipe, id, true, 0, seen, x);
    while (s->open >= LOOKS_MOST)
        loop_step(s->run->loop);
}

static bool see_all(struct standings *s, struct fault *f)
{
    struct run *r = s->run;
    bool placed = true;
    for (size_t i = 0; i < s->things.n && placed && !r->stopping; i++) {
        const struct thing *t = &s->things.v[i];
        if (!t->ours)
            continue;
        /* Those of one provider follow each other, as a rule. */
        while (s->open && !things_spoken(r, t->row.provider))
            loop_step(r->loop);
        if (!things_speak(r, t->row.provider, &s->v[i].fault))
            s->v[i].standing = STANDING_FAULT;
        else if ((placed = identity_holds(r, f)))
            see(s, i);
    }
    while (s->open)
        loop_step(r->loop);
    return placed;
}

/* --- the report ------------------------------------------------------------------------
 */

static void line(const struct run *r, const char *word, const char *event,
                 const char *address, const char *why)
{
    struct fault f = {0};
    printf("%-15s %s%s%s\n", word, address, why && *why ? ": " : "", why ? why : "");
    if (why && *why)
        fault_set(&f, DVO_EPOSTCOND, "%s", why);
    events_write(r->events, event, address, false, &f);
    fault_free(&f);
}

static void drift(struct standings *s)
{
    s->drifted++;
    if (!s->status)
        s->status = error_status(DVO_EPOSTCOND);
}

static void tell_left_over(struct standings *s, const struct thing *t, struct seen *x)
{
    s->left_over++;
    line(s->run, "left over", "left over", t->row.address,
         x->standing == STANDING_GONE ? "its call is gone, and so is the thing"
                                      : "its call is gone: dvoc run --prune deletes it");
}

static void tell_thing(struct standings *s, size_t i)
{
    const struct thing *t = &s->things.v[i];
    struct seen *x = &s->v[i];
    struct run *r = s->run;
    if (x->standing == STANDING_FAULT) {
        line(r, "not known", "failed", t->row.address, x->fault.message);
        report_thing(r, t->row.address, t->op, &x->fault);
        if (!s->status || s->status == error_status(DVO_EPOSTCOND))
            s->status = error_status(x->fault.code);
    } else if (!t->op && t->row.program) {
        tell_left_over(s, t, x);
    } else if (begun(t) &&
               (x->standing != STANDING_GONE || t->row.status == STATE_STARTED)) {
        drift(s);
        line(r, "unknown outcome", "unknown", t->row.address,
             x->standing == STANDING_GONE ? "it was begun and is not there"
             : x->standing == STANDING_UNASKED
                 ? "it was begun, and the provider cannot be asked for it"
                 : "it was begun and is there");
    } else if (begun(t)) {
        s->missing++;
        line(r, "not created yet", "missing", t->row.address, NULL);
    } else if (x->standing == STANDING_GONE) {
        drift(s);
        line(r, "gone", "gone", t->row.address, NULL);
    } else if (x->standing == STANDING_CHANGED) {
        drift(s);
        line(r, "changed", "changed", t->row.address, buf_text(&x->why));
    } else if (x->standing == STANDING_SAME) {
        s->same++;
        line(r, "same", "same", t->row.address, NULL);
    }
}

/* Calls that make something and never have. */
static void tell_missing(struct standings *s)
{
    const struct run_plan *p = s->run->plan;
    for (uint32_t i = 1; i <= p->nops; i++) {
        struct fault f = {0};
        if (p->ops[i].way != WAY_CALLS ||
            json_object_get(s->things.index, p->ops[i].address))
            continue;
        json_t *entry = calls_entry(p, i, &f);
        const json_t *sequences = json_object_get(entry, "sequences");
        if (json_array_size(json_object_get(sequences, "create"))) {
            s->missing++;
            line(s->run, "not created yet", "missing", p->ops[i].address, NULL);
        }
        json_decref(entry);
        fault_free(&f);
    }
}

static void standings_free(struct standings *s)
{
    for (size_t i = 0; s->v && i < s->things.n; i++) {
        json_decref(s->v[i].facts);
        buf_free(&s->v[i].why);
        fault_free(&s->v[i].fault);
    }
    free(s->v);
    things_free(&s->things);
}

static void tell_all(struct standings *s)
{
    for (size_t i = 0; i < s->things.n; i++)
        if (s->things.v[i].ours)
            tell_thing(s, i);
    tell_missing(s);
    if (s->run->stopping)
        s->status = error_status(DVO_ECANCELED);
    printf("%u same, %u drifted, %u not created yet, %u left over\n", s->same, s->drifted,
           s->missing, s->left_over);
}

int status_run(struct run *r)
{
    struct standings s = {.run = r};
    struct fault f = {0};
    bool ok = things_read(r, &s.things, &f);
    s.v = xcalloc(s.things.n + 1, sizeof *s.v);
    for (size_t i = 0; i < s.things.n; i++)
        s.v[i].of = &s;
    if (ok && see_all(&s, &f))
        tell_all(&s);
    else
        s.status = report_fault(&f);
    standings_free(&s);
    return s.status;
}
