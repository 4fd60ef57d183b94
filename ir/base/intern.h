/* Interned strings: equal bytes have equal 32-bit ids, so that graphs hold integers. */
#ifndef DVO_BASE_INTERN_H
#define DVO_BASE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ir/base/arena.h"

typedef uint32_t str_id; /* 0 is the empty string */

struct intern_entry {
    const char *p; /* NUL-terminated; may contain NUL before its end */
    size_t len;
};

/* The hash stands beside the id: a search looks at the texts that are equal, and hardly
 * at others, which lie anywhere in memory. */
struct intern_slot {
    uint32_t id; /* + 1; 0 marks a free slot */
    uint32_t hash;
};

struct intern {
    struct arena *arena; /* not owned; the bytes live there */
    struct intern_entry *v;
    uint32_t n, cap;
    struct intern_slot *slots; /* open addressing, power of two */
    uint32_t mask;
};

void intern_init(struct intern *t, struct arena *arena);
void intern_free(struct intern *t);
/* The id of these bytes, copied into the arena if new. */
str_id intern(struct intern *t, const char *s, size_t len);
str_id intern_cstr(struct intern *t, const char *s);
/* Whether these bytes have an id. */
bool intern_has(const struct intern *t, const char *s, size_t len);
/* The text of an id; lives as long as the arena. */
static inline const char *intern_text(const struct intern *t, str_id id)
{
    return t->v[id].p;
}
static inline size_t intern_len(const struct intern *t, str_id id)
{
    return t->v[id].len;
}

/* 32-bit hash of bytes, the one used for every table here. */
uint32_t hash_bytes(const void *p, size_t len);
/* A hash of a sequence, one more of its numbers at a time. */
static inline uint64_t hash_mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

/* Map from 64-bit keys to 32-bit values. Zero-initialised is empty. */
struct map64_slot {
    uint32_t key[2]; /* in two halves, so that a slot has 12 bytes */
    uint32_t val;    /* value + 1; 0 marks a free slot */
};
struct map64 {
    struct map64_slot *slots;
    uint32_t mask, n;
};
/* Address of the stored value + 1 for the key, 0 if it was just made: the caller then
 * sets it. Valid until the next put. */
uint32_t *map64_put(struct map64 *m, uint64_t key);
/* Stored value + 1, or 0 if the key is absent. */
uint32_t map64_get(const struct map64 *m, uint64_t key);
void map64_clear(struct map64 *m); /* keeps the memory */
void map64_free(struct map64 *m);

#endif
