/* Hash table of dicts and sets: an array of entries in insertion order, and beside it,
 * for all but small tables, open-addressed slots that hold entry numbers. */
#include "compiler/table.h"

#include "compiler/vm.h"

#define SMALL 8 /* entries up to which a search in order is faster than slots */

static bool same_key(struct vm *vm, value a, value b)
{
    if (a == b)
        return true;
    if (value_is_small(a) && value_is_small(b))
        return false;
    if (value_is_str(a) && value_is_str(b)) {
        const struct str *x = value_str(a), *y = value_str(b);
        return x->len == y->len && memcmp(x->p, y->p, x->len) == 0;
    }
    return value_equal(vm, a, b) == 1;
}

static void index_entries(struct vm *vm, struct table *t)
{
    uint32_t size = 16;
    while (size < t->cap + t->cap / 2)
        size *= 2;
    t->slots = arena_array(vm->arena, uint32_t, size);
    t->mask = size - 1;
    for (uint32_t i = t->first; i < t->used; i++) {
        uint32_t s = t->v[i].hash & t->mask;
        while (t->slots[s])
            s = (s + 1) & t->mask;
        t->slots[s] = i + 1;
    }
}

void table_init(struct vm *vm, struct table *t, size_t room)
{
    if (room == 0)
        return;
    t->cap = (uint32_t)room;
    t->v = arena_alloc(vm->arena, room * sizeof *t->v);
    if (room > SMALL)
        index_entries(vm, t);
}

struct table_entry *table_find(struct vm *vm, const struct table *t, value key,
                               uint32_t hash)
{
    if (!t->slots) {
        for (uint32_t i = t->first; i < t->used; i++) {
            struct table_entry *e = &t->v[i];
            if (e->hash == hash && e->key && same_key(vm, e->key, key))
                return e;
        }
        return NULL;
    }
    for (uint32_t s = hash & t->mask; t->slots[s]; s = (s + 1) & t->mask) {
        struct table_entry *e = &t->v[t->slots[s] - 1];
        if (e->hash == hash && e->key && same_key(vm, e->key, key))
            return e;
    }
    return NULL;
}

/* Makes room for one more entry: leaves deleted ones behind, grows if most are alive. */
static void make_room(struct vm *vm, struct table *t)
{
    struct table_entry *old = t->v;
    if (t->n >= t->cap - t->cap / 4) {
        t->cap = t->cap < 4 ? 4 : t->cap * 2;
        t->v = arena_alloc(vm->arena, t->cap * sizeof *t->v);
    }
    uint32_t n = 0;
    for (uint32_t i = t->first; i < t->used; i++)
        if (old[i].key)
            t->v[n++] = old[i];
    t->used = n;
    t->first = 0;
    if (t->cap <= SMALL)
        return;
    if (t->slots && t->v == old) {
        memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof *t->slots);
        for (uint32_t i = 0; i < t->used; i++) {
            uint32_t s = t->v[i].hash & t->mask;
            while (t->slots[s])
                s = (s + 1) & t->mask;
            t->slots[s] = i + 1;
        }
    } else {
        index_entries(vm, t);
    }
}

struct table_entry *table_put(struct vm *vm, struct table *t, value key, uint32_t hash)
{
    struct table_entry *e = table_find(vm, t, key, hash);
    if (e)
        return e;
    if (t->used == t->cap)
        make_room(vm, t);
    e = &t->v[t->used++];
    *e = (struct table_entry){.key = key, .hash = hash};
    t->n++;
    if (t->slots) {
        uint32_t s = hash & t->mask;
        while (t->slots[s])
            s = (s + 1) & t->mask;
        t->slots[s] = t->used;
    }
    return e;
}

void table_delete(struct vm *vm, struct table *t, struct table_entry *e)
{
    (void)vm;
    /* The slot keeps pointing at the dead entry: a search must walk over it. */
    e->key = VALUE_ERROR;
    e->val = VALUE_ERROR;
    t->n--;
    while (t->first < t->used && !t->v[t->first].key)
        t->first++;
    if (t->n == 0)
        table_clear(t);
}

void table_clear(struct table *t)
{
    t->n = t->used = t->first = 0;
    if (t->slots)
        memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof *t->slots);
}

struct table_entry *table_next(const struct table *t, uint32_t *i)
{
    if (*i < t->first)
        *i = t->first;
    while (*i < t->used) {
        struct table_entry *e = &t->v[(*i)++];
        if (e->key)
            return e;
    }
    return NULL;
}
