/* The state file: what survives a process that dies between an intent and its result, and
 * who may work with the state. */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "runtime/state_file.h"

/* A folder of its own per test, with the path of a state that does not exist yet. */
struct place {
    char dir[64];
    char path[128];
};

static int place_make(void **state)
{
    struct place *p = xcalloc(1, sizeof *p);
    snprintf(p->dir, sizeof p->dir, "/tmp/dvo-test-state-XXXXXX");
    if (!mkdtemp(p->dir))
        return -1;
    snprintf(p->path, sizeof p->path, "%s/deep/app.db", p->dir);
    *state = p;
    return 0;
}

static int place_remove(void **state)
{
    struct place *p = *state;
    static const char *const names[] = {"deep/app.db", "deep/app.db-wal",
                                        "deep/app.db-shm", "deep", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", p->dir, names[i]);
        remove(path);
    }
    free(p);
    return 0;
}

static struct state *opened(const struct place *p)
{
    struct fault f = {0};
    struct state *s = state_open(p->path, "shop", STATE_MAKE, &f);
    if (!s)
        fail_msg("%s", f.message);
    return s;
}

static struct state_op read_op(struct state *s, const char *address)
{
    struct fault f = {0};
    struct state_op op;
    if (!state_read(s, address, &op, &f))
        fail_msg("%s", f.message);
    return op;
}

/* Runs `body` in a child that ends as if it had been killed: nothing is closed or
 * flushed. */
static void in_dying_child(const struct place *p, bool (*body)(const struct place *p))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid)
        _exit(body(p) ? 9 : 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 9);
}

static bool intend(const struct place *p)
{
    struct fault f = {0};
    json_t *args = json_pack("{s:s,s:i}", "image", "debian", "cpus", 2);
    struct state *s = state_open(p->path, "shop", STATE_MAKE, &f);
    const struct state_thing thing = {.key = "dvo:shop:machine", .args = args};
    return s && state_begin(s, "machine", "cloud.create", &thing, &f) &&
           state_sync(s, &f);
}

static bool intend_again(const struct place *p)
{
    struct fault f = {0};
    struct state *s = state_open(p->path, "shop", STATE_USE, &f);
    return s && state_begin(s, "machine", "cloud.create", NULL, &f) && state_sync(s, &f);
}

static void keeps_the_intent_of_a_dead_process(void **state)
{
    const struct place *p = *state;
    struct fault f = {0};
    in_dying_child(p, intend);

    struct state *s = opened(p);
    struct state_op op = read_op(s, "machine");
    assert_int_equal(op.status, STATE_STARTED);
    assert_string_equal(op.call, "cloud.create");
    assert_string_equal(op.key, "dvo:shop:machine");
    assert_string_equal(json_string_value(json_object_get(op.args, "image")), "debian");
    assert_null(op.result);
    assert_false(op.created);
    state_op_free(&op);

    json_t *result = json_pack("{s:s}", "id", "i-1");
    assert_true(state_end(s, "machine", "cloud.create", NULL, result, true, true, &f));
    json_decref(result);
    state_close(s);

    /* A second intent that dies keeps the result, the key and the arguments. */
    in_dying_child(p, intend_again);
    s = opened(p);
    op = read_op(s, "machine");
    assert_int_equal(op.status, STATE_STARTED);
    assert_string_equal(op.key, "dvo:shop:machine");
    assert_int_equal(json_integer_value(json_object_get(op.args, "cpus")), 2);
    assert_string_equal(json_string_value(json_object_get(op.result, "id")), "i-1");
    assert_true(op.created);
    assert_true(op.pending);
    state_op_free(&op);
    state_close(s);
}

static bool finish(const struct place *p)
{
    struct fault f = {0};
    struct state *s = state_open(p->path, "shop", STATE_MAKE, &f);
    json_t *result = json_pack("{s:s%}", "stdout", "a\0b", (size_t)3);
    return s && state_begin(s, "op", "machine.run", NULL, &f) &&
           state_end(s, "op", "machine.run", NULL, result, false, true, &f) &&
           state_sync(s, &f);
}

static void keeps_the_result_of_a_dead_process(void **state)
{
    const struct place *p = *state;
    in_dying_child(p, finish);
    struct state *s = opened(p);
    struct state_op op = read_op(s, "op");
    assert_int_equal(op.status, STATE_DONE);
    const json_t *text = json_object_get(op.result, "stdout");
    assert_int_equal(json_string_length(text), 3);
    assert_memory_equal(json_string_value(text), "a\0b", 3);
    assert_null(op.key);
    assert_false(op.created);
    assert_true(op.pending);
    state_op_free(&op);
    state_close(s);
}

