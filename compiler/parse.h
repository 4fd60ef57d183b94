/* From source text to syntax tree. */
#ifndef DVO_COMPILER_PARSE_H
#define DVO_COMPILER_PARSE_H

#include "compiler/ast.h"
#include "ir/base/diag.h"

/* Scans and parses a whole file. Names are interned in `names`, the tree lives in
 * `arena`; the source must stay registered. NULL after any syntax error; all of them are
 * in `diags`. */
struct ast_file *parse_source(struct sources *sources, file_id file, struct intern *names,
                              struct arena *arena, struct diags *diags);

/* A token as the grammar took it: `kind` is one of parse.tab.h. What stands between two
 * tokens is blanks, line ends, continued lines and comments, nothing else. */
struct token {
    int kind;
    uint32_t begin, end; /* offsets in the source */
};

struct token_list {
    struct token *v; /* on the heap */
    size_t n, cap;
};

/* As parse_source(); appends the tokens of the file, the one of its end last. They are
 * complete only if the result is not NULL. */
struct ast_file *parse_tokens(struct sources *sources, file_id file, struct intern *names,
                              struct arena *arena, struct diags *diags,
                              struct token_list *tokens);

#endif
