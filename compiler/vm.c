/* The interpreter loop: direct-threaded register code with fast paths for small integers,
 * floats and plain calls; everything else is done by operator.h and vm_call.c. */
#include "compiler/vm.h"

#include <stdlib.h>

#include "compiler/module.h"
#include "compiler/operator.h"
#include "compiler/recover.h"
#include "compiler/vm_step.h"

/* ---- state
 * --------------------------------------------------------------------------------- */

void vm_state_init(struct vm *vm)
{
    struct vm_state *st = vm->state = xcalloc(1, sizeof *st);
    /* Large, but only pages that are used become memory. */
    st->stack = xmalloc(VM_STACK_SLOTS * sizeof *st->stack);
    st->frames = xmalloc(VM_FRAMES_MAX * sizeof *st->frames);
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        char *bytes;
        st->letters[i] = value_string_room(vm, 1, &bytes);
        *bytes = c;
    }
    char *none;
    st->empty_string = value_string_room(vm, 0, &none);
    st->empty_tuple = value_tuple_new(vm, NULL, 0);
}

void vm_state_free(struct vm *vm)
{
    struct vm_state *st = vm->state;
    free(st->stack);
    free(st->frames);
    free(st->interned);
    free(st->method_list);
    free(st->signatures);
    free(st->parts);
    map64_free(&st->methods);
    map64_free(&st->signature_of);
    buf_free(&st->text);
    free(st);
}

static bool float_pair(value a, value b)
{
    return value_is_flonum(a) && value_is_flonum(b);
}

static bool compare_floats(enum ast_op op, value a, value b)
{
    double x = value_float_get(a), y = value_float_get(b);
    switch (op) {
    case OP_EQ: return x == y;
    case OP_NE: return x != y;
    case OP_LT: return x < y;
    case OP_LE: return x <= y;
    case OP_GT: return x > y;
    default: return x >= y;
    }
}

static void leave(struct vm *vm)
{
    const struct vm_frame *f = &vm->state->frames[--vm->state->nframes];
    ((struct code *)(uintptr_t)f->code)->active = false;
}

/* Pops frames down to the one that entered vm_run(), which stays. */
static struct vm_frame *unwind(struct vm *vm)
{
    struct vm_state *st = vm->state;
    while (!st->frames[st->nframes - 1].entry)
        leave(vm);
    return &st->frames[st->nframes - 1];
}

/* ---- the loop
 * --------------------------------------------------------------------------------------
 */

#define NEXT                                                                             \
    do {                                                                                 \
        i = pc++;                                                                        \
        goto *labels[i->op];                                                             \
    } while (0)
#define SAVE() (f->pc = i)
#define STORE(v)                                                                         \
    do {                                                                                 \
        value stored = (v);                                                              \
        if (!stored)                                                                     \
            goto failed;                                                                 \
        R[i->a] = stored;                                                                \
        NEXT;                                                                            \
    } while (0)
#define BINARY(op)                                                                       \
    do {                                                                                 \
        SAVE();                                                                          \
        STORE(operator_binary(vm, op, a, b));                                            \
    } while (0)
/* Comparison of inline integers works on the tagged words: the order is the same. */
#define COMPARE(name, op, sign)                                                          \
    L_##name:                                                                            \
    {                                                                                    \
        value a = R[i->b], b = R[i->c];                                                  \
        if (a & b & 1) {                                                                 \
            R[i->a] = value_bool((int64_t)a sign(int64_t) b);                            \
            NEXT;                                                                        \
        }                                                                                \
        BINARY(op);                                                                      \
    }
#define COMPARE_JUMP(name, op, sign)                                                     \
    L_##name:                                                                            \
    {                                                                                    \
        value a = R[i->a], b = R[i->b];                                                  \
        bool holds;                                                                      \
        if (a & b & 1) {                                                                 \
            holds = (int64_t)a sign(int64_t) b;                                          \
        } else if (float_pair(a, b)) {                                                   \
            holds = compare_floats(op, a, b);                                            \
        } else {                                                                         \
            SAVE();                                                                      \
            value v = operator_binary(vm, op, a, b);                                     \
            if (!v ||                                                                    \
                (v != VALUE_TRUE && v != VALUE_FALSE && !value_truth(vm, v, &holds)))    \
                goto failed;                                                             \
            holds = v == VALUE_TRUE;                                                     \
        }                                                                                \
        if (holds == i->c)                                                               \
            pc = code + pc->j;                                                           \
        else                                                                             \
            pc++;                                                                        \
        NEXT;                                                                            \
    }
