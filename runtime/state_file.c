/* Opens the file, brings older ones to this version, and holds the lock. A commit goes to
 * the write-ahead log, which outlives this process; that the log is on the disk, and
 * outlives the computer's power, is seen to apart from it, for it takes long. */
#include "runtime/state_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/file.h"
#include "runtime/disk.h"

/* What makes a state of each version from one of the version before; 0 is an empty file.
 */
static const char *const migrations[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
    "CREATE TABLE ops (address TEXT PRIMARY KEY, call TEXT NOT NULL, status INTEGER NOT "
    "NULL,"
    " result TEXT, key TEXT, args TEXT, created INTEGER NOT NULL DEFAULT 0,"
    " pending INTEGER NOT NULL DEFAULT 0, sequence INTEGER NOT NULL) STRICT;"
    "CREATE TABLE lock (id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER NOT NULL,"
    " host TEXT NOT NULL, boot TEXT NOT NULL, started TEXT NOT NULL, since INTEGER NOT "
    "NULL,"
    " alive INTEGER NOT NULL, folder TEXT NOT NULL) STRICT;",
    "ALTER TABLE ops ADD COLUMN program TEXT;"
    "ALTER TABLE ops ADD COLUMN title TEXT;"
    "ALTER TABLE ops ADD COLUMN provider TEXT;"
    "ALTER TABLE ops ADD COLUMN needs TEXT;"
    "ALTER TABLE ops ADD COLUMN recipe TEXT;"
    "ALTER TABLE ops ADD COLUMN data INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE ops ADD COLUMN protect INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX ops_sequence ON ops (sequence);"
    "CREATE TABLE providers (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;",
    "ALTER TABLE providers ADD COLUMN identity TEXT;",
};
#define SCHEMA_VERSION ((int)(sizeof migrations / sizeof *migrations))

bool state_failed(struct state *s, struct fault *f)
{
    int code = sqlite3_errcode(s->db);
    enum dvo_error error =
        code == SQLITE_BUSY || code == SQLITE_LOCKED ? DVO_EBUSY
        : code == SQLITE_FULL                        ? DVO_ENOSPC
        : code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PERM
            ? DVO_EPERM
            : DVO_EUNKNOWN;
    return fault_set(f, error, "the state %s cannot be used: %s", s->path,
                     sqlite3_errmsg(s->db));
}

sqlite3_stmt *state_prepare(struct state *s, const char *sql, unsigned n,
                            const char *const *texts)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
        return NULL;
    for (unsigned i = 0; i < n; i++)
        sqlite3_bind_text(st, (int)i + 1, texts[i], -1, SQLITE_TRANSIENT);
    return st;
}

bool state_execute(struct state *s, const char *sql, unsigned n, const char *const *texts,
                   struct fault *f)
{
    sqlite3_stmt *st = state_prepare(s, sql, n, texts);
    bool ok = st && sqlite3_step(st) == SQLITE_DONE;
    if (!ok)
        state_failed(s, f);
    sqlite3_finalize(st);
    return ok;
}

/* Some errors end the transaction, and with it what was written before. */
static bool gather_failed(struct state *s, struct fault *f)
{
    state_failed(s, f);
    if (s->gathering && sqlite3_get_autocommit(s->db))
        s->lost = f->code;
    return false;
}

sqlite3_stmt *state_statement(struct state *s, const char *sql)
{
    for (size_t i = 0; i < s->statements.n; i++)
        if (s->statements.v[i].sql == sql)
            return s->statements.v[i].st;
    sqlite3_stmt *st;
    if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) !=
        SQLITE_OK)
        return NULL;
    *vec_push(&s->statements) = (struct state_statement){sql, st};
    return st;
}