static bool end_without_sync(const struct place *p)
{
    struct fault f = {0};
    struct state *s = state_open(p->path, "shop", STATE_MAKE, &f);
    bool ok = s && state_begin(s, "op", "machine.run", NULL, &f) &&
              state_due(s) == STATE_DUE && state_sync(s, &f) &&
              state_due(s) == STATE_SYNCED &&
              state_end(s, "op", "machine.run", NULL, NULL, false, true, &f) &&
              state_due(s) == STATE_WAITS;
    state_hurry(s);
    return ok && state_due(s) == STATE_DUE;
}

static void gathers_changes(void **state)
{
    const struct place *p = *state;
    in_dying_child(p, end_without_sync);
    struct state *s = opened(p);
    struct state_op op = read_op(s, "op");
    assert_int_equal(op.status, STATE_STARTED);
    state_op_free(&op);
    state_close(s);
}

/* What ends the transaction takes those before with it, and that is told. */
static void tells_what_a_full_disk_lost(void **state)
{
    struct fault f = {0};
    struct state *s = opened(*state);
    char *large = xmalloc(1 << 20);
    memset(large, 'x', (1 << 20) - 1);
    large[(1 << 20) - 1] = '\0';
    json_t *result = json_pack("{s:s}", "text", large);
    free(large);
    assert_int_equal(sqlite3_exec(s->db, "PRAGMA max_page_count = 20", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_true(state_begin(s, "first", "machine.run", NULL, &f));
    assert_false(state_end(s, "second", "machine.run", NULL, result, false, false, &f));
    assert_int_equal(f.code, DVO_ENOSPC);
    fault_free(&f);
    bool kept = state_sync(s, &f);
    assert_int_equal(f.code, kept ? DVO_OK : DVO_ENOSPC);
    fault_free(&f);
    struct state_op op = read_op(s, "first");
    assert_int_equal(op.status, kept ? STATE_STARTED : STATE_NONE);
    state_op_free(&op);
    /* With room again, it goes on. */
    assert_int_equal(
        sqlite3_exec(s->db, "PRAGMA max_page_count = 10000", NULL, NULL, NULL),
        SQLITE_OK);
    assert_true(state_begin(s, "third", "machine.run", NULL, &f));
    assert_true(state_sync(s, &f));
    json_decref(result);
    state_close(s);
    s = opened(*state);
    op = read_op(s, "third");
    assert_int_equal(op.status, STATE_STARTED);
    state_op_free(&op);
    state_close(s);
}

static void follows_an_op(void **state)
{
    struct fault f = {0};
    struct state *s = opened(*state);
    struct state_op op = read_op(s, "op");
    assert_int_equal(op.status, STATE_NONE);
    assert_null(op.address);
    /* Addresses are data, whatever they look like. */
    static const char address[] = "web[\"'; DROP TABLE ops; --\"]";
    assert_true(state_begin(s, address, "machine.run", NULL, &f));
    assert_true(state_refuse(s, address, &f));
    op = read_op(s, address);
    assert_string_equal(op.address, address);
    assert_int_equal(op.status, STATE_REFUSED);
    state_op_free(&op);
    assert_true(state_end(s, address, "machine.run", NULL, NULL, false, true, &f));
    assert_true(state_settle(s, address, &f));
    op = read_op(s, address);
    assert_int_equal(op.status, STATE_DONE);
    assert_false(op.pending);
    state_op_free(&op);
    assert_true(state_forget(s, address, &f));
    op = read_op(s, address);
    assert_int_equal(op.status, STATE_NONE);
    state_close(s);
}

static void note_row(void *ctx, const struct state_op *op)
{
    char *needs = op->needs ? json_dumps(op->needs, 0) : NULL;
    buf_printf(ctx, "%s:%s:%s:%s%s%s%s ", op->address, op->key ? op->key : "-",
               op->program ? op->program : "-", needs ? needs : "-",
               op->data ? ":data" : "", op->protect ? ":protect" : "",
               op->recipe ? ":recipe" : "");
    free(needs);
}

static void rows_are(struct state *s, const char *expected)
{
    struct fault f = {0};
    struct buf seen = {0};
    assert_true(state_each(s, note_row, &seen, &f));
    assert_string_equal(buf_text(&seen), expected);
    buf_free(&seen);
}

static void keeps_what_a_deletion_needs(void **state)
{
    struct fault f = {0};
    struct state *s = opened(*state);
    json_t *needs = json_pack("[s]", "network"), *recipe = json_pack("{s:[]}", "lookup");
    json_t *read, *record = json_pack("{s:s}", "driver", "zed");
    struct state_thing thing = {.key = "k1"};
    state_program(s, "app.dvo");
    assert_true(state_begin(s, "network", "cloud.network", &thing, &f));
    thing = (struct state_thing){.key = "k2",
                                 .title = "Create volume",
                                 .provider = "p1",
                                 .needs = needs,
                                 .recipe = recipe,
                                 .data = true,
                                 .protect = true};
    assert_true(state_begin(s, "volume", "cloud.volume", &thing, &f));
    /* What is not told anew stays. */
    assert_true(state_end(s, "volume", "cloud.volume", NULL, NULL, true, false, &f));
    assert_true(state_end(s, "output(x)", "output", NULL, NULL, false, false, &f));
    rows_are(s,
             "network:k1:app.dvo:- volume:k2:app.dvo:[\"network\"]:data:protect:recipe "
             "output(x):-:app.dvo:- ");
    /* Who needs it follows a name that changes; flags change with the recipe. */
    assert_true(state_rename(s, "network", "net", &f));
    thing.data = thing.protect = false;
    thing.needs = NULL;
    state_program(s, "b.dvo");
    assert_true(state_end(s, "volume", "cloud.volume", &thing, NULL, true, false, &f));
    rows_are(s,
             "net:k1:app.dvo:- volume:k2:b.dvo:[\"net\"]:recipe output(x):-:app.dvo:- ");
    assert_true(state_recipe(s, "volume", &read, &f));
    assert_true(json_equal(read, recipe));
    json_decref(read);
    assert_true(state_recipe(s, "net", &read, &f));
    assert_null(read);
    assert_true(state_keep_provider(s, "p1", needs, &f) &&
                state_keep_provider(s, "p1", record, &f) &&
                state_provider(s, "p1", &read, &f));
    assert_true(json_equal(read, record));
    json_decref(read);
    assert_true(state_provider(s, "p2", &read, &f));
    assert_null(read);
    assert_true(state_identity(s, "p1", &read, &f));
    assert_null(read);
    assert_true(state_keep_identity(s, "p1", needs, &f) &&
                state_keep_provider(s, "p1", recipe, &f) &&
                state_identity(s, "p1", &read, &f));
    assert_true(json_equal(read, needs));
    json_decref(read);
    json_decref(record);
    json_decref(needs);
    json_decref(recipe);
    state_close(s);
}

/* A state as the first version made it. */
static void opens_older_states(void **state)
{
    const struct place *p = *state;
    struct fault f = {0};
    sqlite3 *db;
    state_close(opened(p));
    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "DROP TABLE providers; DROP TABLE ops;"
                     "CREATE TABLE ops (address TEXT PRIMARY KEY, call TEXT NOT NULL,"
                     " status INTEGER NOT NULL, result TEXT, key TEXT, args TEXT,"
                     " created INTEGER NOT NULL DEFAULT 0, pending INTEGER NOT NULL"
                     " DEFAULT 0, sequence INTEGER NOT NULL) STRICT;"
                     "INSERT INTO ops VALUES ('m', 'cloud.create', 2, '{\"id\":1}', 'k',"
                     " '{}', 1, 0, 1); PRAGMA user_version = 1",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    struct state *s = opened(p);
    rows_are(s, "m:k:-:- ");
    assert_true(state_settle(s, "m", &f));
    state_close(s);
}

static void looks_without_changing(void **state)
{
    const struct place *p = *state;
    struct fault f = {0};
    struct state *s = opened(p), *copy = state_open(p->path, "shop", STATE_LOOK, &f);
    assert_non_null(copy);
    assert_true(state_begin(copy, "a", "cloud.create", NULL, &f));
    rows_are(copy, "a:-:-:- ");
    rows_are(s, "");
    state_close(copy);
    state_close(s);
}

static void refuses_what_does_not_fit(void **state)
{
    const struct place *p = *state;
    struct fault f = {0};
    assert_null(state_open(p->path, "shop", STATE_USE, &f));
    assert_int_equal(f.code, DVO_ENOENT);
    state_close(opened(p));
    struct stat st;
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_null(state_open(p->path, "other", STATE_MAKE, &f));
    assert_int_equal(f.code, DVO_EINVAL);

    sqlite3 *db;
    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_null(state_open(p->path, "shop", STATE_MAKE, &f));
    assert_int_equal(f.code, DVO_ENOSYS);

    FILE *file = fopen(p->path, "w");
    assert_non_null(file);
    fputs("this is no database, only some text that is long enough to be looked at\n",
          file);
    fclose(file);
    assert_null(state_open(p->path, "shop", STATE_MAKE, &f));
    assert_int_equal(f.code, DVO_EUNKNOWN);
    fault_free(&f);
}

/* --- the lock
 * ---------------------------------------------------------------------------- */

static bool lock_and_die(const struct place *p)
{
    struct fault f = {0};
    char *note, *leftover;
    struct state *s = state_open(p->path, "shop", STATE_MAKE, &f);
    return s && state_lock(s, "/run/of/the/dead", &note, &leftover, &f) && !note &&
           !leftover;
}

static void takes_over_from_the_dead(void **state)
{
    const struct place *p = *state;
    struct fault f = {0};
    char *note, *leftover;
    in_dying_child(p, lock_and_die);
    struct state *s = opened(p);
    assert_true(state_lock(s, "/run/mine", &note, &leftover, &f));
    assert_non_null(note);
    assert_non_null(strstr(note, "did not end properly"));
    assert_string_equal(leftover, "/run/of/the/dead");
    free(note);
    free(leftover);
    state_close(s);

    /* Closing gave it back: nothing is left to be taken over. */
    s = opened(p);
    assert_true(state_lock(s, "/run/next", &note, &leftover, &f));
    assert_null(note);
    assert_null(leftover);
    state_close(s);
}

static void refuses_while_the_owner_lives(void **state)
{
    const struct place *p = *state;
    struct fault f = {0};
    char *note, *leftover, byte;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        bool ok = lock_and_die(p);
        if (write(ready[1], ok ? "y" : "n", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    struct state *s = opened(p);
    assert_false(state_lock(s, "/run/mine", &note, &leftover, &f));
    assert_int_equal(f.code, DVO_EBUSY);
    char who[32];
    snprintf(who, sizeof who, "process %ld ", (long)pid);
    assert_non_null(strstr(f.message, who));
    assert_null(note);
    assert_null(leftover);
    fault_free(&f);
    /* Who was refused gives nothing back that is not his. */
    state_close(s);
    s = opened(p);
    assert_false(state_lock(s, "/run/mine", &note, &leftover, &f));
    fault_free(&f);

    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(state_lock(s, "/run/mine", &note, &leftover, &f));
    assert_non_null(note);
    free(note);
    free(leftover);
    state_close(s);
    close(ready[0]);
    close(ready[1]);
}

static void change(const struct place *p, const char *sql)
{
    sqlite3 *db;
    char *error = NULL;
    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
    sqlite3_close(db);
}

/* A number that was given to another process is not its first owner; another computer
 * cannot be asked and counts as long as it gives signs of life. */
static void tells_owners_apart(void **state)
{
    static const struct {
        const char *sql;
        bool alive;
    } cases[] = {
        {"UPDATE lock SET folder = folder", true},
        {"UPDATE lock SET started = '1'", false},
        {"UPDATE lock SET boot = 'another'", false},
        {"UPDATE lock SET host = 'elsewhere.example'", true},
        {"UPDATE lock SET host = 'elsewhere.example', alive = unixepoch() - 3600", false},
    };
    const struct place *p = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault f = {0};
        char *note, *leftover;
        struct state *first = opened(p), *second = opened(p);
        assert_true(state_lock(first, "/run/first", &note, &leftover, &f));
        change(p, cases[i].sql);
        assert_int_equal(state_lock(second, "/run/second", &note, &leftover, &f),
                         !cases[i].alive);
        assert_int_equal(f.code, cases[i].alive ? DVO_EBUSY : DVO_OK);
        fault_free(&f);
        free(note);
        free(leftover);
        state_close(second);
        state_close(first);
        change(p, "DELETE FROM lock");
    }
}

/* Who was silent for too long and comes back must not give away the new owner's lock. */
static void leaves_the_lock_of_others(void **state)
{
    const struct place *p = *state;
    struct fault f = {0};
    char *note, *leftover;
    struct state *late = opened(p);
    assert_true(state_lock(late, "/run/late", &note, &leftover, &f));
    change(p, "UPDATE lock SET host = 'elsewhere.example', alive = unixepoch() - 60");
    state_heartbeat(late);
    state_close(late);
    struct state *s = opened(p);
    assert_false(state_lock(s, "/run/next", &note, &leftover, &f));
    assert_int_equal(f.code, DVO_EBUSY);
    fault_free(&f);
    /* The clocks of SQLite and of time() may be a tick apart, to either side of a second.
     */
    change(p, "UPDATE lock SET alive = alive - 61");
    assert_true(state_lock(s, "/run/next", &note, &leftover, &f));
    free(note);
    free(leftover);
    state_close(s);
}

#define STATE_TEST(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STATE_TEST(keeps_the_intent_of_a_dead_process),
        STATE_TEST(keeps_the_result_of_a_dead_process),
        STATE_TEST(gathers_changes),
        STATE_TEST(tells_what_a_full_disk_lost),
        STATE_TEST(follows_an_op),
        STATE_TEST(keeps_what_a_deletion_needs),
        STATE_TEST(opens_older_states),
        STATE_TEST(looks_without_changing),
        STATE_TEST(refuses_what_does_not_fit),
        STATE_TEST(takes_over_from_the_dead),
        STATE_TEST(refuses_while_the_owner_lives),
        STATE_TEST(tells_owners_apart),
        STATE_TEST(leaves_the_lock_of_others),
    };
    return RUN_TESTS(tests);
}
