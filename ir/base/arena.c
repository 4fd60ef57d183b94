/* Bump allocation in chunks that double, and the allocators that end the process instead
 * of returning NULL. Under AddressSanitizer everything not handed out is poisoned. */
#include "ir/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define ARENA_REDZONE 16
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ARENA_REDZONE 0
#endif

#define ARENA_ALIGN ((size_t)16)
#define ARENA_FIRST ((size_t)16 << 10)
#define ARENA_LARGEST ((size_t)4 << 20) /* chunks stop doubling here, header included */
#define ARENA_PAGE ((size_t)4 << 10)

struct arena_chunk {
    struct arena_chunk *older;
    size_t size; /* bytes behind this header */
};

_Static_assert(sizeof(struct arena_chunk) % ARENA_ALIGN == 0,
               "chunks keep the alignment");

void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("dvoc: fatal: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    abort();
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p)
        die("out of memory (%zu bytes wanted)", size);
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p)
        die("out of memory (%zu times %zu bytes wanted)", n, size);
    return p;
}

void *xrealloc(void *p, size_t size)
{
    void *moved = realloc(p, size ? size : 1);
    if (!moved)
        die("out of memory (%zu bytes wanted)", size);
    return moved;
}

char *xstrdup(const char *s)
{
    size_t size = strlen(s) + 1;
    return memcpy(xmalloc(size), s, size);
}

void *vec_grow(void *p, size_t elem, size_t need, size_t *cap)
{
    if (need <= *cap)
        return p;
    size_t n = *cap ? *cap : 8;
    size_t bytes;
    while (n < need)
        if (__builtin_mul_overflow(n, (size_t)2, &n))
            die("array of %zu elements is too large", need);
    if (__builtin_mul_overflow(n, elem, &bytes))
        die("array of %zu elements is too large", need);
    *cap = n;
    return xrealloc(p, bytes);
}

/* Memory of a chunk. A program that fills the largest ones would spend a quarter of its
 * time on page faults, one for every page: they get their pages at once. Huge pages are
 * cheaper still at best, but in the median of runs they took twice the time in all. */
static void *chunk_memory(size_t size)
{
    if (size != ARENA_LARGEST)
        return xmalloc(size);
    void *p = aligned_alloc(ARENA_PAGE, size);
    if (!p)
        die("out of memory (%zu bytes wanted)", size);
    madvise(p, size, MADV_POPULATE_WRITE); /* a wish: kernels before 5.14 know none */
    return p;
}

void *vec_copy(const void *p, size_t elem, size_t n, size_t *cap)
{
    *cap = n;
    return n ? memcpy(xmalloc(n * elem), p, n * elem) : NULL;
}

/* Adds a chunk that surely holds `need` bytes. What is left of the one before stays
 * unused. */
static void arena_extend(struct arena *a, size_t need)
{
    size_t size = a->chunks ? a->chunks->size * 2 : ARENA_FIRST;
    if (size > ARENA_LARGEST - sizeof(struct arena_chunk))
        size = ARENA_LARGEST - sizeof(struct arena_chunk);
    if (size < need)
        size = need;
    struct arena_chunk *c = chunk_memory(sizeof *c + size);
    c->older = a->chunks;
    c->size = size;
    a->chunks = c;
    a->next = (char *)(c + 1);
    a->end = a->next + size;
    ASAN_POISON_MEMORY_REGION(a->next, size);
}

/* Bytes that an allocation takes up. */
static size_t arena_footprint(size_t size)
{
    size_t need;
    if (__builtin_add_overflow(size, ARENA_ALIGN - 1 + ARENA_REDZONE, &need) ||
        need > PTRDIFF_MAX - sizeof(struct arena_chunk))
        die("out of memory (%zu bytes wanted)", size);
    return need & ~(ARENA_ALIGN - 1);
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t need = arena_footprint(size);
    if (!a->chunks || need > (size_t)(a->end - a->next))
        arena_extend(a, need);
    char *p = a->next;
    a->next += need;
    a->used += size;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    return p;
}

bool arena_grow(struct arena *a, void *p, size_t size, size_t wanted)
{
    char *end = (char *)p + arena_footprint(size);
    size_t more = arena_footprint(wanted) - arena_footprint(size);
    if (end != a->next || more > (size_t)(a->end - a->next))
        return false;
    a->next += more;
    a->used += wanted - size;
    ASAN_UNPOISON_MEMORY_REGION(p, wanted);
    return true;
}

void *arena_zalloc(struct arena *a, size_t size)
{
    return memset(arena_alloc(a, size), 0, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
    char *p = arena_alloc(a, len + 1);
    if (len)
        memcpy(p, s, len);
    p[len] = '\0';
    return p;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0)
        die("cannot format a text: %s", fmt);
    char *p = arena_alloc(a, (size_t)len + 1);
    vsnprintf(p, (size_t)len + 1, fmt, ap);
    return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *p = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return p;
}

void arena_free(struct arena *a)
{
    for (struct arena_chunk *c = a->chunks, *older; c; c = older) {
        older = c->older;
        ASAN_UNPOISON_MEMORY_REGION(c + 1, c->size);
        free(c);
    }
    *a = (struct arena){0};
}
