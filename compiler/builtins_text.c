/* Methods of strings and bytes. Strings are UTF-8 and indexed by bytes, as the
 * specification has it for K = 8; letters and cases are those of Unicode. */
#include "compiler/builtins.h"
#include "compiler/letter.h"
#include "compiler/operator.h"
#include "compiler/text.h"
#include "compiler/vm_state.h"

struct slice {
    const char *p;
    size_t len;
};

static struct slice self_text(const struct call *c)
{
    return (struct slice){value_str_p(c->self), value_str_len(c->self)};
}

static value new_text(struct vm *vm, const char *p, size_t len)
{
    return value_string(vm, p, len);
}

/* The part of the receiver between the optional bounds in args[i] and args[i + 1]; *ok is
 * false after an error. An empty part that begins behind its end has p NULL. */
static struct slice bounded(struct vm *vm, const struct call *c, uint32_t i,
                            int64_t *from, bool *ok)
{
    struct slice s = self_text(c);
    int64_t to = (int64_t)s.len;
    *from = 0;
    *ok = operator_bounds(vm, c->args[i], c->args[i + 1], 1, (int64_t)s.len, from, &to);
    if (!*ok || *from > to)
        return (struct slice){NULL, 0};
    return (struct slice){s.p + *from, (size_t)(to - *from)};
}

/* ---- characters
 * --------------------------------------------------------------------------- */

/* Upper, lower, title, capital: `how` says which case the next character takes. */
enum casing { CASE_UPPER, CASE_LOWER, CASE_TITLE, CASE_CAPITAL };

static value change_case(struct vm *vm, const struct call *c, enum casing how)
{
    struct text_builder t = text_begin(vm);
    struct slice s = self_text(c);
    bool first = true, in_word = false;
    while (s.len) {
        uint32_t ch;
        size_t n = utf8_decode(s.p, s.len, &ch);
        bool up = how == CASE_UPPER || (how == CASE_TITLE && !in_word) ||
                  (how == CASE_CAPITAL && first);
        if (n == 1 && ch >= 0x80)
            buf_add(text_buf(vm), s.p, 1);
        else
            text_add_char(text_buf(vm), !up                 ? letter_lower(ch)
                                        : how == CASE_UPPER ? letter_upper(ch)
                                                            : letter_title(ch));
        in_word = letter_is_alpha(ch);
        first = false;
        s.p += n;
        s.len -= n;
    }
    return text_finish(vm, &t);
}

static value str_upper(struct vm *vm, const struct call *c)
{
    return change_case(vm, c, CASE_UPPER);
}

static value str_lower(struct vm *vm, const struct call *c)
{
    return change_case(vm, c, CASE_LOWER);
}

static value str_title(struct vm *vm, const struct call *c)
{
    return change_case(vm, c, CASE_TITLE);
}

static value str_capitalize(struct vm *vm, const struct call *c)
{
    return change_case(vm, c, CASE_CAPITAL);
}

static value all_chars(const struct call *c, bool (*is)(uint32_t))
{
    struct slice s = self_text(c);
    if (s.len == 0)
        return VALUE_FALSE;
    while (s.len) {
        uint32_t ch;
        size_t n = utf8_decode(s.p, s.len, &ch);
        if (!is(ch))
            return VALUE_FALSE;
        s.p += n;
        s.len -= n;
    }
    return VALUE_TRUE;
}

static value str_isalnum(struct vm *vm, const struct call *c)
{
    (void)vm;
    return all_chars(c, letter_is_alnum);
}

static value str_isalpha(struct vm *vm, const struct call *c)
{
    (void)vm;
    return all_chars(c, letter_is_alpha);
}

static value str_isdigit(struct vm *vm, const struct call *c)
{
    (void)vm;
    return all_chars(c, letter_is_digit);
}

static value str_isspace(struct vm *vm, const struct call *c)
{
    (void)vm;
    return all_chars(c, letter_is_space);
}

/* All cased characters are of one case (or title case), and there is one. */
static value cased(const struct call *c, enum casing how)
{
    struct slice s = self_text(c);
    bool any = false, in_word = false;
    while (s.len) {
        uint32_t ch;
        size_t n = utf8_decode(s.p, s.len, &ch);
        bool low = letter_is_lower(ch), up = letter_is_upper(ch),
             title = !low && !up && letter_lower(ch) != ch;
        if (how == CASE_TITLE)
            up = title || (up && letter_title(ch) == ch);
        else if (title)
            return VALUE_FALSE;
        if (how == CASE_TITLE && !low && !up && letter_is_upper(ch))
            return VALUE_FALSE;
        if ((how == CASE_UPPER && low) || (how == CASE_LOWER && up) ||
            (how == CASE_TITLE && ((up && in_word) || (low && !in_word))))
            return VALUE_FALSE;
        any |= up || low;
        in_word = up || low;
        s.p += n;
        s.len -= n;
    }
    return value_bool(any);
}

