/* Reads, finds and writes pinned revisions; `git ls-remote` knows what they are. */
#include "compiler/revision.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/command.h"

enum { COMMIT_DIGITS = 40 };

static bool is_commit(const char *s, size_t len)
{
    return len == COMMIT_DIGITS && strspn(s, "0123456789abcdef") >= len;
}

bool revision_is_commit(const char *version)
{
    return is_commit(version, strlen(version));
}

static const char *scalar(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *n = yaml_get(map, key);
    return n && n->kind != YAML_MAP && n->kind != YAML_LIST ? n->text : NULL;
}

bool revision_read(struct revisions *r, const struct yaml_node *n)
{
    struct revision x = {scalar(n, "repo"), scalar(n, "version"), scalar(n, "commit")};
    if (!x.repo || !x.version || !x.commit || !revision_is_commit(x.commit) ||
        revision_find(r, x.repo, x.version))
        return false;
    *vec_push(r) = x;
    return true;
}

const struct revision *revision_find(const struct revisions *r, const char *repo,
                                     const char *version)
{
    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->v[i].repo, repo) && !strcmp(r->v[i].version, version))
            return &r->v[i];
    return NULL;
}

/* The commit of one ref in the answer, lines of "COMMIT\tREF"; NULL if it is not there.
 */
static const char *answered(const char *answer, const char *ref, struct arena *a)
{
    size_t len = strlen(ref);
    for (const char *line = answer; *line;) {
        size_t n = strcspn(line, "\n");
        if (n == COMMIT_DIGITS + 1 + len && is_commit(line, COMMIT_DIGITS) &&
            !memcmp(line + COMMIT_DIGITS + 1, ref, len))
            return arena_strndup(a, line, COMMIT_DIGITS);
        line += n + (line[n] == '\n');
    }
    return NULL;
}

const struct revision *revision_resolve(struct revisions *r, const char *repo,
                                        const char *version, struct arena *a,
                                        struct package_error *error)
{
    /* An annotated tag is an object of its own; what it is put on is the commit. */
    const char *const refs[] = {arena_printf(a, "refs/tags/%s^{}", version),
                                arena_printf(a, "refs/tags/%s", version),
                                arena_printf(a, "refs/heads/%s", version)};
    const char *const argv[] = {"git",   "ls-remote", "--",    repo,
                                refs[0], refs[1],     refs[2], NULL};
    struct buf out = {0}, err = {0};
    const char *commit = NULL;
    int status = command_run(argv, &out, &err);
    *error = (struct package_error){.code = 546};
    for (size_t i = 0; !status && !commit && i < sizeof refs / sizeof *refs; i++)
        commit = answered(buf_text(&out), refs[i], a);
    if (status < 0)
        error->message = arena_printf(a, "git, which asks %s, cannot be run: %s", repo,
                                      strerror(errno));
    else if (status)
        error->message =
            arena_printf(a, "%s cannot be asked: %s", repo, command_reason(&err));
    else if (!commit)
        error->message = arena_printf(a, "%s has no branch or tag \"%s\"", repo, version);
    error->repository = status > 0;
    if (status > 0)
        error->help =
            "write what `git clone` takes: a URL or a path; git must be able to "
            "read it without asking for a password";
    else if (!status && !commit)
        error->help = "write a branch, a tag, or a commit with all its 40 digits";
    buf_free(&out);
    buf_free(&err);
    if (!commit)
        return NULL;
    *vec_push(r) = (struct revision){arena_strndup(a, repo, strlen(repo)),
                                     arena_strndup(a, version, strlen(version)), commit};
    return &r->v[r->n - 1];
}

static int by_key(const void *x, const void *y)
{
    const struct revision *a = x, *b = y;
    int order = strcmp(a->repo, b->repo);
    return order ? order : strcmp(a->version, b->version);
}

static void write_text(struct buf *out, const char *key, const char *s)
{
    buf_str(out, key);
    buf_json(out, s, strlen(s));
}

void revisions_write(const struct revisions *r, struct buf *out)
{
    struct revision *v = xcalloc(r->n + 1, sizeof *v);
    memcpy(v, r->v ? r->v : v, r->n * sizeof *v);
    qsort(v, r->n, sizeof *v, by_key);
    if (r->n)
        buf_str(out, "commits:\n");
    for (size_t i = 0; i < r->n; i++) {
        write_text(out, "  - repo: ", v[i].repo);
        write_text(out, "\n    version: ", v[i].version);
        write_text(out, "\n    commit: ", v[i].commit);
        buf_char(out, '\n');
    }
    free(v);
}

void revisions_free(struct revisions *r)
{
    free(r->v);
    *r = (struct revisions){0};
}
