/* Puts the first calls on a batch after the last calls on the one before. Calls on one
 * machine follow each other anyway, so that no more is needed. */
#include "compiler/rollout.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/handle.h"

static value do_rollout(struct vm *vm, const struct call *c)
{
    struct program *p = program_of(vm);
    size_t n;
    int64_t batch = 1, failures = 0;
    const value *v = value_items(c->args[0], &n);
    if (!v) {
        struct span at = vm_param_span(vm, "machines", 0);
        const char *written = vm_written(vm, at);
        vm_fail_at(vm, at, 529, "rollout() takes a list of machines, not %s",
                   value_type_phrase(vm, c->args[0]));
        vm_help(vm, "write %s",
                handle_of(c->args[0]) && written
                    ? arena_printf(vm->arena, "[%s]", written)
                    : "the machines, such as hosts.all(role=\"web\")");
        return VALUE_ERROR;
    }
    op_id *machines = arena_array(vm->arena, op_id, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct handle *h = handle_of(v[i]);
        if (!h || strcmp(intern_text(vm->strings, p->calls.types[h->type].name),
                         "machine") != 0)
            return vm_fail_at(vm, vm_param_span(vm, "machines", 0), 529,
                              "rollout() takes machines; item %zu is %s", i,
                              value_type_phrase(vm, v[i]));
        machines[i] = h->op;
    }
    if (c->args[1] != VALUE_ERROR && (!value_to_int64(c->args[1], &batch) || batch < 1))
        return vm_fail_at(vm, vm_param_span(vm, "batch", 1), 529,
                          "rollout(batch=) takes a number of machines, 1 or more");
    if (c->args[2] != VALUE_ERROR &&
        (!value_to_int64(c->args[2], &failures) || failures < 0 || failures > INT32_MAX))
        return vm_fail_at(vm, vm_param_span(vm, "max_failures", 2), 529,
                          "rollout(max_failures=) takes a number of machines, 0 or more");
    *vec_push(&p->rollouts) = (struct rollout){machines, n, (size_t)batch,
                                               (uint32_t)failures, (op_id)p->graph.n};
    return value_list_new(vm, v, n);
}

const struct native rollout_native = {"rollout", do_rollout,
                                      "machines batch? max_failures?", NULL};

struct ops {
    op_id *v;
    size_t n, cap;
};

struct applying {
    struct program *p;
    const struct rollout *r;
    uint32_t *batch_of; /* per machine: number of its batch, from 1, or 0 */
    struct ops *tails;  /* per machine: calls that no later one on it comes after */
    bool *acted;        /* per machine: some call has acted on it */
    struct ops *heads;  /* per batch: calls that come after none on their machine */
    size_t nbatches;
    op_id op, last; /* the one looked at; the last one of the batches closed so far */
};

static void note(struct applying *a, op_id machine, bool acts)
{
    struct ops *tails = &a->tails[machine];
    uint32_t batch = a->batch_of[machine];
    if (!batch)
        return;
    /* Those that only look come after the last one that acts, not after each other. */
    if (!tails->n || !(acts || a->acted[machine]))
        *vec_push(&a->heads[batch]) = a->op;
    if (acts)
        tails->n = 0;
    a->acted[machine] |= acts;
    *vec_push(tails) = a->op;
}

static void note_reader(void *ctx, op_id machine)
{
    note(ctx, machine, false);
}

/* The tails of a batch, which came after `before`, as the graph has it. */
static uint32_t close_batch(struct applying *a, size_t batch, uint32_t before)
{
    struct graph *g = &a->p->graph;
    struct ops machines = {0}, calls = {0};
    for (size_t m = batch * a->r->batch; m < (batch + 1) * a->r->batch && m < a->r->n;
         m++) {
        const struct ops *tails = &a->tails[graph_live(g, a->r->machines[m])];
        calls.n = 0;
        for (size_t i = 0; i < tails->n; i++) {
            *vec_push(&calls) = val_handle(&g->values, tails->v[i]);
            if (tails->v[i] > a->last)
                a->last = tails->v[i];
        }
        *vec_push(&machines) = val_seq(&g->values, IR_LIST, 0, calls.v, calls.n);
    }
    uint32_t index = graph_batch(
        g, (struct batch){before, a->r->failures,
                          val_seq(&g->values, IR_LIST, 0, machines.v, machines.n)});
    free(machines.v);
    free(calls.v);
    return index;
}

/* `op` begins a batch, after another one. */
static bool put_after(struct applying *a, op_id op, uint32_t batch)
{
    struct graph *g = &a->p->graph;
    if (op < a->last) {
        struct diag *d =
            diag_error(&a->p->diags, 617, g->ops[op].span,
                       "this call, on %s, begins a batch of the rollout before the "
                       "one before it is done",
                       intern_text(&a->p->strings, g->ops[g->ops[op].subject].address));
        diag_related(
            &a->p->diags, d, g->ops[a->last].span, "this call, on %s, follows it",
            intern_text(&a->p->strings, g->ops[g->ops[a->last].subject].address));
        diag_help(&a->p->diags, d,
                  "make all calls on one machine before those on the next: one loop");
        return false;
    }
    struct ops all = {0};
    val_id old = g->ops[op].batches;
    for (uint32_t i = 0; i < val_count(&g->values, old); i++)
        *vec_push(&all) = val_items(&g->values, old)[i];
    *vec_push(&all) = val_int(&g->values, batch);
    graph_get(g, op)->batches = val_seq(&g->values, IR_LIST, 0, all.v, all.n);
    free(all.v);
    return true;
}

static bool apply(struct applying *a)
{
    struct graph *g = &a->p->graph;
    bool good = true;
    for (size_t m = 0; m < a->r->n; m++)
        a->batch_of[graph_live(g, a->r->machines[m])] = (uint32_t)(m / a->r->batch + 1);
    for (a->op = a->r->begin; a->op < g->n; a->op++) {
        const struct op *op = &g->ops[a->op];
        if (op->flags & OP_DEAD)
            continue;
        if (op->subject)
            note(a, graph_live(g, op->subject), true);
        else
            graph_each_read_machine(g, a->op, note_reader, a);
    }
    size_t open = 0; /* the batch before, counted from 1, that has any calls */
    uint32_t before = 0;
    for (size_t b = 1; b <= a->nbatches; b++) {
        if (!a->heads[b].n)
            continue;
        if (open)
            before = close_batch(a, open - 1, before);
        for (size_t i = 0; open && good && i < a->heads[b].n; i++)
            good = put_after(a, a->heads[b].v[i], before);
        open = b;
    }
    return good;
}

bool rollouts_apply(struct program *p)
{
    bool good = true;
    for (size_t i = 0; good && i < p->rollouts.n; i++) {
        const struct rollout *r = &p->rollouts.v[i];
        struct applying a = {.p = p, .r = r};
        size_t n = p->graph.n;
        a.nbatches = (r->n + r->batch - 1) / r->batch;
        a.batch_of = xcalloc(n, sizeof *a.batch_of);
        a.tails = xcalloc(n, sizeof *a.tails);
        a.acted = xcalloc(n, sizeof *a.acted);
        a.heads = xcalloc(a.nbatches + 1, sizeof *a.heads);
        good = apply(&a);
        for (size_t k = 0; k < n; k++)
            free(a.tails[k].v);
        for (size_t k = 0; k <= a.nbatches; k++)
            free(a.heads[k].v);
        free(a.batch_of);
        free(a.tails);
        free(a.acted);
        free(a.heads);
    }
    return good;
}
