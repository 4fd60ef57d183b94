/* Machines whose tool runs have the same calls share one. Their calls may differ in what
 * is opaque to lowering rules: texts, numbers, values that only running tells. Runs that
 * begin at one time never wait for each other, so none is on both sides of an edge; and
 * since they wait for the same length of time, nothing becomes later. */
#include <stdlib.h>

#include "ir/pass.h"

struct vectorizing {
    struct graph *g;
    uint32_t *place; /* per op: 1 + its place in its run */
    uint8_t *tools;  /* per machine: bit set of backends; lowering rules see it */
    struct {
        op_id *v; /* the ops of all runs, run by run */
        size_t *first;
    } ops;
    struct map64 likes; /* hash → a run of that kind */
};

/* Values that may stand for each other: what is equal has equal hashes. */
static uint64_t hash_value(const struct vectorizing *x, uint32_t run, val_id v)
{
    const struct values *t = &x->g->values;
    const struct ir_value *value = val_get(t, v);
    uint64_t h = hash_mix((uint64_t)value->kind << 8 | value->sub, value->count);
    bool dict = value->kind == IR_DICT;
    switch (value->kind) {
    case IR_STR:
    case IR_INT:
    case IR_FLOAT: return h;
    case IR_HANDLE:
    case IR_REF: {
        op_id op =
            graph_live(x->g, value->kind == IR_REF ? value->as.ref.op : value->as.n);
        bool own = x->g->ops[op].segment == run;
        if (value->kind == IR_REF)
            h = hash_mix(h, (uint64_t)value->as.ref.field << 16 |
                                (value->flags & IR_TAINTED));
        if (own)
            return hash_mix(h, x->place[op]);
        return hash_mix(~h, value->kind == IR_REF ? x->g->ops[op].call : op);
    }
    case IR_LIST:
    case IR_DICT:
    case IR_GET:
    case IR_TEXT:
    case IR_COND:
        for (uint32_t i = 0; i < value->count * (dict ? 2 : 1); i++) {
            val_id item = val_items(t, v)[i];
            h = hash_mix(h, dict && i % 2 == 0 ? val_hash(t, item)
                                               : hash_value(x, run, item));
        }
        return h;
    default: return val_hash(t, v);
    }
}

static bool alike(const struct vectorizing *x, const uint32_t run[2], val_id a, val_id b)
{
    const struct values *t = &x->g->values;
    const struct ir_value *v = val_get(t, a), *w = val_get(t, b);
    bool dict = v->kind == IR_DICT;
    if (v->kind != w->kind || v->sub != w->sub || v->count != w->count)
        return false;
    switch (v->kind) {
    case IR_STR:
    case IR_INT:
    case IR_FLOAT: return true;
    case IR_HANDLE:
    case IR_REF: {
        bool ref = v->kind == IR_REF;
        op_id from[2] = {graph_live(x->g, ref ? v->as.ref.op : v->as.n),
                         graph_live(x->g, ref ? w->as.ref.op : w->as.n)};
        bool own[2];
        for (unsigned i = 0; i < 2; i++)
            own[i] = x->g->ops[from[i]].segment == run[i];
        if (own[0] != own[1] ||
            (ref && (v->as.ref.field != w->as.ref.field ||
                     (v->flags & IR_TAINTED) != (w->flags & IR_TAINTED))))
            return false;
        if (own[0])
            return x->place[from[0]] == x->place[from[1]];
        return ref ? x->g->ops[from[0]].call == x->g->ops[from[1]].call
                   : from[0] == from[1];
    }
    case IR_LIST:
    case IR_DICT:
    case IR_GET:
    case IR_TEXT:
    case IR_COND:
        for (uint32_t i = 0; i < v->count * (dict ? 2 : 1); i++) {
            val_id p = val_items(t, a)[i], q = val_items(t, b)[i];
            if (dict && i % 2 == 0 ? !val_equal(t, p, q) : !alike(x, run, p, q))
                return false;
        }
        return true;
    default: return val_equal(t, a, b);
    }
}

enum { OWN_FLAGS = OP_CONTINUE | OP_TAINTED };

/* The transaction that begins with the op, or 0. */
static op_id begun_by(const struct graph *g, op_id id)
{
    op_id carrier = g->ops[id].carrier;
    return carrier && g->ops[carrier].merged == id ? carrier : 0;
}

