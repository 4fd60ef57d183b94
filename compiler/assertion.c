/* What failed assertions say: both values where they are short, else the first place
 * where they differ. */
#include "compiler/assertion.h"

#include <stdlib.h>

#include "compiler/deferred.h"
#include "compiler/operator.h"
#include "compiler/table.h"

enum { A_MESSAGE = 2 };

/* Bytes of a value that are shown at most, and both values as a whole. */
enum { SHOWN = 160, SHORT = 120, DEPTH = 6 };

/* ---- showing
 * ----------------------------------------------------------------------------------- */

static void show(struct vm *vm, value v, unsigned depth, struct buf *out);

static void show_items(struct vm *vm, value v, const char *begin, const char *end,
                       unsigned depth, struct buf *out)
{
    struct value_iter it;
    bool dict = value_is(v, VALUE_KIND_DICT);
    const char *separator = "";
    buf_str(out, begin);
    if (!value_iter_begin(vm, &it, v))
        return;
    for (value item; out->len <= SHOWN && (item = value_iter_next(vm, &it));) {
        buf_str(out, separator);
        show(vm, item, depth + 1, out);
        if (dict) {
            buf_str(out, ": ");
            show(vm, value_dict_get(vm, v, item), depth + 1, out);
        }
        separator = ", ";
    }
    value_iter_end(&it);
    buf_str(out, value_is(v, VALUE_KIND_TUPLE) && value_length(v) == 1 ? ",)" : end);
}

/* As repr() has it, but anything can be shown. */
static void show(struct vm *vm, value v, unsigned depth, struct buf *out)
{
    enum value_kind kind = value_kind(v);
    if (depth > DEPTH)
        buf_str(out, "...");
    else if (kind == VALUE_KIND_LIST)
        show_items(vm, v, "[", "]", depth, out);
    else if (kind == VALUE_KIND_TUPLE)
        show_items(vm, v, "(", ")", depth, out);
    else if (kind == VALUE_KIND_DICT)
        show_items(vm, v, "{", "}", depth, out);
    else if (kind == VALUE_KIND_SET)
        show_items(vm, v, "set([", "])", depth, out);
    else if (kind == VALUE_KIND_DEFERRED)
        buf_printf(out, "{%s}", deferred_name(vm, v));
    else if (kind == VALUE_KIND_OBJECT && !value_object(v)->type->text)
        buf_printf(out, "<%s>", value_object(v)->type->name);
    else
        value_write(vm, v, true, out);
}

static void add_shown(struct vm *vm, value v, struct buf *out)
{
    struct buf text = {0};
    show(vm, v, 0, &text);
    bool fits = text.len <= SHOWN;
    buf_add(out, buf_text(&text),
            fits ? text.len : utf8_fit(text.p, text.len, SHOWN - 3));
    buf_str(out, fits ? "" : "...");
    buf_free(&text);
}

/* ---- the first difference
 * ----------------------------------------------------------------------- */

struct difference {
    struct vm *vm;
    struct buf path; /* to what is looked at, empty at first: [3]["mode"] */
    struct buf text;
};

static void add_path(struct difference *d)
{
    buf_printf(&d->text, "got%s", buf_text(&d->path));
}

static void tell_both(struct difference *d, value got, value want)
{
    add_path(d);
    buf_str(&d->text, d->path.len ? " is " : " ");
    add_shown(d->vm, got, &d->text);
    buf_str(&d->text, ", want ");
    add_shown(d->vm, want, &d->text);
}

struct line {
    const char *p;
    size_t len;
};

static struct line line_at(value s, size_t begin)
{
    const char *p = value_str_p(s) + begin;
    const char *end = memchr(p, '\n', value_str_len(s) - begin);
    return (struct line){p, end ? (size_t)(end - p) : value_str_len(s) - begin};
}

/* A line from a little before byte `at` on. */
static void add_line(struct difference *d, value s, size_t begin, size_t at)
{
    struct line line = line_at(s, begin);
    size_t from = at > SHOWN / 4 ? at - SHOWN / 4 : 0;
    while (from && from < line.len && (line.p[from] & 0xc0) == 0x80)
        from--;
    if (begin + from >= value_str_len(s) && begin) {
        buf_str(&d->text, "the end");
        return;
    }
    buf_str(&d->text, from ? "..." : "");
    add_shown(d->vm, value_string(d->vm, line.p + from, line.len - from), &d->text);
}

static void tell_line(struct difference *d, value got, value want)
{
    const char *p = value_str_p(got), *q = value_str_p(want);
    size_t n = 0, begin = 0, number = 1;
    while (n < value_str_len(got) && n < value_str_len(want) && p[n] == q[n])
        if (p[n++] == '\n') {
            begin = n;
            number++;
        }
    add_path(d);
    buf_printf(&d->text, " differs in line %zu: ", number);
    add_line(d, got, begin, n - begin);
    buf_str(&d->text, ", want ");
    add_line(d, want, begin, n - begin);
}

static void tell(struct difference *d, value got, value want);

static void tell_item(struct difference *d, value got, value want)
{
    size_t n, k, i = 0;
    const value *v = value_items(got, &n), *w = value_items(want, &k);
    while (i < n && i < k && value_equal(d->vm, v[i], w[i]) == 1)
        i++;
    if (i < n && i < k) {
        buf_printf(&d->path, "[%zu]", i);
        tell(d, v[i], w[i]);
        return;
    }
    add_path(d);
    buf_printf(&d->text, " has %zu item%s, want %zu: item %zu is %s", n,
               n == 1 ? "" : "s", k, i, i < n ? "" : "missing, ");
    add_shown(d->vm, i < n ? v[i] : w[i], &d->text);
}

