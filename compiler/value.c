/* Values: constructors, truth, equality, order and hash. */
#include "compiler/value.h"

#include <math.h>

#include "compiler/deferred.h"
#include "compiler/integer.h"
#include "compiler/table.h"
#include "compiler/vm.h"
#include "compiler/vm_state.h"

/* Nesting up to which values are compared and hashed: deeper ones are most likely cyclic.
 */
#define DEPTH_MAX 400

void *vm_object(struct vm *vm, enum value_kind kind, size_t size)
{
    struct header *h = arena_alloc(vm->arena, size);
    *h = (struct header){.kind = (uint8_t)kind};
    return h;
}

/* ---- floats -------------------------------------------------------------------------
 */

/* Most doubles are inline: rotated so that the exponent bits, which are 011 or 100 for
 * magnitudes from about 1e-77 to 1e77, make room for the tag. The others are boxed. */
struct boxed_float {
    struct header h;
    double d;
};

value value_float(struct vm *vm, double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    unsigned top = (unsigned)(bits >> 60) & 7;
    if (top == 3 || top == 4)
        return ((bits << 3 | bits >> 61) & ~(uint64_t)3) | 2;
    struct boxed_float *f = vm_object(vm, VALUE_KIND_FLOAT, sizeof *f);
    f->d = d;
    return value_of(f);
}

double value_float_get(value v)
{
    if (!value_is_flonum(v))
        return ((const struct boxed_float *)value_header(v))->d;
    /* The two bits that the tag replaced are 10 or 01; the third exponent bit says which.
     */
    uint64_t bits = (v & ~(uint64_t)3) | (2 - (v >> 63));
    double d;
    bits = bits >> 3 | bits << 61;
    memcpy(&d, &bits, sizeof d);
    return d;
}

/* ---- strings ------------------------------------------------------------------------
 */

value value_string_room(struct vm *vm, size_t len, char **bytes)
{
    struct str *s = vm_object(vm, VALUE_KIND_STR, sizeof *s + len + 1);
    s->len = (uint32_t)len;
    s->p = *bytes = (char *)(s + 1);
    (*bytes)[len] = '\0';
    return value_of(s);
}

value value_string(struct vm *vm, const char *p, size_t len)
{
    if (len <= 1) {
        value known =
            len ? vm->state->letters[(unsigned char)*p] : vm->state->empty_string;
        if (known)
            return known;
    }
    char *bytes;
    value v = value_string_room(vm, len, &bytes);
    memcpy(bytes, p, len);
    return v;
}

value value_cstring(struct vm *vm, const char *s)
{
    return value_string(vm, s, strlen(s));
}

value value_bytes(struct vm *vm, const char *p, size_t len)
{
    char *bytes;
    value v = value_string_room(vm, len, &bytes);
    memcpy(bytes, p, len);
    value_header(v)->kind = VALUE_KIND_BYTES;
    return v;
}

value value_string_static(struct vm *vm, const char *p, size_t len)
{
    struct str *s = vm_object(vm, VALUE_KIND_STR, sizeof *s);
    s->len = (uint32_t)len;
    s->p = p;
    return value_of(s);
}

value value_interned(struct vm *vm, str_id id)
{
    struct vm_state *st = vm->state;
    if (id >= st->ninterned) {
        uint32_t n = vm->strings->n > id ? vm->strings->n : id + 1;
        n += n / 2;
        st->interned = xrealloc(st->interned, n * sizeof *st->interned);
        memset(st->interned + st->ninterned, 0,
               (n - st->ninterned) * sizeof *st->interned);
        st->ninterned = n;
    }
    if (!st->interned[id])
        st->interned[id] = value_string_static(vm, intern_text(vm->strings, id),
                                               intern_len(vm->strings, id));
    return st->interned[id];
}

bool value_str_equal(value v, const char *s)
{
    size_t n = strlen(s);
    return value_is_str(v) && value_str_len(v) == n && memcmp(value_str_p(v), s, n) == 0;
}

const char *value_cstr(struct vm *vm, value v)
{
    return arena_strndup(vm->arena, value_str_p(v), value_str_len(v));
}

str_id value_intern(struct vm *vm, value v)
{
    return intern(vm->strings, value_str_p(v), value_str_len(v));
}

/* ---- containers ---------------------------------------------------------------------
 */

