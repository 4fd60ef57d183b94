/* Operators, indexing and slicing for all types; mixed and rare cases included. */
#include "compiler/operator.h"

#include <math.h>

#include "compiler/deferred.h"
#include "compiler/integer.h"
#include "compiler/table.h"
#include "compiler/text.h"
#include "compiler/vm.h"
#include "compiler/vm_state.h"

/* The operand whose value is `v`, as it is written. */
static const char *operand_written(struct vm *vm, value v)
{
    struct span at = vm_operand_span(vm, v);
    bool found = at.begin != vm_span(vm).begin || at.end != vm_span(vm).end;
    const char *written = found ? vm_written(vm, at) : NULL;
    return written ? written : "VALUE";
}

static void help_add(struct vm *vm, value a, value b)
{
    value other = value_is_str(a) ? b : a;
    if (a == VALUE_NONE || b == VALUE_NONE)
        vm_help(vm, "one is None: a function gives a value with return only");
    else if (value_is(a, VALUE_KIND_LIST))
        vm_help(vm, "a list is added to a list: [%s]", operand_written(vm, b));
    else if (!value_is_str(a) && !value_is_str(b))
        return;
    else if (value_is(other, VALUE_KIND_OBJECT))
        vm_help(vm, "name one of its fields, such as %s.name",
                operand_written(vm, other));
    else
        vm_help(vm, "make text of it: str(%s), or use an f-string",
                operand_written(vm, other));
}

static value fail_types(struct vm *vm, enum ast_op op, value a, value b)
{
    vm_fail(vm, 301, "%s %s %s is not defined", value_type_name(vm, a), ast_op_text(op),
            value_type_name(vm, b));
    if (op == OP_ADD)
        help_add(vm, a, b);
    return VALUE_ERROR;
}

/* How the container that is to be changed is written. */
static const char *changed_written(struct vm *vm, value v)
{
    struct span at = vm_operand_span(vm, v);
    const struct expr *e = vm_expr(vm, at);
    bool name = e && (e->kind == EXPR_NAME || e->kind == EXPR_DOT);
    const char *written = name ? vm_written(vm, at) : NULL;
    return written ? written : "VALUES";
}

bool operator_mutable(struct vm *vm, value v, const char *verb)
{
    const struct header *h = value_header(v);
    if (h->flags & VALUE_FROZEN) {
        vm_fail(vm, 306, "cannot %s a frozen %s", verb, value_type_name(vm, v));
        const char *copy = value_is(v, VALUE_KIND_LIST)   ? "list"
                           : value_is(v, VALUE_KIND_DICT) ? "dict"
                                                          : "set";
        vm_help(vm, "values of loaded files are constant; change a copy: %s(%s)", copy,
                changed_written(vm, v));
        return false;
    }
    if (h->iterating) {
        vm_fail(vm, 306, "cannot %s %s during iteration over it", verb,
                value_type_phrase(vm, v));
        vm_help(vm, "iterate over a copy: for x in list(%s)", changed_written(vm, v));
        return false;
    }
    return true;
}

/* ---- + and *
 * ------------------------------------------------------------------------------ */

/* Bytes of a string that grows: strings that share them differ only in length. */
struct str_room {
    size_t used, cap;
    char bytes[];
};

value operator_concat(struct vm *vm, value a, value b)
{
    struct str *x = value_str(a), *y = value_str(b);
    size_t len = (size_t)x->len + y->len;
    if (y->len == 0)
        return a;
    if (x->len == 0)
        return b;
    if (len > VM_STRING_MAX)
        return vm_fail(vm, 308, "the string is longer than 1 GiB");
    if (len < 256) {
        char *bytes;
        value v = value_string_room(vm, len, &bytes);
        memcpy(bytes, x->p, x->len);
        memcpy(bytes + x->len, y->p, y->len);
        return v;
    }
    struct str_room *room = NULL;
    if (x->h.flags & VALUE_GROWN) {
        room = (struct str_room *)(void *)((char *)(uintptr_t)x->p - sizeof *room);
        if (room->used != x->len || room->cap - room->used < y->len)
            room = NULL;
    }
    if (!room) {
        size_t cap = len * 2;
        if (!vm_room(vm, cap))
            return VALUE_ERROR;
        room = arena_alloc(vm->arena, sizeof *room + cap);
        room->cap = cap;
        memcpy(room->bytes, x->p, x->len);
    }
    memcpy(room->bytes + x->len, y->p, y->len);
    room->used = len;
    value v = value_string_static(vm, room->bytes, len);
    value_header(v)->flags |= VALUE_GROWN;
    return v;
}

