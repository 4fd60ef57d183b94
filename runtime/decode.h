/* Taking answers apart: bodies into documents, documents into values. */
#ifndef DVO_RUNTIME_DECODE_H
#define DVO_RUNTIME_DECODE_H

#include <jansson.h>

#include "ir/base/buf.h"
#include "runtime/fault.h"
#include "runtime/value.h"

/* The document of a body: "json" (NULL is json), "text", "frames" (the stdout frames of
 * an attached stream) or "tar" (the first regular file). A new reference, or NULL with
 * EPROTO. */
json_t *decode_body(const struct buf *body, const char *how, struct fault *f);
/* What an RFC 6901 pointer leads to; "" and "/" are the document, the token "*" is the
 * first member of an object that has none of that name. Borrowed; NULL: nothing. */
json_t *decode_pointer(const json_t *document, const char *pointer);
/* What a PATH leads to: a pointer, or a list of pointers and of objects, each of which
 * chooses the first element of a list, or member of an object, where every pointer has
 * its VALUE (one of a list of values; null: any). Borrowed; NULL: nothing, or a VALUE
 * that s->outcome tells about. */
json_t *decode_path(struct value_source *s, const json_t *document, const json_t *path);
/* Whether a list has a value. */
bool decode_among(const json_t *list, const json_t *v);
/* The value of one "extract" entry, a new reference. `headers` are those of the answer,
 * or NULL. NULL without a fault: it is not there and has no default; NULL with a fault:
 * the entry itself is wrong. */
json_t *decode_extract(struct value_source *s, const json_t *document,
                       const struct buf *headers, const json_t *entry, struct fault *f);
/* The first group of a POSIX extended expression in the text (all of the match if it has
 * no group), to be freed; NULL if it does not match, or with EINVAL if it is none. */
char *decode_match(const char *text, const char *expression, struct fault *f);

#endif
