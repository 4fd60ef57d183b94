/* Reads words, strings, references and values of .dvir text. Every function that wants
 * something either takes it or queues an error and answers false. */
#include "ir/text_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_LIMIT = 200 };

struct span text_span(const struct text_reader *r, const char *from)
{
    return (struct span){r->file, (uint32_t)(from - r->begin),
                         (uint32_t)(r->at - r->begin)};
}

/* Queues an error about the text between `from` and where the reader is. Always false. */
bool text_fail(struct text_reader *r, unsigned code, const char *from,
               const char *message)
{
    struct span at = text_span(r, from);
    if (at.end <= at.begin)
        at.end = at.begin + (from < r->end);
    diag_error(r->d, code, at, "%s", message);
    return false;
}

bool text_expected(struct text_reader *r, const char *what)
{
    struct span at = text_span(r, r->at);
    at.end += r->at < r->end;
    diag_error(r->d, 620, at, "%s expected", what);
    return false;
}

void text_blanks(struct text_reader *r)
{
    while (r->at < r->end && *r->at == ' ')
        r->at++;
}

bool text_accept(struct text_reader *r, char c)
{
    text_blanks(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

bool text_want(struct text_reader *r, char c)
{
    const char what[] = {'\'', c, '\'', '\0'};
    return text_accept(r, c) || text_expected(r, what);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_';
}

/* A word of letters, digits and '_', with dots if `dots`; NULL if there is none. */
const char *text_word(struct text_reader *r, bool dots, size_t *len)
{
    text_blanks(r);
    const char *start = r->at;
    while (r->at < r->end && (is_word(*r->at) || (dots && *r->at == '.')))
        r->at++;
    *len = (size_t)(r->at - start);
    return *len ? start : NULL;
}

bool text_word_is(const char *word, size_t len, const char *text)
{
    return word && strlen(text) == len && !memcmp(word, text, len);
}

bool text_want_word(struct text_reader *r, const char *text)
{
    size_t len;
    const char *back = r->at;
    const char *word = text_word(r, false, &len);
    if (text_word_is(word, len, text))
        return true;
    r->at = back;
    text_blanks(r);
    return text_expected(r, text);
}

bool text_number(struct text_reader *r, uint32_t most, uint32_t *out)
{
    size_t len;
    const char *word = text_word(r, false, &len);
    uint64_t n = 0;
    if (!word)
        return text_expected(r, "a number");
    for (size_t i = 0; i < len; i++) {
        if (word[i] < '0' || word[i] > '9')
            return text_fail(r, 620, word, "a number expected");
        n = n * 10 + (uint64_t)(word[i] - '0');
        if (n > most)
            return text_fail(r, 620, word, "the number is too large here");
    }
    *out = (uint32_t)n;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_escape(struct text_reader *r, struct buf *text)
{
    const char *start = r->at - 1;
    char c = r->at < r->end ? *r->at++ : '\0';
    if (c == 'n') {
        buf_char(text, '\n');
    } else if (c == 't') {
        buf_char(text, '\t');
    } else if (c == '"' || c == '\\') {
        buf_char(text, c);
    } else if (c == 'x' && r->end - r->at >= 2 && hex_digit(r->at[0]) >= 0 &&
               hex_digit(r->at[1]) >= 0) {
        buf_char(text, (char)(hex_digit(r->at[0]) * 16 + hex_digit(r->at[1])));
        r->at += 2;
    } else {
        return text_fail(r, 620, start, "unknown escape");
    }
    return true;
}

bool text_string(struct text_reader *r, str_id *out)
{
    if (!text_accept(r, '"'))
        return text_expected(r, "a string");
    const char *start = r->at - 1;
    struct buf text = {0};
    bool good = true;
    for (;;) {
        const char *run = r->at;
        while (r->at < r->end && *r->at != '"' && *r->at != '\\' && *r->at != '\n')
            r->at++;
        buf_add(&text, run, (size_t)(r->at - run));
        char c = r->at < r->end ? *r->at : '\n';
        if (c == '\n')
            good = text_fail(r, 620, start, "the string does not end on its line");
        else
            r->at++;
        if (c != '\\')
            break;
        good = take_escape(r, &text);
        if (!good)
            break;
    }
    if (good)
        *out = intern(r->g->strings, buf_text(&text), text.len);
    buf_free(&text);
    return good;
}

bool text_end(struct text_reader *r)
{
    text_blanks(r);
    if (r->at < r->end && *r->at != '\n')
        return text_expected(r, "the end of the line");
    r->at += r->at < r->end;
    return true;
}

/* %NUMBER, or %ADDRESS of an op above. */
bool text_op(struct text_reader *r, op_id *out)
{
    if (!text_want(r, '%'))
        return false;
    const char *start = r->at - 1;
    if (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        if (!text_number(r, UINT32_MAX - 1, out))
            return false;
        if (*out == 0)
            return text_fail(r, 625, start, "ops are numbered from 1");
        if (*out > r->farthest) {
            r->farthest = *out;
            r->farthest_at = text_span(r, start);
        }
        return true;
    }
    while (r->at < r->end && is_word(*r->at))
        r->at++;
    while (r->at < r->end &&
           *r->at == '[') { /* a position; the reference may stand in a list */
        do
            r->at++;
        while (r->at < r->end && *r->at >= '0' && *r->at <= '9');
        if (r->at == r->end || *r->at++ != ']')
            return text_fail(r, 620, start, "a position in brackets expected");
    }
    str_id address = intern(r->g->strings, start + 1, (size_t)(r->at - start - 1));
    *out = map64_get(&r->addresses, address);
    return *out || text_fail(r, 625, start, "no op above has this address");
}

/* Values up to `close`, as items of the sequence that starts at stack[from]. */
static bool want_items(struct text_reader *r, char close)
{
    if (text_accept(r, close))
        return true;
    do {
        val_id item;
        if (!text_value(r, &item))
            return false;
        *vec_push(&r->stack) = item;
    } while (text_accept(r, ','));
    return text_want(r, close);
}

static val_id close_sequence(struct text_reader *r, enum ir_kind kind, unsigned sub,
                             size_t from)
{
    size_t n = r->stack.n - from;
    r->stack.n = from;
    return val_seq(&r->g->values, kind, sub, r->stack.v + from,
                   kind == IR_DICT ? n / 2 : n);
}

static bool want_dict(struct text_reader *r, val_id *out)
{
    size_t from = r->stack.n;
    if (!text_accept(r, '}')) {
        do {
            str_id key;
            val_id v;
            if (!text_string(r, &key) || !text_want(r, ':') || !text_value(r, &v))
                return false;
            *vec_push(&r->stack) = val_str(&r->g->values, key);
            *vec_push(&r->stack) = v;
        } while (text_accept(r, ','));
        if (!text_want(r, '}'))
            return false;
    }
    *out = close_sequence(r, IR_DICT, 0, from);
    return true;
}

/* %op, %op.field or %op.field(argument), then '!' if secret. */
static bool want_reference(struct text_reader *r, val_id *out)
{
    struct values *values = &r->g->values;
    size_t len;
    op_id op;
    if (!text_op(r, &op))
        return false;
    if (r->at == r->end || *r->at != '.') {
        *out = val_handle(values, op);
        return true;
    }
    r->at++;
    const char *field = text_word(r, false, &len);
    if (!field)
        return text_expected(r, "a field");
    *out = val_ref(values, op, intern(r->g->strings, field, len));
    if (r->at < r->end && *r->at == '(') {
        size_t from = r->stack.n;
        r->at++;
        *vec_push(&r->stack) = *out;
        if (!want_items(r, ')'))
            return false;
        if (r->stack.n - from != 2)
            return text_fail(r, 620, field, "a field takes one argument");
        *out = close_sequence(r, IR_GET, 0, from);
    }
    if (r->at < r->end && *r->at == '!') {
        r->at++;
        val_taint(values, *out);
    }
    return true;
}

/* text(...), secret("..."), eq(a, b) ... */
static bool want_call(struct text_reader *r, const char *word, size_t len, val_id *out)
{
    size_t from = r->stack.n;
    if (!text_want(r, '('))
        return false;
    if (text_word_is(word, len, "secret")) {
        str_id path;
        if (!text_string(r, &path) || !text_want(r, ')'))
            return false;
        *out = val_secret(&r->g->values, path);
        return true;
    }
    if (!want_items(r, ')'))
        return false;
    size_t n = r->stack.n - from;
    if (text_word_is(word, len, "text")) {
        *out = close_sequence(r, IR_TEXT, 0, from);
        return true;
    }
    for (unsigned c = 0; c < TEXT_CONDITIONS; c++) {
        if (!text_word_is(word, len, text_conditions[c]))
            continue;
        bool one = c == IR_COND_TRUE || c == IR_COND_NOT;
        if (c < IR_COND_ALL && n != (one ? 1 : 2))
            return text_fail(r, 620, word, "wrong number of operands");
        *out = close_sequence(r, IR_COND, c, from);
        return true;
    }
    return text_fail(r, 620, word, "unknown kind of value");
}

static bool want_literal_number(struct text_reader *r, val_id *out)
{
    const char *start = r->at;
    char text[64];
    while (r->at < r->end && (is_word(*r->at) || strchr("+-.", *r->at)) && *r->at)
        r->at++;
    size_t len = (size_t)(r->at - start);
    if (len == 0 || len >= sizeof text)
        return text_fail(r, 620, start, "a value expected");
    memcpy(text, start, len);
    text[len] = '\0';
    char *stop;
    errno = 0;
    if (strspn(text, "-0123456789") == len) {
        long long i = strtoll(text, &stop, 10);
        *out = val_int(&r->g->values, i);
    } else {
        double f = strtod(text, &stop);
        errno = 0; /* what is beyond the range is infinite or zero, as printed */
        *out = val_float(&r->g->values, f);
    }
    return (!*stop && !errno) || text_fail(r, 620, start, "a value expected");
}

static bool want_plain(struct text_reader *r, val_id *out)
{
    text_blanks(r);
    const char *start = r->at;
    char c = r->at < r->end ? *r->at : '\0';
    size_t len;
    if (c == '"') {
        str_id s;
        if (!text_string(r, &s))
            return false;
        *out = val_str(&r->g->values, s);
        return true;
    }
    if (c == '%')
        return want_reference(r, out);
    if (c == '{')
        return r->at++, want_dict(r, out);
    if (c == '[') {
        size_t from = r->stack.n;
        r->at++;
        if (!want_items(r, ']'))
            return false;
        *out = close_sequence(r, IR_LIST, 0, from);
        return true;
    }
    const char *word = text_word(r, false, &len);
    if (word && r->at < r->end && *r->at == '(')
        return want_call(r, word, len, out);
    *out = text_word_is(word, len, "None")    ? VAL_NONE
           : text_word_is(word, len, "True")  ? VAL_TRUE
           : text_word_is(word, len, "False") ? VAL_FALSE
                                              : VAL_ABSENT;
    if (*out)
        return true;
    r->at = start;
    return want_literal_number(r, out);
}

bool text_value(struct text_reader *r, val_id *out)
{
    if (++r->depth > NESTING_LIMIT)
        return text_fail(r, 620, r->at, "values are nested too deeply");
    bool good = want_plain(r, out);
    r->depth--;
    return good;
}
