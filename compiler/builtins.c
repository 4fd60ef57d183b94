/* The predeclared functions of Starlark. */
#include "compiler/builtins.h"

#include <math.h>
#include <stdlib.h>

#include "compiler/attr.h"
#include "compiler/deferred.h"
#include "compiler/integer.h"
#include "compiler/table.h"
#include "compiler/text.h"
#include "compiler/vm_state.h"

static value fail_type(struct vm *vm, const struct call *c, value v, const char *wanted)
{
    if (value_is_deferred(v))
        return vm_fail_deferred(
            vm, v, arena_printf(vm->arena, "an argument of %s()", c->native->name), NULL);
    return vm_fail_at(vm, vm_operand_span(vm, v), 301, "%s() needs %s, not %s",
                      c->native->name, wanted, value_type_phrase(vm, v));
}

static value builtin_abs(struct vm *vm, const struct call *c)
{
    value x = c->args[0];
    if (value_is_int(x))
        return integer_sign(x) < 0 ? integer_negate(vm, x) : x;
    if (value_is_float(x))
        return value_float(vm, fabs(value_float_get(x)));
    return fail_type(vm, c, x, "a number");
}

static value any_all(struct vm *vm, value over, bool wanted)
{
    struct value_iter it;
    if (!value_iter_begin_all(vm, &it, over))
        return VALUE_ERROR;
    value r = value_bool(!wanted);
    for (value v; (v = value_iter_next(vm, &it));) {
        bool truth;
        if (!value_truth(vm, v, &truth)) {
            r = VALUE_ERROR;
            break;
        }
        if (truth == wanted) {
            r = value_bool(wanted);
            break;
        }
    }
    value_iter_end(&it);
    return r;
}

static value builtin_any(struct vm *vm, const struct call *c)
{
    return any_all(vm, c->args[0], true);
}

static value builtin_all(struct vm *vm, const struct call *c)
{
    return any_all(vm, c->args[0], false);
}

static value builtin_bool(struct vm *vm, const struct call *c)
{
    bool truth;
    if (!c->args[0])
        return VALUE_FALSE;
    return value_truth(vm, c->args[0], &truth) ? value_bool(truth) : VALUE_ERROR;
}

static value bytes_of_text(struct vm *vm, value s)
{
    struct text_builder t = text_begin(vm);
    struct buf *out = text_buf(vm);
    const char *p = value_str_p(s);
    size_t len = value_str_len(s);
    while (len) {
        uint32_t ch;
        size_t n = utf8_decode(p, len, &ch);
        if (n == 1 && ch == 0xfffd)
            buf_str(out, "\xef\xbf\xbd");
        else
            buf_add(out, p, n);
        p += n;
        len -= n;
    }
    return text_finish_bytes(vm, &t);
}

static value builtin_bytes(struct vm *vm, const struct call *c)
{
    value x = c->args[0];
    struct value_iter it;
    if (value_is(x, VALUE_KIND_BYTES))
        return x;
    if (value_is_str(x))
        return bytes_of_text(vm, x);
    if (value_length(x) < 0)
        return fail_type(vm, c, x, "a string, bytes, or an iterable of ints");
    if (!value_iter_begin_all(vm, &it, x))
        return VALUE_ERROR;
    char *bytes = arena_alloc(vm->arena, (size_t)value_length(x) + 1);
    size_t n = 0;
    for (value v; (v = value_iter_next(vm, &it));) {
        int64_t i;
        if (!value_is_int(v)) {
            value_iter_end(&it);
            return fail_type(vm, c, v, "ints in its iterable");
        }
        if (!value_to_int64(v, &i) || i < 0 || i > 255) {
            value_iter_end(&it);
            return vm_fail(vm, 303, "bytes(): element %zu is not between 0 and 255", n);
        }
        bytes[n++] = (char)i;
    }
    value_iter_end(&it);
    return value_bytes(vm, bytes, n);
}

static value builtin_chr(struct vm *vm, const struct call *c)
{
    value format = value_string_static(vm, "%c", 2);
    if (!value_is_int(c->args[0]))
        return fail_type(vm, c, c->args[0], "an int");
    value tuple = value_tuple_new(vm, c->args, 1);
    return text_percent(vm, format, tuple);
}

static value builtin_ord(struct vm *vm, const struct call *c)
{
    value x = c->args[0];
    if (value_is(x, VALUE_KIND_BYTES) && value_str_len(x) == 1)
        return value_small((unsigned char)*value_str_p(x));
    if (!value_is_str(x))
        return fail_type(vm, c, x, "a string of one character");
    uint32_t ch;
    size_t n = value_str_len(x) ? utf8_decode(value_str_p(x), value_str_len(x), &ch) : 0;
    if (n == 0 || n != value_str_len(x))
        return vm_fail(vm, 303, "ord() needs a string of one character");
    return value_small(ch);
}

