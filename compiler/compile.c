/* Code generation for functions and statements. Registers are the frame's slots: locals
 * first, then temporaries in stack order. */
#include "compiler/compile.h"

#include <stdlib.h>

#include "compiler/annotation.h"
#include "compiler/vm_state.h"

/* ---- instructions --------------------------------------------------------------------
 */

static uint32_t append(struct compiler *c, struct instr i)
{
    *vec_push(&c->code) = i;
    *vec_push(&c->places) = (struct code_place){c->at.begin, c->at.end};
    return (uint32_t)c->code.n - 1;
}

static uint16_t operand(struct compiler *c, uint32_t x)
{
    if (x > UINT16_MAX && !c->failed) {
        c->failed = true;
        diag_error(c->vm->diags, 310, c->at,
                   "the function is too large: more than %d variables or arguments",
                   UINT16_MAX);
    }
    return (uint16_t)x;
}

uint32_t compile_emit(struct compiler *c, enum code_op op, uint32_t a, uint32_t b,
                      uint32_t d)
{
    return append(
        c, (struct instr){
               .op = (uint16_t)op, .a = operand(c, a), .b = operand(c, b), .c = d});
}

uint32_t compile_emit_j(struct compiler *c, enum code_op op, uint32_t a, int32_t j)
{
    return append(c, (struct instr){.op = (uint16_t)op, .a = operand(c, a), .j = j});
}

uint32_t compile_here(const struct compiler *c)
{
    return (uint32_t)c->code.n;
}

void compile_patch(struct compiler *c, uint32_t i)
{
    c->code.v[i].j = (int32_t)c->code.n;
}

void compile_patch_all(struct compiler *c, struct compile_jumps *jumps)
{
    for (size_t i = 0; i < jumps->n; i++)
        compile_patch(c, jumps->v[i]);
    free(jumps->v);
    *jumps = (struct compile_jumps){0};
}

uint32_t compile_regs(struct compiler *c, uint32_t n)
{
    uint32_t first = c->next;
    c->next += n;
    if (c->next > c->max)
        c->max = c->next;
    if (c->max > COMPILE_REGS_MAX && !c->failed) {
        c->failed = true;
        diag_error(c->vm->diags, 310, c->at, "the expression is too large: split it");
    }
    return first;
}

uint32_t compile_constant(struct compiler *c, value v)
{
    uint32_t *at = map64_put(&c->constant_of, v);
    if (!*at) {
        *vec_push(&c->constants) = v;
        *at = (uint32_t)c->constants.n;
    }
    return *at - 1;
}

uint32_t compile_attr(struct compiler *c, str_id name)
{
    uint32_t *at = map64_put(&c->attr_of, (uint64_t)name + 1);
    if (!*at) {
        *vec_push(&c->attrs) = name;
        *at = (uint32_t)c->attrs.n;
    }
    return *at - 1;
}

/* ---- variables
 * -------------------------------------------------------------------------- */

void compile_store(struct compiler *c, const struct binding *to, uint32_t reg)
{
    switch (to->scope) {
    case SCOPE_LOCAL:
        if (reg != to->index)
            compile_emit(c, CODE_MOVE, to->index, reg, 0);
        c->assigned[to->index] = true;
        break;
    case SCOPE_CELL: compile_emit(c, CODE_CELL_SET, to->index, reg, 0); break;
    case SCOPE_GLOBAL: compile_emit_j(c, CODE_GLOBAL_SET, reg, (int32_t)to->index); break;
    default: die("assignment to a name of scope %d", to->scope);
    }
}

static void assign_sequence(struct compiler *c, const struct expr *target, uint32_t reg)
{
    uint32_t n = target->items.n;
    uint32_t first = compile_regs(c, n);
    c->at = target->span;
    compile_emit(c, CODE_UNPACK, reg, first, n);
    for (uint32_t i = 0; i < n; i++)
        compile_assign(c, target->items.v[i], first + i);
}

