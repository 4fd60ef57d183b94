/* The file behind a state: what state.c and state_file.c share. */
#ifndef DVO_RUNTIME_STATE_FILE_H
#define DVO_RUNTIME_STATE_FILE_H

#include <sqlite3.h>

#include "runtime/owner.h"
#include "runtime/state.h"

struct state {
    sqlite3 *db;
    char *path, *program;
    bool locked;
    struct owner self; /* once it is locked */
};

/* Tells what SQLite said last; false. */
bool state_failed(struct state *s, struct fault *f);
/* Prepares a statement and binds its texts; NULL texts bind NULL. NULL if it failed. */
sqlite3_stmt *state_prepare(struct state *s, const char *sql, unsigned n,
                            const char *const *texts);
/* Carries out a statement that gives no rows. */
bool state_execute(struct state *s, const char *sql, unsigned n, const char *const *texts,
                   struct fault *f);

#endif
