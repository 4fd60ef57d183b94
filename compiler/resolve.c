/* Gives every name its place. One walk over the tree: a function's names are collected
 * before its body is visited, so a use may stand before its binding, as the language
 * wants it. */
#include "compiler/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/hint.h"

enum resolve_code {
    RESOLVE_UNKNOWN = 201,
    RESOLVE_DUPLICATE_PARAMETER = 202,
    RESOLVE_RETURN = 203,
    RESOLVE_LOOP = 204,
    RESOLVE_LOAD_PLACE = 205,
    RESOLVE_TARGET = 206,
    RESOLVE_DUPLICATE_ARGUMENT = 207,
    RESOLVE_ARGUMENT_ORDER = 208,
    RESOLVE_LOADED = 209,
};

/* A local variable that is visible now. */
struct local {
    str_id name;
    uint32_t slot;
    uint32_t depth; /* of its function */
    uint32_t hides; /* the local of that name it hides: index + 1, or 0 */
};

/* A function whose body is being visited. */
struct frame {
    struct function *function;
    uint32_t next_slot;
    size_t slots_cap;
    bool *captured; /* by slot; heap */
    size_t captured_cap;
    size_t free_cap;
    size_t first_use; /* of struct resolver.uses */
    uint32_t loops;
};

struct resolver {
    struct ast_file *file;
    const struct intern *names;
    const struct universe *universe;
    struct arena *arena;
    struct diags *diags;
    bool failed;
    bool unknown;                /* a name was */
    const struct expr *argument; /* that is being visited, or NULL */
    bool keyword;                /* it is given by its name */
    const struct expr *callee;   /* a name that is being visited and called, or NULL */

    /* By name, index + 1: innermost visible local, global, predeclared name. */
    uint32_t *local_of, *global_of, *universal_of;
    bool *inner;            /* by name: a function or comprehension before has bound it */
    struct span *global_at; /* by global: where it is bound first */
    size_t globals_cap, loaded_cap, global_at_cap;

    struct {
        struct local *v;
        size_t n, cap;
    } locals;
    struct {
        struct frame *v;
        size_t n, cap;
    } frames;
    /* Bindings made SCOPE_LOCAL in the open functions; those of captured slots turn into
     * cells when their function ends. */
    struct {
        struct binding **v;
        size_t n, cap;
    } uses;
};

static void visit_expr(struct resolver *r, struct expr *e);
static void visit_target(struct resolver *r, struct expr *e);
static void visit_block(struct resolver *r, struct block *block);

static struct diag *complain(struct resolver *r, enum resolve_code code, struct span at,
                             const char *message)
{
    r->failed = true;
    return diag_error(r->diags, code, at, "%s", message);
}

static struct frame *top_frame(struct resolver *r)
{
    return &r->frames.v[r->frames.n - 1];
}

/* ---- declaring ---- */

/* Makes a name visible as a new slot of the innermost function. */
static void declare_local(struct resolver *r, str_id name)
{
    struct frame *frame = top_frame(r);
    struct function *f = frame->function;
    uint32_t slot = frame->next_slot++;
    if (slot == f->nlocals) {
        f->locals = vec_grow(f->locals, sizeof *f->locals, slot + 1, &frame->slots_cap);
        frame->captured = vec_grow(frame->captured, sizeof *frame->captured, slot + 1,
                                   &frame->captured_cap);
        f->locals[slot] = name;
        frame->captured[slot] = false;
        f->nlocals++;
    }
    *vec_push(&r->locals) =
        (struct local){name, slot, (uint32_t)r->frames.n - 1, r->local_of[name]};
    r->local_of[name] = (uint32_t)r->locals.n;
    r->inner[name] = true;
}

static void undeclare_locals(struct resolver *r, size_t keep)
{
    while (r->locals.n > keep) {
        struct local *local = &r->locals.v[--r->locals.n];
        r->local_of[local->name] = local->hides;
    }
}

/* Whether a local of this name is among those that became visible after the `first`
 * first. */
static bool is_declared(const struct resolver *r, str_id name, size_t first)
{
    return r->local_of[name] > first;
}

