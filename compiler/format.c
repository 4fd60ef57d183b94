/* The operator % of strings, and string.format. */
#include <stdio.h>

#include "compiler/deferred.h"
#include "compiler/integer.h"
#include "compiler/table.h"
#include "compiler/text.h"
#include "compiler/vm.h"

/* ---- %
 * ---------------------------------------------------------------------------------- */

struct percent {
    struct vm *vm;
    struct text_builder text;
    value args;    /* a tuple of arguments, a mapping, or the only argument */
    uint32_t used; /* arguments taken by position */
};

static value next_argument(struct percent *p)
{
    if (value_is(p->args, VALUE_KIND_TUPLE)) {
        if (p->used < value_tuple(p->args)->n)
            return value_tuple(p->args)->v[p->used++];
    } else if (p->used++ == 0) {
        return p->args;
    }
    return vm_fail(p->vm, 309, "not enough arguments for the format string");
}

static value named_argument(struct percent *p, const char *name, size_t len)
{
    if (!value_is(p->args, VALUE_KIND_DICT))
        return vm_fail(p->vm, 309, "%%(%.*s) needs a dict on the right of %%", (int)len,
                       name);
    value v = value_dict_get(p->vm, p->args, value_string(p->vm, name, len));
    return v ? v : vm_fail(p->vm, 309, "the dict has no key \"%.*s\"", (int)len, name);
}

static bool wrong_type(struct percent *p, char conversion, value v, const char *wanted)
{
    if (value_is_deferred(v))
        vm_fail_deferred(p->vm, v, "a number or character of a format",
                         "write %s instead");
    else {
        vm_fail_at(p->vm, vm_operand_span(p->vm, v), 309, "%%%c needs %s, not %s",
                   conversion, wanted, value_type_phrase(p->vm, v));
        vm_help(p->vm, "%%s takes any value");
    }
    return false;
}

static bool convert_number(struct percent *p, char conversion, value v)
{
    struct buf *out = text_buf(p->vm);
    bool floating = strchr("eEfFgG", conversion);
    if (!value_is_int(v) && !value_is_float(v))
        return wrong_type(p, conversion, v, "a number");
    if (floating) {
        double d = value_is_float(v) ? value_float_get(v) : integer_double(v);
        text_float_as(out, d, conversion);
        return true;
    }
    if (value_is_float(v)) {
        double d = value_float_get(v);
        if (!(d - d == 0))
            return wrong_type(p, conversion, v, "a finite number");
        v = integer_from_double(p->vm, d);
    }
    size_t start = out->len;
    integer_write(p->vm, v,
                  conversion == 'o'          ? 8
                  : strchr("xX", conversion) ? 16
                                             : 10,
                  out);
    for (size_t i = start; conversion == 'X' && i < out->len; i++)
        if (out->p[i] >= 'a' && out->p[i] <= 'f')
            out->p[i] = (char)(out->p[i] - 32);
    return true;
}

static bool add_utf8(struct vm *vm, int64_t c)
{
    struct buf *out = text_buf(vm);
    if (c < 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        vm_fail(vm, 309, "%lld is not a Unicode code point", (long long)c);
        return false;
    }
    text_add_char(out, (uint32_t)c);
    return true;
}

static bool convert(struct percent *p, char conversion, value v)
{
    int64_t c;
    if (!v)
        return false;
    switch (conversion) {
    case 's': return text_add(p->vm, &p->text, v, false);
    case 'r': return text_add(p->vm, &p->text, v, true);
    case 'c':
        if (value_to_int64(v, &c))
            return add_utf8(p->vm, c);
        if (!value_is_str(v) || value_str_len(v) == 0 ||
            utf8_length(value_str_p(v), value_str_len(v)) != value_str_len(v))
            return wrong_type(p, conversion, v,
                              "an integer or a string of one character");
        return text_add(p->vm, &p->text, v, false);
    case 'd':
    case 'i':
    case 'o':
    case 'x':
    case 'X':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': return convert_number(p, conversion, v);
    default:
        vm_fail(p->vm, 309, "unknown conversion %%%c", conversion);
        vm_help(p->vm, "there are %%s %%r %%d %%i %%o %%x %%X %%e %%f %%g %%c and %%%%");
        return false;
    }
}