/* Adds the pairs of an iterable to a dict. */
static bool add_pairs(struct vm *vm, const struct call *c, value dict, value from)
{
    struct value_iter it;
    if (value_is(from, VALUE_KIND_DICT)) {
        uint32_t i = 0;
        for (struct table_entry *e; (e = table_next(value_table(from), &i));)
            table_put(vm, value_table(dict), e->key, e->hash)->val = e->val;
        return true;
    }
    if (!value_iter_begin_all(vm, &it, from))
        return false;
    bool ok = true;
    int64_t index = 0;
    for (value v; ok && (v = value_iter_next(vm, &it)); index++) {
        struct value_iter pair;
        value both[3] = {0};
        if (value_length(v) != 2 || value_is_str(v)) {
            if (value_length(v) < 0 || value_is_str(v))
                vm_fail(vm, 301, "%s(): element %lld is %s, not a pair", c->native->name,
                        (long long)index, value_type_phrase(vm, v));
            else
                vm_fail(vm, 318, "%s(): element %lld has length %lld, not 2",
                        c->native->name, (long long)index, (long long)value_length(v));
            ok = false;
            break;
        }
        ok = value_iter_begin_all(vm, &pair, v);
        if (!ok)
            break;
        both[0] = value_iter_next(vm, &pair);
        both[1] = value_iter_next(vm, &pair);
        value_iter_end(&pair);
        ok = value_dict_set(vm, dict, both[0], both[1]);
    }
    value_iter_end(&it);
    return ok;
}

bool builtins_update(struct vm *vm, const struct call *c, value dict)
{
    if (c->nargs > 1) {
        vm_fail(vm, 312, "%s() takes at most 1 positional argument, but %u are given",
                c->native->name, c->nargs);
        return false;
    }
    if (c->nargs == 1 && !add_pairs(vm, c, dict, c->args[0]))
        return false;
    for (uint32_t i = 0; i < c->nnames; i++)
        value_dict_set(vm, dict, value_interned(vm, c->names[i]), c->args[c->nargs + i]);
    return true;
}

static value builtin_dict(struct vm *vm, const struct call *c)
{
    value dict = value_dict_new(vm, c->nnames);
    return builtins_update(vm, c, dict) ? dict : VALUE_ERROR;
}

static int by_text(const void *a, const void *b)
{
    const struct str *x = value_str(*(const value *)a), *y = value_str(*(const value *)b);
    int c = memcmp(x->p, y->p, x->len < y->len ? x->len : y->len);
    return c ? c : (x->len > y->len) - (x->len < y->len);
}

struct dir {
    struct vm *vm;
    value list;
};

static void dir_add(void *ctx, str_id name)
{
    struct dir *d = ctx;
    value_list_push(d->vm, d->list, value_interned(d->vm, name));
}

static value builtin_dir(struct vm *vm, const struct call *c)
{
    struct dir d = {vm, value_list_new(vm, NULL, 0)};
    attr_each(vm, c->args[0], dir_add, &d);
    struct list *l = value_list(d.list);
    if (l->n)
        qsort(l->v, l->n, sizeof *l->v, by_text);
    return d.list;
}

static value builtin_enumerate(struct vm *vm, const struct call *c)
{
    int64_t start = 0;
    struct value_iter it;
    if (!call_int(vm, c, 1, &start) || !value_iter_begin_all(vm, &it, c->args[0]))
        return VALUE_ERROR;
    value list = value_list_new(vm, NULL, 0), index = value_int(vm, start);
    for (value v; (v = value_iter_next(vm, &it));) {
        value pair[2] = {index, v};
        index = integer_binary(vm, OP_ADD, index, value_small(1));
        value_list_push(vm, list, value_tuple_new(vm, pair, 2));
    }
    value_iter_end(&it);
    return list;
}

/* The arguments as print() and fail() show them. Deferred values show as {name}. */
static bool join_arguments(struct vm *vm, const struct call *c, struct buf *out)
{
    const char *separator = " ";
    size_t separator_len = 1;
    for (uint32_t i = 0; i < c->nnames; i++) {
        if (strcmp(intern_text(vm->strings, c->names[i]), "sep") != 0 ||
            !value_is_str(c->args[c->nargs + i])) {
            vm_fail_at(vm, vm_keyword_span(vm, c->names[i]), 312,
                       "%s() takes only sep=TEXT as keyword", c->native->name);
            return false;
        }
        separator = value_str_p(c->args[c->nargs + i]);
        separator_len = value_str_len(c->args[c->nargs + i]);
    }
    for (uint32_t i = 0; i < c->nargs; i++) {
        if (i)
            buf_add(out, separator, separator_len);
        if (value_is_deferred(c->args[i]))
            buf_printf(out, "{%s}", deferred_name(vm, c->args[i]));
        else if (!value_write(vm, c->args[i], false, out))
            return false;
        if (out->len > VM_STRING_MAX) {
            vm_fail(vm, 308, "the line is longer than 1 GiB");
            return false;
        }
    }
    return true;
}

