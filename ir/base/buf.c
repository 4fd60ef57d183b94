/* A growing byte buffer, the one writer for JSON strings and shell words, UTF-8 checks
 * and the search for the nearest name. */
#include "ir/base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"

void buf_grow(struct buf *b, size_t extra)
{
    size_t need;
    if (__builtin_add_overflow(b->len, extra, &need) || need == SIZE_MAX)
        die("text of more than %zu bytes", b->len);
    b->p = vec_grow(b->p, 1, need + 1, &b->cap);
}

void buf_int(struct buf *b, int64_t i)
{
    char text[20]; /* of the longest, -9223372036854775808 */
    char *p = text + sizeof text;
    uint64_t n = i < 0 ? -(uint64_t)i : (uint64_t)i;
    for (; n > UINT32_MAX; n /= 10)
        *--p = (char)('0' + n % 10);
    uint32_t low = (uint32_t)n; /* is divided in half the time */
    do
        *--p = (char)('0' + low % 10);
    while (low /= 10);
    if (i < 0)
        *--p = '-';
    buf_add(b, p, (size_t)(text + sizeof text - p));
}

void buf_blanks(struct buf *b, size_t n)
{
    memset(buf_reserve(b, n), ' ', n);
    b->len += n;
    b->p[b->len] = '\0';
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    size_t room = b->cap > b->len ? b->cap - b->len : 0;
    int len = vsnprintf(room ? b->p + b->len : NULL, room, fmt, ap);
    if (len < 0)
        die("cannot format a text: %s", fmt);
    if ((size_t)len >= room)
        vsnprintf(buf_reserve(b, (size_t)len), (size_t)len + 1, fmt, again);
    b->len += (size_t)len;
    va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

char *buf_steal(struct buf *b)
{
    char *p = b->p ? b->p : xstrdup("");
    *b = (struct buf){0};
    return p;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->p)
        b->p[0] = '\0';
}

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){0};
}

static void buf_json_unit(struct buf *b, unsigned unit)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {'\\',
                    'u',
                    hex[unit >> 12 & 15],
                    hex[unit >> 8 & 15],
                    hex[unit >> 4 & 15],
                    hex[unit & 15]};
    buf_add(b, text, sizeof text);
}

/* Appends the escape for the one character at s and returns its length in bytes. */
static size_t buf_json_escape(struct buf *b, const char *s, size_t len)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *n = names; *n; n += 2) {
        if (*s == *n) {
            buf_char(b, '\\');
            buf_char(b, n[1]);
            return 1;
        }
    }
    uint32_t c;
    size_t used = utf8_decode(s, len, &c);
    if (c >= 0x10000) {
        buf_json_unit(b, 0xd800 + ((c - 0x10000) >> 10));
        buf_json_unit(b, 0xdc00 + (c & 0x3ff));
    } else {
        buf_json_unit(b, c);
    }
    return used;
}

/* Whether eight bytes are printable ASCII without quotes and backslashes. May say no when
 * they are. */
static bool json_plain_word(const char *s)
{
    const uint64_t ones = 0x0101010101010101u, high = ones << 7;
    uint64_t word;
    memcpy(&word, s, sizeof word);
    /* The high bit of a byte is set if it was: not ASCII, below ' ', 0x7f, '"', '\\'. */
    uint64_t odd = word | (word - ones * ' ') | (word + ones) |
                   ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones);
    return !(odd & high);
}

void buf_base64(struct buf *out, const char *bytes, size_t len)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)bytes;
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        unsigned word = (unsigned)p[i] << 16 | (n > 1 ? (unsigned)p[i + 1] << 8 : 0) |
                        (n > 2 ? p[i + 2] : 0);
        buf_char(out, digits[word >> 18]);
        buf_char(out, digits[word >> 12 & 63]);
        buf_char(out, n > 1 ? digits[word >> 6 & 63] : '=');
        buf_char(out, n > 2 ? digits[word & 63] : '=');
    }
}