static void declare_global(struct resolver *r, str_id name, struct span at, bool loaded)
{
    struct ast_file *file = r->file;
    if (r->global_of[name] == 0) {
        uint32_t i = file->nglobals++;
        file->globals =
            vec_grow(file->globals, sizeof *file->globals, i + 1, &r->globals_cap);
        file->loaded =
            vec_grow(file->loaded, sizeof *file->loaded, i + 1, &r->loaded_cap);
        r->global_at =
            vec_grow(r->global_at, sizeof *r->global_at, i + 1, &r->global_at_cap);
        file->globals[i] = name;
        file->loaded[i] = loaded;
        r->global_at[i] = at;
        r->global_of[name] = i + 1;
        return;
    }
    uint32_t i = r->global_of[name] - 1;
    if (loaded || file->loaded[i]) {
        r->failed = true;
        struct diag *d = diag_error(r->diags, RESOLVE_LOADED, at,
                                    "the loaded name '%s' is bound twice",
                                    intern_text(r->names, name));
        diag_related(r->diags, d, r->global_at[i], "first bound here");
        if (loaded)
            diag_help(r->diags, d,
                      "give it another name: load(\"FILE.dvo\", OTHER=\"%s\")",
                      intern_text(r->names, name));
    }
}

/* Names are collected for a scope: the locals visible from the `first`th on, or this. */
#define GLOBAL_SCOPE SIZE_MAX

static void collect_name(struct resolver *r, str_id name, struct span at, size_t first)
{
    if (first == GLOBAL_SCOPE)
        declare_global(r, name, at, false);
    else if (!is_declared(r, name, first))
        declare_local(r, name);
}

static void collect_target(struct resolver *r, const struct expr *e, size_t first)
{
    if (e->kind == EXPR_NAME)
        collect_name(r, e->name.id, e->span, first);
    else if (e->kind == EXPR_TUPLE || e->kind == EXPR_LIST)
        for (uint32_t i = 0; i < e->items.n; i++)
            collect_target(r, e->items.v[i], first);
}

/* Declares every name that a block binds, inner blocks included, inner functions not. */
static void collect_block(struct resolver *r, const struct block *block, size_t first)
{
    for (uint32_t i = 0; i < block->n; i++) {
        const struct stmt *s = block->v[i];
        switch ((enum stmt_kind)s->kind) {
        case STMT_ASSIGN:
        case STMT_AUGMENT: collect_target(r, s->assign.target, first); break;
        case STMT_DEF:
            collect_name(r, s->def.ident.name, s->def.ident.span, first);
            break;
        case STMT_FOR:
            collect_target(r, s->for_.target, first);
            collect_block(r, &s->for_.body, first);
            break;
        case STMT_IF:
            for (uint32_t c = 0; c < s->if_.clauses.n; c++)
                collect_block(r, &s->if_.clauses.v[c].body, first);
            collect_block(r, &s->if_.otherwise, first);
            break;
        case STMT_LOAD:
            if (first == GLOBAL_SCOPE)
                for (uint32_t k = 0; k < s->load.items.n; k++) {
                    const struct ident *local = &s->load.items.v[k].local;
                    declare_global(r, local->name, local->span, true);
                }
            break;
        case STMT_EXPR:
        case STMT_RETURN:
        case STMT_PASS:
        case STMT_BREAK:
        case STMT_CONTINUE: break;
        }
    }
}

/* ---- looking up ---- */

/* NAME==VALUE as an argument, of a NAME that is nothing: a keyword was meant. */
static bool meant_as_keyword(const struct resolver *r, struct span at)
{
    const struct expr *e = r->argument;
    return e && !r->keyword && e->kind == EXPR_BINARY && e->op == OP_EQ &&
           e->binary.left->kind == EXPR_NAME && e->binary.left->span.begin == at.begin;
}

static const char *help_elsewhere(const struct resolver *r, str_id name, bool called)
{
    for (uint32_t i = r->universe->nelsewhere; i-- > 0;) {
        const struct elsewhere *e = &r->universe->elsewhere[i];
        if (e->name == name && (called || !e->called))
            return e->help;
    }
    return hint_of_name(intern_text(r->names, name));
}

/* The name that is visible here and most like this one, or NULL. */
static const char *nearest_name(const struct resolver *r, const char *name)
{
    size_t n = r->locals.n + r->file->nbound + r->universe->n, k = 0;
    const char **known = xcalloc(n + 1, sizeof *known);
    for (size_t i = 0; i < r->locals.n; i++)
        known[k++] = intern_text(r->names, r->locals.v[i].name);
    for (uint32_t i = 0; i < r->file->nbound; i++)
        known[k++] = intern_text(r->names, r->file->globals[i]);
    for (uint32_t i = 0; i < r->universe->n; i++)
        known[k++] = intern_text(r->names, r->universe->names[i]);
    const char *nearest = text_nearest(name, known, k);
    free(known);
    return nearest;
}

