/* From tokens and the gaps between them to lines, comments and literals in house style.
 */
#include "compiler/fmt_text.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/parse.tab.h"
#include "ir/base/buf.h"

struct reader {
    struct fmt_text *t;
    const struct source *source;
    struct arena *arena;
    uint32_t at;      /* behind the last token */
    bool line_begins; /* there, nothing stands before on its line */
    uint32_t depth, headers;
    uint32_t first;  /* token of the line being read */
    uint32_t column; /* of the first statement on the source's line */
};

/* ---- literals ---- */

/* How many quotes of this kind the literal holds, escaped or not. */
static size_t count_quotes(const char *s, size_t len, char quote)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += s[i] == quote;
    return n;
}

/* The inside of a plain literal for another quote: only that one is escaped. */
static void requote(struct buf *out, const char *s, size_t len, char quote)
{
    for (size_t i = 0; i < len; i++) {
        bool escaped = s[i] == '\\' && i + 1 < len;
        char c = s[escaped ? i + 1 : i];
        if (c == '"' || c == '\'') {
            if (c == quote)
                buf_char(out, '\\');
        } else if (escaped) {
            buf_char(out, '\\');
        }
        buf_char(out, c);
        i += escaped;
    }
}

/* Line ends become line feeds: to the scanner they are the same. */
static void add_lines(struct buf *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] != '\r')
            buf_char(out, s[i]);
}

struct text fmt_string(const char *s, size_t len, struct arena *arena)
{
    size_t prefix = strcspn(s, "\"'");
    bool is_long =
        len - prefix >= 6 && s[prefix] == s[prefix + 1] && s[prefix] == s[prefix + 2];
    size_t quotes = is_long ? 3 : 1;
    size_t inside = len - prefix - 2 * quotes;
    struct buf body = {0};
    add_lines(&body, s + prefix + quotes, inside);
    size_t doubles = count_quotes(buf_text(&body), body.len, '"');
    size_t singles = count_quotes(buf_text(&body), body.len, '\'');
    bool plain = !is_long && !memchr(s, 'r', prefix) && !memchr(s, 'f', prefix);
    char quote = s[prefix];

    struct buf out = {0};
    buf_add(&out, s, prefix);
    if (plain)
        quote = doubles > singles ? '\'' : '"';
    else if (doubles + singles == 0)
        quote = '"';
    for (size_t i = 0; i < quotes; i++)
        buf_char(&out, quote);
    if (plain)
        requote(&out, buf_text(&body), body.len, quote);
    else
        buf_add(&out, buf_text(&body), body.len);
    for (size_t i = 0; i < quotes; i++)
        buf_char(&out, quote);
    struct text text = {arena_strndup(arena, out.p, out.len), out.len};
    buf_free(&body);
    buf_free(&out);
    return text;
}

/* ---- gaps ---- */

static uint32_t column_of(const struct source *source, uint32_t offset)
{
    uint32_t begin = offset, column = 0;
    while (begin > 0 && source->text[begin - 1] != '\n')
        begin--;
    for (; begin < offset; begin++)
        column = source->text[begin] == '\t' ? column / 8 * 8 + 8 : column + 1;
    return column;
}

static uint32_t read_comment(struct reader *r, uint32_t at, uint32_t blanks)
{
    const char *s = r->source->text;
    uint32_t end = at + (uint32_t)strcspn(s + at, "\r\n");
    uint32_t len = end - at;
    while (s[at + len - 1] == ' ' || s[at + len - 1] == '\t')
        len--;
    *vec_push(&r->t->comments) = (struct fmt_comment){
        .text = s + at,
        .len = len,
        .column = column_of(r->source, at),
        .blanks = blanks,
        .trailing = !r->line_begins,
    };
    return end;
}

/* What stands before the token that begins at `end`. */
static void read_gap(struct reader *r, uint32_t end, struct fmt_token *token)
{
    const char *s = r->source->text;
    token->comments = (uint32_t)r->t->comments.n;
    while (r->at < end) {
        if (s[r->at] == '#') {
            r->at = read_comment(r, r->at, token->blanks);
            token->blanks = 0;
            r->line_begins = false;
            continue;
        }
        if (s[r->at] == '\\')
            token->backslash = true;
        if (s[r->at] == '\n') {
            token->newline = true;
            token->blanks += r->line_begins;
            r->line_begins = true;
        }
        r->at++;
    }
    token->ncomments = (uint32_t)r->t->comments.n - token->comments;
}

/* ---- lines ---- */

