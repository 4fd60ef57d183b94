/* Moves are few and ops are many: every move looks through the addresses once, and
 * programs without moves pay nothing. */
#include "ir/move.h"

#include <stdlib.h>
#include <string.h>

#include "ir/address.h"

struct moving {
    struct graph *g;
    struct diags *d;
    op_id *from, *to; /* by move: the first op whose address it covers, or 0 */
    bool good;
};

void graph_move(struct graph *g, struct move m)
{
    g->moves = vec_grow(g->moves, sizeof *g->moves, g->nmoves + 1, &g->cap_moves);
    g->moves[g->nmoves++] = m;
}

static const char *text(const struct graph *g, str_id s)
{
    return intern_text(g->strings, s);
}

static bool covers(const struct graph *g, str_id prefix, str_id address)
{
    return address_covers(text(g, prefix), text(g, address));
}

static op_id first_covered(const struct graph *g, str_id prefix)
{
    for (size_t id = 1; id < g->n; id++)
        if (!(g->ops[id].flags & OP_DEAD) && covers(g, prefix, g->ops[id].address))
            return (op_id)id;
    return 0;
}

static struct diag *wrong(struct moving *m, struct span at, str_id name, const char *what)
{
    m->good = false;
    return diag_error(m->d, 618, at, "%s %s", text(m->g, name), what);
}

/* The move away from an address, or NULL. */
static const struct move *next_move(const struct graph *g, str_id from)
{
    for (size_t i = 0; i < g->nmoves; i++)
        if (g->moves[i].from == from)
            return &g->moves[i];
    return NULL;
}

static const struct move *last_move(const struct graph *g, str_id to)
{
    for (size_t i = 0; i < g->nmoves; i++)
        if (g->moves[i].to == to)
            return &g->moves[i];
    return NULL;
}

static void check_twice(struct moving *m, size_t i)
{
    const struct move *a = &m->g->moves[i];
    for (size_t k = 0; k < i; k++) {
        const struct move *b = &m->g->moves[k];
        bool from = a->from == b->from;
        if (!from && a->to != b->to)
            continue;
        struct diag *e = from ? wrong(m, a->from_span, a->from, "is moved twice")
                              : wrong(m, a->to_span, a->to, "is moved to twice");
        diag_related(m->d, e, from ? b->from_span : b->to_span, "first here");
        diag_help(m->d, e, "keep one of the two");
        return;
    }
}

static void suggest_address(struct moving *m, struct diag *e, str_id wanted)
{
    const struct graph *g = m->g;
    const char **names = xmalloc(g->n * sizeof *names);
    size_t n = 0;
    for (size_t id = 1; id < g->n; id++)
        if (!(g->ops[id].flags & OP_DEAD))
            names[n++] = text(g, g->ops[id].address);
    const char *near = text_nearest(text(g, wanted), names, n);
    if (near)
        diag_help(m->d, e, "did you mean \"%s\"?", near);
    else
        diag_help(m->d, e, "name the address that the op has now, as `dvoc graph` shows");
    free(names);
}

static void check_move(struct moving *m, size_t i)
{
    struct graph *g = m->g;
    const struct move *v = &g->moves[i];
    if (v->from == v->to) {
        struct diag *e = wrong(m, v->to_span, v->to, "is moved to itself");
        diag_help(m->d, e, "write the old address first, then the new one");
        return;
    }
    check_twice(m, i);
    if (!m->to[i] && !next_move(g, v->to)) {
        struct diag *e = wrong(m, v->to_span, v->to, "is no address of this program");
        suggest_address(m, e, v->to);
    }
    if (m->from[i] && !last_move(g, v->from)) {
        struct diag *e =
            wrong(m, v->from_span, v->from, "is moved, but something still has it");
        diag_related(m->d, e, g->ops[m->from[i]].span, "%s is made here",
                     text(g, g->ops[m->from[i]].address));
        diag_help(m->d, e,
                  "rename what is made there, say what has moved to its address, or "
                  "remove this line");
    }
}

/* Where a chain of moves ends: at the first address that something has. */
static str_id chain_end(struct moving *m, size_t i)
{
    const struct graph *g = m->g;
    const struct move *v = &g->moves[i];
    for (size_t steps = 0; !m->to[v - g->moves]; steps++) {
        const struct move *next = next_move(g, v->to);
        if (!next || steps > g->nmoves) {
            struct diag *e = wrong(m, g->moves[i].from_span, g->moves[i].from,
                                   "is moved round in a circle");
            diag_help(m->d, e, "one of these moves must lead to an address of the graph");
            return 0;
        }
        v = next;
    }
    return v->to;
}

/* All links of the chain that begins with move `i`, oldest first. */
static size_t take_chain(struct moving *m, size_t i, struct move *out)
{
    const struct graph *g = m->g;
    size_t n = 0;
    const struct move *v = &g->moves[i];
    str_id to = chain_end(m, i);
    for (; v && n < g->nmoves; v = m->to[v - g->moves] ? NULL : next_move(g, v->to)) {
        out[n] = *v;
        out[n++].to = to;
    }
    return n;
}

/* Whether no other move leads on to this one. */
static bool begins_chain(const struct moving *m, size_t i)
{
    const struct move *before = last_move(m->g, m->g->moves[i].from);
    return !before || m->to[before - m->g->moves];
}

static void resolve(struct moving *m)
{
    struct graph *g = m->g;
    struct move *all = xmalloc((g->nmoves + 1) * sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < g->nmoves && m->good; i++)
        if (begins_chain(m, i))
            n += take_chain(m, i, all + n);
    /* A circle has no beginning. */
    for (size_t i = 0; i < g->nmoves && m->good && n < g->nmoves; i++)
        chain_end(m, i);
    if (m->good)
        memcpy(g->moves, all, n * sizeof *all);
    free(all);
}

bool graph_moves(struct graph *g, struct diags *d)
{
    if (!g->nmoves)
        return true;
    struct moving m = {.g = g, .d = d, .good = true};
    m.from = xcalloc(g->nmoves, sizeof *m.from);
    m.to = xcalloc(g->nmoves, sizeof *m.to);
    for (size_t i = 0; i < g->nmoves; i++) {
        m.from[i] = first_covered(g, g->moves[i].from);
        m.to[i] = first_covered(g, g->moves[i].to);
    }
    for (size_t i = 0; i < g->nmoves; i++)
        check_move(&m, i);
    if (m.good)
        resolve(&m);
    free(m.from);
    free(m.to);
    return m.good;
}

str_id graph_made_as(const struct graph *g, op_id op)
{
    str_id address = g->ops[op].address;
    const struct move *best = NULL;
    for (size_t i = 0; i < g->nmoves; i++) {
        const struct move *v = &g->moves[i];
        if (covers(g, v->to, address) &&
            (!best || intern_len(g->strings, v->to) > intern_len(g->strings, best->to)))
            best = v;
    }
    if (!best)
        return address;
    struct buf name = {0};
    size_t n = intern_len(g->strings, best->to);
    buf_add(&name, text(g, best->from), intern_len(g->strings, best->from));
    buf_add(&name, text(g, address) + n, intern_len(g->strings, address) - n);
    str_id made = intern(g->strings, name.p, name.len);
    buf_free(&name);
    return made;
}