static void help_unknown(struct resolver *r, struct diag *d, str_id id)
{
    const char *name = intern_text(r->names, id);
    bool called = r->callee && r->callee->span.begin == d->span.begin;
    const char *hint = help_elsewhere(r, id, called);
    if (meant_as_keyword(r, d->span)) {
        diag_help(r->diags, d, "one '=' gives an argument: %s=...", name);
        return;
    }
    const char *nearest = hint ? NULL : nearest_name(r, name);
    if (hint)
        diag_help(r->diags, d, "%s", hint);
    else if (nearest)
        diag_help(r->diags, d, "did you mean %s?", nearest);
    else if (r->inner[id])
        diag_help(
            r->diags, d,
            "%s is known in a function or comprehension above only: bind it here, too",
            name);
    else if (r->argument && r->argument->span.begin == d->span.begin &&
             r->argument->kind == EXPR_NAME)
        diag_help(r->diags, d, "text is written in quotes: \"%s\"", name);
}

/* The name becomes a global without a value, so that it is told once and the rest of the
 * file can be looked at. */
static void report_unknown(struct resolver *r, str_id name, struct span at)
{
    const char *text = intern_text(r->names, name);
    r->unknown = true;
    struct diag *d =
        diag_error(r->diags, RESOLVE_UNKNOWN, at, "nothing here is called '%s'", text);
    help_unknown(r, d, name);
    declare_global(r, name, at, true);
}

/* Makes the function at `depth` capture a local of an outer one; returns its index there.
 */
static uint32_t capture(struct resolver *r, const struct local *local, size_t depth,
                        struct span at)
{
    struct frame *frame = &r->frames.v[depth];
    struct function *f = frame->function;
    for (uint32_t i = f->nfree; i-- > 0;) {
        if (f->free[i].name != local->name)
            continue;
        /* A name may stand for two outer variables, one of them a comprehension's. */
        uint32_t index = i;
        size_t level = depth;
        struct binding b = f->free[i].binding;
        while (b.scope == SCOPE_FREE) {
            level--;
            index = b.index;
            b = r->frames.v[level].function->free[index].binding;
        }
        if (level - 1 == local->depth && b.index == local->slot)
            return i;
    }
    struct binding from = {SCOPE_CELL, local->slot};
    if (local->depth + 1 == depth)
        r->frames.v[local->depth].captured[local->slot] = true;
    else
        from = (struct binding){SCOPE_FREE, capture(r, local, depth - 1, at)};
    f->free = vec_grow(f->free, sizeof *f->free, f->nfree + 1, &frame->free_cap);
    f->free[f->nfree] = (struct ident){local->name, at, from};
    return f->nfree++;
}

static void bind(struct resolver *r, str_id name, struct span at, struct binding *out)
{
    uint32_t depth = (uint32_t)r->frames.n - 1;
    if (r->local_of[name] > 0) {
        const struct local *local = &r->locals.v[r->local_of[name] - 1];
        if (local->depth == depth) {
            *out = (struct binding){SCOPE_LOCAL, local->slot};
            *vec_push(&r->uses) = out;
        } else {
            *out = (struct binding){SCOPE_FREE, capture(r, local, depth, at)};
        }
    } else if (r->global_of[name] > 0) {
        *out = (struct binding){SCOPE_GLOBAL, r->global_of[name] - 1};
    } else if (r->universal_of[name] > 0) {
        *out = (struct binding){SCOPE_UNIVERSAL, r->universal_of[name] - 1};
    } else {
        report_unknown(r, name, at);
        *out = (struct binding){SCOPE_GLOBAL, r->global_of[name] - 1};
    }
}

/* ---- functions ---- */

static void *to_arena(struct resolver *r, void *heap, size_t size)
{
    void *copy = NULL;
    if (size > 0) {
        copy = arena_alloc(r->arena, size);
        memcpy(copy, heap, size);
    }
    free(heap);
    return copy;
}

static void enter_function(struct resolver *r, struct function *f)
{
    *vec_push(&r->frames) = (struct frame){.function = f, .first_use = r->uses.n};
}