static void measure(struct fmt_token *token)
{
    uint32_t column = 0;
    bool first = true;
    for (uint32_t i = 0; i < token->len; i++) {
        unsigned char c = (unsigned char)token->text[i];
        if (c == '\n') {
            if (first)
                token->first = column;
            first = false;
            token->lines++;
            column = 0;
        } else if ((c & 0xc0) != 0x80) {
            column++;
        }
    }
    token->last = column;
    if (first)
        token->first = column;
}

static void end_line(struct reader *r)
{
    uint32_t end = (uint32_t)r->t->tokens.n - 1, first = r->first;
    struct fmt_line *line = vec_push(&r->t->lines);
    *line = (struct fmt_line){first, end, r->depth + r->headers, r->column + r->headers};
    r->first = end + 1;
    fmt_brackets(r->t, line);
    for (uint32_t i = first; i < end; i++) {
        struct fmt_token *string = &r->t->tokens.v[i];
        if (string->kind == TOK_STRING || string->kind == TOK_BYTES) {
            struct text text = fmt_string(string->text, string->len, r->arena);
            string->text = text.p;
            string->len = (uint32_t)text.len;
        }
        measure(string);
    }
}

/* A statement ends where no line ends: the next one gets a line of its own. */
static void split_line(struct reader *r)
{
    *vec_push(&r->t->tokens) = (struct fmt_token){.kind = TOK_NEWLINE};
    end_line(r);
}

/* The token behind v[i], with an f-string taken as one token. */
static size_t token_end(const struct token_list *tokens, size_t i)
{
    if (tokens->v[i].kind != TOK_FSTRING_BEGIN)
        return i + 1;
    size_t level = 0;
    do {
        level += tokens->v[i].kind == TOK_FSTRING_BEGIN;
        level -= tokens->v[i].kind == TOK_FSTRING_END;
        i++;
    } while (level > 0);
    return i;
}

static bool is_header(int kind)
{
    return kind == TOK_IF || kind == TOK_ELIF || kind == TOK_ELSE || kind == TOK_FOR ||
           kind == TOK_DEF;
}

struct colon {
    uint32_t brackets, lambdas;
};

/* Whether this token is the colon of a header; `c` is kept from its first token on. */
static bool ends_header(struct colon *c, int kind)
{
    if (kind == '(' || kind == '[' || kind == '{')
        c->brackets++;
    if (kind == ')' || kind == ']' || kind == '}')
        c->brackets--;
    if (c->brackets > 0)
        return false;
    if (kind == TOK_LAMBDA)
        c->lambdas++;
    if (kind != ':')
        return false;
    if (c->lambdas == 0)
        return true;
    c->lambdas--;
    return false;
}

void fmt_text_read(struct fmt_text *t, const struct source *source,
                   const struct token_list *tokens, struct arena *arena)
{
    bool bom = source->len >= 3 && !memcmp(source->text, "\xef\xbb\xbf", 3);
    struct reader r = {.t = t, .source = source, .arena = arena, .line_begins = true};
    r.at = bom ? 3 : 0;
    struct colon colon = {0};
    bool line_begins = true;
    for (size_t i = 0, next; i < tokens->n; i = next) {
        const struct token *from = &tokens->v[i];
        next = token_end(tokens, i);
        if (from->kind == TOK_INDENT || from->kind == TOK_DEDENT) {
            r.depth += from->kind == TOK_INDENT;
            r.depth -= from->kind == TOK_DEDENT;
            continue;
        }
        uint32_t end = tokens->v[next - 1].end;
        struct fmt_token token = {
            .kind = from->kind == TOK_FSTRING_BEGIN ? TOK_STRING : from->kind,
            .text = source->text + from->begin,
            .len = end - from->begin,
        };
        read_gap(&r, from->begin, &token);
        r.at = end;
        r.line_begins = from->kind == TOK_NEWLINE;
        for (uint32_t k = 0; r.line_begins && k < token.ncomments; k++)
            t->comments.v[token.comments + k].trailing = true;
        if (from->kind == ';') {
            if (tokens->v[next].kind != TOK_NEWLINE)
                split_line(&r);
            continue;
        }
        if (line_begins) {
            r.column = column_of(source, from->begin);
            colon = (struct colon){0};
        }
        *vec_push(&t->tokens) = token;
        if (from->kind == TOK_NEWLINE || from->kind == TOK_END) {
            end_line(&r);
            r.headers = 0;
            line_begins = true;
            continue;
        }
        line_begins = false;
        if (is_header(t->tokens.v[r.first].kind) && ends_header(&colon, from->kind) &&
            tokens->v[next].kind != TOK_NEWLINE) {
            split_line(&r);
            r.headers = 1;
        }
    }
}

void fmt_text_free(struct fmt_text *t)
{
    free(t->tokens.v);
    free(t->comments.v);
    free(t->lines.v);
}
