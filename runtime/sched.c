/* Ready queues, one heap of unit numbers per class: a unit is queued when its last
 * dependency has finished. */
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
    free(s->first);
    free(s);
}

void sched_class(struct sched *s, uint32_t unit, uint32_t class)
{
    s->class[unit] = class;
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

static void queue_push(struct sched_queue *q, uint32_t unit)
{
    *vec_push(q) = unit;
    for (size_t i = q->n - 1; i && q->v[i] < q->v[(i - 1) / 2]; i = (i - 1) / 2) {
        uint32_t up = q->v[(i - 1) / 2];
        q->v[(i - 1) / 2] = q->v[i];
        q->v[i] = up;
    }
}

static uint32_t queue_pop(struct sched_queue *q)
{
    uint32_t top = q->v[0];
    q->v[0] = q->v[--q->n];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < q->n; child++)
            if (q->v[child] < q->v[least])
                least = child;
        if (least == i)
            return top;
        uint32_t down = q->v[i];
        q->v[i] = q->v[least];
        q->v[least] = down;
        i = least;
    }
}

static void sched_queue(struct sched *s, uint32_t unit)
{
    queue_push(&s->queues[s->class[unit]], unit);
}

bool sched_start(struct sched *s, uint32_t *cyclic)
{
    /* A walk that only counts tells whether everything can be reached. */
    uint32_t *unmet = xmalloc(sizeof *unmet * s->units);
    uint32_t *stack = xmalloc(sizeof *stack * s->units);
    uint32_t depth = 0, reached = 0;
    for (uint32_t i = 0; i < s->units; i++) {
        unmet[i] = s->unmet[i];
        if (!unmet[i])
            stack[depth++] = i;
    }
    while (depth) {
        uint32_t unit = stack[--depth];
        reached++;
        for (uint32_t e = s->first[unit]; e != NO_EDGE; e = s->links.v[e].next)
            if (!--unmet[s->links.v[e].to])
                stack[depth++] = s->links.v[e].to;
    }
    for (uint32_t i = 0; i < s->units; i++) {
        if (unmet[i])
            *cyclic = i;
        if (!s->unmet[i])
            sched_queue(s, i);
    }
    free(unmet);
    free(stack);
    return reached == s->units;
}

bool sched_take(struct sched *s, uint32_t *unit)
{
    struct sched_queue *best = NULL;
    for (uint32_t i = 0; i < s->classes; i++) {
        struct sched_queue *q = &s->queues[i];
        if (q->n && q->running < q->limit && (!best || q->v[0] < best->v[0]))
            best = q;
    }
    if (!best)
        return false;
    best->running++;
    *unit = queue_pop(best);
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