static value concat_items(struct vm *vm, value a, value b)
{
    size_t n, m;
    const value *x = value_items(a, &n), *y = value_items(b, &m);
    if (!vm_room(vm, (n + m) * sizeof *x))
        return VALUE_ERROR;
    bool list = value_is(a, VALUE_KIND_LIST);
    value r = list ? value_list_new(vm, NULL, n + m) : value_tuple_new(vm, NULL, n + m);
    value *to = list ? value_list(r)->v : value_tuple(r)->v;
    if (n)
        memcpy(to, x, n * sizeof *x);
    if (m)
        memcpy(to + n, y, m * sizeof *y);
    return r;
}

static value add(struct vm *vm, value a, value b)
{
    enum value_kind k = value_kind(a);
    if (k == value_kind(b)) {
        switch (k) {
        case VALUE_KIND_STR: return operator_concat(vm, a, b);
        case VALUE_KIND_BYTES: {
            struct text_builder t = text_begin(vm);
            buf_add(text_buf(vm), value_str_p(a), value_str_len(a));
            buf_add(text_buf(vm), value_str_p(b), value_str_len(b));
            return text_finish_bytes(vm, &t);
        }
        case VALUE_KIND_LIST:
        case VALUE_KIND_TUPLE: return concat_items(vm, a, b);
        default: break;
        }
    }
    return fail_types(vm, OP_ADD, a, b);
}

static value repeat(struct vm *vm, value seq, value count)
{
    int64_t n = 0;
    bool fits = value_to_int64(count, &n);
    if (!fits && integer_sign(count) < 0)
        n = 0;
    else if (!fits)
        n = INT64_MAX;
    int64_t len = value_length(seq);
    if (n < 0 || len == 0)
        n = 0;
    enum value_kind k = value_kind(seq);
    bool text = k == VALUE_KIND_STR || k == VALUE_KIND_BYTES;
    int64_t limit = text ? (int64_t)VM_STRING_MAX : (int64_t)1 << 28;
    if (n && len > limit / n)
        return vm_fail(vm, 308, "the repetition is too large: %lld times %lld elements",
                       (long long)n, (long long)len);
    size_t total = (size_t)n * (size_t)len;
    if (!vm_room(vm, text ? total : total * sizeof(value)))
        return VALUE_ERROR;
    if (text) {
        char *bytes;
        value v = value_string_room(vm, total, &bytes);
        value_header(v)->kind = (uint8_t)k;
        for (int64_t i = 0; i < n; i++)
            memcpy(bytes + i * len, value_str_p(seq), (size_t)len);
        return v;
    }
    size_t m;
    const value *items = value_items(seq, &m);
    value v = k == VALUE_KIND_LIST ? value_list_new(vm, NULL, total)
                                   : value_tuple_new(vm, NULL, total);
    value *to = k == VALUE_KIND_LIST ? value_list(v)->v : value_tuple(v)->v;
    for (int64_t i = 0; i < n; i++)
        memcpy(to + i * len, items, m * sizeof *items);
    return v;
}

static bool is_sequence(value v)
{
    enum value_kind k = value_kind(v);
    return k == VALUE_KIND_STR || k == VALUE_KIND_BYTES || k == VALUE_KIND_LIST ||
           k == VALUE_KIND_TUPLE;
}

/* ---- numbers
 * ------------------------------------------------------------------------------ */

static bool is_number(value v)
{
    return value_is_int(v) || value_is_float(v);
}

static bool as_double(struct vm *vm, value v, double *out)
{
    *out = value_is_float(v) ? value_float_get(v) : integer_double(v);
    if (isinf(*out) && value_is_int(v)) {
        vm_fail(vm, 303, "the integer is too large for a float");
        return false;
    }
    return true;
}

static value float_binary(struct vm *vm, enum ast_op op, value a, value b)
{
    double x, y;
    if (!as_double(vm, a, &x) || !as_double(vm, b, &y))
        return VALUE_ERROR;
    switch (op) {
    case OP_ADD: return value_float(vm, x + y);
    case OP_SUB: return value_float(vm, x - y);
    case OP_MUL: return value_float(vm, x * y);
    default: break;
    }
    if (y == 0)
        return vm_fail(vm, 302, op == OP_MOD ? "modulo by zero" : "division by zero");
    if (op == OP_DIV)
        return value_float(vm, x / y);
    if (op == OP_FLOORDIV)
        return value_float(vm, floor(x / y));
    double r = fmod(x, y);
    if (r != 0 && (r < 0) != (y < 0))
        r += y;
    return value_float(vm, r);
}

static value arithmetic(struct vm *vm, enum ast_op op, value a, value b)
{
    if (value_is_int(a) && value_is_int(b) && op != OP_DIV)
        return integer_binary(vm, op, a, b);
    return float_binary(vm, op, a, b);
}

/* ---- sets and dicts
 * --------------------------------------------------------------------------- */

