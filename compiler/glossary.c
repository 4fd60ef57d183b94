/* Finds, evaluates and compiles glossary records. Which calls exist is known from file
 * names alone; a record is read when somebody asks for it. */
#include "compiler/glossary.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/native.h"
#include "compiler/record.h"
#include "ir/base/digest.h"
#include "ir/base/embed.h"
#include "ir/base/file.h"

/* ---- files: the configured folder first, then the built-in one ------------------------
 */

struct folder {
    struct glossary *g;
    const char *embedded;   /* "calls/" */
    const char *configured; /* folder, or NULL */
    const char *own;        /* path of the file read last if it is of that folder */
};

/* Every text read counts for the digest, libraries of records too. */
static void note_text(struct glossary *g, const char *path, const struct buf *text)
{
    buf_printf(&g->digest, "%s %zu\n", path, text->len);
    buf_add(&g->digest, buf_text(text), text->len);
}

static bool read_record(void *ctx, const char *path, struct buf *out)
{
    struct folder *f = ctx;
    f->own = NULL;
    if (f->configured) {
        char *full = path_join(f->configured, path);
        bool good = file_read(full, out);
        if (good)
            f->own = arena_strndup(f->g->arena, full, strlen(full));
        free(full);
        if (good)
            note_text(f->g, path, out);
        if (good || errno != ENOENT)
            return good;
    }
    const char *name = arena_printf(f->g->arena, "%s%s", f->embedded, path);
    const struct embedded_file *e = embedded_find(name);
    if (!e) {
        errno = ENOENT;
        return false;
    }
    buf_add(out, e->data, e->len);
    note_text(f->g, path, out);
    return true;
}

static void name_record(void *ctx, struct source *s)
{
    const struct folder *f = ctx;
    s->role = f->own ? SOURCE_RECORD : SOURCE_BUILTIN;
    s->path = f->own ? f->own : arena_printf(f->g->arena, "<glossary>/%s", s->path);
}

/* Evaluates FOLDER/NAME.dvo. False if there is no such file or it is wrong. */
static bool run_record(struct glossary *g, const char *embedded, const char *configured,
                       const char *name)
{
    struct folder *f = arena_new(g->arena, struct folder);
    *f = (struct folder){g, embedded, configured, NULL};
    const char *file = arena_printf(g->arena, "%s.dvo", name);
    struct buf text = {0};
    if (!read_record(f, file, &text)) {
        buf_free(&text);
        return false;
    }
    struct eval_reader *reader = arena_new(g->arena, struct eval_reader);
    *reader = (struct eval_reader){.read = read_record, .ctx = f, .added = name_record};
    struct sources *sources = eval_vm(g->eval)->sources;
    file_id id = source_add(sources, file, buf_text(&text), text.len);
    name_record(f, &sources->v[id]);
    buf_free(&text);
    return eval_file(g->eval, g->universe, id, reader) != NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The records of an embedded folder and of a configured one (or NULL), sorted, each once;
 * in the arena. */
static const char **list_names(struct glossary *g, const char *prefix,
                               const char *configured, size_t *count)
{
    struct {
        const char **v;
        size_t n, cap;
    } names = {0};
    static const char suffix[] = ".dvo";
    for (size_t i = embedded_first(prefix); embedded_in(i, prefix); i++) {
        const char *path = embedded_files[i].path + strlen(prefix);
        size_t len = strlen(path);
        if (!strchr(path, '/') && len > 4 && !strcmp(path + len - 4, suffix))
            *vec_push(&names) = arena_strndup(g->arena, path, len - 4);
    }
    DIR *dir = configured ? opendir(configured) : NULL;
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        size_t len = strlen(e->d_name);
        if (len > 4 && !strcmp(e->d_name + len - 4, suffix))
            *vec_push(&names) = arena_strndup(g->arena, e->d_name, len - 4);
    }
    if (dir)
        closedir(dir);
    qsort(names.v, names.n, sizeof *names.v, by_text);
    const char **out = arena_array(g->arena, const char *, names.n + 1);
    *count = 0;
    for (size_t i = 0; i < names.n; i++)
        if (!i || strcmp(names.v[i], names.v[i - 1]) != 0)
            out[(*count)++] = names.v[i];
    free(names.v);
    return out;
}

/* A pattern of `backends:` that no call matches would move nothing, without a word. */
static void check_backends(struct glossary *g)
{
    const struct yaml_node *map = yaml_get(g->config->dvo, "backends");
    for (size_t i = 0; map && i < map->n; i++) {
        const char *key = map->pairs[i].key;
        size_t len = strlen(key);
        bool pattern = len > 0 && key[len - 1] == '*';
        bool known = !strcmp(key, "default");
        for (size_t j = 0; !known && j < g->nnames; j++)
            known =
                pattern ? !strncmp(key, g->names[j], len - 1) : !strcmp(key, g->names[j]);
        if (known)
            continue;
        struct diag *d = diag_error(g->diags, 819, map->pairs[i].span,
                                    "\"%s\" is the name of no call", key);
        const char *near = pattern ? NULL : text_nearest(key, g->names, g->nnames);
        if (near)
            diag_help(g->diags, d, "did you mean \"%s\"?", near);
        else
            diag_help(g->diags, d,
                      "write a call such as \"machine.deploy\", several as "
                      "\"machine.*\", or \"default\"");
    }
}

