/* A pointer becomes a path, a choice among elements a select(); what is not there is
 * nothing, as for the runtime. */
#include "compiler/preview_jq.h"

#include <string.h>

static void put(struct word *w, const char *s)
{
    word_literal(w, s, strlen(s), WORD_PLAIN);
}

/* One token of a pointer. */
static void put_token(struct word *w, const char *s, size_t len, bool first)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_";
    struct buf name = {0};
    for (size_t i = 0; i < len; i++) {
        bool escape = s[i] == '~' && i + 1 < len;
        buf_char(&name, escape ? (s[++i] == '0' ? '~' : '/') : s[i]);
    }
    const char *text = buf_text(&name);
    if (!strcmp(text, "*")) {
        put(w, first ? "(to_entries[0].value)?" : " | (to_entries[0].value)?");
    } else if (*text && strspn(text, "0123456789") == name.len) {
        put(w, first ? ".[" : "[");
        put(w, text);
        put(w, "]");
    } else if (*text && strspn(text, word) == name.len && (*text < '0' || *text > '9')) {
        put(w, ".");
        put(w, text);
    } else {
        struct buf quoted = {0};
        buf_json(&quoted, text, name.len);
        put(w, first ? ".[" : "[");
        put(w, buf_text(&quoted));
        put(w, "]");
        buf_free(&quoted);
    }
    buf_free(&name);
}

static void put_pointer(struct word *w, const char *pointer)
{
    bool first = true;
    if (!*pointer || !strcmp(pointer, "/"))
        put(w, ".");
    while (*pointer == '/' && pointer[1]) {
        size_t len = strcspn(++pointer, "/");
        put_token(w, pointer, len, first);
        /* jq takes no field right behind a "?" of parentheses. */
        first = len == 1 && *pointer == '*';
        pointer += len;
        if (first && *pointer == '/' && pointer[1])
            put(w, " | ");
    }
}

/* .a == "b" and ...; a value that may not be known is not asked for then. */
static void put_where(struct word *w, const json_t *where)
{
    const char *pointer, *tag;
    json_t *v, *item;
    size_t i, n = 0;
    json_object_foreach((json_t *)(uintptr_t)where, pointer, v)
    {
        put(w, n++ ? " and " : "");
        if (json_is_array(v)) {
            put(w, "(");
            put_pointer(w, pointer);
            put(w, " | IN(");
            json_array_foreach(v, i, item)
            {
                put(w, i ? ", " : "");
                word_json(w, item);
            }
            put(w, "))");
            continue;
        }
        bool maybe = word_deferred(v, &tag) && !strcmp(tag, "$provider");
        if (maybe) {
            put(w, "(");
            word_json(w, v);
            put(w, " as $v | $v == \"\" or ");
        }
        put_pointer(w, pointer);
        put(w, maybe ? " == $v)" : " == ");
        if (!maybe)
            word_json(w, v);
    }
    if (!n)
        put(w, "true");
}

static void put_path(struct word *w, const json_t *path)
{
    size_t i;
    json_t *part;
    if (json_is_string(path)) {
        put_pointer(w, json_string_value(path));
        return;
    }
    json_array_foreach(path, i, part)
    {
        put(w, i ? " | " : "");
        if (json_is_string(part)) {
            put_pointer(w, json_string_value(part));
        } else {
            put(w, "(map(select(");
            put_where(w, part);
            put(w, "))[0])?");
        }
    }
}

static void put_select(struct word *w, const json_t *step)
{
    const json_t *select = json_object_get(step, "select");
    const char *list = json_string_value(json_object_get(select, "list"));
    if (!select)
        return;
    put(w, "[");
    put_pointer(w, list ? list : "");
    put(w, "[]? | select(");
    put_where(w, json_object_get(select, "where"));
    put(w, ")][0] | ");
}

void preview_jq_entry(struct word *w, const json_t *step, const json_t *entry)
{
    const json_t *fallback = NULL, *path = entry;
    const char *regex = NULL;
    json_int_t line = 0;
    if (json_is_object(entry)) {
        path =
            json_object_get(entry, json_object_get(entry, "path") ? "path" : "pointer");
        regex = json_string_value(json_object_get(entry, "regex"));
        line = json_integer_value(json_object_get(entry, "line"));
        fallback = json_object_get(entry, "default");
    }
    put_select(w, step);
    put(w, "(");
    if (path)
        put_path(w, path);
    else
        put(w, ".");
    if (line) {
        struct buf text = {0};
        buf_printf(&text, " | split(\"\\n\")[%d]", (int)line - 1);
        put(w, buf_text(&text));
        buf_free(&text);
    }
    if (regex) {
        struct buf text = {0};
        buf_json(&text, regex, strlen(regex));
        put(w, " | match(");
        put(w, buf_text(&text));
        put(w, ")? | .captures[0].string // .string");
        buf_free(&text);
    }
    put(w, ") // ");
    if (!fallback || json_is_null(fallback))
        put(w, "empty");
    else
        word_json(w, fallback);
}

void preview_jq_test(struct word *w, const json_t *step, const json_t *test)
{
    const char *pointer = json_string_value(json_object_get(test, "pointer"));
    const char *regex = json_string_value(json_object_get(test, "matches"));
    const json_t *equals = json_object_get(test, "equals"),
                 *in = json_object_get(test, "in");
    size_t i;
    json_t *item;
    put_select(w, step);
    put_pointer(w, pointer ? pointer : "");
    if (equals) {
        put(w, " == ");
        word_json(w, equals);
    } else if (in) {
        put(w, " | IN(");
        json_array_foreach(in, i, item)
        {
            put(w, i ? ", " : "");
            word_json(w, item);
        }
        put(w, ")");
    } else if (regex) {
        struct buf text = {0};
        buf_json(&text, regex, strlen(regex));
        put(w, " // \"\" | test(");
        put(w, buf_text(&text));
        put(w, ")");
        buf_free(&text);
    }
}

const char *preview_jq_options(const json_t *step)
{
    const char *how = json_string_value(json_object_get(step, "decode"));
    return how && strcmp(how, "json") != 0 ? "-Rrs" : "-r";
}
