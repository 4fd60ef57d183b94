/* Numbers and texts as bytes, for a process that was forked off here. */
#ifndef DVO_BASE_WIRE_H
#define DVO_BASE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"

void wire_put(struct buf *out, uint64_t n);
/* `len` bytes. */
void wire_put_text(struct buf *out, const char *s, size_t len);
void wire_put_string(struct buf *out, const char *s);

/* Bytes still to be read. `bad` once they did not hold what was asked for: everything
 * read from then on is 0 or "". */
struct wire {
    const char *p;
    size_t len;
    bool bad;
};

uint64_t wire_get(struct wire *in);
/* A NUL-terminated copy in the arena; its length in *len unless that is NULL. */
const char *wire_get_text(struct wire *in, struct arena *a, size_t *len);

#endif
