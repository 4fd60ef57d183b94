/* Interned strings and the integer map: open addressing with linear probing, at most
 * three quarters full. */
#include "ir/base/intern.h"

#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint32_t hash_bytes(const void *p, size_t len)
{
    const unsigned char *s = p;
    uint64_t h = 0x9e3779b97f4a7c15u ^ len;
    uint64_t word;
    for (; len >= 8; s += 8, len -= 8) {
        memcpy(&word, s, 8);
        h = mix(h ^ word, 0xd6e8feb86659fd93u);
    }
    word = 0;
    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)s[i] << (8 * i);
    h = mix(h ^ word, 0xa0761d6478bd642fu);
    return (uint32_t)(h ^ h >> 32);
}

static void intern_place(struct intern *t, struct intern_slot slot)
{
    uint32_t at = slot.hash & t->mask;
    while (t->slots[at].id)
        at = (at + 1) & t->mask;
    t->slots[at] = slot;
}

static void intern_rehash(struct intern *t)
{
    struct intern_slot *old = t->slots;
    uint32_t old_size = old ? t->mask + 1 : 0, size = old ? old_size * 2 : 1024;
    if (!size)
        die("too many different strings");
    t->slots = xcalloc(size, sizeof *t->slots);
    t->mask = size - 1;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].id)
            intern_place(t, old[i]);
    free(old);
}

void intern_init(struct intern *t, struct arena *arena)
{
    *t = (struct intern){.arena = arena};
    intern_rehash(t);
    intern(t, "", 0);
}

void intern_free(struct intern *t)
{
    free(t->v);
    free(t->slots);
    *t = (struct intern){0};
}

/* The slot of these bytes, or the free one where they belong. */
static struct intern_slot *intern_find(const struct intern *t, const char *s, size_t len,
                                       uint32_t hash)
{
    for (uint32_t at = hash & t->mask;; at = (at + 1) & t->mask) {
        struct intern_slot *slot = &t->slots[at];
        if (!slot->id)
            return slot;
        if (slot->hash != hash)
            continue;
        const struct intern_entry *e = &t->v[slot->id - 1];
        if (e->len == len && !memcmp(e->p, s, len))
            return slot;
    }
}

str_id intern(struct intern *t, const char *s, size_t len)
{
    if (len > UINT32_MAX)
        die("string of %zu bytes", len);
    uint32_t hash = hash_bytes(s, len);
    struct intern_slot *slot = intern_find(t, s, len, hash);
    if (slot->id)
        return slot->id - 1;
    if (t->n == t->cap) {
        size_t cap = t->cap;
        t->v = vec_grow(t->v, sizeof *t->v, (size_t)t->n + 1, &cap);
        t->cap = cap > UINT32_MAX ? UINT32_MAX : (uint32_t)cap;
    }
    str_id id = t->n++;
    t->v[id] = (struct intern_entry){arena_strndup(t->arena, s, len), len};
    *slot = (struct intern_slot){id + 1, hash};
    if ((uint64_t)t->n * 4 > ((uint64_t)t->mask + 1) * 3)
        intern_rehash(t);
    return id;
}

str_id intern_cstr(struct intern *t, const char *s)
{
    return intern(t, s, strlen(s));
}

bool intern_has(const struct intern *t, const char *s, size_t len)
{
    return intern_find(t, s, len, hash_bytes(s, len))->id != 0;
}

/* The slot that holds the key, or the free one where it belongs. */
static struct map64_slot *map64_find(const struct map64 *m, uint64_t key)
{
    uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    uint32_t at = (uint32_t)mix(key ^ 0x9e3779b97f4a7c15u, 0xd6e8feb86659fd93u);
    for (;; at++) {
        struct map64_slot *slot = &m->slots[at & m->mask];
        if (!slot->val || (slot->key[0] == low && slot->key[1] == high))
            return slot;
    }
}

static void map64_resize(struct map64 *m, uint32_t size)
{
    struct map64 old = *m;
    uint32_t old_size = old.slots ? old.mask + 1 : 0;
    m->slots = xcalloc(size, sizeof *m->slots);
    m->mask = size - 1;
    for (uint32_t i = 0; i < old_size; i++) {
        const struct map64_slot *slot = &old.slots[i];
        if (slot->val)
            *map64_find(m, (uint64_t)slot->key[1] << 32 | slot->key[0]) = *slot;
    }
    free(old.slots);
}

uint32_t *map64_put(struct map64 *m, uint64_t key)
{
    if (!m->slots) {
        map64_resize(m, 16);
    } else if (((uint64_t)m->n + 1) * 4 > ((uint64_t)m->mask + 1) * 3) {
        if (m->mask == UINT32_MAX >> 1)
            die("map with more than %u entries", m->n);
        map64_resize(m, (m->mask + 1) * 2);
    }
    struct map64_slot *slot = map64_find(m, key);
    if (!slot->val) {
        slot->key[0] = (uint32_t)key;
        slot->key[1] = (uint32_t)(key >> 32);
        m->n++;
    }
    return &slot->val;
}

uint32_t map64_get(const struct map64 *m, uint64_t key)
{
    return m->slots ? map64_find(m, key)->val : 0;
}

void map64_clear(struct map64 *m)
{
    if (m->n)
        memset(m->slots, 0, ((size_t)m->mask + 1) * sizeof *m->slots);
    m->n = 0;
}

void map64_free(struct map64 *m)
{
    free(m->slots);
    *m = (struct map64){0};
}