void compile_assign(struct compiler *c, const struct expr *target, uint32_t reg)
{
    uint32_t saved = c->next;
    c->at = target->span;
    switch (target->kind) {
    case EXPR_NAME: compile_store(c, &target->name.binding, reg); break;
    case EXPR_LIST:
    case EXPR_TUPLE: assign_sequence(c, target, reg); break;
    case EXPR_INDEX: {
        uint32_t object = compile_any(c, target->index.object);
        uint32_t key = compile_any(c, target->index.key);
        c->at = target->span;
        compile_emit(c, CODE_INDEX_SET, object, key, reg);
        break;
    }
    case EXPR_DOT: {
        uint32_t object = compile_any(c, target->dot.object);
        c->at = target->dot.name_span;
        compile_emit(c, CODE_ATTR_SET, object, reg, compile_attr(c, target->dot.name));
        break;
    }
    default: die("assignment to an expression of kind %d", target->kind);
    }
    c->next = saved;
}

/* ---- names of ops
 * -------------------------------------------------------------------------- */

static bool has_call(const struct expr *e);

static bool any_call(const struct expr_list *list)
{
    for (uint32_t i = 0; i < list->n; i++)
        if (has_call(list->v[i]))
            return true;
    return false;
}

/* Whether evaluating the expression may make ops. Lambdas make none before they are
 * called. */
static bool has_call(const struct expr *e)
{
    if (!e)
        return false;
    switch (e->kind) {
    case EXPR_CALL:
    case EXPR_LIST_COMP:
    case EXPR_DICT_COMP: return true;
    case EXPR_LIST:
    case EXPR_TUPLE: return any_call(&e->items);
    case EXPR_DICT:
        for (uint32_t i = 0; i < e->dict.n; i++)
            if (has_call(e->dict.v[i].value) || has_call(e->dict.v[i].key))
                return true;
        return false;
    case EXPR_UNARY: return has_call(e->unary.operand);
    case EXPR_BINARY: return has_call(e->binary.left) || has_call(e->binary.right);
    case EXPR_COND:
        return has_call(e->cond.yes) || has_call(e->cond.no) || has_call(e->cond.test);
    case EXPR_DOT: return has_call(e->dot.object);
    case EXPR_INDEX: return has_call(e->index.object) || has_call(e->index.key);
    case EXPR_SLICE: return has_call(e->slice.object);
    default: return false;
    }
}

struct steps {
    struct code_step *v;
    size_t n, cap;
};

/* The path of a target, its subscripts evaluated again into registers: they are names or
 * literals in all but odd programs, and evaluation has no effects that could be doubled.
 */
static bool target_steps(struct compiler *c, const struct expr *e, struct steps *steps)
{
    switch (e->kind) {
    case EXPR_NAME: *vec_push(steps) = (struct code_step){e->name.id, -1}; return true;
    case EXPR_DOT:
        if (!target_steps(c, e->dot.object, steps))
            return false;
        *vec_push(steps) = (struct code_step){e->dot.name, -1};
        return true;
    case EXPR_INDEX: {
        if (has_call(e->index.key) || !target_steps(c, e->index.object, steps))
            return false;
        uint32_t reg = compile_regs(c, 1);
        compile_expr(c, e->index.key, reg);
        *vec_push(steps) = (struct code_step){0, (int32_t)reg};
        return true;
    }
    default: return false;
    }
}

static void name_target(struct compiler *c, const struct expr *target, uint32_t reg,
                        uint32_t mark)
{
    if (target->kind == EXPR_LIST || target->kind == EXPR_TUPLE) {
        uint32_t n = target->items.n, first = compile_regs(c, n);
        c->at = target->span;
        compile_emit(c, CODE_UNPACK, reg, first, n);
        for (uint32_t i = 0; i < n; i++)
            name_target(c, target->items.v[i], first + i, mark);
        return;
    }
    struct steps steps = {0};
    if (target_steps(c, target, &steps)) {
        uint32_t depth = 0, i = 0;
        for (struct compile_loop *l = c->loop; l; l = l->outer)
            depth++;
        uint16_t *loops = arena_array(c->vm->arena, uint16_t, depth + 1);
        for (struct compile_loop *l = c->loop; l; l = l->outer)
            loops[depth - ++i] = (uint16_t)l->iter;
        struct code_step *copy = arena_array(c->vm->arena, struct code_step, steps.n);
        memcpy(copy, steps.v, steps.n * sizeof *copy);
        *vec_push(&c->targets) =
            (struct code_target){copy, (uint32_t)steps.n, loops, depth, target->span};
        c->at = target->span;
        compile_emit(c, CODE_ASSIGNED, reg, mark, (uint32_t)c->targets.n - 1);
    }
    free(steps.v);
}

