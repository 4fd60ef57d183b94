/* A growing byte buffer on the heap, and the few text helpers that every stage needs. */
#ifndef DVO_BASE_BUF_H
#define DVO_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Zero-initialised is a valid empty buffer. `p` is NULL or NUL-terminated. */
struct buf {
    char *p;
    size_t len;
    size_t cap;
};

static inline void buf_add(struct buf *b, const void *bytes, size_t len);
static inline void buf_str(struct buf *b, const char *s);
static inline void buf_char(struct buf *b, char c);
void buf_int(struct buf *b, int64_t i); /* in decimal */
void buf_blanks(struct buf *b, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Makes room for `extra` more bytes and returns where they go. The caller then adds to
 * b->len what it has used. */
static inline char *buf_reserve(struct buf *b, size_t extra);
/* The text, "" if empty; owned by the buffer. */
static inline const char *buf_text(const struct buf *b)
{
    return b->p ? b->p : "";
}
/* Hands the text over (never NULL, free() it) and empties the buffer. */
char *buf_steal(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
void buf_free(struct buf *b);

/* Appends `len` bytes as a JSON string in ASCII: everything outside printable ASCII
 * becomes \uXXXX (bytes that are not UTF-8 become U+FFFD). The one function for JSON
 * strings. */
void buf_json(struct buf *b, const char *s, size_t len);
/* Appends `len` bytes in base64 (RFC 4648, section 4). */
void buf_base64(struct buf *b, const char *bytes, size_t len);
/* Appends `len` bytes as one POSIX shell word in single quotes. */
void buf_shell(struct buf *b, const char *s, size_t len);

/* Appends text for people to read on one line: what does not print becomes a blank or a
 * question mark. */
void buf_display(struct buf *b, const char *s, size_t len);

/* Length of the valid UTF-8 sequence at s (1 to 4), or 0 if it is not one. RFC 3629. */
size_t utf8_length(const char *s, size_t len);
/* Decodes the first character of `len` > 0 bytes and returns the bytes used; a byte that
 * starts no valid sequence is one byte and U+FFFD. */
size_t utf8_decode(const char *s, size_t len, uint32_t *c);
bool utf8_valid(const char *s, size_t len);
/* Bytes of the whole characters that fit into `most` bytes; `len` if all do. */
size_t utf8_fit(const char *s, size_t len, size_t most);
/* False for characters that readers reject, change or hide where they stand as they are:
 * controls, Unicode line breaks, byte order marks, non-characters, and marks without
 * width that turn the direction of what a reviewer sees. */
bool utf8_printable(uint32_t c);

/* For buf_reserve(): makes room that is not there yet. */
void buf_grow(struct buf *b, size_t extra);

/* Emission appends little and often: what is below must not cost a call. */
static inline char *buf_reserve(struct buf *b, size_t extra)
{
    if (b->cap - b->len <= extra) /* one more for the NUL */
        buf_grow(b, extra);
    return b->p + b->len;
}

static inline void buf_add(struct buf *b, const void *bytes, size_t len)
{
    char *to = buf_reserve(b, len);
    if (len)
        memcpy(to, bytes, len);
    to[len] = '\0';
    b->len += len;
}

static inline void buf_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

static inline void buf_char(struct buf *b, char c)
{
    char *to = buf_reserve(b, 1);
    to[0] = c;
    to[1] = '\0';
    b->len++;
}

/* Nearest of `n` names to `word` by edit distance, or NULL if none is near. */
const char *text_nearest(const char *word, const char *const *names, size_t n);

#endif
