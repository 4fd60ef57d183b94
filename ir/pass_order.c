/* Derives every edge from what the program says: values used, after=, program order on
 * each machine and among http.* ops. Linear in ops, references and edges. */
#include <stdlib.h>

#include "ir/graph.h"

struct readers { /* ops that only read since the last one that did not */
    op_id last;  /* that one */
    op_id *v;
    size_t n, cap;
};

struct ordering {
    struct graph *g;
    op_id to;            /* the op whose edges are being made */
    enum edge_kind kind; /* of the references being walked */
    size_t first;        /* first edge of `to` */
    uint32_t *found; /* per op: 1 + index of its edge to `to`, if not before `first` */
    struct readers *machines; /* per op id: program order on that machine */
    struct readers http;
};

/* One edge per pair; of several reasons the strongest stays. */
static void add_edge(struct ordering *o, op_id from, enum edge_kind kind)
{
    struct graph *g = o->g;
    from = graph_live(g, from);
    if (!from || from == o->to)
        return;
    if (o->found[from] > o->first) {
        struct edge *e = &g->edges[o->found[from] - 1];
        if (kind < e->kind)
            e->kind = kind;
        return;
    }
    graph_edge(g, from, o->to, kind);
    o->found[from] = (uint32_t)g->nedges;
}

static void add_reference(void *ctx, op_id from, str_id field)
{
    (void)field;
    struct ordering *o = ctx;
    add_edge(o, from, o->kind);
}

/* `to` comes after the last writer and is one of the readers since. */
static void read_after(struct ordering *o, struct readers *r, enum edge_kind kind)
{
    add_edge(o, r->last, kind);
    if (r->n > 0 && r->v[r->n - 1] == o->to)
        return;
    *vec_push(r) = o->to;
}

/* `to` comes after all readers since the last writer, or after that one. */
static void write_after(struct ordering *o, struct readers *r, enum edge_kind kind)
{
    if (r->n == 0)
        add_edge(o, r->last, kind);
    for (size_t i = 0; i < r->n; i++)
        add_edge(o, r->v[i], kind);
    r->n = 0;
    r->last = o->to;
}

static void read_machine(void *ctx, op_id machine)
{
    struct ordering *o = ctx;
    read_after(o, &o->machines[machine], EDGE_MACHINE);
}

static int by_from(const void *a, const void *b)
{
    op_id x = ((const struct edge *)a)->from;
    op_id y = ((const struct edge *)b)->from;
    return (x > y) - (x < y);
}

static void sort_edges(struct edge *v, size_t n)
{
    if (n > 16) {
        qsort(v, n, sizeof *v, by_from);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct edge e = v[i];
        size_t k = i;
        for (; k > 0 && v[k - 1].from > e.from; k--)
            v[k] = v[k - 1];
        v[k] = e;
    }
}

static void order_op(struct ordering *o, op_id id)
{
    struct graph *g = o->g;
    const struct op *op = &g->ops[id];
    const struct call_info *call = graph_call(g, id);
    o->to = id;
    o->first = g->nedges;
    o->kind = EDGE_DATA;
    if (op->subject)
        add_edge(o, op->subject, EDGE_DATA);
    for (uint32_t i = 0; i < call->nargs; i++)
        val_each_op(&g->values, g->args[op->args + i], add_reference, o);
    val_each_op(&g->values, op->when, add_reference, o);
    o->kind = EDGE_AFTER;
    val_each_op(&g->values, op->after, add_reference, o);
    o->kind = EDGE_ORDER;
    for (uint32_t i = 0; i < val_count(&g->values, op->batches); i++) {
        val_id index = val_items(&g->values, op->batches)[i];
        const struct batch *b = &g->batches[val_get(&g->values, index)->as.i];
        val_each_op(&g->values, b->machines, add_reference, o);
    }
    if (op->subject)
        write_after(o, &o->machines[graph_live(g, op->subject)], EDGE_MACHINE);
    else
        graph_each_read_machine(g, id, read_machine, o);
    if (call->http && graph_http_reads(g, id))
        read_after(o, &o->http, EDGE_ORDER);
    else if (call->http)
        write_after(o, &o->http, EDGE_ORDER);
    sort_edges(g->edges + o->first, g->nedges - o->first);
}

bool graph_order(struct graph *g, struct diags *d)
{
    (void)d;
    struct ordering o = {.g = g,
                         .found = xcalloc(g->n, sizeof *o.found),
                         .machines = xcalloc(g->n, sizeof *o.machines)};
    g->nedges = 0;
    for (size_t id = 1; id < g->n; id++)
        if (!(g->ops[id].flags & OP_DEAD))
            order_op(&o, (op_id)id);
    for (size_t id = 1; id < g->n; id++)
        free(o.machines[id].v);
    free(o.machines);
    free(o.http.v);
    free(o.found);
    return true;
}

/* Kahn's algorithm with a heap of ready ops, so that ties go by id. */
struct heap {
    op_id *v;
    size_t n;
};

static void heap_push(struct heap *h, op_id id)
{
    size_t i = h->n++;
    for (; i > 0 && h->v[(i - 1) / 2] > id; i = (i - 1) / 2)
        h->v[i] = h->v[(i - 1) / 2];
    h->v[i] = id;
}

static op_id heap_pop(struct heap *h)
{
    op_id top = h->v[0];
    op_id last = h->v[--h->n];
    size_t i = 0;
    for (size_t k; (k = 2 * i + 1) < h->n; i = k) {
        if (k + 1 < h->n && h->v[k + 1] < h->v[k])
            k++;
        if (h->v[k] >= last)
            break;
        h->v[i] = h->v[k];
    }
    h->v[i] = last;
    return top;
}

static void sort_by_heap(const struct graph *g, op_id *order, size_t *count)
{
    uint32_t *unmet = xcalloc(g->n, sizeof *unmet);
    size_t *start = xcalloc(g->n + 1, sizeof *start);
    op_id *users = xmalloc((g->nedges + 1) * sizeof *users);
    struct heap ready = {.v = xmalloc(g->n * sizeof *ready.v)};
    for (size_t i = 0; i < g->nedges; i++) {
        unmet[g->edges[i].to]++;
        start[g->edges[i].from + 1]++;
    }
    for (size_t i = 0; i < g->n; i++)
        start[i + 1] += start[i];
    for (size_t i = 0; i < g->nedges; i++)
        users[start[g->edges[i].from]++] =
            g->edges[i].to; /* start[x] becomes the end of x */
    for (size_t id = 1; id < g->n; id++)
        if (!unmet[id] && !(g->ops[id].flags & OP_DEAD))
            heap_push(&ready, (op_id)id);
    while (ready.n > 0) {
        op_id id = heap_pop(&ready);
        order[(*count)++] = id;
        for (size_t i = id ? start[id - 1] : 0; i < start[id]; i++)
            if (--unmet[users[i]] == 0)
                heap_push(&ready, users[i]);
    }
    free(unmet);
    free(start);
    free(users);
    free(ready.v);
}

bool graph_toposort(struct graph *g, op_id *order, size_t *count)
{
    bool forward = true;
    size_t live = 0;
    *count = 0;
    for (size_t i = 0; forward && i < g->nedges; i++)
        forward = g->edges[i].from < g->edges[i].to;
    for (size_t id = 1; id < g->n; id++) {
        if (g->ops[id].flags & OP_DEAD)
            continue;
        if (forward)
            order[live] = (op_id)id;
        live++;
    }
    if (forward)
        *count = live;
    else
        sort_by_heap(g, order, count);
    return *count == live;
}
