/* Reads the rows of the state and judges them. What stays keeps what it needs. */
#include "runtime/things.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/calls.h"
#include "runtime/exchange.h"
#include "runtime/provider.h"
#include "runtime/recipe.h"
#include "runtime/report.h"

struct reading {
    struct run *run;
    struct things *things;
};

/* A row is the caller's only while it is shown. */
static void row_take(struct state_op *to, const struct state_op *from)
{
    *to = *from;
    to->address = xstrdup(from->address);
    to->call = xstrdup(from->call);
    to->key = from->key ? xstrdup(from->key) : NULL;
    to->program = from->program ? xstrdup(from->program) : NULL;
    to->title = from->title ? xstrdup(from->title) : NULL;
    to->provider = from->provider ? xstrdup(from->provider) : NULL;
    json_incref(to->result);
    json_incref(to->args);
    json_incref(to->needs);
}

static void read_row(void *ctx, const struct state_op *row)
{
    struct reading *g = ctx;
    struct run_plan *p = g->run->plan;
    if (!row->key && !row->recipe) {
        *vec_push(&g->things->others) = xstrdup(row->address);
        return;
    }
    uint32_t op = plan_op_at(p, row->address);
    struct thing t = {.fate = THING_STAYS};
    row_take(&t.row, row);
    t.op = op && p->ops[op].way == WAY_CALLS ? op : 0;
    t.ours = t.op || (row->program && !strcmp(row->program, p->program)) || !row->program;
    t.protect = t.op ? p->ops[t.op].protect : row->protect;
    json_object_set_new(g->things->index, row->address,
                        json_integer((json_int_t)g->things->n));
    *vec_push(g->things) = t;
}

static void read_needs(struct things *all, struct thing *t)
{
    size_t i;
    json_t *address;
    json_array_foreach(t->row.needs, i, address)
    {
        const json_t *at = json_object_get(all->index, json_string_value(address));
        if (at)
            *vec_push(&t->needs) = (size_t)json_integer_value(at);
    }
}

bool things_read(struct run *r, struct things *t, struct fault *f)
{
    struct reading g = {.run = r, .things = t};
    t->index = json_object();
    bool ok = state_each(r->state, read_row, &g, f);
    for (size_t i = 0; i < t->n; i++)
        read_needs(t, &t->v[i]);
    return ok;
}

void things_free(struct things *t)
{
    for (size_t i = 0; i < t->n; i++) {
        state_op_free(&t->v[i].row);
        free(t->v[i].needs.v);
    }
    for (size_t i = 0; i < t->others.n; i++)
        free(t->others.v[i]);
    free(t->others.v);
    free(t->v);
    json_decref(t->index);
    *t = (struct things){0};
}

json_t *thing_recipe(struct run *r, const struct thing *t, struct fault *f)
{
    json_t *recipe;
    if (!state_recipe(r->state, t->row.address, &recipe, f))
        return NULL;
    if (!recipe && t->op) { /* a row of an older version, which the plan explains */
        json_t *entry = calls_entry(r->plan, t->op, f);
        struct recipe k = recipe_make(r, t->op, entry);
        recipe = json_incref(k.recipe);
        recipe_free(&k);
        json_decref(entry);
    }
    return recipe;
}

bool things_spoken(const struct run *r, const char *provider)
{
    return !provider || !strcmp(provider_id(r), provider);
}

bool things_speak(struct run *r, const char *provider, struct fault *f)
{
    char plans[27];
    json_t *record = NULL;
    if (things_spoken(r, provider))
        return true;
    provider_id_of(r->plan->provider, plans);
    if (!strcmp(plans, provider))
        record = json_incref(r->plan->provider);
    else if (!state_provider(r->state, provider, &record, f))
        return false;
    if (!record)
        return fault_set(f, DVO_EINVAL, "the state does not know its provider any more");
    exchange_free(r->exchange);
    provider_free(r->provider);
    json_decref(r->spoken);
    r->spoken = record;
    r->provider = provider_new(r, record);
    r->exchange = exchange_new(r);
    return true;
}

struct leaving {
    struct run_plan *plan;
    size_t n;
    char *one;
};

static void read_made(void *ctx, const struct state_op *row)
{
    struct leaving *g = ctx;
    uint32_t op = plan_op_at(g->plan, row->address);
    if (op && g->plan->ops[op].way == WAY_CALLS)
        return;
    if (!g->n++)
        g->one = xstrdup(row->address);
}

bool things_left_over(struct run *r, size_t *n, char **one, struct fault *f)
{
    struct leaving g = {.plan = r->plan};
    bool ok = state_each_made(r->state, r->plan->program, read_made, &g, f);
    *n = g.n;
    *one = g.one;
    return ok;
}

/* --- fates -----------------------------------------------------------------------------
 */

static bool has_list(const json_t *thing, const char *list)
{
    return json_array_size(json_object_get(thing, list));
}

/* What has been found may be something that nobody could delete. */
static bool only_looked_for(struct run *r, const struct thing *t, struct fault *f)
{
    json_t *recipe = thing_recipe(r, t, f);
    const json_t *sequences = json_object_get(recipe, "sequences");
    bool nothing = !has_list(sequences, "delete") && !has_list(sequences, "after") &&
                   !has_list(sequences, "before");
    json_decref(recipe);
    return nothing;
}

static bool fate_of_found(struct run *r, struct thing *t, struct fault *f)
{
    if (only_looked_for(r, t, f))
        t->fate = THING_LOOKED;
    else if (!r->options->adopted)
        t->fate = THING_FOUND;
    return !f->code;
}

