/* Indexing and slicing: x[i], x[i] = v, x[a:b:c]. */
#include "compiler/operator.h"

#include <stdlib.h>

#include "compiler/integer.h"
#include "compiler/table.h"
#include "compiler/vm.h"
#include "compiler/vm_state.h"

/* Position of an index into n elements; negative ones count from the end. */
static bool position(struct vm *vm, value of, value key, int64_t n, int64_t *out)
{
    if (value_is_deferred(key)) {
        vm_fail_deferred(vm, key, "an index", NULL);
        return false;
    }
    if (!value_is_int(key)) {
        vm_fail(vm, 301, "the index of a %s must be an int, not %s",
                value_type_name(vm, of), value_type_name(vm, key));
        return false;
    }
    int64_t i;
    if (!value_to_int64(key, &i) || i < -n || i >= n) {
        struct buf text = {0};
        value_write(vm, key, false, &text);
        vm_fail(vm, 304, "index %s is out of range: the %s has %lld element%s",
                buf_text(&text), value_type_name(vm, of), (long long)n,
                n == 1 ? "" : "s");
        buf_free(&text);
        if (n > 0)
            vm_help(vm, "indices go from 0 to %lld; -1 is the last", (long long)n - 1);
        return false;
    }
    *out = i < 0 ? i + n : i;
    return true;
}

static value missing_key(struct vm *vm, value dict, value key)
{
    struct buf text = {0};
    bool shown = !value_is(key, VALUE_KIND_OBJECT) && value_write(vm, key, true, &text);
    if (vm_failed(vm)) {
        buf_free(&text);
        return VALUE_ERROR;
    }
    vm_fail(vm, 304, "the dict has no key %s",
            shown ? diag_cut(vm->arena, buf_text(&text), text.len) : "of this identity");
    buf_free(&text);
    if (!value_is_str(key))
        return VALUE_ERROR;
    const struct table *t = value_table(dict);
    const char **names = xmalloc((t->n + 1) * sizeof *names);
    size_t n = 0;
    uint32_t i = 0;
    for (struct table_entry *e; n < 1000 && (e = table_next(t, &i));)
        if (value_is_str(e->key))
            names[n++] = value_cstr(vm, e->key);
    const char *near = text_nearest(value_cstr(vm, key), names, n);
    struct buf all = {0};
    for (size_t k = 0; k < n; k++)
        buf_printf(&all, "%s\"%s\"", k ? ", " : "", names[k]);
    if (near)
        vm_help(vm, "did you mean \"%s\"?", near);
    else if (n && n <= 8)
        vm_help(vm, "its keys are %s; .get(KEY) gives None for others", buf_text(&all));
    else
        vm_help(vm, ".get(KEY) gives None for a key that is not there");
    buf_free(&all);
    free(names);
    return VALUE_ERROR;
}

value operator_index(struct vm *vm, value a, value key)
{
    int64_t i;
    switch (value_kind(a)) {
    case VALUE_KIND_LIST:
        return position(vm, a, key, value_list(a)->n, &i) ? value_list(a)->v[i]
                                                          : VALUE_ERROR;
    case VALUE_KIND_TUPLE:
        return position(vm, a, key, value_tuple(a)->n, &i) ? value_tuple(a)->v[i]
                                                           : VALUE_ERROR;
    case VALUE_KIND_STR:
        return position(vm, a, key, value_str(a)->len, &i)
                   ? value_string(vm, value_str_p(a) + i, 1)
                   : VALUE_ERROR;
    case VALUE_KIND_BYTES:
        return position(vm, a, key, value_str(a)->len, &i)
                   ? value_small((unsigned char)value_str_p(a)[i])
                   : VALUE_ERROR;
    case VALUE_KIND_RANGE: {
        const struct range *r = value_range(a);
        return position(vm, a, key, r->n, &i) ? value_int(vm, r->start + i * r->step)
                                              : VALUE_ERROR;
    }
    case VALUE_KIND_DICT: {
        uint32_t hash;
        if (!value_hash(vm, key, &hash))
            return VALUE_ERROR;
        const struct table_entry *e = table_find(vm, value_table(a), key, hash);
        return e ? e->val : missing_key(vm, a, key);
    }
    case VALUE_KIND_VIEW: {
        const struct view *w = (struct view *)value_header(a);
        if (w->what == VIEW_CODEPOINTS || w->what == VIEW_CODEPOINT_ORDS ||
            !position(vm, a, key, value_str(w->of)->len, &i))
            break;
        if (w->what == VIEW_ELEMS)
            return value_string(vm, value_str_p(w->of) + i, 1);
        return value_small((unsigned char)value_str_p(w->of)[i]);
    }
    case VALUE_KIND_OBJECT:
        if (value_object(a)->type->index)
            return value_object(a)->type->index(vm, a, key);
        break;
    case VALUE_KIND_DEFERRED:
        return vm_fail_deferred(vm, a, "something to take an item of", NULL);
    default: break;
    }
    if (vm_failed(vm))
        return VALUE_ERROR;
    vm_fail(vm, 301, "%s cannot be indexed", value_type_phrase(vm, a));
    const char *written = vm_written(vm, vm_operand_span(vm, a));
    if (value_is(a, VALUE_KIND_OBJECT) && value_is_str(key))
        vm_help(vm, "write %s.%s", written ? written : "HANDLE", value_cstr(vm, key));
    return VALUE_ERROR;
}

