/* A streaming JSON writer: stable, two spaces deep, ASCII. */
#ifndef DVO_EMITTERS_JSON_H
#define DVO_EMITTERS_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/base/buf.h"

enum { JSON_DEPTH = 256 }; /* deepest nesting; more dies */

/* Writes into `out`, which the caller owns. */
struct json {
    struct buf *out;
    unsigned depth;
    unsigned compact; /* depth at which everything went onto one line, 0: nowhere */
    bool after_key;
    bool empty[JSON_DEPTH];
};

void json_begin(struct json *j, struct buf *out);
/* Ends the text with a newline. */
void json_end(struct json *j);

void json_put_object(struct json *j);
void json_put_object_end(struct json *j);
void json_put_array(struct json *j);
void json_put_array_end(struct json *j);
/* As above, with all that is inside on one line. */
void json_put_object_compact(struct json *j);
void json_put_array_compact(struct json *j);

void json_put_key(struct json *j, const char *key, size_t len);
/* The same for a name that is ours, or made like ours: nothing in it needs an escape. */
void json_put_name_of(struct json *j, const char *name, size_t len);
static inline void json_put_name(struct json *j, const char *name)
{
    json_put_name_of(j, name, strlen(name));
}

void json_put_text(struct json *j, const char *s, size_t len);
void json_put_cstr(struct json *j, const char *s);
void json_put_int(struct json *j, int64_t i);
/* The shortest digits that read back as the same number, which must be finite. */
void json_put_float(struct json *j, double f);
void json_put_bool(struct json *j, bool b);
/* A value that is JSON already. */
void json_put_written(struct json *j, const char *s, size_t len);
void json_put_null(struct json *j);

#endif
