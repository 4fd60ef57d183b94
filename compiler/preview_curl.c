/* Writes HTTP steps as curl commands, and steps on a machine as lines of a script: known
 * text in single quotes, everything else as "$NAME". */
#include "compiler/preview_curl.h"

#include <string.h>

/* How literal text is escaped before the shell's own quoting. */
enum word_form { WORD_PLAIN, WORD_JSON, WORD_URL };

/* One word of a command, made of quoted text and variables. */
struct word {
    const struct preview_curl *c;
    struct buf *out;
    struct buf text; /* literal so far */
    bool empty;
};

static void word_flush(struct word *w)
{
    if (w->text.len)
        buf_shell(w->out, w->text.p, w->text.len);
    w->empty &= !w->text.len;
    buf_clear(&w->text);
}

static void word_end(struct word *w)
{
    word_flush(w);
    if (w->empty)
        buf_str(w->out, "''");
    buf_free(&w->text);
}

static void word_variable(struct word *w, const char *name, size_t len)
{
    word_flush(w);
    buf_str(w->out, "\"$");
    bool gap = true; /* no "_" at the start, and never two */
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool fits =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (fits)
            buf_char(w->out, (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
        else if (!gap && i + 1 < len)
            buf_char(w->out, '_');
        gap = !fits;
    }
    if (w->out->p[w->out->len - 1] == '_')
        w->out->len--;
    buf_char(w->out, '"');
    w->empty = false;
}

static void word_literal(struct word *w, const char *s, size_t len, enum word_form form)
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

/* The one member of an object that stands for what only running tells, or NULL. */
static const json_t *deferred(const json_t *v, const char **tag)
{
    void *first = json_object_size(v) == 1 ? json_object_iter((json_t *)v) : NULL;
    *tag = first ? json_object_iter_key(first) : "";
    return **tag == '$' ? json_object_iter_value(first) : NULL;
}

static void deferred_name(const struct preview_curl *c, const char *tag, const json_t *of,
                          struct buf *out);

/* "config changed or tls changed": what a condition is about, and its operators. */
static void condition_name(const struct preview_curl *c, const json_t *of,
                           struct buf *out)
{
    const char *op = json_string_value(json_array_get(of, 0)), *tag;
    bool joins = op && (!strcmp(op, "any") || !strcmp(op, "all") || !strcmp(op, "true"));
    if (op && !joins)
        buf_printf(out, "%s ", op);
    for (size_t i = 1; i < json_array_size(of); i++) {
        const json_t *part = json_array_get(of, i);
        const json_t *inner = deferred(part, &tag);
        buf_str(out, i == 1 ? "" : op && !strcmp(op, "any") ? " or " : " and ");
        if (inner)
            deferred_name(c, tag, inner, out);
        else if (json_is_string(part))
            buf_str(out, json_string_value(part));
    }
}

/* What people call such a value. */
static void deferred_name(const struct preview_curl *c, const char *tag, const json_t *of,
                          struct buf *out)
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

/* A text with its holes; other values as Starlark's str shows them. */
static void word_value(struct word *w, const json_t *v, enum word_form form)
{
    const char *tag;
    const json_t *of = deferred(v, &tag);
    if (of && !strcmp(tag, "$text")) {
        for (size_t i = 0; i < json_array_size(of); i++)
            word_value(w, json_array_get(of, i), form);
    } else if (of) {
        struct buf name = {0};
        deferred_name(w->c, tag, of, &name);
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

static void word_json(struct word *w, const json_t *v)
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
        if (deferred(v, &tag)) {
            word_json_string(w, v);
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

static void curl_url(const struct preview_curl *c, const json_t *http, struct buf *out)
{
    struct word w = {.c = c, .out = out, .empty = true};
    const json_t *base = json_object_get(c->transport, "base");
    const json_t *path = json_object_get(http, "path");
    if (base)
        word_value(&w, base, WORD_PLAIN);
    if (path)
        word_value(&w, path, WORD_PLAIN);
    const char *key;
    json_t *item;
    char before = '?';
    json_object_foreach(json_object_get(http, "query"), key, item)
    {
        buf_char(&w.text, before);
        word_literal(&w, key, strlen(key), WORD_URL);
        buf_char(&w.text, '=');
        word_value(&w, item, WORD_URL);
        before = '&';
    }
    word_end(&w);
}

static void curl_option(const struct preview_curl *c, const char *option, const json_t *v,
                        struct buf *out)
{
    struct word w = {.c = c, .out = out, .empty = true};
    buf_str(out, option);
    word_value(&w, v, WORD_PLAIN);
    word_end(&w);
}

void preview_curl(const struct preview_curl *c, const json_t *http, struct buf *out)
{
    buf_str(out, "curl --fail-with-body");
    const json_t *socket = json_object_get(c->transport, "unix_socket");
    if (socket)
        curl_option(c, " --unix-socket ", socket, out);
    const json_t *method = json_object_get(http, "method");
    if (method && !(json_is_string(method) && !strcmp(json_string_value(method), "GET")))
        curl_option(c, " -X ", method, out);
    const char *key;
    json_t *item;
    json_object_foreach(json_object_get(http, "headers"), key, item)
    {
        struct word w = {.c = c, .out = out, .empty = true};
        buf_str(out, " -H ");
        buf_str(&w.text, key);
        buf_str(&w.text, ": ");
        word_value(&w, item, WORD_PLAIN);
        word_end(&w);
    }
    buf_char(out, ' ');
    curl_url(c, http, out);
    const json_t *body = json_object_get(http, "body");
    if (!body || json_is_null(body))
        return;
    struct word w = {.c = c, .out = out, .empty = true};
    const char *tag;
    bool text = json_is_string(body) || (deferred(body, &tag) && !strcmp(tag, "$text"));
    buf_str(out, text ? " \\\n    --data-raw " : " \\\n    --json ");
    if (text)
        word_value(&w, body, WORD_PLAIN);
    else
        word_json(&w, body);
    word_end(&w);
}

static void step_word(const struct preview_curl *c, const char *key, const char *name,
                      const json_t *v, struct buf *out)
{
    struct word w = {.c = c, .out = out, .empty = true};
    buf_printf(out, " --%s=", key);
    if (name)
        buf_printf(&w.text, "%s=", name);
    if (json_is_boolean(v))
        buf_str(&w.text, json_is_true(v) ? "true" : "false");
    else
        word_value(&w, v, WORD_PLAIN);
    word_end(&w);
}

void preview_step(const struct preview_curl *c, const json_t *step, struct buf *out)
{
    const char *key, *name, *tag;
    json_t *v, *item;
    size_t i;
    buf_printf(out, "dvo_%s", json_string_value(json_object_get(step, "step")));
    json_object_foreach(json_object_get(step, "params"), key, v)
    {
        if (json_is_array(v)) {
            json_array_foreach(v, i, item) step_word(c, key, NULL, item, out);
        } else if (json_is_object(v) && !deferred(v, &tag)) {
            json_object_foreach(v, name, item) step_word(c, key, name, item, out);
        } else if (!json_is_null(v)) {
            step_word(c, key, NULL, v, out);
        }
    }
}
