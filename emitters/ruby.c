/* Streams Ruby. Brackets are written onto one line first; closed, they are broken into
 * one line per item if they hold a line break or do not fit. */
#include "emitters/ruby.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"

#define BLOCK_BEGIN " do\n"

enum { RUBY_WIDTH = 100 };

static const struct {
    const char *open, *close;               /* on one line */
    const char *broken_open, *broken_close; /* the items on lines of their own */
    bool comma;                             /* behind the last of these */
} brackets[] = {
    [RUBY_ARRAY] = {"[", "]", "[", "]", true},
    [RUBY_HASH] = {"{ ", " }", "{", "}", true},
    [RUBY_ARGUMENTS] = {"(", ")", "(", ")", false},
    [RUBY_LAZY] = {"lazy { ", " }", "lazy {", "}", false},
};

void ruby_begin(struct ruby *r, struct buf *out)
{
    size_t *items = r->items.v;
    size_t cap = r->items.cap;
    *r = (struct ruby){.out = out, .line = 1, .counted = out->len};
    r->items.v = items;
    r->items.cap = cap;
}

void ruby_free(struct ruby *r)
{
    free(r->items.v);
    *r = (struct ruby){0};
}

bool ruby_is_word(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool letter =
            (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_';
        if (!letter && !(i && s[i] >= '0' && s[i] <= '9'))
            return false;
    }
    return len > 0;
}

/* ---- lines ------------------------------------------------------------------------ */

uint32_t ruby_next_line(struct ruby *r)
{
    for (; r->counted < r->out->len; r->counted++)
        r->line += r->out->p[r->counted] == '\n';
    return r->line;
}

/* In a comment these would turn checks of linters off. */
static const char *const directives[] = {"rubocop", "cookstyle"};

void ruby_comment(struct ruby *r, const char *s, size_t len)
{
    buf_blanks(r->out, (size_t)r->indent);
    buf_char(r->out, '#');
    if (len) {
        size_t begin = r->out->len + 1;
        buf_char(r->out, ' ');
        buf_display(r->out, s, len);
        for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
            for (char *p = r->out->p + begin; (p = strstr(p, directives[i]));)
                *p = '?';
    }
    buf_char(r->out, '\n');
}

void ruby_blank(struct ruby *r)
{
    buf_char(r->out, '\n');
}

void ruby_statement(struct ruby *r, const char *word)
{
    r->start = r->out->len;
    buf_blanks(r->out, (size_t)r->indent);
    buf_str(r->out, word);
    buf_char(r->out, ' ');
}

void ruby_statement_end(struct ruby *r)
{
    if (r->depth)
        die("a bracket of a Ruby statement was not closed");
    buf_char(r->out, '\n');
}

void ruby_block_end(struct ruby *r)
{
    r->indent -= 2;
    if (r->out->len == r->block) { /* a block with nothing in it is none */
        r->out->len -= strlen(BLOCK_BEGIN);
        buf_char(r->out, '\n');
        return;
    }
    buf_blanks(r->out, (size_t)r->indent);
    buf_str(r->out, "end\n");
}

/* ---- text ------------------------------------------------------------------------- */

/* A text as the sum of literals: what is fixed and ours in double quotes, all else in
 * single quotes. */
struct literal {
    struct buf *out;
    char quote; /* of the literal that is open, or 0 */
    unsigned n;
};

static void literal_close(struct literal *l)
{
    if (l->quote)
        buf_char(l->out, l->quote);
    l->quote = 0;
}

static void literal_open(struct literal *l, char quote)
{
    if (l->quote == quote)
        return;
    literal_close(l);
    if (l->n++)
        buf_str(l->out, " + ");
    buf_char(l->out, quote);
    l->quote = quote;
}

/* The bytes at the beginning that stand in single quotes as they are, whatever is around
 * them: nearly all of most texts. */
static size_t plain_length(const char *s, size_t len)
{
    static const bool plain[256] = {[' ' ... '&'] = true,
                                    ['(' ... '['] = true,
                                    [']' ... 'z'] = true,
                                    ['|' ... '~'] = true};
    size_t n = 0;
    while (n < len && plain[(unsigned char)s[n]])
        n++;
    return n;
}

