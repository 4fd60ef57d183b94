/* The rows of the state file: one per address. */
#include "runtime/state.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/state_file.h"

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

#define OP_COLUMNS "address, call, status, result, key, args, created, pending, provider"
#define ALL_COLUMNS                                                                      \
    OP_COLUMNS ", program, title, needs, data, protect, recipe IS NOT NULL"

/* Of OP_COLUMNS, and the others if they were asked for. */
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
        .provider = column_copy(st, 8),
    };
    if (sqlite3_column_count(st) == 9)
        return;
    out->program = column_copy(st, 9);
    out->title = column_copy(st, 10);
    out->needs = column_json(st, 11);
    out->data = sqlite3_column_int(st, 12);
    out->protect = sqlite3_column_int(st, 13);
    out->recipe = sqlite3_column_int(st, 14);
}

bool state_read(struct state *s, const char *address, struct state_op *out,
                struct fault *f)
{
    *out = (struct state_op){0};
    sqlite3_stmt *st =
        state_statement(s, "SELECT " OP_COLUMNS " FROM ops WHERE address = ?");
    if (st)
        sqlite3_bind_text(st, 1, address, -1, SQLITE_STATIC);
    int step = st ? sqlite3_step(st) : SQLITE_ERROR;
    if (step == SQLITE_ROW)
        state_row(st, out);
    bool ok = step == SQLITE_ROW || step == SQLITE_DONE || state_failed(s, f);
    sqlite3_reset(st);
    return ok;
}

void state_op_free(struct state_op *op)
{
    free(op->address);
    free(op->call);
    free(op->key);
    free(op->program);
    free(op->title);
    free(op->provider);
    json_decref(op->result);
    json_decref(op->args);
    json_decref(op->needs);
    *op = (struct state_op){0};
}

/* The columns of a thing, as parameters 7 to 14: what is not known stays as it is. */
#define THING_NAMES "program, key, args, title, provider, needs, recipe, data, protect"
#define THING_VALUES                                                                     \
    "?6, ?7, ?8, ?9, ?10, ?11, ?12, CAST(?13 AS INTEGER), CAST(?14 AS INTEGER)"
#define THING_UPDATE                                                                     \
    "program = ?6, key = coalesce(?7, key), args = coalesce(?8, args), "                 \
    "title = coalesce(?9, title), provider = coalesce(?10, provider), "                  \
    "needs = coalesce(?11, needs), recipe = coalesce(?12, recipe), "                     \
    "data = CASE WHEN ?12 IS NULL THEN data ELSE excluded.data END, "                    \
    "protect = CASE WHEN ?12 IS NULL THEN protect ELSE excluded.protect END"
#define NEXT_SEQUENCE "(SELECT coalesce(max(sequence), 0) + 1 FROM ops)"

static char *json_line(const json_t *v)
{
    return v ? json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
}

static bool state_write(struct state *s, const char *sql, const char *address,
                        const char *call, const char *const more[3],
                        const struct state_thing *thing, struct fault *f)
{
    static const struct state_thing none;
    const struct state_thing *t = thing ? thing : &none;
    char *args = json_line(t->args), *needs = json_line(t->needs),
         *recipe = json_line(t->recipe);
    const char *values[] = {address,
                            call,
                            more[0],
                            more[1],
                            more[2],
                            s->program,
                            t->key,
                            args,
                            t->title,
                            t->provider,
                            needs,
                            recipe,
                            t->data ? "1" : "0",
                            t->protect ? "1" : "0"};
    bool ok = state_gather(s, sql, sizeof values / sizeof *values, values, f);
    free(args);
    free(needs);
    free(recipe);
    return ok;
}

bool state_begin(struct state *s, const char *address, const char *call,
                 const struct state_thing *thing, struct fault *f)
{
    static const char *const none[3];
    bool ok = state_write(
        s,
        "INSERT INTO ops (address, call, status, sequence, " THING_NAMES ") "
        "VALUES (?1, ?2, 1, " NEXT_SEQUENCE ", " THING_VALUES ") "
        "ON CONFLICT (address) DO UPDATE SET status = 1, call = ?2, sequence = "
        "CASE WHEN ?7 IS NULL THEN sequence ELSE excluded.sequence END, " THING_UPDATE,
        address, call, none, thing, f);
    state_hurry(s);
    return ok;
}

bool state_identify(struct state *s, const char *address, const json_t *id,
                    struct fault *f)
{
    json_t *result = id ? json_pack("{sO}", "id", id) : NULL;
    char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;
    bool ok = state_gather(s, "UPDATE ops SET result = ?2 WHERE address = ?1", 2,
                           (const char *const[]){address, text}, f);
    free(text);
    json_decref(result);
    state_hurry(s);
    return ok;
}

bool state_end(struct state *s, const char *address, const char *call,
               const struct state_thing *thing, const json_t *result, bool created,
               bool pending, struct fault *f)
{
    char *text = json_line(result);
    const char *const more[] = {text, created ? "1" : "0", pending ? "1" : "0"};
    bool ok = state_write(
        s,
        "INSERT INTO ops (address, call, status, result, created, pending, "
        "sequence, " THING_NAMES ") VALUES (?1, ?2, 2, ?3, CAST(?4 AS INTEGER), "
        "CAST(?5 AS INTEGER), " NEXT_SEQUENCE ", " THING_VALUES ") "
        "ON CONFLICT (address) DO UPDATE SET status = 2, call = ?2, result = ?3, "
        "created = CAST(?4 AS INTEGER), pending = CAST(?5 AS INTEGER), " THING_UPDATE,
        address, call, more, thing, f);
    free(text);
    return ok;
}

