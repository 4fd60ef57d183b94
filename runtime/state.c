/* The state file: one row per address, one row for the lock. WAL with full
 * synchronisation, so that a commit is on the disk when the call it announces goes out.
 */
#include "runtime/state.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/file.h"

#define SCHEMA_VERSION 1
/* An owner on another computer counts as dead after this long without a sign of life. */
#define SILENCE_S 120

static const char schema[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
    "CREATE TABLE ops (address TEXT PRIMARY KEY, call TEXT NOT NULL, status INTEGER NOT "
    "NULL,"
    " result TEXT, key TEXT, args TEXT, created INTEGER NOT NULL DEFAULT 0,"
    " pending INTEGER NOT NULL DEFAULT 0, sequence INTEGER NOT NULL) STRICT;"
    "CREATE TABLE lock (id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER NOT NULL,"
    " host TEXT NOT NULL, boot TEXT NOT NULL, started TEXT NOT NULL, since INTEGER NOT "
    "NULL,"
    " alive INTEGER NOT NULL, folder TEXT NOT NULL) STRICT;"
    "PRAGMA user_version = 1;";

struct owner {
    pid_t pid;
    char host[256], boot[64], started[32];
};

struct state {
    sqlite3 *db;
    char *path;
    bool locked;
    struct owner self; /* once it is locked */
};

static bool state_failed(struct state *s, struct fault *f)
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

/* Prepares a statement and binds its texts; NULL texts bind NULL. */
static sqlite3_stmt *state_prepare(struct state *s, const char *sql, unsigned n,
                                   const char *const *texts)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
        return NULL;
    for (unsigned i = 0; i < n; i++)
        sqlite3_bind_text(st, (int)i + 1, texts[i], -1, SQLITE_TRANSIENT);
    return st;
}

static bool state_execute(struct state *s, const char *sql, unsigned n,
                          const char *const *texts, struct fault *f)
{
    sqlite3_stmt *st = state_prepare(s, sql, n, texts);
    bool ok = st && sqlite3_step(st) == SQLITE_DONE;
    if (!ok)
        state_failed(s, f);
    sqlite3_finalize(st);
    return ok;
}

static int state_version(struct state *s)
{
    sqlite3_stmt *st = state_prepare(s, "PRAGMA user_version", 0, NULL);
    int version = st && sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int(st, 0) : -1;
    sqlite3_finalize(st);
    return version;
}

static bool state_prepare_schema(struct state *s, const char *project, struct fault *f)
{
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return state_failed(s, f);
    int version = state_version(s);
    bool ok = version >= 0;
    if (version == 0) {
        ok = sqlite3_exec(s->db, schema, NULL, NULL, NULL) == SQLITE_OK &&
             state_execute(s, "INSERT INTO meta VALUES ('project', ?)", 1, &project, f);
    } else if (version != SCHEMA_VERSION) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return fault_set(f, DVO_ENOSYS,
                         "the state %s has version %d, this dvo-run knows %d", s->path,
                         version, SCHEMA_VERSION);
    }
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

struct state *state_open(const char *path, const char *project, bool create,
                         struct fault *f)
{
    struct state *s = xcalloc(1, sizeof *s);
    s->path = xstrdup(path);
    char *dir = path_dir(path);
    bool made = !create || file_mkdirs(dir);
    if (!made)
        fault_set(f, DVO_EPERM, "cannot make %s: %s", dir, strerror(errno));
    free(dir);
    mode_t mask = umask(0077);
    int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
    int opened = made ? sqlite3_open_v2(path, &s->db, flags, NULL) : SQLITE_CANTOPEN;
    bool ok = opened == SQLITE_OK;
    if (made && !ok && !create && access(path, F_OK) != 0)
        fault_set(f, DVO_ENOENT, "there is no state at %s: nothing was run from here",
                  path);
    else if (made && !ok)
        state_failed(s, f);
    if (ok) {
        sqlite3_busy_timeout(s->db, 5000);
        ok = sqlite3_exec(s->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
                          NULL, NULL, NULL) == SQLITE_OK ||
             state_failed(s, f);
        ok = ok && state_prepare_schema(s, project, f) &&
             state_check_project(s, project, f);
    }
    umask(mask);
    if (ok)
        return s;
    state_close(s);
    return NULL;
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
    if (s->locked)
        lock_change(s, "DELETE FROM lock" LOCK_OURS);
    sqlite3_close(s->db);
    free(s->path);
    free(s);
}

/* When a process began, in the kernel's own count: a number that was given again to
 * another process does not look like its first owner. */
