/* Known text goes into single quotes, what only running tells is a "$NAME" between them.
 */
#include "compiler/preview_word.h"

#include <string.h>

static void word_flush(struct word *w)
{
    if (w->text.len)
        buf_shell(w->out, w->text.p, w->text.len);
    w->empty &= !w->text.len;
    buf_clear(&w->text);
}

void word_end(struct word *w)
{
    word_flush(w);
    if (w->empty)
        buf_str(w->out, "''");
    buf_free(&w->text);
}

void word_name(const char *name, size_t len, struct buf *out)
{
    size_t begin = out->len;
    bool gap = true; /* no "_" at the start, and never two */
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool fits =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (fits)
            buf_char(out, (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
        else if (!gap && i + 1 < len)
            buf_char(out, '_');
        gap = !fits;
    }
    if (out->len > begin && out->p[out->len - 1] == '_')
        out->len--;
}

static void word_variable(struct word *w, const char *name, size_t len)
{
    word_flush(w);
    buf_str(w->out, "\"$");
    word_name(name, len, w->out);
    buf_char(w->out, '"');
    w->empty = false;
}

void word_field(const struct preview_names *c, size_t op, const char *field,
                struct buf *out)
{
    struct buf name = {0};
    buf_printf(&name, "%s.%s", op < c->n && c->addresses[op] ? c->addresses[op] : "",
               field);
    word_name(buf_text(&name), name.len, out);
    buf_free(&name);
}

void word_literal(struct word *w, const char *s, size_t len, enum word_form form)
{
    if (form == WORD_JSON) {
        size_t begin = w->text.len;
        buf_json(&w->text, s, len);
        /* The quotes around it are the caller's. */
        memmove(w->text.p + begin, w->text.p + begin + 1, w->text.len - begin - 2);
        w->text.len -= 2;
        return;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || (c && strchr("-._~", c));
        if (form == WORD_URL && !safe)
            buf_printf(&w->text, "%%%02X", c);
        else
            buf_char(&w->text, (char)c);
    }
}

const json_t *word_deferred(const json_t *v, const char **tag)
{
    void *first = json_object_size(v) == 1 ? json_object_iter((json_t *)v) : NULL;
    *tag = first ? json_object_iter_key(first) : "";
    return **tag == '$' ? json_object_iter_value(first) : NULL;
}

static void deferred_name(const struct preview_names *c, const char *tag,
                          const json_t *of, struct buf *out);

/* "config changed or tls changed": what a condition is about, and its operators. */
static void condition_name(const struct preview_names *c, const json_t *of,
                           struct buf *out)
{
    const char *op = json_string_value(json_array_get(of, 0)), *tag;
    bool joins = op && (!strcmp(op, "any") || !strcmp(op, "all") || !strcmp(op, "true"));
    if (op && !joins)
        buf_printf(out, "%s ", op);
    for (size_t i = 1; i < json_array_size(of); i++) {
        const json_t *part = json_array_get(of, i);
        const json_t *inner = word_deferred(part, &tag);
        buf_str(out, i == 1 ? "" : op && !strcmp(op, "any") ? " or " : " and ");
        if (inner)
            deferred_name(c, tag, inner, out);
        else if (json_is_string(part))
            buf_str(out, json_string_value(part));
    }
}

/* What people call such a value. */
static void deferred_name(const struct preview_names *c, const char *tag,
                          const json_t *of, struct buf *out)
{
    if (json_is_string(of)) {
        buf_str(out, !strcmp(tag, "$secret") ? "secret " : "");
        buf_add(out, json_string_value(of), json_string_length(of));
        return;
    }
    if (!strcmp(tag, "$cond")) {
        condition_name(c, of, out);
        return;
    }
    json_int_t op = json_integer_value(json_is_array(of) ? json_array_get(of, 0) : of);
    if (op > 0 && (size_t)op < c->n && c->addresses[op])
        buf_str(out, c->addresses[op]);
    for (size_t i = 1; i < json_array_size(of); i++) {
        const json_t *part = json_array_get(of, i);
        buf_char(out, '.');
        if (json_is_integer(part))
            buf_int(out, json_integer_value(part));
        else if (json_is_string(part))
            buf_add(out, json_string_value(part), json_string_length(part));
    }
    if (!strcmp(tag, "$handle"))
        buf_str(out, ".changed");
}

void word_value(struct word *w, const json_t *v, enum word_form form)
{
    const char *tag;
    const json_t *of = word_deferred(v, &tag);
    if (of && !strcmp(tag, "$text")) {
        for (size_t i = 0; i < json_array_size(of); i++)
            word_value(w, json_array_get(of, i), form);
    } else if (of && !strcmp(tag, "$file64")) {
        word_flush(w);
        buf_printf(w->out, "\"$(base64 -w0 %s)\"", json_string_value(of));
        w->empty = false;
    } else if (of) {
        struct buf name = {0};
        deferred_name(w->names, tag, of, &name);
        word_variable(w, buf_text(&name), name.len);
        buf_free(&name);
    } else if (json_is_string(v)) {
        word_literal(w, json_string_value(v), json_string_length(v), form);
    } else if (json_is_integer(v)) {
        buf_int(&w->text, json_integer_value(v));
    } else if (json_is_real(v)) {
        buf_printf(&w->text, "%.17g", json_real_value(v));
    } else {
        buf_str(&w->text, json_is_true(v) ? "True" : json_is_false(v) ? "False" : "None");
    }
}

static void word_json_string(struct word *w, const json_t *v)
{
    buf_char(&w->text, '"');
    word_value(w, v, WORD_JSON);
    buf_char(&w->text, '"');
}

/* Facts about the user's cloud that are documents stand for their JSON. */
static void word_json_deferred(struct word *w, const json_t *v)
{
    const char *tag, *name = json_string_value(word_deferred(v, &tag));
    bool document = !strcmp(tag, "$provider") && name &&
                    (!strcmp(name, "user") || !strcmp(name, "scope"));
    if (document)
        word_value(w, v, WORD_PLAIN);
    else
        word_json_string(w, v);
}

void word_json(struct word *w, const json_t *v)
{
    const char *tag, *key;
    size_t i, len, n = 0;
    json_t *item;
    switch (json_typeof(v)) {
    case JSON_NULL: buf_str(&w->text, "null"); break;
    case JSON_TRUE: buf_str(&w->text, "true"); break;
    case JSON_FALSE: buf_str(&w->text, "false"); break;
    case JSON_INTEGER:
    case JSON_REAL: word_value(w, v, WORD_PLAIN); break;
    case JSON_STRING: word_json_string(w, v); break;
    case JSON_ARRAY:
        buf_char(&w->text, '[');
        json_array_foreach(v, i, item)
        {
            buf_str(&w->text, i ? ", " : "");
            word_json(w, item);
        }
        buf_char(&w->text, ']');
        break;
    case JSON_OBJECT:
        if (word_deferred(v, &tag)) {
            word_json_deferred(w, v);
            break;
        }
        buf_char(&w->text, '{');
        json_object_keylen_foreach((json_t *)v, key, len, item)
        {
            buf_str(&w->text, n++ ? ", " : "");
            buf_json(&w->text, key, len);
            buf_str(&w->text, ": ");
            word_json(w, item);
        }
        buf_char(&w->text, '}');
        break;
    }
}
