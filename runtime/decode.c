/* Decoders for what services answer with. Everything here is fed by strangers: lengths
 * are checked before they are believed. */
#include "runtime/decode.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/http.h"

/* Bytes that are not UTF-8 become U+FFFD: a document is text or it is nothing. */
static json_t *text_document(const char *p, size_t len)
{
    struct buf clean = {0};
    for (size_t i = 0, n; i < len; i += n) {
        n = utf8_length(p + i, len - i);
        if (n)
            buf_add(&clean, p + i, n);
        else
            buf_str(&clean, "\xef\xbf\xbd");
        n = n ? n : 1;
    }
    json_t *document = json_stringn_nocheck(buf_text(&clean), clean.len);
    buf_free(&clean);
    return document;
}

/* Frames are 1 byte stream id, 3 zero bytes, 4 bytes big-endian length, data. */
static json_t *decode_frames(const struct buf *body, struct fault *f)
{
    struct buf out = {0};
    const unsigned char *p = (const unsigned char *)buf_text(body);
    size_t left = body->len;
    while (left) {
        size_t len = left >= 8 ? (size_t)p[4] << 24 | (size_t)p[5] << 16 |
                                     (size_t)p[6] << 8 | (size_t)p[7]
                               : 0;
        if (left < 8 || p[0] > 3 || p[1] || p[2] || p[3] || len > left - 8) {
            buf_free(&out);
            fault_set(f, DVO_EPROTO, "the answer is not a stream of frames");
            return NULL;
        }
        if (p[0] == 1)
            buf_add(&out, p + 8, len);
        p += 8 + len;
        left -= 8 + len;
    }
    json_t *document = text_document(buf_text(&out), out.len);
    buf_free(&out);
    return document;
}

#define TAR_BLOCK ((size_t)512)

/* An octal field, ended by NUL or blank. */
static size_t tar_number(const char *p, size_t len)
{
    size_t n = 0;
    size_t i = 0;
    while (i < len && p[i] == ' ')
        i++;
    for (; i < len && p[i] >= '0' && p[i] <= '7'; i++)
        n = n << 3 | (size_t)(p[i] - '0');
    return n;
}

static bool tar_is_header(const char *p)
{
    size_t sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= 148 && i < 156 ? ' ' : (unsigned char)p[i];
    return sum == tar_number(p + 148, 8);
}

static json_t *decode_tar(const struct buf *body, struct fault *f)
{
    const char *p = buf_text(body);
    size_t left = body->len;
    while (left >= TAR_BLOCK && *p) {
        size_t size = tar_number(p + 124, 12);
        if (!tar_is_header(p) || size > left - TAR_BLOCK)
            break;
        if (p[156] == '0' || p[156] == '\0')
            return text_document(p + TAR_BLOCK, size);
        size_t step = TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
        step = step < left ? step : left;
        p += step;
        left -= step;
    }
    fault_set(f, DVO_EPROTO, "the answer is not a tar archive with a file in it");
    return NULL;
}

json_t *decode_body(const struct buf *body, const char *how, struct fault *f)
{
    if (!how || !strcmp(how, "json")) {
        if (!body->len)
            return json_null();
        json_error_t where;
        json_t *document = json_loadb(buf_text(body), body->len,
                                      JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);
        if (!document)
            fault_set(f, DVO_EPROTO, "the answer is not JSON: %s (line %d, column %d)",
                      where.text, where.line, where.column);
        return document;
    }
    if (!strcmp(how, "text"))
        return text_document(buf_text(body), body->len);
    if (!strcmp(how, "frames"))
        return decode_frames(body, f);
    if (!strcmp(how, "tar"))
        return decode_tar(body, f);
    fault_set(f, DVO_EPROTO, "the plan asks to decode an answer as %s, which is unknown",
              how);
    return NULL;
}

/* One token of a pointer, unescaped; `p` stands behind its slash. */
static const char *pointer_token(const char *p, struct buf *token)
{
    buf_clear(token);
    for (; *p && *p != '/'; p++) {
        if (p[0] == '~' && (p[1] == '0' || p[1] == '1'))
            buf_char(token, *++p == '0' ? '~' : '/');
        else
            buf_char(token, *p);
    }
    return p;
}

json_t *decode_pointer(const json_t *document, const char *pointer)
{
    const json_t *at = document;
    if (!strcmp(pointer, "/"))
        pointer = "";
    struct buf token = {0};
    while (at && *pointer == '/') {
        pointer = pointer_token(pointer + 1, &token);
        const char *name = buf_text(&token);
        if (json_is_array(at)) {
            char *end;
            unsigned long i = strtoul(name, &end, 10);
            bool index = *name >= '0' && *name <= '9' && !*end;
            at = index ? json_array_get(at, i) : NULL;
        } else {
            const json_t *member = json_object_get(at, name);
            void *first =
                strcmp(name, "*") ? NULL : json_object_iter((json_t *)(uintptr_t)at);
            at = member || !first ? member : json_object_iter_value(first);
        }
    }
    buf_free(&token);
    return *pointer ? NULL : (json_t *)(uintptr_t)at;
}

