/* Explanations are made by comparing the graph before and after a pass, so that no pass
 * can do something in silence. */
#include "ir/explain.h"

#include <stdlib.h>
#include <string.h>

void explain_begin(struct explanation *e, const struct graph *g, const char *pass)
{
    *e = (struct explanation){pass, xcalloc(g->n, sizeof *e->flags), g->n, g->nedges,
                              g->nsegments};
    for (size_t id = 1; id < g->n; id++)
        e->flags[id] = g->ops[id].flags;
}

static void add_string(const struct graph *g, str_id s, struct buf *out)
{
    buf_add(out, intern_text(g->strings, s), intern_len(g->strings, s));
}

/* `name` 0: which one, only running tells. */
static void add_effect(const struct graph *g, const struct effect *e, str_id name,
                       struct buf *out)
{
    buf_str(out, out->len ? ", " : "");
    buf_str(out, e->write ? "writes " : "reads ");
    add_string(g, e->kind, out);
    buf_str(out, e->arg >= 0 || e->literal ? " " : "");
    add_string(g, e->literal, out);
    if (e->arg >= 0)
        add_string(g, name ? name : intern_cstr(g->strings, "(known when it runs)"), out);
}

/* Of a list, each name; what only running tells may be any name of the kind. */
static void add_named(const struct graph *g, const struct effect *e, val_id id,
                      struct buf *out)
{
    const struct ir_value *v = val_get(&g->values, id);
    if (v->kind == IR_STR) {
        add_effect(g, e, v->as.n, out);
    } else if (v->kind == IR_LIST) {
        for (uint32_t i = 0; i < v->count; i++)
            add_named(g, e, val_items(&g->values, id)[i], out);
    } else if (v->kind != IR_ABSENT && v->kind != IR_NONE) {
        add_effect(g, e, 0, out);
    }
}

void explain_effects(const struct graph *g, op_id op, struct buf *out)
{
    const struct call_info *call = graph_call(g, op);
    const val_id *args = g->args + g->ops[op].args;
    struct buf text = {0};
    for (uint32_t i = 0; i < call->neffects; i++) {
        const struct effect *e = &call->effects[i];
        if (e->any && (e->arg < 0 || args[e->arg] > VAL_FALSE))
            buf_printf(&text, "%s%s anything", text.len ? ", " : "",
                       e->write ? "writes" : "reads");
        else if (!e->any && e->arg >= 0)
            add_named(g, e, args[e->arg], &text);
        else if (!e->any)
            add_effect(g, e, 0, &text);
    }
    buf_add(out, buf_text(&text), text.len);
    buf_free(&text);
}

static void add_line(const struct graph *g, struct span at, struct buf *out)
{
    if (at.file)
        buf_printf(out, "%s:%u", source_get(g->sources, at.file)->name,
                   source_pos(g->sources, at.file, at.begin).line);
}

/* Where the call stands, and where the functions around it were called. */
static void add_place(const struct graph *g, op_id id, struct buf *out)
{
    add_line(g, g->ops[id].span, out);
    for (uint32_t f = g->ops[id].chain; f; f = g->frames[f].outer) {
        buf_str(out, " from ");
        add_line(g, g->frames[f].call, out);
    }
}

static void add_effects(const struct graph *g, op_id id, struct buf *out)
{
    struct buf effects = {0};
    explain_effects(g, id, &effects);
    if (effects.len)
        buf_printf(out, " (it %s)", buf_text(&effects));
    buf_char(out, '\n');
    buf_free(&effects);
}

static void explain_op(const struct explanation *e, const struct graph *g, op_id id,
                       struct buf *out)
{
    const struct call_info *call = graph_call(g, id);
    op_id into = graph_live(g, id);
    buf_printf(out, "%s: ", e->pass);
    add_place(g, id, out);
    buf_str(out, ": ");
    add_string(g, g->ops[id].address ? g->ops[id].address : call->name, out);
    if (!(g->ops[id].flags & OP_DEAD)) {
        buf_str(out,
                " is carried out earlier, beside others of its kind: it and the calls "
                "it passes touch nothing of each other");
    } else if (!into) {
        buf_str(out, " is removed: it is pure, cannot fail, and nobody uses its values");
    } else {
        buf_str(out, " is the call of ");
        add_place(g, into, out);
        if (!strcmp(intern_text(g->strings, call->scope), "hosts"))
            buf_str(out, ": one machine for one key of the inventory");
        else
            buf_str(out,
                    ": all arguments are equal, once is as good as twice, and no call "
                    "between them touches what it touches");
    }
    add_effects(g, id, out);
}

