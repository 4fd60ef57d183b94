/* Code generation for expressions. A result goes to the register asked for; operands that
 * are local variables are used where they are. */
#include "compiler/compile.h"
#include "compiler/integer.h"
#include "compiler/vm_state.h"

/* List and tuple displays longer than this are built in pieces. */
#define DISPLAY_MAX 200

static value big_literal(struct compiler *c, const struct expr *e)
{
    return integer_parse(c->vm, e->big.digits, e->big.len, e->big.base, false);
}

/* The value of a literal, or VALUE_ERROR if the expression is none. */
static value literal(struct compiler *c, const struct expr *e)
{
    switch (e->kind) {
    case EXPR_INT: return value_int(c->vm, e->integer);
    case EXPR_BIGINT: return big_literal(c, e);
    case EXPR_FLOAT: return value_float(c->vm, e->real);
    case EXPR_STRING:
        return value_interned(c->vm, intern(c->vm->strings, e->text.p, e->text.len));
    case EXPR_BYTES: return value_bytes(c->vm, e->text.p, e->text.len);
    case EXPR_NAME:
        if (e->name.binding.scope == SCOPE_UNIVERSAL)
            return c->in->universe[e->name.binding.index];
        return VALUE_ERROR;
    case EXPR_TUPLE: return e->items.n ? VALUE_ERROR : value_tuple_new(c->vm, NULL, 0);
    case EXPR_UNARY:
        if (e->op == OP_NEG && e->unary.operand->kind == EXPR_INT)
            return value_int(c->vm, -e->unary.operand->integer);
        return VALUE_ERROR;
    default: return VALUE_ERROR;
    }
}

static void load_constant(struct compiler *c, uint32_t dst, value v)
{
    compile_emit_j(c, CODE_CONST, dst, (int32_t)compile_constant(c, v));
}

static bool is_local(const struct expr *e)
{
    return e->kind == EXPR_NAME && e->name.binding.scope == SCOPE_LOCAL;
}

uint32_t compile_any(struct compiler *c, const struct expr *e)
{
    if (is_local(e)) {
        uint32_t slot = e->name.binding.index;
        if (!c->assigned[slot]) {
            c->at = e->span;
            compile_emit(c, CODE_CHECK, slot, 0, 0);
        }
        return slot;
    }
    uint32_t dst = compile_regs(c, 1);
    compile_expr(c, e, dst);
    return dst;
}

static void compile_name(struct compiler *c, const struct expr *e, uint32_t dst)
{
    uint32_t index = e->name.binding.index;
    switch (e->name.binding.scope) {
    case SCOPE_LOCAL: {
        uint32_t slot = compile_any(c, e);
        if (slot != dst)
            compile_emit(c, CODE_MOVE, dst, slot, 0);
        break;
    }
    case SCOPE_CELL: compile_emit(c, CODE_CELL_GET, dst, index, 0); break;
    case SCOPE_FREE: compile_emit(c, CODE_FREE_GET, dst, index, 0); break;
    case SCOPE_GLOBAL: compile_emit_j(c, CODE_GLOBAL_GET, dst, (int32_t)index); break;
    default: die("name of scope %d", e->name.binding.scope);
    }
}

/* ---- operators
 * ------------------------------------------------------------------------------- */

static enum code_op opcode_of(enum ast_op op)
{
    switch (op) {
    case OP_ADD: return CODE_ADD;
    case OP_SUB: return CODE_SUB;
    case OP_MUL: return CODE_MUL;
    case OP_DIV: return CODE_DIV;
    case OP_FLOORDIV: return CODE_FLOORDIV;
    case OP_MOD: return CODE_MOD;
    case OP_BITAND: return CODE_BITAND;
    case OP_BITOR: return CODE_BITOR;
    case OP_BITXOR: return CODE_BITXOR;
    case OP_SHL: return CODE_SHL;
    case OP_SHR: return CODE_SHR;
    case OP_EQ: return CODE_EQ;
    case OP_NE: return CODE_NE;
    case OP_LT: return CODE_LT;
    case OP_LE: return CODE_LE;
    case OP_GT: return CODE_GT;
    case OP_GE: return CODE_GE;
    case OP_IN: return CODE_IN;
    case OP_NOT_IN: return CODE_NOT_IN;
    case OP_NOT: return CODE_NOT;
    case OP_NEG: return CODE_NEG;
    case OP_POS: return CODE_POS;
    case OP_INVERT: return CODE_INVERT;
    default: die("operator %d has no instruction", op);
    }
}