value value_list_new(struct vm *vm, const value *items, size_t n)
{
    struct list *l = vm_object(vm, VALUE_KIND_LIST, sizeof *l);
    l->n = l->cap = (uint32_t)n;
    l->v = n ? arena_alloc(vm->arena, n * sizeof *l->v) : NULL;
    if (items && n)
        memcpy(l->v, items, n * sizeof *items);
    else if (n)
        for (size_t i = 0; i < n; i++)
            l->v[i] = VALUE_NONE;
    return value_of(l);
}

value value_tuple_new(struct vm *vm, const value *items, size_t n)
{
    if (n == 0 && vm->state->empty_tuple)
        return vm->state->empty_tuple;
    struct tuple *t = vm_object(vm, VALUE_KIND_TUPLE, sizeof *t + n * sizeof *t->v);
    t->n = (uint32_t)n;
    for (size_t i = 0; i < n; i++)
        t->v[i] = items ? items[i] : VALUE_NONE;
    return value_of(t);
}

static value table_new(struct vm *vm, enum value_kind kind, size_t room)
{
    struct table *t = arena_new(vm->arena, struct table);
    t->h.kind = (uint8_t)kind;
    table_init(vm, t, room);
    return value_of(t);
}

value value_dict_new(struct vm *vm, size_t room)
{
    return table_new(vm, VALUE_KIND_DICT, room);
}

value value_set_new(struct vm *vm, size_t room)
{
    return table_new(vm, VALUE_KIND_SET, room);
}

value value_range_new(struct vm *vm, int64_t start, int64_t stop, int64_t step)
{
    struct range *r = vm_object(vm, VALUE_KIND_RANGE, sizeof *r);
    r->start = start;
    r->stop = stop;
    r->step = step;
    uint64_t width = 0, stride = step > 0 ? (uint64_t)step : -(uint64_t)step;
    if (step > 0 && start < stop)
        width = (uint64_t)stop - (uint64_t)start;
    else if (step < 0 && start > stop)
        width = (uint64_t)start - (uint64_t)stop;
    uint64_t n = width / stride + (width % stride != 0);
    r->n = n > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)n;
    return value_of(r);
}

value value_native_new(struct vm *vm, const struct native *native, value self)
{
    struct native_value *n = vm_object(vm, VALUE_KIND_NATIVE, sizeof *n);
    n->native = native;
    n->self = self;
    return value_of(n);
}

value value_view_new(struct vm *vm, enum view_kind what, value of)
{
    struct view *w = vm_object(vm, VALUE_KIND_VIEW, sizeof *w);
    w->what = (uint8_t)what;
    w->of = of;
    return value_of(w);
}

void value_list_push(struct vm *vm, value list, value item)
{
    struct list *l = value_list(list);
    if (l->n == l->cap) {
        uint32_t cap = l->cap < 4 ? 4 : l->cap * 2;
        if (vm_failed(vm) || !vm_room(vm, cap * sizeof(value)))
            return;
        value *v = arena_alloc(vm->arena, cap * sizeof *v);
        if (l->n)
            memcpy(v, l->v, l->n * sizeof *v);
        l->v = v;
        l->cap = cap;
    }
    l->v[l->n++] = item;
}

bool value_dict_set(struct vm *vm, value dict, value key, value val)
{
    uint32_t hash;
    if (!value_hash(vm, key, &hash))
        return false;
    table_put(vm, value_table(dict), key, hash)->val = val;
    return true;
}

value value_dict_get(struct vm *vm, value dict, value key)
{
    uint32_t hash;
    if (!value_hash(vm, key, &hash))
        return VALUE_ERROR;
    const struct table_entry *e = table_find(vm, value_table(dict), key, hash);
    return e ? e->val : VALUE_ERROR;
}

value value_dict_get_cstr(struct vm *vm, value dict, const char *key)
{
    uint32_t i = 0;
    for (struct table_entry *e; (e = table_next(value_table(dict), &i));)
        if (value_str_equal(e->key, key))
            return e->val;
    (void)vm;
    return VALUE_ERROR;
}

const value *value_items(value v, size_t *n)
{
    *n = 0;
    if (value_is(v, VALUE_KIND_LIST)) {
        *n = value_list(v)->n;
        /* An empty list has no array; any pointer says "no items, but a list". */
        return *n ? value_list(v)->v : (const value *)value_list(v);
    }
    if (value_is(v, VALUE_KIND_TUPLE)) {
        *n = value_tuple(v)->n;
        return value_tuple(v)->v;
    }
    return NULL;
}