static value builtin_print(struct vm *vm, const struct call *c)
{
    struct buf line = {0};
    bool ok = join_arguments(vm, c, &line);
    if (ok && vm->print)
        vm->print(vm, buf_text(&line), line.len);
    buf_free(&line);
    return ok ? VALUE_NONE : VALUE_ERROR;
}

static value builtin_fail(struct vm *vm, const struct call *c)
{
    struct buf line = {0};
    if (join_arguments(vm, c, &line))
        vm_fail(vm, 321, "%s", line.len ? buf_text(&line) : "the program gives up");
    vm->state->exhausted = true;
    buf_free(&line);
    return VALUE_ERROR;
}

static value builtin_getattr(struct vm *vm, const struct call *c)
{
    const char *name = "";
    size_t len = 0;
    if (!call_str(vm, c, 1, &name, &len))
        return VALUE_ERROR;
    str_id id = intern(vm->strings, name, len);
    value v = value_attr(vm, c->args[0], id);
    if (v || vm_failed(vm))
        return v;
    return c->args[2] ? c->args[2] : attr_missing(vm, c->args[0], id);
}

static value builtin_hasattr(struct vm *vm, const struct call *c)
{
    const char *name = "";
    size_t len = 0;
    if (!call_str(vm, c, 1, &name, &len))
        return VALUE_ERROR;
    value v = value_attr(vm, c->args[0], intern(vm->strings, name, len));
    return vm_failed(vm) ? VALUE_ERROR : value_bool(v != VALUE_ERROR);
}

/* Java's String.hashCode of text, 32-bit FNV-1a of bytes: the specification's choice. */
static value builtin_hash(struct vm *vm, const struct call *c)
{
    value x = c->args[0];
    uint32_t h = 0;
    if (value_is(x, VALUE_KIND_BYTES)) {
        h = 2166136261u;
        for (size_t i = 0; i < value_str_len(x); i++)
            h = (h ^ (unsigned char)value_str_p(x)[i]) * 16777619u;
        return value_small(h);
    }
    if (!value_is_str(x))
        return fail_type(vm, c, x, "a string or bytes");
    const char *p = value_str_p(x);
    for (size_t len = value_str_len(x); len;) {
        uint32_t ch;
        size_t n = utf8_decode(p, len, &ch);
        if (ch > 0xffff) {
            h = 31 * h + (0xd800 + ((ch - 0x10000) >> 10));
            ch = 0xdc00 + ((ch - 0x10000) & 0x3ff);
        }
        h = 31 * h + ch;
        p += n;
        len -= n;
    }
    return value_small((int32_t)h);
}

static value builtin_len(struct vm *vm, const struct call *c)
{
    int64_t n = value_length(c->args[0]);
    return n < 0 ? fail_type(vm, c, c->args[0], "a string or a collection")
                 : value_int(vm, n);
}

static value collect(struct vm *vm, value list, value from)
{
    struct value_iter it;
    if (!value_iter_begin_all(vm, &it, from))
        return VALUE_ERROR;
    for (value v; (v = value_iter_next(vm, &it));)
        value_list_push(vm, list, v);
    value_iter_end(&it);
    return list;
}

static value builtin_list(struct vm *vm, const struct call *c)
{
    value list = value_list_new(vm, NULL, 0);
    return c->args[0] ? collect(vm, list, c->args[0]) : list;
}

static value builtin_tuple(struct vm *vm, const struct call *c)
{
    if (!c->args[0])
        return value_tuple_new(vm, NULL, 0);
    if (value_is(c->args[0], VALUE_KIND_TUPLE))
        return c->args[0];
    value list = builtin_list(vm, c);
    return list ? value_tuple_new(vm, value_list(list)->v, value_list(list)->n)
                : VALUE_ERROR;
}

static value builtin_reversed(struct vm *vm, const struct call *c)
{
    value list = builtin_list(vm, c);
    if (!list)
        return VALUE_ERROR;
    struct list *l = value_list(list);
    for (uint32_t i = 0; i < l->n / 2; i++) {
        value v = l->v[i];
        l->v[i] = l->v[l->n - 1 - i];
        l->v[l->n - 1 - i] = v;
    }
    return list;
}