static value union_of(struct vm *vm, value a, value b)
{
    bool dict = value_is(a, VALUE_KIND_DICT);
    const struct table *x = value_table(a), *y = value_table(b);
    size_t room = (size_t)x->n + y->n;
    value r = dict ? value_dict_new(vm, room) : value_set_new(vm, room);
    uint32_t i = 0;
    for (struct table_entry *e; (e = table_next(x, &i));)
        table_put(vm, value_table(r), e->key, e->hash)->val = e->val;
    i = 0;
    for (struct table_entry *e; (e = table_next(y, &i));)
        table_put(vm, value_table(r), e->key, e->hash)->val = e->val;
    return r;
}

/* The elements of `a` that are (or are not) in `b`, added to `r`. */
static void select_elements(struct vm *vm, value r, value a, value b, bool in)
{
    uint32_t i = 0;
    for (struct table_entry *e; (e = table_next(value_table(a), &i));)
        if ((table_find(vm, value_table(b), e->key, e->hash) != NULL) == in)
            table_put(vm, value_table(r), e->key, e->hash);
}

static value set_binary(struct vm *vm, enum ast_op op, value a, value b)
{
    if (op == OP_BITOR)
        return union_of(vm, a, b);
    value r = value_set_new(vm, 0);
    select_elements(vm, r, a, b, op == OP_BITAND);
    if (op == OP_BITXOR)
        select_elements(vm, r, b, a, false);
    return r;
}

/* ---- in
 * ------------------------------------------------------------------------------------ */

static value contains(struct vm *vm, value item, value in)
{
    int64_t n = value_is(in, VALUE_KIND_RANGE) ? 0 : value_length(in);
    if (n > 0 && !vm_work(vm, (size_t)n))
        return VALUE_ERROR;
    switch (value_kind(in)) {
    case VALUE_KIND_STR:
        if (!value_is_str(item))
            break;
        return value_bool(memmem(value_str_p(in), value_str_len(in), value_str_p(item),
                                 value_str_len(item)) != NULL);
    case VALUE_KIND_BYTES: {
        int64_t i;
        if (value_is(item, VALUE_KIND_BYTES))
            return value_bool(memmem(value_str_p(in), value_str_len(in),
                                     value_str_p(item), value_str_len(item)) != NULL);
        if (!value_is_int(item))
            break;
        if (!value_to_int64(item, &i) || i < 0 || i > 255)
            return vm_fail(vm, 303, "a byte lies between 0 and 255");
        return value_bool(memchr(value_str_p(in), (int)i, value_str_len(in)) != NULL);
    }
    case VALUE_KIND_LIST:
    case VALUE_KIND_TUPLE: {
        size_t count;
        const value *v = value_items(in, &count);
        for (size_t i = 0; i < count; i++) {
            int eq = v[i] == item ? 1 : value_equal(vm, v[i], item);
            if (eq)
                return eq < 0 ? VALUE_ERROR : VALUE_TRUE;
        }
        return VALUE_FALSE;
    }
    case VALUE_KIND_DICT:
    case VALUE_KIND_SET: {
        uint32_t hash;
        if (!value_hash(vm, item, &hash))
            return VALUE_ERROR;
        return value_bool(table_find(vm, value_table(in), item, hash) != NULL);
    }
    case VALUE_KIND_RANGE: {
        const struct range *r = value_range(in);
        int64_t i;
        if (!is_number(item))
            break;
        if (value_is_float(item)) {
            double d = value_float_get(item);
            if (!isfinite(d) || d != trunc(d))
                return VALUE_FALSE;
            item = integer_from_double(vm, d);
        }
        if (!value_to_int64(item, &i))
            return VALUE_FALSE;
        if (r->n == 0 ||
            (r->step > 0 ? i < r->start || i >= r->stop : i > r->start || i <= r->stop))
            return VALUE_FALSE;
        /* The distance may be larger than any int64_t. */
        uint64_t distance = r->step > 0 ? (uint64_t)i - (uint64_t)r->start
                                        : (uint64_t)r->start - (uint64_t)i;
        uint64_t stride = r->step > 0 ? (uint64_t)r->step : -(uint64_t)r->step;
        return value_bool(distance % stride == 0);
    }
    default: break;
    }
    return fail_types(vm, OP_IN, item, in);
}

/* ---- all operators
 * ---------------------------------------------------------------------------- */

static value ordered(struct vm *vm, enum ast_op op, value a, value b)
{
    int c;
    if (value_kind(a) == VALUE_KIND_OBJECT || value_kind(b) == VALUE_KIND_OBJECT ||
        (value_kind(a) != value_kind(b) && !(is_number(a) && is_number(b))))
        return fail_types(vm, op, a, b);
    if (!value_compare(vm, a, b, &c))
        return VALUE_ERROR;
    switch (op) {
    case OP_LT: return value_bool(c < 0);
    case OP_LE: return value_bool(c <= 0);
    case OP_GT: return value_bool(c > 0);
    default: return value_bool(c >= 0);
    }
}

