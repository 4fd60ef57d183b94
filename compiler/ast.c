/* Makers of tree nodes: what the actions of the grammar call. They keep every
 * expression's depth, bring parameters into the order of slots and check what needs no
 * scopes. */
#include <string.h>

#include "compiler/parser.h"

const char *ast_op_text(enum ast_op op)
{
    static const char *const texts[] = {
        [OP_NONE] = "",   [OP_ADD] = "+",       [OP_SUB] = "-",   [OP_MUL] = "*",
        [OP_DIV] = "/",   [OP_FLOORDIV] = "//", [OP_MOD] = "%",   [OP_BITAND] = "&",
        [OP_BITOR] = "|", [OP_BITXOR] = "^",    [OP_SHL] = "<<",  [OP_SHR] = ">>",
        [OP_EQ] = "==",   [OP_NE] = "!=",       [OP_LT] = "<",    [OP_LE] = "<=",
        [OP_GT] = ">",    [OP_GE] = ">=",       [OP_IN] = "in",   [OP_NOT_IN] = "not in",
        [OP_AND] = "and", [OP_OR] = "or",       [OP_NOT] = "not", [OP_NEG] = "-",
        [OP_POS] = "+",   [OP_INVERT] = "~",
    };
    return texts[op];
}

/* ---- lists ---- */

/* Moves the elements from `first` on into the arena. */
#define TAKE(p, stack, first, list)                                                      \
    ((list)->v = take((p)->arena, (p)->stack.v, sizeof *(p)->stack.v, (first),           \
                      &(p)->stack.n, &(list)->n))

static void *take(struct arena *arena, const void *v, size_t size, uint32_t first,
                  size_t *n, uint32_t *taken)
{
    *taken = (uint32_t)*n - first;
    *n = first;
    return *taken ? memcpy(arena_alloc(arena, size * *taken),
                           (const char *)v + size * first, size * *taken)
                  : NULL;
}

/* Appends an element and yields its index. */
#define PUSH(stack, element) (*vec_push(stack) = (element), (uint32_t)(stack)->n - 1)

/* None, True and False are constants, for Python too. */
static void check_name(struct parser *p, struct span at, str_id name)
{
    if (name == p->none || name == p->true_ || name == p->false_)
        parser_error(p, SYNTAX_CONSTANT, at,
                     "'%s' is a constant and cannot be a name here",
                     intern_text(p->names, name));
}

struct ident ast_ident(struct parser *p, struct span at, str_id name)
{
    check_name(p, at, name);
    return (struct ident){.name = name, .span = at};
}

uint32_t ast_expr_push(struct parser *p, struct expr *e)
{
    return PUSH(&p->exprs, e);
}

uint32_t ast_stmt_push(struct parser *p, struct stmt *s)
{
    return PUSH(&p->stmts, s);
}

uint32_t ast_arg_push(struct parser *p, enum arg_kind kind, str_id name, struct span at,
                      struct expr *value)
{
    if (kind == ARG_KEYWORD)
        check_name(p, at, name);
    return PUSH(&p->args, ((struct arg){kind, name, at, value}));
}

uint32_t ast_param_push(struct parser *p, enum param_kind kind, struct ident ident,
                        struct expr *annotation, struct expr *default_value,
                        struct span at)
{
    return PUSH(&p->params,
                ((struct param_item){kind, {ident, annotation, default_value}, at}));
}

uint32_t ast_entry_push(struct parser *p, struct expr *key, struct expr *value)
{
    return PUSH(&p->entries, ((struct dict_entry){key, value}));
}

uint32_t ast_clause_push(struct parser *p, struct expr *target, struct expr *operand)
{
    return PUSH(&p->clauses, ((struct comp_clause){target, operand}));
}

uint32_t ast_branch_push(struct parser *p, struct expr *test, uint32_t body)
{
    struct if_clause branch = {.test = test};
    TAKE(p, stmts, body, &branch.body);
    return PUSH(&p->branches, branch);
}

uint32_t ast_load_push(struct parser *p, struct span name_at, str_id name,
                       struct span remote_at, struct text remote)
{
    struct load_item item = {.remote = intern(p->names, remote.p, remote.len),
                             .remote_span = remote_at};
    if (remote.len == 0 || identifier_length(remote.p, remote.len) != remote.len)
        parser_error(p, SYNTAX_LOAD, remote_at, "this string is not a name");
    item.local = ast_ident(p, name_at, name ? name : item.remote);
    return PUSH(&p->load_items, item);
}

