/* Reads, checks, extends and writes the lock. The written form is canonical: sorted, one
 * key a line, so that changes read well in a review. */
#include "compiler/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/debver.h"
#include "compiler/program.h"
#include "ir/base/file.h"

static const char lock_format[] = "dvo-lock/1";

static int query_compare(const struct package_query *a, const struct package_query *b)
{
    int order = strcmp(a->package, b->package);
    if (!order)
        order = strcmp(a->range, b->range);
    return order ? order : strcmp(a->repo, b->repo);
}

static struct lock_entry *entry_of(const struct lock *l, const struct package_query *q)
{
    for (size_t i = 0; i < l->n; i++)
        if (!query_compare(&l->v[i]->query, q))
            return l->v[i];
    return NULL;
}

/* ---- reading
 * ---------------------------------------------------------------------------- */

static bool malformed(struct lock *l, struct span at, const char *what)
{
    struct diag *g = diag_error(l->diags, 820, at, "%s", what);
    diag_help(l->diags, g,
              "take dvo.lock from version control, or remove it to pin anew");
    return false;
}

static const char *scalar(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = yaml_get(map, key);
    return n && n->kind != YAML_MAP && n->kind != YAML_LIST && n->kind != YAML_NULL
               ? n->text
               : NULL;
}

static bool read_services(struct lock *l, const struct yaml_node *list,
                          struct package_file *f)
{
    if (!list || list->kind != YAML_LIST)
        return false;
    const char **v = arena_array(l->arena, const char *, list->n + 1);
    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i]->kind != YAML_STR)
            return false;
        v[i] = list->items[i]->text;
    }
    f->services = v;
    f->nservices = list->n;
    return true;
}

static bool read_entry(struct lock *l, const struct yaml_node *n)
{
    const struct yaml_node *find = yaml_get(n, "find"), *size = yaml_get(n, "size");
    struct lock_entry *e = arena_new(l->arena, struct lock_entry);
    struct package_file *f = &e->file;
    const char *range = scalar(find, "version"), *repo = scalar(find, "repo");
    e->span = n->span;
    e->query = (struct package_query){scalar(find, "package"), range ? range : "",
                                      repo ? repo : ""};
    f->version = scalar(n, "version");
    f->architecture = scalar(n, "architecture");
    f->digest = scalar(n, "digest");
    f->repo = scalar(n, "repo");
    f->path = scalar(n, "path");
    if (!e->query.package || !f->version || !f->architecture || !f->digest || !f->repo ||
        !f->path || !size || size->kind != YAML_INT ||
        !read_services(l, yaml_get(n, "services"), f))
        return malformed(l, n->span,
                         "an entry needs find, version, architecture, digest, size, "
                         "repo, path and services");
    if (debver_range_check(e->query.range) && *e->query.range)
        return malformed(l, n->span, "find: version: is no version or range");
    if (!debver_valid(f->version))
        return malformed(l, n->span, "version: is no Debian version");
    if (entry_of(l, &e->query))
        return malformed(l, n->span, "this is pinned twice");
    const char *slash = strrchr(f->path, '/');
    f->file = slash ? slash + 1 : f->path;
    f->size = size->i;
    *vec_push(l) = e;
    return true;
}

static bool read_lock(struct lock *l, const struct yaml_node *top)
{
    const char *format = scalar(top, "format");
    if (!format || strcmp(format, lock_format) != 0) {
        struct diag *g = diag_error(l->diags, 820, top->span,
                                    "this is no lock of format %s", lock_format);
        diag_help(l->diags, g,
                  "it may come from another version of dvoc; remove it to pin anew");
        return false;
    }
    const struct yaml_node *list = yaml_get(top, "packages");
    if (!list || list->kind != YAML_LIST)
        return malformed(l, top->span, "packages: must be a list");
    for (size_t i = 0; i < list->n; i++)
        if (!read_entry(l, list->items[i]))
            return false;
    list = yaml_get(top, "commits");
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++)
        if (!revision_read(&l->revisions, list->items[i]))
            return malformed(l, list->items[i]->span,
                             "an entry needs repo, version and commit, once");
    return true;
}