bool state_refuse(struct state *s, const char *address, struct fault *f)
{
    return state_gather(s, "UPDATE ops SET status = 3 WHERE address = ?", 1, &address, f);
}

bool state_settle(struct state *s, const char *address, struct fault *f)
{
    return state_gather(s, "UPDATE ops SET pending = 0 WHERE address = ?", 1, &address,
                        f);
}

bool state_forget(struct state *s, const char *address, struct fault *f)
{
    return state_gather(s, "DELETE FROM ops WHERE address = ?", 1, &address, f);
}

static bool state_each_of(struct state *s, const char *sql, const char *text,
                          state_fn *each, void *ctx, struct fault *f)
{
    sqlite3_stmt *st = state_prepare(s, sql, text ? 1 : 0, &text);
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
    return state_each_of(s, "SELECT " OP_COLUMNS " FROM ops WHERE key IS NOT NULL", NULL,
                         each, ctx, f);
}

bool state_each_made(struct state *s, const char *program, state_fn *each, void *ctx,
                     struct fault *f)
{
    return state_each_of(
        s,
        "SELECT address, call, status, NULL, NULL, NULL, created, "
        "pending, NULL FROM ops WHERE created = 1 AND recipe IS NOT NULL AND "
        "program = ?",
        program, each, ctx, f);
}

bool state_each(struct state *s, state_fn *each, void *ctx, struct fault *f)
{
    return state_each_of(s, "SELECT " ALL_COLUMNS " FROM ops ORDER BY sequence", NULL,
                         each, ctx, f);
}

/* What needs it needs it under its new name. */
static const char rename_needs[] =
    "UPDATE ops SET needs = (SELECT json_group_array(CASE value WHEN ?1 THEN ?2 ELSE "
    "value END) FROM json_each(needs)) WHERE needs IS NOT NULL AND EXISTS "
    "(SELECT 1 FROM json_each(needs) WHERE value = ?1)";

bool state_rename(struct state *s, const char *from, const char *to, struct fault *f)
{
    const char *const names[] = {from, to};
    return state_gather(s, "UPDATE ops SET address = ?2 WHERE address = ?1", 2, names,
                        f) &&
           state_gather(s, rename_needs, 2, names, f);
}

/* The one JSON text that a statement asks for. */
static bool state_document(struct state *s, const char *sql, const char *name,
                           json_t **value, struct fault *f)
{
    sqlite3_stmt *st = state_prepare(s, sql, 1, &name);
    int step = st ? sqlite3_step(st) : SQLITE_ERROR;
    *value = step == SQLITE_ROW ? column_json(st, 0) : NULL;
    bool ok = step == SQLITE_ROW || step == SQLITE_DONE || state_failed(s, f);
    sqlite3_finalize(st);
    return ok;
}

bool state_recipe(struct state *s, const char *address, json_t **recipe, struct fault *f)
{
    return state_document(s, "SELECT recipe FROM ops WHERE address = ?", address, recipe,
                          f);
}

bool state_provider(struct state *s, const char *id, json_t **record, struct fault *f)
{
    return state_document(s, "SELECT record FROM providers WHERE id = ?", id, record, f);
}

bool state_keep_provider(struct state *s, const char *id, const json_t *record,
                         struct fault *f)
{
    char *text = json_line(record);
    bool ok = state_gather(s,
                           "INSERT INTO providers (id, record) VALUES (?1, ?2) ON "
                           "CONFLICT (id) DO UPDATE SET record = ?2 WHERE record != ?2",
                           2, (const char *const[]){id, text}, f);
    free(text);
    return ok;
}

bool state_identity(struct state *s, const char *id, json_t **identity, struct fault *f)
{
    return state_document(s, "SELECT identity FROM providers WHERE id = ?", id, identity,
                          f);
}

bool state_keep_identity(struct state *s, const char *id, const json_t *identity,
                         struct fault *f)
{
    char *text = json_line(identity);
    bool ok = state_gather(s, "UPDATE providers SET identity = ?2 WHERE id = ?1", 2,
                           (const char *const[]){id, text}, f);
    free(text);
    return ok;
}

bool state_rename_provider(struct state *s, const char *from, const char *to,
                           struct fault *f)
{
    return state_gather(s, "UPDATE ops SET provider = ?2 WHERE provider = ?1", 2,
                        (const char *const[]){from, to}, f);
}

bool state_note(struct state *s, const char *name, json_t **value, struct fault *f)
{
    return state_document(s, "SELECT value FROM meta WHERE name = ?", name, value, f);
}

bool state_note_down(struct state *s, const char *name, const json_t *value,
                     struct fault *f)
{
    char *text = json_dumps(value, JSON_COMPACT);
    bool ok = state_gather(s, "INSERT OR REPLACE INTO meta VALUES (?1, ?2)", 2,
                           (const char *const[]){name, text}, f);
    free(text);
    return ok;
}

bool state_together(struct state *s, state_changes *changes, void *ctx, struct fault *f)
{
    return state_sync(s, f) && (changes(ctx, f) ? state_sync(s, f) : state_drop(s));
}
