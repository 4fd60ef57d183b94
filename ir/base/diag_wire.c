/* Diagnostics that cross from one process to another, with the sources they are about. */
#include <stdlib.h>
#include <string.h>

#include "ir/base/diag.h"
#include "ir/base/wire.h"

static void put_span(struct buf *out, struct span at)
{
    wire_put(out, at.file);
    wire_put(out, at.begin);
    wire_put(out, at.end);
}

/* Sources by the number they have here; 0 ends them. */
static void put_sources(const struct diags *d, struct buf *out)
{
    bool *used = xcalloc(d->sources->n + 1, sizeof *used);
    for (size_t i = 0; i < d->n; i++) {
        used[d->v[i]->span.file] = true;
        for (const struct diag_related *r = d->v[i]->related; r; r = r->next)
            used[r->span.file] = true;
    }
    for (file_id file = 1; file < d->sources->n; file++) {
        const struct source *s = source_get(d->sources, file);
        if (!used[file])
            continue;
        wire_put(out, file);
        wire_put_string(out, s->path);
        wire_put_string(out, s->name);
        wire_put_text(out, s->text, s->len);
        wire_put(out, s->role);
    }
    wire_put(out, 0);
    free(used);
}

static void put_diag(const struct diag *g, struct buf *out)
{
    wire_put(out, g->level);
    wire_put(out, g->code);
    put_span(out, g->span);
    wire_put_string(out, g->message);
    wire_put(out, g->help != NULL);
    if (g->help)
        wire_put_string(out, g->help);
    for (const struct diag_related *r = g->related; r; r = r->next) {
        wire_put(out, 1);
        put_span(out, r->span);
        wire_put_string(out, r->message);
    }
    wire_put(out, 0);
}

void diags_write(const struct diags *d, struct buf *out)
{
    put_sources(d, out);
    wire_put(out, d->errors);
    wire_put(out, d->n);
    for (size_t i = 0; i < d->n; i++)
        put_diag(d->v[i], out);
}

/* A source of these bytes that is known here, else a new one. */
static file_id take_source(struct diags *d, struct wire *in)
{
    size_t len;
    struct arena *a = d->arena;
    const char *path = wire_get_text(in, a, NULL), *name = wire_get_text(in, a, NULL),
               *text = wire_get_text(in, a, &len);
    uint64_t role = wire_get(in);
    if (in->bad || role > SOURCE_BUILTIN)
        return 0;
    for (file_id file = 1; file < d->sources->n; file++) {
        const struct source *s = source_get(d->sources, file);
        if (s->len == len && s->role == role && !strcmp(s->path, path) &&
            !memcmp(s->text, text, len))
            return file;
    }
    file_id file = source_add(d->sources, path, text, len);
    source_name(d->sources, file, name);
    d->sources->v[file].role = (enum source_role)role;
    return file;
}

static struct span take_span(struct wire *in, const struct map64 *files)
{
    struct span at = {.file = map64_get(files, wire_get(in))};
    at.begin = (uint32_t)wire_get(in);
    at.end = (uint32_t)wire_get(in);
    return at;
}

static void take_diag(struct diags *d, struct wire *in, const struct map64 *files)
{
    enum diag_level level = (enum diag_level)wire_get(in);
    unsigned code = (unsigned)wire_get(in);
    struct span at = take_span(in, files);
    const char *message = wire_get_text(in, d->arena, NULL);
    if (in->bad)
        return;
    struct diag *g = level == DIAG_ERROR     ? diag_error(d, code, at, "%s", message)
                     : level == DIAG_WARNING ? diag_warning(d, code, at, "%s", message)
                                             : diag_note(d, code, at, "%s", message);
    bool again = g->help || g->related; /* queued before, with all that belongs to it */
    const char *help = wire_get(in) ? wire_get_text(in, d->arena, NULL) : NULL;
    if (help && !again)
        diag_help(d, g, "%s", help);
    while (wire_get(in)) {
        struct span place = take_span(in, files);
        const char *note = wire_get_text(in, d->arena, NULL);
        if (!again)
            diag_related(d, g, place, "%s", note);
    }
}

bool diags_read(struct diags *d, struct wire *in)
{
    struct map64 files = {0};
    for (uint64_t file; (file = wire_get(in)) != 0;)
        *map64_put(&files, file) = take_source(d, in);
    unsigned errors = (unsigned)wire_get(in), before = d->errors;
    for (uint64_t n = wire_get(in); n && !in->bad; n--)
        take_diag(d, in, &files);
    /* Those beyond the limit of the other process, too. */
    if (d->errors - before < errors)
        d->errors = before + errors;
    map64_free(&files);
    return !in->bad;
}