/* Of the first key of `want` that `got` lacks or has with another value, or of one that
 * is not wanted. */
static void tell_entry(struct difference *d, value got, value want)
{
    uint32_t i = 0;
    struct table_entry *e;
    while ((e = table_next(value_table(want), &i))) {
        value v = value_dict_get(d->vm, got, e->key);
        if (v && value_equal(d->vm, v, e->val) == 1)
            continue;
        if (v) {
            buf_char(&d->path, '[');
            add_shown(d->vm, e->key, &d->path);
            buf_char(&d->path, ']');
            tell(d, v, e->val);
            return;
        }
        add_path(d);
        buf_str(&d->text, " has no ");
        add_shown(d->vm, e->key, &d->text);
        buf_str(&d->text, ", want ");
        add_shown(d->vm, e->val, &d->text);
        return;
    }
    i = 0;
    while ((e = table_next(value_table(got), &i)) &&
           value_dict_get(d->vm, want, e->key) != VALUE_ERROR)
        ;
    add_path(d);
    buf_str(&d->text, " has ");
    add_shown(d->vm, e->key, &d->text);
    buf_str(&d->text, ", which is not wanted: ");
    add_shown(d->vm, e->val, &d->text);
}

static bool is_short(struct vm *vm, value got, value want)
{
    struct buf text = {0};
    show(vm, got, 0, &text);
    show(vm, want, 0, &text);
    bool fits = text.len <= SHORT;
    buf_free(&text);
    return fits;
}

/* `got` and `want` are not equal. */
static void tell(struct difference *d, value got, value want)
{
    enum value_kind kind = value_kind(got);
    if (kind != value_kind(want) || is_short(d->vm, got, want))
        tell_both(d, got, want);
    else if (kind == VALUE_KIND_STR)
        tell_line(d, got, want);
    else if (kind == VALUE_KIND_LIST || kind == VALUE_KIND_TUPLE)
        tell_item(d, got, want);
    else if (kind == VALUE_KIND_DICT)
        tell_entry(d, got, want);
    else
        tell_both(d, got, want);
}

/* ---- the calls
 * --------------------------------------------------------------------------------- */

/* Fails with the message that the test gives, then what is wrong. */
static value fail(struct vm *vm, const struct call *c, uint32_t message, struct buf *what)
{
    const char *s = NULL;
    size_t len = 0;
    if (c->args[message] == VALUE_NONE || call_str(vm, c, message, &s, &len))
        vm_fail(vm, 326, "%.*s%s%s", (int)len, s ? s : "", s ? ": " : "", buf_text(what));
    buf_free(what);
    return VALUE_ERROR;
}

static const char instead[] =
    "give it to a call, such as output(), and compare its args: ops(\"output\")";

/* Equality was asked of what only a run can tell, perhaps deep inside. */
static value fail_unequal(struct vm *vm)
{
    const struct diags *d = vm->diags;
    if (d->n && d->v[d->n - 1]->code == 401)
        vm_help(vm, "%s", instead);
    return VALUE_ERROR;
}

static value do_eq(struct vm *vm, const struct call *c)
{
    for (uint32_t i = 0; i < 2; i++)
        if (value_is_deferred(c->args[i]))
            return vm_fail_deferred_at(vm, vm_arg_span(vm, i), c->args[i],
                                       "an argument of assert_eq()", instead);
    int equal = value_equal(vm, c->args[0], c->args[1]);
    if (equal)
        return equal < 0 ? fail_unequal(vm) : VALUE_NONE;
    struct difference d = {.vm = vm};
    tell(&d, c->args[0], c->args[1]);
    buf_free(&d.path);
    if (vm_failed(vm)) { /* a deferred value on the way */
        buf_free(&d.text);
        return VALUE_ERROR;
    }
    return fail(vm, c, A_MESSAGE, &d.text);
}

static value do_true(struct vm *vm, const struct call *c)
{
    bool truth;
    if (!value_truth(vm, c->args[0], &truth))
        return VALUE_ERROR;
    struct buf what = {0};
    if (truth)
        return VALUE_NONE;
    buf_str(&what, "got ");
    add_shown(vm, c->args[0], &what);
    buf_str(&what, ", want what is true");
    return fail(vm, c, A_MESSAGE - 1, &what);
}

/* What may have been meant by an item that is missing. */
static void suggest(struct vm *vm, value item, value container)
{
    struct value_iter it;
    const char **names = xcalloc((size_t)value_length(container) + 1, sizeof *names);
    size_t n = 0;
    if (value_iter_begin(vm, &it, container)) {
        for (value v; (v = value_iter_next(vm, &it));)
            if (value_is_str(v))
                names[n++] = value_cstr(vm, v);
        value_iter_end(&it);
    }
    vm_suggest(vm, value_cstr(vm, item), names, n);
    free(names);
}

static value do_in(struct vm *vm, const struct call *c)
{
    value item = c->args[0], container = c->args[1];
    value in = operator_binary(vm, OP_IN, item, container);
    bool truth;
    if (!in || !value_truth(vm, in, &truth))
        return VALUE_ERROR;
    struct buf what = {0};
    if (truth)
        return VALUE_NONE;
    add_shown(vm, item, &what);
    buf_str(&what, " is not in ");
    add_shown(vm, container, &what);
    fail(vm, c, A_MESSAGE, &what);
    if (value_is_str(item) && !value_is_str(container))
        suggest(vm, item, container);
    return VALUE_ERROR;
}

const struct native assertion_eq = {"assert_eq", do_eq, "got want message?", NULL};
const struct native assertion_true = {"assert_true", do_true, "condition message?", NULL};
const struct native assertion_in = {"assert_in", do_in, "item container message?", NULL};
