/* Merging of equal ops. The first op keeps its place, so nothing that the later one waits
 * for may come after that place. */
#include "ir/merge.h"

#include <stdlib.h>

/* Points the references inside a value at live ops, so that values compare by what they
 * mean. */
static void resolve(struct graph *g, val_id id)
{
    struct ir_value *v = &g->values.v[id];
    if (!(v->flags & IR_REFERS))
        return;
    if (v->kind == IR_REF) {
        v->as.ref.op = graph_live(g, v->as.ref.op);
    } else if (v->kind == IR_HANDLE) {
        v->as.n = graph_live(g, v->as.n);
    } else {
        uint32_t width = v->kind == IR_DICT ? v->count * 2 : v->count;
        for (uint32_t i = 0; i < width; i++)
            resolve(g, val_items(&g->values, id)[i]);
    }
}

bool merge_same(struct graph *g, val_id a, val_id b)
{
    if (a == b)
        return true;
    resolve(g, a);
    resolve(g, b);
    return val_equal(&g->values, a, b);
}

static bool is_not(struct graph *g, val_id a, val_id b)
{
    const struct ir_value *v = val_get(&g->values, a);
    return v->kind == IR_COND && v->sub == IR_COND_NOT &&
           merge_same(g, val_items(&g->values, a)[0], b);
}

bool merge_opposite(struct graph *g, val_id a, val_id b)
{
    static const uint8_t other[] = {
        [IR_COND_EQ] = IR_COND_NE,
        [IR_COND_NE] = IR_COND_EQ,
        [IR_COND_LT] = IR_COND_GE,
        [IR_COND_GE] = IR_COND_LT,
        [IR_COND_GT] = IR_COND_LE,
        [IR_COND_LE] = IR_COND_GT,
        [IR_COND_IN] = IR_COND_NOT_IN,
        [IR_COND_NOT_IN] = IR_COND_IN,
        [IR_COND_ANY] = 0,
    };
    if (!a || !b)
        return false;
    if (is_not(g, a, b) || is_not(g, b, a))
        return true;
    const struct ir_value *x = val_get(&g->values, a);
    const struct ir_value *y = val_get(&g->values, b);
    if (x->kind != IR_COND || y->kind != IR_COND || x->count != 2 || y->count != 2 ||
        !other[x->sub] || other[x->sub] != y->sub)
        return false;
    return merge_same(g, val_items(&g->values, a)[0], val_items(&g->values, b)[0]) &&
           merge_same(g, val_items(&g->values, a)[1], val_items(&g->values, b)[1]);
}

struct latest {
    const struct graph *g;
    op_id op;
};

static void see_latest(void *ctx, op_id op, str_id field)
{
    (void)field;
    struct latest *l = ctx;
    op = graph_live(l->g, op);
    if (op > l->op)
        l->op = op;
}

static bool waits_beyond(const struct graph *g, op_id later, op_id first)
{
    const struct op *op = &g->ops[later];
    struct latest l = {.g = g};
    for (uint32_t i = 0; i < graph_call(g, later)->nargs; i++)
        val_each_op(&g->values, g->args[op->args + i], see_latest, &l);
    val_each_op(&g->values, op->after, see_latest, &l);
    val_each_op(&g->values, op->when, see_latest, &l);
    return l.op >= first;
}

static bool has_item(struct graph *g, val_id list, val_id item)
{
    for (uint32_t i = 0; i < val_count(&g->values, list); i++)
        if (merge_same(g, val_items(&g->values, list)[i], item))
            return true;
    return false;
}

/* Packages are a set, however they are listed. */
static bool same_packages(struct graph *g, val_id a, val_id b)
{
    bool same = val_get(&g->values, a)->kind == IR_LIST &&
                val_get(&g->values, b)->kind == IR_LIST;
    for (uint32_t i = 0; same && i < val_count(&g->values, a); i++)
        same = has_item(g, b, val_items(&g->values, a)[i]);
    for (uint32_t i = 0; same && i < val_count(&g->values, b); i++)
        same = has_item(g, a, val_items(&g->values, b)[i]);
    return same;
}