/* The form of an operator whose right side is a small integer constant, if there is one.
 */
static bool constant_form(enum ast_op op, enum code_op *out)
{
    switch (op) {
    case OP_ADD: *out = CODE_ADD_K; return true;
    case OP_SUB: *out = CODE_SUB_K; return true;
    case OP_MUL: *out = CODE_MUL_K; return true;
    case OP_FLOORDIV: *out = CODE_FLOORDIV_K; return true;
    case OP_MOD: *out = CODE_MOD_K; return true;
    default: return false;
    }
}

static void compile_and_or(struct compiler *c, const struct expr *e, uint32_t dst)
{
    uint32_t result = dst < c->function->nlocals ? compile_regs(c, 1) : dst;
    compile_expr(c, e->binary.left, result);
    c->at = e->binary.left->span;
    uint32_t skip =
        compile_emit_j(c, e->op == OP_AND ? CODE_IF_FALSE : CODE_IF_TRUE, result, 0);
    compile_expr(c, e->binary.right, result);
    compile_patch(c, skip);
    if (result != dst)
        compile_emit(c, CODE_MOVE, dst, result, 0);
}

static void compile_binary(struct compiler *c, const struct expr *e, uint32_t dst)
{
    enum code_op op;
    if (e->op == OP_AND || e->op == OP_OR) {
        compile_and_or(c, e, dst);
        return;
    }
    uint32_t left = compile_any(c, e->binary.left);
    value right = literal(c, e->binary.right);
    c->at = e->span;
    if (value_is_small(right) && constant_form(e->op, &op)) {
        compile_emit(c, op, dst, left, compile_constant(c, right));
        return;
    }
    uint32_t b = compile_any(c, e->binary.right);
    c->at = e->span;
    compile_emit(c, opcode_of(e->op), dst, left, b);
}

static bool comparison(enum ast_op op, enum code_op *out)
{
    switch (op) {
    case OP_EQ: *out = CODE_IF_EQ; return true;
    case OP_NE: *out = CODE_IF_NE; return true;
    case OP_LT: *out = CODE_IF_LT; return true;
    case OP_LE: *out = CODE_IF_LE; return true;
    case OP_GT: *out = CODE_IF_GT; return true;
    case OP_GE: *out = CODE_IF_GE; return true;
    default: return false;
    }
}

void compile_jump(struct compiler *c, const struct expr *e, bool sense,
                  struct compile_jumps *jumps)
{
    uint32_t saved = c->next;
    enum code_op op;
    if (e->kind == EXPR_UNARY && e->op == OP_NOT) {
        compile_jump(c, e->unary.operand, !sense, jumps);
    } else if (e->kind == EXPR_BINARY && (e->op == OP_AND || e->op == OP_OR)) {
        if ((e->op == OP_OR) == sense) {
            /* Either side decides. */
            compile_jump(c, e->binary.left, sense, jumps);
            compile_jump(c, e->binary.right, sense, jumps);
        } else {
            struct compile_jumps over = {0};
            compile_jump(c, e->binary.left, !sense, &over);
            compile_jump(c, e->binary.right, sense, jumps);
            compile_patch_all(c, &over);
        }
    } else if (e->kind == EXPR_BINARY && comparison(e->op, &op)) {
        uint32_t a = compile_any(c, e->binary.left), b = compile_any(c, e->binary.right);
        c->at = e->span;
        compile_emit(c, op, a, b, sense);
        *vec_push(jumps) = compile_emit_j(c, CODE_JUMP, 0, 0);
    } else {
        uint32_t v = compile_any(c, e);
        c->at = e->span;
        *vec_push(jumps) = compile_emit_j(c, sense ? CODE_IF_TRUE : CODE_IF_FALSE, v, 0);
    }
    c->next = saved;
}