/* Ruby reads CR LF as LF even inside quotes, reviewers do not see what does not print,
 * and blanks before a line's end get lost: all these are escapes. The last line break is
 * one too, so that quotes do not end on a line of their own. */
static void literal_write(struct literal *l, const char *s, size_t len, bool one_line)
{
    for (size_t i = 0; i < len;) {
        size_t plain = plain_length(s + i, len - i);
        if (plain) {
            literal_open(l, '\'');
            buf_add(l->out, s + i, plain);
            i += plain;
            continue;
        }
        uint32_t c;
        size_t n = utf8_decode(s + i, len - i, &c);
        bool blank_before = i && (s[i - 1] == ' ' || s[i - 1] == '\t');
        bool last = i + n == len;
        if (c == '\n' && (one_line || blank_before || last || l->quote == '"')) {
            literal_open(l, '"');
            buf_str(l->out, "\\n");
        } else if (c == '\r') {
            literal_open(l, '"');
            buf_str(l->out, "\\r");
        } else if (c == '\t' && one_line) {
            literal_open(l, '"');
            buf_str(l->out, "\\t");
        } else if (c != '\n' && c != '\t' && !utf8_printable(c)) {
            literal_open(l, '"');
            buf_printf(l->out, "\\u{%x}", (unsigned)c);
        } else {
            /* To linters "#{" in single quotes is a slip. */
            if (c == '{' && i && s[i - 1] == '#')
                literal_close(l);
            literal_open(l, '\'');
            if (c == '\\' || c == '\'')
                buf_char(l->out, '\\');
            buf_add(l->out, s + i, n);
        }
        i += n;
    }
    if (!l->n)
        literal_open(l, '\'');
    literal_close(l);
}

static void text_write(struct ruby *r, const char *s, size_t len, bool one_line,
                       bool operand)
{
    size_t begin = r->out->len;
    struct literal l = {.out = r->out};
    if (operand)
        buf_char(r->out, '(');
    literal_write(&l, s, len, one_line);
    if (operand && l.n > 1)
        buf_char(r->out, ')');
    else if (operand)
        memmove(r->out->p + begin, r->out->p + begin + 1, r->out->len-- - begin);
}

void ruby_text(struct ruby *r, const char *s, size_t len, bool operand)
{
    text_write(r, s, len, false, operand);
}

void ruby_block(struct ruby *r, const char *word, const char *name, size_t len)
{
    ruby_statement(r, word);
    text_write(r, name, len, true, false);
    ruby_block_begin(r);
}

void ruby_block_begin(struct ruby *r)
{
    buf_str(r->out, BLOCK_BEGIN);
    r->indent += 2;
    r->block = r->out->len;
}

/* ---- brackets --------------------------------------------------------------------- */

static struct ruby_level *ruby_top(struct ruby *r)
{
    if (!r->depth)
        die("an item of a Ruby value that is not open");
    return &r->levels[r->depth - 1];
}

void ruby_open(struct ruby *r, enum ruby_bracket kind)
{
    if (r->depth == RUBY_DEPTH)
        die("Ruby nested deeper than %d", RUBY_DEPTH);
    if (kind == RUBY_ARGUMENTS) /* they follow their method directly */
        r->out->len -= r->out->len && r->out->p[r->out->len - 1] == ' ';
    r->levels[r->depth++] = (struct ruby_level){kind, r->out->len, r->items.n};
    buf_str(r->out, brackets[kind].open);
    if (kind == RUBY_LAZY)
        ruby_item(r);
}

void ruby_item(struct ruby *r)
{
    if (r->items.n > ruby_top(r)->first)
        buf_str(r->out, ", ");
    *vec_push(&r->items) = r->out->len;
}

void ruby_key(struct ruby *r, const char *key, size_t len)
{
    ruby_item(r);
    ruby_text(r, key, len, false);
    buf_str(r->out, " => ");
}

void ruby_name(struct ruby *r, const char *name)
{
    ruby_item(r);
    buf_str(r->out, name);
    buf_str(r->out, ": ");
}

