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

#endif
