/* Integers beyond 63 bits: the digits lie in the arena in libtommath's own layout, so
 * that an operand is a view and only results are copied. */
#include "compiler/integer.h"

#include <math.h>
#include <stdlib.h>
#include <tommath.h>

#include "compiler/vm.h"
#include "compiler/vm_state.h"

/* A result of more bits than this is an error instead of minutes of work. Holds
 * INTEGER_DIGITS_MAX digits of any base. */
#define BITS_MAX (1 << 20)

struct bigint {
    struct header h;
    int sign;
    int used;
    mp_digit d[];
};

struct view_int {
    mp_int mp;
    mp_digit small[2];
};

static void check(mp_err err)
{
    if (err != MP_OKAY)
        die("integer arithmetic: %s", mp_error_to_string(err));
}

/* A read-only mp_int over the value; nothing to free. */
static const mp_int *view(value v, struct view_int *out)
{
    if (value_is_small(v)) {
        int64_t i = value_small_get(v);
        uint64_t u = i < 0 ? -(uint64_t)i : (uint64_t)i;
        out->small[0] = u & MP_MASK;
        out->small[1] = u >> MP_DIGIT_BIT;
        int used = out->small[1] ? 2 : out->small[0] ? 1 : 0;
        out->mp = (mp_int){used, 2, i < 0 ? MP_NEG : MP_ZPOS, out->small};
    } else {
        struct bigint *b = (struct bigint *)value_header(v);
        out->mp = (mp_int){b->used, b->used, b->sign, b->d};
    }
    return &out->mp;
}

/* The value of a result, which is cleared. */
static value finish(struct vm *vm, mp_int *r)
{
    value v;
    if (mp_count_bits(r) <= 62) {
        v = value_small(mp_get_i64(r));
    } else {
        size_t bytes = (size_t)r->used * sizeof(mp_digit);
        struct bigint *b = vm_object(vm, VALUE_KIND_INT, sizeof *b + bytes);
        b->sign = r->sign;
        b->used = r->used;
        memcpy(b->d, r->dp, bytes);
        v = value_of(b);
    }
    mp_clear(r);
    return v;
}

value value_int(struct vm *vm, int64_t i)
{
    if (i >= VALUE_INT_MIN && i <= VALUE_INT_MAX)
        return value_small(i);
    mp_int r;
    check(mp_init(&r));
    mp_set_i64(&r, i);
    return finish(vm, &r);
}

bool value_to_int64(value v, int64_t *out)
{
    if (value_is_small(v)) {
        *out = value_small_get(v);
        return true;
    }
    if (!value_is(v, VALUE_KIND_INT))
        return false;
    struct view_int a;
    const mp_int *m = view(v, &a);
    int bits = mp_count_bits(m);
    int64_t i = bits <= 64 ? mp_get_i64(m) : 0;
    if (bits > 64 || (i < 0) != (m->sign == MP_NEG) || (bits == 64 && i != INT64_MIN))
        return false;
    *out = i;
    return true;
}

static value too_large(struct vm *vm)
{
    return vm_fail(vm, 308, "the integer has more than %d bits", BITS_MAX);
}

static bool shift_amount(struct vm *vm, value b, int *out)
{
    int64_t n = 0;
    if (integer_sign(b) < 0) {
        vm_fail(vm, 303, "negative shift count");
        return false;
    }
    *out = value_to_int64(b, &n) && n < BITS_MAX ? (int)n : BITS_MAX;
    return true;
}

static value shift(struct vm *vm, enum ast_op op, value a, value b)
{
    int n;
    if (!shift_amount(vm, b, &n))
        return VALUE_ERROR;
    struct view_int x;
    const mp_int *m = view(a, &x);
    if (op == OP_SHL && integer_sign(a) != 0 && n >= 512)
        return vm_fail(vm, 303, "shift count too large: at most 511 bits");
    if (op == OP_SHL && n > BITS_MAX - mp_count_bits(m))
        return too_large(vm);
    mp_int r;
    check(mp_init(&r));
    if (op == OP_SHL)
        check(mp_mul_2d(m, integer_sign(a) ? n : 0, &r));
    else
        check(mp_signed_rsh(m, n, &r));
    return finish(vm, &r);
}

