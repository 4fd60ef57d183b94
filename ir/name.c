/* Addresses: from name=, from bindings, from identities; and what happens when two ops
 * come to the same one. language.md, Addresses. */
#include <stdlib.h>
#include <string.h>

#include "ir/conflict.h"
#include "ir/graph.h"
#include "ir/identity.h"
#include "ir/merge.h"

/* Where an address comes from decides what a second op with it means. */
enum origin {
    ORIGIN_NONE,     /* it has none */
    ORIGIN_GIVEN,    /* name=, a binding, or the URL: two are a clash */
    ORIGIN_MACHINE,  /* hosts.KEY: always the same machine */
    ORIGIN_IDENTITY, /* what the call is about: equal calls may be one */
    ORIGIN_ORDINAL,  /* a running number */
};

struct naming {
    struct graph *g;
    struct diags *d;
    struct {
        op_id *v; /* by address: the last live op with it, or 0 */
        size_t cap;
    } owners;
    struct map64 repeats;  /* address → how many ops had it */
    struct map64 ordinals; /* subject and call → last running number */
    struct touches touches;
    struct buf text;
    bool merged;
    bool good;
};

static op_id *owner_of(struct naming *n, str_id address)
{
    size_t had = n->owners.cap;
    n->owners.v =
        vec_grow(n->owners.v, sizeof *n->owners.v, (size_t)address + 1, &n->owners.cap);
    if (had < n->owners.cap)
        memset(n->owners.v + had, 0, (n->owners.cap - had) * sizeof *n->owners.v);
    return &n->owners.v[address];
}

static void add_string(struct naming *n, str_id s)
{
    buf_add(&n->text, intern_text(n->g->strings, s), intern_len(n->g->strings, s));
}

static bool scope_is(const struct naming *n, const struct call_info *call,
                     const char *scope)
{
    return !strcmp(intern_text(n->g->strings, call->scope), scope);
}

static void add_identity(struct naming *n, op_id id, const struct call_info *call)
{
    buf_char(&n->text, '(');
    if (call->ordinal) {
        uint64_t key = (uint64_t)n->g->ops[id].subject << 32 | n->g->ops[id].call;
        buf_printf(&n->text, "%u", ++*map64_put(&n->ordinals, key));
    } else {
        identity_of_op(n->g, id, &n->text);
    }
    buf_char(&n->text, ')');
}

/* Writes the op's address into n->text. */
static enum origin write_address(struct naming *n, op_id id)
{
    struct graph *g = n->g;
    const struct op *op = &g->ops[id];
    const struct call_info *call = graph_call(g, id);
    buf_clear(&n->text);
    if (scope_is(n, call, "hosts")) {
        buf_str(&n->text, "hosts.");
        if (call->nidentity > 0)
            identity_of_op(g, id, &n->text);
        else
            add_string(n, call->member);
        return ORIGIN_MACHINE;
    }
    bool bindable = !op->subject && (call->http || scope_is(n, call, "cloud") ||
                                     (call->nidentity == 0 && !call->ordinal));
    if ((op->flags & OP_NAMED) || (bindable && op->binding)) {
        add_string(n, op->binding);
        return ORIGIN_GIVEN;
    }
    int32_t url = call->http ? call_arg(g->strings, call, "url") : -1;
    if (bindable && url >= 0) {
        identity_of_value(g, g->args[op->args + (uint32_t)url], &n->text);
        return ORIGIN_GIVEN;
    }
    if (bindable && call->nidentity == 0)
        return ORIGIN_NONE;
    if (op->subject) {
        str_id machine = g->ops[graph_live(g, op->subject)].address;
        if (!machine)
            return ORIGIN_NONE;
        add_string(n, machine);
        buf_char(&n->text, '.');
        add_string(n, call->member);
    } else {
        add_string(n, call->name);
    }
    add_identity(n, id, call);
    return call->ordinal ? ORIGIN_ORDINAL : ORIGIN_IDENTITY;
}

static void report_missing(struct naming *n, op_id id)
{
    const struct op *op = &n->g->ops[id];
    n->good = false;
    if (op->subject)
        return; /* its machine was reported */
    struct diag *e = diag_error(n->d, 602, op->span, "this %s is not bound to a name",
                                intern_text(n->g->strings, graph_call(n->g, id)->name));
    diag_help(n->d, e, "assign it to a variable, or add name=\"...\"");
    graph_call_chain(n->g, n->d, e, id);
}