static value builtin_set(struct vm *vm, const struct call *c)
{
    struct value_iter it;
    value set = value_set_new(vm, 0);
    if (!c->args[0])
        return set;
    if (!value_iter_begin_all(vm, &it, c->args[0]))
        return VALUE_ERROR;
    bool ok = true;
    for (value v; ok && (v = value_iter_next(vm, &it));)
        ok = value_dict_set(vm, set, v, VALUE_NONE);
    value_iter_end(&it);
    return ok ? set : VALUE_ERROR;
}

static value builtin_range(struct vm *vm, const struct call *c)
{
    int64_t start = 0, stop = 0, step = 1;
    if (!call_int(vm, c, 0, &start) || !call_int(vm, c, 1, &stop) ||
        !call_int(vm, c, 2, &step))
        return VALUE_ERROR;
    if (!c->args[1]) {
        stop = start;
        start = 0;
    }
    if (step == 0)
        return vm_fail(vm, 303, "range(): the step is zero");
    return value_range_new(vm, start, stop, step);
}

static value builtin_repr(struct vm *vm, const struct call *c)
{
    struct text_builder t = text_begin(vm);
    if (!text_add(vm, &t, c->args[0], true)) {
        text_abandon(vm, &t);
        return VALUE_ERROR;
    }
    return text_finish(vm, &t);
}

static value builtin_str(struct vm *vm, const struct call *c)
{
    return c->args[0] ? value_to_str(vm, c->args[0]) : vm->state->empty_string;
}

static value builtin_type(struct vm *vm, const struct call *c)
{
    return value_cstring(vm, value_type_name(vm, c->args[0]));
}

static value builtin_zip(struct vm *vm, const struct call *c)
{
    value list = value_list_new(vm, NULL, 0);
    if (c->nnames)
        return vm_fail(vm, 312, "zip() takes no keywords");
    if (c->nargs == 0)
        return list;
    struct value_iter *its = xmalloc(c->nargs * sizeof *its);
    uint32_t begun = 0;
    while (begun < c->nargs && value_iter_begin_all(vm, &its[begun], c->args[begun]))
        begun++;
    bool more = begun == c->nargs;
    while (more) {
        value tuple = value_tuple_new(vm, NULL, c->nargs);
        for (uint32_t i = 0; i < c->nargs && more; i++) {
            value v = value_iter_next(vm, &its[i]);
            more = v != VALUE_ERROR;
            value_tuple(tuple)->v[i] = v;
        }
        if (more)
            value_list_push(vm, list, tuple);
    }
    for (uint32_t i = 0; i < begun; i++)
        value_iter_end(&its[i]);
    free(its);
    return begun == c->nargs ? list : VALUE_ERROR;
}

const struct native builtins_functions[] = {
    {"abs", builtin_abs, "x /", NULL},
    {"all", builtin_all, "x /", NULL},
    {"any", builtin_any, "x /", NULL},
    {"bool", builtin_bool, "x? /", NULL},
    {"bytes", builtin_bytes, "x /", NULL},
    {"chr", builtin_chr, "i /", NULL},
    {"dict", builtin_dict, "...", NULL},
    {"dir", builtin_dir, "x /", NULL},
    {"enumerate", builtin_enumerate, "x / start?", NULL},
    {"fail", builtin_fail, "...", NULL},
    {"float", builtins_float, "x? /", NULL},
    {"getattr", builtin_getattr, "x name default? /", NULL},
    {"hasattr", builtin_hasattr, "x name /", NULL},
    {"hash", builtin_hash, "x /", NULL},
    {"int", builtins_int, "x / base?", NULL},
    {"len", builtin_len, "x /", NULL},
    {"list", builtin_list, "x? /", NULL},
    {"max", builtins_max, "...", NULL},
    {"min", builtins_min, "...", NULL},
    {"ord", builtin_ord, "x /", NULL},
    {"print", builtin_print, "...", NULL},
    {"range", builtin_range, "start_or_stop stop? step? /", NULL},
    {"repr", builtin_repr, "x /", NULL},
    {"reversed", builtin_reversed, "x /", NULL},
    {"set", builtin_set, "x? /", NULL},
    {"sorted", builtins_sorted, "x / * key? reverse?", NULL},
    {"str", builtin_str, "x? /", NULL},
    {"tuple", builtin_tuple, "x? /", NULL},
    {"type", builtin_type, "x /", NULL},
    {"zip", builtin_zip, "...", NULL},
};
const size_t builtins_nfunctions = sizeof builtins_functions / sizeof *builtins_functions;