/* Literal text that touches literal text becomes one part. */
void ast_part_push(struct parser *p, uint32_t first, struct fpart part)
{
    struct fpart *last = p->parts.n > first ? &p->parts.v[p->parts.n - 1] : NULL;
    if (last && !part.expr && !last->expr) {
        size_t len = last->text.len + part.text.len;
        char *joined = arena_alloc(p->arena, len + 1);
        memcpy(joined, last->text.p, last->text.len);
        memcpy(joined + last->text.len, part.text.p, part.text.len);
        joined[len] = 0;
        last->text = (struct text){joined, len};
        last->span.end = part.span.end;
        return;
    }
    *vec_push(&p->parts) = part;
}

/* ---- expressions ---- */

static struct expr *make(struct parser *p, enum expr_kind kind, struct span at)
{
    struct expr *e = arena_new(p->arena, struct expr);
    e->kind = (uint8_t)kind;
    e->depth = 1;
    e->span = at;
    return e;
}

/* Notes that `child` (or NULL) is part of `e`, which may become too deep by it. */
static void adopt(struct parser *p, struct expr *e, const struct expr *child)
{
    if (!child || child->depth < e->depth)
        return;
    if (child->depth >= AST_DEPTH_MAX)
        parser_too_deep(p, e->span, "expression");
    else
        e->depth = (uint16_t)(child->depth + 1);
}

struct expr *ast_name(struct parser *p, struct span at, str_id name)
{
    struct expr *e = make(p, EXPR_NAME, at);
    e->name.id = name;
    return e;
}

struct expr *ast_text(struct parser *p, enum expr_kind kind, struct span at,
                      struct text text)
{
    struct expr *e = make(p, kind, at);
    e->text = text;
    return e;
}

struct expr *ast_fstring(struct parser *p, struct span at, uint32_t parts)
{
    struct expr *e = make(p, EXPR_FSTRING, at);
    TAKE(p, parts, parts, &e->fstring);
    for (uint32_t i = 0; i < e->fstring.n; i++)
        adopt(p, e, e->fstring.v[i].expr);
    return e;
}

struct expr *ast_sequence(struct parser *p, enum expr_kind kind, struct span at,
                          uint32_t items)
{
    struct expr *e = make(p, kind, at);
    TAKE(p, exprs, items, &e->items);
    for (uint32_t i = 0; i < e->items.n; i++)
        adopt(p, e, e->items.v[i]);
    return e;
}

struct expr *ast_dict(struct parser *p, struct span at, uint32_t entries)
{
    struct expr *e = make(p, EXPR_DICT, at);
    TAKE(p, entries, entries, &e->dict);
    for (uint32_t i = 0; i < e->dict.n; i++) {
        adopt(p, e, e->dict.v[i].key);
        adopt(p, e, e->dict.v[i].value);
    }
    return e;
}

struct expr *ast_comp(struct parser *p, struct span at, struct expr *key,
                      struct expr *value, uint32_t clauses)
{
    struct expr *e = make(p, key ? EXPR_DICT_COMP : EXPR_LIST_COMP, at);
    struct comp *comp = e->comp = arena_new(p->arena, struct comp);
    comp->key = key;
    comp->value = value;
    TAKE(p, clauses, clauses, &comp->clauses);
    adopt(p, e, key);
    adopt(p, e, value);
    for (uint32_t i = 0; i < comp->clauses.n; i++) {
        adopt(p, e, comp->clauses.v[i].target);
        adopt(p, e, comp->clauses.v[i].operand);
    }
    /* Each clause holds those behind it. */
    if (comp->clauses.n > (uint32_t)(AST_DEPTH_MAX - e->depth))
        parser_too_deep(p, at, "expression");
    else
        e->depth = (uint16_t)(e->depth + comp->clauses.n);
    return e;
}

struct expr *ast_unary(struct parser *p, struct span at, enum ast_op op,
                       struct expr *operand)
{
    struct expr *e = make(p, EXPR_UNARY, at);
    e->op = (uint8_t)op;
    e->unary.operand = operand;
    adopt(p, e, operand);
    return e;
}

struct expr *ast_binary(struct parser *p, struct span at, enum ast_op op,
                        struct expr *left, struct expr *right)
{
    struct expr *e = make(p, EXPR_BINARY, at);
    e->op = (uint8_t)op;
    e->binary.left = left;
    e->binary.right = right;
    adopt(p, e, left);
    adopt(p, e, right);
    return e;
}