/* Quotient rounded down and remainder with the divisor's sign. */
static void floor_divide(const mp_int *a, const mp_int *b, mp_int *q, mp_int *r)
{
    check(mp_div(a, b, q, r));
    if (r->used && r->sign != b->sign) {
        check(mp_sub_d(q, 1, q));
        check(mp_add(r, b, r));
    }
}

static bool fast(enum ast_op op, int64_t a, int64_t b, int64_t *r)
{
    switch (op) {
    case OP_ADD: return !__builtin_add_overflow(a, b, r);
    case OP_SUB: return !__builtin_sub_overflow(a, b, r);
    case OP_MUL: return !__builtin_mul_overflow(a, b, r);
    case OP_FLOORDIV: *r = a / b - (a % b != 0 && (a < 0) != (b < 0)); return true;
    case OP_MOD:
        *r = a % b;
        *r += *r != 0 && (*r < 0) != (b < 0) ? b : 0;
        return true;
    case OP_BITAND: *r = a & b; return true;
    case OP_BITOR: *r = a | b; return true;
    case OP_BITXOR: *r = a ^ b; return true;
    case OP_SHL:
        if (b < 0 || b > 62)
            return false;
        *r = (int64_t)((uint64_t)a << b);
        return *r >> b == a;
    case OP_SHR: *r = a >> (b > 63 ? 63 : b); return b >= 0;
    default: return false;
    }
}

value integer_binary(struct vm *vm, enum ast_op op, value a, value b)
{
    if ((op == OP_FLOORDIV || op == OP_MOD) && b == value_small(0))
        return vm_fail(vm, 302, op == OP_MOD ? "modulo by zero" : "division by zero");
    int64_t small;
    if (value_is_small(a) && value_is_small(b) &&
        fast(op, value_small_get(a), value_small_get(b), &small))
        return value_int(vm, small);
    if (op == OP_SHL || op == OP_SHR)
        return shift(vm, op, a, b);

    struct view_int va, vb;
    const mp_int *x = view(a, &va), *y = view(b, &vb);
    if (op == OP_MUL && mp_count_bits(x) + mp_count_bits(y) > BITS_MAX)
        return too_large(vm);
    mp_int r, other;
    check(mp_init_multi(&r, &other, NULL));
    switch (op) {
    case OP_ADD: check(mp_add(x, y, &r)); break;
    case OP_SUB: check(mp_sub(x, y, &r)); break;
    case OP_MUL: check(mp_mul(x, y, &r)); break;
    case OP_FLOORDIV: floor_divide(x, y, &r, &other); break;
    case OP_MOD: floor_divide(x, y, &other, &r); break;
    case OP_BITAND: check(mp_and(x, y, &r)); break;
    case OP_BITOR: check(mp_or(x, y, &r)); break;
    case OP_BITXOR: check(mp_xor(x, y, &r)); break;
    default: die("integer_binary: operator %d", op);
    }
    mp_clear(&other);
    return finish(vm, &r);
}

value integer_negate(struct vm *vm, value a)
{
    return integer_binary(vm, OP_SUB, value_small(0), a);
}

value integer_invert(struct vm *vm, value a)
{
    return integer_binary(vm, OP_SUB, value_small(-1), a);
}

int integer_compare(value a, value b)
{
    if (value_is_small(a) && value_is_small(b))
        return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
    struct view_int va, vb;
    return mp_cmp(view(a, &va), view(b, &vb));
}

int integer_sign(value a)
{
    return integer_compare(a, value_small(0));
}

double integer_double(value a)
{
    if (value_is_small(a))
        return (double)value_small_get(a);
    struct view_int va;
    const mp_int *m = view(a, &va);
    int bits = mp_count_bits(m);
    if (bits > 1024)
        return m->sign == MP_NEG ? -INFINITY : INFINITY;
    /* The top 64 bits, the lowest of them sticky, round once. */
    int drop = bits > 64 ? bits - 64 : 0;
    mp_int top, rest;
    check(mp_init_multi(&top, &rest, NULL));
    check(mp_div_2d(m, drop, &top, &rest));
    uint64_t u = mp_get_mag_u64(&top);
    if (rest.used)
        u |= 1;
    double d = ldexp((double)u, drop);
    mp_clear_multi(&top, &rest, NULL);
    return m->sign == MP_NEG ? -d : d;
}

