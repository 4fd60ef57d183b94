/* The verifier: run after evaluation and after every pass, so that whatever a later stage
 * sees is sound. */
#include "ir/verify.h"

#include <stdlib.h>
#include <string.h>

struct diag *verify_error(struct verify *v, unsigned code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *message = diag_vformat(v->g->arena, fmt, ap);
    va_end(ap);
    v->good = false;
    struct span at = v->arg ? graph_place(v->g, v->op, v->arg) : v->g->ops[v->op].span;
    struct diag *e = diag_error(v->d, code, at, "%s", message);
    graph_call_chain(v->g, v->d, e, v->op);
    return e;
}

static const char *text_of(const struct verify *v, str_id s)
{
    return intern_text(v->g->strings, s);
}

static bool verify_subject(struct verify *v, const struct call_info *call)
{
    const struct graph *g = v->g;
    op_id subject = g->ops[v->op].subject;
    const char *name = text_of(v, call->name);
    if (!call->method) {
        if (subject)
            verify_error(v, 615, "%s() is no method, but acts on a handle", name);
        return !subject;
    }
    op_id live = subject < g->n ? graph_live(g, subject) : 0;
    if (live && g->calls->types[graph_call(g, live)->result].name == call->scope)
        return true;
    verify_error(v, 615, "%s() acts on no %s", name, text_of(v, call->scope));
    return false;
}

/* Not all that can be done to a machine makes sense on the computer that does it. */
static bool verify_local(struct verify *v, const struct call_info *call)
{
    const struct graph *g = v->g;
    const struct op *op = &g->ops[v->op];
    const struct call_info *of = graph_call(g, graph_live(g, op->subject));
    struct buf members = {0};
    bool good = !of->local;
    for (uint32_t i = 0; i < of->nlocal; i++) {
        good |= of->local[i] == call->member;
        buf_printf(&members, "%s%s",
                   !i                   ? ""
                   : i + 1 < of->nlocal ? ", "
                                        : " and ",
                   text_of(v, of->local[i]));
    }
    if (!good) {
        struct diag *e = verify_error(v, 616, "%s() cannot act on this computer",
                                      text_of(v, call->name));
        diag_help(v->d, e, "%s() is for %s; for the rest make it a host of the inventory",
                  text_of(v, of->name), buf_text(&members));
    }
    buf_free(&members);
    return good;
}

static void verify_backend(struct verify *v, const struct call_info *call)
{
    enum backend b = v->g->ops[v->op].backend;
    const char *name = text_of(v, call->name);
    if (call->method && !call->alone && strcmp(text_of(v, call->scope), "machine") != 0) {
        struct diag *e = verify_error(v, 613, "no backend carries %s: it acts on a %s",
                                      name, text_of(v, call->scope));
        diag_help(v->d, e, "tools act on machines: make it a method of machine");
        return;
    }
    if (call->backends & 1u << b)
        return;
    struct buf have = {0};
    for (unsigned i = BACKEND_API; i < BACKEND_COUNT; i++)
        if (call->backends & 1u << i)
            buf_printf(&have, "%svia=\"%s\"", have.len ? " or " : "", backend_name(i));
    v->arg = intern_cstr(v->g->strings, "via");
    struct diag *e = verify_error(v, 612, "%s cannot be carried out through %s", name,
                                  backend_name(b));
    v->arg = 0;
    if (have.len > 0)
        diag_help(v->d, e, "write %s", have.p);
    else
        diag_help(v->d, e, "no backend has a rule for %s", name);
    buf_free(&have);
}

/* A repeated call must have the effect of one. */
static void verify_retries(struct verify *v, const struct call_info *call)
{
    const struct op *op = &v->g->ops[v->op];
    if (op->retries <= 0 || graph_repeatable(v->g, v->op) || call->keyed)
        return;
    struct buf guards = {0};
    for (uint32_t i = 0; i < call->nargs && i < 32; i++) {
        if (!(call->guards & 1u << i))
            continue;
        buf_printf(&guards, "%s%s=", guards.len ? " or " : "",
                   text_of(v, call->args[i].name));
    }
    v->arg = intern_cstr(v->g->strings, "retries");
    struct diag *e =
        verify_error(v, 614, "%s() cannot be retried: a second one may act twice",
                     text_of(v, call->name));
    v->arg = 0;
    if (guards.len)
        diag_help(v->d, e, "say with %s how to tell that it is done, or remove retries=",
                  buf_text(&guards));
    else
        diag_help(v->d, e, "remove retries=");
    buf_free(&guards);
}

/* Typestates of machines, in program order. */
struct states {
    uint32_t *has;   /* bit set per machine */
    op_id *doubtful; /* per machine: an op that would have established one, but may not
                        run */
};