struct expr *ast_cond(struct parser *p, struct span at, struct expr *yes,
                      struct expr *test, struct expr *no)
{
    struct expr *e = make(p, EXPR_COND, at);
    e->cond.test = test;
    e->cond.yes = yes;
    e->cond.no = no;
    adopt(p, e, test);
    adopt(p, e, yes);
    adopt(p, e, no);
    return e;
}

struct expr *ast_call(struct parser *p, struct span at, struct expr *callee,
                      uint32_t args)
{
    struct expr *e = make(p, EXPR_CALL, at);
    e->call.callee = callee;
    TAKE(p, args, args, &e->call.args);
    adopt(p, e, callee);
    for (uint32_t i = 0; i < e->call.args.n; i++)
        adopt(p, e, e->call.args.v[i].value);
    return e;
}

struct expr *ast_dot(struct parser *p, struct span at, struct expr *object, str_id name,
                     struct span name_at)
{
    check_name(p, name_at, name);
    struct expr *e = make(p, EXPR_DOT, at);
    e->dot.object = object;
    e->dot.name = name;
    e->dot.name_span = name_at;
    adopt(p, e, object);
    return e;
}

struct expr *ast_index(struct parser *p, struct span at, struct expr *object,
                       struct expr *key)
{
    struct expr *e = make(p, EXPR_INDEX, at);
    e->index.object = object;
    e->index.key = key;
    adopt(p, e, object);
    adopt(p, e, key);
    return e;
}

struct expr *ast_slice(struct parser *p, struct span at, struct expr *object,
                       struct expr *start, struct expr *stop, struct expr *step)
{
    struct expr *e = make(p, EXPR_SLICE, at);
    e->slice.object = object;
    e->slice.start = start;
    e->slice.stop = stop;
    e->slice.step = step;
    adopt(p, e, object);
    adopt(p, e, start);
    adopt(p, e, stop);
    adopt(p, e, step);
    return e;
}

struct fpart ast_hole(struct span at, struct expr *expr, char conversion)
{
    return (struct fpart){.expr = expr, .conversion = conversion, .span = at};
}

/* ---- functions ---- */

/* Checks the order of a parameter list as written, one error at most. */
static void check_params(struct parser *p, const struct param_item *items, uint32_t n)
{
    const struct param_item *star = NULL, *defaulted = NULL;
    bool bare = false;
    for (uint32_t i = 0; i < n; i++) {
        const struct param_item *item = &items[i];
        const char *wrong = NULL;
        switch (item->kind) {
        case PARAM_PLAIN:
            if (!star && item->param.default_value)
                defaulted = item;
            else if (!star && defaulted)
                wrong = "a parameter without default follows one that has a default";
            bare = false;
            break;
        case PARAM_BARE_STAR:
        case PARAM_STAR:
            if (star)
                wrong = "only one parameter may begin with '*'";
            star = item;
            bare = item->kind == PARAM_BARE_STAR;
            break;
        case PARAM_STARSTAR:
            if (i + 1 < n) {
                item++;
                wrong = "nothing may follow the parameter that begins with '**'";
            }
            break;
        }
        if (wrong) {
            parser_error(p, SYNTAX_PARAMETER, item->span, "%s", wrong);
            return;
        }
        if (bare && (i + 1 == n || item[1].kind == PARAM_STARSTAR)) {
            struct diag *d = parser_error(p, SYNTAX_PARAMETER, item->span,
                                          "a parameter must follow the bare '*'");
            diag_help(p->diags, d, "name the parameters that are given by keyword only");
            return;
        }
    }
}

/* A function with its parameters in the order of slots. */
static struct function *make_function(struct parser *p, str_id name, struct span at,
                                      uint32_t params)
{
    const struct param_item *items = p->params.v + params;
    const uint32_t n = (uint32_t)p->params.n - params;
    check_params(p, items, n);
    struct function *f = arena_new(p->arena, struct function);
    f->name = name;
    f->span = at;
    f->params = arena_array(p->arena, struct param, n);
    bool keyword_only = false;
    for (uint32_t i = 0; i < n; i++) {
        const struct param_item *item = &items[i];
        if (item->kind == PARAM_STAR || item->kind == PARAM_BARE_STAR)
            keyword_only = true;
        if (item->kind != PARAM_PLAIN)
            continue;
        f->params[f->nparams++] = item->param;
        if (keyword_only)
            f->nkwonly++;
        else
            f->npositional++;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct param_item *item = &items[i];
        if (item->kind != PARAM_STAR && item->kind != PARAM_STARSTAR)
            continue;
        f->params[f->nparams++] = item->param;
        if (item->kind == PARAM_STAR)
            f->has_varargs = true;
        else
            f->has_kwargs = true;
    }
    p->params.n = params;
    return f;
}

