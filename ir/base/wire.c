/* Nothing is read that was not received: an end that came too soon shows as `bad`. */
#include "ir/base/wire.h"

void wire_put(struct buf *out, uint64_t n)
{
    buf_add(out, &n, sizeof n);
}

void wire_put_text(struct buf *out, const char *s, size_t len)
{
    wire_put(out, len);
    buf_add(out, s, len);
}

void wire_put_string(struct buf *out, const char *s)
{
    wire_put_text(out, s, strlen(s));
}

static const char *take(struct wire *in, uint64_t len)
{
    in->bad |= len > in->len;
    if (in->bad)
        return NULL;
    const char *p = in->p;
    in->p += len;
    in->len -= len;
    return p;
}

uint64_t wire_get(struct wire *in)
{
    uint64_t n = 0;
    const char *p = take(in, sizeof n);
    if (p)
        memcpy(&n, p, sizeof n);
    return n;
}

const char *wire_get_text(struct wire *in, struct arena *a, size_t *len)
{
    uint64_t n = wire_get(in);
    const char *p = take(in, n);
    if (len)
        *len = p ? (size_t)n : 0;
    return p ? arena_strndup(a, p, (size_t)n) : "";
}