/* ---- statements
 * ---------------------------------------------------------------------------- */

static void compile_block(struct compiler *c, const struct block *b);

static void compile_assignment(struct compiler *c, const struct stmt *s)
{
    const struct expr *target = s->assign.target;
    if (!has_call(s->assign.value)) {
        bool local =
            target->kind == EXPR_NAME && target->name.binding.scope == SCOPE_LOCAL;
        if (local) {
            compile_expr(c, s->assign.value, target->name.binding.index);
            c->assigned[target->name.binding.index] = true;
        } else {
            compile_assign(c, target, compile_any(c, s->assign.value));
        }
        return;
    }
    uint32_t mark = compile_regs(c, 1), v = compile_regs(c, 1);
    c->at = s->span;
    compile_emit(c, CODE_MARK, mark, 0, 0);
    compile_expr(c, s->assign.value, v);
    compile_assign(c, target, v);
    name_target(c, target, v, mark);
}

static void compile_augment(struct compiler *c, const struct stmt *s)
{
    const struct expr *t = s->assign.target;
    uint32_t object = 0, key = 0, old;
    switch (t->kind) {
    case EXPR_NAME:
        if (t->name.binding.scope == SCOPE_LOCAL) {
            /* In place: the variable's own register. */
            old = compile_any(c, t);
        } else {
            old = compile_regs(c, 1);
            compile_expr(c, t, old);
        }
        break;
    case EXPR_INDEX:
        object = compile_regs(c, 2);
        key = object + 1;
        compile_expr(c, t->index.object, object);
        compile_expr(c, t->index.key, key);
        old = compile_regs(c, 1);
        c->at = t->span;
        compile_emit(c, CODE_INDEX, old, object, key);
        break;
    default:
        object = compile_regs(c, 2);
        old = object + 1;
        compile_expr(c, t->dot.object, object);
        c->at = t->dot.name_span;
        compile_emit(c, CODE_ATTR, old, object, compile_attr(c, t->dot.name));
        break;
    }
    uint32_t more = compile_any(c, s->assign.value);
    c->at = s->span;
    compile_emit(c, CODE_AUGMENT, old, more, s->op);
    c->at = t->span;
    if (t->kind == EXPR_NAME)
        compile_store(c, &t->name.binding, old);
    else if (t->kind == EXPR_INDEX)
        compile_emit(c, CODE_INDEX_SET, object, key, old);
    else
        compile_emit(c, CODE_ATTR_SET, object, old, compile_attr(c, t->dot.name));
}

static bool *copy_assigned(struct compiler *c)
{
    uint32_t n = c->function->nlocals;
    bool *copy = xmalloc(n + 1);
    memcpy(copy, c->assigned, n);
    return copy;
}

/* Keeps as assigned what is so in both. */
static void intersect(struct compiler *c, bool *with, const bool *a)
{
    for (uint32_t i = 0; i < c->function->nlocals; i++)
        with[i] = with[i] && a[i];
}

static bool ends_flow(const struct block *b)
{
    if (b->n == 0)
        return false;
    uint8_t k = b->v[b->n - 1]->kind;
    return k == STMT_RETURN || k == STMT_BREAK || k == STMT_CONTINUE;
}

static void compile_if(struct compiler *c, const struct stmt *s)
{
    struct compile_jumps ends = {0};
    bool *after = NULL; /* assigned at the end of every branch that reaches it */
    bool *before = copy_assigned(c);
    uint32_t n = c->function->nlocals;
    for (uint32_t i = 0; i <= s->if_.clauses.n; i++) {
        bool last = i == s->if_.clauses.n;
        const struct block *body = last ? &s->if_.otherwise : &s->if_.clauses.v[i].body;
        struct compile_jumps no = {0};
        if (!last)
            compile_jump(c, s->if_.clauses.v[i].test, false, &no);
        compile_block(c, body);
        if (!last && (i + 1 < s->if_.clauses.n || s->if_.otherwise.n))
            *vec_push(&ends) = compile_emit_j(c, CODE_JUMP, 0, 0);
        if (!ends_flow(body)) {
            if (!after)
                after = copy_assigned(c);
            else
                intersect(c, after, c->assigned);
        }
        memcpy(c->assigned, before, n);
        compile_patch_all(c, &no);
    }
    compile_patch_all(c, &ends);
    if (after)
        memcpy(c->assigned, after, n);
    free(after);
    free(before);
}

