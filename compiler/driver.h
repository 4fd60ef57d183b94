/* The commands of dvoc, each a straight list of stages. */
#ifndef DVO_COMPILER_DRIVER_H
#define DVO_COMPILER_DRIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "ir/base/buf.h"
#include "ir/base/diag.h"
#include "ir/pass.h"

enum drive_status { DRIVE_OK = 0, DRIVE_WRONG = 1, DRIVE_USAGE = 2 };

struct drive_options {
    const char *path;    /* program, graph text (.dvir), or build folder */
    const char *output;  /* -o DIR */
    const char *emit;    /* --emit=STAGE */
    const char *config;  /* --config DIR */
    const char *project; /* --project NAME */
    const char *params;  /* --params FILE */
    const char **sets;   /* --set NAME=VALUE */
    size_t nsets;
    bool locked;             /* --locked */
    unsigned level;          /* -O LEVEL */
    bool explain;            /* --explain */
    enum pass print_after;   /* --print-after=PASS */
    enum pass after;         /* --after=PASS, of the graph */
    bool pager;              /* page long output on a terminal */
    bool check;              /* --check */
    enum diag_format format; /* of diagnostics */
    const char *only;        /* --only NAME, of tests */
    char **paths;            /* of a command that takes several files, path among them */
    int npaths;
    char **rest; /* arguments passed on to dvo-run */
    int nrest;
};

/* Through the user's pager on a terminal, else to standard output. */
void drive_show(const struct buf *text, bool pager);

/* Each returns an exit status: 0, 1 (the program is wrong; diagnostics are printed). */
int drive_build(const struct drive_options *o);
int drive_check(const struct drive_options *o);
int drive_eval(const struct drive_options *o);
int drive_graph(const struct drive_options *o);
int drive_preview(const struct drive_options *o);
/* Formats o->paths in place ("-" to standard output) and lists those that changed; with
 * o->check only lists what would change, which is wrong then. */
int drive_fmt(const struct drive_options *o);
/* Runs the tests in o->paths, files and folders. */
int drive_test(const struct drive_options *o);
int drive_config(const struct drive_options *o);
/* Lists the glossary, or shows the record of the call `name`. */
int drive_calls(const struct drive_options *o, const char *name);
/* Builds a program if `o->path` is one, then executes the runtime on the build folder
 * with o->rest; returns only on failure. */
int drive_run(const struct drive_options *o);

#endif
