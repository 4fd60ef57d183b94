/* Searches folders of package files. Their lists are read once; dpkg-deb is asked only
 * about files that may be the package in question. */
#include "compiler/repository.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compiler/debver.h"
#include "ir/base/file.h"

struct entry {
    const char *path; /* relative to the repository */
    const char
        *package;   /* by its file name, later by its control file; NULL: not known yet */
    struct deb deb; /* version is NULL until it has been read */
};

struct repository {
    const char *name, *folder; /* folder as the compiler opens it */
    const struct yaml_node *type, *path;
    bool apt, scanned;
    struct entry *v;
    size_t n;
};

struct entries { /* on the heap, while a folder is being read */
    struct entry *v;
    size_t n, cap;
};

void repositories_init(struct repositories *r, const struct config *config,
                       struct arena *arena)
{
    *r = (struct repositories){.arena = arena, .config = config};
}

static bool fail(struct package_error *error, unsigned code, struct span at,
                 const char *message, const char *help)
{
    *error =
        (struct package_error){.code = code, .at = at, .message = message, .help = help};
    return false;
}

/* Nothing but ASCII letters, digits and the characters of `more`. */
static bool plain(const char *s, const char *more)
{
    for (; *s; s++)
        if (!(*s >= '0' && *s <= '9') && !(*s >= 'a' && *s <= 'z') &&
            !(*s >= 'A' && *s <= 'Z') && !strchr(more, *s))
            return false;
    return true;
}

/* The path without "FOLDER/..", which is the same place unless FOLDER is a link.
 * Configuration stands in etc/dvo, so paths like etc/dvo/../../packages are the rule. */
static const char *tidy(struct arena *a, const char *path)
{
    char *out = arena_strndup(a, path, strlen(path)), *at;
    for (char *from = out; (at = strstr(from, "/../")) != NULL;) {
        struct stat st;
        *at = '\0';
        char *slash = strrchr(out, '/'), *name = slash ? slash + 1 : out;
        bool plain_folder = *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
                            lstat(out, &st) == 0 && S_ISDIR(st.st_mode);
        *at = '/';
        if (plain_folder)
            memmove(name, at + 4, strlen(at + 4) + 1);
        from = plain_folder ? out : at + 3;
    }
    return out;
}

/* ---- the configuration's list
 * ---------------------------------------------------------- */

static bool load_one(struct repositories *r, const struct yaml_node *n,
                     struct package_error *error)
{
    const struct yaml_node *name = yaml_get(n, "name"), *type = yaml_get(n, "type");
    if (!name || !type)
        return fail(error, 823, n->span, "a repository needs a name and a type",
                    "write {name: ours, type: directory, path: packages}");
    if (!plain(name->text, "._-"))
        return fail(error, 823, name->span,
                    arena_printf(r->arena, "\"%s\" is no repository name", name->text),
                    "use letters, digits, '.', '_' and '-'");
    struct repository *x = &r->v[r->n];
    *x = (struct repository){
        .name = name->text, .type = type, .path = yaml_get(n, "path")};
    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->v[i].name, x->name))
            return fail(
                error, 823, name->span,
                arena_printf(r->arena, "two repositories are named \"%s\"", x->name),
                "rename one of them");
    x->apt = !strcmp(type->text, "apt");
    if (!x->apt && strcmp(type->text, "directory") != 0)
        return fail(error, 823, type->span,
                    arena_printf(r->arena, "\"%s\" is no repository type", type->text),
                    "use directory or apt");
    if (!x->apt && !x->path)
        return fail(error, 823, n->span,
                    arena_printf(r->arena,
                                 "repository \"%s\" does not say where its folder is",
                                 x->name),
                    "add path: FOLDER");
    if (!x->apt)
        x->folder = tidy(r->arena, config_path(r->config, x->path));
    r->n++;
    return true;
}

static bool load(struct repositories *r, struct package_error *error)
{
    if (r->loaded)
        return true;
    const struct yaml_node *list = yaml_get(r->config->dvo, "repositories");
    size_t n = list && list->kind == YAML_LIST ? list->n : 0;
    r->v = arena_array(r->arena, struct repository, n + 1);
    r->n = 0;
    for (size_t i = 0; i < n; i++)
        if (!load_one(r, list->items[i], error))
            return false;
    r->loaded = true;
    return true;
}

/* ---- a folder's list
 * --------------------------------------------------------------------- */

/* The package that a conventional file name tells: everything before the first '_'. */
static const char *package_by_name(struct arena *a, const char *file)
{
    size_t len = strcspn(file, "_");
    return file[len] && deb_name_valid(file, len) ? arena_strndup(a, file, len) : NULL;
}

