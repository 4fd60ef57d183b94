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

static void intern_rehash(struct intern *t)
{
    uint32_t size = t->mask ? (t->mask + 1) * 2 : 1024;
    if (!size)
        die("too many different strings");
    free(t->slots);
    t->slots = xcalloc(size, sizeof *t->slots);
    t->mask = size - 1;
    for (uint32_t id = 0; id < t->n; id++) {
        uint32_t at = t->v[id].hash & t->mask;
        while (t->slots[at])
            at = (at + 1) & t->mask;
        t->slots[at] = id + 1;
    }
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

str_id intern(struct intern *t, const char *s, size_t len)
{
    if (len > UINT32_MAX)
        die("string of %zu bytes", len);
    uint32_t hash = hash_bytes(s, len);
    uint32_t at = hash & t->mask;
    for (; t->slots[at]; at = (at + 1) & t->mask) {
        const struct intern_entry *e = &t->v[t->slots[at] - 1];
        if (e->hash == hash && e->len == len && !memcmp(e->p, s, len))
            return t->slots[at] - 1;
    }
    if (t->n == t->cap) {
        size_t cap = t->cap;
        t->v = vec_grow(t->v, sizeof *t->v, (size_t)t->n + 1, &cap);
        t->cap = cap > UINT32_MAX ? UINT32_MAX : (uint32_t)cap;
    }
    str_id id = t->n++;
    t->v[id] =
        (struct intern_entry){arena_strndup(t->arena, s, len), (uint32_t)len, hash};
    t->slots[at] = id + 1;
    if ((uint64_t)t->n * 4 > ((uint64_t)t->mask + 1) * 3)
        intern_rehash(t);
    return id;
}

str_id intern_cstr(struct intern *t, const char *s)
{
    return intern(t, s, strlen(s));
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t map64_slot(const struct map64 *m, uint64_t key)
{
    uint32_t at = (uint32_t)mix(key ^ 0x9e3779b97f4a7c15u, 0xd6e8feb86659fd93u) & m->mask;
    while (m->vals[at] && m->keys[at] != key)
        at = (at + 1) & m->mask;
    return at;
}

static void map64_resize(struct map64 *m, uint32_t size)
{
    struct map64 old = *m;
    uint32_t old_size = old.vals ? old.mask + 1 : 0;
    m->keys = xmalloc((size_t)size * sizeof *m->keys);
    m->vals = xcalloc(size, sizeof *m->vals);
    m->mask = size - 1;
    m->n = 0;
    for (uint32_t i = 0; i < old_size; i++) {
        if (!old.vals[i])
            continue;
        uint32_t at = map64_slot(m, old.keys[i]);
        m->keys[at] = old.keys[i];
        m->vals[at] = old.vals[i];
        m->n++;
    }
    map64_free(&old);
}

uint32_t *map64_put(struct map64 *m, uint64_t key)
{
    if (!m->vals) {
        map64_resize(m, 16);
    } else if (((uint64_t)m->n + 1) * 4 > ((uint64_t)m->mask + 1) * 3) {
        if (m->mask == UINT32_MAX >> 1)
            die("map with more than %u entries", m->n);
        map64_resize(m, (m->mask + 1) * 2);
    }
    uint32_t at = map64_slot(m, key);
    if (!m->vals[at]) {
        m->keys[at] = key;
        m->n++;
    }
    return &m->vals[at];
}

uint32_t map64_get(const struct map64 *m, uint64_t key)
{
    return m->vals ? m->vals[map64_slot(m, key)] : 0;
}

void map64_clear(struct map64 *m)
{
    if (m->n)
        memset(m->vals, 0, ((size_t)m->mask + 1) * sizeof *m->vals);
    m->n = 0;
}

void map64_free(struct map64 *m)
{
    free(m->keys);
    free(m->vals);
    *m = (struct map64){0};
}