/* Lists the machines of each tool run that several share. */
static void explain_runs(const struct explanation *e, const struct graph *g,
                         struct buf *out)
{
    op_id *first = xcalloc((size_t)g->nsegments + 1, sizeof *first);
    struct buf *others = xcalloc((size_t)g->nsegments + 1, sizeof *others);
    op_id *last = xcalloc((size_t)g->nsegments + 1, sizeof *last);
    for (op_id id = 1; id < g->n; id++) {
        uint32_t s = g->ops[id].segment;
        op_id machine = g->ops[id].subject;
        if (!s || (g->ops[id].flags & OP_DEAD) || machine == last[s])
            continue;
        if (!first[s]) {
            first[s] = last[s] = machine;
        } else if (machine != first[s]) {
            buf_str(&others[s], others[s].len ? ", " : "");
            add_string(g, g->ops[machine].address, &others[s]);
            last[s] = machine;
        }
    }
    for (uint32_t s = 1; s <= g->nsegments; s++) {
        if (others[s].len) {
            buf_printf(out, "%s: ", e->pass);
            add_string(g, g->ops[first[s]].address, out);
            buf_printf(out,
                       " shares a tool run with %s: their calls differ in values only\n",
                       buf_text(&others[s]));
        }
        buf_free(&others[s]);
    }
    free(first);
    free(last);
    free(others);
}

/* A line for each op but the first that the carrier carries. */
static void explain_members(const struct explanation *e, const struct graph *g,
                            op_id carrier, struct buf *out)
{
    val_id members = g->ops[carrier].members;
    for (uint32_t i = 1; i < val_count(&g->values, members); i++) {
        op_id id = val_get(&g->values, val_items(&g->values, members)[i])->as.n;
        buf_printf(out, "%s: ", e->pass);
        add_place(g, id, out);
        buf_str(out, ": ");
        add_string(g, g->ops[id].address, out);
        buf_str(out, " is one transaction with ");
        add_place(g, g->ops[carrier].merged, out);
        buf_str(out,
                ": they are neighbours on their machine, differ in nothing else, and "
                "nobody uses a result of theirs\n");
    }
}

void explain_end(struct explanation *e, const struct graph *g, struct buf *out)
{
    bool gone = false;
    for (size_t id = 1; id < e->ops; id++)
        if ((g->ops[id].flags & ~e->flags[id]) & (OP_DEAD | OP_MOVED)) {
            explain_op(e, g, (op_id)id, out);
            gone = true;
        }
    for (size_t id = e->ops; id < g->n; id++)
        explain_members(e, g, (op_id)id, out);
    if (!gone && g->nedges < e->edges)
        buf_printf(out, "%s: %zu of %zu edges say nothing that others do not say\n",
                   e->pass, e->edges - g->nedges, e->edges);
    if (e->segments > g->nsegments)
        explain_runs(e, g, out);
    free(e->flags);
}

void explain_task(const struct graph *g, bool like, const op_id *ops, uint32_t n,
                  struct buf *out)
{
    for (uint32_t i = 1; i < n; i++) {
        buf_str(out, like ? "together: " : "fuse: ");
        add_place(g, ops[i], out);
        buf_str(out, ": ");
        add_string(g, g->ops[ops[i]].address, out);
        buf_str(out, " is one task with ");
        add_place(g, ops[0], out);
        buf_printf(out,
                   ": %s follow each other, each is one step that may be done again, and "
                   "all that it uses of the others is whether they changed something",
                   like ? "like calls" : "they");
        add_effects(g, ops[i], out);
    }
}