/* Turns the uses of captured slots into cells and moves the function's lists to the
 * arena. */
static void leave_function(struct resolver *r)
{
    struct frame *frame = top_frame(r);
    struct function *f = frame->function;
    for (size_t i = frame->first_use; i < r->uses.n; i++)
        if (frame->captured[r->uses.v[i]->index])
            r->uses.v[i]->scope = SCOPE_CELL;
    r->uses.n = frame->first_use;

    f->cells = arena_array(r->arena, uint32_t, f->nlocals);
    for (uint32_t i = 0; i < f->nlocals; i++)
        if (frame->captured[i])
            f->cells[f->ncells++] = i;
    free(frame->captured);
    f->locals = to_arena(r, f->locals, f->nlocals * sizeof *f->locals);
    f->free = to_arena(r, f->free, f->nfree * sizeof *f->free);
    r->frames.n--;
}

static void visit_function(struct resolver *r, struct function *f)
{
    for (uint32_t i = 0; i < f->nparams; i++)
        if (f->params[i].default_value)
            visit_expr(r, f->params[i].default_value);

    size_t outer = r->locals.n;
    enter_function(r, f);
    for (uint32_t i = 0; i < f->nparams; i++) {
        struct ident *ident = &f->params[i].ident;
        if (is_declared(r, ident->name, outer)) {
            r->failed = true;
            struct diag *d = diag_error(r->diags, RESOLVE_DUPLICATE_PARAMETER,
                                        ident->span, "there are two parameters '%s'",
                                        intern_text(r->names, ident->name));
            for (uint32_t k = 0; k < i; k++)
                if (f->params[k].ident.name == ident->name)
                    diag_related(r->diags, d, f->params[k].ident.span, "the other one");
        }
        declare_local(r, ident->name);
        bind(r, ident->name, ident->span, &ident->binding);
    }
    collect_block(r, &f->body, outer);
    visit_block(r, &f->body);
    if (f->result)
        visit_expr(r, f->result);
    undeclare_locals(r, outer);
    leave_function(r);
}

/* ---- expressions ---- */

static void visit_opt(struct resolver *r, struct expr *e)
{
    if (e)
        visit_expr(r, e);
}

static void check_keyword(struct resolver *r, const struct arg_list *args, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (args->v[k].kind == ARG_KEYWORD && args->v[k].name == args->v[i].name) {
            r->failed = true;
            struct diag *d =
                diag_error(r->diags, RESOLVE_DUPLICATE_ARGUMENT, args->v[i].span,
                           "the argument '%s' is given twice",
                           intern_text(r->names, args->v[i].name));
            diag_related(r->diags, d, args->v[k].span, "first given here");
            return;
        }
}

/* Positional arguments, keywords, one *sequence, one **dictionary, in this order. */
static void visit_args(struct resolver *r, struct arg_list *args)
{
    static const char *const orders[] = {
        [ARG_POSITIONAL] = "a positional argument stands before all others",
        [ARG_KEYWORD] = "a keyword argument stands before '*' and '**'",
        [ARG_STAR] = "there is one '*' argument, before '**'",
        [ARG_STARSTAR] = "there is one '**' argument",
    };
    static const int ranks[] = {
        [ARG_POSITIONAL] = 0, [ARG_KEYWORD] = 1, [ARG_STAR] = 2, [ARG_STARSTAR] = 3};
    int rank = 0;
    for (uint32_t i = 0; i < args->n; i++) {
        struct arg *arg = &args->v[i];
        int own = ranks[arg->kind];
        if (own < rank || (own == rank && own >= 2))
            complain(r, RESOLVE_ARGUMENT_ORDER, arg->span, orders[arg->kind]);
        else
            rank = own;
        if (arg->kind == ARG_KEYWORD)
            check_keyword(r, args, i);
        r->argument = arg->value;
        r->keyword = arg->kind != ARG_POSITIONAL;
        visit_expr(r, arg->value);
        r->argument = NULL;
    }
}