static void report_clash(struct naming *n, op_id first, op_id id, str_id address)
{
    n->good = false;
    struct diag *e = diag_error(n->d, 601, n->g->ops[id].span, "a second op named %s",
                                intern_text(n->g->strings, address));
    graph_call_chain(n->g, n->d, e, id);
    diag_related(n->d, e, n->g->ops[first].span, "the first one is made here");
    graph_call_chain(n->g, n->d, e, first);
    const struct span *a = &n->g->ops[first].span, *b = &n->g->ops[id].span;
    if (a->file == b->file && a->begin == b->begin)
        diag_help(n->d, e,
                  "let the caller choose the address: a parameter NAME of the "
                  "function, and name=NAME in this call");
    else
        diag_help(n->d, e, "give one of them an address of its own with name=\"...\"");
}

static void report_conflict(struct naming *n, op_id first, op_id id, uint32_t arg)
{
    const struct call_info *call = graph_call(n->g, id);
    const char *address = intern_text(n->g->strings, n->g->ops[first].address);
    n->good = false;
    struct diag *e;
    if (arg < call->nargs)
        e = diag_error(n->d, 603, graph_place(n->g, id, call->args[arg].name),
                       "%s is wanted twice, with different %s=", address,
                       intern_text(n->g->strings, call->args[arg].name));
    else
        e = diag_error(n->d, 603, n->g->ops[id].span,
                       "%s is wanted twice, with different via=, retries=, timeout= or "
                       "on_error=",
                       address);
    graph_call_chain(n->g, n->d, e, id);
    diag_related(n->d, e,
                 arg < call->nargs ? graph_place(n->g, first, call->args[arg].name)
                                   : n->g->ops[first].span,
                 "first wanted here");
    graph_call_chain(n->g, n->d, e, first);
    const struct ir_value *v = val_get(
        &n->g->values, arg < call->nargs ? n->g->args[n->g->ops[id].args + arg] : 0);
    conflict_help(n->g, n->d, e, call->member,
                  arg < call->nargs ? call->args[arg].name : 0,
                  v->kind == IR_STR ? v->as.n : 0);
}

/* ADDRESS#2, #3, ... until it is free. */
static void take_repeat(struct naming *n, op_id id, str_id address)
{
    str_id numbered;
    do {
        uint32_t *count = map64_put(&n->repeats, address);
        *count += *count ? 1 : 2;
        buf_clear(&n->text);
        add_string(n, address);
        buf_printf(&n->text, "#%u", *count);
        numbered = intern(n->g->strings, n->text.p, n->text.len);
    } while (*owner_of(n, numbered));
    *owner_of(n, numbered) = id;
    *owner_of(n, address) = id;
    n->g->ops[id].address = numbered;
}

static void settle(struct naming *n, op_id first, op_id id, str_id address,
                   enum origin origin)
{
    struct graph *g = n->g;
    const struct op *a = &g->ops[first];
    const struct op *b = &g->ops[id];
    uint32_t wrong;
    bool alike =
        a->call == b->call && graph_live(g, a->subject) == graph_live(g, b->subject);
    if (!alike || origin == ORIGIN_GIVEN ||
        ((a->flags & OP_NAMED) && origin != ORIGIN_MACHINE)) {
        report_clash(n, first, id, address);
        return;
    }
    enum merge_verdict verdict = origin == ORIGIN_MACHINE
                                     ? MERGE_ONE
                                     : merge_judge(g, &n->touches, first, id, &wrong);
    if (verdict == MERGE_ONE) {
        merge_ops(g, first, id);
        g->ops[id].address = g->ops[first].address;
        n->merged = true;
    } else if (verdict == MERGE_CONFLICT) {
        report_conflict(n, first, id, wrong);
    } else {
        take_repeat(n, id, address);
    }
}

static void name_op(struct naming *n, op_id id)
{
    enum origin origin = write_address(n, id);
    if (origin == ORIGIN_NONE) {
        report_missing(n, id);
        return;
    }
    str_id address = intern(n->g->strings, buf_text(&n->text), n->text.len);
    op_id *owner = owner_of(n, address);
    if (*owner) {
        settle(n, *owner, id, address, origin);
    } else {
        *owner = id;
        n->g->ops[id].address = address;
    }
}

bool graph_name(struct graph *g, struct diags *d)
{
    struct naming n = {.g = g, .d = d, .good = true};
    touches_init(&n.touches, g);
    for (size_t id = 1; id < g->n && !diags_full(d); id++)
        if (!(g->ops[id].flags & OP_DEAD))
            name_op(&n, (op_id)id);
    if (n.merged)
        merge_rewrite(g);
    free(n.owners.v);
    map64_free(&n.repeats);
    map64_free(&n.ordinals);
    touches_free(&n.touches);
    buf_free(&n.text);
    return n.good;
}