value integer_from_double(struct vm *vm, double d)
{
    d = trunc(d);
    if (fabs(d) < 4e18)
        return value_int(vm, (int64_t)d);
    int exponent;
    double mantissa = frexp(d, &exponent);
    mp_int r;
    check(mp_init(&r));
    mp_set_i64(&r, (int64_t)ldexp(mantissa, 53));
    check(mp_mul_2d(&r, exponent - 53, &r));
    return finish(vm, &r);
}

int integer_compare_double(struct vm *vm, value a, double d)
{
    double whole = trunc(d);
    int c = integer_compare(a, integer_from_double(vm, whole));
    return c ? c : (whole > d) - (whole < d);
}

static int digit_of(char c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

value integer_parse(struct vm *vm, const char *digits, size_t len, unsigned base,
                    bool negative)
{
    for (; len > 1 && *digits == '0'; len--)
        digits++;
    if (len <= 11) { /* 36^11 < 2^62 */
        int64_t i = 0;
        for (size_t k = 0; k < len; k++)
            i = i * base + digit_of(digits[k]);
        return value_small(negative ? -i : i);
    }
    if (len > INTEGER_DIGITS_MAX)
        return vm_fail(vm, 308, "an integer of %zu digits: at most %d are allowed", len,
                       INTEGER_DIGITS_MAX);
    mp_int r;
    check(mp_init(&r));
    for (size_t k = 0; k < len;) {
        mp_digit group = 0, weight = 1;
        for (; k < len && weight <= MP_MASK / base; k++, weight *= base)
            group = group * base + (mp_digit)digit_of(digits[k]);
        check(mp_mul_d(&r, weight, &r));
        check(mp_add_d(&r, group, &r));
    }
    if (negative)
        check(mp_neg(&r, &r));
    return finish(vm, &r);
}

/* Writes the digits of u from the right, ending before `end`; at least `width`. */
static inline char *digits_of_base(char *end, uint64_t u, unsigned base, size_t width)
{
    for (char *p = end;; u /= base) {
        if (u == 0 && (size_t)(end - p) >= width)
            return p;
        *--p = "0123456789abcdef"[u % base];
    }
}

/* Divisions by a constant are much faster, and nearly all texts are decimal. */
static char *write_digits(char *end, uint64_t u, unsigned base, size_t width)
{
    return base == 10 ? digits_of_base(end, u, 10, width)
                      : digits_of_base(end, u, base, width);
}

void integer_write(struct vm *vm, value a, unsigned base, struct buf *out)
{
    (void)vm;
    if (value_is_small(a)) {
        char digits[80], *end = digits + sizeof digits;
        int64_t i = value_small_get(a);
        char *p = write_digits(end, i < 0 ? -(uint64_t)i : (uint64_t)i, base, 1);
        if (i < 0)
            *--p = '-';
        buf_add(out, p, (size_t)(end - p));
        return;
    }
    /* As many digits at a time as fit into one of libtommath's. */
    mp_digit weight = base;
    size_t width = 1;
    for (; weight <= MP_MASK / base; width++)
        weight *= base;
    struct view_int va;
    mp_int rest;
    check(mp_init_copy(&rest, view(a, &va)));
    size_t room = (size_t)mp_count_bits(&rest) / 3 + width + 2;
    char *digits = xmalloc(room), *end = digits + room, *p = end;
    bool negative = rest.sign == MP_NEG;
    rest.sign = MP_ZPOS;
    while (rest.used) {
        mp_digit group;
        check(mp_div_d(&rest, weight, &rest, &group));
        p = write_digits(p, group, base, rest.used ? width : 1);
    }
    if (negative)
        *--p = '-';
    buf_add(out, p, (size_t)(end - p));
    free(digits);
    mp_clear(&rest);
}

uint32_t integer_hash(value a)
{
    if (value_is_small(a)) {
        uint64_t h = (uint64_t)value_small_get(a) * 0x9e3779b97f4a7c15u;
        return (uint32_t)(h >> 32);
    }
    const struct bigint *b = (const struct bigint *)value_header(a);
    return hash_bytes(b->d, (size_t)b->used * sizeof(mp_digit)) + (uint32_t)b->sign;
}
