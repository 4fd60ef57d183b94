/* Text of values. Known parts are written straight into one buffer; a deferred part
 * closes the literal before it and the pieces are joined in the graph's form at the end.
 */
#include "compiler/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/deferred.h"
#include "compiler/integer.h"
#include "compiler/table.h"
#include "compiler/vm.h"
#include "compiler/vm_state.h"

#define DEPTH_MAX 400
/* Containers that share parts may have more text than fits anywhere. */
#define CONTAINER_TEXT_MAX ((size_t)64 << 20)

/* ---- numbers and literals -----------------------------------------------------------
 */

static bool not_finite(struct buf *out, double d)
{
    if (isfinite(d))
        return false;
    buf_str(out, isnan(d) ? "nan" : d > 0 ? "+inf" : "-inf");
    return true;
}

void text_float(struct buf *out, double d)
{
    char digits[40];
    if (not_finite(out, d))
        return;
    int precision = 15;
    do
        snprintf(digits, sizeof digits, "%.*g", precision, d);
    while (strtod(digits, NULL) != d && ++precision <= 17);
    /* %.17g switches to the exponent form at 1e17, the shortest form of 1e16 at its
     * digits. */
    if (fabs(d) >= 1e-4 && fabs(d) < 1e17 && strchr(digits, 'e'))
        snprintf(digits, sizeof digits, "%.0f", d);
    buf_str(out, digits);
    if (!strpbrk(digits, ".e"))
        buf_str(out, ".0");
}

void text_float_as(struct buf *out, double d, char conversion)
{
    if (not_finite(out, d))
        return;
    if (conversion == 'g' || conversion == 'G') {
        size_t start = out->len;
        text_float(out, d);
        for (size_t i = start; conversion == 'G' && i < out->len; i++)
            if (out->p[i] == 'e')
                out->p[i] = 'E';
        return;
    }
    const char format[] = {'%', conversion, '\0'};
    char digits[400];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(digits, sizeof digits, format, d);
#pragma GCC diagnostic pop
    buf_str(out, digits);
}

