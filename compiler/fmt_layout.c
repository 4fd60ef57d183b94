/* Decides where lines end. What fits on a line stands on one; else brackets are opened,
 * the last one that helps first, with an item a line, or, inside of brackets, expressions
 * are broken before their loosest operators. */
#include "compiler/fmt_text.h"

#include <string.h>

#include "compiler/parse.tab.h"
#include "ir/base/buf.h"

#define WIDTH 100
#define INDENT 4

struct printer {
    struct fmt_text *t;
    struct fmt_token *v; /* its tokens */
    struct buf *out;
    uint32_t column;
    bool fresh;     /* at the beginning of a line */
    bool commented; /* a comment stands there: the line must end */
};

/* A stretch of tokens in brackets or of a whole line, and its surroundings. */
struct piece {
    uint32_t from, to;
    uint32_t indent; /* of its line */
    uint32_t suffix; /* columns taken on its last line by what follows */
    bool inside;     /* of brackets: lines may end between tokens */
    bool nested;     /* a part of a broken expression */
};

static void exploded(struct printer *p, uint32_t open, uint32_t indent);

/* ---- lines and tokens ---- */

static void begin_line(struct printer *p, uint32_t indent, uint32_t blanks)
{
    if (!p->fresh)
        buf_char(p->out, '\n');
    for (uint32_t i = 0; i < blanks; i++)
        buf_char(p->out, '\n');
    p->fresh = true;
    p->commented = false;
    p->column = indent;
}

static void put_text(struct printer *p, const char *text, uint32_t len)
{
    if (p->fresh)
        buf_blanks(p->out, p->column);
    p->fresh = false;
    buf_add(p->out, text, len);
}

/* The comments before a token, which may be those behind the one before it. */
static void put_comments(struct printer *p, uint32_t index, uint32_t indent, bool blank)
{
    const struct fmt_token *token = &p->v[index];
    for (uint32_t i = 0; i < token->ncomments; i++) {
        const struct fmt_comment *comment = &p->t->comments.v[token->comments + i];
        if (comment->trailing && !p->fresh && !p->commented)
            buf_str(p->out, "  ");
        else
            begin_line(p, indent, blank && comment->blanks > 0);
        put_text(p, comment->text, comment->len);
        p->commented = blank = true;
    }
}

static void put(struct printer *p, uint32_t index)
{
    const struct fmt_token *token = &p->v[index];
    if (token->space && !p->fresh) {
        buf_char(p->out, ' ');
        p->column++;
    }
    put_text(p, token->text, token->len);
    p->column = token->lines > 0 ? token->last : p->column + token->last;
}

static bool is_open(const struct fmt_token *token)
{
    return token->group != FMT_NONE;
}

static bool is_close(const struct fmt_token *token)
{
    return token->kind == ')' || token->kind == ']' || token->kind == '}';
}

/* A comma behind the last item, which stands only where an item a line does. */
static bool is_idle_comma(const struct printer *p, uint32_t index)
{
    const struct fmt_token *token = &p->v[index];
    if (token->kind != ',' || token->lambda || !is_close(token + 1))
        return false;
    const struct fmt_token *open = &p->v[token[1].match];
    return open->group != FMT_PAREN || open->commas > 1;
}

static void put_flat(struct printer *p, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        if (!is_idle_comma(p, i))
            put(p, i);
}

/* ---- measuring ---- */

/* The column behind v[from] up to v[to] on one line, or more than WIDTH. */
static uint32_t flat_end(const struct printer *p, uint32_t from, uint32_t to,
                         uint32_t column, bool fresh)
{
    for (uint32_t i = from; i < to && column <= WIDTH; i++) {
        const struct fmt_token *token = &p->v[i];
        if (is_idle_comma(p, i))
            continue;
        column += token->space && !(fresh && i == from);
        if (token->lines > 0)
            column = column + token->first > WIDTH ? WIDTH + 1 : token->last;
        else
            column += token->last;
    }
    return column;
}

/* Whether nothing forbids that these stand on one line; what is before the first does
 * not count. */
static bool may_be_flat(const struct printer *p, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        if ((i > from && p->v[i].ncomments > 0) || (is_open(&p->v[i]) && p->v[i].must))
            return false;
    return true;
}

