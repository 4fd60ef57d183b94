/* Ready queues, one heap of units per class: a unit is queued when its last dependency
 * has finished. */
#include "runtime/sched.h"

#include <stdlib.h>

#include "ir/base/arena.h"

#define NO_EDGE UINT32_MAX

struct sched_link {
    uint32_t to, next; /* next edge of the same unit, or NO_EDGE */
};

struct sched_queue {
    uint32_t *v; /* binary heap */
    size_t n, cap;
    uint32_t running, limit;
};

struct sched {
    uint32_t units, finished;
    uint32_t *unmet, *first, *class;
    int64_t *way; /* from a unit's start to the end of all that comes behind it */
    struct {
        struct sched_link *v;
        size_t n, cap;
    } links;
    struct sched_queue *queues;
    uint32_t classes;
};

struct sched *sched_new(uint32_t units, const uint32_t *limits, uint32_t classes)
{
    struct sched *s = xcalloc(1, sizeof *s);
    s->units = units;
    s->classes = classes;
    s->unmet = xcalloc(units, sizeof *s->unmet);
    s->class = xcalloc(units, sizeof *s->class);
    s->way = xcalloc(units, sizeof *s->way);
    s->first = xmalloc(sizeof *s->first * units);
    for (uint32_t i = 0; i < units; i++)
        s->first[i] = NO_EDGE;
    s->queues = xcalloc(classes, sizeof *s->queues);
    for (uint32_t i = 0; i < classes; i++)
        s->queues[i].limit = limits[i];
    return s;
}

void sched_free(struct sched *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->classes; i++)
        free(s->queues[i].v);
    free(s->queues);
    free(s->links.v);
    free(s->unmet);
    free(s->class);
    free(s->way);
    free(s->first);
    free(s);
}

void sched_class(struct sched *s, uint32_t unit, uint32_t class)
{
    s->class[unit] = class;
}

void sched_cost(struct sched *s, uint32_t unit, int64_t cost)
{
    if (cost > s->way[unit])
        s->way[unit] = cost;
}

void sched_edge(struct sched *s, uint32_t from, uint32_t to)
{
    if (from == to)
        return;
    struct sched_link *link = vec_push(&s->links);
    *link = (struct sched_link){to, s->first[from]};
    s->first[from] = (uint32_t)(s->links.n - 1);
    s->unmet[to]++;
}

static bool comes_first(const struct sched *s, uint32_t a, uint32_t b)
{
    return s->way[a] != s->way[b] ? s->way[a] > s->way[b] : a < b;
}

static void queue_push(const struct sched *s, struct sched_queue *q, uint32_t unit)
{
    *vec_push(q) = unit;
    for (size_t i = q->n - 1; i && comes_first(s, q->v[i], q->v[(i - 1) / 2]);
         i = (i - 1) / 2) {
        uint32_t up = q->v[(i - 1) / 2];
        q->v[(i - 1) / 2] = q->v[i];
        q->v[i] = up;
    }
}

static uint32_t queue_pop(const struct sched *s, struct sched_queue *q)
{
    uint32_t top = q->v[0];
    q->v[0] = q->v[--q->n];
    for (size_t i = 0;;) {
        size_t first = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < q->n; child++)
            if (comes_first(s, q->v[child], q->v[first]))
                first = child;
        if (first == i)
            return top;
        uint32_t down = q->v[i];
        q->v[i] = q->v[first];
        q->v[first] = down;
        i = first;
    }
}

static void sched_queue(struct sched *s, uint32_t unit)
{
    queue_push(s, &s->queues[s->class[unit]], unit);
}

/* Adds to the cost of each unit the longest way behind it. `order` has units before all
 * that wait for them. */
static void find_ways(struct sched *s, const uint32_t *order, uint32_t n)
{
    while (n-- > 0) {
        int64_t behind = 0;
        for (uint32_t e = s->first[order[n]]; e != NO_EDGE; e = s->links.v[e].next)
            if (s->way[s->links.v[e].to] > behind)
                behind = s->way[s->links.v[e].to];
        s->way[order[n]] += behind;
    }
}

bool sched_start(struct sched *s, uint32_t *cyclic)
{
    /* A walk that only counts tells whether everything can be reached. */
    uint32_t *unmet = xmalloc(sizeof *unmet * s->units);
    uint32_t *order = xmalloc(sizeof *order * s->units);
    uint32_t n = 0, reached = 0;
    for (uint32_t i = 0; i < s->units; i++) {
        unmet[i] = s->unmet[i];
        if (!unmet[i])
            order[n++] = i;
    }
    for (; reached < n; reached++)
        for (uint32_t e = s->first[order[reached]]; e != NO_EDGE; e = s->links.v[e].next)
            if (!--unmet[s->links.v[e].to])
                order[n++] = s->links.v[e].to;
    find_ways(s, order, n);
    for (uint32_t i = 0; i < s->units; i++) {
        if (unmet[i])
            *cyclic = i;
        if (!s->unmet[i])
            sched_queue(s, i);
    }
    free(unmet);
    free(order);
    return reached == s->units;
}

bool sched_take(struct sched *s, uint32_t *unit)
{
    struct sched_queue *best = NULL;
    for (uint32_t i = 0; i < s->classes; i++) {
        struct sched_queue *q = &s->queues[i];
        if (q->n && q->running < q->limit &&
            (!best || comes_first(s, q->v[0], best->v[0])))
            best = q;
    }
    if (!best)
        return false;
    best->running++;
    *unit = queue_pop(s, best);
    return true;
}

void sched_finish(struct sched *s, uint32_t unit)
{
    s->queues[s->class[unit]].running--;
    s->finished++;
    for (uint32_t e = s->first[unit]; e != NO_EDGE; e = s->links.v[e].next)
        if (!--s->unmet[s->links.v[e].to])
            sched_queue(s, s->links.v[e].to);
}

uint32_t sched_running(const struct sched *s)
{
    uint32_t running = 0;
    for (uint32_t i = 0; i < s->classes; i++)
        running += s->queues[i].running;
    return running;
}

bool sched_done(const struct sched *s)
{
    return s->finished == s->units;
}