bool lock_open(struct lock *l, struct program *p, bool frozen)
{
    *l = (struct lock){.arena = &p->arena, .diags = &p->diags, .frozen = frozen};
    l->path = strcmp(p->folder, ".") ? arena_printf(&p->arena, "%s/dvo.lock", p->folder)
                                     : "dvo.lock";
    repositories_init(&l->repositories, &p->config, &p->arena);
    file_id file = source_load(&p->sources, l->path);
    if (!file) {
        if (errno == ENOENT)
            return true;
        diag_error(&p->diags, 822, (struct span){0}, "%s: %s", l->path, strerror(errno));
        return false;
    }
    const struct yaml_node *top = yaml_parse(&p->sources, file, &p->arena, &p->diags);
    return top && read_lock(l, top);
}

void lock_free(struct lock *l)
{
    free(l->v);
    revisions_free(&l->revisions);
    *l = (struct lock){0};
}

/* ---- finding
 * ----------------------------------------------------------------------------- */

/* Blanks mean nothing in a range: ">= 1, < 2" and ">=1,<2" are one key. */
static const char *without_blanks(struct arena *a, const char *s)
{
    char *out = arena_strndup(a, s, strlen(s)), *end = out;
    for (; *s; s++)
        if (*s != ' ')
            *end++ = *s;
    *end = '\0';
    return out;
}

/* NULL if the entry holds, else why it does not. */
static const char *broken(struct lock *l, const struct lock_entry *e)
{
    const struct package_file *f = &e->file;
    if (*e->query.range && !debver_in_range(f->version, e->query.range))
        return "its version is out of range";
    const char *path = repositories_path(&l->repositories, f->repo, f->path);
    if (!path)
        return "its repository is not configured any more";
    char digest[DIGEST_TEXT_SIZE];
    int64_t size;
    if (!repository_measure(path, digest, &size))
        return arena_printf(l->arena, "%s: %s", path, strerror(errno));
    return size == f->size && !strcmp(digest, f->digest)
               ? NULL
               : arena_printf(l->arena, "%s is not the file that was pinned", path);
}

static void refuse(struct lock *l, const struct package_query *q,
                   const struct lock_entry *e, const char *why,
                   struct package_error *error)
{
    *error = (struct package_error){
        .code = 821,
        .at = e ? e->span : (struct span){0},
        .message =
            e ? arena_printf(l->arena, "%s %s cannot be pinned anew with --locked: %s",
                             q->package, e->file.version, why)
              : arena_printf(l->arena,
                             "%s is not pinned in %s, which --locked does not "
                             "let change",
                             q->package, l->path),
        .help = "compile once without --locked and look at what changes",
    };
}

static struct lock_entry *resolve(struct lock *l, const struct package_query *q,
                                  struct lock_entry *old, struct package_error *error)
{
    struct lock_entry *e = arena_new(l->arena, struct lock_entry);
    e->query = *q;
    if (!repositories_find(&l->repositories, q, &e->file, error))
        return NULL;
    l->changed = true;
    if (!old)
        return *vec_push(l) = e;
    *old = *e;
    return old;
}

const struct package_file *lock_find(struct lock *l, const struct package_query *query,
                                     struct package_error *error)
{
    struct package_query q = {query->package, without_blanks(l->arena, query->range),
                              query->repo};
    struct lock_entry *e = entry_of(l, &q);
    if (e && e->checked)
        return &e->file;
    const char *why = e ? broken(l, e) : NULL;
    if (!e || why) {
        if (l->frozen) {
            refuse(l, &q, e, why, error);
            return NULL;
        }
        struct span at = e ? e->span : (struct span){0};
        q.package = arena_strndup(l->arena, q.package, strlen(q.package));
        q.repo = arena_strndup(l->arena, q.repo, strlen(q.repo));
        e = resolve(l, &q, e, error);
        if (!e)
            return NULL;
        if (why)
            diag_note(l->diags, 827, at, "%s is pinned anew, at %s: %s", q.package,
                      e->file.version, why);
    }
    e->checked = true;
    return &e->file;
}

