/* Bump allocation: everything of one compilation lives and dies together. */
#ifndef DVO_BASE_ARENA_H
#define DVO_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

/* Zero-initialised is a valid empty arena. Not thread-safe. */
struct arena {
    struct arena_chunk *chunks;
    char *next;
    char *end;
    size_t used; /* bytes handed out, for statistics and limits */
};

/* Memory for `size` bytes, 16-byte aligned, not cleared. Never NULL: lost memory ends the
 * process with a message (see die()). Lives until arena_free(). */
void *arena_alloc(struct arena *a, size_t size);
/* As arena_alloc(), cleared. */
void *arena_zalloc(struct arena *a, size_t size);
/* Lets the memory at `p`, of `size` bytes, grow where it lies. False if something else
 * was handed out since, or the chunk is full: then nothing has changed. */
bool arena_grow(struct arena *a, void *p, size_t size, size_t wanted);
/* A NUL-terminated copy of `len` bytes (which may contain NUL). */
char *arena_strndup(struct arena *a, const char *s, size_t len);
/* printf into the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Gives everything back; the arena is empty and usable again. */
void arena_free(struct arena *a);

#define arena_new(a, type) ((type *)arena_zalloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_zalloc((a), sizeof(type) * (size_t)(n)))

/* Prints "dvoc: fatal: ..." and aborts: only for lost memory and broken invariants. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* malloc family that dies instead of returning NULL; free with free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

/* Ensures room for `need` elements in a heap array that doubles, now of `*cap`. */
void *vec_grow(void *p, size_t elem, size_t need, size_t *cap);
/* A copy of an array's first `n` elements, and room for no more: *cap is set to n. NULL
 * if n is 0. */
void *vec_copy(const void *p, size_t elem, size_t n, size_t *cap);
/* Appends one uninitialised element to {T *v; size_t n, cap;} and yields its address. */
#define vec_push(vec)                                                                    \
    ((vec)->v = vec_grow((vec)->v, sizeof *(vec)->v, (vec)->n + 1, &(vec)->cap),         \
     &(vec)->v[(vec)->n++])

#endif