static void process_started(pid_t pid, char out[32])
{
    char path[64];
    struct buf text = {0};
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    snprintf(out, 32, "-");
    if (file_read(path, &text)) {
        /* The name in parentheses may hold anything; the start is the 20th field behind
         * it. */
        const char *p = strrchr(buf_text(&text), ')');
        for (unsigned field = 0; p && field < 20; field++)
            p = strchr(p + 1, ' ');
        if (p)
            snprintf(out, 32, "%.*s", (int)strcspn(p + 1, " "), p + 1);
    }
    buf_free(&text);
}

static void boot_id(char out[64])
{
    struct buf text = {0};
    file_read("/proc/sys/kernel/random/boot_id", &text);
    snprintf(out, 64, "%.*s", (int)strcspn(buf_text(&text), "\n"), buf_text(&text));
    buf_free(&text);
}

static void owner_self(struct owner *o)
{
    *o = (struct owner){.pid = getpid()};
    gethostname(o->host, sizeof o->host - 1);
    boot_id(o->boot);
    process_started(o->pid, o->started);
}

/* Whether the owner in this row of the lock lives. */
static bool owner_alive(sqlite3_stmt *row, const struct owner *self)
{
    pid_t pid = (pid_t)sqlite3_column_int64(row, 0);
    const char *host = (const char *)sqlite3_column_text(row, 1);
    const char *boot = (const char *)sqlite3_column_text(row, 2);
    const char *started = (const char *)sqlite3_column_text(row, 3);
    if (strcmp(host, self->host))
        return time(NULL) - (time_t)sqlite3_column_int64(row, 5) < SILENCE_S;
    char now[32];
    process_started(pid, now);
    return !strcmp(boot, self->boot) && (kill(pid, 0) == 0 || errno == EPERM) &&
           !strcmp(started, now);
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
        long pid = (long)sqlite3_column_int64(st, 0);
        const char *host = (const char *)sqlite3_column_text(st, 1);
        if (owner_alive(st, self)) {
            ok = fault_set(f, DVO_EBUSY,
                           "process %ld on %s has been working with the state "
                           "%s since %s; wait for it, or stop it",
                           pid, host, s->path, when);
        } else {
            struct buf text = {0};
            buf_printf(&text,
                       "the run of %s (process %ld on %s) did not end properly; going "
                       "on from what it wrote down",
                       when, pid, host);
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
    return ok;
}

void state_heartbeat(struct state *s)
{
    if (s->locked)
        lock_change(s, "UPDATE lock SET alive = unixepoch()" LOCK_OURS);
}

static char *column_copy(sqlite3_stmt *st, int i)
{
    const char *text = (const char *)sqlite3_column_text(st, i);
    return text ? xstrdup(text) : NULL;
}

static json_t *column_json(sqlite3_stmt *st, int i)
{
    const char *text = (const char *)sqlite3_column_text(st, i);
    return text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
}

#define OP_COLUMNS "address, call, status, result, key, args, created, pending"

static void state_row(sqlite3_stmt *st, struct state_op *out)
{
    *out = (struct state_op){
        .address = column_copy(st, 0),
        .call = column_copy(st, 1),
        .status = (enum state_status)sqlite3_column_int(st, 2),
        .result = column_json(st, 3),
        .key = column_copy(st, 4),
        .args = column_json(st, 5),
        .created = sqlite3_column_int(st, 6),
        .pending = sqlite3_column_int(st, 7),
    };
}

bool state_read(struct state *s, const char *address, struct state_op *out,
                struct fault *f)
{
    *out = (struct state_op){0};
    sqlite3_stmt *st =
        state_prepare(s, "SELECT " OP_COLUMNS " FROM ops WHERE address = ?", 1, &address);
    int step = st ? sqlite3_step(st) : SQLITE_ERROR;
    if (step == SQLITE_ROW)
        state_row(st, out);
    bool ok = step == SQLITE_ROW || step == SQLITE_DONE || state_failed(s, f);
    sqlite3_finalize(st);
    return ok;
}

void state_op_free(struct state_op *op)
{
    free(op->address);
    free(op->call);
    free(op->key);
    json_decref(op->result);
    json_decref(op->args);
    *op = (struct state_op){0};
}

bool state_begin(struct state *s, const char *address, const char *call, const char *key,
                 const json_t *args, struct fault *f)
{
    char *text = args ? json_dumps(args, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    const char *values[] = {address, call, key, text};
    bool ok = state_execute(
        s,
        "INSERT INTO ops (address, call, status, key, args, sequence) VALUES (?1, ?2, 1, "
        "?3, ?4, (SELECT coalesce(max(sequence), 0) + 1 FROM ops)) ON CONFLICT (address) "
        "DO "
        "UPDATE SET status = 1, call = ?2, key = coalesce(?3, key), "
        "args = coalesce(?4, args), sequence = "
        "CASE WHEN ?3 IS NULL THEN sequence ELSE excluded.sequence END",
        4, values, f);
    free(text);
    return ok;
}

bool state_identify(struct state *s, const char *address, const json_t *id,
                    struct fault *f)
{
    json_t *result = id ? json_pack("{sO}", "id", id) : NULL;
    char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;
    bool ok = state_execute(s, "UPDATE ops SET result = ?2 WHERE address = ?1", 2,
                            (const char *const[]){address, text}, f);
    free(text);
    json_decref(result);
    return ok;
}

bool state_end(struct state *s, const char *address, const char *call,
               const json_t *result, bool created, bool pending, struct fault *f)
{
    char *text = result ? json_dumps(result, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    const char *values[] = {address, call, text, created ? "1" : "0",
                            pending ? "1" : "0"};
    bool ok = state_execute(
        s,
        "INSERT INTO ops (address, call, status, result, created, pending, sequence) "
        "VALUES "
        "(?1, ?2, 2, ?3, CAST(?4 AS INTEGER), CAST(?5 AS INTEGER), "
        "(SELECT coalesce(max(sequence), 0) + 1 FROM ops)) ON CONFLICT (address) DO "
        "UPDATE "
        "SET status = 2, call = ?2, result = ?3, created = CAST(?4 AS INTEGER), "
        "pending = CAST(?5 AS INTEGER)",
        5, values, f);
    free(text);
    return ok;
}

bool state_refuse(struct state *s, const char *address, struct fault *f)
{
    return state_execute(s, "UPDATE ops SET status = 3 WHERE address = ?", 1, &address,
                         f);
}

bool state_settle(struct state *s, const char *address, struct fault *f)
{
    return state_execute(s, "UPDATE ops SET pending = 0 WHERE address = ?", 1, &address,
                         f);
}

bool state_forget(struct state *s, const char *address, struct fault *f)
{
    return state_execute(s, "DELETE FROM ops WHERE address = ?", 1, &address, f);
}

static bool state_each_of(struct state *s, const char *sql, state_fn *each, void *ctx,
                          struct fault *f)
{
    sqlite3_stmt *st = state_prepare(s, sql, 0, NULL);
    int step = SQLITE_ERROR;
    while (st && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct state_op op;
        state_row(st, &op);
        each(ctx, &op);
        state_op_free(&op);
    }
    sqlite3_finalize(st);
    return step == SQLITE_DONE || state_failed(s, f);
}

bool state_each_keyed(struct state *s, state_fn *each, void *ctx, struct fault *f)
{
    return state_each_of(s,
                         "SELECT " OP_COLUMNS " FROM ops WHERE key IS NOT NULL "
                         "ORDER BY sequence DESC",
                         each, ctx, f);
}

bool state_each(struct state *s, state_fn *each, void *ctx, struct fault *f)
{
    return state_each_of(s, "SELECT " OP_COLUMNS " FROM ops ORDER BY sequence", each, ctx,
                         f);
}

bool state_rename(struct state *s, const char *from, const char *to, struct fault *f)
{
    return state_execute(s, "UPDATE ops SET address = ?2 WHERE address = ?1", 2,
                         (const char *const[]){from, to}, f);
}

bool state_note(struct state *s, const char *name, json_t **value, struct fault *f)
{
    sqlite3_stmt *st =
        state_prepare(s, "SELECT value FROM meta WHERE name = ?", 1, &name);
    int step = st ? sqlite3_step(st) : SQLITE_ERROR;
    *value = step == SQLITE_ROW ? column_json(st, 0) : NULL;
    bool ok = step == SQLITE_ROW || step == SQLITE_DONE || state_failed(s, f);
    sqlite3_finalize(st);
    return ok;
}

bool state_note_down(struct state *s, const char *name, const json_t *value,
                     struct fault *f)
{
    char *text = json_dumps(value, JSON_COMPACT);
    bool ok = state_execute(s, "INSERT OR REPLACE INTO meta VALUES (?1, ?2)", 2,
                            (const char *const[]){name, text}, f);
    free(text);
    return ok;
}

bool state_together(struct state *s, state_changes *changes, void *ctx, struct fault *f)
{
    if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return state_failed(s, f);
    bool ok = changes(ctx, f);
    if (ok && sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        ok = state_failed(s, f);
    if (!ok)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return ok;
}
