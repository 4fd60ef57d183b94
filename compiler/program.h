/* One compilation: everything from the text of a program to its op graph. */
#ifndef DVO_COMPILER_PROGRAM_H
#define DVO_COMPILER_PROGRAM_H

#include "compiler/config.h"
#include "compiler/eval.h"
#include "compiler/glossary.h"
#include "compiler/lock.h"
#include "compiler/param.h"
#include "ir/pass.h"

struct program_options {
    const char *path;        /* of the program; "-" is standard input */
    const char *config;      /* --config DIR */
    const char *project;     /* --project NAME */
    const char *const *sets; /* --set NAME=VALUE texts */
    size_t nsets;
    const char *params; /* --params FILE */
    bool locked;        /* --locked: the lock may not change */
    bool test;          /* the names of tests are predeclared, too */
    struct pass_options passes;
    void (*print)(struct vm *vm, const char *text, size_t len); /* for print() */
};

/* Zero-initialise, then program_open(). Also the host of the VM (vm->host). */
struct program {
    struct arena arena;
    struct intern strings;
    struct sources sources;
    struct diags diags;
    struct config config;
    struct calls calls;
    struct graph graph;
    struct eval *eval;
    struct glossary glossary;
    struct params params;
    struct lock lock;
    struct pass_options passes;
    struct map64 natives; /* str_id of a call's name → index into native_list */
    struct map64 methods; /* handle type, str_id of a member → index into method_list */
    struct {
        const struct native **v; /* of methods: NULL if there is none of the name */
        size_t n, cap;
    } native_list, method_list;
    struct object_type **handle_types; /* by index into calls.types */
    size_t nhandle_types;
    struct map64 handle_names; /* str_ids of the records of handle types */
    struct map64 hosts;        /* str_id of an inventory key → op */
    struct {
        struct rollout *v;
        size_t n, cap;
    } rollouts;
    const char *path;   /* of the program */
    const char *folder; /* it stands in: files, lock and state are beside it */
    char glossary_digest[72], program_digest[72];
};

/* Prepares tables and loads the configuration. False after diagnostics. */
bool program_open(struct program *p, const struct program_options *o);
/* The file below the program's folder whose path is nearest to this one, of those in the
 * same folder; NULL if none is near. */
const char *program_near_file(struct program *p, const char *path);
/* Text → syntax tree with its names resolved. NULL after diagnostics. */
struct ast_file *program_tree(struct program *p, const struct program_options *o);
/* Text → graph of ops: parse, resolve, evaluate, name, order, verify. False after
 * diagnostics. */
bool program_evaluate(struct program *p, const struct program_options *o);
/* The first half of it: text → values of its globals, ops in the graph without addresses.
 * NULL after diagnostics. */
struct module *program_module(struct program *p, const struct program_options *o);
/* The second half: addresses, order, and all that is checked of a graph. Once. False
 * after diagnostics. */
bool program_check(struct program *p);
/* Checks the graph as if the program ended here, and calls `look` (or nobody, if NULL)
 * while p->graph is the result; then everything is as before. False after diagnostics. */
bool program_survey(struct program *p, void (*look)(struct program *p, void *ctx),
                    void *ctx);
/* The same from the graph's text form (.dvir); refuses if a digest differs. */
bool program_read_graph(struct program *p, const struct program_options *o);
void program_close(struct program *p);

static inline struct program *program_of(const struct vm *vm)
{
    return vm->host;
}

#endif