/* The comprehension's variables have slots of their own that are free again behind it. */
static void visit_comp(struct resolver *r, struct comp *comp)
{
    struct comp_clause_list *clauses = &comp->clauses;
    visit_expr(r, clauses->v[0].operand);

    size_t outer = r->locals.n;
    comp->first_slot = top_frame(r)->next_slot;
    for (uint32_t i = 0; i < clauses->n; i++)
        if (clauses->v[i].target)
            collect_target(r, clauses->v[i].target, outer);
    comp->nslots = top_frame(r)->next_slot - comp->first_slot;

    for (uint32_t i = 0; i < clauses->n; i++) {
        if (i > 0)
            visit_expr(r, clauses->v[i].operand);
        if (clauses->v[i].target)
            visit_target(r, clauses->v[i].target);
    }
    visit_opt(r, comp->key);
    visit_expr(r, comp->value);
    undeclare_locals(r, outer);
    top_frame(r)->next_slot = comp->first_slot;
}

static void visit_items(struct resolver *r, struct expr_list *items)
{
    for (uint32_t i = 0; i < items->n; i++)
        visit_expr(r, items->v[i]);
}

/* Recursion is bounded by AST_DEPTH_MAX. */
static void visit_expr(struct resolver *r, struct expr *e)
{
    switch ((enum expr_kind)e->kind) {
    case EXPR_NAME: bind(r, e->name.id, e->span, &e->name.binding); break;
    case EXPR_INT:
    case EXPR_BIGINT:
    case EXPR_FLOAT:
    case EXPR_STRING:
    case EXPR_BYTES: break;
    case EXPR_FSTRING:
        for (uint32_t i = 0; i < e->fstring.n; i++)
            visit_opt(r, e->fstring.v[i].expr);
        break;
    case EXPR_LIST:
    case EXPR_TUPLE: visit_items(r, &e->items); break;
    case EXPR_DICT:
        for (uint32_t i = 0; i < e->dict.n; i++) {
            visit_expr(r, e->dict.v[i].key);
            visit_expr(r, e->dict.v[i].value);
        }
        break;
    case EXPR_LIST_COMP:
    case EXPR_DICT_COMP: visit_comp(r, e->comp); break;
    case EXPR_UNARY: visit_expr(r, e->unary.operand); break;
    case EXPR_BINARY:
        visit_expr(r, e->binary.left);
        visit_expr(r, e->binary.right);
        break;
    case EXPR_COND:
        visit_expr(r, e->cond.test);
        visit_expr(r, e->cond.yes);
        visit_expr(r, e->cond.no);
        break;
    case EXPR_LAMBDA: visit_function(r, e->lambda); break;
    case EXPR_CALL:
        r->callee = e->call.callee->kind == EXPR_NAME ? e->call.callee : NULL;
        visit_expr(r, e->call.callee);
        r->callee = NULL;
        visit_args(r, &e->call.args);
        break;
    case EXPR_DOT: visit_expr(r, e->dot.object); break;
    case EXPR_INDEX:
        visit_expr(r, e->index.object);
        visit_expr(r, e->index.key);
        break;
    case EXPR_SLICE:
        visit_expr(r, e->slice.object);
        visit_opt(r, e->slice.start);
        visit_opt(r, e->slice.stop);
        visit_opt(r, e->slice.step);
        break;
    }
}

/* ---- statements ---- */

static const char *not_a_target(const struct expr *e)
{
    switch ((enum expr_kind)e->kind) {
    case EXPR_CALL: return "a call cannot be assigned to";
    case EXPR_SLICE: return "a slice cannot be assigned to";
    case EXPR_LAMBDA: return "a lambda cannot be assigned to";
    case EXPR_INT:
    case EXPR_BIGINT:
    case EXPR_FLOAT:
    case EXPR_STRING:
    case EXPR_BYTES:
    case EXPR_FSTRING: return "a literal cannot be assigned to";
    default: return "this expression cannot be assigned to";
    }
}

static void visit_target(struct resolver *r, struct expr *e)
{
    switch ((enum expr_kind)e->kind) {
    case EXPR_NAME:
    case EXPR_DOT:
    case EXPR_INDEX: visit_expr(r, e); return;
    case EXPR_LIST:
    case EXPR_TUPLE:
        for (uint32_t i = 0; i < e->items.n; i++)
            visit_target(r, e->items.v[i]);
        return;
    default: break;
    }
    struct diag *d = complain(r, RESOLVE_TARGET, e->span, not_a_target(e));
    diag_help(r->diags, d,
              e->kind == EXPR_BINARY && e->op == OP_SUB
                  ? "names are made of letters, digits and '_'"
                  : "targets are NAME, OBJECT.FIELD, OBJECT[KEY] and lists of them");
}

