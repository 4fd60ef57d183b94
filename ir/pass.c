/* Runs the table of passes, with the verifier, the text form and the explanations between
 * them. */
#include "ir/pass.h"

#include <stdlib.h>
#include <string.h>

#include "ir/explain.h"

struct pass_row {
    const char *name;
    bool (*run)(struct graph *g, struct diags *d);
    unsigned level;
};

static const struct pass_row passes[PASS_COUNT] = {
#define X(id, name, run, level) [PASS_##id] = {name, run, level},
    PASSES(X)
#undef X
};

enum pass pass_named(const char *name)
{
    for (enum pass p = PASS_NONE + 1; p < PASS_COUNT; p++)
        if (!strcmp(passes[p].name, name))
            return p;
    return PASS_NONE;
}

const char *pass_name(enum pass p)
{
    return passes[p].name;
}

static size_t count_live(const struct graph *g)
{
    size_t n = 0;
    for (size_t id = 1; id < g->n; id++)
        n += !(g->ops[id].flags & OP_DEAD);
    return n;
}

static bool run_pass(struct graph *g, enum pass p, const struct pass_options *o,
                     struct diags *d)
{
    const struct pass_row *pass = &passes[p];
    struct explanation e;
    if (!o->explained)
        return pass->run(g, d);
    explain_begin(&e, g, pass->name);
    bool good = pass->run(g, d);
    struct buf text = {0};
    explain_end(&e, g, &text);
    fwrite(buf_text(&text), 1, text.len, o->explained);
    buf_free(&text);
    return good;
}

static void print_graph(struct graph *g, FILE *out)
{
    struct buf text = {0};
    graph_print(g, &text);
    fwrite(buf_text(&text), 1, text.len, out);
    buf_free(&text);
}

bool passes_run(struct graph *g, enum pass first, enum pass last,
                const struct pass_options *o, struct diags *d)
{
    bool good = true;
    size_t verified = 0; /* live ops that the verifier saw */
    if (o->last && o->last < last)
        last = o->last;
    for (enum pass p = first; good && p <= last; p++) {
        if (passes[p].level <= o->level) {
            good = run_pass(g, p, o, d);
            bool changed = p > PASS_ORDER && p == last && verified != count_live(g);
            if (good &&
                (p == PASS_ORDER || changed || (o->verify_each && p > PASS_ORDER))) {
                good = graph_verify(g, d);
                verified = count_live(g);
            }
        }
        if (good && p == o->print_after)
            print_graph(g, o->printed);
    }
    return good;
}
