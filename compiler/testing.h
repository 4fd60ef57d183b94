/* `dvoc test`: files of tests (*_test.dvo), which look at the graph that a program makes
 * without running anything. */
#ifndef DVO_COMPILER_TESTING_H
#define DVO_COMPILER_TESTING_H

#include "compiler/program.h"

/* Adds ops, edges, error_of, assert_eq, assert_true and assert_in to a universe; unless
 * it is one of tests only as names that help where they are used. */
void testing_universe(struct eval_universe *u, bool test);

struct testing {
    struct program *run;            /* what is said is queued here; sources, arena */
    struct program_options options; /* of each file; path aside */
    char **paths;                   /* of files, and of folders for all below them */
    int npaths;
    const char *only; /* the test of this name, or NULL */
    enum diag_format format;
    bool color;
    unsigned passed, failed; /* results */
    bool wrong;              /* an error was queued; it may be printed already */
};

/* Runs each file in a process of its own, and in it each test in another one, so that no
 * test sees what another one did, and its end is nobody else's. Prints a line for each
 * test and the counts; diagnostics as they come where the format is one of lines, else
 * they stay queued. False if a test failed, or there was none. */
bool testing_run(struct testing *t);

#endif
