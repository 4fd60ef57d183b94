/* Looks at arguments rather than at what they are lowered to, so that an error stands
 * where the program says what cannot be. */
#include "ir/boot.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"

struct boot {
    const struct plan *plan;
    struct graph *g;
    struct diags *d;
    op_id machine;      /* whose op is looked at */
    op_id op;           /* that op */
    op_id before_of;    /* the machine that `before` is about, or 0 */
    bool *before;       /* per op: the machine's creation waits for it */
    uint32_t *edges_of; /* per op: index of its first edge */
    bool known, good;
};

static const char *text_of(const struct boot *b, str_id s)
{
    return intern_text(b->g->strings, s);
}

static const char *address_of(const struct boot *b, op_id op)
{
    return text_of(b, b->g->ops[op].address);
}

static const char *call_name(const struct boot *b)
{
    return text_of(b, graph_call(b->g, b->op)->name);
}

static const struct ir_value *steps_of(const struct plan *plan, op_id op)
{
    const struct plan_template *t = &plan->templates[plan->template_of[op]];
    return val_get(&plan->graph->values, t->steps);
}

bool boot_machine(const struct plan *plan, op_id machine)
{
    const struct plan_template *t = &plan->templates[plan->template_of[machine]];
    return machine && steps_of(plan, machine)->kind == IR_DICT &&
           val_dict_get(&plan->graph->values, t->steps, "boot");
}

bool boot_op(const struct plan *plan, op_id op)
{
    return boot_machine(plan, plan->graph->ops[op].subject) &&
           steps_of(plan, op)->kind == IR_LIST;
}

bool boot_changes(const struct graph *g, val_id v, boot_change_fn *each, void *ctx)
{
    const struct ir_value value = *val_get(&g->values, v);
    bool any = value.kind == IR_LIST ||
               (value.kind == IR_COND &&
                (value.sub == IR_COND_ANY || value.sub == IR_COND_TRUE));
    if (value.kind == IR_HANDLE) {
        each(ctx, graph_live(g, value.as.n));
        return true;
    }
    if (value.kind == IR_REF &&
        !strcmp(intern_text(g->strings, value.as.ref.field), "changed")) {
        each(ctx, graph_live(g, value.as.ref.op));
        return true;
    }
    for (uint32_t i = 0; any && i < value.count; i++)
        any = boot_changes(g, val_items(&g->values, v)[i], each, ctx);
    return any;
}

/* ---- what is said
 * ---------------------------------------------------------------------------- */

static struct diag *refuse(struct boot *b, unsigned code, struct span at,
                           const char *text)
{
    b->good = false;
    struct diag *g = diag_error(b->d, code, at, "%s", text);
    graph_call_chain(b->g, b->d, g, b->op);
    return g;
}

static const char *ways_in(struct boot *b)
{
    return arena_printf(b->g->arena,
                        "say in the provider's file how to log in, such as access: "
                        "{login: debian}: then nothing goes into %s's user data",
                        address_of(b, b->machine));
}

/* ---- values
 * ---------------------------------------------------------------------------------- */

static void note_change(void *ctx, op_id op)
{
    struct boot *b = ctx;
    b->known =
        b->known && op && b->g->ops[op].subject == b->machine && boot_op(b->plan, op);
}

static bool has_secret(const struct values *t, val_id v)
{
    const struct ir_value value = *val_get(t, v);
    uint32_t n = value.kind == IR_DICT ? 2 * value.count : value.count;
    bool seq = value.kind == IR_LIST || value.kind == IR_DICT || value.kind == IR_TEXT;
    if (value.kind == IR_SECRET || value.flags & IR_TAINTED)
        return true;
    for (uint32_t i = 0; seq && i < n; i++)
        if (has_secret(t, val_items(t, v)[i]))
            return true;
    return false;
}

static void check_value(struct boot *b, val_id v, struct span at, const char *what)
{
    const struct values *t = &b->g->values;
    const struct ir_value *value = val_get(t, v);
    const char *machine = address_of(b, b->machine);
    if (!(value->flags & (IR_DEFERRED | IR_REFERS | IR_TAINTED)) &&
        value->kind != IR_SECRET)
        return;
    b->known = true;
    if (boot_changes(b->g, v, note_change, b) && b->known)
        return;
    if (has_secret(t, v)) {
        struct diag *g =
            refuse(b, 753, at,
                   arena_printf(b->g->arena,
                                "a secret cannot go into %s's user data, where %s(%s=) "
                                "would be carried out",
                                machine, call_name(b), what));
        diag_help(b->d, g, "user data can be read by whatever runs on the machine; %s",
                  ways_in(b));
        return;
    }
    struct diag *g =
        refuse(b, 753, at,
               arena_printf(b->g->arena,
                            "%s(%s=) has a value that only running tells: it "
                            "is too late for %s's user data",
                            call_name(b), what, machine));
    diag_help(b->d, g, "write a value that is known before the run, or %s", ways_in(b));
}