bool operator_index_set(struct vm *vm, value a, value key, value v)
{
    int64_t i;
    uint32_t hash;
    switch (value_kind(a)) {
    case VALUE_KIND_LIST:
        if (!operator_mutable(vm, a, "assign to an element of") ||
            !position(vm, a, key, value_list(a)->n, &i))
            return false;
        value_list(a)->v[i] = v;
        return true;
    case VALUE_KIND_DICT: {
        if (!value_hash(vm, key, &hash))
            return false;
        /* Python forbids new keys during iteration only; Starlark forbids any change. */
        if (!operator_mutable(vm, a, "insert into"))
            return false;
        table_put(vm, value_table(a), key, hash)->val = v;
        return true;
    }
    case VALUE_KIND_DEFERRED:
        vm_fail_deferred(vm, a, "something to assign an item of", NULL);
        return false;
    default:
        vm_fail(vm, 301, "items of %s cannot be assigned", value_type_phrase(vm, a));
        return false;
    }
}

static bool bound(struct vm *vm, value v, int64_t n, int64_t low, int64_t high,
                  int64_t absent, int64_t *out)
{
    if (v == VALUE_NONE || !v) {
        *out = absent;
        return true;
    }
    if (!value_is_int(v)) {
        if (value_is_deferred(v))
            vm_fail_deferred(vm, v, "a slice bound", NULL);
        else
            vm_fail(vm, 301, "a slice bound must be an int, not %s",
                    value_type_name(vm, v));
        return false;
    }
    int64_t i;
    if (!value_to_int64(v, &i))
        i = integer_sign(v) < 0 ? INT64_MIN / 2 : INT64_MAX / 2;
    if (i < 0)
        i += n;
    *out = i < low ? low : i > high ? high : i;
    return true;
}

bool operator_bounds(struct vm *vm, value start, value stop, int64_t step, int64_t n,
                     int64_t *from, int64_t *to)
{
    if (step > 0)
        return bound(vm, start, n, 0, n, 0, from) && bound(vm, stop, n, 0, n, n, to);
    return bound(vm, start, n, -1, n - 1, n - 1, from) &&
           bound(vm, stop, n, -1, n - 1, -1, to);
}

static value slice_items(struct vm *vm, value a, int64_t from, int64_t step, size_t n)
{
    size_t all;
    const value *v = value_items(a, &all);
    bool list = value_is(a, VALUE_KIND_LIST);
    value r = list ? value_list_new(vm, NULL, n) : value_tuple_new(vm, NULL, n);
    value *to = list ? value_list(r)->v : value_tuple(r)->v;
    for (size_t i = 0; i < n; i++)
        to[i] = v[from + (int64_t)i * step];
    return r;
}

static value slice_text(struct vm *vm, value a, int64_t from, int64_t step, size_t n)
{
    const char *p = value_str_p(a);
    if (step == 1 && value_is_str(a))
        return n == value_str_len(a) ? a : value_string(vm, p + from, n);
    char *bytes;
    value r = value_string_room(vm, n, &bytes);
    value_header(r)->kind = value_header(a)->kind;
    for (size_t i = 0; i < n; i++)
        bytes[i] = p[from + (int64_t)i * step];
    return r;
}

/* The product, or the bound of its sign. */
static int64_t times(int64_t a, int64_t b)
{
    int64_t r;
    return !__builtin_mul_overflow(a, b, &r) ? r
           : (a < 0) == (b < 0)              ? INT64_MAX
                                             : -INT64_MAX;
}

static int64_t plus(int64_t a, int64_t b)
{
    int64_t r;
    return !__builtin_add_overflow(a, b, &r) ? r : b > 0 ? INT64_MAX : INT64_MIN;
}

/* Of a range too wide for int64_t the end is cut off; it had no place for one more. */
static value slice_range(struct vm *vm, const struct range *r, int64_t from, int64_t to,
                         int64_t step)
{
    return value_range_new(vm, plus(r->start, times(from, r->step)),
                           plus(r->start, times(to, r->step)), times(r->step, step));
}

value operator_slice(struct vm *vm, value a, value start, value stop, value step_value)
{
    enum value_kind k = value_kind(a);
    int64_t step = 1, from, to, n = value_length(a);
    if (k == VALUE_KIND_DEFERRED)
        return vm_fail_deferred(vm, a, "something to slice", NULL);
    if (k != VALUE_KIND_LIST && k != VALUE_KIND_TUPLE && k != VALUE_KIND_STR &&
        k != VALUE_KIND_BYTES && k != VALUE_KIND_RANGE)
        return vm_fail(vm, 301, "%s cannot be sliced", value_type_phrase(vm, a));
    if (!bound(vm, step_value, 0, INT64_MIN + 1, INT64_MAX, 1, &step))
        return VALUE_ERROR;
    if (step == 0)
        return vm_fail(vm, 303, "a slice step of zero");
    if (!operator_bounds(vm, start, stop, step, n, &from, &to))
        return VALUE_ERROR;
    uint64_t width = 0, stride = step > 0 ? (uint64_t)step : -(uint64_t)step;
    if (step > 0 ? to > from : from > to)
        width = step > 0 ? (uint64_t)(to - from) : (uint64_t)(from - to);
    size_t count = (size_t)(width / stride + (width % stride != 0));
    if (k == VALUE_KIND_RANGE)
        return slice_range(vm, value_range(a), from, to, step);
    if (k == VALUE_KIND_STR || k == VALUE_KIND_BYTES)
        return slice_text(vm, a, from, step, count);
    return slice_items(vm, a, from, step, count);
}
