/* Stamps templates out: fills their holes with an op's arguments and facts, and takes
 * text with holes apart into pieces. */
#ifndef DVO_EMITTERS_RENDER_H
#define DVO_EMITTERS_RENDER_H

#include "emitters/emission.h"

/* A stretch of literal text, or a value that only running tells. */
struct render_piece {
    val_id value;      /* 0: literal */
    size_t begin, len; /* of a literal, in `text` */
};

/* Zero-initialised is empty; reusable; freed by render_free(). */
struct render_pieces {
    struct buf text;
    struct render_piece *v;
    size_t n, cap;
};

/* The value itself: holes and facts of the op are replaced, at the top only. */
val_id render_value(struct emission *e, op_id op, val_id v);
/* Takes a text (or a scalar, which is shown as Starlark's str does) apart. Neighbouring
 * literals are one piece; values in the pieces are rendered. */
void render_text(struct emission *e, op_id op, val_id v, struct render_pieces *out);
void render_free(struct render_pieces *p);

/* Appends the value as people read it: what only running tells is {ADDRESS.FIELD}. One
 * line, without control characters. */
void render_display(struct emission *e, op_id op, val_id v, struct buf *out);
/* Appends the op's title, or its call and address if the record has none. */
void render_title(struct emission *e, op_id op, struct buf *out);
/* Appends the addresses of a tool run's machines: "web[0] to web[9]" if they are many. */
void render_machines(const struct emission *e, const struct plan_segment *s,
                     struct buf *out);
/* Appends the op's address; without the machine if it is written for several. */
void render_address(struct emission *e, op_id op, struct buf *out);
/* Appends "FILE:LINE ADDRESS". */
void render_place(struct emission *e, op_id op, struct buf *out);
/* The same for `each` op of a carrier, or the op itself; `text` is room for one. */
void render_each_place(struct emission *e, op_id op, struct buf *text,
                       void (*each)(void *ctx, const char *text, size_t len), void *ctx);

/* Appends the key under which a provider knows what this op made: "dvo:PROJECT:26
 * characters", with `separator` for the colons. */
void render_key(struct emission *e, op_id op, char separator, struct buf *out);

/* Appends the op's arguments as a label of at most 255 bytes: their JSON, or where that
 * is longer, its digest; whether it is the digest. */
bool render_args_short(struct emission *e, op_id op, struct buf *out);

/* The bytes of an IR_STR value. */
static inline const char *render_bytes(const struct emission *e, val_id v, size_t *len)
{
    str_id s = val_get(e->values, v)->as.n;
    *len = intern_len(e->strings, s);
    return intern_text(e->strings, s);
}
/* Whether the value is an IR_STR equal to `s`. */
bool render_is(const struct emission *e, val_id v, const char *s);

#endif