const char *lock_commit(struct lock *l, const char *repo, const char *version,
                        struct package_error *error)
{
    if (revision_is_commit(version))
        return version;
    const struct revision *r = revision_find(&l->revisions, repo, version);
    if (r)
        return r->commit;
    if (l->frozen) {
        *error = (struct package_error){
            .code = 821,
            .message =
                arena_printf(l->arena,
                             "%s of %s is not pinned in %s, which --locked does not "
                             "let change",
                             version, repo, l->path),
            .help = "compile once without --locked and look at what changes",
        };
        return NULL;
    }
    r = revision_resolve(&l->revisions, repo, version, l->arena, error);
    l->changed |= r != NULL;
    return r ? r->commit : NULL;
}

/* ---- writing
 * ----------------------------------------------------------------------------- */

static void write_text(struct buf *out, const char *key, const char *s)
{
    buf_str(out, key);
    buf_json(out, s, strlen(s));
}

static void write_entry(struct buf *out, const struct lock_entry *e)
{
    const struct package_file *f = &e->file;
    write_text(out, "  - find: {package: ", e->query.package);
    if (*e->query.range)
        write_text(out, ", version: ", e->query.range);
    if (*e->query.repo)
        write_text(out, ", repo: ", e->query.repo);
    write_text(out, "}\n    version: ", f->version);
    write_text(out, "\n    architecture: ", f->architecture);
    write_text(out, "\n    digest: ", f->digest);
    buf_printf(out, "\n    size: %lld", (long long)f->size);
    write_text(out, "\n    repo: ", f->repo);
    write_text(out, "\n    path: ", f->path);
    buf_str(out, "\n    services: [");
    for (size_t i = 0; i < f->nservices; i++)
        write_text(out, i ? ", " : "", f->services[i]);
    buf_str(out, "]\n");
}

static int by_query(const void *a, const void *b)
{
    const struct lock_entry *x = *(const struct lock_entry *const *)a;
    const struct lock_entry *y = *(const struct lock_entry *const *)b;
    return query_compare(&x->query, &y->query);
}

/* All entries, or those that were asked for, in order. On the heap. */
static struct lock_entry **entries(const struct lock *l, bool all, size_t *n)
{
    struct lock_entry **v = xcalloc(l->n + 1, sizeof *v);
    *n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (all || l->v[i]->checked)
            v[(*n)++] = l->v[i];
    qsort(v, *n, sizeof *v, by_query);
    return v;
}

static void write_entries(const struct lock *l, bool all, struct buf *out)
{
    size_t n;
    struct lock_entry **v = entries(l, all, &n);
    for (size_t i = 0; i < n; i++)
        write_entry(out, v[i]);
    free(v);
}

bool lock_save(struct lock *l, struct diags *diags)
{
    if (!l->changed)
        return true;
    struct buf text = {0};
    buf_str(&text, "# The package files that packages.find stands for, and the commits "
                   "of branches and\n"
                   "# tags, written by dvoc. Keep this file under version control; "
                   "remove an entry to\n"
                   "# have it looked for anew.\n");
    buf_printf(&text, "format: %s\npackages:%s\n", lock_format, l->n ? "" : " []");
    write_entries(l, true, &text);
    revisions_write(&l->revisions, &text);
    bool good = file_replace(l->path, text.p, text.len, 0644);
    if (good)
        l->changed = false;
    else
        diag_error(diags, 822, (struct span){0}, "%s: %s", l->path, strerror(errno));
    buf_free(&text);
    return good;
}

struct pin *lock_pins(const struct lock *l, size_t *n)
{
    struct lock_entry **v = entries(l, false, n);
    struct pin *pins = arena_array(l->arena, struct pin, *n);
    for (size_t i = 0; i < *n; i++)
        pins[i] = (struct pin){v[i]->query.package, v[i]->query.range, v[i]->query.repo};
    free(v);
    return pins;
}

const char *lock_digest(struct lock *l)
{
    struct buf text = {0};
    write_entries(l, false, &text);
    digest_text(buf_text(&text), text.len, l->digest);
    buf_free(&text);
    return l->digest;
}
