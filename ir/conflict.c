/* Statements are read from the arguments whenever two ops meet at a thing; most never
 * do. */
#include "ir/conflict.h"

#include <string.h>

#include "ir/merge.h"

static bool is_attr(const struct graph *g, str_id attr, const char *name)
{
    return !strcmp(intern_text(g->strings, attr), name);
}

/* With present=False nothing else that was written or is usual is wanted; but a line that
 * is not there may be one of a file that is. */
static bool is_absence(const struct graph *g, const struct mention *m)
{
    const struct call_info *call = graph_call(g, m->op);
    if (graph_is_absence(g, m->op))
        for (uint32_t i = 0; i < call->nwants; i++)
            if (call->wants[i].value == (int32_t)call->present - 1 &&
                is_attr(g, call->wants[i].attr, "present"))
                return true;
    return false;
}

static bool holds(const val_id *args, uint32_t condition)
{
    return !condition || args[condition - 1] > VAL_FALSE;
}

/* The version of "nginx=1.22.1-9" or of a pinned package, or 0. */
static str_id version_of(struct graph *g, val_id item)
{
    const struct ir_value *v = val_get(&g->values, item);
    const char *end = NULL;
    if (v->kind == IR_DICT)
        return val_get(&g->values, val_dict_get(&g->values, item, "version"))->as.n;
    if (v->kind == IR_STR)
        end = strchr(intern_text(g->strings, v->as.n), '=');
    return end ? intern_cstr(g->strings, end + 1) : 0;
}

/* What the row says, in `s`; false if nothing. */
static bool read_row(struct graph *g, const val_id *args, const struct want *want,
                     struct statement *s)
{
    s->word = want->word;
    if (want->value < 0)
        return true;
    s->value = args[want->value];
    const struct ir_value *v = val_get(&g->values, s->value);
    if (v->kind == IR_ABSENT || v->kind == IR_NONE)
        return false;
    if (v->kind == IR_BOOL || v->kind == IR_STR) {
        s->word = v->kind == IR_STR ? v->as.n
                                    : intern_cstr(g->strings, v->as.n ? "True" : "False");
        s->value = 0;
    }
    return true;
}

size_t mention_read(struct graph *g, const struct mention *m, struct statement *out)
{
    const struct call_info *call = graph_call(g, m->op);
    const struct want *of = &call->wants[m->row];
    const val_id *args = g->args + g->ops[m->op].args;
    bool absence = is_absence(g, m);
    size_t n = 0;
    for (uint32_t i = m->row; i < call->nwants && n < STATEMENTS_LIMIT - 1; i++) {
        const struct want *want = &call->wants[i];
        struct statement s = {.attr = want->attr, .row = i, .below = want->below > 0};
        if (want->kind != of->kind || want->key != of->key ||
            want->literal != of->literal || !holds(args, want->when) ||
            !holds(args, want->below) ||
            (absence && !is_attr(g, want->attr, "present")) ||
            !read_row(g, args, want, &s))
            continue;
        out[n++] = s;
    }
    str_id version = is_attr(g, of->kind, "package") ? version_of(g, m->item) : 0;
    if (version)
        out[n++] = (struct statement){
            .attr = intern_cstr(g->strings, "version"), .word = version, .row = m->row};
    return n;
}

bool statement_agrees(struct graph *g, const struct statement *a,
                      const struct statement *b)
{
    return a->word == b->word && merge_same(g, a->value, b->value);
}

struct span mention_place(const struct graph *g, const struct mention *m,
                          const struct statement *s)
{
    const struct call_info *call = graph_call(g, m->op);
    const struct want *want = &call->wants[s->row];
    int32_t arg = want->value >= 0 ? want->value : want->key;
    return arg < 0 ? g->ops[m->op].span : graph_place(g, m->op, call->args[arg].name);
}

void conflict_help(const struct graph *g, struct diags *d, struct diag *e, str_id kind,
                   str_id attr, str_id word)
{
    const char *name = intern_text(g->strings, attr);
    if (is_attr(g, kind, "uid") || is_attr(g, kind, "gid"))
        diag_help(d, e, "give one of them another %s=", intern_text(g->strings, kind));
    else if (!strcmp(name, "type"))
        diag_help(d, e, "give one of them another path, or remove it");
    else if (!strcmp(name, "version"))
        diag_help(d, e, "ask for one version in both");
    else if (word &&
             (!strcmp(name, "owner") || !strcmp(name, "group") || !strcmp(name, "mode")))
        diag_help(d, e, "write %s=\"%s\" in the other call, too, or its value here", name,
                  intern_text(g->strings, word));
    else
        diag_help(d, e,
                  "remove one of the two calls, or give them opposite conditions: when=C "
                  "and when=not_(C)");
}
