/* The queue of diagnostics: limits, removal of repetitions, and the order of printing.
 * How each format looks is in diag_human.c and diag_machine.c. */
#include "ir/base/diag.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/diag_format.h"

void diags_init(struct diags *d, struct arena *arena, struct sources *sources)
{
    *d = (struct diags){.arena = arena, .sources = sources, .limit = 20};
}

void diags_free(struct diags *d)
{
    free(d->v);
    map64_free(&d->seen);
    *d = (struct diags){0};
}

void diags_clear(struct diags *d)
{
    d->n = 0;
    d->errors = 0;
    map64_clear(&d->seen);
}

static bool diag_equal(const struct diag *a, const struct diag *b)
{
    return a->level == b->level && a->code == b->code && a->span.file == b->span.file &&
           a->span.begin == b->span.begin && a->span.end == b->span.end &&
           !strcmp(a->message, b->message);
}

/* Whether an equal record is queued; if not, remembers that this one will be the next. */
static bool diags_seen(struct diags *d, const struct diag *g)
{
    uint32_t place[] = {g->level, g->code, g->span.file, g->span.begin, g->span.end};
    uint64_t key = (uint64_t)hash_bytes(place, sizeof place) << 32 |
                   hash_bytes(g->message, strlen(g->message));
    uint32_t at;
    for (; (at = map64_get(&d->seen, key)); key++)
        if (diag_equal(d->v[at - 1], g))
            return true;
    *map64_put(&d->seen, key) = (uint32_t)d->n + 1;
    return false;
}

static struct diag *diag_queue(struct diags *d, enum diag_level level, unsigned code,
                               struct span at, const char *fmt, va_list ap)
{
    struct diag *g = arena_new(d->arena, struct diag);
    g->level = level;
    g->code = code;
    g->span = at;
    g->message = diag_vformat(d->arena, fmt, ap);
    bool full = level == DIAG_ERROR && diags_full(d);
    if (!full && diags_seen(d, g))
        return g;
    d->errors += level == DIAG_ERROR;
    if (!full)
        *vec_push(d) = g;
    return g;
}

struct diag *diag_error(struct diags *d, unsigned code, struct span at, const char *fmt,
                        ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *g = diag_queue(d, DIAG_ERROR, code, at, fmt, ap);
    va_end(ap);
    return g;
}

struct diag *diag_warning(struct diags *d, unsigned code, struct span at, const char *fmt,
                          ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *g = diag_queue(d, DIAG_WARNING, code, at, fmt, ap);
    va_end(ap);
    return g;
}

struct diag *diag_note(struct diags *d, unsigned code, struct span at, const char *fmt,
                       ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *g = diag_queue(d, DIAG_NOTE, code, at, fmt, ap);
    va_end(ap);
    return g;
}

void diag_help(struct diags *d, struct diag *g, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    g->help = diag_vformat(d->arena, fmt, ap);
    va_end(ap);
}

void diag_related(struct diags *d, struct diag *g, struct span at, const char *fmt, ...)
{
    struct diag_related **end = &g->related;
    while (*end)
        end = &(*end)->next;
    *end = arena_new(d->arena, struct diag_related);
    (*end)->span = at;
    va_list ap;
    va_start(ap, fmt);
    (*end)->message = diag_vformat(d->arena, fmt, ap);
    va_end(ap);
}

bool diags_full(const struct diags *d)
{
    return d->errors >= d->limit;
}

static enum source_role diag_role(const struct diags *d, struct span at)
{
    return at.file ? source_get(d->sources, at.file)->role : SOURCE_PROGRAM;
}

/* Whether the code is about the form of a record, whoever calls it. */
static bool diag_is_of_record(unsigned code)
{
    return code == 501 || code == 503 || (code >= 510 && code <= 516);
}

/* Whether the program is to blame for what was noticed in a record: nobody can mend what
 * is built in, and a record says by fail() (321) what is wrong with its arguments. */
static bool diag_blames_caller(const struct diags *d, const struct diag *g)
{
    switch (diag_role(d, g->span)) {
    case SOURCE_BUILTIN: return !diag_is_of_record(g->code);
    case SOURCE_RECORD: return g->code == 321;
    default: return false;
    }
}

/* The note at the first of the program's places, if the diagnostic blames the call of a
 * record and has one. */
static struct diag_related *diag_user_note(const struct diags *d, const struct diag *g)
{
    struct diag_related *r = diag_blames_caller(d, g) ? g->related : NULL;
    while (r && (!r->span.file || diag_role(d, r->span) != SOURCE_PROGRAM))
        r = r->next;
    return r;
}

struct span diag_place(const struct diags *d, const struct diag *g)
{
    const struct diag_related *r = diag_user_note(d, g);
    return r ? r->span : g->span;
}

/* What a call of the program is to blame for is told there, and the record becomes a
 * note. */
static void diag_promote(const struct diags *d, struct diag *g)
{
    struct diag_related *r = diag_user_note(d, g);
    if (!r)
        return;
    struct span record = g->span;
    g->span = r->span;
    r->span = record;
    r->message = diag_role(d, record) == SOURCE_BUILTIN ? "in this built-in definition"
                                                        : "in this record";
}

struct ranked {
    struct diag *g;
    size_t file;  /* rank of the file: index of the first record about it */
    size_t index; /* in the queue */
};

static int ranked_compare(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    if (a->g->span.begin != b->g->span.begin)
        return a->g->span.begin < b->g->span.begin ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

/* The queue in printing order; files in the order in which they first appear. */
static struct diag **diags_sorted(const struct diags *d)
{
    struct ranked *places = xcalloc(d->n, sizeof *places);
    size_t *ranks = xcalloc(d->sources->n, sizeof *ranks); /* rank + 1 */
    for (size_t i = 0; i < d->n; i++) {
        diag_promote(d, d->v[i]);
        size_t *rank = &ranks[d->v[i]->span.file];
        if (!*rank)
            *rank = i + 1;
        places[i] = (struct ranked){d->v[i], *rank, i};
    }
    qsort(places, d->n, sizeof *places, ranked_compare);
    struct diag **sorted = xcalloc(d->n, sizeof *sorted);
    for (size_t i = 0; i < d->n; i++)
        sorted[i] = places[i].g;
    free(ranks);
    free(places);
    return sorted;
}

void diags_print(struct diags *d, FILE *out, enum diag_format format, bool color)
{
    struct diag_list list = {
        .v = diags_sorted(d),
        .n = d->n,
        .errors = d->errors,
        .limit = d->limit,
        .sources = d->sources,
    };
    struct buf text = {0};
    switch (format) {
    case DIAG_HUMAN: diag_format_human(&list, &text, color); break;
    case DIAG_JSON: diag_format_json(&list, &text); break;
    case DIAG_SARIF: diag_format_sarif(&list, &text); break;
    case DIAG_GITHUB: diag_format_github(&list, &text); break;
    }
    fwrite(buf_text(&text), 1, text.len, out);
    buf_free(&text);
    free(list.v);
}
