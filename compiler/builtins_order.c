/* sorted(), min() and max(), with key functions; and the conversions int() and float().
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/builtins.h"
#include "compiler/integer.h"
#include "compiler/vm_state.h"

/* ---- sorting --------------------------------------------------------------------------
 */

struct keyed {
    value key, item;
};

/* Stable merge sort; stops at the first pair without an order. */
static bool merge_sort(struct vm *vm, struct keyed *v, struct keyed *scratch, size_t n,
                       bool reverse)
{
    if (n < 2)
        return true;
    size_t half = n / 2;
    if (!merge_sort(vm, v, scratch, half, reverse) ||
        !merge_sort(vm, v + half, scratch, n - half, reverse))
        return false;
    memcpy(scratch, v, half * sizeof *v);
    size_t i = 0, j = half, k = 0;
    while (i < half && j < n) {
        int c;
        if (value_is_small(scratch[i].key) && value_is_small(v[j].key))
            c = integer_compare(scratch[i].key, v[j].key);
        else if (!value_compare(vm, scratch[i].key, v[j].key, &c))
            return false;
        bool right = reverse ? c < 0 : c > 0;
        v[k++] = right ? v[j++] : scratch[i++];
    }
    while (i < half)
        v[k++] = scratch[i++];
    return true;
}

static bool key_of(struct vm *vm, value key, value item, value *out)
{
    *out = item;
    if (key && key != VALUE_NONE)
        *out = vm_call(vm, key, &item, 1, NULL, 0);
    return *out != VALUE_ERROR;
}

value builtins_sorted(struct vm *vm, const struct call *c)
{
    struct value_iter it;
    bool reverse = false;
    if (!call_bool(vm, c, 2, &reverse))
        return VALUE_ERROR;
    if (!value_iter_begin_all(vm, &it, c->args[0]))
        return VALUE_ERROR;
    struct {
        struct keyed *v;
        size_t n, cap;
    } all = {0};
    bool ok = true;
    for (value v; ok && (v = value_iter_next(vm, &it));) {
        value key;
        ok = key_of(vm, c->args[1], v, &key);
        *vec_push(&all) = (struct keyed){key, v};
    }
    value_iter_end(&it);
    struct keyed *scratch = xmalloc((all.n / 2 + 1) * sizeof *scratch);
    ok = ok && merge_sort(vm, all.v, scratch, all.n, reverse);
    value list = VALUE_ERROR;
    if (ok) {
        list = value_list_new(vm, NULL, all.n);
        for (size_t i = 0; i < all.n; i++)
            value_list(list)->v[i] = all.v[i].item;
    }
    free(scratch);
    free(all.v);
    return list;
}

static value extreme(struct vm *vm, const struct call *c, int sign)
{
    value key = VALUE_ERROR;
    for (uint32_t i = 0; i < c->nnames; i++) {
        if (strcmp(intern_text(vm->strings, c->names[i]), "key") != 0)
            return vm_fail(vm, 312, "%s() has no parameter %s", c->native->name,
                           intern_text(vm->strings, c->names[i]));
        key = c->args[c->nargs + i];
    }
    if (c->nargs == 0)
        return vm_fail(vm, 312, "%s() needs at least one argument", c->native->name);
    value over = c->nargs == 1 ? c->args[0] : value_tuple_new(vm, c->args, c->nargs);
    struct value_iter it;
    if (!value_iter_begin_all(vm, &it, over))
        return VALUE_ERROR;
    value best = VALUE_ERROR, best_key = VALUE_ERROR;
    for (value v; (v = value_iter_next(vm, &it));) {
        value k;
        int order = 0;
        if (!key_of(vm, key, v, &k) ||
            (best && !value_compare(vm, k, best_key, &order))) {
            value_iter_end(&it);
            return VALUE_ERROR;
        }
        if (!best || order * sign > 0) {
            best = v;
            best_key = k;
        }
    }
    value_iter_end(&it);
    return best ? best : vm_fail(vm, 303, "%s() of an empty sequence", c->native->name);
}

value builtins_min(struct vm *vm, const struct call *c)
{
    return extreme(vm, c, -1);
}

value builtins_max(struct vm *vm, const struct call *c)
{
    return extreme(vm, c, 1);
}

/* ---- numbers from text
 * -------------------------------------------------------------------- */

static value not_a_number(struct vm *vm, const struct call *c, const char *what)
{
    return vm_fail_at(vm, vm_operand_span(vm, c->args[0]), 303, "%s(): %s is not %s",
                      c->native->name, value_shown(vm, c->args[0]), what);
}

