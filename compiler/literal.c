/* Values of literals: decodes strings with their escapes, integers of any size and
 * floats. */
#include <stdlib.h>
#include <string.h>

#include "compiler/parser.h"

/* What one escape may do, and where it stands for messages. */
struct decoder {
    struct parser *p;
    const char *s, *end; /* still to be read */
    const char *begin;
    uint32_t at; /* offset of `begin` in the source */
    unsigned flags;
    char *out;
};

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static struct diag *escape_error(struct decoder *d, const char *from, const char *to,
                                 const char *message)
{
    uint32_t begin = d->at + (uint32_t)(from - d->begin);
    struct span at = {d->p->file, begin, begin + (uint32_t)(to - from)};
    return parser_error(d->p, SYNTAX_ESCAPE, at, "%s", message);
}

static void put_utf8(struct decoder *d, uint32_t c)
{
    if (c < 0x80) {
        *d->out++ = (char)c;
    } else if (c < 0x800) {
        *d->out++ = (char)(0xc0 | c >> 6);
        *d->out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *d->out++ = (char)(0xe0 | c >> 12);
        *d->out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *d->out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *d->out++ = (char)(0xf0 | c >> 18);
        *d->out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *d->out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *d->out++ = (char)(0x80 | (c & 0x3f));
    }
}

/* Reads up to `max` digits of the base; returns how many there were. */
static int read_digits(struct decoder *d, int max, int base, uint32_t *value)
{
    int n = 0;
    *value = 0;
    while (n < max && d->s < d->end && digit_value(*d->s) < base) {
        *value = *value * (uint32_t)base + (uint32_t)digit_value(*d->s++);
        n++;
    }
    return n;
}

/* One element by number: any byte in bytes, ASCII in strings. */
static void put_element(struct decoder *d, const char *from, uint32_t value)
{
    if (d->flags & LITERAL_BYTES) {
        if (value > 0xff)
            escape_error(d, from, d->s,
                         "this escape is greater than \\377, the largest byte");
        *d->out++ = (char)value;
        return;
    }
    if (value > 0x7f) {
        struct diag *g = escape_error(
            d, from, d->s, "this escape is greater than \\x7f and no character");
        diag_help(d->p->diags, g, "write \\u%04x for the character U+%04X", value, value);
    }
    *d->out++ = (char)(value & 0x7f);
}

static void decode_escape(struct decoder *d)
{
    static const char plain[] = "abfnrtv\\'\"";
    static const char means[] = "\a\b\f\n\r\t\v\\'\"";
    const char *from = d->s - 1; /* the backslash */
    uint32_t value;
    char c = d->s < d->end ? *d->s++ : 0;
    const char *known = c ? strchr(plain, c) : NULL;
    if (known) {
        *d->out++ = means[known - plain];
    } else if (c == '\n' || c == '\r') {
        d->s += c == '\r'; /* its newline */
    } else if (c >= '0' && c <= '7') {
        d->s--;
        read_digits(d, 3, 8, &value);
        put_element(d, from, value);
    } else if (c == 'x') {
        if (read_digits(d, 2, 16, &value) < 2)
            escape_error(d, from, d->s, "\\x needs two hexadecimal digits");
        else
            put_element(d, from, value);
    } else if (c == 'u' || c == 'U') {
        int width = c == 'u' ? 4 : 8;
        if (read_digits(d, width, 16, &value) < width)
            escape_error(d, from, d->s,
                         c == 'u' ? "\\u needs four hexadecimal digits"
                                  : "\\U needs eight hexadecimal digits");
        else if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
            escape_error(d, from, d->s, "this escape is no Unicode character");
        else
            put_utf8(d, value);
    } else {
        size_t n = c ? utf8_length(d->s - 1, (size_t)(d->end - d->s) + 1) : 0;
        if (n > 1)
            d->s += n - 1;
        struct diag *g = escape_error(d, from, d->s, "there is no such escape");
        diag_help(d->p->diags, g,
                  "write '\\\\' for a backslash, or put r before the string");
    }
}

