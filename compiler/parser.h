/* What the scanner, the grammar and the makers of tree nodes share; private to them. */
#ifndef DVO_COMPILER_PARSER_H
#define DVO_COMPILER_PARSER_H

#include "compiler/parse.h"

/* Codes of syntax errors, titles in codes.def. */
enum syntax_code {
    SYNTAX_NOT_UTF8 = 101,
    SYNTAX_NUL = 102,
    SYNTAX_LONE_CR = 103,
    SYNTAX_CHARACTER = 104,
    SYNTAX_TABS = 105,
    SYNTAX_UNINDENT = 106,
    SYNTAX_INDENT = 107,
    SYNTAX_NO_BODY = 108,
    SYNTAX_STRING_OPEN = 109,
    SYNTAX_ESCAPE = 110,
    SYNTAX_NUMBER = 111,
    SYNTAX_OCTAL = 112,
    SYNTAX_FLOAT_RANGE = 113,
    SYNTAX_RESERVED = 114,
    SYNTAX_PREFIX = 115,
    SYNTAX_BYTES_ASCII = 116,
    SYNTAX_BRACKET_OPEN = 117,
    SYNTAX_BRACKET_MATCH = 118,
    SYNTAX_TOO_DEEP = 119,
    SYNTAX_UNEXPECTED = 120,
    SYNTAX_COLON = 121,
    SYNTAX_EQUALS = 122,
    SYNTAX_ELSE = 123,
    SYNTAX_ADJACENT = 124,
    SYNTAX_CHAIN = 125,
    SYNTAX_NO_SUCH_FORM = 126,
    SYNTAX_TRAILING_COMMA = 127,
    SYNTAX_FSTRING = 128,
    SYNTAX_PARAMETER = 129,
    SYNTAX_LOAD = 130,
    SYNTAX_OPERATOR = 131,
    SYNTAX_CONSTANT = 132,
};

/* An open bracket: '(', '[', '{', or 'f' for the hole of an f-string. */
struct bracket {
    char kind;
    uint32_t begin;
};

/* An f-string that is being scanned. Quotes nest at most four deep, as each level must
 * use another kind of quote. */
struct fstring_level {
    uint32_t
        limit; /* offset of the quote that ends it, found before its inside is read */
    uint32_t brackets; /* open brackets outside it */
    int state;         /* scanner state for its literal text */
    bool raw;
};
#define FSTRING_LEVELS_MAX 4

struct parser {
    struct sources *sources;
    file_id file;
    const char *text;
    uint32_t len;
    struct intern *names;
    struct arena *arena;
    struct diags *diags;
    void *scanner;
    struct token_list *tokens; /* or NULL: nobody wants them */
    struct function *top;      /* result of the grammar */
    bool failed;               /* an error was reported */
    bool stopped;              /* nesting limit passed: report nothing more */

    /* scanner */
    uint32_t base;       /* offset of the scanned text in the source: behind a BOM */
    uint32_t line_begin; /* first token of the logical line */
    bool line_open;      /* tokens since the last newline token */
    bool line_failed;    /* that line has an error already: no cascades */
    int first_token;     /* of the logical line */
    int dropped_token;   /* of the last line with a syntax error */
    int token, previous; /* the last two tokens given out */
    uint32_t columns[AST_BLOCKS_MAX + 1]; /* indentation */
    uint32_t blocks;
    bool tabs;        /* in the indentation: reported once */
    bool indent;      /* still to be given out */
    uint32_t dedents; /* likewise */
    struct bracket brackets[AST_BRACKETS_MAX];
    uint32_t nbrackets;
    struct bracket closed; /* by the last closing bracket; kind 0: it closed nothing */
    struct fstring_level fstrings[FSTRING_LEVELS_MAX];
    uint32_t nfstrings;

    /* The elements of all lists that are being read, those of the innermost last. */
    struct {
        struct expr **v;
        size_t n, cap;
    } exprs;
    struct {
        struct stmt **v;
        size_t n, cap;
    } stmts;
    struct {
        struct arg *v;
        size_t n, cap;
    } args;
    struct {
        struct param_item *v;
        size_t n, cap;
    } params;
    struct {
        struct dict_entry *v;
        size_t n, cap;
    } entries;
    struct {
        struct comp_clause *v;
        size_t n, cap;
    } clauses;
    struct {
        struct if_clause *v;
        size_t n, cap;
    } branches;
    struct {
        struct load_item *v;
        size_t n, cap;
    } load_items;
    struct {
        struct fpart *v;
        size_t n, cap;
    } parts;

    /* First token of the statement before, if it was dropped for an error, else 0: its
     * block or else is no news then. */
    int broken;
    str_id none, true_, false_, lambda;
};

enum param_kind { PARAM_PLAIN, PARAM_BARE_STAR, PARAM_STAR, PARAM_STARSTAR };

/* A parameter list as written; ast_def() and ast_lambda() bring it into the order of
 * slots. */
struct param_item {
    enum param_kind kind;
    struct param param;
    struct span span;
};

/* ---- scanner (scan.l) ---- */

/* Prepares p->scanner for p->text; parser_scan_end() gives its memory back. */
void parser_scan_begin(struct parser *p);
void parser_scan_end(struct parser *p);

/* ---- literals (literal.c) ---- */

enum literal_flags { LITERAL_RAW = 1, LITERAL_BYTES = 2, LITERAL_FSTRING = 4 };

