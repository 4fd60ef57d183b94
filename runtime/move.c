/* All rows move at once, so that addresses may be exchanged: first everything that moves
 * gets a name that no address has, then its new one. */
#include "runtime/move.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/address.h"
#include "ir/base/arena.h"
#include "ir/base/digest.h"

#define NOTE "moved"
#define KEY_HASH 26 /* characters at the end of a key that no other key has */

struct row {
    char *address, *call;
    char *to;    /* NULL: it stays */
    size_t move; /* that it moves by */
};

struct moving {
    struct run *run;
    json_t *moves; /* [[from, to], …] not made yet */
    const json_t *all;
    bool *used; /* by move */
    struct {
        struct row *v;
        size_t n, cap;
    } rows;
};

static const char *move_from(const struct moving *m, size_t i)
{
    return json_string_value(json_array_get(json_array_get(m->moves, i), 0));
}

static const char *move_to(const struct moving *m, size_t i)
{
    return json_string_value(json_array_get(json_array_get(m->moves, i), 1));
}

/* The moves of the plan that no earlier run has made. */
static json_t *moves_left(const json_t *all, const json_t *made)
{
    json_t *left = json_array();
    size_t i, k;
    json_t *move, *old;
    json_array_foreach((json_t *)(uintptr_t)all, i, move)
    {
        bool known = false;
        json_array_foreach((json_t *)(uintptr_t)made, k, old) known |=
            json_equal(move, old);
        if (!known)
            json_array_append(left, move);
    }
    return left;
}

static void add_row(void *ctx, const struct state_op *op)
{
    struct moving *m = ctx;
    *vec_push(&m->rows) =
        (struct row){.address = xstrdup(op->address), .call = xstrdup(op->call)};
}

static char *joined(const char *a, const char *b)
{
    struct buf text = {0};
    buf_printf(&text, "%s%s", a, b);
    return buf_steal(&text);
}

/* By the move that says most about the address. */
static void aim(struct moving *m, struct row *row)
{
    size_t best = SIZE_MAX, length = 0;
    for (size_t i = 0; i < json_array_size(m->moves); i++)
        if (address_covers(move_from(m, i), row->address) &&
            (best == SIZE_MAX || strlen(move_from(m, i)) > length)) {
            best = i;
            length = strlen(move_from(m, i));
        }
    if (best == SIZE_MAX)
        return;
    m->used[best] = true;
    row->move = best;
    row->to = joined(move_to(m, best), row->address + length);
}

/* ADDRESS#former, with a number if there is one already. */
static char *former(const struct moving *m, const char *address)
{
    struct buf name = {0};
    bool taken = true;
    for (unsigned k = 1; taken; k++) {
        buf_clear(&name);
        buf_printf(&name, "%s#former", address);
        if (k > 1)
            buf_int(&name, k);
        taken = false;
        for (size_t i = 0; i < m->rows.n; i++)
            taken |= address_covers(buf_text(&name), m->rows.v[i].address);
    }
    return buf_steal(&name);
}

/* Who has the address that a move leads to gives way: it is what the program no longer
 * has, or a link of the same chain of moves that is older. */
static void make_room(struct moving *m, size_t move)
{
    const char *to = move_to(m, move);
    char *aside = NULL;
    for (size_t i = 0; i < m->rows.n; i++) {
        struct row *row = &m->rows.v[i];
        bool stays = !row->to && address_covers(to, row->address);
        bool older = row->to && row->move < move && !strcmp(move_to(m, row->move), to);
        if (!stays && !older)
            continue;
        if (!aside)
            aside = former(m, to);
        char *place = joined(aside, (stays ? row->address : row->to) + strlen(to));
        free(row->to);
        row->to = place;
        row->move = move;
    }
    free(aside);
}

static bool check_kind(const struct moving *m, const struct row *row, struct fault *f)
{
    struct run_plan *p = m->run->plan;
    uint32_t op = row->to ? plan_op_at(p, row->to) : 0;
    return !op || !strcmp(p->ops[op].call, row->call) ||
           fault_set(f, DVO_EINVAL,
                     "%s cannot become %s: it was made by %s, not by %s; correct moved()",
                     row->address, row->to, row->call, p->ops[op].call);
}