value operator_binary(struct vm *vm, enum ast_op op, value a, value b)
{
    if (op == OP_MOD && value_is_str(a))
        return text_percent(vm, a, b);
    if (value_is_deferred(a) || value_is_deferred(b))
        return deferred_binary(vm, op, a, b);
    enum value_kind k = value_kind(a), l = value_kind(b);
    switch (op) {
    case OP_EQ:
    case OP_NE: {
        int eq = value_equal(vm, a, b);
        return eq < 0 ? VALUE_ERROR : value_bool((op == OP_EQ) == (eq == 1));
    }
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE: return ordered(vm, op, a, b);
    case OP_IN: return contains(vm, a, b);
    case OP_NOT_IN: {
        value in = contains(vm, a, b);
        return in ? value_bool(in == VALUE_FALSE) : VALUE_ERROR;
    }
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
    case OP_FLOORDIV:
    case OP_MOD:
        if (is_number(a) && is_number(b))
            return arithmetic(vm, op, a, b);
        if (op == OP_ADD)
            return add(vm, a, b);
        if (op == OP_MUL && is_sequence(a) && l == VALUE_KIND_INT)
            return repeat(vm, a, b);
        if (op == OP_MUL && is_sequence(b) && k == VALUE_KIND_INT)
            return repeat(vm, b, a);
        if (op == OP_SUB && k == VALUE_KIND_SET && l == VALUE_KIND_SET)
            return set_binary(vm, op, a, b);
        break;
    case OP_BITAND:
    case OP_BITOR:
    case OP_BITXOR:
    case OP_SHL:
    case OP_SHR:
        if (k == VALUE_KIND_INT && l == VALUE_KIND_INT)
            return integer_binary(vm, op, a, b);
        if (k == VALUE_KIND_SET && l == VALUE_KIND_SET && op != OP_SHL && op != OP_SHR)
            return set_binary(vm, op, a, b);
        if (k == VALUE_KIND_DICT && l == VALUE_KIND_DICT && op == OP_BITOR)
            return union_of(vm, a, b);
        break;
    default: break;
    }
    return fail_types(vm, op, a, b);
}

/* list += iterable */
static value extend(struct vm *vm, value list, value more)
{
    struct value_iter it;
    if (!operator_mutable(vm, list, "extend"))
        return VALUE_ERROR;
    if (more == list) {
        value copy = value_list_new(vm, value_list(list)->v, value_list(list)->n);
        return extend(vm, list, copy);
    }
    if (!value_iter_begin_all(vm, &it, more))
        return VALUE_ERROR;
    for (value v; (v = value_iter_next(vm, &it));)
        value_list_push(vm, list, v);
    value_iter_end(&it);
    return list;
}

value operator_augment(struct vm *vm, enum ast_op op, value a, value b)
{
    enum value_kind k = value_kind(a), l = value_kind(b);
    if (op == OP_ADD && k == VALUE_KIND_LIST && value_length(b) >= 0 &&
        l != VALUE_KIND_STR && l != VALUE_KIND_BYTES)
        return extend(vm, a, b);
    if (k != l || (k != VALUE_KIND_SET && k != VALUE_KIND_DICT))
        return operator_binary(vm, op, a, b);
    struct table *t = value_table(a);
    if (op == OP_BITOR) {
        if (!operator_mutable(vm, a, "update"))
            return VALUE_ERROR;
        uint32_t i = 0;
        for (struct table_entry *e; a != b && (e = table_next(value_table(b), &i));)
            table_put(vm, t, e->key, e->hash)->val = e->val;
        return a;
    }
    value r = operator_binary(vm, op, a, b);
    if (!r || !operator_mutable(vm, a, "update"))
        return VALUE_ERROR;
    table_clear(t);
    uint32_t i = 0;
    for (struct table_entry *e; (e = table_next(value_table(r), &i));)
        table_put(vm, t, e->key, e->hash);
    return a;
}

value operator_unary(struct vm *vm, enum ast_op op, value a)
{
    bool truth;
    if (op == OP_NOT)
        return value_truth(vm, a, &truth) ? value_bool(!truth) : VALUE_ERROR;
    if (value_is_int(a))
        return op == OP_NEG   ? integer_negate(vm, a)
               : op == OP_POS ? a
                              : integer_invert(vm, a);
    if (value_is_float(a) && op != OP_INVERT)
        return op == OP_NEG ? value_float(vm, -value_float_get(a)) : a;
    if (value_is_deferred(a))
        return vm_fail_deferred(vm, a, "an operand of arithmetic", NULL);
    return vm_fail(vm, 301, "%s%s is not defined", ast_op_text(op),
                   value_type_name(vm, a));
}
