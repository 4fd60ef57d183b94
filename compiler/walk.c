/* Walks over values: iteration, length, freezing, and the search for handles in
 * containers. */
#include "compiler/value.h"

#include <stdlib.h>

#include "compiler/table.h"
#include "compiler/vm.h"
#include "compiler/vm_state.h"

/* Elements that a native takes in one go: a second's work, a few GiB at the worst. */
#define WHOLE_MAX ((int64_t)1 << 25)

int64_t value_length(value v)
{
    switch (value_kind(v)) {
    case VALUE_KIND_STR:
    case VALUE_KIND_BYTES: return value_str(v)->len;
    case VALUE_KIND_LIST: return value_list(v)->n;
    case VALUE_KIND_TUPLE: return value_tuple(v)->n;
    case VALUE_KIND_DICT:
    case VALUE_KIND_SET: return value_table(v)->n;
    case VALUE_KIND_RANGE: return value_range(v)->n;
    case VALUE_KIND_VIEW: {
        const struct view *w = (struct view *)value_header(v);
        if (w->what == VIEW_CODEPOINTS || w->what == VIEW_CODEPOINT_ORDS)
            return -1;
        return value_str(w->of)->len;
    }
    default: return -1;
    }
}

bool value_iter_begin(struct vm *vm, struct value_iter *it, value v)
{
    *it = (struct value_iter){.over = v};
    switch (value_kind(v)) {
    case VALUE_KIND_LIST:
    case VALUE_KIND_DICT:
    case VALUE_KIND_SET:
        if (!(value_header(v)->flags & VALUE_FROZEN))
            value_header(v)->iterating++;
        return true;
    case VALUE_KIND_TUPLE:
    case VALUE_KIND_RANGE:
    case VALUE_KIND_VIEW: return true;
    case VALUE_KIND_DEFERRED:
        vm_fail_deferred(vm, v, "something to iterate over", NULL);
        return false;
    case VALUE_KIND_STR:
        vm_fail(vm, 301, "a string cannot be iterated over");
        vm_help(vm, "iterate over its characters: s.elems()");
        return false;
    default:
        vm_fail_at(vm, vm_operand_span(vm, v), 301, "%s cannot be iterated over",
                   value_type_phrase(vm, v));
        const char *written = vm_written(vm, vm_operand_span(vm, v));
        if (value_is_int(v) && written)
            vm_help(vm, "count with range(%s)", written);
        else if (value_is(v, VALUE_KIND_OBJECT) && written)
            vm_help(vm, "it is one, no list: leave the loop out, or write [%s]", written);
        return false;
    }
}

bool value_iter_begin_all(struct vm *vm, struct value_iter *it, value v)
{
    if (!value_iter_begin(vm, it, v))
        return false;
    int64_t n = value_is(v, VALUE_KIND_VIEW)
                    ? value_str(((struct view *)value_header(v))->of)->len
                    : value_length(v);
    if (n > WHOLE_MAX)
        vm_fail(vm, 308, "a %s of %lld elements is too long here: at most %lld",
                value_type_name(vm, v), (long long)n, (long long)WHOLE_MAX);
    else if (n <= 0 || vm_work(vm, (size_t)n))
        return true;
    value_iter_end(it);
    return false;
}

static value view_next(struct vm *vm, struct value_iter *it)
{
    const struct view *w = (struct view *)value_header(it->over);
    const struct str *s = value_str(w->of);
    if (it->i >= s->len)
        return VALUE_ERROR;
    const char *p = s->p + it->i;
    uint32_t c = (unsigned char)*p;
    size_t n = 1;
    if (w->what == VIEW_CODEPOINTS || w->what == VIEW_CODEPOINT_ORDS)
        n = utf8_decode(p, s->len - (size_t)it->i, &c);
    it->i += (int64_t)n;
    if (w->what != VIEW_ELEMS && w->what != VIEW_CODEPOINTS)
        return value_small(c);
    if (w->what == VIEW_CODEPOINTS && c == 0xfffd && n == 1)
        return value_cstring(vm, "\xef\xbf\xbd");
    return value_string(vm, p, n);
}

value value_iter_next(struct vm *vm, struct value_iter *it)
{
    switch (value_kind(it->over)) {
    case VALUE_KIND_LIST: {
        const struct list *l = value_list(it->over);
        return it->i < l->n ? l->v[it->i++] : VALUE_ERROR;
    }
    case VALUE_KIND_TUPLE: {
        const struct tuple *t = value_tuple(it->over);
        return it->i < t->n ? t->v[it->i++] : VALUE_ERROR;
    }
    case VALUE_KIND_DICT:
    case VALUE_KIND_SET: {
        uint32_t i = (uint32_t)it->i;
        const struct table_entry *e = table_next(value_table(it->over), &i);
        it->i = i;
        return e ? e->key : VALUE_ERROR;
    }
    case VALUE_KIND_RANGE: {
        const struct range *r = value_range(it->over);
        return it->i < r->n ? value_int(vm, r->start + it->i++ * r->step) : VALUE_ERROR;
    }
    case VALUE_KIND_VIEW: return view_next(vm, it);
    default: return VALUE_ERROR;
    }
}