static int by_path(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void add_entry(struct arena *a, struct entries *list, size_t folder,
                      const FTSENT *e)
{
    static const char suffix[] = ".deb";
    if (e->fts_namelen < sizeof suffix ||
        strcmp(e->fts_name + e->fts_namelen - strlen(suffix), suffix) != 0)
        return;
    const char *path = e->fts_path + folder;
    path += strspn(path, "/");
    *vec_push(list) = (struct entry){
        .path = arena_strndup(a, path, strlen(path)),
        .package = package_by_name(a, e->fts_name),
    };
}

static bool scan(struct repositories *r, struct repository *x,
                 struct package_error *error)
{
    if (x->scanned)
        return true;
    char *roots[] = {arena_strndup(r->arena, x->folder, strlen(x->folder)), NULL};
    FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_path);
    int problem = fts ? 0 : errno;
    struct entries list = {0};
    for (FTSENT *e; !problem && (e = fts_read(fts)) != NULL;) {
        bool hidden = e->fts_level > 0 && e->fts_name[0] == '.';
        if (hidden && e->fts_info == FTS_D)
            fts_set(fts, e, FTS_SKIP);
        else if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR ||
                 (e->fts_info == FTS_NS && !e->fts_level))
            problem = e->fts_errno;
        else if (e->fts_info == FTS_F && !e->fts_level)
            problem = ENOTDIR;
        else if (e->fts_info == FTS_F && !hidden)
            add_entry(r->arena, &list, strlen(x->folder), e);
    }
    if (fts)
        fts_close(fts);
    x->n = list.n;
    x->v = arena_array(r->arena, struct entry, list.n + 1);
    if (list.n)
        memcpy(x->v, list.v, list.n * sizeof *list.v);
    free(list.v);
    if (problem)
        return fail(error, 824, x->path->span,
                    arena_printf(r->arena, "repository \"%s\": %s: %s", x->name,
                                 x->folder, strerror(problem)),
                    problem == ENOENT ? "make the folder, or correct path:" : NULL);
    x->scanned = true;
    return true;
}

static const char *entry_path(const struct repositories *r, const struct repository *x,
                              const char *path)
{
    return arena_printf(r->arena, "%s/%s", x->folder, path);
}

/* Reads the control file of an entry that may be `package`. */
static bool read_entry(struct repositories *r, const struct repository *x,
                       struct entry *e, const char *package, struct package_error *error)
{
    if (e->deb.version || (e->package && strcmp(e->package, package) != 0))
        return true;
    const char *why;
    if (!deb_control(r->arena, entry_path(r, x, e->path), &e->deb, &why))
        return fail(error, 825, (struct span){0}, why,
                    "install dpkg if dpkg-deb is missing; a broken file has to go");
    e->package = e->deb.package;
    return true;
}

/* ---- choosing
 * --------------------------------------------------------------------------- */

static int architecture_rank(const char *architecture)
{
#if defined(__x86_64__)
    static const char own[] = "amd64";
#elif defined(__aarch64__)
    static const char own[] = "arm64";
#else
    static const char own[] = "";
#endif
    return !strcmp(architecture, "all") ? 0 : !strcmp(architecture, own) ? 1 : 2;
}

static bool better(const struct entry *a, const struct entry *b)
{
    int order = debver_compare(a->deb.version, b->deb.version);
    if (!order)
        order = architecture_rank(b->deb.architecture) -
                architecture_rank(a->deb.architecture);
    return order > 0;
}

bool repository_measure(const char *path, char digest[DIGEST_TEXT_SIZE], int64_t *size)
{
    struct stat st;
    if (stat(path, &st) != 0 || digest_file(path, digest) != 0)
        return false;
    *size = st.st_size;
    return true;
}

static bool take(struct repositories *r, const struct repository *x,
                 const struct entry *e, struct package_file *out,
                 struct package_error *error)
{
    const char *path = entry_path(r, x, e->path), *why;
    if (!plain(e->path, "/._+~%:=@,-")) /* the name becomes part of paths on machines */
        return fail(error, 825, (struct span){0},
                    arena_printf(r->arena,
                                 "the name of %s has blanks or special characters", path),
                    "rename the file to PACKAGE_VERSION_ARCH.deb");
    const char *slash = strrchr(e->path, '/');
    char digest[DIGEST_TEXT_SIZE];
    *out = (struct package_file){
        .version = e->deb.version,
        .architecture = e->deb.architecture,
        .repo = x->name,
        .path = e->path,
        .file = slash ? slash + 1 : e->path,
    };
    if (!repository_measure(path, digest, &out->size))
        return fail(error, 825, (struct span){0},
                    arena_printf(r->arena, "%s: %s", path, strerror(errno)), NULL);
    out->digest = arena_strndup(r->arena, digest, strlen(digest));
    out->services = deb_services(r->arena, path, &out->nservices, &why);
    if (!out->services)
        return fail(error, 825, (struct span){0}, why, NULL);
    return true;
}

/* ---- explaining that there is none
 * -------------------------------------------------------- */

static bool wanted(const struct repository *x, const struct package_query *q)
{
    return !*q->repo || !strcmp(x->name, q->repo);
}

