/* Descends a tree by spans: every expression lies within the one it is part of, and
 * before the next statement. */
#include "compiler/locate.h"

#include <string.h>

struct search {
    struct span at;
    struct located found;
};

static bool covers(struct span outer, struct span inner)
{
    return outer.file == inner.file && outer.begin <= inner.begin &&
           inner.end <= outer.end;
}

static bool equal(struct span a, struct span b)
{
    return a.file == b.file && a.begin == b.begin && a.end == b.end;
}

static bool in_function(struct search *s, const struct function *f);
static bool in_parts(struct search *s, const struct expr *e);

static bool in_expr(struct search *s, const struct expr *e, const struct expr *parent)
{
    if (!e || !covers(e->span, s->at))
        return false;
    if (equal(e->span, s->at) ||
        (e->kind == EXPR_DOT && equal(e->dot.name_span, s->at))) {
        s->found = (struct located){e, parent};
        return true;
    }
    return in_parts(s, e);
}

static bool in_list(struct search *s, const struct expr_list *list,
                    const struct expr *parent)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (in_expr(s, list->v[i], parent))
            return true;
    return false;
}

static bool in_call(struct search *s, const struct expr *e)
{
    if (in_expr(s, e->call.callee, e))
        return true;
    for (uint32_t i = 0; i < e->call.args.n; i++)
        if (in_expr(s, e->call.args.v[i].value, e))
            return true;
    return false;
}

static bool in_comp(struct search *s, const struct expr *e)
{
    const struct comp *c = e->comp;
    for (uint32_t i = 0; i < c->clauses.n; i++)
        if (in_expr(s, c->clauses.v[i].target, e) ||
            in_expr(s, c->clauses.v[i].operand, e))
            return true;
    return in_expr(s, c->key, e) || in_expr(s, c->value, e);
}

static bool in_parts(struct search *s, const struct expr *e)
{
    switch ((enum expr_kind)e->kind) {
    case EXPR_FSTRING:
        for (uint32_t i = 0; i < e->fstring.n; i++)
            if (in_expr(s, e->fstring.v[i].expr, e))
                return true;
        return false;
    case EXPR_LIST:
    case EXPR_TUPLE: return in_list(s, &e->items, e);
    case EXPR_DICT:
        for (uint32_t i = 0; i < e->dict.n; i++)
            if (in_expr(s, e->dict.v[i].key, e) || in_expr(s, e->dict.v[i].value, e))
                return true;
        return false;
    case EXPR_LIST_COMP:
    case EXPR_DICT_COMP: return in_comp(s, e);
    case EXPR_UNARY: return in_expr(s, e->unary.operand, e);
    case EXPR_BINARY:
        return in_expr(s, e->binary.left, e) || in_expr(s, e->binary.right, e);
    case EXPR_COND:
        return in_expr(s, e->cond.test, e) || in_expr(s, e->cond.yes, e) ||
               in_expr(s, e->cond.no, e);
    case EXPR_LAMBDA: return in_function(s, e->lambda);
    case EXPR_CALL: return in_call(s, e);
    case EXPR_DOT: return in_expr(s, e->dot.object, e);
    case EXPR_INDEX: return in_expr(s, e->index.object, e) || in_expr(s, e->index.key, e);
    case EXPR_SLICE:
        return in_expr(s, e->slice.object, e) || in_expr(s, e->slice.start, e) ||
               in_expr(s, e->slice.stop, e) || in_expr(s, e->slice.step, e);
    default: return false;
    }
}

static bool in_block(struct search *s, const struct block *block);

static bool in_stmt(struct search *s, const struct stmt *st)
{
    switch ((enum stmt_kind)st->kind) {
    case STMT_EXPR:
    case STMT_RETURN: return in_expr(s, st->expr, NULL);
    case STMT_ASSIGN:
    case STMT_AUGMENT:
        return in_expr(s, st->assign.target, NULL) || in_expr(s, st->assign.value, NULL);
    case STMT_IF:
        for (uint32_t i = 0; i < st->if_.clauses.n; i++)
            if (in_expr(s, st->if_.clauses.v[i].test, NULL) ||
                in_block(s, &st->if_.clauses.v[i].body))
                return true;
        return in_block(s, &st->if_.otherwise);
    case STMT_FOR:
        return in_expr(s, st->for_.target, NULL) || in_expr(s, st->for_.iter, NULL) ||
               in_block(s, &st->for_.body);
    case STMT_DEF: return in_function(s, st->def.function);
    default: return false;
    }
}

static bool in_block(struct search *s, const struct block *block)
{
    uint32_t low = 0, high = block->n; /* the last that does not begin behind it */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool behind = block->v[middle]->span.begin > s->at.begin;
        low = behind ? low : middle + 1;
        high = behind ? middle : high;
    }
    return low > 0 && in_stmt(s, block->v[low - 1]);
}

static bool in_function(struct search *s, const struct function *f)
{
    for (uint32_t i = 0; i < f->nparams; i++)
        if (in_expr(s, f->params[i].default_value, NULL))
            return true;
    return in_block(s, &f->body) || in_expr(s, f->result, NULL);
}

struct located locate(const struct function *f, struct span at)
{
    struct search s = {.at = at};
    if (at.file)
        in_function(&s, f);
    return s.found;
}

const struct expr *locate_argument(const struct expr *call, const struct intern *names,
                                   const char *name, int i)
{
    if (!call || call->kind != EXPR_CALL)
        return NULL;
    const struct arg_list *args = &call->call.args;
    int positional = 0;
    for (uint32_t k = 0; k < args->n; k++) {
        const struct arg *a = &args->v[k];
        if (a->kind == ARG_KEYWORD ? !strcmp(intern_text(names, a->name), name)
                                   : a->kind == ARG_POSITIONAL && positional++ == i)
            return a->value;
    }
    return NULL;
}

const struct expr *locate_item(const struct expr *e, uint32_t i, bool key)
{
    if (!e)
        return NULL;
    if (e->kind == EXPR_LIST || e->kind == EXPR_TUPLE)
        return i < e->items.n ? e->items.v[i] : NULL;
    if (e->kind == EXPR_DICT && i < e->dict.n)
        return key ? e->dict.v[i].key : e->dict.v[i].value;
    return NULL;
}