static void compile_cond(struct compiler *c, const struct expr *e, uint32_t dst)
{
    struct compile_jumps no = {0};
    compile_jump(c, e->cond.test, false, &no);
    compile_expr(c, e->cond.yes, dst);
    uint32_t end = compile_emit_j(c, CODE_JUMP, 0, 0);
    compile_patch_all(c, &no);
    compile_expr(c, e->cond.no, dst);
    compile_patch(c, end);
}

/* ---- displays
 * ---------------------------------------------------------------------------------- */

static void compile_items(struct compiler *c, const struct expr *e, uint32_t dst)
{
    uint32_t n = e->items.n, saved = c->next;
    enum code_op op = e->kind == EXPR_LIST ? CODE_LIST : CODE_TUPLE;
    if (n <= DISPLAY_MAX) {
        uint32_t first = compile_regs(c, n);
        for (uint32_t i = 0; i < n; i++)
            compile_expr(c, e->items.v[i], first + i);
        c->at = e->span;
        compile_emit(c, op, dst, first, n);
        return;
    }
    uint32_t all = compile_regs(c, 1), piece = compile_regs(c, 1);
    for (uint32_t i = 0; i < n; i += DISPLAY_MAX) {
        uint32_t m = n - i < DISPLAY_MAX ? n - i : DISPLAY_MAX, mark = c->next;
        uint32_t first = compile_regs(c, m);
        for (uint32_t k = 0; k < m; k++)
            compile_expr(c, e->items.v[i + k], first + k);
        c->at = e->span;
        compile_emit(c, CODE_LIST, i ? piece : all, first, m);
        if (i)
            compile_emit(c, CODE_AUGMENT, all, piece, OP_ADD);
        c->next = mark;
    }
    if (op == CODE_TUPLE) {
        compile_emit(c, CODE_TUPLE, dst, all, UINT16_MAX);
        c->next = saved;
        return;
    }
    compile_emit(c, CODE_MOVE, dst, all, 0);
    c->next = saved;
}

static void compile_dict(struct compiler *c, const struct expr *e, uint32_t dst)
{
    uint32_t all = dst < c->function->nlocals ? compile_regs(c, 1) : dst;
    compile_emit_j(c, CODE_DICT, all, (int32_t)e->dict.n);
    for (uint32_t i = 0; i < e->dict.n; i++) {
        uint32_t saved = c->next;
        uint32_t key = compile_any(c, e->dict.v[i].key);
        uint32_t val = compile_any(c, e->dict.v[i].value);
        c->at = e->dict.v[i].key->span;
        compile_emit(c, CODE_DICT_ADD, all, key, val);
        c->next = saved;
    }
    if (all != dst)
        compile_emit(c, CODE_MOVE, dst, all, 0);
}