void value_iter_end(struct value_iter *it)
{
    enum value_kind k = value_kind(it->over);
    if (k == VALUE_KIND_LIST || k == VALUE_KIND_DICT || k == VALUE_KIND_SET)
        if (value_header(it->over)->iterating)
            value_header(it->over)->iterating--;
}

/* ---- freezing
 * --------------------------------------------------------------------------- */

struct work {
    value *v;
    size_t n, cap;
};

static void freeze_later(struct work *w, value v)
{
    if (!v || !value_is_object(v) || (value_header(v)->flags & VALUE_FROZEN))
        return;
    value_header(v)->flags |= VALUE_FROZEN;
    *vec_push(w) = v;
}

static void freeze_function(struct work *w, const struct function_value *f)
{
    for (uint32_t i = 0; i < f->code->ndefaults; i++)
        freeze_later(w, f->defaults[i]);
    for (uint32_t i = 0; i < f->code->function->nfree; i++)
        freeze_later(w, value_of(f->free[i]));
}

void value_freeze(struct vm *vm, value v)
{
    (void)vm;
    struct work w = {0};
    freeze_later(&w, v);
    while (w.n) {
        v = w.v[--w.n];
        switch (value_kind(v)) {
        case VALUE_KIND_LIST:
            for (uint32_t i = 0; i < value_list(v)->n; i++)
                freeze_later(&w, value_list(v)->v[i]);
            break;
        case VALUE_KIND_TUPLE:
            for (uint32_t i = 0; i < value_tuple(v)->n; i++)
                freeze_later(&w, value_tuple(v)->v[i]);
            break;
        case VALUE_KIND_DICT:
        case VALUE_KIND_SET: {
            uint32_t i = 0;
            for (struct table_entry *e; (e = table_next(value_table(v), &i));) {
                freeze_later(&w, e->key);
                freeze_later(&w, e->val);
            }
            break;
        }
        case VALUE_KIND_FUNCTION: freeze_function(&w, value_function(v)); break;
        case VALUE_KIND_NATIVE: freeze_later(&w, value_native(v)->self); break;
        case VALUE_KIND_CELL:
            freeze_later(&w, ((struct cell *)value_header(v))->v);
            break;
        default: break;
        }
    }
    free(w.v);
}

/* ---- handles
 * ------------------------------------------------------------------------------ */

struct search {
    struct vm *vm;
    value_handle_fn *each;
    void *ctx;
    struct buf path;
    struct map64 seen; /* containers entered: cycles and shared parts are walked once */
};

static void search(struct search *s, value v);

/* Keys that are no strings or integers show as their position. */
static void search_step(struct search *s, value key, size_t index, value v)
{
    size_t len = s->path.len;
    buf_char(&s->path, '[');
    if (key && (value_is_str(key) || value_is_int(key)))
        value_write(s->vm, key, true, &s->path);
    else
        buf_printf(&s->path, "%zu", index);
    buf_char(&s->path, ']');
    search(s, v);
    s->path.len = len;
    if (s->path.p)
        s->path.p[len] = '\0';
}

static void search(struct search *s, value v)
{
    enum value_kind k = value_kind(v);
    if (k == VALUE_KIND_OBJECT && value_object(v)->type->handle) {
        s->each(s->ctx, v, buf_text(&s->path));
        return;
    }
    size_t n;
    const value *items = value_items(v, &n);
    if (!items && k != VALUE_KIND_DICT)
        return;
    uint32_t *seen = map64_put(&s->seen, v);
    if (*seen || s->path.len > 4096)
        return;
    *seen = 1;
    for (size_t i = 0; i < n; i++)
        search_step(s, VALUE_ERROR, i, items[i]);
    if (k == VALUE_KIND_DICT) {
        uint32_t i = 0;
        for (struct table_entry *e; (e = table_next(value_table(v), &i)); n++)
            search_step(s, e->key, n, e->val);
    }
}

void value_each_handle(struct vm *vm, value v, value_handle_fn *each, void *ctx)
{
    if (!value_is_object(v))
        return;
    struct search s = {.vm = vm, .each = each, .ctx = ctx};
    search(&s, v);
    map64_free(&s.seen);
    buf_free(&s.path);
}