static bool fits(const struct printer *p, const struct piece *piece)
{
    return flat_end(p, piece->from, piece->to, p->column, p->fresh) + piece->suffix <=
               WIDTH &&
           may_be_flat(p, piece->from, piece->to);
}

/* ---- opening brackets ---- */

/* The bracket that is all that stands in another one, so that both are opened and closed
 * on the same lines; 0 if there is none. */
static uint32_t hugged(const struct printer *p, uint32_t open)
{
    const struct fmt_token *outer = &p->v[open], *inner = outer + 1;
    bool alone = is_open(inner) && inner->match + 1 == outer->match;
    bool commented = inner->ncomments > 0 || p->v[outer->match].ncomments > 0;
    return alone && !commented && inner->match > open + 2 ? open + 1 : 0;
}

/* The columns of the brackets that are opened with this one. */
static uint32_t opened_width(const struct printer *p, uint32_t open)
{
    uint32_t n = 1;
    while ((open = hugged(p, open)) > 0)
        n++;
    return n;
}

/* The next place from v[i] on where a bracket stands that was chosen, or `to`. */
static uint32_t next_exploded(const struct printer *p, uint32_t i, uint32_t to)
{
    while (i < to && !p->v[i].explode)
        i = is_open(&p->v[i]) ? p->v[i].match + 1 : i + 1;
    return i < to ? i : to;
}

/* Whether what stands between the chosen brackets fits. With `open`, opens all brackets
 * of the stretches that do not. */
static bool segments_fit(struct printer *p, const struct piece *piece, bool open)
{
    uint32_t i = piece->from, column = p->column;
    bool good = true;
    while (i < piece->to) {
        uint32_t next = next_exploded(p, i, piece->to);
        uint32_t tail = piece->suffix;
        if (next < piece->to)
            tail = p->v[next].space + opened_width(p, next);
        column = flat_end(p, i, next, column, i == piece->from && p->fresh) + tail;
        if (column > WIDTH) {
            good = false;
            for (uint32_t k = i; open && k < next; k++)
                if (is_open(&p->v[k])) {
                    p->v[k].explode = p->v[k].match > k + 1 && p->v[k].group != FMT_INDEX;
                    k = p->v[k].match;
                }
        }
        if (next == piece->to)
            break;
        column = piece->indent + opened_width(p, next);
        i = p->v[next].match + 1;
    }
    return good;
}

/* The last bracket that alone makes everything fit. */
static bool choose_one(struct printer *p, const struct piece *piece)
{
    for (uint32_t i = piece->to; i-- > piece->from;) {
        if (!is_close(&p->v[i]))
            continue;
        uint32_t open = p->v[i].match;
        if (open + 1 < i) {
            p->v[open].explode = true;
            if (segments_fit(p, piece, false))
                return true;
            p->v[open].explode = false;
        }
        i = open;
    }
    return false;
}

static void put_chosen(struct printer *p, const struct piece *piece)
{
    bool any = false;
    for (uint32_t i = piece->from; i < piece->to; i++)
        if (is_open(&p->v[i])) {
            p->v[i].explode = p->v[i].must;
            any = any || p->v[i].must;
            i = p->v[i].match;
        }
    if (any || !choose_one(p, piece))
        segments_fit(p, piece, true);
    for (uint32_t i = piece->from; i < piece->to; i++) {
        if (i > piece->from)
            put_comments(p, i, piece->indent + INDENT, false);
        if (p->commented)
            begin_line(p, piece->indent + INDENT, 0);
        if (p->v[i].explode) {
            exploded(p, i, piece->indent);
            i = p->v[i].match;
        } else {
            put(p, i);
        }
    }
}

/* ---- breaking expressions ---- */

/* How loosely v[index] binds as an operator, 0 if it is none. Comprehensions are broken
 * before their clauses, conditional expressions before `if` and `else`. */
enum { LOOSE_NONE, LOOSE_COMPARISON = 7, LOOSE_CLAUSE = 11 };

