/* Messages for syntax errors: what was found, what could stand there, and how to write
 * what was probably meant. */
#include <stdarg.h>
#include <string.h>

#include "compiler/parse.tab.h"
#include "compiler/parser.h"

struct diag *parser_error(struct parser *p, enum syntax_code code, struct span at,
                          const char *fmt, ...)
{
    p->failed = true;
    p->line_failed = true;
    va_list ap;
    va_start(ap, fmt);
    const char *message = diag_vformat(p->diags->arena, fmt, ap);
    va_end(ap);
    struct diag *d = diag_error(p->diags, code, at, "%s", message);
    if (diags_full(p->diags))
        p->stopped = true;
    return d;
}

struct diag *parser_string_open(struct parser *p, uint32_t begin, char quote)
{
    struct diag *d =
        parser_error(p, SYNTAX_STRING_OPEN, (struct span){p->file, begin, begin + 1},
                     "this string is never closed");
    diag_help(p->diags, d, "end it with %c on its line; one before it may have no end",
              quote);
    return d;
}

struct diag *parser_bracket_open(struct parser *p, struct bracket b, struct span next)
{
    struct diag *d =
        parser_error(p, SYNTAX_BRACKET_OPEN, (struct span){p->file, b.begin, b.begin + 1},
                     "this '%c' is never closed", b.kind);
    if (next.file)
        diag_related(p->diags, d, next, "the next statement begins here");
    diag_help(p->diags, d, "put '%c' where it ends",
              b.kind == '('   ? ')'
              : b.kind == '[' ? ']'
                              : '}');
    return d;
}

void parser_too_deep(struct parser *p, struct span at, const char *what)
{
    if (p->stopped)
        return;
    struct diag *d =
        parser_error(p, SYNTAX_TOO_DEEP, at, "this %s is nested too deeply", what);
    diag_help(p->diags, d, "%s",
              !strcmp(what, "expression")
                  ? "assign parts of it to names; join strings with "
                    "\"\".join([...])"
              : !strcmp(what, "block") ? "move inner blocks to functions of their own"
                                       : "give the inner parts names of their own");
    p->stopped = true;
}

const char *parser_token_name(int token)
{
    static const struct {
        int token;
        const char *name;
    } names[] = {
        {TOK_END, "the end of the file"},
        {TOK_NEWLINE, "the end of the line"},
        {TOK_INDENT, "an indented block"},
        {TOK_DEDENT, "the end of the block"},
        {TOK_NAME, "a name"},
        {TOK_NUMBER, "a number"},
        {TOK_STRING, "a string"},
        {TOK_BYTES, "a bytes literal"},
        {TOK_FSTRING_TEXT, "text"},
        {TOK_FSTRING_BEGIN, "an f-string"},
        {TOK_FSTRING_END, "the end of the string"},
        {TOK_HOLE_BEGIN, "'{'"},
        {TOK_HOLE_END, "'}'"},
        {TOK_CONVERSION, "a conversion"},
        {TOK_AND, "'and'"},
        {TOK_BREAK, "'break'"},
        {TOK_CONTINUE, "'continue'"},
        {TOK_DEF, "'def'"},
        {TOK_ELIF, "'elif'"},
        {TOK_ELSE, "'else'"},
        {TOK_FOR, "'for'"},
        {TOK_IF, "'if'"},
        {TOK_IN, "'in'"},
        {TOK_LAMBDA, "'lambda'"},
        {TOK_LOAD, "'load'"},
        {TOK_NOT, "'not'"},
        {TOK_OR, "'or'"},
        {TOK_PASS, "'pass'"},
        {TOK_RETURN, "'return'"},
        {TOK_RESERVED, "a reserved word"},
        {TOK_EQ, "'=='"},
        {TOK_NE, "'!='"},
        {TOK_LE, "'<='"},
        {TOK_GE, "'>='"},
        {TOK_SHL, "'<<'"},
        {TOK_SHR, "'>>'"},
        {TOK_FLOORDIV, "'//'"},
        {TOK_STARSTAR, "'**'"},
        {TOK_ARROW, "'->'"},
        {TOK_ELLIPSIS, "'...'"},
        {TOK_ADD_ASSIGN, "'+='"},
        {TOK_SUB_ASSIGN, "'-='"},
        {TOK_MUL_ASSIGN, "'*='"},
        {TOK_DIV_ASSIGN, "'/='"},
        {TOK_FLOORDIV_ASSIGN, "'//='"},
        {TOK_MOD_ASSIGN, "'%='"},
        {TOK_AND_ASSIGN, "'&='"},
        {TOK_OR_ASSIGN, "'|='"},
        {TOK_XOR_ASSIGN, "'^='"},
        {TOK_SHL_ASSIGN, "'<<='"},
        {TOK_SHR_ASSIGN, "'>>='"},
    };
    static const char printable[][4] = {
        "'%'", "'&'", "'('", "')'", "'*'", "'+'", "','", "'-'", "'.'", "'/'", "':'",
        "';'", "'<'", "'='", "'>'", "'['", "']'", "'^'", "'{'", "'|'", "'}'", "'~'",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].token == token)
            return names[i].name;
    for (size_t i = 0; i < sizeof printable / sizeof *printable; i++)
        if (printable[i][1] == token)
            return printable[i];
    return "this";
}