static value str_isupper(struct vm *vm, const struct call *c)
{
    (void)vm;
    return cased(c, CASE_UPPER);
}

static value str_islower(struct vm *vm, const struct call *c)
{
    (void)vm;
    return cased(c, CASE_LOWER);
}

static value str_istitle(struct vm *vm, const struct call *c)
{
    (void)vm;
    return cased(c, CASE_TITLE);
}

/* ---- searching
 * ------------------------------------------------------------------------------ */

static const char *find_last(struct slice s, struct slice sub)
{
    if (sub.len > s.len)
        return NULL;
    for (const char *p = s.p + (s.len - sub.len);; p--) {
        if (memcmp(p, sub.p, sub.len) == 0)
            return p;
        if (p == s.p)
            return NULL;
    }
}

/* Position of args[0], -1 if it does not occur, -2 after an error. */
static int64_t find(struct vm *vm, const struct call *c, bool last)
{
    struct slice sub = {NULL, 0};
    int64_t from;
    bool ok;
    if (!call_str(vm, c, 0, &sub.p, &sub.len))
        return -2;
    struct slice s = bounded(vm, c, 1, &from, &ok);
    if (!ok || !vm_work(vm, s.len))
        return -2;
    if (!s.p)
        return -1;
    const char *at = last ? find_last(s, sub) : memmem(s.p, s.len, sub.p, sub.len);
    return at ? at - s.p + from : -1;
}

static value str_find(struct vm *vm, const struct call *c)
{
    int64_t i = find(vm, c, false);
    return i == -2 ? VALUE_ERROR : value_small(i);
}

static value str_rfind(struct vm *vm, const struct call *c)
{
    int64_t i = find(vm, c, true);
    return i == -2 ? VALUE_ERROR : value_small(i);
}

static value found(struct vm *vm, const struct call *c, int64_t i)
{
    if (i == -1)
        return vm_fail(vm, 304, "%s(): the substring does not occur", c->native->name);
    return i < 0 ? VALUE_ERROR : value_small(i);
}

static value str_index(struct vm *vm, const struct call *c)
{
    return found(vm, c, find(vm, c, false));
}

static value str_rindex(struct vm *vm, const struct call *c)
{
    return found(vm, c, find(vm, c, true));
}

static value str_count(struct vm *vm, const struct call *c)
{
    struct slice sub = {NULL, 0};
    int64_t from, n = 0;
    bool ok;
    if (!call_str(vm, c, 0, &sub.p, &sub.len))
        return VALUE_ERROR;
    struct slice s = bounded(vm, c, 1, &from, &ok);
    if (!ok || !vm_work(vm, s.len))
        return VALUE_ERROR;
    if (!s.p)
        return value_small(0);
    if (sub.len == 0) {
        for (size_t i = 0; i < s.len; i++)
            n += (s.p[i] & 0xc0) != 0x80;
        return value_small(n + 1);
    }
    for (const char *at; (at = memmem(s.p, s.len, sub.p, sub.len)); n++) {
        s.len -= (size_t)(at + sub.len - s.p);
        s.p = at + sub.len;
    }
    return value_small(n);
}

static bool has_affix(struct slice s, value affix, bool end)
{
    size_t n = value_str_len(affix);
    return s.p && n <= s.len &&
           memcmp(end ? s.p + s.len - n : s.p, value_str_p(affix), n) == 0;
}

static value affix(struct vm *vm, const struct call *c, bool end)
{
    int64_t from;
    bool ok;
    struct slice s = bounded(vm, c, 1, &from, &ok), word;
    if (!ok)
        return VALUE_ERROR;
    if (!value_is(c->args[0], VALUE_KIND_TUPLE))
        return call_str(vm, c, 0, &word.p, &word.len) && vm_work(vm, word.len)
                   ? value_bool(has_affix(s, c->args[0], end))
                   : VALUE_ERROR;
    const struct tuple *t = value_tuple(c->args[0]);
    for (uint32_t i = 0; i < t->n; i++) {
        if (!value_is_str(t->v[i]))
            return vm_fail(vm, 301, "%s(): element %u of the tuple is %s, not a string",
                           c->native->name, i, value_type_phrase(vm, t->v[i]));
        if (!vm_work(vm, value_str_len(t->v[i])))
            return VALUE_ERROR;
        if (has_affix(s, t->v[i], end))
            return VALUE_TRUE;
    }
    return VALUE_FALSE;
}