static bool no_repository(struct repositories *r, const struct package_query *q,
                          struct package_error *error)
{
    if (!r->n)
        return fail(error, 543, (struct span){0}, "no package repository is configured",
                    "write to dvo.yaml: repositories: [{name: ours, type: directory, "
                    "path: FOLDER}]");
    const char **names = arena_array(r->arena, const char *, r->n);
    for (size_t i = 0; i < r->n; i++)
        names[i] = r->v[i].name;
    const char *near = text_nearest(q->repo, names, r->n);
    return fail(
        error, 543, (struct span){0},
        arena_printf(r->arena, "no repository named \"%s\" is configured", q->repo),
        near ? arena_printf(r->arena, "did you mean \"%s\"?", near)
             : "`dvoc config` shows the configuration");
}

static int by_version(const void *a, const void *b)
{
    const struct entry *x = *(const struct entry *const *)a,
                       *y = *(const struct entry *const *)b;
    int order = debver_compare(y->deb.version, x->deb.version);
    return order ? order : strcmp(x->path, y->path);
}

/* Which versions there are, newest first; at most eight. */
static const char *versions_there(struct repositories *r, const struct package_query *q)
{
    struct {
        const struct entry **v;
        size_t n, cap;
    } all = {0};
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; wanted(&r->v[i], q) && k < r->v[i].n; k++)
            if (r->v[i].v[k].deb.version && !strcmp(r->v[i].v[k].package, q->package))
                *vec_push(&all) = &r->v[i].v[k];
    if (!all.n)
        return NULL;
    qsort(all.v, all.n, sizeof *all.v, by_version);
    struct buf text = {0};
    size_t shown = 0;
    for (size_t i = 0; i < all.n && shown < 8; i++)
        if (!i || debver_compare(all.v[i]->deb.version, all.v[i - 1]->deb.version) != 0)
            buf_printf(&text, "%s%s", shown++ ? ", " : "", all.v[i]->deb.version);
    const char *out = arena_strndup(r->arena, buf_text(&text), text.len);
    buf_free(&text);
    free(all.v);
    return out;
}

static bool no_package(struct repositories *r, const struct package_query *q,
                       struct package_error *error)
{
    struct {
        const char **v;
        size_t n, cap;
    } names = {0};
    struct buf searched = {0};
    for (size_t i = 0; i < r->n; i++) {
        if (!wanted(&r->v[i], q))
            continue;
        buf_printf(&searched, "%s%s (%s)", searched.len ? ", " : "", r->v[i].name,
                   r->v[i].folder);
        for (size_t k = 0; k < r->v[i].n; k++)
            if (r->v[i].v[k].package)
                *vec_push(&names) = r->v[i].v[k].package;
    }
    const char *near = text_nearest(q->package, names.v, names.n);
    fail(error, 540, (struct span){0},
         arena_printf(r->arena, "there is no package \"%s\" in %s", q->package,
                      buf_text(&searched)),
         near ? arena_printf(r->arena, "did you mean \"%s\"?", near)
              : arena_printf(r->arena, "put %s_VERSION_ARCH.deb there", q->package));
    buf_free(&searched);
    free(names.v);
    return false;
}

static bool explain(struct repositories *r, const struct package_query *q,
                    struct package_error *error)
{
    const struct repository *apt = NULL;
    size_t searched = 0;
    for (size_t i = 0; i < r->n; i++) {
        searched += wanted(&r->v[i], q);
        if (r->v[i].apt && !apt && wanted(&r->v[i], q))
            apt = &r->v[i];
    }
    if (!searched)
        return no_repository(r, q, error);
    const char *versions = versions_there(r, q);
    if (versions)
        return fail(
            error, 541, (struct span){0},
            arena_printf(r->arena, "no version of %s is in \"%s\"", q->package, q->range),
            arena_printf(r->arena, "there are %s", versions));
    if (apt)
        return fail(error, 826, apt->type->span,
                    "repository type apt is not carried in this version",
                    arena_printf(r->arena,
                                 "\"%s\" is in no repository of type directory; put its "
                                 "file into one, or name it in machine.install()",
                                 q->package));
    return no_package(r, q, error);
}

bool repositories_find(struct repositories *r, const struct package_query *q,
                       struct package_file *out, struct package_error *error)
{
    if (!load(r, error))
        return false;
    for (size_t i = 0; i < r->n; i++) {
        struct repository *x = &r->v[i];
        const struct entry *best = NULL;
        if (x->apt || !wanted(x, q))
            continue;
        if (!scan(r, x, error))
            return false;
        for (size_t k = 0; k < x->n; k++) {
            struct entry *e = &x->v[k];
            if (!read_entry(r, x, e, q->package, error))
                return false;
            if (!strcmp(e->package, q->package) &&
                (!*q->range || debver_in_range(e->deb.version, q->range)) &&
                (!best || better(e, best)))
                best = e;
        }
        if (best)
            return take(r, x, best, out, error);
    }
    return explain(r, q, error);
}

const char *repositories_path(struct repositories *r, const char *repo, const char *path)
{
    struct package_error unused;
    if (!load(r, &unused))
        return NULL;
    for (size_t i = 0; i < r->n; i++)
        if (!r->v[i].apt && !strcmp(r->v[i].name, repo))
            return entry_path(r, &r->v[i], path);
    return NULL;
}
