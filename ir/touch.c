/* Effects are recorded under 64-bit hashes of (machine, kind, name, way). A path is found
 * from above (somebody touched the tree it lies in) and from below (somebody touched
 * something in the tree that it is), so it is recorded at itself and at each folder
 * above. */
#include "ir/touch.h"

#include <string.h>

/* How a resource was touched. BELOW: something under this path was. */
enum way { WAY_EXACT, WAY_TREE, WAY_BELOW, WAY_ANY, WAY_ALL };

struct resource {
    op_id machine;
    str_id kind;
    const char *name;
    size_t len;
    bool write, tree;
    bool any; /* everything of the machine; also what cannot be known before running */
};

/* Receives each resource of an op; true stops the walk. */
typedef bool resource_fn(struct touches *t, const struct resource *r, op_id op);

static uint64_t hash_start(const struct resource *r, enum way way, bool write)
{
    uint64_t h = (uint64_t)r->machine << 32 | r->kind;
    h = (h ^ ((uint64_t)way << 1 | write)) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 31;
}

static uint64_t hash_add(uint64_t h, char c)
{
    return (h ^ (unsigned char)c) * 0x100000001b3u;
}

static uint64_t hash_end(uint64_t h)
{
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

static uint64_t hash_name(const struct resource *r, enum way way, bool write)
{
    uint64_t h = hash_start(r, way, write);
    for (size_t i = 0; i < r->len; i++)
        h = hash_add(h, r->name[i]);
    return hash_end(h);
}

/* The machine as a whole: ANY what foreign code did to it, ALL what anybody did. */
static uint64_t hash_machine(const struct resource *r, enum way way, bool write)
{
    struct resource whole = {.machine = r->machine};
    return hash_end(hash_start(&whole, way, write));
}

/* Where the folder above the first `len` bytes of a path ends; 0 behind "/". */
static size_t parent(const char *path, size_t len)
{
    if (len <= 1)
        return 0;
    while (len > 1 && path[len - 1] != '/')
        len--;
    return len > 1 ? len - 1 : 1;
}

static bool record(struct touches *t, const struct resource *r, op_id op)
{
    *map64_put(&t->last, hash_machine(r, WAY_ALL, r->write)) = op;
    if (r->any) {
        *map64_put(&t->last, hash_machine(r, WAY_ANY, r->write)) = op;
        return false;
    }
    *map64_put(&t->last, hash_name(r, WAY_EXACT, r->write)) = op;
    if (r->tree)
        *map64_put(&t->last, hash_name(r, WAY_TREE, r->write)) = op;
    if (r->len == 0 || r->name[0] != '/')
        return false;
    struct resource above = *r;
    while ((above.len = parent(above.name, above.len)) > 0)
        *map64_put(&t->last, hash_name(&above, WAY_BELOW, r->write)) = op;
    return false;
}

/* Whether something after `first` touched the resource in the one way (reading or
 * writing). */
static bool touched(const struct touches *t, const struct resource *r, bool write,
                    op_id first)
{
    if (r->any)
        return map64_get(&t->last, hash_machine(r, WAY_ALL, write)) > first;
    if (map64_get(&t->last, hash_machine(r, WAY_ANY, write)) > first ||
        map64_get(&t->last, hash_name(r, WAY_EXACT, write)) > first ||
        (r->tree && map64_get(&t->last, hash_name(r, WAY_BELOW, write)) > first))
        return true;
    if (r->len == 0 || r->name[0] != '/')
        return false;
    struct resource above = *r;
    while ((above.len = parent(above.name, above.len)) > 0)
        if (map64_get(&t->last, hash_name(&above, WAY_TREE, write)) > first)
            return true;
    return false;
}

static bool conflicts(struct touches *t, const struct resource *r, op_id first)
{
    return touched(t, r, true, first) || (r->write && touched(t, r, false, first));
}

static bool each_name(struct touches *t, struct resource *r, val_id id, op_id op,
                      resource_fn *each)
{
    const struct values *values = &t->g->values;
    const struct ir_value *v = val_get(values, id);
    if (v->kind == IR_ABSENT || v->kind == IR_NONE)
        return false;
    if (v->kind == IR_LIST) {
        for (uint32_t i = 0; i < v->count; i++)
            if (each_name(t, r, val_items(values, id)[i], op, each))
                return true;
        return false;
    }
    r->any = v->kind != IR_STR;
    r->name = r->any ? "" : intern_text(t->g->strings, v->as.n);
    r->len = r->any ? 0 : intern_len(t->g->strings, v->as.n);
    return each(t, r, op);
}

struct read_any {
    struct touches *t;
    op_id op;
};

static void record_read_any(void *ctx, op_id machine)
{
    struct read_any *reader = ctx;
    struct resource r = {.machine = machine, .any = true};
    record(reader->t, &r, reader->op);
}

static bool each_resource(struct touches *t, op_id id, resource_fn *each, op_id ctx)
{
    const struct call_info *call = graph_call(t->g, id);
    const val_id *args = t->g->args + t->g->ops[id].args;
    for (uint32_t i = 0; i < call->neffects; i++) {
        const struct effect *e = &call->effects[i];
        struct resource r = {.machine = graph_live(t->g, t->g->ops[id].subject),
                             .kind = e->kind,
                             .write = e->write,
                             .tree = e->tree};
        bool stop;
        if (e->any) { /* with an argument: only where that one is written */
            r.any = true;
            stop = (e->arg < 0 || args[e->arg] > VAL_FALSE) && each(t, &r, ctx);
        } else if (e->arg >= 0) {
            stop = each_name(t, &r, args[e->arg], ctx, each);
        } else {
            r.name = intern_text(t->g->strings, e->literal);
            r.len = intern_len(t->g->strings, e->literal);
            stop = each(t, &r, ctx);
        }
        if (stop)
            return true;
    }
    return false;
}

void touches_init(struct touches *t, const struct graph *g)
{
    *t = (struct touches){.g = g, .fed = 1};
}

void touches_free(struct touches *t)
{
    map64_free(&t->last);
}

bool touches_between(struct touches *t, op_id first, op_id later)
{
    for (; t->fed < later; t->fed++) {
        const struct op *op = &t->g->ops[t->fed];
        if (op->flags & OP_DEAD)
            continue;
        if (op->subject) {
            each_resource(t, t->fed, record, t->fed);
        } else {
            struct read_any reader = {t, t->fed};
            graph_each_read_machine(t->g, t->fed, record_read_any, &reader);
        }
    }
    return each_resource(t, later, conflicts, first);
}