/* Decodes the inside of a string literal, which begins at offset `at`, and reports bad
 * escapes. */
struct text literal_text(struct parser *p, const char *s, size_t len, uint32_t at,
                         unsigned flags);
/* Integer and float literals of valid form. */
struct expr *literal_integer(struct parser *p, const char *s, size_t len, struct span at);
struct expr *literal_float(struct parser *p, const char *s, size_t len, struct span at);

/* ---- identifiers (identifier.c) ---- */

/* Length of the longest prefix of s that is an identifier by Unicode (XID). */
size_t identifier_length(const char *s, size_t len);

/* ---- errors (parse_error.c) ---- */

/* Reports a syntax error of the scanner or a constructor and marks the line as failed. */
struct diag *parser_error(struct parser *p, enum syntax_code code, struct span at,
                          const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* A string that begins there with that quote has no end. */
struct diag *parser_string_open(struct parser *p, uint32_t begin, char quote);
/* A bracket has no end; `next` is where what follows it begins (file 0: nothing does). */
struct diag *parser_bracket_open(struct parser *p, struct bracket b, struct span next);
/* Reports that the grammar cannot go on with `token`; `expected` lists what it could
 * take. */
void parser_unexpected(struct parser *p, int token, struct span at, const int *expected,
                       int nexpected);
/* "'if'" or "a name": what a person calls this token. */
const char *parser_token_name(int token);
/* Reports that an "expression", "bracket" or "block" is nested too deeply; scanning and
 * reporting end here. */
void parser_too_deep(struct parser *p, struct span at, const char *what);

/* ---- tree nodes (ast.c): what grammar actions call ---- */

/* A list, while it is read, is the index of its first element in p; what makes a node of
 * it takes all from there on. Each of these appends an element and returns its index. */
uint32_t ast_expr_push(struct parser *p, struct expr *e);
uint32_t ast_stmt_push(struct parser *p, struct stmt *s);
uint32_t ast_arg_push(struct parser *p, enum arg_kind kind, str_id name, struct span at,
                      struct expr *value);
uint32_t ast_param_push(struct parser *p, enum param_kind kind, struct ident ident,
                        struct expr *annotation, struct expr *default_value,
                        struct span at);
uint32_t ast_entry_push(struct parser *p, struct expr *key, struct expr *value);
/* `target` NULL: an if clause. */
uint32_t ast_clause_push(struct parser *p, struct expr *target, struct expr *operand);
uint32_t ast_branch_push(struct parser *p, struct expr *test, uint32_t body);
/* `name` 0: the local name is the remote one. */
uint32_t ast_load_push(struct parser *p, struct span name_at, str_id name,
                       struct span remote_at, struct text remote);
/* Part of the f-string whose parts begin at `first`. */
void ast_part_push(struct parser *p, uint32_t first, struct fpart part);

struct expr *ast_name(struct parser *p, struct span at, str_id name);
struct expr *ast_text(struct parser *p, enum expr_kind kind, struct span at,
                      struct text text);
struct expr *ast_fstring(struct parser *p, struct span at, uint32_t parts);
struct expr *ast_sequence(struct parser *p, enum expr_kind kind, struct span at,
                          uint32_t items);
struct expr *ast_dict(struct parser *p, struct span at, uint32_t entries);
/* `key` NULL: of a list. */
struct expr *ast_comp(struct parser *p, struct span at, struct expr *key,
                      struct expr *value, uint32_t clauses);
struct expr *ast_unary(struct parser *p, struct span at, enum ast_op op,
                       struct expr *operand);
struct expr *ast_binary(struct parser *p, struct span at, enum ast_op op,
                        struct expr *left, struct expr *right);
struct expr *ast_cond(struct parser *p, struct span at, struct expr *yes,
                      struct expr *test, struct expr *no);
struct expr *ast_lambda(struct parser *p, struct span at, uint32_t params,
                        struct expr *result);
struct expr *ast_call(struct parser *p, struct span at, struct expr *callee,
                      uint32_t args);
struct expr *ast_dot(struct parser *p, struct span at, struct expr *object, str_id name,
                     struct span name_at);
struct expr *ast_index(struct parser *p, struct span at, struct expr *object,
                       struct expr *key);
struct expr *ast_slice(struct parser *p, struct span at, struct expr *object,
                       struct expr *start, struct expr *stop, struct expr *step);

struct stmt *ast_stmt(struct parser *p, enum stmt_kind kind, struct span at,
                      struct expr *expr);
struct stmt *ast_assign(struct parser *p, struct span at, struct expr *target,
                        enum ast_op op, struct expr *value);
struct stmt *ast_if(struct parser *p, struct span at, uint32_t branches,
                    uint32_t otherwise);
struct stmt *ast_for(struct parser *p, struct span at, struct expr *target,
                     struct expr *iter, uint32_t body);
struct stmt *ast_def(struct parser *p, struct span at, struct ident name, uint32_t params,
                     struct expr *returns, uint32_t body);
struct stmt *ast_load(struct parser *p, struct span at, struct text module,
                      struct span module_at, uint32_t items);
struct function *ast_toplevel(struct parser *p, uint32_t body);

struct ident ast_ident(struct parser *p, struct span at, str_id name);
struct fpart ast_hole(struct span at, struct expr *expr, char conversion);

#endif