/* The end of item `i` of the innermost level: where the ", " behind it begins. */
static size_t item_end(const struct ruby *r, size_t i)
{
    return i + 1 < r->items.n ? r->items.v[i + 1] - 2 : r->out->len;
}

/* Whether an item is one literal with nothing in it that means something in %w(). */
static bool item_is_word(const struct ruby *r, size_t i)
{
    const char *p = r->out->p + r->items.v[i], *end = r->out->p + item_end(r, i);
    if (end - p < 3 || *p != '\'' || end[-1] != '\'')
        return false;
    for (p++; p < end - 1; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
              (*p >= '0' && *p <= '9') || strchr("_./:,+@=-", *p)))
            return false;
    return true;
}

/* An array of words as %w(...). False if it is none. */
static bool close_words(struct ruby *r, const struct ruby_level *l)
{
    if (l->kind != RUBY_ARRAY || r->items.n - l->first < 2)
        return false;
    for (size_t i = l->first; i < r->items.n; i++)
        if (!item_is_word(r, i))
            return false;
    struct buf words = {0};
    buf_str(&words, "%w(");
    for (size_t i = l->first; i < r->items.n; i++) {
        if (i > l->first)
            buf_char(&words, ' ');
        size_t begin = r->items.v[i] + 1;
        buf_add(&words, r->out->p + begin, item_end(r, i) - 1 - begin);
    }
    buf_char(&words, ')');
    r->out->len = l->begin;
    buf_add(r->out, words.p, words.len);
    buf_free(&words);
    return true;
}

/* Writes the items again, each on a line of its own. */
static void close_broken(struct ruby *r, const struct ruby_level *l)
{
    struct buf text = {0};
    size_t indent = (size_t)r->indent + 2 * r->depth;
    buf_str(&text, brackets[l->kind].broken_open);
    for (size_t i = l->first; i < r->items.n; i++) {
        buf_char(&text, '\n');
        buf_blanks(&text, indent);
        buf_add(&text, r->out->p + r->items.v[i], item_end(r, i) - r->items.v[i]);
        if (i + 1 < r->items.n || brackets[l->kind].comma)
            buf_char(&text, ',');
    }
    buf_char(&text, '\n');
    buf_blanks(&text, indent - 2);
    buf_str(&text, brackets[l->kind].broken_close);
    r->out->len = l->begin;
    buf_add(r->out, text.p, text.len);
    buf_free(&text);
}

void ruby_close(struct ruby *r)
{
    const struct ruby_level *l = ruby_top(r);
    const char *text = r->out->p + l->begin;
    size_t len = r->out->len - l->begin;
    /* What is inside another bracket may still move to a line of its own. */
    size_t column = r->depth > 1 ? (size_t)r->indent + 2 * (r->depth - 1) + l->begin -
                                       r->items.v[l->first - 1]
                                 : l->begin - r->start;
    if (r->items.n == l->first) { /* nothing in it: no blanks either */
        r->out->len = l->begin;
        buf_str(r->out, l->kind == RUBY_ARRAY ? "[]" : "{}");
    } else if (memchr(text, '\n', len) || column + len > RUBY_WIDTH) {
        close_broken(r, l);
    } else if (!close_words(r, l)) {
        buf_str(r->out, brackets[l->kind].close);
    }
    r->items.n = l->first;
    r->depth--;
}

/* ---- scalars ---------------------------------------------------------------------- */

void ruby_int(struct ruby *r, int64_t i)
{
    buf_int(r->out, i);
}

void ruby_float(struct ruby *r, double f)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", f);
    buf_str(r->out, text);
    /* 1e+20 is a number of Ruby's, 1 would be another kind of one. */
    if (!strpbrk(text, ".en"))
        buf_str(r->out, ".0");
}

void ruby_bool(struct ruby *r, bool b)
{
    buf_str(r->out, b ? "true" : "false");
}

void ruby_nil(struct ruby *r)
{
    buf_str(r->out, "nil");
}

void ruby_symbol(struct ruby *r, const char *name, size_t len)
{
    if (!ruby_is_word(name, len))
        die("not a symbol of Ruby");
    buf_char(r->out, ':');
    buf_add(r->out, name, len);
}

void ruby_code(struct ruby *r, const char *code)
{
    buf_str(r->out, code);
}