void compile_loop_begin(struct compiler *c, struct compile_loop *loop,
                        const struct expr *target, uint32_t iterable)
{
    *loop = (struct compile_loop){.outer = c->loop};
    loop->iter = compile_regs(c, 2);
    compile_emit(c, CODE_ITER, loop->iter, iterable, 0);
    loop->head = compile_here(c);
    c->loop = loop;
    bool local = target->kind == EXPR_NAME && target->name.binding.scope == SCOPE_LOCAL;
    uint32_t item = local ? target->name.binding.index : compile_regs(c, 1);
    compile_emit(c, CODE_NEXT, loop->iter, item, 0);
    *vec_push(loop) = compile_emit_j(c, CODE_JUMP, 0, 0);
    if (local)
        c->assigned[item] = true;
    else
        compile_assign(c, target, item);
}

void compile_loop_end(struct compiler *c, struct compile_loop *loop)
{
    compile_emit_j(c, CODE_LOOP, 0, (int32_t)loop->head);
    for (size_t i = 0; i < loop->n; i++)
        compile_patch(c, loop->v[i]);
    compile_emit(c, CODE_ITER_END, loop->iter, 0, 0);
    c->loop = loop->outer;
    free(loop->v);
}

static void compile_for(struct compiler *c, const struct stmt *s)
{
    uint32_t iterable = compile_any(c, s->for_.iter);
    bool *before = copy_assigned(c);
    struct compile_loop loop;
    c->at = s->for_.iter->span;
    compile_loop_begin(c, &loop, s->for_.target, iterable);
    compile_block(c, &s->for_.body);
    c->at = s->for_.iter->span;
    compile_loop_end(c, &loop);
    memcpy(c->assigned, before, c->function->nlocals);
    free(before);
}

static void emit_return(struct compiler *c, uint32_t v)
{
    const struct expr *type = c->function->returns;
    if (type && annotation_checks(c->vm, type))
        compile_emit(c, CODE_CHECK_RESULT, v, 0, 0);
    compile_emit(c, CODE_RETURN, v, 0, 0);
}

static void compile_return(struct compiler *c, const struct stmt *s)
{
    uint32_t v;
    if (s->expr) {
        v = compile_any(c, s->expr);
    } else {
        v = compile_regs(c, 1);
        compile_emit_j(c, CODE_CONST, v, (int32_t)compile_constant(c, VALUE_NONE));
    }
    for (struct compile_loop *l = c->loop; l; l = l->outer)
        compile_emit(c, CODE_ITER_END, l->iter, 0, 0);
    c->at = s->expr ? s->expr->span : s->span;
    emit_return(c, v);
}

static void compile_stmt(struct compiler *c, const struct stmt *s)
{
    uint32_t saved = c->next;
    c->at = s->span;
    switch (s->kind) {
    case STMT_EXPR:
        if (s->expr->kind != EXPR_STRING)
            compile_any(c, s->expr);
        break;
    case STMT_ASSIGN: compile_assignment(c, s); break;
    case STMT_AUGMENT: compile_augment(c, s); break;
    case STMT_IF: compile_if(c, s); break;
    case STMT_FOR: compile_for(c, s); break;
    case STMT_DEF: {
        uint32_t f = compile_regs(c, 1);
        compile_function(c, s->def.function, f);
        compile_store(c, &s->def.ident.binding, f);
        break;
    }
    case STMT_RETURN: compile_return(c, s); break;
    case STMT_LOAD:
        *vec_push(&c->loads) = s;
        compile_emit_j(c, CODE_LOAD, 0, (int32_t)c->loads.n - 1);
        break;
    case STMT_PASS: break;
    case STMT_BREAK: *vec_push(c->loop) = compile_emit_j(c, CODE_JUMP, 0, 0); break;
    case STMT_CONTINUE: compile_emit_j(c, CODE_LOOP, 0, (int32_t)c->loop->head); break;
    default: die("statement of kind %d", s->kind);
    }
    c->next = saved;
}