static bool is_comparison(int token)
{
    return token == '<' || token == '>' || token == TOK_EQ || token == TOK_NE ||
           token == TOK_LE || token == TOK_GE || token == TOK_IN || token == TOK_NOT;
}

static bool begins_string(int token)
{
    return token == TOK_STRING || token == TOK_BYTES || token == TOK_FSTRING_BEGIN;
}

static bool is_closing(int token)
{
    return token == ')' || token == ']' || token == '}' || token == TOK_HOLE_END;
}

/* The situation of one error: the token that does not fit, and what would. */
struct mishap {
    struct parser *p;
    int token;
    struct span at;
    const int *expected;
    int nexpected;
    struct bracket bracket; /* innermost that is open before the token; kind 0: none */
};

static bool expects(const struct mishap *m, int token)
{
    for (int i = 0; i < m->nexpected; i++)
        if (m->expected[i] == token)
            return true;
    return false;
}

static struct diag *say(const struct mishap *m, enum syntax_code code,
                        const char *message, const char *help)
{
    struct diag *d = parser_error(m->p, code, m->at, "%s", message);
    if (help)
        diag_help(m->p->diags, d, "%s", help);
    return d;
}

/* '=' where an expression goes on. */
static struct diag *explain_equals(const struct mishap *m)
{
    int first = m->p->first_token;
    if (m->token != '=')
        return NULL;
    if (m->bracket.kind == 'f')
        return say(m, SYNTAX_FSTRING, "'=' cannot stand in the hole of an f-string",
                   "write the name as text, as in f\"x={x}\"");
    if (m->bracket.kind == '(' && first != TOK_DEF)
        return say(m, SYNTAX_EQUALS, "only a name can stand before '=' in a call",
                   "to compare write '=='; a keyword argument is NAME=VALUE");
    if (m->bracket.kind || first == TOK_IF || first == TOK_ELIF || first == TOK_RETURN)
        return say(m, SYNTAX_EQUALS, "'=' assigns and cannot stand in an expression",
                   "to compare write '=='");
    if (first == TOK_LOAD)
        return say(m, SYNTAX_EQUALS, "'load' cannot be used as a name",
                   "choose another name, such as 'load_'");
    return say(m, SYNTAX_EQUALS, "a statement assigns once",
               "write one assignment per line; to compare write '=='");
}

/* A colon that is missing, or one too many. */
static struct diag *explain_colon(const struct mishap *m)
{
    struct parser *p = m->p;
    int first = p->first_token;
    bool header = first == TOK_IF || first == TOK_ELIF || first == TOK_ELSE ||
                  first == TOK_FOR || first == TOK_DEF;
    if (m->bracket.kind)
        return NULL;
    if (header && expects(m, ':')) {
        struct diag *d =
            parser_error(p, SYNTAX_COLON, m->at, "the header of %s ends in ':'",
                         parser_token_name(first));
        diag_help(p->diags, d, "%s",
                  first == TOK_ELSE && m->token == TOK_IF ? "write 'elif'"
                                                          : "put ':' before this place");
        return d;
    }
    if (m->token == ':' && first == TOK_DEF && expects(m, '('))
        return say(m, SYNTAX_UNEXPECTED, "a 'def' has a parameter list",
                   "write '()' before ':'");
    if (m->token == ':' && !header)
        return say(m, SYNTAX_NO_SUCH_FORM,
                   "annotations stand on parameters and results only",
                   "leave out ':' and the type");
    return NULL;
}