#define SLOW_BINARY(name, op)                                                            \
    L_##name:                                                                            \
    {                                                                                    \
        value a = R[i->b], b = R[i->c];                                                  \
        BINARY(op);                                                                      \
    }

value vm_run(struct vm *vm)
{
    static const void *const labels[] = {
#define OPCODE(name) &&L_##name,
        CODE_OPS(OPCODE)
#undef OPCODE
    };
    struct vm_state *const st = vm->state;
    struct vm_frame *f;
    const struct instr *code, *pc, *i;
    const value *K;
    value *R;
    value result;

enter:
    f = &st->frames[st->nframes - 1];
    pc = code = f->code->v;
    K = f->code->constants;
    R = f->base;
    NEXT;

L_MOVE:
    R[i->a] = R[i->b];
    NEXT;
L_CONST:
    R[i->a] = K[i->j];
    NEXT;
L_CHECK:
    if (R[i->a] == VALUE_UNBOUND) {
        SAVE();
        vm_step_unbound_local(vm, f->code, i->a);
        goto failed;
    }
    NEXT;
L_CELL_NEW:
    R[i->a] = vm_step_new_cell(vm, VALUE_UNBOUND);
    NEXT;
L_CELL_WRAP:
    R[i->a] = vm_step_new_cell(vm, R[i->a]);
    NEXT;
L_CELL_GET : {
    value v = ((struct cell *)value_header(R[i->b]))->v;
    if (v == VALUE_UNBOUND) {
        SAVE();
        vm_step_unbound_local(vm, f->code, i->b);
        goto failed;
    }
    R[i->a] = v;
    NEXT;
}
L_CELL_SET:
    ((struct cell *)value_header(R[i->a]))->v = R[i->b];
    NEXT;
L_FREE_GET : {
    value v = f->function->free[i->b]->v;
    if (v == VALUE_UNBOUND) {
        SAVE();
        str_id name = f->code->function->free[i->b].name;
        vm_fail(vm, 317, "variable %s is used before it has a value",
                intern_text(vm->strings, name));
        goto failed;
    }
    R[i->a] = v;
    NEXT;
}
L_GLOBAL_GET : {
    value v = f->globals[i->j];
    if (v == VALUE_UNBOUND) {
        SAVE();
        vm_step_unbound_global(vm, f, (uint32_t)i->j);
        goto failed;
    }
    R[i->a] = v;
    NEXT;
}
L_GLOBAL_SET:
    f->globals[i->j] = R[i->a];
    NEXT;

L_ADD : {
    value a = R[i->b], b = R[i->c];
    int64_t r;
    if ((a & b & 1) && !__builtin_add_overflow((int64_t)a, (int64_t)(b - 1), &r)) {
        R[i->a] = (value)r;
        NEXT;
    }
    if (float_pair(a, b)) {
        R[i->a] = value_float(vm, value_float_get(a) + value_float_get(b));
        NEXT;
    }
    SAVE();
    if (value_is_str(a) && value_is_str(b))
        STORE(operator_concat(vm, a, b));
    STORE(operator_binary(vm, OP_ADD, a, b));
}
L_SUB : {
    value a = R[i->b], b = R[i->c];
    int64_t r;
    if ((a & b & 1) && !__builtin_sub_overflow((int64_t)a, (int64_t)(b - 1), &r)) {
        R[i->a] = (value)r;
        NEXT;
    }
    if (float_pair(a, b)) {
        R[i->a] = value_float(vm, value_float_get(a) - value_float_get(b));
        NEXT;
    }
    BINARY(OP_SUB);
}
L_MUL : {
    value a = R[i->b], b = R[i->c];
    int64_t r;
    if ((a & b & 1) && !__builtin_mul_overflow((int64_t)a >> 1, (int64_t)(b - 1), &r)) {
        R[i->a] = (value)r | 1;
        NEXT;
    }
    if (float_pair(a, b)) {
        R[i->a] = value_float(vm, value_float_get(a) * value_float_get(b));
        NEXT;
    }
    BINARY(OP_MUL);
}
L_MOD : {
    value a = R[i->b], b = R[i->c];
    if ((a & b & 1) && (int64_t)a > 0 && (int64_t)b > 1) {
        R[i->a] = value_small((int64_t)(a >> 1) % (int64_t)(b >> 1));
        NEXT;
    }
    BINARY(OP_MOD);
}
L_FLOORDIV : {
    value a = R[i->b], b = R[i->c];
    if ((a & b & 1) && (int64_t)a > 0 && (int64_t)b > 1) {
        R[i->a] = value_small((int64_t)(a >> 1) / (int64_t)(b >> 1));
        NEXT;
    }
    BINARY(OP_FLOORDIV);
}
L_ADD_K : {
    value a = R[i->b], b = K[i->c];
    int64_t r;
    if ((a & 1) && !__builtin_add_overflow((int64_t)a, (int64_t)(b - 1), &r)) {
        R[i->a] = (value)r;
        NEXT;
    }
    BINARY(OP_ADD);
}
L_SUB_K : {
    value a = R[i->b], b = K[i->c];
    int64_t r;
    if ((a & 1) && !__builtin_sub_overflow((int64_t)a, (int64_t)(b - 1), &r)) {
        R[i->a] = (value)r;
        NEXT;
    }
    BINARY(OP_SUB);
}
L_MUL_K : {
    value a = R[i->b], b = K[i->c];
    int64_t r;
    if ((a & 1) && !__builtin_mul_overflow((int64_t)a >> 1, (int64_t)(b - 1), &r)) {
        R[i->a] = (value)r | 1;
        NEXT;
    }
    BINARY(OP_MUL);
}
L_MOD_K : {
    value a = R[i->b], b = K[i->c];
    if ((a & 1) && (int64_t)a > 0 && (int64_t)b > 1) {
        R[i->a] = value_small((int64_t)(a >> 1) % (int64_t)(b >> 1));
        NEXT;
    }
    BINARY(OP_MOD);
}
L_FLOORDIV_K : {
    value a = R[i->b], b = K[i->c];
    if ((a & 1) && (int64_t)a > 0 && (int64_t)b > 1) {
        R[i->a] = value_small((int64_t)(a >> 1) / (int64_t)(b >> 1));
        NEXT;
    }
    BINARY(OP_FLOORDIV);
}
    /* clang-format off */
    SLOW_BINARY(DIV, OP_DIV)
    SLOW_BINARY(BITAND, OP_BITAND)
    SLOW_BINARY(BITOR, OP_BITOR)
    SLOW_BINARY(BITXOR, OP_BITXOR)
    SLOW_BINARY(SHL, OP_SHL)
    SLOW_BINARY(SHR, OP_SHR)
    SLOW_BINARY(IN, OP_IN)
    SLOW_BINARY(NOT_IN, OP_NOT_IN)
    COMPARE(EQ, OP_EQ, ==)
    COMPARE(NE, OP_NE, !=)
    COMPARE(LT, OP_LT, <)
    COMPARE(LE, OP_LE, <=)
    COMPARE(GT, OP_GT, >)
    COMPARE(GE, OP_GE, >=)
    COMPARE_JUMP(IF_EQ, OP_EQ, ==)
    COMPARE_JUMP(IF_NE, OP_NE, !=)
    COMPARE_JUMP(IF_LT, OP_LT, <)
    COMPARE_JUMP(IF_LE, OP_LE, <=)
    COMPARE_JUMP(IF_GT, OP_GT, >)
    COMPARE_JUMP(IF_GE, OP_GE, >=)
    /* clang-format on */
L_AUGMENT : {
    value a = R[i->a], b = R[i->b];
    int64_t r;
    if (i->c == OP_ADD && (a & b & 1) &&
        !__builtin_add_overflow((int64_t)a, (int64_t)(b - 1), &r)) {
        R[i->a] = (value)r;
        NEXT;
    }
    SAVE();
    if (i->c == OP_ADD && value_is_str(a) && value_is_str(b))
        STORE(operator_concat(vm, a, b));
    STORE(operator_augment(vm, (enum ast_op)i->c, a, b));
}
L_NOT:
    SAVE();
    STORE(operator_unary(vm, OP_NOT, R[i->b]));
L_NEG:
    SAVE();
    STORE(operator_unary(vm, OP_NEG, R[i->b]));
L_POS:
    SAVE();
    STORE(operator_unary(vm, OP_POS, R[i->b]));
L_INVERT:
    SAVE();
    STORE(operator_unary(vm, OP_INVERT, R[i->b]));

L_JUMP:
    pc = code + i->j;
    NEXT;
L_LOOP:
    pc = code + i->j;
    if ((++st->steps & 1023) == 0) {
        SAVE();
        if (!vm_tick(vm))
            goto failed;
    }
    NEXT;
L_IF_TRUE:
L_IF_FALSE : {
    value v = R[i->a];
    bool truth = v == VALUE_TRUE;
    if (!truth && v != VALUE_FALSE) {
        SAVE();
        if (!value_truth(vm, v, &truth))
            goto failed;
    }
    if (truth == (i->op == CODE_IF_TRUE))
        pc = code + i->j;
    NEXT;
}

L_LIST:
    R[i->a] = value_list_new(vm, R + i->b, i->c);
    NEXT;
L_TUPLE:
    if (i->c == UINT16_MAX) {
        const struct list *l = value_list(R[i->b]);
        R[i->a] = value_tuple_new(vm, l->v, l->n);
    } else {
        R[i->a] = value_tuple_new(vm, R + i->b, i->c);
    }
    NEXT;
L_DICT:
    R[i->a] = value_dict_new(vm, (size_t)i->j);
    NEXT;
L_DICT_ADD:
    SAVE();
    if (!vm_step_dict_add(vm, R[i->a], R[i->b], R[i->c]))
        goto failed;
    NEXT;
L_DICT_PUT:
    SAVE();
    if (!value_dict_set(vm, R[i->a], R[i->b], R[i->c]))
        goto failed;
    NEXT;
L_LIST_PUSH:
    SAVE();
    value_list_push(vm, R[i->a], R[i->b]);
    if (st->failed)
        goto failed;
    NEXT;
L_INDEX : {
    value a = R[i->b], b = R[i->c];
    if (value_is_small(b) && value_is(a, VALUE_KIND_LIST) &&
        (uint64_t)value_small_get(b) < value_list(a)->n) {
        R[i->a] = value_list(a)->v[value_small_get(b)];
        NEXT;
    }
    SAVE();
    STORE(operator_index(vm, a, b));
}
L_INDEX_SET : {
    value a = R[i->a], b = R[i->b];
    if (value_is_small(b) && value_is(a, VALUE_KIND_LIST) &&
        (uint64_t)value_small_get(b) < value_list(a)->n && !value_list(a)->h.flags &&
        !value_list(a)->h.iterating) {
        value_list(a)->v[value_small_get(b)] = R[i->c];
        NEXT;
    }
    SAVE();
    if (!operator_index_set(vm, a, b, R[i->c]))
        goto failed;
    NEXT;
}
L_SLICE:
    SAVE();
    STORE(operator_slice(vm, R[i->b], R[i->c], R[i->c + 1], R[i->c + 2]));
L_ATTR:
    SAVE();
    STORE(value_getattr(vm, R[i->b], f->code->attrs[i->c]));
L_ATTR_SET:
    SAVE();
    vm_fail(vm, 316, "attribute \"%s\" of %s cannot be assigned",
            intern_text(vm->strings, f->code->attrs[i->c]),
            value_type_phrase(vm, R[i->a]));
    goto failed;

L_CALL_METHOD : {
    struct call_site *site = &f->code->sites[i->c];
    SAVE();
    const struct native *native = vm_step_find_method(vm, R[i->a], site);
    if (native) {
        struct call call = {.args = R + i->a + 1, .nargs = i->b};
        STORE(vm_call_native(vm, native, site->signature, R[i->a], &call));
    }
    value callee = value_getattr(vm, R[i->a], site->method);
    if (!callee)
        goto failed;
    R[i->a] = callee;
}
L_CALL : {
    value callee = R[i->a];
    SAVE();
    if (value_is(callee, VALUE_KIND_FUNCTION)) {
        struct function_value *fn = value_function(callee);
        if (fn->code->simple && fn->code->function->nparams == i->b) {
            if (!vm_push(vm, fn, R + i->a + 1))
                goto failed;
            goto enter;
        }
    } else if (value_is(callee, VALUE_KIND_NATIVE)) {
        struct call_site *site = &f->code->sites[i->c];
        const struct native_value *n = value_native(callee);
        struct call call = {.args = R + i->a + 1, .nargs = i->b};
        if (site->cached != n->native) {
            site->cached = n->native;
            site->signature = vm_signature(vm, n->native);
            site->cached_kind = VALUE_KIND_COUNT;
        }
        STORE(vm_call_native(vm, n->native, site->signature, n->self, &call));
    }
    struct call call = {.args = R + i->a + 1, .nargs = i->b};
    enum vm_step_outcome o = vm_step_call_any(vm, callee, &call, &R[i->a]);
    if (o == VM_STEP_FAILED)
        goto failed;
    if (o == VM_STEP_PUSHED)
        goto enter;
    NEXT;
}
L_CALL_ANY : {
    SAVE();
    enum vm_step_outcome o = vm_step_call_site(vm, &f->code->sites[i->c], R + i->a, i->b);
    if (o == VM_STEP_FAILED)
        goto failed;
    if (o == VM_STEP_PUSHED)
        goto enter;
    NEXT;
}
L_CLOSURE:
    SAVE();
    R[i->a] = vm_step_make_closure(vm, f, i);
    if (R[i->a] == VALUE_ERROR)
        goto failed;
    NEXT;
L_RETURN:
    result = R[i->a];
    ((struct code *)(uintptr_t)f->code)->active = false;
    st->nframes--;
    if (f->entry)
        return result;
    f--;
    i = f->pc;
    pc = i + 1;
    code = f->code->v;
    K = f->code->constants;
    R = f->base;
    R[i->a] = result;
    NEXT;

L_ITER : {
    struct value_iter it;
    SAVE();
    if (!value_iter_begin(vm, &it, R[i->b]))
        goto failed;
    R[i->a] = it.over;
    R[i->a + 1] = value_small(0);
    NEXT;
}
L_NEXT : {
    /* R[a + 1] is the position of a struct value_iter. */
    value over = R[i->a];
    int64_t at = value_small_get(R[i->a + 1]);
    value v;
    if (value_is(over, VALUE_KIND_RANGE)) {
        const struct range *r = value_range(over);
        v = at < r->n ? value_int(vm, r->start + at * r->step) : VALUE_ERROR;
        at++;
    } else {
        struct value_iter it = {over, at};
        v = value_iter_next(vm, &it);
        at = it.i;
    }
    if (!v) {
        pc = code + pc->j;
        NEXT;
    }
    R[i->a + 1] = value_small(at);
    R[i->b] = v;
    pc++;
    NEXT;
}
L_ITER_END : {
    struct value_iter it = {R[i->a], 0};
    value_iter_end(&it);
    NEXT;
}
L_UNPACK:
    SAVE();
    if (!vm_step_unpack(vm, R[i->a], R + i->b, i->c))
        goto failed;
    NEXT;
L_FSTRING:
    SAVE();
    STORE(vm_step_fstring(vm, &f->code->fstrings[i->c], R + i->b));
L_MARK:
    R[i->a] = value_small(vm->made);
    NEXT;
L_ASSIGNED:
    if (vm->assigned && value_small(vm->made) != R[i->b]) {
        SAVE();
        vm_step_tell_assignment(vm, f, i);
        if (st->failed)
            goto failed;
    }
    NEXT;
L_CHECK_TYPE:
    SAVE();
    if (!vm_step_check_type(vm, f, i->a))
        goto failed;
    NEXT;
L_CHECK_RESULT:
    SAVE();
    if (!vm_step_check_result(vm, f, R[i->a]))
        goto failed;
    NEXT;
L_LOAD:
    SAVE();
    if (!st->load(vm, f->function->module, f->code->loads[i->j]))
        goto failed;
    NEXT;

failed:
    f = unwind(vm);
    pc = recover(vm, f);
    if (pc) {
        code = f->code->v;
        K = f->code->constants;
        R = f->base;
        NEXT;
    }
    leave(vm);
    return VALUE_ERROR;
}