static void compile_block(struct compiler *c, const struct block *b)
{
    bool statements = c->toplevel && b == &c->function->body;
    for (uint32_t i = 0; i < b->n && !c->failed; i++) {
        if (statements)
            *vec_push(&c->statements) = compile_here(c);
        compile_stmt(c, b->v[i]);
    }
}

/* ---- functions
 * -------------------------------------------------------------------------------- */

/* Moves a heap vector into the arena. */
#define KEEP(c, vec) keep((c), (vec).v, (vec).n * sizeof *(vec).v)
static void *keep(struct compiler *c, void *v, size_t size)
{
    void *copy = arena_alloc(c->vm->arena, size);
    if (size)
        memcpy(copy, v, size);
    free(v);
    return copy;
}

static struct code *finish(struct compiler *c)
{
    const struct function *f = c->function;
    struct code *code = arena_new(c->vm->arena, struct code);
    code->function = f;
    code->file = c->in->file->file;
    code->names = c->in->file->names;
    code->toplevel = c->toplevel;
    code->nregs = c->max;
    code->nstatements = (uint32_t)c->statements.n;
    code->statements = KEEP(c, c->statements);
    code->n = (uint32_t)c->code.n;
    code->simple = f->nkwonly == 0 && !f->has_varargs && !f->has_kwargs;
    code->first_default = f->npositional + f->nkwonly;
    for (uint32_t i = f->npositional + f->nkwonly; i-- > 0;)
        if (f->params[i].default_value)
            code->first_default = i;
    code->ndefaults = f->npositional + f->nkwonly - code->first_default;
    code->v = KEEP(c, c->code);
    code->places = KEEP(c, c->places);
    code->constants = KEEP(c, c->constants);
    code->functions = KEEP(c, c->functions);
    code->sites = KEEP(c, c->sites);
    code->fstrings = KEEP(c, c->fstrings);
    code->targets = KEEP(c, c->targets);
    code->attrs = KEEP(c, c->attrs);
    code->loads = KEEP(c, c->loads);
    map64_free(&c->constant_of);
    map64_free(&c->attr_of);
    free(c->assigned);
    return code;
}

static struct code *compile_code(const struct compile_input *in, const struct function *f,
                                 bool toplevel, bool *failed)
{
    struct compiler c = {.in = in, .vm = in->vm, .function = f, .toplevel = toplevel};
    c.next = c.max = f->nlocals;
    c.assigned = xcalloc(f->nlocals + 1, 1);
    c.at = f->span;
    for (uint32_t i = 0; i < f->nparams; i++) {
        c.assigned[i] = true;
        if (f->params[i].annotation && annotation_checks(in->vm, f->params[i].annotation))
            compile_emit(&c, CODE_CHECK_TYPE, i, 0, 0);
    }
    for (uint32_t i = 0; i < f->ncells; i++) {
        bool param = f->cells[i] < f->nparams;
        compile_emit(&c, param ? CODE_CELL_WRAP : CODE_CELL_NEW, f->cells[i], 0, 0);
    }
    uint32_t v;
    if (f->result) {
        v = compile_any(&c, f->result);
    } else {
        compile_block(&c, &f->body);
        v = compile_regs(&c, 1);
        compile_emit_j(&c, CODE_CONST, v, (int32_t)compile_constant(&c, VALUE_NONE));
        c.at = f->span;
    }
    emit_return(&c, v);
    *failed |= c.failed;
    return finish(&c);
}

void compile_function(struct compiler *c, const struct function *f, uint32_t dst)
{
    uint32_t saved = c->next;
    struct code *code = compile_code(c->in, f, false, &c->failed);
    uint32_t first = compile_regs(c, code->ndefaults);
    for (uint32_t i = 0; i < code->ndefaults; i++) {
        const struct expr *e = f->params[code->first_default + i].default_value;
        if (e)
            compile_expr(c, e, first + i);
        else
            compile_emit_j(c, CODE_CONST, first + i,
                           (int32_t)compile_constant(c, VALUE_UNBOUND));
    }
    *vec_push(&c->functions) = code;
    c->at = f->span;
    compile_emit(c, CODE_CLOSURE, dst, first, (uint32_t)c->functions.n - 1);
    c->next = saved;
}

struct code *compile_file(const struct compile_input *in)
{
    bool failed = false;
    struct code *code = compile_code(in, in->file->top, true, &failed);
    return failed ? NULL : code;
}
