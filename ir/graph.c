/* The op graph itself: appending ops and edges, and the questions about one op that
 * several passes ask. */
#include "ir/graph.h"

#include <stdlib.h>
#include <string.h>

#include "ir/move.h"

void graph_init(struct graph *g, struct arena *arena, struct intern *strings,
                struct sources *sources, struct calls *calls)
{
    *g = (struct graph){
        .arena = arena, .strings = strings, .sources = sources, .calls = calls};
    values_init(&g->values, strings);
    g->ops = vec_grow(NULL, sizeof *g->ops, 1, &g->cap);
    g->ops[0] = (struct op){0};
    g->n = 1;
    g->frames = vec_grow(NULL, sizeof *g->frames, 1, &g->cap_frames);
    g->frames[0] = (struct frame){0};
    g->nframes = 1;
    graph_batch(g, (struct batch){0});
}

void graph_free(struct graph *g)
{
    values_free(&g->values);
    free(g->ops);
    free(g->args);
    free(g->edges);
    free(g->frames);
    free(g->batches);
    free(g->moves);
    free(g->places);
    free(g->starts);
    *g = (struct graph){0};
}

void graph_copy(struct graph *to, const struct graph *from)
{
    *to = *from;
    values_copy(&to->values, &from->values);
    to->ops = vec_copy(from->ops, sizeof *to->ops, from->n, &to->cap);
    to->args = vec_copy(from->args, sizeof *to->args, from->nargs, &to->cap_args);
    to->edges = vec_copy(from->edges, sizeof *to->edges, from->nedges, &to->cap_edges);
    to->frames =
        vec_copy(from->frames, sizeof *to->frames, from->nframes, &to->cap_frames);
    to->batches =
        vec_copy(from->batches, sizeof *to->batches, from->nbatches, &to->cap_batches);
    to->moves = vec_copy(from->moves, sizeof *to->moves, from->nmoves, &to->cap_moves);
    to->places =
        vec_copy(from->places, sizeof *to->places, from->nplaces, &to->cap_places);
    size_t starts = from->starts ? (size_t)from->nsegments + 1 : 0;
    to->starts = vec_copy(from->starts, sizeof *to->starts, starts, &starts);
}

op_id graph_op(struct graph *g, call_id call, op_id subject, struct span span)
{
    size_t nargs = g->calls->v[call].nargs;
    if (g->n == UINT32_MAX || g->nargs + nargs > UINT32_MAX)
        die("more than %u ops or arguments", UINT32_MAX);
    g->ops = vec_grow(g->ops, sizeof *g->ops, g->n + 1, &g->cap);
    g->args = vec_grow(g->args, sizeof *g->args, g->nargs + nargs, &g->cap_args);
    g->ops[g->n] = (struct op){.call = call,
                               .subject = subject,
                               .args = (uint32_t)g->nargs,
                               .retries = -1,
                               .timeout_ms = -1,
                               .span = span};
    if (nargs > 0)
        memset(g->args + g->nargs, 0, nargs * sizeof *g->args);
    g->nargs += nargs;
    return (op_id)g->n++;
}

void graph_edge(struct graph *g, op_id from, op_id to, enum edge_kind kind)
{
    g->edges = vec_grow(g->edges, sizeof *g->edges, g->nedges + 1, &g->cap_edges);
    g->edges[g->nedges++] = (struct edge){from, to, kind};
}

uint32_t graph_batch(struct graph *g, struct batch b)
{
    g->batches =
        vec_grow(g->batches, sizeof *g->batches, g->nbatches + 1, &g->cap_batches);
    g->batches[g->nbatches] = b;
    return (uint32_t)g->nbatches++;
}

op_id graph_live(const struct graph *g, op_id id)
{
    while (id && (g->ops[id].flags & OP_DEAD))
        id = g->ops[id].merged;
    return id;
}

void graph_call_chain(const struct graph *g, struct diags *d, struct diag *to, op_id id)
{
    for (uint32_t f = g->ops[id].chain; f; f = g->frames[f].outer)
        diag_related(d, to, g->frames[f].call, "in %s(), called here",
                     intern_text(g->strings, g->frames[f].function));
}

struct span graph_place(const struct graph *g, op_id id, str_id arg)
{
    struct span at = g->place ? g->place(g->place_ctx, id, arg) : (struct span){0};
    return at.file ? at : g->ops[id].span;
}

