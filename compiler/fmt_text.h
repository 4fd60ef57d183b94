/* A program as the formatter sees it: logical lines of tokens that know their brackets,
 * their blanks and the comments before them. Private to fmt*.c. */
#ifndef DVO_COMPILER_FMT_TEXT_H
#define DVO_COMPILER_FMT_TEXT_H

#include "compiler/parse.h"

struct fmt_comment {
    const char *text; /* from its '#', without blanks at its end */
    uint32_t len;
    uint32_t column; /* of its '#' in the source, from 0 */
    uint32_t blanks; /* empty lines before it */
    bool trailing;   /* stands behind a token on that token's line */
};

/* What a bracket holds. FMT_PAREN is around one expression, or a tuple. */
enum fmt_group {
    FMT_NONE,
    FMT_CALL, /* arguments, or the names of a load */
    FMT_PARAMS,
    FMT_PAREN,
    FMT_LIST,
    FMT_DICT,
    FMT_INDEX,
};

struct fmt_token {
    int kind; /* of parse.tab.h; an f-string is one TOK_STRING */
    const char *text;
    uint32_t len;
    /* Columns of its first and last line; `lines` counts the line ends inside. */
    uint32_t first, last, lines;
    uint32_t comments, ncomments; /* before it: index into fmt_text.comments */
    uint32_t blanks;              /* empty lines between them and it */
    bool newline;                 /* a line end stands before it */
    bool backslash;               /* which was continued */
    bool space;                   /* a blank before it, unless it begins a line */
    bool operand;                 /* an expression may end here */
    bool tight;                   /* no blank behind it */
    bool lambda;                  /* ',' or ':' of the parameters of a lambda */

    /* opening brackets; closing ones know only `match` */
    uint32_t match; /* index of the other bracket */
    enum fmt_group group;
    uint32_t commas;
    bool comprehension;
    bool must;    /* cannot be on one line */
    bool explode; /* chosen by the layout to stand on lines of its own */
};

/* A logical line is v[first] up to v[end], which is its TOK_NEWLINE (or TOK_END). */
struct fmt_line {
    uint32_t first, end;
    uint32_t depth;  /* blocks around it */
    uint32_t column; /* of its first token in the source, from 0 */
};

struct fmt_text {
    struct {
        struct fmt_token *v;
        size_t n, cap;
    } tokens;
    struct {
        struct fmt_comment *v;
        size_t n, cap;
    } comments;
    struct {
        struct fmt_line *v; /* the last one is empty: the comments at the end */
        size_t n, cap;
    } lines;
};

/* Reads the tokens of a source into lines. Texts that differ from the source (other
 * quotes, plain line ends) are made in `arena`. */
void fmt_text_read(struct fmt_text *t, const struct source *source,
                   const struct token_list *tokens, struct arena *arena);
void fmt_text_free(struct fmt_text *t);

/* The same literal in double quotes unless that needs more escapes, with line feeds at
 * its line ends. */
struct text fmt_string(const char *s, size_t len, struct arena *arena);

/* Finds the brackets and blanks of one line (fmt_bracket.c). */
void fmt_brackets(struct fmt_text *t, const struct fmt_line *line);

/* Writes the lines in house style (fmt_layout.c). */
void fmt_layout(struct fmt_text *t, struct buf *out);

#endif
