/* Evaluation of DVO files: modules, load(), the predeclared names and file access. */
#ifndef DVO_COMPILER_EVAL_H
#define DVO_COMPILER_EVAL_H

#include <stdio.h>

#include "compiler/value.h"
#include "compiler/vm.h"

struct eval;
struct eval_universe;
struct module;

/* How files below the program's folder are read. `path` is relative, normalized, with '/'
 * and without "..". False with errno on failure. */
struct eval_reader {
    bool (*read)(void *ctx, const char *path, struct buf *out);
    void *ctx;
    /* The file whose path is nearest to one that is not there, or NULL. May be NULL. */
    const char *(*near)(void *ctx, const char *path);
    /* Gives a file that was read last its path for people and its role. NULL: it is the
     * user's, and called as it was asked for. */
    void (*added)(void *ctx, struct source *s);
};

/* Everything lives in `arena`; the other arguments must outlive the evaluator. */
struct eval *eval_new(struct arena *arena, struct intern *strings,
                      struct sources *sources, struct diags *diags,
                      struct values *values);
/* Frees what is not in the arena (stack, buffers). Values stay readable. */
void eval_free(struct eval *e);
/* The machine: set its hooks and host before evaluating. */
struct vm *eval_vm(struct eval *e);

/* Predeclared names. A new universe has the Starlark builtins: None True False abs any
 * all bool bytes chr dict dir enumerate fail float getattr hasattr hash int len list max
 * min ord print range repr reversed set sorted str tuple type zip. */
struct eval_universe *eval_universe_new(struct eval *e);
void eval_universe_add(struct eval_universe *u, const char *name, value v);
void eval_universe_native(struct eval_universe *u, const struct native *native);
/* Makes `help` what people are told who use a name that is not known here; `called`: who
 * call it. */
void eval_universe_elsewhere(struct eval_universe *u, const char *name, const char *help,
                             bool called);
/* Adds template() and file_text(), which read files through the module's reader, and
 * not_(). */
void eval_universe_add_dvo(struct eval_universe *u);

/* Parses and resolves one file. NULL after errors. */
struct ast_file *eval_tree(struct eval *e, const struct eval_universe *u, file_id file);
/* The top level of a file that was evaluated, or NULL. */
const struct function *eval_top(const struct eval *e, file_id file);
/* Parses, resolves and runs one file as a module. `path` is what people see and, without
 * its folder, the file's name for its reader; load(), template() and file_text() read
 * through `reader`. NULL after errors. A module is frozen when it has been evaluated by
 * load(). */
struct module *eval_file(struct eval *e, const struct eval_universe *u, file_id file,
                         const struct eval_reader *reader);
/* Names of the globals that the file itself binds, in the order in which it does first.
 */
size_t eval_module_names(const struct module *m, const str_id **names);
/* Value of a global of the module, or VALUE_ERROR if it has none of this name. */
value eval_module_get(const struct module *m, str_id name);
/* Files that the evaluation read through readers (loads, templates, texts) in order; for
 * digests. Paths live in the arena. */
size_t eval_files(const struct eval *e, const char *const **paths);

/* `dvoc eval`: runs a file with the plain builtins; print() goes to `out`. */
bool eval_pure(struct eval *e, file_id file, const struct eval_reader *reader, FILE *out);

#endif