static void compile_clauses(struct compiler *c, const struct expr *e, uint32_t i,
                            uint32_t all)
{
    const struct comp *comp = e->comp;
    uint32_t saved = c->next;
    if (i == comp->clauses.n) {
        if (e->kind == EXPR_LIST_COMP) {
            uint32_t v = compile_any(c, comp->value);
            c->at = comp->value->span;
            compile_emit(c, CODE_LIST_PUSH, all, v, 0);
        } else {
            uint32_t key = compile_any(c, comp->key);
            uint32_t v = compile_any(c, comp->value);
            c->at = comp->key->span;
            compile_emit(c, CODE_DICT_PUT, all, key, v);
        }
    } else if (comp->clauses.v[i].target) {
        const struct comp_clause *clause = &comp->clauses.v[i];
        uint32_t iterable = compile_any(c, clause->operand);
        struct compile_loop loop;
        c->at = clause->operand->span;
        compile_loop_begin(c, &loop, clause->target, iterable);
        compile_clauses(c, e, i + 1, all);
        c->at = clause->operand->span;
        compile_loop_end(c, &loop);
    } else {
        struct compile_jumps no = {0};
        compile_jump(c, comp->clauses.v[i].operand, false, &no);
        compile_clauses(c, e, i + 1, all);
        compile_patch_all(c, &no);
    }
    c->next = saved;
}

static bool is_cell(const struct function *f, uint32_t slot)
{
    for (uint32_t i = 0; i < f->ncells; i++)
        if (f->cells[i] == slot)
            return true;
    return false;
}

static void compile_comp(struct compiler *c, const struct expr *e, uint32_t dst)
{
    uint32_t all = compile_regs(c, 1);
    for (uint32_t i = 0; i < e->comp->nslots; i++) {
        uint32_t slot = e->comp->first_slot + i;
        c->assigned[slot] = false;
        if (is_cell(c->function, slot))
            compile_emit(c, CODE_CELL_NEW, slot, 0, 0);
        else
            load_constant(c, slot, VALUE_UNBOUND);
    }
    if (e->kind == EXPR_LIST_COMP)
        compile_emit(c, CODE_LIST, all, all, 0);
    else
        compile_emit_j(c, CODE_DICT, all, 0);
    compile_clauses(c, e, 0, all);
    compile_emit(c, CODE_MOVE, dst, all, 0);
}

static void compile_fstring(struct compiler *c, const struct expr *e, uint32_t dst)
{
    uint32_t n = e->fstring.n, nholes = 0;
    struct code_fpart *parts = arena_array(c->vm->arena, struct code_fpart, n + 1);
    for (uint32_t i = 0; i < n; i++)
        nholes += e->fstring.v[i].expr != NULL;
    uint32_t first = compile_regs(c, nholes), hole = first;
    for (uint32_t i = 0; i < n; i++) {
        const struct fpart *p = &e->fstring.v[i];
        if (p->expr) {
            compile_expr(c, p->expr, hole++);
            parts[i].conversion = p->conversion;
        } else {
            parts[i].literal = value_string(c->vm, p->text.p, p->text.len);
        }
    }
    *vec_push(&c->fstrings) = (struct code_fstring){parts, n, nholes};
    c->at = e->span;
    compile_emit(c, CODE_FSTRING, dst, first, (uint32_t)c->fstrings.n - 1);
}

/* ---- calls and access
 * ------------------------------------------------------------------------------ */

