/* The graph as DOT: what acts on one machine stands in one box, the style of an edge says
 * why it is there. */
#include <stdlib.h>

#include "ir/graph.h"

static void add_label(const struct graph *g, str_id s, struct buf *out)
{
    /* DOT's quoted strings know \" and \\ and take UTF-8; addresses are ASCII. */
    const char *text = intern_text(g->strings, s);
    size_t len = intern_len(g->strings, s);
    buf_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, text[i] == '\n' ? ' ' : text[i]);
    }
    buf_char(out, '"');
}

static void add_node(const struct graph *g, op_id id, const char *indent, struct buf *out)
{
    buf_printf(out, "%so%u [label=", indent, id);
    add_label(g, g->ops[id].address, out);
    if (g->ops[id].backend != BACKEND_NONE)
        buf_printf(out, ", tooltip=\"%s\"", backend_name(g->ops[id].backend));
    buf_str(out, "]\n");
}

void graph_dot(const struct graph *g, struct buf *out)
{
    static const char *const styles[] = {
        [EDGE_DATA] = "",
        [EDGE_MACHINE] = " [color=gray]",
        [EDGE_AFTER] = " [style=dashed]",
        [EDGE_ORDER] = " [style=dotted, color=gray]",
    };
    /* Ops per machine as linked lists: each machine's ops in program order, one walk. */
    op_id *first = xcalloc(g->n, sizeof *first);
    op_id *next = xcalloc(g->n, sizeof *next);
    for (size_t id = g->n; id-- > 1;) {
        op_id machine = graph_live(g, g->ops[id].subject);
        if (!machine || (g->ops[id].flags & OP_DEAD))
            continue;
        next[id] = first[machine];
        first[machine] = (op_id)id;
    }
    buf_str(out,
            "digraph plan {\n    rankdir=LR\n    node [shape=box, fontname=monospace]\n");
    for (size_t id = 1; id < g->n; id++) {
        if (g->ops[id].flags & OP_DEAD)
            continue;
        if (!g->ops[id].subject)
            add_node(g, (op_id)id, "    ", out);
        if (!first[id])
            continue;
        buf_printf(out, "    subgraph cluster_%zu {\n        label=", id);
        add_label(g, g->ops[id].address, out);
        buf_char(out, '\n');
        for (op_id op = first[id]; op; op = next[op])
            add_node(g, op, "        ", out);
        buf_str(out, "    }\n");
    }
    for (size_t i = 0; i < g->nedges; i++)
        buf_printf(out, "    o%u -> o%u%s\n", g->edges[i].from, g->edges[i].to,
                   styles[g->edges[i].kind]);
    buf_str(out, "}\n");
    free(first);
    free(next);
}
