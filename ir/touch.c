/* Places are recorded under 64-bit hashes, each at itself and at all places that it lies
 * in: a place is then found from above (somebody touched what it lies in) and from below
 * (somebody touched something in it). */
#include "ir/touch.h"

#include <string.h>

/* How a place was touched. BELOW: something in it was. ANY: all of the machine was; ALL:
 * something on the machine was. */
enum way { WAY_EXACT, WAY_BELOW, WAY_ANY, WAY_ALL };

/* An op whose places are recorded, or compared with what came behind it. */
struct toucher {
    struct touches *t;
    op_id op;
};

static uint64_t key(const struct place *p, size_t len, enum way way, bool write)
{
    uint64_t h = place_hash(p->machine, p->name, len);
    h = (h ^ ((uint64_t)way << 1 | write)) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 31;
}

static void put(struct touches *t, uint64_t k, op_id op)
{
    *map64_put(&t->last, k) = op + 1;
}

static bool record(void *ctx, const struct place *p)
{
    const struct toucher *r = ctx;
    struct touches *t = r->t;
    put(t, key(p, 0, WAY_ALL, p->write), r->op);
    if (p->any) {
        put(t, key(p, 0, WAY_ANY, p->write), r->op);
        return false;
    }
    put(t, key(p, p->len, WAY_EXACT, p->write), r->op);
    for (size_t n = p->len; (n = place_parent(p->name, n)) > 0;)
        put(t, key(p, n, WAY_BELOW, p->write), r->op);
    return false;
}

static bool later(const struct toucher *r, const struct place *p, size_t len,
                  enum way way, bool write)
{
    return map64_get(&r->t->last, key(p, len, way, write)) > r->op + 1;
}

/* Whether something after the op touched the place in the one way (reading or writing).
 */
static bool touched(const struct toucher *r, const struct place *p, bool write)
{
    if (p->any)
        return later(r, p, 0, WAY_ALL, write);
    if (later(r, p, 0, WAY_ANY, write) || later(r, p, p->len, WAY_EXACT, write) ||
        later(r, p, p->len, WAY_BELOW, write))
        return true;
    for (size_t n = p->len; (n = place_parent(p->name, n)) > 0;)
        if (later(r, p, n, WAY_EXACT, write))
            return true;
    return false;
}

static bool overlaps(void *ctx, const struct place *p)
{
    return touched(ctx, p, true) || (p->write && touched(ctx, p, false));
}

void touches_init(struct touches *t, const struct graph *g)
{
    *t = (struct touches){.g = g, .fed = 1};
    places_init(&t->places, g);
}

void touches_free(struct touches *t)
{
    places_free(&t->places);
    map64_free(&t->last);
}

bool touches_between(struct touches *t, op_id first, op_id later)
{
    struct toucher r = {.t = t};
    for (; t->fed < later; t->fed++) {
        if (t->g->ops[t->fed].flags & OP_DEAD)
            continue;
        r.op = t->fed;
        places_each(&t->places, t->fed, record, &r);
        places_pass(&t->places, t->fed);
    }
    r.op = first;
    return places_each(&t->places, later, overlaps, &r);
}