/* What Python has and Starlark has not. */
static struct diag *explain_form(const struct mishap *m)
{
    int previous = m->p->previous;
    if (begins_string(m->token) &&
        (previous == TOK_STRING || previous == TOK_BYTES || previous == TOK_FSTRING_END))
        return say(m, SYNTAX_ADJACENT, "adjacent string literals are not joined",
                   "write '+' between them");
    if (is_comparison(m->token) && expects(m, TOK_AND) && !expects(m, '<'))
        return say(m, SYNTAX_CHAIN, "comparisons do not chain",
                   "write both and join them with 'and', or put one in parentheses");
    if (m->token == TOK_FOR && m->bracket.kind == '(')
        return say(m, SYNTAX_NO_SUCH_FORM, "there are no generator expressions",
                   "put the comprehension in '[' and ']'");
    if (m->bracket.kind == '{' && expects(m, ':') &&
        (m->token == ',' || m->token == '}' || m->token == TOK_FOR))
        return say(m, SYNTAX_NO_SUCH_FORM, "an entry of a dictionary is KEY: VALUE",
                   "for a set write set([...])");
    if (m->token == TOK_STARSTAR && expects(m, '*'))
        return say(m, SYNTAX_OPERATOR, "there is no operator '**'",
                   "write the multiplication");
    if (expects(m, TOK_ELSE) && !expects(m, TOK_NAME))
        return say(m, SYNTAX_UNEXPECTED, "this conditional expression has no 'else'",
                   "write VALUE if CONDITION else OTHER");
    if (previous == ',' &&
        ((m->token == TOK_IN && m->bracket.kind != '(') ||
         (!m->bracket.kind && (m->token == TOK_NEWLINE || m->token == '=' ||
                               m->token == ';' || m->token == ':'))))
        return say(m, SYNTAX_TRAILING_COMMA,
                   "a tuple that ends in a comma needs parentheses",
                   "write (VALUE,) or leave out the comma");
    return NULL;
}

/* Columns of blanks at the beginning of the line in which `offset` is. */
static uint32_t line_indentation(const struct parser *p, uint32_t offset, uint32_t *begin)
{
    *begin = offset;
    while (*begin > p->base && p->text[*begin - 1] != '\n')
        --*begin;
    return (uint32_t)strspn(p->text + *begin, " ");
}