static bool same_argument(struct graph *g, enum type_kind kind, val_id a, val_id b)
{
    return kind == TYPE_TRIGGERS || merge_same(g, a, b) ||
           (kind == TYPE_PACKAGES && same_packages(g, a, b));
}

enum merge_verdict merge_judge(struct graph *g, struct touches *touches, op_id first,
                               op_id later, uint32_t *wrong)
{
    const struct call_info *call = graph_call(g, first);
    const struct op *a = &g->ops[first];
    const struct op *b = &g->ops[later];
    bool equal = true;
    *wrong = call->nargs;
    for (uint32_t i = 0; equal && i < call->nargs; i++) {
        if (same_argument(g, (enum type_kind)call->args[i].type.kind,
                          g->args[a->args + i], g->args[b->args + i]))
            continue;
        equal = false;
        *wrong = i;
    }
    /* What is wanted gone differs in much; people look for this. */
    uint32_t present = call->present - 1;
    if (!equal && call->present &&
        !merge_same(g, g->args[a->args + present], g->args[b->args + present]))
        *wrong = present;
    bool same_when = merge_same(g, a->when, b->when);
    bool same_policy = a->backend == b->backend && a->retries == b->retries &&
                       a->timeout_ms == b->timeout_ms &&
                       !((a->flags ^ b->flags) & OP_CONTINUE);
    if (call->exclusive && (!equal || (same_when && !same_policy)))
        return merge_opposite(g, a->when, b->when) ? MERGE_TWO : MERGE_CONFLICT;
    if (!equal || !same_when || !same_policy || !graph_idempotent(g, first) ||
        call->ordinal || waits_beyond(g, later, first) ||
        touches_between(touches, first, later))
        return MERGE_TWO;
    return MERGE_ONE;
}

/* The items of a trigger argument: a list, one value, or nothing. */
static const val_id *items_of(const struct graph *g, const val_id *id, uint32_t *n)
{
    const struct ir_value *v = val_get(&g->values, *id);
    *n = v->kind == IR_LIST ? v->count : v->kind != IR_ABSENT && v->kind != IR_NONE;
    return v->kind == IR_LIST ? val_items(&g->values, *id) : id;
}

static val_id unite(struct graph *g, val_id a, val_id b)
{
    if (merge_same(g, a, b))
        return a;
    uint32_t na, nb;
    const val_id *x = items_of(g, &a, &na);
    const val_id *y = items_of(g, &b, &nb);
    if (nb == 0)
        return a;
    val_id *all = xmalloc(((size_t)na + nb) * sizeof *all);
    size_t n = 0;
    for (uint32_t i = 0; i < na; i++)
        all[n++] = x[i];
    for (uint32_t i = 0; i < nb; i++) {
        bool known = false;
        for (uint32_t k = 0; !known && k < na; k++)
            known = merge_same(g, all[k], y[i]);
        if (!known)
            all[n++] = y[i];
    }
    val_id id = n > na ? val_seq(&g->values, IR_LIST, 0, all, n) : a;
    free(all);
    return id;
}

void merge_ops(struct graph *g, op_id first, op_id later)
{
    const struct call_info *call = graph_call(g, first);
    struct op *a = &g->ops[first];
    struct op *b = &g->ops[later];
    for (uint32_t i = 0; i < call->nargs; i++)
        if (call->args[i].type.kind == TYPE_TRIGGERS)
            g->args[a->args + i] = unite(g, g->args[a->args + i], g->args[b->args + i]);
    a->after = unite(g, a->after, b->after);
    a->flags |= b->flags & OP_TAINTED;
    b->flags |= OP_DEAD;
    b->merged = first;
}

void merge_rewrite(struct graph *g)
{
    for (size_t i = 0; i < g->values.n; i++) {
        struct ir_value *v = &g->values.v[i];
        if (v->kind == IR_REF)
            v->as.ref.op = graph_live(g, v->as.ref.op);
        else if (v->kind == IR_HANDLE)
            v->as.n = graph_live(g, v->as.n);
    }
    for (size_t i = 1; i < g->n; i++)
        g->ops[i].subject = graph_live(g, g->ops[i].subject);
}