static bool rename_rows(void *ctx, struct fault *f)
{
    struct moving *m = ctx;
    struct state *s = m->run->state;
    for (unsigned phase = 0; phase < 2; phase++)
        for (size_t i = 0; i < m->rows.n; i++) {
            const struct row *row = &m->rows.v[i];
            if (!row->to)
                continue;
            char *between = joined("\001", row->to);
            bool ok = phase ? state_rename(s, between, row->to, f)
                            : state_rename(s, row->address, between, f);
            free(between);
            if (!ok)
                return false;
        }
    return state_note_down(s, NOTE, m->all, f);
}

static bool move_left(struct moving *m, struct fault *f)
{
    struct run *r = m->run;
    size_t n = json_array_size(m->moves);
    m->used = xcalloc(n + 1, sizeof *m->used);
    if (n && !state_each(r->state, add_row, m, f))
        return false;
    for (size_t i = 0; i < m->rows.n; i++)
        aim(m, &m->rows.v[i]);
    for (size_t i = 0; i < n; i++)
        if (m->used[i])
            make_room(m, i);
    for (size_t i = 0; i < m->rows.n; i++)
        if (!check_kind(m, &m->rows.v[i], f))
            return false;
    if (!state_together(r->state, rename_rows, m, f))
        return false;
    for (size_t i = 0; i < n; i++)
        if (m->used[i])
            progress_say(r->progress, "%s is now %s", move_from(m, i), move_to(m, i));
    return true;
}

bool move_rows(struct run *r, struct fault *f)
{
    json_t *made, *none = json_array();
    struct moving m = {.run = r, .all = json_object_get(r->plan->json, "moved")};
    if (!m.all)
        m.all = none;
    bool ok = state_note(r->state, NOTE, &made, f);
    m.moves = moves_left(m.all, made);
    if (ok && !json_equal(m.all, made ? made : none))
        ok = move_left(&m, f);
    for (size_t i = 0; i < m.rows.n; i++) {
        free(m.rows.v[i].address);
        free(m.rows.v[i].call);
        free(m.rows.v[i].to);
    }
    free(m.rows.v);
    free(m.used);
    json_decref(m.moves);
    json_decref(made);
    json_decref(none);
    return ok;
}

/* ---- keys
 * ---------------------------------------------------------------------------------- */

static void note_key(void *ctx, const struct state_op *op)
{
    json_object_set_new(ctx, op->key, json_string(op->address));
}

static const char *hash_of(const char *key)
{
    size_t n = strlen(key);
    return n > KEY_HASH ? key + n - KEY_HASH : NULL;
}

static bool key_is_of_another(const json_t *keys, const char *key, const char *address)
{
    const char *owner = json_string_value(json_object_get(keys, key));
    return owner && strcmp(owner, address) != 0;
}

/* A key like this one that nothing has. */
static char *key_apart(const json_t *keys, const char *key)
{
    char *apart = xstrdup(key);
    do {
        char hash[KEY_HASH + 1];
        digest_key26(apart, strlen(apart), hash);
        memcpy(apart + strlen(apart) - KEY_HASH, hash, KEY_HASH);
    } while (json_object_get(keys, apart));
    return apart;
}

static void move_key(struct run *r, uint32_t op, const json_t *keys)
{
    struct plan_op *p = &r->plan->ops[op];
    const char *planned = p->key;
    const char *known = r->ops[op].before.key;
    if (!planned || !hash_of(planned))
        return;
    char *key = known && hash_of(known) ? xstrdup(known)
                : !known && key_is_of_another(keys, planned, p->address)
                    ? key_apart(keys, planned)
                    : NULL;
    if (key && strcmp(key, planned) != 0)
        p->rekeyed = arena_strndup(&r->plan->arena, hash_of(key), KEY_HASH);
    free(key);
}

bool move_keys(struct run *r, struct fault *f)
{
    json_t *keys = json_object();
    bool asked = false; /* all keys are read only if something may be new */
    for (uint32_t i = 1; !asked && i <= r->plan->nops; i++)
        asked = r->plan->ops[i].key && !r->ops[i].before.key;
    bool ok = !asked || state_each_keyed(r->state, note_key, keys, f);
    for (uint32_t i = 1; ok && i <= r->plan->nops; i++)
        move_key(r, i, keys);
    json_decref(keys);
    return ok;
}
