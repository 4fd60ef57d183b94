/* Secret values from the environment and from files; redaction of texts that tools gave
 * back. */
#include "runtime/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/value.h"

/* Shorter values would turn every text into stars without hiding anything. */
#define SHORTEST_REDACTED 4

struct secret {
    char *path, *value;
};

struct secrets {
    const json_t *sources;
    struct secret *v;
    size_t n, cap;
};

struct secrets *secrets_new(const json_t *sources)
{
    struct secrets *s = xcalloc(1, sizeof *s);
    s->sources = sources;
    return s;
}

void secrets_free(struct secrets *s)
{
    for (size_t i = 0; s && i < s->n; i++) {
        explicit_bzero(s->v[i].value, strlen(s->v[i].value));
        free(s->v[i].value);
        free(s->v[i].path);
    }
    if (s)
        free(s->v);
    free(s);
}

/* "shop/db-password" with prefix DVO_SECRET_ is DVO_SECRET_SHOP_DB_PASSWORD. */
static char *secret_variable(const char *prefix, const char *path)
{
    struct buf name = {0};
    buf_str(&name, prefix);
    for (const char *c = path; *c; c++)
        buf_char(&name,
                 isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_');
    return buf_steal(&name);
}

/* One source: the value to be freed, or NULL; `tried` learns where it would have been. */
static char *secret_look(const json_t *source, const char *path, struct buf *tried)
{
    const char *type = json_string_value(json_object_get(source, "type"));
    const char *separator = tried->len ? ", " : "";
    if (type && !strcmp(type, "env")) {
        const char *prefix = json_string_value(json_object_get(source, "prefix"));
        char *name = secret_variable(prefix ? prefix : "DVO_SECRET_", path);
        const char *value = getenv(name);
        buf_printf(tried, "%sthe environment variable %s", separator, name);
        free(name);
        return value ? xstrdup(value) : NULL;
    }
    const char *folder = json_string_value(json_object_get(source, "path"));
    if (!type || strcmp(type, "file") || !folder)
        return NULL;
    char *file = path_join(folder, path);
    struct buf text = {0};
    bool ok = file_read(file, &text);
    buf_printf(tried, "%sthe file %s (%s)", separator, file,
               ok ? "found" : strerror(errno));
    free(file);
    /* The newline that editors add is no part of a secret. */
    if (ok && text.len && text.p[text.len - 1] == '\n')
        text.p[--text.len] = '\0';
    char *value = ok ? buf_steal(&text) : NULL;
    buf_free(&text);
    return value;
}

const char *secret_get(struct secrets *s, const char *path, struct fault *f)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->v[i].path, path))
            return s->v[i].value;
    if (!*path || path[0] == '/' || strstr(path, "..")) {
        fault_set(f, DVO_EINVAL, "\"%s\" is not the path of a secret", path);
        return NULL;
    }
    struct buf tried = {0};
    char *value = NULL;
    size_t i;
    json_t *source;
    json_array_foreach(s->sources, i, source) if (!value) value =
        secret_look(source, path, &tried);
    if (!value) {
        fault_set(f, DVO_ENOENT, "the secret %s is nowhere: looked for %s", path,
                  tried.len ? buf_text(&tried)
                            : "it in no place, the plan lists no sources");
    } else {
        *vec_push(s) = (struct secret){xstrdup(path), value};
    }
    buf_free(&tried);
    return value;
}

void secrets_hide(struct secrets *s, const char *value)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->v[i].value, value))
            return;
    *vec_push(s) = (struct secret){xstrdup("/"), xstrdup(value)};
}

/* Stars in the place of every occurrence of a word. */
static void redact_word(const char *word, struct buf *text)
{
    size_t len = strlen(word);
    if (len < SHORTEST_REDACTED || len > text->len)
        return;
    struct buf clean = {0};
    const char *from = text->p, *end = text->p + text->len, *hit;
    while ((hit = memmem(from, (size_t)(end - from), word, len))) {
        buf_add(&clean, from, (size_t)(hit - from));
        buf_str(&clean, "***");
        from = hit + len;
    }
    buf_add(&clean, from, (size_t)(end - from));
    buf_free(text);
    *text = clean;
}

void secrets_redact(const struct secrets *s, struct buf *text)
{
    for (size_t i = 0; i < s->n; i++) {
        const char *value = s->v[i].value;
        struct buf encoded = {0}; /* as URLs carry it */
        value_percent(value, strlen(value), &encoded);
        redact_word(value, text);
        redact_word(buf_text(&encoded), text);
        if (encoded.p)
            explicit_bzero(encoded.p, encoded.len);
        buf_free(&encoded);
    }
}

static bool text_holds_one(const struct secrets *s, const json_t *v)
{
    struct buf text = {0};
    size_t len = json_string_length(v);
    buf_add(&text, json_string_value(v), len);
    secrets_redact(s, &text);
    bool held =
        text.len != len || memcmp(buf_text(&text), json_string_value(v), len) != 0;
    explicit_bzero(text.p, text.len);
    buf_free(&text);
    return held;
}

bool secrets_held(const struct secrets *s, const json_t *v)
{
    size_t i;
    const char *name;
    json_t *item;
    bool held = false;
    if (json_is_string(v))
        return json_string_length(v) > 0 && s->n > 0 && text_holds_one(s, v);
    json_array_foreach(v, i, item) held = held || secrets_held(s, item);
    json_object_foreach((json_t *)(uintptr_t)v, name, item) held =
        held || secrets_held(s, item);
    return held;
}