static unsigned looseness(const struct printer *p, uint32_t index, bool comprehension)
{
    const struct fmt_token *token = &p->v[index];
    if (token->tight)
        return LOOSE_NONE;
    switch (token->kind) {
    case TOK_FOR: return LOOSE_CLAUSE;
    case TOK_IF: return comprehension ? LOOSE_CLAUSE : 10;
    case TOK_ELSE: return 10;
    case TOK_OR: return 9;
    case TOK_AND: return 8;
    case TOK_IN: return token[-1].kind == TOK_NOT ? LOOSE_NONE : LOOSE_COMPARISON;
    case TOK_NOT: return token[1].kind == TOK_IN ? LOOSE_COMPARISON : LOOSE_NONE;
    case TOK_EQ:
    case TOK_NE:
    case TOK_LE:
    case TOK_GE:
    case '<':
    case '>': return LOOSE_COMPARISON;
    case '|': return 6;
    case '^': return 5;
    case '&': return 4;
    case TOK_SHL:
    case TOK_SHR: return 3;
    case '+':
    case '-': return 2;
    case '*':
    case '/':
    case '%':
    case TOK_FLOORDIV: return 1;
    default: return LOOSE_NONE;
    }
}

/* The token behind v[i] and, if it is a bracket, what it holds. */
static uint32_t behind(const struct printer *p, uint32_t i)
{
    return is_open(&p->v[i]) ? p->v[i].match + 1 : i + 1;
}

/* Where the expression of a piece begins: behind NAME=, KEY:, the parameters of a lambda,
 * and the variables of a clause. */
static uint32_t value_begin(const struct printer *p, const struct piece *piece)
{
    uint32_t begin = piece->from;
    bool clause = p->v[begin].kind == TOK_FOR;
    for (uint32_t i = begin; i < piece->to; i = behind(p, i)) {
        int kind = p->v[i].kind;
        if (kind == '=' || kind == ':' || (clause && kind == TOK_IN))
            begin = i + 1;
        clause = clause && kind != TOK_IN;
    }
    return begin;
}

/* The loosest operator behind the first token of an expression. */
static unsigned loosest(const struct printer *p, uint32_t begin, uint32_t to)
{
    unsigned most = LOOSE_NONE;
    for (uint32_t i = begin; i < to; i = behind(p, i)) {
        unsigned loose = looseness(p, i, most == LOOSE_CLAUSE);
        if (i > begin && loose > most)
            most = loose;
    }
    return most;
}

/* Whether the last operand is a list, dictionary or parenthesis that can be opened at the
 * end of the line. */
static bool ends_in_literal(const struct printer *p, const struct piece *piece)
{
    if (!is_close(&p->v[piece->to - 1]))
        return false;
    uint32_t open = p->v[piece->to - 1].match;
    enum fmt_group group = p->v[open].group;
    return (group == FMT_LIST || group == FMT_DICT || group == FMT_PAREN) &&
           open + 2 < piece->to && p->v[open].ncomments == 0 &&
           may_be_flat(p, piece->from, open) &&
           flat_end(p, piece->from, open + 1, p->column, p->fresh) <= WIDTH;
}

static void layout(struct printer *p, const struct piece *piece);

/* Breaks the piece before its loosest operators; false if it has none. */
static bool put_broken(struct printer *p, const struct piece *piece)
{
    uint32_t begin = value_begin(p, piece);
    unsigned most = loosest(p, begin, piece->to);
    if (most == LOOSE_NONE || (most <= LOOSE_COMPARISON && ends_in_literal(p, piece)))
        return false;
    bool deeper = most != LOOSE_CLAUSE && (piece->nested || begin > piece->from);
    struct piece part = *piece;
    part.nested = true;
    bool comprehension = false;
    for (uint32_t i = begin; i < piece->to; i = part.to) {
        part.from = i == begin ? piece->from : i;
        part.to = behind(p, i);
        while (part.to < piece->to && looseness(p, part.to, comprehension) != most)
            part.to = behind(p, part.to);
        comprehension = most == LOOSE_CLAUSE;
        part.suffix = part.to == piece->to ? piece->suffix : 0;
        if (part.from > piece->from) {
            part.indent = piece->indent + (deeper ? INDENT : 0);
            put_comments(p, part.from, part.indent, false);
            begin_line(p, part.indent, 0);
        }
        layout(p, &part);
    }
    return true;
}

static void layout(struct printer *p, const struct piece *piece)
{
    if (fits(p, piece))
        put_flat(p, piece->from, piece->to);
    else if (!piece->inside || !put_broken(p, piece))
        put_chosen(p, piece);
}