static value str_startswith(struct vm *vm, const struct call *c)
{
    return affix(vm, c, false);
}

static value str_endswith(struct vm *vm, const struct call *c)
{
    return affix(vm, c, true);
}

static value str_removeprefix(struct vm *vm, const struct call *c)
{
    struct slice s = self_text(c), word = {NULL, 0};
    if (!call_str(vm, c, 0, &word.p, &word.len))
        return VALUE_ERROR;
    if (!has_affix(s, c->args[0], false))
        return c->self;
    return new_text(vm, s.p + word.len, s.len - word.len);
}

static value str_removesuffix(struct vm *vm, const struct call *c)
{
    struct slice s = self_text(c), word = {NULL, 0};
    if (!call_str(vm, c, 0, &word.p, &word.len))
        return VALUE_ERROR;
    return has_affix(s, c->args[0], true) ? new_text(vm, s.p, s.len - word.len) : c->self;
}

/* ---- stripping and splitting
 * ------------------------------------------------------------------ */

/* Whether the character at p is one of `set`, or a space if set.p is NULL. */
static bool in_set(const char *p, size_t n, uint32_t c, struct slice set)
{
    return set.p ? memmem(set.p, set.len, p, n) != NULL : letter_is_space(c);
}

static size_t last_char(struct slice s, uint32_t *c)
{
    size_t n = 1;
    while (n < s.len && n < 4 && (s.p[s.len - n] & 0xc0) == 0x80)
        n++;
    if (utf8_decode(s.p + s.len - n, n, c) == n)
        return n;
    utf8_decode(s.p + s.len - 1, 1, c);
    return 1;
}

static value strip(struct vm *vm, const struct call *c, bool left, bool right)
{
    struct slice s = self_text(c), set = {NULL, 0};
    uint32_t ch;
    if (c->args[0] != VALUE_NONE && !call_str(vm, c, 0, &set.p, &set.len))
        return VALUE_ERROR;
    while (left && s.len) {
        size_t n = utf8_decode(s.p, s.len, &ch);
        if (!in_set(s.p, n, ch, set))
            break;
        s.p += n;
        s.len -= n;
    }
    while (right && s.len) {
        size_t n = last_char(s, &ch);
        if (!in_set(s.p + s.len - n, n, ch, set))
            break;
        s.len -= n;
    }
    return s.len == value_str_len(c->self) ? c->self : new_text(vm, s.p, s.len);
}

static value str_strip(struct vm *vm, const struct call *c)
{
    return strip(vm, c, true, true);
}

static value str_lstrip(struct vm *vm, const struct call *c)
{
    return strip(vm, c, true, false);
}

static value str_rstrip(struct vm *vm, const struct call *c)
{
    return strip(vm, c, false, true);
}

static void reverse_list(value list)
{
    struct list *l = value_list(list);
    for (uint32_t i = 0; i < l->n / 2; i++) {
        value v = l->v[i];
        l->v[i] = l->v[l->n - 1 - i];
        l->v[l->n - 1 - i] = v;
    }
}

/* Words between runs of space. What is left after `max` splits keeps its far end. */
static value split_words(struct vm *vm, struct slice s, int64_t max)
{
    value list = value_list_new(vm, NULL, 0);
    for (;;) {
        uint32_t ch;
        size_t n;
        while (s.len && letter_is_space((n = utf8_decode(s.p, s.len, &ch), ch))) {
            s.p += n;
            s.len -= n;
        }
        if (s.len == 0)
            return list;
        const char *word = s.p;
        if (max-- == 0) {
            value_list_push(vm, list, new_text(vm, s.p, s.len));
            return list;
        }
        while (s.len && !letter_is_space((n = utf8_decode(s.p, s.len, &ch), ch))) {
            s.p += n;
            s.len -= n;
        }
        value_list_push(vm, list, new_text(vm, word, (size_t)(s.p - word)));
    }
}

static value rsplit_words(struct vm *vm, struct slice s, int64_t max)
{
    value list = value_list_new(vm, NULL, 0);
    for (;;) {
        uint32_t ch;
        size_t n;
        while (s.len && letter_is_space((n = last_char(s, &ch), ch)))
            s.len -= n;
        if (s.len == 0)
            break;
        if (max-- == 0) {
            value_list_push(vm, list, new_text(vm, s.p, s.len));
            break;
        }
        size_t end = s.len;
        while (s.len && !letter_is_space((n = last_char(s, &ch), ch)))
            s.len -= n;
        value_list_push(vm, list, new_text(vm, s.p + s.len, end - s.len));
    }
    reverse_list(list);
    return list;
}