bool glossary_has(const struct glossary *g, const char *name)
{
    return bsearch(&name, g->names, g->nnames, sizeof *g->names, by_text) != NULL;
}

/* ---- loading
 * ---------------------------------------------------------------------------- */

call_id glossary_call(struct glossary *g, const char *name)
{
    uint64_t key = intern_cstr(g->strings, name);
    uint32_t known = map64_get(&g->loaded, key);
    if (known)
        return known - 1;
    call_id id = 0;
    *map64_put(&g->loaded, key) =
        id + 1; /* being read: glossary_type() must not read it again */
    if (glossary_has(g, name)) {
        unsigned errors = g->diags->errors;
        g->making = 0;
        if (run_record(g, "calls/", g->config->calls, name) && g->making) {
            id = g->making;
            if (strcmp(intern_text(g->strings, g->calls->v[id].name), name) != 0) {
                diag_error(g->diags, 510, g->calls->v[id].span,
                           "the file %s.dvo must describe %s, not %s", name, name,
                           intern_text(g->strings, g->calls->v[id].name));
                id = 0;
            }
        } else if (g->diags->errors == errors && strchr(name, '.')) {
            diag_error(g->diags, 510, (struct span){0},
                       "the file %s.dvo has no call() record", name);
        }
    }
    *map64_put(&g->loaded, key) = id + 1;
    return id;
}

uint32_t glossary_type(struct glossary *g, str_id name)
{
    uint32_t known = map64_get(&g->types, name);
    if (known)
        return known - 1;
    const char *text = intern_text(g->strings, name);
    if (!strchr(text, '.') && glossary_has(g, text) && !map64_get(&g->loaded, name)) {
        call_id making = g->making;
        run_record(g, "calls/", g->config->calls, text);
        g->making = making;
        known = map64_get(&g->types, name);
        if (known)
            return known - 1;
    }
    return record_type(g, name, NULL, 0, NULL);
}

value glossary_driver(struct glossary *g)
{
    if (g->driver == VALUE_ERROR &&
        !run_record(g, "drivers/", g->config->drivers, g->config->driver) &&
        !g->diags->errors) {
        const struct yaml_node *n = yaml_get(g->config->provider, "driver");
        diag_error(g->diags, 816, n ? n->span : (struct span){0},
                   "there is no driver named \"%s\"", g->config->driver);
    }
    return g->driver;
}

unsigned glossary_drivers_of(struct glossary *g, const char *call, struct buf *out)
{
    value own = g->driver;
    size_t n;
    unsigned found = 0;
    const char **names = list_names(g, "drivers/", g->config->drivers, &n);
    for (size_t i = 0; i < n; i++) {
        struct vm *vm = eval_vm(g->eval);
        g->driver = VALUE_ERROR;
        if (!run_record(g, "drivers/", g->config->drivers, names[i]) ||
            g->driver == VALUE_ERROR)
            continue;
        value calls = value_dict_get_cstr(vm, g->driver, "calls");
        if (calls != VALUE_ERROR && value_dict_get_cstr(vm, calls, call) != VALUE_ERROR)
            buf_printf(out, "%s%s", found++ ? " or " : "", names[i]);
    }
    g->driver = own;
    return found;
}

void glossary_digest(const struct glossary *g, char out[72])
{
    digest_text(buf_text(&g->digest), g->digest.len, out);
}

void glossary_init(struct glossary *g, struct eval *eval, struct calls *calls,
                   const struct config *config, struct arena *arena, struct diags *diags,
                   value provider)
{
    struct vm *vm = eval_vm(eval);
    *g = (struct glossary){.arena = arena,
                           .eval = eval,
                           .calls = calls,
                           .config = config,
                           .values = vm->values,
                           .strings = vm->strings,
                           .diags = diags};
    if (!calls->n) {
        memset(vec_push(calls), 0, sizeof *calls->v);
        struct {
            struct handle_type *v;
            size_t n, cap;
        } types = {0};
        memset(vec_push(&types), 0, sizeof *types.v);
        calls->types = types.v;
        calls->ntypes = types.n;
        calls->cap_types = types.cap;
    }
    g->names = list_names(g, "calls/", config->calls, &g->nnames);
    check_backends(g);
    g->universe = eval_universe_new(eval);
    eval_universe_add_dvo(g->universe);
    eval_universe_add(g->universe, "provider", provider);
    native_universe(g->universe);
    record_universe(g);
}

void glossary_free(struct glossary *g)
{
    map64_free(&g->loaded);
    map64_free(&g->types);
    buf_free(&g->digest);
}
