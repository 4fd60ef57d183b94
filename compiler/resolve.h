/* Names to slots: decides for every name of a tree where its value will live. */
#ifndef DVO_COMPILER_RESOLVE_H
#define DVO_COMPILER_RESOLVE_H

#include "compiler/ast.h"
#include "ir/base/diag.h"

/* A name that is known elsewhere only, in other files or behind a dot: the help for who
 * uses it here. */
struct elsewhere {
    str_id name;
    const char *help;
    bool called; /* only for who calls it: it may well be some variable's name */
};

/* The predeclared names; a SCOPE_UNIVERSAL binding is an index into `names`. */
struct universe {
    const str_id *names;
    uint32_t n;
    const struct elsewhere *elsewhere;
    uint32_t nelsewhere;
};

/* Fills the resolver's fields of the tree and checks what depends on scopes: unknown
 * names, duplicate parameters and keywords, return, break, continue and load in wrong
 * places. False after errors, which are in `diags`; the tree must not be evaluated then,
 * but for the sake of further errors if file->only_unknown. */
bool resolve(struct ast_file *file, const struct universe *universe, struct arena *arena,
             struct diags *diags);

#endif
