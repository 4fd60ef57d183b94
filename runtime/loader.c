/* Checks of members, each of which jumps out of the loading if it fails. */
#include "runtime/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void loader_refuse(struct loader *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_printf(&l->message, "%s/%s: ", l->plan->dir, l->file);
    buf_vprintf(&l->message, fmt, ap);
    va_end(ap);
    longjmp(l->refused, 1);
}

/* --- documents -------------------------------------------------------------------------
 */

static void check_document(struct loader *l)
{
    const struct document *d = &l->document;
    if (*d->error.text)
        loader_refuse(l, "not JSON: %s (line %llu, column %zu); rebuild with dvoc build",
                      d->error.text, (unsigned long long)d->error.line, d->error.column);
}

void loader_begin(struct loader *l, const char *file, const char *format)
{
    l->file = file;
    document_enter(&l->document, '{');
    const char *name = loader_next_member(l);
    const json_t *found = NULL;
    if (name && !strcmp(name, "format")) {
        json_decref(l->part);
        found = l->part = loader_value(l);
    }
    if (!json_is_string(found) || strcmp(json_string_value(found), format) != 0)
        loader_refuse(l, "format is %s, this runtime reads %s; rebuild with dvoc build",
                      json_is_string(found) ? json_string_value(found) : "missing",
                      format);
}

const char *loader_next_member(struct loader *l)
{
    free(l->name);
    l->name = document_member(&l->document);
    if (!l->name)
        document_end(&l->document);
    check_document(l);
    return l->name;
}

void loader_enter_list(struct loader *l, const char *name)
{
    if (!document_enter(&l->document, '['))
        loader_refuse(l, "\"%s\" is not a list", name);
}

json_t *loader_value(struct loader *l)
{
    json_t *v = document_value(&l->document, NULL);
    check_document(l);
    return v;
}

const json_t *loader_next_element(struct loader *l, struct document_part *part)
{
    json_decref(l->part);
    l->part = NULL;
    if (document_element(&l->document))
        l->part = document_value(&l->document, part);
    check_document(l);
    return l->part;
}

/* --- members ---------------------------------------------------------------------------
 */

json_t *loader_member(struct loader *l, const json_t *from, const char *where,
                      const char *name, json_type type, bool required)
{
    static const char *const types[] = {"an object",     "a list",   "a text",
                                        "an integer",    "a number", "true or false",
                                        "true or false", "null"};
    json_t *v = json_object_get(from, name);
    if (!v || json_is_null(v)) {
        if (required)
            loader_refuse(l, "%s has no \"%s\"", where, name);
        return NULL;
    }
    bool fits = json_typeof(v) == type || (type == JSON_TRUE && json_is_boolean(v)) ||
                (type == JSON_REAL && json_is_number(v));
    if (!fits)
        loader_refuse(l, "\"%s\" of %s is not %s", name, where, types[type]);
    return v;
}

const char *loader_text(struct loader *l, const json_t *from, const char *where,
                        const char *name, const char *fallback)
{
    const json_t *v = loader_member(l, from, where, name, JSON_STRING, !fallback);
    return v ? json_string_value(v) : fallback;
}

bool loader_flag(struct loader *l, const json_t *from, const char *where,
                 const char *name)
{
    return json_is_true(loader_member(l, from, where, name, JSON_TRUE, false));
}

uint32_t loader_number(struct loader *l, const json_t *v, const char *what,
                       uint32_t limit)
{
    json_int_t n = json_integer_value(v);
    if (!json_is_integer(v) || n < 0 || n > (json_int_t)limit)
        loader_refuse(l, "%s is not a number from 0 to %u", what, limit);
    return (uint32_t)n;
}

uint32_t loader_op(struct loader *l, uint32_t id, const char *what)
{
    if (id > l->largest || !l->by_id[id])
        loader_refuse(l, "%s names op %u, which does not exist", what, id);
    return l->by_id[id];
}

uint32_t loader_op_ref(struct loader *l, const json_t *v, const char *what)
{
    return loader_op(l, loader_number(l, v, what, LARGEST_ID), what);
}

uint32_t *loader_op_refs(struct loader *l, const json_t *from, const char *what,
                         uint32_t *n)
{
    *n = (uint32_t)json_array_size(from);
    uint32_t *refs = arena_array(&l->plan->arena, uint32_t, *n);
    for (uint32_t i = 0; i < *n; i++)
        refs[i] = loader_op_ref(l, json_array_get(from, i), what);
    return refs;
}

const char *loader_keep(struct loader *l, const char *text)
{
    return arena_strndup(&l->plan->arena, text, strlen(text));
}

void loader_secret(struct loader *l, const char *path, struct plan_op *op)
{
    struct plan_secret *s = arena_new(&l->plan->arena, struct plan_secret);
    *s = (struct plan_secret){loader_keep(l, path), op->secrets};
    op->secrets = s;
}

void loader_secrets(struct loader *l, const json_t *v, struct plan_op *op)
{
    const char *name;
    size_t i;
    json_t *item;
    if (json_is_object(v)) {
        const char *path = json_string_value(json_object_get(v, "$secret"));
        if (path)
            loader_secret(l, path, op);
        json_object_foreach((json_t *)(uintptr_t)v, name, item)
            loader_secrets(l, item, op);
    } else {
        json_array_foreach(v, i, item) loader_secrets(l, item, op);
    }
}