static bool fate_of(struct run *r, struct thing *t, struct fault *f)
{
    t->fate = THING_GOES;
    if (!t->row.recipe && !t->op)
        t->fate = t->row.created || t->row.status == STATE_STARTED ? THING_UNKNOWN
                                                                   : THING_LOOKED;
    else if (!t->row.created && t->row.status == STATE_DONE && !fate_of_found(r, t, f))
        return false;
    bool data = t->row.data || (t->op && r->plan->ops[t->op].holds_data);
    if (t->fate == THING_GOES && data && !r->options->with_data)
        t->fate = THING_DATA;
    return true;
}

/* Those that stay keep what they need, which was made before them. */
static void keep_needed(struct things *t)
{
    for (size_t i = t->n; i-- > 0;) {
        bool stays = t->v[i].fate != THING_GOES && t->v[i].fate != THING_LOOKED;
        for (size_t k = 0; stays && k < t->v[i].needs.n; k++) {
            struct thing *needed = &t->v[t->v[i].needs.v[k]];
            if (needed->fate != THING_GOES)
                continue;
            needed->fate = THING_NEEDED;
            needed->needed_by = i;
        }
    }
}

bool things_choose(struct run *r, struct things *t, bool left_over, struct fault *f)
{
    for (size_t i = 0; i < t->n; i++) {
        struct thing *x = &t->v[i];
        bool asked = left_over ? !x->op && x->row.program : true;
        if (x->ours && asked && !fate_of(r, x, f))
            return false;
    }
    size_t before;
    do { /* a need may have been made after what needs it, and moved there */
        before = things_count(t, THING_NEEDED);
        keep_needed(t);
    } while (things_count(t, THING_NEEDED) != before);
    return true;
}

bool things_at_provider(struct run *r, size_t *n, struct fault *f)
{
    struct things t = {0};
    bool ok = things_read(r, &t, f);
    *n = 0;
    for (size_t i = 0; ok && i < t.n; i++) {
        const struct thing *x = &t.v[i];
        bool there = x->row.created || x->row.status == STATE_STARTED ||
                     (x->row.status == STATE_DONE && !only_looked_for(r, x, f));
        *n += there && things_spoken(r, x->row.provider);
        ok = !f->code;
    }
    things_free(&t);
    return ok;
}

size_t things_count(const struct things *t, enum thing_fate fate)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += t->v[i].fate == fate;
    return n;
}

int things_check_protected(const struct run *r, const struct things *t)
{
    int status = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct thing *x = &t->v[i];
        struct fault f = {0};
        if (x->fate != THING_GOES || !x->protect)
            continue;
        fault_set(&f, DVO_EPERM, "it is protected: nothing was deleted");
        f.help = xstrdup(x->op ? "take protect=True out of its call, and build"
                               : "put its call back without protect=True, and run that");
        f.argument = xstrdup("protect");
        events_write(r->events, "problem", x->row.address, false, &f);
        report_thing(r, x->row.address, x->op, &f);
        status = error_status(f.code);
        fault_free(&f);
    }
    return status;
}

/* --- lists -----------------------------------------------------------------------------
 */

void things_print_going(const struct things *t, FILE *out)
{
    for (size_t i = t->n; i-- > 0;)
        if (t->v[i].fate == THING_GOES)
            fprintf(out, "  %s  %s\n", t->v[i].row.address,
                    t->v[i].row.title ? t->v[i].row.title : t->v[i].row.call);
}

void things_print_kept(const struct things *t, FILE *out)
{
    for (size_t i = t->n; i-- > 0;) {
        const struct thing *x = &t->v[i];
        if (x->fate == THING_FOUND)
            fprintf(out,
                    "kept     %s: it was found, not made (--adopted deletes it, too)\n",
                    x->row.address);
        else if (x->fate == THING_DATA)
            fprintf(out, "kept     %s: it holds data (--with-data deletes it, too)\n",
                    x->row.address);
        else if (x->fate == THING_NEEDED)
            fprintf(out, "kept     %s: %s needs it\n", x->row.address,
                    t->v[x->needed_by].row.address);
        else if (x->fate == THING_UNKNOWN)
            fprintf(out,
                    "unknown  %s (%s, key %s) is of an older version of dvo-run: build "
                    "the program that has it, or delete it at the provider\n",
                    x->row.address, x->row.call, x->row.key ? x->row.key : "unknown");
    }
}

/* --- forgetting ------------------------------------------------------------------------
 */

bool thing_carries(const char *machine, const char *address)
{
    size_t n = strlen(machine);
    if (strncmp(address, machine, n) != 0 || address[n] != '.')
        return false;
    const char *call = address + n + 1;
    return call[strspn(call, "abcdefghijklmnopqrstuvwxyz_")] == '(';
}

struct forgetting {
    struct run *run;
    const struct things *all;
    const struct thing *thing;
};

static bool forget_all(void *ctx, struct fault *f)
{
    const struct forgetting *g = ctx;
    const char *address = g->thing->row.address;
    for (size_t i = 0; i < g->all->others.n; i++)
        if (thing_carries(address, g->all->others.v[i]) &&
            !state_forget(g->run->state, g->all->others.v[i], f))
            return false;
    return state_forget(g->run->state, address, f);
}

bool thing_forget(struct run *r, const struct things *all, const struct thing *t,
                  struct fault *f)
{
    struct forgetting g = {r, all, t};
    return state_together(r->state, forget_all, &g, f);
}
