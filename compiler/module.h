/* One file being evaluated or evaluated: its globals and where its files come from. */
#ifndef DVO_COMPILER_MODULE_H
#define DVO_COMPILER_MODULE_H

#include "compiler/eval.h"

enum module_state { MODULE_RUNNING, MODULE_DONE, MODULE_FAILED };

struct module {
    struct eval *eval;
    const struct eval_universe *universe;
    const struct eval_reader *reader;
    const struct ast_file *ast;
    file_id file;
    const char *path; /* as load() wrote it, normalized; NULL for the program itself */
    value *globals;
    bool *gave_up; /* per global: see recover.h */
    bool wrong;    /* an error was met, and evaluation went on */
    enum module_state state;
    struct span loaded_at; /* the load statement that began it */
};

/* Registers a file below the program's folder as a source, reading it once. 0 after an
 * error. */
file_id eval_read(struct eval *e, const struct eval_reader *reader, const char *path,
                  struct span at);

#endif