/* ---- types --------------------------------------------------------------------------
 */

static const char *view_name(enum view_kind what)
{
    switch (what) {
    case VIEW_ELEMS:
    case VIEW_ELEM_ORDS: return "string.elems";
    case VIEW_CODEPOINTS:
    case VIEW_CODEPOINT_ORDS: return "string.codepoints";
    case VIEW_BYTES: return "bytes.elems";
    }
    return "";
}

const char *value_type_name(struct vm *vm, value v)
{
    switch (value_kind(v)) {
    case VALUE_KIND_NONE: return "NoneType";
    case VALUE_KIND_BOOL: return "bool";
    case VALUE_KIND_INT: return "int";
    case VALUE_KIND_FLOAT: return "float";
    case VALUE_KIND_STR: return "string";
    case VALUE_KIND_BYTES: return "bytes";
    case VALUE_KIND_LIST: return "list";
    case VALUE_KIND_TUPLE: return "tuple";
    case VALUE_KIND_DICT: return "dict";
    case VALUE_KIND_SET: return "set";
    case VALUE_KIND_RANGE: return "range";
    case VALUE_KIND_FUNCTION: return "function";
    case VALUE_KIND_NATIVE: return "builtin_function_or_method";
    case VALUE_KIND_VIEW: return view_name(((struct view *)value_header(v))->what);
    case VALUE_KIND_DEFERRED: return deferred_type_name(vm, v);
    case VALUE_KIND_OBJECT: return value_object(v)->type->name;
    default: return "variable";
    }
}

const char *value_type_phrase(struct vm *vm, value v)
{
    const char *name = value_type_name(vm, v);
    if (v == VALUE_NONE)
        return "None";
    if (value_kind(v) == VALUE_KIND_NATIVE)
        return value_native(v)->self ? "a call without its ()" : "a function";
    /* No type's name begins with a u that sounds like a vowel: user, unit. */
    return arena_printf(vm->arena, "%s %s", strchr("aeio", *name) ? "an" : "a", name);
}

bool value_callable(value v)
{
    enum value_kind k = value_kind(v);
    return k == VALUE_KIND_FUNCTION || k == VALUE_KIND_NATIVE ||
           (k == VALUE_KIND_OBJECT && value_object(v)->type->call);
}

bool value_truth(struct vm *vm, value v, bool *out)
{
    switch (value_kind(v)) {
    case VALUE_KIND_NONE: *out = false; return true;
    case VALUE_KIND_BOOL: *out = v == VALUE_TRUE; return true;
    case VALUE_KIND_INT: *out = v != value_small(0); return true;
    case VALUE_KIND_FLOAT: *out = value_float_get(v) != 0; return true;
    case VALUE_KIND_STR:
    case VALUE_KIND_BYTES: *out = value_str(v)->len != 0; return true;
    case VALUE_KIND_LIST: *out = value_list(v)->n != 0; return true;
    case VALUE_KIND_TUPLE: *out = value_tuple(v)->n != 0; return true;
    case VALUE_KIND_DICT:
    case VALUE_KIND_SET: *out = value_table(v)->n != 0; return true;
    case VALUE_KIND_RANGE: *out = value_range(v)->n != 0; return true;
    case VALUE_KIND_OBJECT:
        *out = !value_object(v)->type->truth || value_object(v)->type->truth(vm, v);
        return true;
    case VALUE_KIND_DEFERRED: return deferred_truth(vm, v);
    default: *out = true; return true;
    }
}

/* ---- equality and order ---------------------------------------------------------------
 */

/* Values that share parts may be far larger than their memory: each level is a step. */
static bool deeper(struct vm *vm)
{
    if ((++vm->state->steps & 1023) == 0 && !vm_tick(vm))
        return false;
    if (vm->state->depth >= DEPTH_MAX) {
        vm_fail(vm, 307, "the values are nested too deeply, or contain themselves");
        return false;
    }
    vm->state->depth++;
    return true;
}

static int equal_items(struct vm *vm, const value *a, const value *b, size_t n)
{
    int r = 1;
    if (!vm_work(vm, n) || !deeper(vm))
        return -1;
    for (size_t i = 0; i < n && r == 1; i++)
        r = value_equal(vm, a[i], b[i]);
    vm->state->depth--;
    return r;
}

