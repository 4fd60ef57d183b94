/* Moves calls up to others of their kind, past calls of the same machine that cannot
 * tell: neither touches what the other does. Of a machine that several tools work on, it
 * takes fewer starts then, and more package calls are neighbours. */
#include <stdlib.h>

#include "ir/pass.h"
#include "ir/touch.h"

struct row { /* ops that act on one machine, in the order they will be carried out in */
    op_id *v;
    size_t n, cap;
    bool changed;
};

struct commuting {
    struct graph *g;
    struct touches touches;
    struct row *rows; /* per op id of a machine */
    uint8_t *fixed;   /* per op: something else than its row holds its place */
    op_id from, to;   /* whether a value refers to an op of this row from here to there */
    const struct row *row;
    bool refers;
};

static bool acts_on_machine(const struct graph *g, op_id id)
{
    return g->ops[id].subject && !(g->ops[id].flags & OP_DEAD);
}

/* Readers of the machine, such as http.expect, stand between two calls of the row by
 * edges of their own. */
static void find_fixed(struct commuting *c)
{
    const struct graph *g = c->g;
    for (size_t i = 0; i < g->nedges; i++) {
        const struct edge *e = &g->edges[i];
        const struct op *from = &g->ops[e->from], *to = &g->ops[e->to];
        if (e->kind != EDGE_MACHINE && e->kind != EDGE_ORDER)
            continue;
        if (graph_live(g, from->subject) != graph_live(g, to->subject))
            c->fixed[e->from] = c->fixed[e->to] = 1;
    }
    for (size_t id = 1; id < g->n; id++)
        if (g->ops[id].batches || (g->ops[id].flags & OP_CONTINUE) ||
            graph_call(g, (op_id)id)->alone)
            c->fixed[id] = 1;
}

static void note_reference(void *ctx, op_id op, str_id field)
{
    (void)field;
    struct commuting *c = ctx;
    op = graph_live(c->g, op);
    for (size_t i = c->from; i < c->to; i++)
        c->refers |= c->row->v[i] == op;
}

/* Whether the op uses something of those in these places of the row, or was told to come
 * after them. */
static bool refers_to(struct commuting *c, op_id id, const struct row *row, size_t from)
{
    const struct graph *g = c->g;
    const struct op *op = &g->ops[id];
    c->row = row;
    c->from = (op_id)from;
    c->to = (op_id)row->n;
    c->refers = false;
    for (uint32_t i = 0; i < graph_call(g, id)->nargs; i++)
        val_each_op(&g->values, g->args[op->args + i], note_reference, c);
    val_each_op(&g->values, op->when, note_reference, c);
    val_each_op(&g->values, op->after, note_reference, c);
    return c->refers;
}

/* One run of a tool can carry out both, or one transaction. */
static bool belongs_to(const struct graph *g, op_id id, op_id other, bool transaction)
{
    const struct op *a = &g->ops[id], *b = &g->ops[other];
    return a->backend == b->backend && !graph_call(g, other)->alone &&
           (!transaction || a->call == b->call);
}

enum { FARTHEST = 100 }; /* calls that one is moved past: more is not looked for */

/* The place behind the last op of the row that this one belongs to; the row's end if that
 * is its last, or there is none. */
static size_t place_behind(const struct graph *g, op_id id, const struct row *row,
                           bool transaction)
{
    for (size_t i = row->n; i > 0 && i + FARTHEST > row->n; i--)
        if (belongs_to(g, id, row->v[i - 1], transaction))
            return i;
    return row->n;
}

/* Whether the op may be carried out before all from this place on. */
static bool may_pass(struct commuting *c, op_id id, const struct row *row, size_t from)
{
    op_id least = id;
    if (c->fixed[id])
        return false;
    for (size_t i = from; i < row->n; i++) {
        if (c->fixed[row->v[i]])
            return false;
        least = row->v[i] < least ? row->v[i] : least;
    }
    return !refers_to(c, id, row, from) && !touches_between(&c->touches, least - 1, id);
}

static void place_op(struct commuting *c, op_id id)
{
    const struct graph *g = c->g;
    struct row *row = &c->rows[graph_live(g, g->ops[id].subject)];
    size_t at = graph_call(g, id)->batch ? place_behind(g, id, row, true) : row->n;
    if (at == row->n)
        at = place_behind(g, id, row, false);
    if (at < row->n && !may_pass(c, id, row, at))
        at = row->n;
    row->changed |= at < row->n;
    if (at < row->n)
        c->g->ops[id].flags |= OP_MOVED;
    (void)vec_push(row);
    for (size_t i = row->n - 1; i > at; i--)
        row->v[i] = row->v[i - 1];
    row->v[at] = id;
}

static int by_target(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return x->to != y->to ? (x->to > y->to) - (x->to < y->to)
                          : (x->from > y->from) - (x->from < y->from);
}

/* Puts the edges of the new order in the place of those of the old one. */
static void replace_edges(struct commuting *c)
{
    struct graph *g = c->g;
    struct map64 known = {0};
    size_t n = 0;
    for (size_t i = 0; i < g->nedges; i++) {
        struct edge e = g->edges[i];
        op_id machine = graph_live(g, g->ops[e.to].subject);
        bool of_row = e.kind == EDGE_MACHINE && acts_on_machine(g, e.from) &&
                      graph_live(g, g->ops[e.from].subject) == machine;
        if (of_row && c->rows[machine].changed)
            continue;
        g->edges[n++] = e;
        *map64_put(&known, (uint64_t)e.from << 32 | e.to) = 1;
    }
    g->nedges = n;
    for (size_t id = 1; id < g->n; id++)
        for (size_t i = 1; c->rows[id].changed && i < c->rows[id].n; i++) {
            op_id from = c->rows[id].v[i - 1], to = c->rows[id].v[i];
            if (!map64_get(&known, (uint64_t)from << 32 | to))
                graph_edge(g, from, to, EDGE_MACHINE);
        }
    qsort(g->edges, g->nedges, sizeof *g->edges, by_target);
    map64_free(&known);
}

/* Whether there is a machine that several tools work on, or a call that can be united. */
static bool wanted(const struct graph *g)
{
    uint8_t *tools = xcalloc(g->n, sizeof *tools);
    bool found = false;
    for (op_id id = 1; id < g->n && !found; id++) {
        const struct call_info *call = graph_call(g, id);
        if (!acts_on_machine(g, id) || call->alone)
            continue;
        uint8_t *seen = &tools[graph_live(g, g->ops[id].subject)];
        *seen |= (uint8_t)(1u << g->ops[id].backend);
        found = call->batch || (*seen & (*seen - 1));
    }
    free(tools);
    return found;
}

bool graph_commute(struct graph *g, struct diags *d)
{
    (void)d;
    if (!wanted(g))
        return true;
    struct commuting c = {.g = g,
                          .rows = xcalloc(g->n, sizeof *c.rows),
                          .fixed = xcalloc(g->n, sizeof *c.fixed)};
    bool changed = false;
    touches_init(&c.touches, g);
    find_fixed(&c);
    for (op_id id = 1; id < g->n; id++)
        if (acts_on_machine(g, id))
            place_op(&c, id);
    for (size_t id = 1; id < g->n; id++)
        changed |= c.rows[id].changed;
    if (changed)
        replace_edges(&c);
    touches_free(&c.touches);
    for (size_t id = 1; id < g->n; id++)
        free(c.rows[id].v);
    free(c.rows);
    free(c.fixed);
    return true;
}