bool state_gather(struct state *s, const char *sql, unsigned n, const char *const *texts,
                  struct fault *f)
{
    if (!s->gathering &&
        sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return state_failed(s, f);
    s->gathering = true;
    sqlite3_stmt *st = state_statement(s, sql);
    if (!st)
        return gather_failed(s, f);
    for (unsigned i = 0; i < n; i++)
        sqlite3_bind_text(st, (int)i + 1, texts[i], -1, SQLITE_STATIC);
    bool ok = sqlite3_step(st) == SQLITE_DONE || gather_failed(s, f);
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return ok;
}

void state_hurry(struct state *s)
{
    s->hurry |= s->gathering;
}

enum state_due state_due(const struct state *s)
{
    return s->hurry ? STATE_DUE : s->gathering ? STATE_WAITS : STATE_SYNCED;
}

bool state_drop(struct state *s)
{
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->gathering = s->hurry = false;
    s->lost = DVO_OK;
    return false;
}

bool state_commit(struct state *s, struct fault *f)
{
    if (!s->gathering)
        return true;
    bool ok = !s->lost && sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (s->lost)
        fault_set(f, s->lost, "the state %s cannot be written", s->path);
    else if (!ok)
        state_failed(s, f);
    state_drop(s);
    return ok;
}

bool state_disk_failed(struct state *s, int error, struct fault *f)
{
    return fault_set(f, error == ENOSPC ? DVO_ENOSPC : DVO_EUNKNOWN,
                     "the state %s cannot be written: %s", s->path, strerror(error));
}

const char *state_log(const struct state *s)
{
    return s->wal;
}

bool state_sync(struct state *s, struct fault *f)
{
    if (!s->gathering)
        return true;
    int error;
    return state_commit(s, f) &&
           (!s->wal || !(error = disk_sync(s->wal)) || state_disk_failed(s, error, f));
}

static int state_version(struct state *s)
{
    sqlite3_stmt *st = state_prepare(s, "PRAGMA user_version", 0, NULL);
    int version = st && sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int(st, 0) : -1;
    sqlite3_finalize(st);
    return version;
}

static bool state_migrate(struct state *s, int version)
{
    char set[48];
    for (; version < SCHEMA_VERSION; version++)
        if (sqlite3_exec(s->db, migrations[version], NULL, NULL, NULL) != SQLITE_OK)
            return false;
    snprintf(set, sizeof set, "PRAGMA user_version = %d", SCHEMA_VERSION);
    return sqlite3_exec(s->db, set, NULL, NULL, NULL) == SQLITE_OK;
}

static bool state_prepare_schema(struct state *s, const char *project, struct fault *f)
{
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return state_failed(s, f);
    int version = state_version(s);
    bool ok = version >= 0;
    if (version > SCHEMA_VERSION) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return fault_set(f, DVO_ENOSYS,
                         "the state %s has version %d, this dvo-run knows %d", s->path,
                         version, SCHEMA_VERSION);
    }
    ok = ok && (version == SCHEMA_VERSION || state_migrate(s, version)) &&
         (version != 0 ||
          state_execute(s, "INSERT INTO meta VALUES ('project', ?)", 1, &project, f));
    if (!ok || sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        state_failed(s, f);
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    return true;
}

static bool state_check_project(struct state *s, const char *project, struct fault *f)
{
    sqlite3_stmt *st =
        state_prepare(s, "SELECT value FROM meta WHERE name = 'project'", 0, NULL);
    bool ok = st && sqlite3_step(st) == SQLITE_ROW;
    if (!ok) {
        state_failed(s, f);
    } else {
        const char *found = (const char *)sqlite3_column_text(st, 0);
        if (strcmp(found, project))
            ok = fault_set(f, DVO_EINVAL,
                           "the state %s belongs to the project %s, the plan "
                           "to %s",
                           s->path, found, project);
    }
    sqlite3_finalize(st);
    return ok;
}

/* Everything that the file holds, in memory. */
static bool state_copy(struct state *s, struct fault *f)
{
    sqlite3 *file = s->db;
    s->db = NULL;
    bool ok = sqlite3_open(":memory:", &s->db) == SQLITE_OK;
    sqlite3_backup *copy = ok ? sqlite3_backup_init(s->db, "main", file, "main") : NULL;
    ok = copy && sqlite3_backup_step(copy, -1) == SQLITE_DONE;
    ok = sqlite3_backup_finish(copy) == SQLITE_OK && ok;
    sqlite3_close(file);
    return ok || state_failed(s, f);
}

/* A write-ahead log where the file system can have one. */
static bool state_journal(struct state *s)
{
    sqlite3_stmt *st = state_prepare(s, "PRAGMA journal_mode = WAL", 0, NULL);
    bool ok = st && sqlite3_step(st) == SQLITE_ROW;
    if (ok && !strcmp((const char *)sqlite3_column_text(st, 0), "wal")) {
        struct buf path = {0};
        buf_printf(&path, "%s-wal", s->path);
        s->wal = buf_steal(&path);
    }
    sqlite3_finalize(st);
    return ok && sqlite3_exec(s->db,
                              s->wal ? "PRAGMA synchronous = NORMAL"
                                     : "PRAGMA synchronous = FULL",
                              NULL, NULL, NULL) == SQLITE_OK;
}

static bool state_file(struct state *s, enum state_use use, struct fault *f)
{
    static const int flags[] = {
        [STATE_LOOK] = SQLITE_OPEN_READONLY,
        [STATE_USE] = SQLITE_OPEN_READWRITE,
        [STATE_MAKE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    if (sqlite3_open_v2(s->path, &s->db, flags[use], NULL) != SQLITE_OK) {
        if (use != STATE_MAKE && access(s->path, F_OK) != 0)
            return fault_set(f, DVO_ENOENT,
                             "there is no state at %s: nothing was run from here",
                             s->path);
        return state_failed(s, f);
    }
    sqlite3_busy_timeout(s->db, 5000);
    if (use == STATE_LOOK)
        return state_copy(s, f);
    return state_journal(s) || state_failed(s, f);
}

struct state *state_open(const char *path, const char *project, enum state_use use,
                         struct fault *f)
{
    struct state *s = xcalloc(1, sizeof *s);
    s->path = xstrdup(path);
    char *dir = path_dir(path);
    bool ok = use != STATE_MAKE || file_mkdirs(dir);
    if (!ok)
        fault_set(f, DVO_EPERM, "cannot make %s: %s", dir, strerror(errno));
    free(dir);
    mode_t mask = umask(0077);
    ok = ok && state_file(s, use, f) && state_prepare_schema(s, project, f) &&
         state_check_project(s, project, f);
    umask(mask);
    if (ok)
        return s;
    state_close(s);
    return NULL;
}

void state_program(struct state *s, const char *program)
{
    free(s->program);
    s->program = xstrdup(program);
}

/* Changes the lock if it is still ours: a silence may have been taken for our death. */
static void lock_change(struct state *s, const char *sql)
{
    sqlite3_stmt *st = state_prepare(
        s, sql, 3, (const char *const[]){s->self.host, s->self.boot, s->self.started});
    sqlite3_bind_int64(st, 4, s->self.pid);
    sqlite3_step(st);
    sqlite3_finalize(st);
}

#define LOCK_OURS " WHERE host = ?1 AND boot = ?2 AND started = ?3 AND pid = ?4"

void state_close(struct state *s)
{
    if (!s)
        return;
    struct fault ignored = {0};
    state_sync(s, &ignored);
    fault_free(&ignored);
    if (s->locked)
        lock_change(s, "DELETE FROM lock" LOCK_OURS);
    for (size_t i = 0; i < s->statements.n; i++)
        sqlite3_finalize(s->statements.v[i].st);
    free(s->statements.v);
    sqlite3_close(s->db);
    free(s->path);
    free(s->wal);
    free(s->program);
    free(s);
}

/* Of a row of the lock. */
static void lock_owner(sqlite3_stmt *row, struct owner *o)
{
    *o = (struct owner){.pid = (pid_t)sqlite3_column_int64(row, 0)};
    snprintf(o->host, sizeof o->host, "%s", sqlite3_column_text(row, 1));
    snprintf(o->boot, sizeof o->boot, "%s", sqlite3_column_text(row, 2));
    snprintf(o->started, sizeof o->started, "%s", sqlite3_column_text(row, 3));
}

static bool lock_check(struct state *s, const struct owner *self, char **note,
                       char **leftover, struct fault *f)
{
    sqlite3_stmt *st = state_prepare(
        s, "SELECT pid, host, boot, started, since, alive, folder FROM lock", 0, NULL);
    if (!st)
        return state_failed(s, f);
    bool ok = true;
    if (sqlite3_step(st) == SQLITE_ROW) {
        time_t since = (time_t)sqlite3_column_int64(st, 4);
        char when[32];
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", localtime(&since));
        struct owner owner;
        lock_owner(st, &owner);
        if (owner_alive(&owner, (time_t)sqlite3_column_int64(st, 5), self)) {
            ok = fault_set(f, DVO_EBUSY,
                           "process %ld on %s has been working with the state "
                           "%s since %s; wait for it, or stop it",
                           (long)owner.pid, owner.host, s->path, when);
        } else {
            struct buf text = {0};
            buf_printf(&text,
                       "the run of %s (process %ld on %s) did not end properly; going "
                       "on from what it wrote down",
                       when, (long)owner.pid, owner.host);
            *note = buf_steal(&text);
            *leftover = xstrdup((const char *)sqlite3_column_text(st, 6));
        }
    }
    sqlite3_finalize(st);
    return ok;
}

bool state_lock(struct state *s, const char *folder, char **note, char **leftover,
                struct fault *f)
{
    struct owner *self = &s->self;
    owner_self(self);
    *note = *leftover = NULL;
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return state_failed(s, f);
    char pid[24];
    snprintf(pid, sizeof pid, "%ld", (long)self->pid);
    const char *values[] = {pid, self->host, self->boot, self->started, folder};
    bool ok = lock_check(s, self, note, leftover, f) &&
              state_execute(s,
                            "INSERT OR REPLACE INTO lock VALUES (1, CAST(?1 AS INTEGER), "
                            "?2, ?3, ?4, unixepoch(), unixepoch(), ?5)",
                            5, values, f);
    if (ok && sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        ok = state_failed(s, f);
    if (!ok)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->locked = ok;
    if (ok) {
        char *dir = path_dir(s->path);
        file_sync_dir(dir);
        free(dir);
    }
    return ok;
}

void state_heartbeat(struct state *s)
{
    if (s->locked)
        lock_change(s, "UPDATE lock SET alive = unixepoch()" LOCK_OURS);
}