static int equal_tables(struct vm *vm, const struct table *a, const struct table *b)
{
    if (a->n != b->n)
        return 0;
    if (!deeper(vm))
        return -1;
    int r = 1;
    uint32_t i = 0;
    for (struct table_entry *e; r == 1 && (e = table_next(a, &i));) {
        const struct table_entry *f = table_find(vm, b, e->key, e->hash);
        if (!f)
            r = 0;
        else if (a->h.kind == VALUE_KIND_DICT)
            r = value_equal(vm, e->val, f->val);
    }
    vm->state->depth--;
    return r;
}

static int equal_numbers(struct vm *vm, value a, value b)
{
    bool fa = value_is_float(a), fb = value_is_float(b);
    if (fa && fb) {
        double x = value_float_get(a), y = value_float_get(b);
        return x == y || (isnan(x) && isnan(y));
    }
    if (!fa && !fb)
        return integer_compare(a, b) == 0;
    double d = value_float_get(fa ? a : b);
    return isfinite(d) && integer_compare_double(vm, fa ? b : a, d) == 0;
}

static bool is_number(enum value_kind k)
{
    return k == VALUE_KIND_INT || k == VALUE_KIND_FLOAT;
}

int value_equal(struct vm *vm, value a, value b)
{
    enum value_kind k = value_kind(a), l = value_kind(b);
    if (k == VALUE_KIND_DEFERRED || l == VALUE_KIND_DEFERRED) {
        vm_fail_deferred(vm, k == VALUE_KIND_DEFERRED ? a : b,
                         "a comparison inside a value",
                         "compare it directly, as a condition for when=");
        return -1;
    }
    if (is_number(k) && is_number(l))
        return a == b || equal_numbers(vm, a, b);
    if (a == b)
        return 1;
    if (k != l)
        return 0;
    switch (k) {
    case VALUE_KIND_STR:
    case VALUE_KIND_BYTES:
        return value_str(a)->len == value_str(b)->len &&
               memcmp(value_str(a)->p, value_str(b)->p, value_str(a)->len) == 0;
    case VALUE_KIND_LIST:
        if (value_list(a)->n != value_list(b)->n)
            return 0;
        return equal_items(vm, value_list(a)->v, value_list(b)->v, value_list(a)->n);
    case VALUE_KIND_TUPLE:
        if (value_tuple(a)->n != value_tuple(b)->n)
            return 0;
        return equal_items(vm, value_tuple(a)->v, value_tuple(b)->v, value_tuple(a)->n);
    case VALUE_KIND_DICT:
    case VALUE_KIND_SET: return equal_tables(vm, value_table(a), value_table(b));
    case VALUE_KIND_RANGE: {
        const struct range *x = value_range(a), *y = value_range(b);
        return x->n == y->n &&
               (x->n == 0 || (x->start == y->start && (x->n == 1 || x->step == y->step)));
    }
    case VALUE_KIND_NATIVE:
        return value_native(a)->native == value_native(b)->native &&
               value_native(a)->self == value_native(b)->self &&
               value_native(a)->self != VALUE_ERROR;
    default: return 0;
    }
}

static int compare_numbers(struct vm *vm, value a, value b)
{
    bool fa = value_is_float(a), fb = value_is_float(b);
    if (!fa && !fb)
        return integer_compare(a, b);
    double x = fa ? value_float_get(a) : 0, y = fb ? value_float_get(b) : 0;
    if (isnan(x) || isnan(y))
        return isnan(x) - isnan(y);
    if (fa && fb)
        return (x > y) - (x < y);
    if (isinf(x) || isinf(y))
        return (x > y) - (x < y);
    return fa ? -integer_compare_double(vm, b, x) : integer_compare_double(vm, a, y);
}

static bool compare_items(struct vm *vm, value a, value b, int *out)
{
    size_t na, nb;
    const value *x = value_items(a, &na), *y = value_items(b, &nb);
    size_t i = 0;
    if (!deeper(vm))
        return false;
    for (; i < na && i < nb; i++) {
        int eq = value_equal(vm, x[i], y[i]);
        if (eq < 0)
            return false;
        if (!eq)
            break;
    }
    bool ok = true;
    if (i < na && i < nb)
        ok = value_compare(vm, x[i], y[i], out);
    else
        *out = (na > nb) - (na < nb);
    vm->state->depth--;
    return ok;
}

