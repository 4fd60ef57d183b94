/* What every token of a line is: operand or operator, in which brackets, and so whether a
 * blank stands before it; and which brackets cannot be closed on their line. */
#include "compiler/fmt_text.h"

#include <string.h>

#include "compiler/parse.tab.h"

/* What is known about one open bracket, or about the line itself (level 0). */
struct level {
    struct fmt_token *open;
    uint32_t index;
    uint32_t lambdas; /* of the current item, whose ':' is still to come */
    bool annotated;   /* the current parameter has a ':' */
    bool newline;     /* a line ends between the items */
    bool must;
};

struct walk {
    struct fmt_text *t;
    struct level levels[AST_BRACKETS_MAX + 1];
    uint32_t n;      /* index of the innermost */
    uint32_t params; /* index of the bracket around the parameters of a def, or 0 */
};

static bool is_open(int kind)
{
    return kind == '(' || kind == '[' || kind == '{';
}

static bool is_close(int kind)
{
    return kind == ')' || kind == ']' || kind == '}';
}

static bool is_operand(int kind)
{
    return kind == TOK_NAME || kind == TOK_NUMBER || kind == TOK_STRING ||
           kind == TOK_BYTES || is_close(kind);
}

static enum fmt_group group_of(const struct walk *w, uint32_t index,
                               const struct fmt_token *previous)
{
    int kind = w->t->tokens.v[index].kind;
    bool follows = previous && previous->operand;
    if (kind == '{')
        return FMT_DICT;
    if (kind == '[')
        return follows ? FMT_INDEX : FMT_LIST;
    if (w->params && w->params == index)
        return FMT_PARAMS;
    return follows || (previous && previous->kind == TOK_LOAD) ? FMT_CALL : FMT_PAREN;
}

/* Whether no blank stands around this '='. */
static bool equals_is_tight(const struct level *l)
{
    if (l->lambdas > 0)
        return true;
    return l->open && !l->annotated;
}

/* Whether nothing stands between the token and what follows it. */
static bool is_tight(const struct level *l, const struct fmt_token *token,
                     const struct fmt_token *previous)
{
    switch (token->kind) {
    case '+':
    case '-':
    case '~':
    case '*':
    case TOK_STARSTAR: return !previous || !previous->operand;
    case '=': return equals_is_tight(l);
    case ':': return l->open && l->open->group == FMT_INDEX && !token->lambda;
    default: return token->kind == '.' || is_open(token->kind);
    }
}

static bool wants_space(const struct fmt_token *token, const struct fmt_token *previous)
{
    if (!previous || previous->tight)
        return false;
    switch (token->kind) {
    case '.': return previous->kind == TOK_NUMBER; /* else it would be a float */
    case ',':
    case ':':
    case ')':
    case ']':
    case '}': return false;
    case '=': return !token->tight;
    case '(':
    case '[': return !previous->operand && previous->kind != TOK_LOAD;
    default: return true;
    }
}

/* What the token says about the brackets it stands in. */
static void note(struct level *l, struct fmt_token *token)
{
    if (token->ncomments > 0)
        l->must = true;
    if (token->newline)
        l->newline = true;
    switch (token->kind) {
    case TOK_LAMBDA: l->lambdas++; break;
    case ':':
        token->lambda = l->lambdas > 0;
        if (token->lambda)
            l->lambdas--;
        else
            l->annotated = true;
        break;
    case ',':
        token->lambda = l->lambdas > 0;
        l->annotated = false;
        if (l->open && !token->lambda)
            l->open->commas++;
        break;
    case TOK_FOR:
        if (l->open)
            l->open->comprehension = true;
        break;
    default: break;
    }
}

static void open_bracket(struct walk *w, uint32_t index, const struct fmt_token *previous)
{
    struct fmt_token *token = &w->t->tokens.v[index];
    token->group = group_of(w, index, previous);
    w->levels[++w->n] = (struct level){.open = token, .index = index};
}

static void close_bracket(struct walk *w, uint32_t index)
{
    struct fmt_token *v = w->t->tokens.v;
    const struct level *l = &w->levels[w->n--];
    l->open->match = index;
    v[index].match = l->index;
    l->open->must = l->must || (l->newline && v[index - 1].kind == ',');
    if (l->open->must)
        w->levels[w->n].must = true;
}

void fmt_brackets(struct fmt_text *t, const struct fmt_line *line)
{
    struct walk w;
    w.t = t;
    w.levels[0] = (struct level){0};
    w.n = w.params = 0;
    if (t->tokens.v[line->first].kind == TOK_DEF)
        w.params = line->first + 2; /* behind its name */
    for (uint32_t i = line->first; i < line->end; i++) {
        struct fmt_token *token = &t->tokens.v[i];
        const struct fmt_token *previous = i > line->first ? token - 1 : NULL;
        token->operand = is_operand(token->kind);
        note(&w.levels[w.n], token);
        token->tight = is_tight(&w.levels[w.n], token, previous);
        token->space = wants_space(token, previous);
        if (is_close(token->kind))
            close_bracket(&w, i);
        else if (is_open(token->kind))
            open_bracket(&w, i, previous);
    }
}