char *decode_match(const char *text, const char *expression, struct fault *f)
{
    regex_t re;
    regmatch_t groups[2];
    int error = regcomp(&re, expression, REG_EXTENDED);
    if (error) {
        char why[200];
        regerror(error, &re, why, sizeof why);
        fault_set(f, DVO_EINVAL, "the plan holds a bad regular expression: %s", why);
        return NULL;
    }
    char *found = NULL;
    if (regexec(&re, text, 2, groups, 0) == 0) {
        const regmatch_t *g = &groups[re.re_nsub > 0 && groups[1].rm_so >= 0];
        found = strndup(text + g->rm_so, (size_t)(g->rm_eo - g->rm_so));
    }
    regfree(&re);
    return found;
}

/* Line n, counted from 1, without its newline; to be freed, NULL if there are fewer. */
static char *text_line(const char *text, json_int_t n)
{
    while (--n > 0) {
        text = strchr(text, '\n');
        if (!text)
            return NULL;
        text++;
    }
    return strndup(text, strcspn(text, "\n"));
}

static json_t *extract_part(const json_t *found, const json_t *entry, struct fault *f)
{
    const json_t *line = json_object_get(entry, "line");
    const char *expression = json_string_value(json_object_get(entry, "regex"));
    if (!line && !expression)
        return json_incref((json_t *)(uintptr_t)found);
    if (!json_is_string(found))
        return NULL;
    char *text = xstrdup(json_string_value(found));
    if (line) {
        char *part = text_line(text, json_integer_value(line));
        free(text);
        text = part;
    }
    if (text && expression) {
        char *part = decode_match(text, expression, f);
        free(text);
        text = part;
    }
    json_t *result = text ? json_string(text) : NULL;
    free(text);
    return result;
}

bool decode_among(const json_t *list, const json_t *v)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) if (json_equal(one, v)) return true;
    return false;
}

static bool value_fits(const json_t *wanted, const json_t *found)
{
    if (json_is_array(wanted))
        return found && decode_among(wanted, found);
    return found && json_equal(wanted, found);
}

static bool element_fits(const json_t *element, const json_t *values)
{
    json_t *wanted;
    const char *pointer;
    json_object_foreach((json_t *)(uintptr_t)values, pointer, wanted)
    {
        if (!json_is_null(wanted) &&
            !value_fits(wanted, decode_pointer(element, pointer)))
            return false;
    }
    return true;
}

/* The first element of a list, or member of an object, that has all the values; these
 * have been evaluated. */
static const json_t *choose_element(const json_t *list, const json_t *values)
{
    size_t i;
    json_t *element;
    const char *name;
    json_array_foreach(list, i, element)
    {
        if (element_fits(element, values))
            return element;
    }
    json_object_foreach((json_t *)(uintptr_t)list, name, element)
    {
        if (element_fits(element, values))
            return element;
    }
    return NULL;
}

json_t *decode_path(struct value_source *s, const json_t *document, const json_t *path)
{
    const json_t *at = document, *part;
    if (json_is_string(path))
        return decode_pointer(document, json_string_value(path));
    for (size_t i = 0; at && (part = json_array_get(path, i)); i++) {
        if (json_is_string(part)) {
            at = decode_pointer(at, json_string_value(part));
            continue;
        }
        json_t *values = value_evaluate(s, part);
        at = values ? choose_element(at, values) : NULL;
        json_decref(values);
    }
    return (json_t *)(uintptr_t)at;
}

/* What an entry points to before it is taken apart, a new reference. */
static json_t *extract_whole(struct value_source *s, const json_t *document,
                             const struct buf *headers, const json_t *entry)
{
    const char *header = json_string_value(json_object_get(entry, "header"));
    if (header) {
        char *text = headers ? http_header(headers, header) : NULL;
        json_t *v = text ? json_string(text) : NULL;
        free(text);
        return v;
    }
    const json_t *path = entry;
    if (json_is_object(entry))
        path =
            json_object_get(entry, json_object_get(entry, "path") ? "path" : "pointer");
    return json_incref(path ? decode_path(s, document, path)
                            : (json_t *)(uintptr_t)document);
}

json_t *decode_extract(struct value_source *s, const json_t *document,
                       const struct buf *headers, const json_t *entry, struct fault *f)
{
    if (!json_is_object(entry) && !json_is_string(entry) && !json_is_array(entry)) {
        fault_set(f, DVO_EPROTO, "the plan holds an extraction without a pointer");
        return NULL;
    }
    json_t *found = extract_whole(s, document, headers, entry);
    json_t *value = NULL;
    if (s->outcome == VALUE_FAULT || s->outcome == VALUE_UNSET)
        fault_move(f, &s->fault);
    if (found && !json_is_null(found))
        value =
            json_is_object(entry) ? extract_part(found, entry, f) : json_incref(found);
    json_decref(found);
    if (!value && !f->code && json_is_object(entry))
        value = json_incref(json_object_get(entry, "default"));
    return value;
}
