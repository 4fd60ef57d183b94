/* Leaves out edges that follow from others. The ops that act on one machine stand in a
 * row, and the machine comes before its first: that it comes before the later ones, too,
 * needs no edges. Every other edge says something of its own: program order is a row
 * already, values that are used and after= say how failures and skipping spread. */
#include <stdlib.h>

#include "ir/pass.h"

struct row { /* of a machine */
    bool begun;
    bool broken; /* behind an op that may be left out of the row: it does not stop it */
};

static void break_row(void *ctx, op_id machine)
{
    struct row *rows = ctx;
    rows[machine].broken = true;
}

bool graph_reduce(struct graph *g, struct diags *d)
{
    (void)d;
    struct row *rows = xcalloc(g->n, sizeof *rows);
    size_t kept = 0, e = 0;
    for (op_id id = 1; id < g->n; id++) {
        const struct op *op = &g->ops[id];
        op_id machine = graph_live(g, op->subject);
        struct row *row = &rows[machine];
        for (; e < g->nedges && g->edges[e].to == id; e++)
            if (!machine || g->edges[e].from != machine || !row->begun || row->broken)
                g->edges[kept++] = g->edges[e];
        if (op->flags & OP_DEAD)
            continue;
        row->begun = true;
        row->broken |= (op->flags & OP_CONTINUE) != 0;
        if (op->flags & OP_CONTINUE)
            graph_each_read_machine(g, id, break_row, rows);
    }
    g->nedges = kept;
    free(rows);
    return true;
}