/* The place of the op that begins its transaction; 0: it is in none. */
static uint32_t begins_at(const struct vectorizing *x, op_id id)
{
    op_id carrier = x->g->ops[id].carrier;
    return carrier ? x->place[x->g->ops[carrier].merged] : 0;
}

static uint64_t hash_args(const struct vectorizing *x, uint64_t h, op_id id)
{
    const struct graph *g = x->g;
    const struct op *op = &g->ops[id];
    const struct call_info *call = graph_call(g, id);
    for (uint32_t i = 0; i < call->nargs; i++) {
        val_id v = g->args[op->args + i];
        h = hash_mix(h, arg_is_seen(&g->values, &call->args[i], v)
                            ? val_hash(&g->values, v)
                            : hash_value(x, op->segment, v));
    }
    return h;
}

static bool args_alike(const struct vectorizing *x, op_id a, op_id b)
{
    const struct graph *g = x->g;
    const struct op *o = &g->ops[a], *p = &g->ops[b];
    const struct call_info *call = graph_call(g, a);
    const uint32_t run[2] = {o->segment, p->segment};
    for (uint32_t i = 0; i < call->nargs; i++) {
        val_id v = g->args[o->args + i], w = g->args[p->args + i];
        if (arg_is_seen(&g->values, &call->args[i], v) ? !val_equal(&g->values, v, w)
                                                       : !alike(x, run, v, w))
            return false;
    }
    return true;
}

static uint64_t hash_op(const struct vectorizing *x, uint64_t h, op_id id)
{
    const struct op *op = &x->g->ops[id];
    op_id carrier = begun_by(x->g, id);
    h = hash_mix(h, (uint64_t)op->call << 8 | (op->flags & OWN_FLAGS));
    h = hash_mix(h, (uint64_t)(uint32_t)op->retries << 32 | (uint32_t)op->timeout_ms);
    h = hash_mix(h, hash_value(x, op->segment, op->when));
    h = hash_args(x, hash_mix(h, begins_at(x, id)), id);
    return carrier ? hash_args(x, h, carrier) : h;
}

/* The list of a transaction's k-th op. */
static val_id list_of(const struct graph *g, op_id carrier, uint32_t k)
{
    uint32_t arg = graph_call(g, carrier)->batch - 1;
    const val_id *members = val_items(&g->values, g->ops[carrier].members);
    return g->args[g->ops[val_get(&g->values, members[k])->as.n].args + arg];
}

static uint32_t find_item(const struct graph *g, op_id carrier, val_id item)
{
    val_id all = g->args[g->ops[carrier].args + graph_call(g, carrier)->batch - 1];
    uint32_t i = 0;
    while (!val_equal(&g->values, val_items(&g->values, all)[i], item))
        i++;
    return i;
}

/* Whether each op of the two transactions asks for the same items of the united list. */
static bool transactions_alike(const struct vectorizing *x, op_id a, op_id b)
{
    const struct graph *g = x->g;
    if (!args_alike(x, a, b))
        return false;
    for (uint32_t k = 0; k < val_count(&g->values, g->ops[a].members); k++) {
        val_id v = list_of(g, a, k), w = list_of(g, b, k);
        for (uint32_t i = 0; i < val_count(&g->values, v); i++)
            if (find_item(g, a, val_items(&g->values, v)[i]) !=
                find_item(g, b, val_items(&g->values, w)[i]))
                return false;
    }
    return true;
}

static bool ops_alike(const struct vectorizing *x, op_id a, op_id b)
{
    const struct graph *g = x->g;
    const struct op *o = &g->ops[a], *p = &g->ops[b];
    const uint32_t run[2] = {o->segment, p->segment};
    if (o->call != p->call || o->retries != p->retries ||
        o->timeout_ms != p->timeout_ms ||
        (o->flags & OWN_FLAGS) != (p->flags & OWN_FLAGS) ||
        !alike(x, run, o->when, p->when) || begins_at(x, a) != begins_at(x, b) ||
        !args_alike(x, a, b))
        return false;
    op_id carrier = begun_by(g, a);
    return !carrier || transactions_alike(x, carrier, begun_by(g, b));
}