struct text literal_text(struct parser *p, const char *s, size_t len, uint32_t at,
                         unsigned flags)
{
    bool plain = !memchr(s, '\\', len) && !memchr(s, '\r', len);
    if (plain && !(flags & (LITERAL_FSTRING | LITERAL_BYTES)))
        return (struct text){arena_strndup(p->arena, s, len), len};
    char *copy = arena_alloc(p->arena, len + 1);
    struct decoder d = {p, s, s + len, s, at, flags, copy};
    while (d.s < d.end) {
        char c = *d.s++;
        if (c == '\\' && flags & LITERAL_RAW) {
            *d.out++ = c;
            if (d.s < d.end && *d.s != '\r' && *d.s != '{' && *d.s != '}')
                *d.out++ = *d.s++;
        } else if (c == '\\') {
            decode_escape(&d);
        } else if (c == '\r') {
            continue; /* its newline follows */
        } else if (flags & LITERAL_FSTRING && (c == '{' || c == '}')) {
            *d.out++ = c;
            d.s++; /* always doubled here */
        } else {
            if (flags & LITERAL_BYTES && (unsigned char)c >= 0x80) {
                size_t n = utf8_length(d.s - 1, (size_t)(d.end - d.s) + 1);
                uint32_t begin = at + (uint32_t)(d.s - 1 - s);
                struct diag *g =
                    parser_error(p, SYNTAX_BYTES_ASCII,
                                 (struct span){p->file, begin, begin + (uint32_t)n},
                                 "bytes literals are ASCII");
                diag_help(p->diags, g, "write the character as \\u or its bytes as \\x");
                d.s += n - 1;
            }
            *d.out++ = c;
        }
    }
    *d.out = 0;
    return (struct text){copy, (size_t)(d.out - copy)};
}

static struct expr *make_number(struct parser *p, enum expr_kind kind, struct span at)
{
    struct expr *e = arena_new(p->arena, struct expr);
    e->kind = (uint8_t)kind;
    e->depth = 1;
    e->span = at;
    return e;
}

struct expr *literal_integer(struct parser *p, const char *s, size_t len, struct span at)
{
    const char *end = s + len;
    int base = 10;
    if (len > 2 && s[0] == '0') {
        char c = (char)(s[1] | 0x20);
        base = c == 'x' ? 16 : c == 'o' ? 8 : 2;
        s += 2;
    }
    while (s + 1 < end && *s == '0')
        s++;
    if (end - s > INTEGER_DIGITS_MAX) {
        parser_error(p, SYNTAX_NUMBER, at,
                     "a number of %zu digits: at most %d are allowed", (size_t)(end - s),
                     INTEGER_DIGITS_MAX);
        end = s + 1;
    }

    int64_t value = 0;
    bool fits = true;
    for (const char *c = s; c < end && fits; c++)
        fits = !__builtin_mul_overflow(value, base, &value) &&
               !__builtin_add_overflow(value, digit_value(*c), &value);
    struct expr *e = make_number(p, fits ? EXPR_INT : EXPR_BIGINT, at);
    if (fits) {
        e->integer = value;
        return e;
    }
    char *digits = arena_strndup(p->arena, s, (size_t)(end - s));
    for (char *c = digits; *c; c++)
        if (*c >= 'A' && *c <= 'F')
            *c |= 0x20;
    e->big.digits = digits;
    e->big.len = (uint32_t)(end - s);
    e->big.base = (uint32_t)base;
    return e;
}

/* The process stays in the C locale for numbers, so strtod() reads a point. */
struct expr *literal_float(struct parser *p, const char *s, size_t len, struct span at)
{
    char small[64];
    char *text = len < sizeof small ? small : arena_alloc(p->arena, len + 1);
    memcpy(text, s, len);
    text[len] = 0;
    struct expr *e = make_number(p, EXPR_FLOAT, at);
    e->real = strtod(text, NULL);
    if (e->real > __DBL_MAX__) {
        parser_error(p, SYNTAX_FLOAT_RANGE, at, "this number is too large for a float");
        e->real = 0;
    }
    return e;
}
