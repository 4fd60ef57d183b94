/* Deflate (RFC 1951) as one block with the fixed codes: repeated strings are found by a
 * hash of their first bytes, the longest of the nearest ones is taken. */
#include "ir/base/gzip.h"

#include <stdint.h>
#include <stdlib.h>

#include "ir/base/arena.h"

enum {
    WINDOW = 32768, /* how far back a repeated string may be */
    SHORTEST = 3,
    LONGEST = 258,
    HASH_BITS = 14,
    TRIES = 128, /* candidates that are compared */
    END_OF_BLOCK = 256,
};

struct deflate {
    struct buf *out;
    uint32_t bits;
    unsigned nbits;
};

static void put_bits(struct deflate *d, uint32_t bits, unsigned n)
{
    d->bits |= bits << d->nbits;
    for (d->nbits += n; d->nbits >= 8; d->nbits -= 8, d->bits >>= 8)
        buf_char(d->out, (char)(d->bits & 0xff));
}

/* Huffman codes begin with their highest bit. */
static void put_code(struct deflate *d, uint32_t code, unsigned n)
{
    uint32_t turned = 0;
    for (unsigned i = 0; i < n; i++)
        turned |= (code >> i & 1) << (n - 1 - i);
    put_bits(d, turned, n);
}

/* RFC 1951, 3.2.6. */
static void put_symbol(struct deflate *d, unsigned symbol)
{
    if (symbol < 144)
        put_code(d, 0x30 + symbol, 8);
    else if (symbol < 256)
        put_code(d, 0x190 + symbol - 144, 9);
    else if (symbol < 280)
        put_code(d, symbol - 256, 7);
    else
        put_code(d, 0xc0 + symbol - 280, 8);
}

/* RFC 1951, 3.2.5: symbols from `first` on stand for values from `least` on, each for
 * twice as many as those `step` symbols before; the rest are extra bits. */
static unsigned symbol_of(unsigned value, unsigned least, unsigned step, unsigned *extra,
                          unsigned *rest)
{
    unsigned symbol = 0, base = least;
    *extra = 0;
    while (value >= base + (1u << *extra)) {
        base += 1u << *extra;
        symbol++;
        if (symbol >= 2 * step && symbol % step == 0)
            ++*extra;
    }
    *rest = value - base;
    return symbol;
}

static void put_match(struct deflate *d, unsigned length, unsigned distance)
{
    unsigned extra, rest, symbol;
    if (length == LONGEST) {
        put_symbol(d, 285);
    } else {
        symbol = symbol_of(length, SHORTEST, 4, &extra, &rest);
        put_symbol(d, 257 + symbol);
        put_bits(d, rest, extra);
    }
    symbol = symbol_of(distance, 1, 2, &extra, &rest);
    put_code(d, symbol, 5);
    put_bits(d, rest, extra);
}

static uint32_t hash_at(const uint8_t *p)
{
    return (uint32_t)((p[0] << 16 | p[1] << 8 | p[2]) * 2654435761u) >> (32 - HASH_BITS);
}

static unsigned match_length(const uint8_t *a, const uint8_t *b, size_t most)
{
    size_t n = 0;
    while (n < most && a[n] == b[n])
        n++;
    return (unsigned)n;
}

/* The longest earlier string that is like that at `at`; its length. */
static unsigned find_match(const uint8_t *p, size_t at, size_t len,
                           const uint32_t *latest, const uint32_t *before,
                           unsigned *distance)
{
    size_t most = len - at < LONGEST ? len - at : LONGEST;
    unsigned best = 0;
    uint32_t from = latest[hash_at(p + at)];
    for (unsigned i = 0; i < TRIES && from && at - (from - 1) <= WINDOW; i++) {
        unsigned n = match_length(p + from - 1, p + at, most);
        if (n > best) {
            best = n;
            *distance = (unsigned)(at - (from - 1));
        }
        from = before[from - 1];
    }
    return best;
}

static void deflate(struct buf *out, const uint8_t *p, size_t len)
{
    struct deflate d = {.out = out};
    /* Places plus one: the latest of each hash, and for each place the one before it. */
    uint32_t *latest = xcalloc((size_t)1 << HASH_BITS, sizeof *latest);
    uint32_t *before = xcalloc(len + 1, sizeof *before);
    put_bits(&d, 1, 1); /* the last block */
    put_bits(&d, 1, 2); /* fixed codes */
    for (size_t at = 0; at < len;) {
        bool whole = len - at >= SHORTEST;
        unsigned distance = 0;
        unsigned n = whole ? find_match(p, at, len, latest, before, &distance) : 0;
        if (n >= SHORTEST)
            put_match(&d, n, distance);
        else
            put_symbol(&d, p[at]);
        for (size_t end = at + (n >= SHORTEST ? n : 1); at < end; at++)
            if (len - at >= SHORTEST) {
                uint32_t *slot = &latest[hash_at(p + at)];
                before[at] = *slot;
                *slot = (uint32_t)at + 1;
            }
    }
    put_symbol(&d, END_OF_BLOCK);
    put_bits(&d, 0, 7); /* to the end of the last byte */
    free(latest);
    free(before);
}

static uint32_t crc32(const uint8_t *p, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static void put_word(struct buf *out, uint32_t word)
{
    for (unsigned i = 0; i < 32; i += 8)
        buf_char(out, (char)(word >> i & 0xff));
}

void gzip_add(struct buf *out, const void *bytes, size_t len)
{
    /* Magic, deflate, no flags, no time, nothing on the compression, no system. */
    static const char head[10] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)0xff};
    buf_add(out, head, sizeof head);
    deflate(out, bytes, len);
    put_word(out, crc32(bytes, len));
    put_word(out, (uint32_t)len);
}