static const char *bringer(const struct verify *v, str_id scope, unsigned bit)
{
    const struct calls *calls = v->g->calls;
    for (size_t i = 1; i < calls->n; i++)
        if ((calls->v[i].ensures & 1u << bit) && calls->v[i].scope == scope)
            return text_of(v, calls->v[i].member);
    /* Records are loaded when they are used, and this one was not. */
    return strcmp(text_of(v, calls->typestates[bit]), "bootstrapped") ? NULL
                                                                      : "bootstrap";
}

static void report_state(struct verify *v, const struct call_info *call, op_id subject,
                         unsigned bit, op_id doubtful)
{
    const char *state = text_of(v, v->g->calls->typestates[bit]);
    const char *machine = text_of(v, v->g->ops[subject].address);
    struct diag *e = verify_error(v, 605, "%s needs %s to be %s", text_of(v, call->name),
                                  *machine ? machine : "its machine", state);
    const char *member = bringer(v, call->scope, bit);
    if (doubtful) {
        diag_related(v->d, e, v->g->ops[doubtful].span,
                     "this call may be skipped or fail without stopping the run");
        diag_help(v->d, e, "remove its when= and on_error=");
    } else if (member) {
        const char *written = graph_receiver(v->g, v->op);
        diag_help(v->d, e, "add %s.%s() before this line",
                  written    ? written
                  : *machine ? machine
                             : "machine",
                  member);
    }
}

static void verify_state(struct verify *v, const struct call_info *call, struct states *s)
{
    const struct op *op = &v->g->ops[v->op];
    op_id subject = graph_live(v->g, op->subject);
    uint32_t missing = call->needs & ~s->has[subject];
    for (unsigned bit = 0; missing; bit++, missing >>= 1)
        if (missing & 1) {
            report_state(v, call, subject, bit, s->doubtful[subject]);
            s->has[subject] |= 1u << bit; /* said once per machine */
        }
    if (!call->ensures)
        return;
    if (op->when || (op->flags & OP_CONTINUE))
        s->doubtful[subject] = v->op;
    else
        s->has[subject] |= call->ensures;
}

/* `owners`: by address, the op that was seen with it. */
static void verify_address(struct verify *v, op_id *owners)
{
    const struct op *op = &v->g->ops[v->op];
    if (!op->address)
        return;
    op_id *owner = &owners[op->address];
    if (!*owner) {
        *owner = v->op;
        return;
    }
    struct diag *e =
        verify_error(v, 601, "a second op named %s", text_of(v, op->address));
    diag_related(v->d, e, v->g->ops[*owner].span, "the first one is made here");
    diag_help(v->d, e, "give one of them an address of its own with name=\"...\"");
}

/* Follows unmet predecessors back until one comes twice: that is a cycle. */
static void report_cycle(struct verify *v, const op_id *order, size_t n)
{
    const struct graph *g = v->g;
    bool *met = xcalloc(g->n, sizeof *met);
    op_id *before = xcalloc(g->n, sizeof *before);
    bool *seen = xcalloc(g->n, sizeof *seen);
    op_id at = 0;
    for (size_t i = 0; i < n; i++)
        met[order[i]] = true;
    for (size_t i = 0; i < g->nedges; i++) {
        const struct edge *e = &g->edges[i];
        if (met[e->from] || met[e->to])
            continue;
        before[e->to] = e->from;
        at = e->to;
    }
    while (at && !seen[at]) {
        seen[at] = true;
        at = before[at];
    }
    v->op = at;
    struct diag *e =
        verify_error(v, 604, "%s waits for itself", text_of(v, g->ops[at].address));
    for (op_id id = before[at]; id != at; id = before[id])
        diag_related(v->d, e, g->ops[id].span, "through %s",
                     text_of(v, g->ops[id].address));
    diag_help(v->d, e, "remove one of the after= on this way");
    free(met);
    free(before);
    free(seen);
}

static void verify_acyclic(struct verify *v)
{
    op_id *order = xmalloc(v->g->n * sizeof *order);
    size_t n;
    if (!graph_toposort(v->g, order, &n))
        report_cycle(v, order, n);
    free(order);
}

bool graph_verify(struct graph *g, struct diags *d)
{
    struct verify v = {.g = g, .d = d, .good = true};
    struct states states = {.has = xcalloc(g->n, sizeof *states.has),
                            .doubtful = xcalloc(g->n, sizeof *states.doubtful)};
    op_id *owners = xcalloc(g->strings->n, sizeof *owners);
    for (size_t id = 1; id < g->n && !diags_full(d); id++) {
        if (g->ops[id].flags & OP_DEAD)
            continue;
        v.op = (op_id)id;
        const struct call_info *call = graph_call(g, v.op);
        bool subject = verify_subject(&v, call);
        verify_args(&v);
        verify_backend(&v, call);
        verify_retries(&v, call);
        if (!call->method)
            states.has[id] |= call->ensures;
        else if (subject && verify_local(&v, call))
            verify_state(&v, call, &states);
        verify_address(&v, owners);
    }
    free(owners);
    free(states.has);
    free(states.doubtful);
    verify_acyclic(&v);
    if (v.good)
        verify_runs(g);
    return v.good;
}