bool value_compare(struct vm *vm, value a, value b, int *out)
{
    enum value_kind k = value_kind(a), l = value_kind(b);
    if (k == VALUE_KIND_DEFERRED || l == VALUE_KIND_DEFERRED) {
        vm_fail_deferred(vm, k == VALUE_KIND_DEFERRED ? a : b,
                         "something to sort or order", NULL);
        return false;
    }
    if (is_number(k) && is_number(l)) {
        *out = compare_numbers(vm, a, b);
        return true;
    }
    if (k == l) {
        switch (k) {
        case VALUE_KIND_BOOL: *out = (a == VALUE_TRUE) - (b == VALUE_TRUE); return true;
        case VALUE_KIND_STR:
        case VALUE_KIND_BYTES: {
            const struct str *x = value_str(a), *y = value_str(b);
            int c = memcmp(x->p, y->p, x->len < y->len ? x->len : y->len);
            *out = c ? c : (x->len > y->len) - (x->len < y->len);
            return true;
        }
        case VALUE_KIND_LIST:
        case VALUE_KIND_TUPLE: return compare_items(vm, a, b, out);
        default: break;
        }
    }
    vm_fail(vm, 301, "%s and %s have no order", value_type_name(vm, a),
            value_type_name(vm, b));
    return false;
}

static bool hash_items(struct vm *vm, const value *v, size_t n, uint32_t *out)
{
    uint32_t h = 0x345678 + (uint32_t)n, one;
    if (!vm_work(vm, n) || !deeper(vm))
        return false;
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++) {
        ok = value_hash(vm, v[i], &one);
        if (ok)
            h = (h ^ one) * 0x9e3779b1u + (h >> 15);
    }
    vm->state->depth--;
    *out = h;
    return ok;
}

/* The order of the entries plays no part, as for equality. */
static bool hash_table(struct vm *vm, const struct table *t, uint32_t *out)
{
    uint32_t h = t->n, one = 0, i = 0;
    if (!deeper(vm))
        return false;
    bool ok = true;
    for (struct table_entry *e; ok && (e = table_next(t, &i));) {
        if (t->h.kind == VALUE_KIND_DICT)
            ok = value_hash(vm, e->val, &one);
        h += (e->hash ^ one) * 0x9e3779b1u;
    }
    vm->state->depth--;
    *out = h;
    return ok;
}

static bool not_hashable(struct vm *vm, value v)
{
    vm_fail(vm, 305, "%s is not hashable: it cannot be a dict key or a set element",
            value_type_phrase(vm, v));
    if (value_kind(v) == VALUE_KIND_LIST)
        vm_help(vm, "make a tuple of it: tuple(x)");
    return false;
}

bool value_hash(struct vm *vm, value v, uint32_t *out)
{
    switch (value_kind(v)) {
    case VALUE_KIND_STR:
    case VALUE_KIND_BYTES: {
        struct str *s = value_str(v);
        if (!s->h.hash)
            s->h.hash = hash_bytes(s->p, s->len) | 1;
        *out = s->h.hash;
        return true;
    }
    case VALUE_KIND_INT: *out = integer_hash(v); return true;
    case VALUE_KIND_FLOAT: {
        double d = value_float_get(v);
        if (isfinite(d) && d == trunc(d))
            *out = integer_hash(integer_from_double(vm, d));
        else
            *out = isnan(d) ? 7 : hash_bytes(&d, sizeof d);
        return true;
    }
    case VALUE_KIND_NONE:
    case VALUE_KIND_BOOL: *out = (uint32_t)v; return true;
    case VALUE_KIND_TUPLE:
        return hash_items(vm, value_tuple(v)->v, value_tuple(v)->n, out);
    /* What is frozen cannot change any more, nor can its hash. */
    case VALUE_KIND_LIST:
        return value_header(v)->flags & VALUE_FROZEN
                   ? hash_items(vm, value_list(v)->v, value_list(v)->n, out)
                   : not_hashable(vm, v);
    case VALUE_KIND_DICT:
    case VALUE_KIND_SET:
        return value_header(v)->flags & VALUE_FROZEN ? hash_table(vm, value_table(v), out)
                                                     : not_hashable(vm, v);
    case VALUE_KIND_RANGE:
    case VALUE_KIND_VIEW: return not_hashable(vm, v);
    case VALUE_KIND_DEFERRED:
        vm_fail_deferred(vm, v, "a dict key or set element", NULL);
        return false;
    default: {
        /* By identity; only strings, numbers and tuples decide where anything is printed.
         */
        uint64_t h = (v >> 4) * 0x9e3779b97f4a7c15u;
        *out = (uint32_t)(h >> 32);
        return true;
    }
    }
}