struct expr *ast_lambda(struct parser *p, struct span at, uint32_t params,
                        struct expr *result)
{
    struct expr *e = make(p, EXPR_LAMBDA, at);
    e->lambda = make_function(p, p->lambda, at, params);
    e->lambda->result = result;
    adopt(p, e, result);
    for (uint32_t i = 0; i < e->lambda->nparams; i++)
        adopt(p, e, e->lambda->params[i].default_value);
    return e;
}

struct function *ast_toplevel(struct parser *p, uint32_t body)
{
    struct function *f = arena_new(p->arena, struct function);
    f->name = intern_cstr(p->names, "<toplevel>");
    f->span = (struct span){p->file, 0, p->len};
    TAKE(p, stmts, body, &f->body);
    return f;
}

/* ---- statements ---- */

struct stmt *ast_stmt(struct parser *p, enum stmt_kind kind, struct span at,
                      struct expr *expr)
{
    struct stmt *s = arena_new(p->arena, struct stmt);
    s->kind = (uint8_t)kind;
    s->span = at;
    s->expr = expr;
    return s;
}

/* Assigning to None, True or False is the only fault of a target that is one of syntax.
 */
static void check_target(struct parser *p, const struct expr *e)
{
    if (e->kind == EXPR_NAME)
        check_name(p, e->span, e->name.id);
    else if (e->kind == EXPR_TUPLE || e->kind == EXPR_LIST)
        for (uint32_t i = 0; i < e->items.n; i++)
            check_target(p, e->items.v[i]);
}

struct stmt *ast_assign(struct parser *p, struct span at, struct expr *target,
                        enum ast_op op, struct expr *value)
{
    check_target(p, target);
    struct stmt *s = ast_stmt(p, op == OP_NONE ? STMT_ASSIGN : STMT_AUGMENT, at, NULL);
    s->op = (uint8_t)op;
    s->assign.target = target;
    s->assign.value = value;
    return s;
}

struct stmt *ast_if(struct parser *p, struct span at, uint32_t branches,
                    uint32_t otherwise)
{
    struct stmt *s = ast_stmt(p, STMT_IF, at, NULL);
    TAKE(p, branches, branches, &s->if_.clauses);
    TAKE(p, stmts, otherwise, &s->if_.otherwise);
    return s;
}

struct stmt *ast_for(struct parser *p, struct span at, struct expr *target,
                     struct expr *iter, uint32_t body)
{
    check_target(p, target);
    struct stmt *s = ast_stmt(p, STMT_FOR, at, NULL);
    s->for_.target = target;
    s->for_.iter = iter;
    TAKE(p, stmts, body, &s->for_.body);
    return s;
}

struct stmt *ast_def(struct parser *p, struct span at, struct ident name, uint32_t params,
                     struct expr *returns, uint32_t body)
{
    struct stmt *s = ast_stmt(p, STMT_DEF, at, NULL);
    s->def.ident = name;
    s->def.function = make_function(p, name.name, at, params);
    s->def.function->returns = returns;
    TAKE(p, stmts, body, &s->def.function->body);
    return s;
}

struct stmt *ast_load(struct parser *p, struct span at, struct text module,
                      struct span module_at, uint32_t first)
{
    struct stmt *s = ast_stmt(p, STMT_LOAD, at, NULL);
    s->load.module = module;
    s->load.module_span = module_at;
    TAKE(p, load_items, first, &s->load.items);
    const struct load_item *items = s->load.items.v;
    if (s->load.items.n == 0) {
        struct diag *d = parser_error(p, SYNTAX_LOAD, at, "this load brings no name");
        diag_help(p->diags, d, "add the names: load(\"FILE.dvo\", \"NAME\")");
    }
    for (uint32_t i = 1; i < s->load.items.n; i++)
        if (items[i].local.span.begin == items[i].remote_span.begin &&
            items[i - 1].local.span.begin != items[i - 1].remote_span.begin) {
            struct diag *d = parser_error(p, SYNTAX_LOAD, items[i].remote_span,
                                          "a plain name follows one with an alias");
            diag_help(p->diags, d, "put the aliases last, as Python wants it");
            break;
        }
    return s;
}