void buf_json(struct buf *b, const char *s, size_t len)
{
    static const bool json_plain[256] = {
        [' ' ... '!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};
    buf_reserve(b, len + 2);
    buf_char(b, '"');
    size_t i = 0;
    while (i < len) {
        size_t plain = i;
        while (len - plain >= 8 && json_plain_word(s + plain))
            plain += 8;
        while (plain < len && json_plain[(unsigned char)s[plain]])
            plain++;
        buf_add(b, s + i, plain - i);
        i = plain;
        if (i < len)
            i += buf_json_escape(b, s + i, len - i);
    }
    buf_char(b, '"');
}

void buf_shell(struct buf *b, const char *s, size_t len)
{
    buf_char(b, '\'');
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\'')
            buf_str(b, "'\\''");
        else
            buf_char(b, s[i]);
    }
    buf_char(b, '\'');
}

size_t utf8_length(const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    if (!len)
        return 0;
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xc2 && p[0] <= 0xdf   ? 2
               : p[0] >= 0xe0 && p[0] <= 0xef ? 3
               : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
                                              : 0;
    if (!n || n > len)
        return 0;
    /* The second byte's range keeps out overlong forms, surrogates and what is too large.
     */
    unsigned low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

size_t utf8_fit(const char *s, size_t len, size_t most)
{
    if (len <= most)
        return len;
    while (most && ((unsigned char)s[most] & 0xc0) == 0x80)
        most--;
    return most;
}

size_t utf8_decode(const char *s, size_t len, uint32_t *c)
{
    static const unsigned char lead[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t n = utf8_length(s, len);
    if (!n) {
        *c = 0xfffd;
        return 1;
    }
    uint32_t value = (unsigned char)s[0] & lead[n];
    for (size_t i = 1; i < n; i++)
        value = value << 6 | ((unsigned char)s[i] & 0x3f);
    *c = value;
    return n;
}

bool utf8_valid(const char *s, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        uint64_t word;
        n = sizeof word;
        if (len - i >= n) {
            memcpy(&word, s + i, n);
            if (!(word & 0x8080808080808080u))
                continue; /* ASCII, nearly always */
        }
        n = utf8_length(s + i, len - i);
        if (!n)
            return false;
    }
    return true;
}

bool utf8_printable(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return false;
    if (c == 0xad || c == 0x61c || c == 0xfeff || (c & 0xfffe) == 0xfffe)
        return false;
    if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
        (c >= 0x2060 && c <= 0x206f) || (c >= 0xfdd0 && c <= 0xfdef))
        return false;
    return c < 0xe0000 || c > 0xe0fff; /* invisible tags */
}

void buf_display(struct buf *b, const char *s, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        n = 0;
        while (i + n < len && s[i + n] >= ' ' && s[i + n] <= '~')
            n++;
        if (n) {
            buf_add(b, s + i, n);
            continue;
        }
        uint32_t c;
        n = utf8_decode(s + i, len - i, &c);
        if (utf8_printable(c) && utf8_length(s + i, len - i))
            buf_add(b, s + i, n);
        else
            buf_char(b, c == '\n' || c == '\t' ? ' ' : '?');
    }
}

#define NEAREST_LONGEST 63 /* longer names are never suggested */

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b. */
static unsigned text_distance(const char *a, size_t alen, const char *b, size_t blen)
{
    unsigned rows[3][NEAREST_LONGEST + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= blen; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= alen; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= blen; j++) {
            unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        unsigned *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[blen];
}

const char *text_nearest(const char *word, const char *const *names, size_t n)
{
    size_t len = strlen(word);
    if (len > NEAREST_LONGEST)
        return NULL;
    /* A third of the word may be wrong: "unit" is no misspelt "int". */
    unsigned limit = len < 3 ? 1 : (unsigned)(len + 1) / 3;
    const char *nearest = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(names[i]);
        if (other > NEAREST_LONGEST)
            continue;
        unsigned distance = text_distance(word, len, names[i], other);
        if (distance <= limit && distance < (unsigned)(len > other ? len : other)) {
            nearest = names[i];
            limit = distance;
            if (!distance)
                break;
            limit--;
        }
    }
    return nearest;
}
