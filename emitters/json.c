/* Streams JSON: commas, indentation and nesting; strings go through buf_json(). */
#include "emitters/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"

static void json_line(struct json *j)
{
    buf_char(j->out, '\n');
    buf_blanks(j->out, (size_t)j->depth * 2);
}

/* The place of the next entry: behind its key, or behind a comma where there is one. */
static void json_entry(struct json *j)
{
    bool first = j->empty[j->depth];
    if (j->after_key) {
        j->after_key = false;
    } else if (j->depth) {
        j->empty[j->depth] = false;
        if (!j->compact) {
            if (!first)
                buf_char(j->out, ',');
            json_line(j);
        } else if (!first) {
            buf_add(j->out, ", ", 2);
        }
    }
}

static void json_open(struct json *j, char bracket, bool compact)
{
    json_entry(j);
    if (j->depth + 1 == JSON_DEPTH)
        die("JSON nested deeper than %d", JSON_DEPTH);
    buf_char(j->out, bracket);
    j->empty[++j->depth] = true;
    if (compact && !j->compact)
        j->compact = j->depth;
}

static void json_close(struct json *j, char bracket)
{
    bool empty = j->empty[j->depth];
    bool compact = j->compact != 0;
    if (j->compact == j->depth)
        j->compact = 0;
    j->depth--;
    if (!empty && !compact)
        json_line(j);
    buf_char(j->out, bracket);
}

void json_begin(struct json *j, struct buf *out)
{
    j->out = out;
    j->depth = j->compact = 0;
    j->after_key = false;
    j->empty[0] = true;
}

void json_end(struct json *j)
{
    buf_char(j->out, '\n');
}

void json_put_object(struct json *j)
{
    json_open(j, '{', false);
}

void json_put_object_end(struct json *j)
{
    json_close(j, '}');
}

void json_put_array(struct json *j)
{
    json_open(j, '[', false);
}

void json_put_array_end(struct json *j)
{
    json_close(j, ']');
}

void json_put_object_compact(struct json *j)
{
    json_open(j, '{', true);
}

void json_put_array_compact(struct json *j)
{
    json_open(j, '[', true);
}

void json_put_key(struct json *j, const char *key, size_t len)
{
    json_entry(j);
    buf_json(j->out, key, len);
    buf_str(j->out, ": ");
    j->after_key = true;
}

void json_put_name_of(struct json *j, const char *name, size_t n)
{
    json_entry(j);
    char *to = buf_reserve(j->out, n + 4);
    to[0] = '"';
    memcpy(to + 1, name, n);
    memcpy(to + 1 + n, "\": ", 4);
    j->out->len += n + 4;
    j->after_key = true;
}

void json_put_text(struct json *j, const char *s, size_t len)
{
    json_entry(j);
    buf_json(j->out, s, len);
}

void json_put_cstr(struct json *j, const char *s)
{
    json_put_text(j, s, strlen(s));
}

void json_put_int(struct json *j, int64_t i)
{
    json_entry(j);
    buf_int(j->out, i);
}

void json_put_float(struct json *j, double f)
{
    char text[40];
    if (!isfinite(f))
        die("a number that JSON does not have");
    json_entry(j);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, f);
        if (strtod(text, NULL) == f)
            break;
    }
    buf_str(j->out, text);
    /* It stays a real number for readers that tell the two apart. */
    if (!strpbrk(text, ".e"))
        buf_str(j->out, ".0");
}

void json_put_bool(struct json *j, bool b)
{
    json_entry(j);
    buf_str(j->out, b ? "true" : "false");
}

void json_put_written(struct json *j, const char *s, size_t len)
{
    json_entry(j);
    buf_add(j->out, s, len);
}

void json_put_null(struct json *j)
{
    json_entry(j);
    buf_str(j->out, "null");
}