static void compile_call(struct compiler *c, const struct expr *e, uint32_t dst)
{
    const struct arg_list *args = &e->call.args;
    const struct expr *callee = e->call.callee;
    struct call_site site = {.expr = e};
    str_id *names = arena_array(c->vm->arena, str_id, args->n + 1);
    site.names = names;

    bool method = callee->kind == EXPR_DOT;
    /* A result wanted in the last temporary is made there. */
    bool top = dst >= c->function->nlocals && dst + 1 == c->next;
    uint32_t base = top ? dst : compile_regs(c, 1);
    if (method) {
        compile_expr(c, callee->dot.object, base);
        site.method = callee->dot.name;
    } else {
        compile_expr(c, callee, base);
    }
    for (uint32_t i = 0; i < args->n; i++) {
        const struct arg *a = &args->v[i];
        switch (a->kind) {
        case ARG_POSITIONAL: site.npos++; break;
        case ARG_KEYWORD: names[site.nnamed++] = a->name; break;
        case ARG_STAR: site.star = true; break;
        case ARG_STARSTAR: site.starstar = true; break;
        }
    }
    /* Values in the order of the protocol: positional, keywords, *args, **kwargs;
     * evaluated in the order of the source. */
    uint32_t values = compile_regs(c, args->n), npos = 0, nnamed = 0;
    for (uint32_t i = 0; i < args->n; i++) {
        const struct arg *a = &args->v[i];
        uint32_t at = a->kind == ARG_POSITIONAL ? npos++
                      : a->kind == ARG_KEYWORD  ? site.npos + nnamed++
                      : a->kind == ARG_STAR     ? site.npos + site.nnamed
                                                : args->n - 1;
        compile_expr(c, a->value, values + at);
    }
    *vec_push(&c->sites) = site;
    uint32_t index = (uint32_t)c->sites.n - 1;
    c->at = method ? callee->dot.name_span : e->span;
    bool plain = !site.nnamed && !site.star && !site.starstar;
    if (method && !plain) {
        /* The receiver's method is looked up by the general call, too. */
        compile_emit(c, CODE_CALL_ANY, base, true, index);
    } else if (method) {
        compile_emit(c, CODE_CALL_METHOD, base, site.npos, index);
    } else if (plain) {
        compile_emit(c, CODE_CALL, base, site.npos, index);
    } else {
        compile_emit(c, CODE_CALL_ANY, base, false, index);
    }
    c->places.v[c->places.n - 1] = (struct code_place){e->span.begin, e->span.end};
    if (dst != base)
        compile_emit(c, CODE_MOVE, dst, base, 0);
}

static void compile_slice(struct compiler *c, const struct expr *e, uint32_t dst)
{
    uint32_t object = compile_any(c, e->slice.object);
    uint32_t bounds = compile_regs(c, 3);
    const struct expr *each[3] = {e->slice.start, e->slice.stop, e->slice.step};
    for (uint32_t i = 0; i < 3; i++) {
        if (each[i])
            compile_expr(c, each[i], bounds + i);
        else
            load_constant(c, bounds + i, VALUE_NONE);
    }
    c->at = e->span;
    compile_emit(c, CODE_SLICE, dst, object, bounds);
}

void compile_expr(struct compiler *c, const struct expr *e, uint32_t dst)
{
    uint32_t saved = c->next;
    c->at = e->span;
    value v = literal(c, e);
    if (v) {
        load_constant(c, dst, v);
        return;
    }
    switch (e->kind) {
    case EXPR_NAME: compile_name(c, e, dst); break;
    case EXPR_FSTRING: compile_fstring(c, e, dst); break;
    case EXPR_LIST:
    case EXPR_TUPLE: compile_items(c, e, dst); break;
    case EXPR_DICT: compile_dict(c, e, dst); break;
    case EXPR_LIST_COMP:
    case EXPR_DICT_COMP: compile_comp(c, e, dst); break;
    case EXPR_UNARY: {
        uint32_t a = compile_any(c, e->unary.operand);
        c->at = e->span;
        compile_emit(c, opcode_of(e->op), dst, a, 0);
        break;
    }
    case EXPR_BINARY: compile_binary(c, e, dst); break;
    case EXPR_COND: compile_cond(c, e, dst); break;
    case EXPR_LAMBDA: compile_function(c, e->lambda, dst); break;
    case EXPR_CALL: compile_call(c, e, dst); break;
    case EXPR_DOT: {
        uint32_t object = compile_any(c, e->dot.object);
        c->at = e->dot.name_span;
        compile_emit(c, CODE_ATTR, dst, object, compile_attr(c, e->dot.name));
        break;
    }
    case EXPR_INDEX: {
        uint32_t object = compile_any(c, e->index.object);
        uint32_t key = compile_any(c, e->index.key);
        c->at = e->span;
        compile_emit(c, CODE_INDEX, dst, object, key);
        break;
    }
    case EXPR_SLICE: compile_slice(c, e, dst); break;
    default: die("expression of kind %d", e->kind);
    }
    c->next = saved;
}