static void visit_for(struct resolver *r, struct stmt *s)
{
    visit_expr(r, s->for_.iter);
    visit_target(r, s->for_.target);
    top_frame(r)->loops++;
    visit_block(r, &s->for_.body);
    top_frame(r)->loops--;
}

static void visit_load(struct resolver *r, struct stmt *s, bool top)
{
    if (!top) {
        struct diag *d = complain(r, RESOLVE_LOAD_PLACE, s->span,
                                  "a load stands at the top level of its file only");
        diag_help(r->diags, d, "move it to the top of the file");
        return;
    }
    for (uint32_t i = 0; i < s->load.items.n; i++) {
        struct ident *local = &s->load.items.v[i].local;
        bind(r, local->name, local->span, &local->binding);
    }
}

static void visit_stmt(struct resolver *r, struct stmt *s, bool top)
{
    switch ((enum stmt_kind)s->kind) {
    case STMT_EXPR: visit_expr(r, s->expr); break;
    case STMT_ASSIGN:
        visit_expr(r, s->assign.value);
        visit_target(r, s->assign.target);
        break;
    case STMT_AUGMENT:
        if (s->assign.target->kind == EXPR_TUPLE || s->assign.target->kind == EXPR_LIST)
            complain(r, RESOLVE_TARGET, s->assign.target->span,
                     "an operation like '+=' changes one target, not several");
        visit_target(r, s->assign.target);
        visit_expr(r, s->assign.value);
        break;
    case STMT_IF:
        for (uint32_t i = 0; i < s->if_.clauses.n; i++) {
            visit_expr(r, s->if_.clauses.v[i].test);
            visit_block(r, &s->if_.clauses.v[i].body);
        }
        visit_block(r, &s->if_.otherwise);
        break;
    case STMT_FOR: visit_for(r, s); break;
    case STMT_DEF:
        visit_function(r, s->def.function);
        bind(r, s->def.ident.name, s->def.ident.span, &s->def.ident.binding);
        break;
    case STMT_RETURN:
        if (r->frames.n == 1)
            complain(r, RESOLVE_RETURN, s->span, "'return' stands in a function only");
        visit_opt(r, s->expr);
        break;
    case STMT_LOAD: visit_load(r, s, top); break;
    case STMT_BREAK:
    case STMT_CONTINUE:
        if (top_frame(r)->loops == 0)
            complain(r, RESOLVE_LOOP, s->span,
                     s->kind == STMT_BREAK ? "'break' stands in a 'for' loop only"
                                           : "'continue' stands in a 'for' loop only");
        break;
    case STMT_PASS: break;
    }
}

static void visit_block(struct resolver *r, struct block *block)
{
    for (uint32_t i = 0; i < block->n; i++)
        visit_stmt(r, block->v[i], false);
}

bool resolve(struct ast_file *file, const struct universe *universe, struct arena *arena,
             struct diags *diags)
{
    size_t names = file->names->n;
    struct resolver r = {
        .file = file,
        .names = file->names,
        .universe = universe,
        .arena = arena,
        .diags = diags,
        .local_of = xcalloc(names, sizeof(uint32_t)),
        .global_of = xcalloc(names, sizeof(uint32_t)),
        .universal_of = xcalloc(names, sizeof(uint32_t)),
        .inner = xcalloc(names, sizeof(bool)),
    };
    for (uint32_t i = 0; i < universe->n; i++)
        r.universal_of[universe->names[i]] = i + 1;

    enter_function(&r, file->top);
    collect_block(&r, &file->top->body, GLOBAL_SCOPE);
    file->nbound = file->nglobals;
    for (uint32_t i = 0; i < file->top->body.n; i++)
        visit_stmt(&r, file->top->body.v[i], true);
    leave_function(&r);

    file->globals = to_arena(&r, file->globals, file->nglobals * sizeof *file->globals);
    file->loaded = to_arena(&r, file->loaded, file->nglobals * sizeof *file->loaded);
    free(r.global_at);
    free(r.locals.v);
    free(r.frames.v);
    free(r.uses.v);
    free(r.local_of);
    free(r.inner);
    free(r.global_of);
    free(r.universal_of);
    file->only_unknown = r.unknown && !r.failed;
    return !r.failed && !r.unknown;
}