static uint64_t hash_run(const struct vectorizing *x, uint32_t run)
{
    const struct graph *g = x->g;
    const op_id *ops = x->ops.v + x->ops.first[run];
    size_t n = x->ops.first[run + 1] - x->ops.first[run];
    uint64_t h = hash_mix((uint64_t)g->starts[run],
                          (uint64_t)x->tools[g->ops[ops[0]].subject] << 8 |
                              g->ops[ops[0]].backend);
    for (size_t i = 0; i < n; i++)
        h = hash_op(x, h, ops[i]);
    return h;
}

static bool runs_alike(const struct vectorizing *x, uint32_t a, uint32_t b)
{
    const struct graph *g = x->g;
    const op_id *v = x->ops.v + x->ops.first[a], *w = x->ops.v + x->ops.first[b];
    size_t n = x->ops.first[a + 1] - x->ops.first[a];
    if (g->starts[a] != g->starts[b] || n != x->ops.first[b + 1] - x->ops.first[b] ||
        g->ops[v[0]].backend != g->ops[w[0]].backend ||
        x->tools[g->ops[v[0]].subject] != x->tools[g->ops[w[0]].subject])
        return false;
    for (size_t i = 0; i < n; i++)
        if (!ops_alike(x, v[i], w[i]))
            return false;
    return true;
}

/* The first run like this one, or itself. */
static uint32_t find_like(struct vectorizing *x, uint32_t run)
{
    for (uint64_t h = hash_run(x, run);; h++) {
        uint32_t *like = map64_put(&x->likes, h);
        if (!*like)
            *like = run;
        if (*like == run || runs_alike(x, *like, run))
            return *like;
    }
}

static void collect(struct vectorizing *x)
{
    struct graph *g = x->g;
    op_id *order = xmalloc(g->n * sizeof *order);
    size_t n;
    graph_toposort(g, order, &n);
    x->place = xcalloc(g->n, sizeof *x->place);
    x->tools = xcalloc(g->n, sizeof *x->tools);
    x->ops.v = xmalloc(g->n * sizeof *x->ops.v);
    x->ops.first = xcalloc((size_t)g->nsegments + 2, sizeof *x->ops.first);
    size_t *next = xcalloc((size_t)g->nsegments + 2, sizeof *next);
    for (size_t i = 0; i < n; i++)
        x->ops.first[g->ops[order[i]].segment + 1]++;
    for (uint32_t s = 0; s <= g->nsegments; s++)
        next[s + 1] = x->ops.first[s + 1] += x->ops.first[s];
    for (size_t i = 0; i < n; i++) {
        const struct op *op = &g->ops[order[i]];
        x->tools[op->subject] |= (uint8_t)(1u << op->backend);
        x->place[order[i]] =
            1 + (uint32_t)(next[op->segment] - x->ops.first[op->segment]);
        x->ops.v[next[op->segment]++] = order[i];
    }
    free(next);
    free(order);
}

/* Runs that are like an earlier one get its number; the others move up. */
static void renumber(struct graph *g, const uint32_t *like)
{
    uint32_t *number = xcalloc((size_t)g->nsegments + 1, sizeof *number), n = 0;
    for (uint32_t s = 1; s <= g->nsegments; s++) {
        number[s] = like[s] == s ? ++n : number[like[s]];
        g->starts[number[s]] = g->starts[s];
    }
    for (size_t id = 1; id < g->n; id++)
        g->ops[id].segment = number[g->ops[id].segment];
    g->nsegments = n;
    free(number);
}

bool graph_vectorize(struct graph *g, struct diags *d)
{
    (void)d;
    struct vectorizing x = {.g = g};
    uint32_t *like = xcalloc((size_t)g->nsegments + 1, sizeof *like);
    collect(&x);
    for (uint32_t s = 1; s <= g->nsegments; s++) {
        /* A script is sent to each machine anyway. */
        bool tool = g->ops[x.ops.v[x.ops.first[s]]].backend != BACKEND_API;
        like[s] = tool ? find_like(&x, s) : s;
    }
    renumber(g, like);
    map64_free(&x.likes);
    free(x.place);
    free(x.tools);
    free(x.ops.v);
    free(x.ops.first);
    free(like);
    return true;
}