static value split(struct vm *vm, const struct call *c, bool from_right)
{
    struct slice s = self_text(c), sep = {NULL, 0};
    int64_t max = -1;
    bool words = !c->args[0] || c->args[0] == VALUE_NONE;
    if (c->args[1] == VALUE_NONE)
        max = -1;
    else if (!call_int(vm, c, 1, &max))
        return VALUE_ERROR;
    if (words)
        return from_right ? rsplit_words(vm, s, max) : split_words(vm, s, max);
    if (!call_str(vm, c, 0, &sep.p, &sep.len))
        return VALUE_ERROR;
    if (sep.len == 0)
        return vm_fail(vm, 303, "%s(): the separator is empty", c->native->name);
    value list = value_list_new(vm, NULL, 0);
    const char *at;
    if (from_right) {
        while (max-- != 0 && (at = find_last(s, sep))) {
            const char *word = at + sep.len;
            value_list_push(vm, list, new_text(vm, word, (size_t)(s.p + s.len - word)));
            s.len = (size_t)(at - s.p);
        }
        value_list_push(vm, list, new_text(vm, s.p, s.len));
        reverse_list(list);
        return list;
    }
    while (max-- != 0 && (at = memmem(s.p, s.len, sep.p, sep.len))) {
        value_list_push(vm, list, new_text(vm, s.p, (size_t)(at - s.p)));
        s.len -= (size_t)(at + sep.len - s.p);
        s.p = at + sep.len;
    }
    value_list_push(vm, list, new_text(vm, s.p, s.len));
    return list;
}

static value str_split(struct vm *vm, const struct call *c)
{
    return split(vm, c, false);
}

static value str_rsplit(struct vm *vm, const struct call *c)
{
    return split(vm, c, true);
}

static value str_splitlines(struct vm *vm, const struct call *c)
{
    struct slice s = self_text(c);
    bool keep = false;
    if (!call_bool(vm, c, 0, &keep))
        return VALUE_ERROR;
    value list = value_list_new(vm, NULL, 0);
    while (s.len) {
        size_t n = 0, end;
        while (n < s.len && s.p[n] != '\n' && s.p[n] != '\r')
            n++;
        end = n;
        if (end < s.len)
            end += s.p[end] == '\r' && end + 1 < s.len && s.p[end + 1] == '\n' ? 2 : 1;
        value_list_push(vm, list, new_text(vm, s.p, keep ? end : n));
        s.p += end;
        s.len -= end;
    }
    return list;
}

static value partition(struct vm *vm, const struct call *c, bool last)
{
    struct slice s = self_text(c), sep = {NULL, 0};
    if (!call_str(vm, c, 0, &sep.p, &sep.len))
        return VALUE_ERROR;
    if (sep.len == 0)
        return vm_fail(vm, 303, "%s(): the separator is empty", c->native->name);
    const char *at = last ? find_last(s, sep) : memmem(s.p, s.len, sep.p, sep.len);
    value none = vm->state->empty_string;
    value parts[3] = {last ? none : c->self, none, last ? c->self : none};
    if (at) {
        const char *rest = at + sep.len;
        parts[0] = new_text(vm, s.p, (size_t)(at - s.p));
        parts[1] = c->args[0];
        parts[2] = new_text(vm, rest, (size_t)(s.p + s.len - rest));
    }
    return value_tuple_new(vm, parts, 3);
}

static value str_partition(struct vm *vm, const struct call *c)
{
    return partition(vm, c, false);
}

static value str_rpartition(struct vm *vm, const struct call *c)
{
    return partition(vm, c, true);
}

/* ---- building
 * ------------------------------------------------------------------------------------ */

static value str_replace(struct vm *vm, const struct call *c)
{
    struct slice s = self_text(c), old = {NULL, 0}, new = {NULL, 0};
    int64_t max = -1;
    if (!call_str(vm, c, 0, &old.p, &old.len) || !call_str(vm, c, 1, &new.p, &new.len) ||
        !call_int(vm, c, 2, &max))
        return VALUE_ERROR;
    struct text_builder t = text_begin(vm);
    struct buf *out = text_buf(vm);
    while (max-- != 0) {
        if (out->len - t.start > VM_STRING_MAX)
            break;
        if (old.len == 0) {
            size_t n = s.len ? utf8_length(s.p, s.len) : 0;
            n = s.len && n == 0 ? 1 : n;
            buf_add(out, new.p, new.len);
            buf_add(out, s.p, n);
            s.p += n;
            s.len -= n;
            if (n == 0)
                break;
            continue;
        }
        const char *at = memmem(s.p, s.len, old.p, old.len);
        if (!at)
            break;
        buf_add(out, s.p, (size_t)(at - s.p));
        buf_add(out, new.p, new.len);
        s.len -= (size_t)(at + old.len - s.p);
        s.p = at + old.len;
    }
    buf_add(out, s.p, s.len);
    return text_finish(vm, &t);
}