static bool is_letter(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

/* A word that begins a line not further in than that of an open bracket, or an assignment
 * there: it is a statement, if not one in a line between the two looked like an item. */
static struct diag *explain_open(const struct mishap *m)
{
    struct parser *p = m->p;
    uint32_t open = m->bracket.begin, line, end;
    if (!m->bracket.kind || m->bracket.kind == 'f')
        return NULL;
    uint32_t most = line_indentation(p, open, &line);
    uint32_t column = line_indentation(p, m->at.begin, &end);
    bool begins = end + column == m->at.begin || m->token == '=';
    if (end <= open || !begins || column > most || !is_letter(p->text[end + column]))
        return NULL;
    for (const char *s = p->text + open; (s = strchr(s, '\n')) != NULL; s++) {
        uint32_t next = (uint32_t)(s + 1 - p->text);
        column = (uint32_t)strspn(s + 1, " ");
        if (column > most || !is_letter(s[1 + column]))
            continue;
        end = next + column;
        break;
    }
    return parser_bracket_open(p, m->bracket, (struct span){p->file, end, end + 1});
}

/* A string that went on into the next one, `"a, b="c"`: the quotes of the line are odd,
 * and the last of them, which the scanner has not met yet, is left over. */
static struct diag *explain_quote(const struct mishap *m)
{
    struct parser *p = m->p;
    char quote = m->at.begin > p->base ? p->text[m->at.begin - 1] : 0;
    if (p->previous != TOK_STRING || begins_string(m->token) ||
        (quote != '"' && quote != '\''))
        return NULL;
    uint32_t last = 0, n = 0;
    for (uint32_t i = m->at.begin; i < p->len && p->text[i] != '\n'; i++) {
        if (p->text[i] == '#' || p->text[i] == '\\')
            return NULL;
        if (p->text[i] == quote) {
            last = i;
            n++;
        }
    }
    return n % 2 == 0 ? NULL : parser_string_open(p, last, quote);
}

/* Words and brackets out of place. */
static struct diag *explain_place(const struct mishap *m)
{
    struct parser *p = m->p;
    if ((m->token == TOK_ELSE || m->token == TOK_ELIF) && m->at.begin == p->line_begin) {
        struct diag *d = parser_error(p, SYNTAX_ELSE, m->at, "this %s belongs to no 'if'",
                                      parser_token_name(m->token));
        diag_help(p->diags, d, "indent it like its 'if', right behind the block of it");
        return d;
    }
    if (is_closing(m->token) && !m->bracket.kind)
        return parser_error(p, SYNTAX_BRACKET_MATCH, m->at, "this %s closes nothing",
                            parser_token_name(m->token));
    if (m->token == TOK_HOLE_END && p->previous == TOK_HOLE_BEGIN)
        return say(
            m, SYNTAX_FSTRING, "this hole of the f-string is empty",
            "put an expression between '{' and '}', or write '{{' and '}}' for braces");
    if (p->first_token == TOK_LOAD && m->bracket.kind == '(')
        return say(m, SYNTAX_LOAD, "a load takes string literals only",
                   "write load(\"FILE.dvo\", \"NAME\", ALIAS=\"NAME\")");
    if (expects(m, TOK_IN) && !expects(m, TOK_AND))
        return say(m, SYNTAX_UNEXPECTED, "'in' is missing before this place",
                   "write for NAME in VALUES");
    if (expects(m, ':') && !m->bracket.kind)
        return NULL; /* more likely the colon before it is missing */
    if (m->token == TOK_RETURN || m->token == TOK_PASS || m->token == TOK_BREAK ||
        m->token == TOK_CONTINUE || m->token == TOK_DEF || m->token == TOK_LOAD) {
        struct diag *d = parser_error(p, SYNTAX_UNEXPECTED, m->at,
                                      "%s begins a statement and cannot stand here",
                                      parser_token_name(m->token));
        diag_help(p->diags, d,
                  m->token == TOK_LOAD ? "'load' cannot be used as a name"
                                       : "begin a new line");
        return d;
    }
    return NULL;
}

/* "X stands where A, B or C was expected", with all that begins an expression as one
 * thing. */
static struct diag *explain_plainly(const struct mishap *m)
{
    struct parser *p = m->p;
    const char *names[4];
    int n = 0;
    if (expects(m, TOK_NUMBER)) {
        names[n++] = "an expression";
    } else if (m->nexpected <= 4) {
        for (int i = 0; i < m->nexpected; i++)
            names[n++] = parser_token_name(m->expected[i]);
    }
    struct buf text = {0};
    if (m->token == TOK_NAME) {
        buf_printf(
            &text, "'%s'",
            diag_cut(p->diags->arena, p->text + m->at.begin, m->at.end - m->at.begin));
    } else {
        buf_str(&text, parser_token_name(m->token));
    }
    buf_str(&text, n == 0 ? " cannot stand here" : " stands where ");
    for (int i = 0; i < n; i++)
        buf_printf(&text, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", names[i]);
    buf_str(&text, n == 0 ? "" : " was expected");
    struct diag *d = parser_error(p, SYNTAX_UNEXPECTED, m->at, "%s", buf_text(&text));
    buf_free(&text);
    if (m->token == TOK_NEWLINE && p->previous == '+' && p->text[m->at.begin - 2] == '+')
        diag_help(p->diags, d, "there is no '++': write NAME += 1");
    else if (begins_string(m->token) && p->previous == TOK_NAME)
        diag_help(p->diags, d, "to call a function write parentheses");
    else if (m->bracket.kind && expects(m, ',') &&
             (m->token == TOK_NAME || m->token == TOK_NUMBER || begins_string(m->token)))
        diag_help(p->diags, d, "is a comma missing before it?");
    return d;
}

/* An else whose if was dropped is no news, but its own colon is. */
static void missing_colon_of_else(struct parser *p, int token, struct span at)
{
    uint32_t end = at.end + (uint32_t)strspn(p->text + at.end, " \t");
    if (token != TOK_ELSE || (end < p->len && !strchr("\r\n#", p->text[end])))
        return;
    struct diag *d =
        parser_error(p, SYNTAX_COLON, (struct span){p->file, at.end, at.end},
                     "the header of %s ends in ':'", parser_token_name(token));
    diag_help(p->diags, d, "put ':' before this place");
}

void parser_unexpected(struct parser *p, int token, struct span at, const int *expected,
                       int nexpected)
{
    bool again = p->line_failed;
    p->failed = true;
    p->line_failed = true;
    p->dropped_token = p->first_token;
    bool is_else = token == TOK_ELSE || token == TOK_ELIF;
    bool follows = p->broken && p->broken != TOK_NAME; /* a broken if, or nearly */
    if (again || p->stopped)
        return;
    if (follows && is_else && at.begin == p->line_begin) {
        missing_colon_of_else(p, token, at);
        return;
    }

    /* The scanner has already opened or closed the bracket that this token is. */
    struct mishap m = {p, token, at, expected, nexpected, {0}};
    uint32_t n = p->nbrackets;
    if (n > 0 && p->brackets[n - 1].begin == at.begin)
        n--;
    if (is_closing(token))
        m.bracket = p->closed;
    else if (n > 0)
        m.bracket = p->brackets[n - 1];

    struct diag *d = explain_open(&m);
    if (!d)
        d = explain_quote(&m);
    if (d)
        return;
    d = explain_place(&m);
    if (!d)
        d = explain_form(&m);
    if (!d)
        d = explain_equals(&m);
    if (!d)
        d = explain_colon(&m);
    if (!d)
        d = explain_plainly(&m);
    if (m.bracket.kind && m.bracket.kind != 'f' &&
        memchr(p->text + m.bracket.begin, '\n', at.begin - m.bracket.begin))
        diag_related(p->diags, d,
                     (struct span){p->file, m.bracket.begin, m.bracket.begin + 1},
                     "inside the '%c' that opens here", m.bracket.kind);
}