struct span graph_arg_place(const struct graph *g, op_id id, uint32_t arg)
{
    const struct call_info *call = graph_call(g, id);
    val_id v = g->args[g->ops[id].args + arg];
    size_t low = 0, high = g->nplaces;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct arg_place *p = &g->places[middle];
        bool before = p->op < id || (p->op == id && p->arg < arg);
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    if (low < g->nplaces && g->places[low].op == id && g->places[low].arg == arg)
        return g->places[low].at;
    /* Most arguments are not written: looking for them would take its time. */
    bool usual = !v || val_equal(&g->values, v, call->args[arg].fallback);
    return usual || !g->place ? (struct span){0}
                              : g->place(g->place_ctx, id, call->args[arg].name);
}

const char *graph_receiver(const struct graph *g, op_id id)
{
    struct span at = g->place ? g->place(g->place_ctx, id, 0) : (struct span){0};
    const struct source *s = at.file ? source_get(g->sources, at.file) : NULL;
    size_t len = at.end - at.begin;
    return s && len && len <= 40 && !memchr(s->text + at.begin, '\n', len)
               ? arena_strndup(g->arena, s->text + at.begin, len)
               : NULL;
}

struct machine_reads {
    const struct graph *g;
    void (*each)(void *ctx, op_id machine);
    void *ctx;
};

static void read_one(void *ctx, op_id id, str_id field)
{
    (void)field;
    const struct machine_reads *r = ctx;
    id = graph_live(r->g, id);
    if (!id)
        return;
    const struct call_info *call = graph_call(r->g, id);
    op_id subject = graph_live(r->g, r->g->ops[id].subject);
    str_id result = r->g->calls->types[call->result].name;
    if (subject)
        r->each(r->ctx, subject);
    else if (!strcmp(intern_text(r->g->strings, result), "machine"))
        r->each(r->ctx, id);
}

void graph_each_read_machine(const struct graph *g, op_id id,
                             void (*each)(void *ctx, op_id machine), void *ctx)
{
    const struct op *op = &g->ops[id];
    const struct call_info *call = graph_call(g, id);
    if (op->subject)
        return;
    if (!call->http && strcmp(intern_text(g->strings, call->name), "expect") != 0)
        return;
    struct machine_reads reads = {g, each, ctx};
    for (uint32_t i = 0; i < call->nargs; i++)
        val_each_op(&g->values, g->args[op->args + i], read_one, &reads);
    val_each_op(&g->values, op->when, read_one, &reads);
}

/* The method of an http.* op; "" if its call has none. */
static const char *http_method(const struct graph *g, op_id id)
{
    int32_t arg = call_arg(g->strings, graph_call(g, id), "method");
    if (arg < 0)
        return "";
    const struct ir_value *method =
        val_get(&g->values, g->args[g->ops[id].args + (uint32_t)arg]);
    return method->kind == IR_STR ? intern_text(g->strings, method->as.n) : "";
}

bool graph_http_reads(const struct graph *g, op_id id)
{
    const char *method = http_method(g, id);
    return graph_call(g, id)->reads_only || !strcmp(method, "GET") ||
           !strcmp(method, "HEAD");
}

bool graph_idempotent(const struct graph *g, op_id id)
{
    const struct call_info *call = graph_call(g, id);
    const char *method = call->http ? http_method(g, id) : "";
    return call->idempotent && (!*method || graph_http_reads(g, id) ||
                                !strcmp(method, "PUT") || !strcmp(method, "DELETE"));
}

bool graph_repeatable(const struct graph *g, op_id id)
{
    const struct call_info *call = graph_call(g, id);
    bool guarded = false;
    for (uint32_t i = 0; i < call->nargs && i < 32; i++)
        guarded |= (call->guards & 1u << i) && g->args[g->ops[id].args + i] > VAL_FALSE;
    return guarded || graph_idempotent(g, id);
}

bool graph_is_absence(const struct graph *g, op_id id)
{
    uint32_t present = graph_call(g, id)->present;
    return present && g->args[g->ops[id].args + present - 1] == VAL_FALSE;
}

bool graph_may_rest(const struct graph *g, op_id id)
{
    const struct call_info *call = graph_call(g, id);
    int32_t always = call_arg(g->strings, call, "always");
    return call->guards &&
           (always < 0 || g->args[g->ops[id].args + (uint32_t)always] != VAL_TRUE);
}

int32_t call_arg(const struct intern *strings, const struct call_info *call,
                 const char *name)
{
    for (uint32_t i = 0; i < call->nargs; i++)
        if (!strcmp(intern_text(strings, call->args[i].name), name))
            return (int32_t)i;
    return -1;
}