static value str_join(struct vm *vm, const struct call *c)
{
    struct value_iter it;
    if (!value_iter_begin_all(vm, &it, c->args[0]))
        return VALUE_ERROR;
    struct text_builder t = text_begin(vm);
    bool ok = true;
    int64_t i = 0;
    for (value v; ok && (v = value_iter_next(vm, &it)); i++) {
        if (i)
            buf_add(text_buf(vm), value_str_p(c->self), value_str_len(c->self));
        if (!value_is_str(v) && !value_is_deferred(v)) {
            vm_fail(vm, 301, "string.join(): element %lld is %s, not a string",
                    (long long)i, value_type_phrase(vm, v));
            ok = false;
        } else {
            ok = text_add(vm, &t, v, false);
        }
    }
    value_iter_end(&it);
    if (ok)
        return text_finish(vm, &t);
    text_abandon(vm, &t);
    return VALUE_ERROR;
}

static value str_format(struct vm *vm, const struct call *c)
{
    return text_format(vm, c->self, c);
}

#define VIEW_METHOD(name, what)                                                          \
    static value name(struct vm *vm, const struct call *c)                               \
    {                                                                                    \
        return value_view_new(vm, what, c->self);                                        \
    }
VIEW_METHOD(str_elems, VIEW_ELEMS)
VIEW_METHOD(str_elem_ords, VIEW_ELEM_ORDS)
VIEW_METHOD(str_codepoints, VIEW_CODEPOINTS)
VIEW_METHOD(str_codepoint_ords, VIEW_CODEPOINT_ORDS)
VIEW_METHOD(bytes_elems, VIEW_BYTES)

static const struct native string_methods[] = {
    {"string.capitalize", str_capitalize, "", NULL},
    {"string.codepoint_ords", str_codepoint_ords, "", NULL},
    {"string.codepoints", str_codepoints, "", NULL},
    {"string.count", str_count, "sub start? end? /", NULL},
    {"string.elem_ords", str_elem_ords, "", NULL},
    {"string.elems", str_elems, "", NULL},
    {"string.endswith", str_endswith, "suffix start? end? /", NULL},
    {"string.find", str_find, "sub start? end? /", NULL},
    {"string.format", str_format, "...", NULL},
    {"string.index", str_index, "sub start? end? /", NULL},
    {"string.isalnum", str_isalnum, "", NULL},
    {"string.isalpha", str_isalpha, "", NULL},
    {"string.isdigit", str_isdigit, "", NULL},
    {"string.islower", str_islower, "", NULL},
    {"string.isspace", str_isspace, "", NULL},
    {"string.istitle", str_istitle, "", NULL},
    {"string.isupper", str_isupper, "", NULL},
    {"string.join", str_join, "elements /", NULL},
    {"string.lower", str_lower, "", NULL},
    {"string.lstrip", str_lstrip, "chars? /", NULL},
    {"string.partition", str_partition, "separator /", NULL},
    {"string.removeprefix", str_removeprefix, "prefix /", NULL},
    {"string.removesuffix", str_removesuffix, "suffix /", NULL},
    {"string.replace", str_replace, "old new count? /", NULL},
    {"string.rfind", str_rfind, "sub start? end? /", NULL},
    {"string.rindex", str_rindex, "sub start? end? /", NULL},
    {"string.rpartition", str_rpartition, "separator /", NULL},
    {"string.rsplit", str_rsplit, "separator? maxsplit? /", NULL},
    {"string.rstrip", str_rstrip, "chars? /", NULL},
    {"string.split", str_split, "separator? maxsplit? /", NULL},
    {"string.splitlines", str_splitlines, "keepends? /", NULL},
    {"string.startswith", str_startswith, "prefix start? end? /", NULL},
    {"string.strip", str_strip, "chars? /", NULL},
    {"string.title", str_title, "", NULL},
    {"string.upper", str_upper, "", NULL},
};

static const struct native bytes_methods[] = {
    {"bytes.elems", bytes_elems, "", NULL},
};

void builtins_text_methods(struct vm *vm)
{
    vm_methods(vm, VALUE_KIND_STR, string_methods,
               sizeof string_methods / sizeof *string_methods);
    vm_methods(vm, VALUE_KIND_BYTES, bytes_methods,
               sizeof bytes_methods / sizeof *bytes_methods);
}