static bool percent(struct percent *p, const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end) {
        const char *mark = memchr(s, '%', (size_t)(end - s));
        buf_add(text_buf(p->vm), s, (size_t)((mark ? mark : end) - s));
        if (!mark)
            break;
        s = mark + 1;
        if (s < end && *s == '%') {
            buf_char(text_buf(p->vm), *s++);
            continue;
        }
        value v = VALUE_ERROR;
        bool named = s < end && *s == '(';
        if (named) {
            const char *close = memchr(s, ')', (size_t)(end - s));
            if (!close) {
                vm_fail(p->vm, 309, "the format string has a %%( without )");
                return false;
            }
            v = named_argument(p, s + 1, (size_t)(close - s - 1));
            if (!v)
                return false;
            s = close + 1;
        }
        if (s == end) {
            vm_fail(p->vm, 309, "the format string ends behind a %%");
            return false;
        }
        if (!convert(p, *s, named ? v : next_argument(p)))
            return false;
        s++;
    }
    bool mapping = value_is(p->args, VALUE_KIND_DICT) && p->used == 0;
    uint32_t given = value_is(p->args, VALUE_KIND_TUPLE) ? value_tuple(p->args)->n : 1;
    if (p->used < given && !mapping) {
        vm_fail(p->vm, 309, "too many arguments for the format string: %u of %u used",
                p->used, given);
        return false;
    }
    return true;
}

value text_percent(struct vm *vm, value format, value args)
{
    struct percent p = {.vm = vm, .text = text_begin(vm), .args = args};
    if (percent(&p, value_str_p(format), value_str_len(format)))
        return text_finish(vm, &p.text);
    text_abandon(vm, &p.text);
    return VALUE_ERROR;
}

/* ---- format
 * ------------------------------------------------------------------------------- */

struct format {
    struct vm *vm;
    struct text_builder text;
    const struct call *call;
    uint32_t next; /* argument of the next {} */
    bool automatic, numbered;
};

static value format_argument(struct format *f, const char *name, size_t len)
{
    bool number = len > 0;
    uint64_t index = 0;
    for (size_t i = 0; i < len; i++) {
        number = number && name[i] >= '0' && name[i] <= '9';
        index = index > UINT32_MAX ? index : index * 10 + (uint64_t)(name[i] - '0');
    }
    if (len == 0 || number) {
        if (len == 0)
            f->automatic = true;
        else
            f->numbered = true;
        if (f->automatic && f->numbered)
            return vm_fail(f->vm, 309, "{} and {0} cannot be mixed in one format string");
        if (len == 0)
            index = f->next++;
        if (index < f->call->nargs)
            return f->call->args[index];
        return vm_fail(f->vm, 309,
                       "the format string asks for argument %llu, but there %s %u",
                       (unsigned long long)index, f->call->nargs == 1 ? "is" : "are",
                       f->call->nargs);
    }
    for (size_t i = 0; i < len; i++)
        if (strchr(".[],{", name[i]))
            return vm_fail(f->vm, 309, "'%c' is not allowed in a replacement field",
                           name[i]);
    for (uint32_t i = 0; i < f->call->nnames; i++) {
        str_id id = f->call->names[i];
        if (intern_len(f->vm->strings, id) == len &&
            memcmp(intern_text(f->vm->strings, id), name, len) == 0)
            return f->call->args[f->call->nargs + i];
    }
    return vm_fail(f->vm, 309,
                   "the format string asks for keyword \"%.*s\", which is not given",
                   (int)len, name);
}

static bool replace_field(struct format *f, const char *s, const char *close)
{
    const char *name_end = s;
    while (name_end < close && *name_end != '!' && *name_end != ':')
        name_end++;
    bool repr = false;
    const char *p = name_end;
    if (p < close && *p == '!') {
        char conversion = p + 1 < close ? p[1] : '\0';
        if (conversion != 's' && conversion != 'r') {
            vm_fail(f->vm, 309, "unknown conversion !%c: there are !s and !r",
                    conversion ? conversion : ' ');
            return false;
        }
        repr = conversion == 'r';
        p += 2;
    }
    if (p < close) {
        vm_fail(f->vm, 309, "format specifications such as \"%.*s\" are not supported",
                (int)(close - p), p);
        vm_help(f->vm, "use the %% operator, which has %%d %%x %%f and others");
        return false;
    }
    value v = format_argument(f, s, (size_t)(name_end - s));
    return v && text_add(f->vm, &f->text, v, repr);
}

static bool format(struct format *f, const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end) {
        const char *p = s;
        while (p < end && *p != '{' && *p != '}')
            p++;
        buf_add(text_buf(f->vm), s, (size_t)(p - s));
        if (p == end)
            break;
        if (p + 1 < end && p[1] == *p) {
            buf_char(text_buf(f->vm), *p);
            s = p + 2;
            continue;
        }
        const char *close = *p == '{' ? memchr(p, '}', (size_t)(end - p)) : NULL;
        if (!close) {
            vm_fail(f->vm, 309, "the format string has a single '%c'", *p);
            vm_help(f->vm, "a literal brace is written twice: {{ or }}");
            return false;
        }
        if (!replace_field(f, p + 1, close))
            return false;
        s = close + 1;
    }
    return true;
}

value text_format(struct vm *vm, value self, const struct call *call)
{
    struct format f = {.vm = vm, .text = text_begin(vm), .call = call};
    if (format(&f, value_str_p(self), value_str_len(self)))
        return text_finish(vm, &f.text);
    text_abandon(vm, &f.text);
    return VALUE_ERROR;
}