static int digit_of(char ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    ch = (char)(ch | 32);
    return ch >= 'a' && ch <= 'z' ? ch - 'a' + 10 : 99;
}

static value parse_int(struct vm *vm, const struct call *c, int64_t base)
{
    const char *p = value_str_p(c->args[0]), *end = p + value_str_len(c->args[0]);
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    unsigned prefix = 0;
    if (end - p > 1 && *p == '0') {
        char kind = (char)(p[1] | 32);
        prefix = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
    }
    if (prefix && (base == 0 || base == prefix)) {
        base = prefix;
        p += 2;
    } else if (base == 0) {
        base = 10;
        if (end - p > 1 && *p == '0' && strspn(p, "0") < (size_t)(end - p))
            return not_a_number(vm, c,
                                "an integer: a base prefix such as 0x is expected");
    }
    if (p == end)
        return not_a_number(vm, c, "an integer");
    for (const char *q = p; q < end; q++)
        if (digit_of(*q) >= base)
            return not_a_number(
                vm, c,
                arena_printf(vm->arena, "an integer of base %lld", (long long)base));
    return integer_parse(vm, p, (size_t)(end - p), (unsigned)base, negative);
}

value builtins_int(struct vm *vm, const struct call *c)
{
    value x = c->args[0];
    int64_t base = 10;
    if (!call_int(vm, c, 1, &base))
        return VALUE_ERROR;
    if (c->args[1] && !value_is_str(x))
        return vm_fail(vm, 301, "int() takes a base only for strings");
    if (base != 0 && (base < 2 || base > 36))
        return vm_fail(vm, 303, "int(): the base must be 0 or lie between 2 and 36");
    switch (value_kind(x)) {
    case VALUE_KIND_INT: return x;
    case VALUE_KIND_BOOL: return value_small(x == VALUE_TRUE);
    case VALUE_KIND_STR: return parse_int(vm, c, base);
    case VALUE_KIND_FLOAT:
        if (!isfinite(value_float_get(x)))
            return not_a_number(vm, c, "finite");
        return integer_from_double(vm, value_float_get(x));
    case VALUE_KIND_DEFERRED:
        return vm_fail_deferred(vm, x, "an argument of int()", NULL);
    default:
        return vm_fail_at(vm, vm_operand_span(vm, x), 301,
                          "int() needs a string, number or bool, not %s",
                          value_type_phrase(vm, x));
    }
}

static bool is_float_literal(const char *p)
{
    size_t digits = strspn(p, "0123456789");
    p += digits;
    if (*p == '.') {
        size_t more = strspn(p + 1, "0123456789");
        digits += more;
        p += 1 + more;
    }
    if (digits && (*p == 'e' || *p == 'E')) {
        p += 1 + (p[1] == '+' || p[1] == '-');
        size_t exponent = strspn(p, "0123456789");
        return exponent && !p[exponent];
    }
    return digits && !*p;
}

static value parse_float(struct vm *vm, const struct call *c)
{
    const char *text = value_cstr(vm, c->args[0]);
    const char *p = text + (*text == '+' || *text == '-');
    double sign = *text == '-' ? -1 : 1;
    if (strlen(text) != value_str_len(c->args[0]))
        return not_a_number(vm, c, "a number");
    if (strcasecmp(p, "inf") == 0 || strcasecmp(p, "infinity") == 0)
        return value_float(vm, sign * INFINITY);
    if (strcasecmp(p, "nan") == 0)
        return value_float(vm, NAN);
    if (!is_float_literal(p))
        return not_a_number(vm, c, "a number");
    double d = strtod(p, NULL);
    return isinf(d) ? not_a_number(vm, c, "small enough for a float")
                    : value_float(vm, sign * d);
}

value builtins_float(struct vm *vm, const struct call *c)
{
    value x = c->args[0];
    if (!x)
        return value_float(vm, 0);
    switch (value_kind(x)) {
    case VALUE_KIND_FLOAT: return x;
    case VALUE_KIND_BOOL: return value_float(vm, x == VALUE_TRUE);
    case VALUE_KIND_STR: return parse_float(vm, c);
    case VALUE_KIND_INT: {
        double d = integer_double(x);
        return isinf(d) ? vm_fail(vm, 303, "the integer is too large for a float")
                        : value_float(vm, d);
    }
    case VALUE_KIND_DEFERRED:
        return vm_fail_deferred(vm, x, "an argument of float()", NULL);
    default:
        return vm_fail_at(vm, vm_operand_span(vm, x), 301,
                          "float() needs a string, number or bool, not %s",
                          value_type_phrase(vm, x));
    }
}