/* ---- an item a line ---- */

static bool takes_comma(const struct fmt_token *open)
{
    if (open->comprehension || open->group == FMT_INDEX)
        return false;
    return open->group != FMT_PAREN || open->commas > 0;
}

/* The comma behind the item that begins at v[i], or the closing bracket. */
static uint32_t item_end(const struct printer *p, uint32_t i, uint32_t open)
{
    uint32_t close = p->v[open].match;
    if (p->v[open].comprehension)
        return close;
    while (i < close && (p->v[i].kind != ',' || p->v[i].lambda))
        i = behind(p, i);
    return i;
}

static void exploded(struct printer *p, uint32_t open, uint32_t indent)
{
    uint32_t close = p->v[open].match, to;
    bool first = true;
    struct piece item = {.indent = indent + INDENT, .inside = true};
    put(p, open);
    uint32_t inner = hugged(p, open);
    if (inner) {
        exploded(p, inner, indent);
        put(p, close);
        return;
    }
    for (uint32_t i = open + 1; i < close; i = to < close ? to + 1 : to) {
        to = item_end(p, i, open);
        put_comments(p, i, item.indent, !first);
        bool blank = p->v[i].blanks > 0 && (!first || p->v[i].ncomments > 0);
        begin_line(p, item.indent, blank);
        item.from = i;
        item.to = to;
        item.suffix = to < close || takes_comma(&p->v[open]);
        layout(p, &item);
        if (item.suffix > 0)
            put_text(p, ",", 1);
        if (to < close)
            put_comments(p, to, item.indent, false);
        first = false;
    }
    put_comments(p, close, item.indent, !first);
    begin_line(p, indent, 0);
    put(p, close);
}

/* ---- lines ---- */

/* A whole statement. Line ends that were escaped stay only if it does not fit. */
static void put_statement(struct printer *p, const struct fmt_line *line)
{
    struct piece part = {.from = line->first, .indent = line->depth * INDENT};
    part.to = line->end;
    bool whole = fits(p, &part);
    while (part.from < line->end) {
        part.to = behind(p, part.from);
        while (part.to < line->end && (whole || !p->v[part.to].backslash))
            part.to = behind(p, part.to);
        part.suffix = part.to < line->end ? 2 : 0;
        layout(p, &part);
        if (part.to < line->end) {
            buf_str(p->out, " \\");
            part.indent = (line->depth + 1) * INDENT;
            begin_line(p, part.indent, 0);
        }
        part.from = part.to;
    }
}

static uint32_t blanks_kept(uint32_t blanks, uint32_t depth)
{
    uint32_t most = depth == 0 ? 2 : 1;
    return blanks < most ? blanks : most;
}

void fmt_layout(struct fmt_text *t, struct buf *out)
{
    struct printer p = {.t = t, .v = t->tokens.v, .out = out, .fresh = true};
    uint32_t columns[AST_BLOCKS_MAX + 2] = {0}; /* of the open blocks, in the source */
    uint32_t depth = 0;                         /* of the line before */
    bool opened = true;                         /* nothing before in this block */
    for (size_t i = 0; i < t->lines.n; i++) {
        const struct fmt_line *line = &t->lines.v[i];
        const struct fmt_token *first = &p.v[line->first];
        opened = opened || line->depth > depth;
        depth = depth > line->depth ? depth : line->depth;
        columns[line->depth] = line->column;
        /* Comments at the end of a block belong to it if they are indented so. */
        for (uint32_t k = 0; k < first->ncomments; k++) {
            const struct fmt_comment *comment = &t->comments.v[first->comments + k];
            while (depth > line->depth && columns[depth] > comment->column)
                depth--;
            begin_line(&p, depth * INDENT,
                       opened ? 0 : blanks_kept(comment->blanks, depth));
            put_text(&p, comment->text, comment->len);
            opened = false;
        }
        depth = line->depth;
        if (line->first == line->end)
            break;
        begin_line(&p, depth * INDENT, opened ? 0 : blanks_kept(first->blanks, depth));
        put_statement(&p, line);
        put_comments(&p, line->end, depth * INDENT, false);
        opened = false;
    }
    if (!p.fresh)
        buf_char(out, '\n');
}