static void check_values(struct boot *b)
{
    const struct call_info *call = graph_call(b->g, b->op);
    const struct op *op = &b->g->ops[b->op];
    for (uint32_t i = 0; i < call->nargs; i++)
        check_value(b, graph_args(b->g, b->op)[i],
                    graph_place(b->g, b->op, call->args[i].name),
                    text_of(b, call->args[i].name));
    if (op->when)
        check_value(b, op->when,
                    graph_place(b->g, b->op, intern_cstr(b->g->strings, "when")), "when");
}

/* ---- what it comes after
 * ------------------------------------------------------------------------ */

static void find_edges(struct boot *b)
{
    b->edges_of = xcalloc(b->g->n + 1, sizeof *b->edges_of);
    for (size_t i = b->g->nedges; i-- > 0;)
        b->edges_of[b->g->edges[i].to] = (uint32_t)i;
}

/* Marks everything that the machine's creation waits for. */
static void find_before(struct boot *b)
{
    struct {
        op_id *v;
        size_t n, cap;
    } left = {0};
    if (b->before_of == b->machine)
        return;
    free(b->before);
    b->before = xcalloc(b->g->n, sizeof *b->before);
    b->before_of = *vec_push(&left) = b->machine;
    while (left.n) {
        op_id to = left.v[--left.n];
        for (size_t i = b->edges_of[to]; i < b->g->nedges && b->g->edges[i].to == to;
             i++) {
            op_id from = b->g->edges[i].from;
            if (b->before[from])
                continue;
            b->before[from] = true;
            *vec_push(&left) = from;
        }
    }
    free(left.v);
}

/* Whether the op is over by then, or a part of the first boot. */
static bool precedes(struct boot *b, op_id from)
{
    if (from == b->machine ||
        (b->g->ops[from].subject == b->machine && boot_op(b->plan, from)))
        return true;
    find_before(b);
    return b->before[from];
}

static void check_order(struct boot *b)
{
    for (size_t i = b->edges_of[b->op]; i < b->g->nedges && b->g->edges[i].to == b->op;
         i++) {
        op_id from = b->g->edges[i].from;
        if (precedes(b, from))
            continue;
        struct diag *g =
            refuse(b, 754, b->g->ops[b->op].span,
                   arena_printf(b->g->arena,
                                "%s comes after %s, but is carried out in the first boot "
                                "of %s",
                                address_of(b, b->op), address_of(b, from),
                                address_of(b, b->machine)));
        diag_related(b->d, g, b->g->ops[from].span, "this cannot be over by then");
        diag_help(b->d, g, "write it before that, or %s", ways_in(b));
        return;
    }
}

/* ---- what there is no way for
 * ------------------------------------------------------------------------ */

static bool sends_file(const struct boot *b)
{
    return plan_steps_ask_for_file(&b->g->values,
                                   b->plan->templates[b->plan->template_of[b->op]].steps);
}

static void check_way(struct boot *b)
{
    const struct op *op = &b->g->ops[b->op];
    const char *why = !boot_op(b->plan, b->op) ? "the runtime would have to reach it"
                      : sends_file(b)          ? "it would have to be sent a file"
                      : op->retries > 0        ? "a first boot is not tried again"
                                               : NULL;
    if (!why)
        return;
    struct diag *g = refuse(b, 755, op->span,
                            arena_printf(b->g->arena,
                                         "%s cannot be carried out in the first boot of "
                                         "%s, and nobody can log in to it: %s",
                                         call_name(b), address_of(b, b->machine), why));
    diag_help(b->d, g, "%s", ways_in(b));
}

bool boot_verify(const struct plan *plan, struct diags *d)
{
    struct graph *g = plan->graph;
    struct boot b = {.plan = plan, .g = g, .d = d, .good = true};
    for (op_id id = 1; id < g->n && !diags_full(d); id++) {
        const struct op *op = &g->ops[id];
        if (op->flags & OP_DEAD || !boot_machine(plan, op->subject) ||
            graph_call(g, id)->provider)
            continue;
        if (!b.edges_of)
            find_edges(&b);
        b.op = id;
        b.machine = op->subject;
        bool before = b.good;
        b.good = true;
        check_way(&b);
        if (b.good)
            check_values(&b);
        if (b.good)
            check_order(&b);
        b.good = b.good && before;
    }
    free(b.before);
    free(b.edges_of);
    return b.good;
}
