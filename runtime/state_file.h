/* The file behind a state: what state.c and state_file.c share. */
#ifndef DVO_RUNTIME_STATE_FILE_H
#define DVO_RUNTIME_STATE_FILE_H

#include <sqlite3.h>

#include "runtime/owner.h"
#include "runtime/state.h"

struct state {
    sqlite3 *db;
    char *path, *program;
    char *wal; /* where changes are written first; NULL: SQLite makes each durable */
    bool locked;
    bool gathering;      /* changes wait in an open transaction */
    bool hurry;          /* it is to end before anything else goes out */
    enum dvo_error lost; /* what has ended it before that */
    struct {             /* prepared once, found by where their text is */
        struct state_statement {
            const char *sql;
            sqlite3_stmt *st;
        } * v;
        size_t n, cap;
    } statements;
    struct owner self; /* once it is locked */
};

/* Tells what SQLite said last; false. */
bool state_failed(struct state *s, struct fault *f);
/* Prepares a statement and binds its texts; NULL texts bind NULL. NULL if it failed. */
sqlite3_stmt *state_prepare(struct state *s, const char *sql, unsigned n,
                            const char *const *texts);
/* Prepares one that is used often; it stays, and is to be reset. The text stays where it
 * is. NULL if it failed. */
sqlite3_stmt *state_statement(struct state *s, const char *sql);
/* Carries out a statement that gives no rows. */
bool state_execute(struct state *s, const char *sql, unsigned n, const char *const *texts,
                   struct fault *f);
/* The same for a change that waits for state_sync(). The text stays where it is. */
bool state_gather(struct state *s, const char *sql, unsigned n, const char *const *texts,
                  struct fault *f);
/* Undoes what waits to be written; false. */
bool state_drop(struct state *s);

#endif
