/* Makes one transaction of calls that follow each other in a tool run: packages are asked
 * for once. Each call stays an op with its address, its report and its probe; a dead op,
 * the carrier, has the united list, and its steps are carried out for all of them. */
#include <stdlib.h>
#include <string.h>

#include "ir/merge.h"
#include "ir/pass.h"

enum { MOST = 100 }; /* ops of one transaction: all are compared with each other */

struct run {     /* a tool run */
    op_id last;  /* its op that was met last */
    op_id first; /* of the transaction that this one belongs to */
    uint32_t n;  /* how many that has */
};

struct batching {
    struct graph *g;
    bool *used;  /* per op: somebody asks for its result */
    op_id *next; /* per op: the next of its transaction */
    struct run *runs;
};

static void note_use(void *ctx, op_id op, str_id field)
{
    (void)field;
    struct batching *b = ctx;
    b->used[graph_live(b->g, op)] = true;
}

/* That an op comes after another says nothing about the other's result. */
static void find_uses(struct batching *b)
{
    const struct graph *g = b->g;
    for (size_t id = 1; id < g->n; id++) {
        const struct op *op = &g->ops[id];
        if (op->flags & OP_DEAD)
            continue;
        for (uint32_t i = 0; i < graph_call(g, (op_id)id)->nargs; i++)
            val_each_op(&g->values, g->args[op->args + i], note_use, b);
        val_each_op(&g->values, op->when, note_use, b);
    }
}

/* The list that is united, or 0: the op stays alone. What must be sent to the machine
 * before it is of use (a package that is a file) is part of one op only. */
static val_id list_of(const struct batching *b, op_id id)
{
    const struct graph *g = b->g;
    const struct call_info *call = graph_call(g, id);
    const struct op *op = &g->ops[id];
    if (!call->batch || b->used[id] || (op->flags & (OP_CONTINUE | OP_TAINTED)))
        return 0;
    val_id list = g->args[op->args + call->batch - 1];
    if (val_get(&g->values, list)->kind != IR_LIST)
        return 0;
    for (uint32_t i = 0; i < val_count(&g->values, list); i++)
        if (val_get(&g->values, val_items(&g->values, list)[i])->kind != IR_STR)
            return 0;
    return list;
}

/* "nginx" and "nginx=1.22.1-9" in one list would leave it to the tool which one counts.
 */
static bool same_otherwise(const struct graph *g, val_id a, val_id b)
{
    str_id x = val_get(&g->values, a)->as.n, y = val_get(&g->values, b)->as.n;
    const char *s = intern_text(g->strings, x), *t = intern_text(g->strings, y);
    size_t n = strcspn(s, "=");
    return x != y && n == strcspn(t, "=") && !strncmp(s, t, n);
}

static bool lists_agree(const struct graph *g, val_id a, val_id b)
{
    for (uint32_t i = 0; i < val_count(&g->values, a); i++)
        for (uint32_t k = 0; k < val_count(&g->values, b); k++)
            if (same_otherwise(g, val_items(&g->values, a)[i],
                               val_items(&g->values, b)[k]))
                return false;
    return true;
}

static bool same_but_list(struct graph *g, op_id first, op_id later)
{
    const struct call_info *call = graph_call(g, first);
    const struct op *a = &g->ops[first], *b = &g->ops[later];
    if (a->call != b->call || a->backend != b->backend || a->retries != b->retries ||
        a->timeout_ms != b->timeout_ms || !merge_same(g, a->when, b->when))
        return false;
    for (uint32_t i = 0; i < call->nargs; i++)
        if (i + 1 != call->batch &&
            !merge_same(g, g->args[a->args + i], g->args[b->args + i]))
            return false;
    return true;
}

/* Whether the op may join the transaction that begins with `first`. */
static bool may_join(struct batching *b, op_id first, op_id id)
{
    if (!first || !list_of(b, first) || !list_of(b, id) ||
        !same_but_list(b->g, first, id))
        return false;
    for (op_id with = first; with; with = b->next[with])
        if (!lists_agree(b->g, list_of(b, with), list_of(b, id)))
            return false;
    return true;
}

/* Ops of a run come in the order in which they are carried out. */
static void meet(struct batching *b, op_id id)
{
    struct run *run = &b->runs[b->g->ops[id].segment];
    if (run->n < MOST && may_join(b, run->first, id)) {
        b->next[run->last] = id;
    } else {
        run->first = id;
        run->n = 0;
    }
    run->last = id;
    run->n++;
}

static val_id united(const struct batching *b, op_id first)
{
    struct graph *g = b->g;
    struct map64 known = {0};
    struct {
        val_id *v;
        size_t n, cap;
    } all = {0};
    for (op_id id = first; id; id = b->next[id]) {
        val_id list = list_of(b, id);
        for (uint32_t i = 0; i < val_count(&g->values, list); i++) {
            val_id item = val_items(&g->values, list)[i];
            if (!(*map64_put(&known, val_get(&g->values, item)->as.n))++)
                *vec_push(&all) = item;
        }
    }
    map64_free(&known);
    val_id list = val_seq(&g->values, IR_LIST, 0, all.v, all.n);
    free(all.v);
    return list;
}

static val_id members(const struct batching *b, op_id first)
{
    struct {
        val_id *v;
        size_t n, cap;
    } all = {0};
    for (op_id id = first; id; id = b->next[id])
        *vec_push(&all) = val_handle(&b->g->values, id);
    val_id list = val_seq(&b->g->values, IR_LIST, 0, all.v, all.n);
    free(all.v);
    return list;
}

static void carry(struct batching *b, op_id first)
{
    struct graph *g = b->g;
    const struct call_info *call = graph_call(g, first);
    op_id carrier = graph_op(g, g->ops[first].call, 0, (struct span){0});
    uint32_t args = g->ops[carrier].args;
    memcpy(g->args + args, g->args + g->ops[first].args, call->nargs * sizeof *g->args);
    g->args[args + call->batch - 1] = united(b, first);
    val_id list = members(b, first);
    struct op *op = &g->ops[carrier];
    *op = g->ops[first];
    op->args = args;
    op->flags |= OP_DEAD;
    op->merged = first;
    op->members = list;
    for (op_id id = first; id; id = b->next[id])
        g->ops[id].carrier = carrier;
}

static bool wanted(const struct graph *g)
{
    for (size_t id = 1; id < g->n; id++)
        if (!(g->ops[id].flags & OP_DEAD) && graph_call(g, (op_id)id)->batch)
            return true;
    return false;
}

bool graph_unite(struct graph *g, struct diags *d)
{
    (void)d;
    if (!wanted(g))
        return true;
    struct batching b = {.g = g,
                         .used = xcalloc(g->n, sizeof *b.used),
                         .next = xcalloc(g->n, sizeof *b.next),
                         .runs = xcalloc((size_t)g->nsegments + 1, sizeof *b.runs)};
    op_id *order = xmalloc(g->n * sizeof *order);
    size_t n, count = g->n;
    if (!graph_toposort(g, order, &n))
        die("batches of a graph with a cycle");
    find_uses(&b);
    for (size_t i = 0; i < n; i++)
        if (g->ops[order[i]].segment)
            meet(&b, order[i]);
    for (size_t id = 1; id < count; id++)
        if (b.next[id] && !g->ops[id].carrier)
            carry(&b, (op_id)id);
    free(order);
    free(b.used);
    free(b.next);
    free(b.runs);
    return true;
}
