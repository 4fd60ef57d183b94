/* Groups ops into tool runs. Starting a tool costs about a second, but a run waits for
 * all that any of its ops waits for. So an op joins the run at work on its machine if no
 * op of the run then ends later than it would if each op were a run of its own: what
 * comes behind cannot become later either. Runs never wait for each other in a circle: in
 * one, each would have to begin before the other. */
#include <stdlib.h>

#include "ir/graph.h"

enum { TOOL_START_MS = 1000 };

/* The run on a machine that may still take ops. */
struct open_run {
    uint32_t segment; /* 0: none */
    uint8_t backend;
    int64_t start;  /* when all that it waits for is there */
    int64_t length; /* from its tool's start to the end of its last op */
    int64_t latest; /* it must not start later */
};

struct segmenting {
    struct graph *g;
    size_t *first;  /* per op: its first edge; edges stand sorted by their target */
    int64_t *alone; /* per op: its end if each op were a run of its own */
    struct open_run *opens; /* per op id of a machine */
};

/* The machine whose tool runs may carry the op, or 0 if it runs on its own. */
static op_id tool_machine(const struct graph *g, op_id id)
{
    return graph_call(g, id)->alone ? 0 : g->ops[id].subject;
}

static void find_edges(struct segmenting *s)
{
    const struct graph *g = s->g;
    s->first = xcalloc(g->n + 1, sizeof *s->first);
    for (size_t i = 0; i < g->nedges; i++)
        s->first[g->edges[i].to + 1]++;
    for (size_t i = 0; i < g->n; i++)
        s->first[i + 1] += s->first[i];
}

/* When all is there that the op waits for and that is no part of this run; 0: of any. */
static int64_t ready(const struct segmenting *s, op_id id, uint32_t segment)
{
    const struct graph *g = s->g;
    int64_t at = 0;
    for (size_t e = s->first[id]; e < s->first[id + 1]; e++) {
        op_id from = g->edges[e].from;
        if ((!segment || g->ops[from].segment != segment) && s->alone[from] > at)
            at = s->alone[from];
    }
    return at;
}

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Whether the op may be one of the run's: then it is. */
static bool join_run(struct segmenting *s, op_id id, struct open_run *run)
{
    struct op *op = &s->g->ops[id];
    if (!run->segment || run->backend != op->backend)
        return false;
    int64_t start = max(run->start, ready(s, id, run->segment));
    int64_t length = run->length + graph_call(s->g, id)->cost_ms;
    int64_t latest = s->alone[id] - length;
    latest = latest < run->latest ? latest : run->latest;
    if (start > latest)
        return false;
    run->start = s->g->starts[run->segment] = start;
    run->length = length;
    run->latest = latest;
    op->segment = run->segment;
    return true;
}

static void begin_run(struct segmenting *s, op_id id, struct open_run *run)
{
    struct graph *g = s->g;
    int64_t length = TOOL_START_MS + graph_call(g, id)->cost_ms;
    *run = (struct open_run){++g->nsegments, g->ops[id].backend, s->alone[id] - length,
                             length, s->alone[id] - length};
    g->starts[run->segment] = run->start;
    g->ops[id].segment = run->segment;
}

static void place_op(struct segmenting *s, op_id id)
{
    op_id machine = tool_machine(s->g, id);
    s->g->ops[id].segment = 0;
    s->alone[id] =
        ready(s, id, 0) + graph_call(s->g, id)->cost_ms + (machine ? TOOL_START_MS : 0);
    if (machine && !join_run(s, id, &s->opens[machine]))
        begin_run(s, id, &s->opens[machine]);
}

struct run_order {
    int64_t start;
    uint32_t segment;
};

static int by_start(const void *a, const void *b)
{
    const struct run_order *x = a, *y = b;
    return x->start != y->start ? (x->start > y->start) - (x->start < y->start)
                                : (x->segment > y->segment) - (x->segment < y->segment);
}

/* A run's number is above those of all that it waits for: they begin earlier. */
static void number_runs(struct graph *g)
{
    struct run_order *order = xmalloc((g->nsegments + 1) * sizeof *order);
    uint32_t *number = xcalloc(g->nsegments + 1, sizeof *number);
    for (uint32_t i = 0; i < g->nsegments; i++)
        order[i] = (struct run_order){g->starts[i + 1], i + 1};
    qsort(order, g->nsegments, sizeof *order, by_start);
    for (uint32_t i = 0; i < g->nsegments; i++) {
        number[order[i].segment] = i + 1;
        g->starts[i + 1] = order[i].start;
    }
    for (size_t id = 1; id < g->n; id++)
        g->ops[id].segment = number[g->ops[id].segment];
    free(order);
    free(number);
}

bool graph_segment(struct graph *g, struct diags *d)
{
    (void)d;
    struct segmenting s = {.g = g};
    op_id *order = xmalloc(g->n * sizeof *order);
    size_t n;
    if (!graph_toposort(g, order, &n))
        die("segments of a graph with a cycle");
    find_edges(&s);
    s.alone = xcalloc(g->n, sizeof *s.alone);
    s.opens = xcalloc(g->n, sizeof *s.opens);
    free(g->starts);
    g->starts = xcalloc(n + 1, sizeof *g->starts);
    g->nsegments = 0;
    for (size_t i = 0; i < n; i++)
        place_op(&s, order[i]);
    number_runs(g);
    free(order);
    free(s.first);
    free(s.alone);
    free(s.opens);
    return true;
}