void text_add_char(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_char(out, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    buf_char(out, (char)((0xf0 << (3 - more) & 0xff) | (c >> 6 * more)));
    while (more--)
        buf_char(out, (char)(0x80 | (c >> 6 * more & 0x3f)));
}

static void quote_char(struct buf *out, const char *p, size_t n, bool bytes)
{
    unsigned char c = (unsigned char)*p;
    switch (c) {
    case '"': buf_str(out, "\\\""); return;
    case '\\': buf_str(out, "\\\\"); return;
    case '\n': buf_str(out, "\\n"); return;
    case '\r': buf_str(out, "\\r"); return;
    case '\t': buf_str(out, "\\t"); return;
    default: break;
    }
    if (c >= 0x20 && c < 0x7f)
        buf_char(out, (char)c);
    else if (n == 1 || bytes)
        buf_printf(out, "\\x%02x", c);
    else
        buf_add(out, p, n);
}

/* Whether a decoded character is shown as it is: not controls, separators, formats. */
static bool printable(uint32_t c)
{
    return c >= 0xa0 && c != 0xad && c != 0x85 && !(c >= 0x2000 && c <= 0x200f) &&
           !(c >= 0x2028 && c <= 0x202f) && !(c >= 0x205f && c <= 0x206f) &&
           c != 0xfeff && c != 0x3000 && !(c >= 0xe000 && c <= 0xf8ff) && c < 0xe0000;
}

void text_quote(struct buf *out, const char *p, size_t len, bool bytes)
{
    if (bytes)
        buf_char(out, 'b');
    buf_char(out, '"');
    size_t i = 0;
    while (i < len) {
        size_t plain = i; /* runs of plain characters go in one piece */
        while (plain < len && p[plain] >= 0x20 && p[plain] != 0x7f && p[plain] != '"' &&
               p[plain] != '\\')
            plain++;
        buf_add(out, p + i, plain - i);
        i = plain;
        if (i == len)
            break;
        size_t n = utf8_length(p + i, len - i);
        uint32_t c = 0;
        if (n > 1 && !bytes)
            utf8_decode(p + i, len - i, &c);
        if (n > 1 && !bytes && !printable(c)) {
            buf_printf(out, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
        } else {
            n = n && !bytes ? n : 1;
            quote_char(out, p + i, n, bytes);
        }
        i += n;
    }
    buf_char(out, '"');
}

/* The bytes as UTF-8, what is none of it replaced. */
static void decode_bytes(struct buf *out, const char *p, size_t len)
{
    while (len) {
        uint32_t c;
        size_t n = utf8_decode(p, len, &c);
        if (n == 1 && c == 0xfffd)
            buf_str(out, "\xef\xbf\xbd");
        else
            buf_add(out, p, n);
        p += n;
        len -= n;
    }
}

/* ---- values ---------------------------------------------------------------------------
 */

/* Containers being written, outermost last, to find one inside itself. */
struct trail {
    value v;
    const struct trail *outer;
};

static bool write_value(struct vm *vm, value v, bool repr, struct buf *out,
                        const struct trail *trail);

static bool write_items(struct vm *vm, value v, struct buf *out,
                        const struct trail *trail)
{
    bool tuple = value_is(v, VALUE_KIND_TUPLE);
    buf_char(out, tuple ? '(' : '[');
    for (uint32_t i = 0; i < (tuple ? value_tuple(v)->n : value_list(v)->n); i++) {
        if (i)
            buf_str(out, ", ");
        value item = tuple ? value_tuple(v)->v[i] : value_list(v)->v[i];
        if (!write_value(vm, item, true, out, trail))
            return false;
    }
    buf_str(out, tuple && value_tuple(v)->n == 1 ? ",)" : tuple ? ")" : "]");
    return true;
}

static bool write_table(struct vm *vm, value v, struct buf *out,
                        const struct trail *trail)
{
    bool dict = value_is(v, VALUE_KIND_DICT);
    uint32_t i = 0;
    const char *separator = "";
    buf_str(out, dict ? "{" : value_table(v)->n ? "set([" : "set(");
    for (struct table_entry *e; (e = table_next(value_table(v), &i)); separator = ", ") {
        buf_str(out, separator);
        if (!write_value(vm, e->key, true, out, trail))
            return false;
        if (dict) {
            buf_str(out, ": ");
            if (!write_value(vm, e->val, true, out, trail))
                return false;
        }
    }
    buf_str(out, dict ? "}" : value_table(v)->n ? "])" : ")");
    return true;
}

static bool write_container(struct vm *vm, value v, struct buf *out,
                            const struct trail *outer)
{
    for (const struct trail *t = outer; t; t = t->outer)
        if (t->v == v) {
            buf_str(out, value_is(v, VALUE_KIND_DICT) ? "{...}" : "[...]");
            return true;
        }
    if (vm->state->depth >= DEPTH_MAX) {
        vm_fail(vm, 307, "the value is nested too deeply to be made into text");
        return false;
    }
    vm->state->depth++;
    struct trail here = {v, outer};
    bool table = value_is(v, VALUE_KIND_DICT) || value_is(v, VALUE_KIND_SET);
    bool ok = table ? write_table(vm, v, out, &here) : write_items(vm, v, out, &here);
    vm->state->depth--;
    return ok;
}

static void write_range(struct buf *out, const struct range *r)
{
    buf_str(out, "range(");
    if (r->start != 0 || r->step != 1)
        buf_printf(out, "%lld, ", (long long)r->start);
    buf_printf(out, "%lld", (long long)r->stop);
    if (r->step != 1)
        buf_printf(out, ", %lld", (long long)r->step);
    buf_char(out, ')');
}

static void write_view(struct buf *out, const struct view *w)
{
    static const char *const names[] = {"elems", "elem_ords", "codepoints",
                                        "codepoint_ords", "elems"};
    text_quote(out, value_str(w->of)->p, value_str(w->of)->len, w->what == VIEW_BYTES);
    buf_printf(out, ".%s()", names[w->what]);
}

static void write_native(struct vm *vm, struct buf *out, value v)
{
    const struct native_value *n = value_native(v);
    const char *name = strrchr(n->native->name, '.');
    buf_printf(out, "<built-in %s %s", n->self ? "method" : "function",
               n->self && name ? name + 1 : n->native->name);
    if (n->self)
        buf_printf(out, " of %s value", value_type_name(vm, n->self));
    buf_char(out, '>');
}

static bool write_object(struct vm *vm, value v, struct buf *out)
{
    const struct object_type *type = value_object(v)->type;
    if (type->text) {
        type->text(vm, v, out);
        return !vm_failed(vm);
    }
    struct span at = vm_operand_span(vm, v);
    vm_fail_at(vm, at, 403, "%s cannot be made into text", value_type_phrase(vm, v));
    const char *written = vm_expr(vm, at) ? vm_written(vm, at) : NULL;
    if (type->handle)
        vm_help(vm, "name one of its fields, such as %s.name",
                written && vm_expr(vm, at)->kind == EXPR_NAME ? written : "HANDLE");
    else if (type->no_text)
        vm_help(vm, "%s", type->no_text);
    return false;
}

static bool write_value(struct vm *vm, value v, bool repr, struct buf *out,
                        const struct trail *trail)
{
    if (trail && out->len > CONTAINER_TEXT_MAX) {
        vm_fail(vm, 308, "the text of the value is longer than 64 MiB");
        return false;
    }
    switch (value_kind(v)) {
    case VALUE_KIND_NONE: buf_str(out, "None"); return true;
    case VALUE_KIND_BOOL: buf_str(out, v == VALUE_TRUE ? "True" : "False"); return true;
    case VALUE_KIND_INT: integer_write(vm, v, 10, out); return true;
    case VALUE_KIND_FLOAT: text_float(out, value_float_get(v)); return true;
    case VALUE_KIND_STR:
        if (repr)
            text_quote(out, value_str_p(v), value_str_len(v), false);
        else
            buf_add(out, value_str_p(v), value_str_len(v));
        return true;
    case VALUE_KIND_BYTES:
        if (repr)
            text_quote(out, value_str_p(v), value_str_len(v), true);
        else
            decode_bytes(out, value_str_p(v), value_str_len(v));
        return true;
    case VALUE_KIND_LIST:
    case VALUE_KIND_TUPLE:
    case VALUE_KIND_DICT:
    case VALUE_KIND_SET: return write_container(vm, v, out, trail);
    case VALUE_KIND_RANGE: write_range(out, value_range(v)); return true;
    case VALUE_KIND_VIEW: write_view(out, (struct view *)value_header(v)); return true;
    case VALUE_KIND_FUNCTION: {
        const struct code *code = value_function(v)->code;
        buf_printf(out, "<function %s>", intern_text(code->names, code->function->name));
        return true;
    }
    case VALUE_KIND_NATIVE: write_native(vm, out, v); return true;
    case VALUE_KIND_DEFERRED:
        vm_fail_deferred(vm, v,
                         trail ? "part of the text of a list, tuple or dict"
                               : "an argument of repr()",
                         trail ? "join the items instead: \", \".join(items)"
                               : "use str() or an f-string");
        return false;
    case VALUE_KIND_OBJECT: return write_object(vm, v, out);
    default: return false;
    }
}

bool value_write(struct vm *vm, value v, bool repr, struct buf *out)
{
    return write_value(vm, v, repr, out, NULL);
}

const char *value_shown(struct vm *vm, value v)
{
    struct buf text = {0};
    value_write(vm, v, true, &text);
    const char *shown = diag_cut(vm->arena, buf_text(&text), text.len);
    buf_free(&text);
    return shown;
}

/* ---- building
 * --------------------------------------------------------------------------- */

struct text_builder text_begin(struct vm *vm)
{
    struct vm_state *st = vm->state;
    return (struct text_builder){st->text.len, st->text.len, st->nparts};
}

struct buf *text_buf(struct vm *vm)
{
    return &vm->state->text;
}

static void push_part(struct vm_state *st, val_id part)
{
    st->parts = vec_grow(st->parts, sizeof *st->parts, st->nparts + 1, &st->cap_parts);
    st->parts[st->nparts++] = part;
}

static void close_literal(struct vm *vm, struct text_builder *t)
{
    struct vm_state *st = vm->state;
    if (st->text.len > t->literal)
        push_part(
            st, val_text(vm->values, st->text.p + t->literal, st->text.len - t->literal));
    t->literal = st->text.len;
}

static value too_long(struct vm *vm)
{
    return vm_fail(vm, 308, "the string is longer than 1 GiB");
}

bool text_add(struct vm *vm, struct text_builder *t, value v, bool repr)
{
    struct buf *out = &vm->state->text;
    if (value_is_str(v) && !repr) {
        buf_add(out, value_str_p(v), value_str_len(v));
    } else if (value_is_deferred(v) && !repr) {
        if (!deferred_textual(vm, v))
            return false;
        close_literal(vm, t);
        push_part(vm->state, value_deferred(v)->ir);
    } else if (!value_write(vm, v, repr, out)) {
        return false;
    }
    return out->len - t->start <= VM_STRING_MAX || too_long(vm);
}

value text_finish(struct vm *vm, struct text_builder *t)
{
    struct vm_state *st = vm->state;
    value v;
    if (st->text.len - t->start > VM_STRING_MAX) {
        v = too_long(vm);
    } else if (st->nparts == t->first_part) {
        v = value_string(vm, st->text.p + t->start, st->text.len - t->start);
    } else {
        close_literal(vm, t);
        val_id ir =
            val_join(vm->values, st->parts + t->first_part, st->nparts - t->first_part);
        v = value_deferred_new(vm, ir, (struct type){.kind = TYPE_STR}, vm_span(vm));
    }
    text_abandon(vm, t);
    return v;
}

value text_finish_bytes(struct vm *vm, struct text_builder *t)
{
    const struct buf *out = &vm->state->text;
    size_t len = out->len - t->start;
    value v = len > VM_STRING_MAX ? too_long(vm)
                                  : value_bytes(vm, len ? out->p + t->start : "", len);
    text_abandon(vm, t);
    return v;
}

void text_abandon(struct vm *vm, struct text_builder *t)
{
    vm->state->text.len = t->start;
    vm->state->nparts = t->first_part;
}

value value_to_str(struct vm *vm, value v)
{
    if (value_is_str(v))
        return v;
    struct text_builder t = text_begin(vm);
    if (!text_add(vm, &t, v, false)) {
        text_abandon(vm, &t);
        return VALUE_ERROR;
    }
    return text_finish(vm, &t);
}
