/* Stages the files of a build in a folder of its own below the build folder, and commits
 * them by renaming: the old plan.json goes first and the new one comes last, so a build
 * cut off in between has none and nobody takes its files for a plan. */
#include "emitters/artefact.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emitters/artefact_old.h"
#include "ir/base/buf.h"
#include "ir/base/file.h"

#define PLAN "plan.json"
#define STAGING ".staging"

static bool artefacts_fail(struct artefacts *a, const char *what, const char *path)
{
    int error = errno;
    if (!a->failed)
        diag_error(a->diags, 702, (struct span){0}, "cannot %s %s/%s: %s", what,
                   a->dir ? a->dir : "", path, strerror(error));
    a->failed = true;
    return false;
}

static const char *artefact_place(const struct artefacts *a, const char *path)
{
    return arena_printf(a->arena, "%s/%s", a->dir, path);
}

/* Opens a folder below another to list it; NULL with errno. */
static DIR *folder_open(int at, const char *name)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d && fd >= 0)
        close(fd);
    return d;
}

static struct dirent *folder_next(DIR *d)
{
    struct dirent *e;
    do
        e = readdir(d);
    while (e && (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")));
    return e;
}

/* Removes the staging folder, which is also one left over by a killed build, or a folder
 * below it. */
static void folder_remove(int at, const char *name)
{
    DIR *d = folder_open(at, name);
    if (!d)
        return;
    for (struct dirent *e; (e = folder_next(d));)
        if (unlinkat(dirfd(d), e->d_name, 0) != 0)
            folder_remove(dirfd(d), e->d_name);
    closedir(d);
    unlinkat(at, name, AT_REMOVEDIR);
}

bool artefacts_begin(struct artefacts *a, const char *dir, struct arena *arena,
                     struct diags *diags)
{
    *a = (struct artefacts){.arena = arena,
                            .diags = diags,
                            .dir = dir,
                            .lock = -1,
                            .stage = -1,
                            .before = ""};
    if (!file_mkdirs(dir))
        return artefacts_fail(a, "make", "");
    a->lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (a->lock < 0 || flock(a->lock, LOCK_EX) != 0)
        return artefacts_fail(a, "lock", "");
    folder_remove(a->lock, STAGING);
    if (mkdirat(a->lock, STAGING, 0700) != 0)
        return artefacts_fail(a, "make", STAGING);
    a->stage = openat(a->lock, STAGING, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (a->stage < 0)
        return artefacts_fail(a, "open", STAGING);
    a->fresh = faccessat(a->lock, PLAN, F_OK, 0) != 0;
    return true;
}

void artefacts_begin_memory(struct artefacts *a, struct arena *arena, struct diags *diags)
{
    *a = (struct artefacts){.arena = arena, .diags = diags, .lock = -1, .stage = -1};
}

/* The index of a path + 1, or 0; *key is where it belongs in by_path. */
static uint32_t artefact_find(const struct artefacts *a, const char *path, uint64_t *key)
{
    *key = hash_bytes(path, strlen(path));
    for (uint32_t at; (at = map64_get(&a->by_path, *key)); *key += (uint64_t)1 << 32)
        if (!strcmp(a->v[at - 1].path, path))
            return at;
    return 0;
}

const char *artefact_text(const struct artefacts *a, const char *path, size_t *len)
{
    uint64_t key;
    uint32_t at = artefact_find(a, path, &key);
    if (!at)
        return NULL;
    *len = a->v[at - 1].len;
    return a->v[at - 1].text;
}

bool artefact_path_inside(const char *path)
{
    if (!*path || *path == '/')
        return false;
    for (const char *p = path; p; p = strchr(p, '/')) {
        p += *p == '/';
        size_t n = strcspn(p, "/");
        if (!n || (n == 1 && *p == '.') || (n == 2 && !memcmp(p, "..", 2)))
            return false;
    }
    return true;
}

/* Whether the build folder has a regular file with these very bytes already. */
static bool artefact_same(const struct artefacts *a, const char *path, const void *bytes,
                          size_t len, unsigned mode)
{
    struct stat st;
    if (a->fresh || fstatat(a->lock, path, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(st.st_mode) || (size_t)st.st_size != len ||
        (st.st_mode & 0111) != (mode & 0111))
        return false;
    struct buf old = {0};
    bool same = file_read(artefact_place(a, path), &old) && old.len == len &&
                !memcmp(buf_text(&old), bytes, len);
    buf_free(&old);
    return same;
}

/* Makes the folders that a file goes into, but those that hold the file staged before. */
static bool artefact_folders(const struct artefacts *a, const char *path)
{
    char *folder = xstrdup(path);
    bool ok = true;
    size_t i = 0;
    while (path[i] && path[i] == a->before[i])
        i++;
    for (; ok && path[i]; i++) {
        if (path[i] != '/')
            continue;
        folder[i] = '\0';
        ok = mkdirat(a->stage, folder, 0755) == 0 || errno == EEXIST;
        folder[i] = '/';
    }
    int error = errno;
    free(folder);
    errno = error;
    return ok;
}

/* No fsync here: a plan whose files were lost with the power does not match their
 * digests, and building it again costs nothing. */
static bool artefact_write(struct artefacts *a, const char *path, const char *p,
                           size_t len, unsigned mode)
{
    if (!artefact_folders(a, path))
        return false;
    int fd =
        openat(a->stage, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return false;
    a->before = path;
    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int error = errno;
            close(fd);
            errno = error;
            return false;
        }
        p += n;
        len -= (size_t)n;
    }
    return close(fd) == 0;
}

/* `digest` is that of the bytes, if it is known, else NULL. */
static bool artefact_stage(struct artefacts *a, const char *path, const char *bytes,
                           size_t len, bool listed, const char *digest)
{
    if (a->failed)
        return false;
    if (!artefact_path_inside(path)) {
        errno = EINVAL;
        return artefacts_fail(a, "write", path);
    }
    struct artefact f = {.listed = listed, .mode = 0644};
    if (len > 2 && !memcmp(bytes, "#!", 2))
        f.mode = 0755;
    if (digest)
        memcpy(f.digest, digest, sizeof f.digest);
    else
        digest_text(bytes, len, f.digest);
    uint64_t key;
    uint32_t at = artefact_find(a, path, &key);
    if (at)
        return !strcmp(a->v[at - 1].digest, f.digest);
    f.path = arena_strndup(a->arena, path, strlen(path));
    if (!a->dir) {
        f.text = arena_strndup(a->arena, bytes, len);
        f.len = len;
    } else {
        f.unchanged = artefact_same(a, path, bytes, len, f.mode);
        if (!f.unchanged && !artefact_write(a, f.path, bytes, len, f.mode))
            return artefacts_fail(a, "write", path);
    }
    *vec_push(a) = f;
    *map64_put(&a->by_path, key) = (uint32_t)a->n;
    return true;
}

bool artefact_put(struct artefacts *a, const char *path, const void *bytes, size_t len)
{
    return artefact_stage(a, path, bytes, len, true, NULL);
}

bool artefact_put_embedded(struct artefacts *a, const char *path,
                           const struct embedded_file *f)
{
    return artefact_stage(a, path, f->data, f->len, true, f->digest);
}

bool artefact_put_example(struct artefacts *a, const char *path, const void *bytes,
                          size_t len)
{
    return artefact_stage(a, path, bytes, len, false, NULL);
}

bool artefact_copy(struct artefacts *a, const char *path, const char *source,
                   size_t *size)
{
    struct buf text = {0};
    bool ok = file_read(source, &text);
    int error = errno;
    if (ok) {
        ok = artefact_put(a, path, buf_text(&text), text.len);
        error = 0;
        if (size)
            *size = text.len;
    }
    buf_free(&text);
    errno = error;
    return ok;
}

static int artefact_compare(const void *x, const void *y)
{
    const struct artefact *a = *(const struct artefact *const *)x;
    const struct artefact *b = *(const struct artefact *const *)y;
    return strcmp(a->path, b->path);
}

const struct artefact **artefacts_sorted(const struct artefacts *a)
{
    const struct artefact **sorted =
        arena_array(a->arena, const struct artefact *, a->n + 1);
    for (size_t i = 0; i < a->n; i++)
        sorted[i] = &a->v[i];
    qsort(sorted, a->n, sizeof *sorted, artefact_compare);
    return sorted;
}

/* Removes a file of the build before, and the folders that become empty by that. */
static void artefact_remove(const struct artefacts *a, const char *path)
{
    char *place = xstrdup(artefact_place(a, path));
    size_t top = strlen(a->dir);
    if (unlink(place) == 0)
        for (char *slash;
             (slash = strrchr(place, '/')) && (size_t)(slash - place) > top;) {
            *slash = '\0';
            if (rmdir(place) != 0)
                break;
        }
    free(place);
}

static void artefacts_remove_stale(struct artefacts *a, const struct artefact **sorted,
                                   const struct artefact_old *old)
{
    for (size_t i = 0; i < old->n; i++) {
        const struct artefact key = {.path = old->v[i].path};
        const struct artefact *wanted = &key;
        char now[DIGEST_TEXT_SIZE];
        /* A file that somebody has changed since is his. */
        if (!bsearch(&wanted, sorted, a->n, sizeof *sorted, artefact_compare) &&
            digest_file(artefact_place(a, old->v[i].path), now) == 0 &&
            !strcmp(now, old->v[i].digest))
            artefact_remove(a, old->v[i].path);
    }
}

static bool folder_merge(DIR *from, int to, struct buf *path);

/* Moves a file, or a folder: as a whole where there is none yet, else what is in it. */
static bool folder_move(int from, int to, const char *name, struct buf *path)
{
    if (renameat(from, name, to, name) == 0)
        return true;
    int error = errno;
    bool ok = false;
    DIR *inner = folder_open(from, name);
    int there = inner ? openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (there >= 0) {
        ok = folder_merge(inner, there, path);
        error = errno;
        close(there);
    }
    if (inner)
        closedir(inner);
    errno = error;
    return ok;
}

/* Moves what is in a folder, but the plan, to another. `path` is that of the folder;
 * after an error, of what could not be moved. */
static bool folder_merge(DIR *from, int to, struct buf *path)
{
    const size_t len = path->len;
    for (struct dirent *e; (e = folder_next(from)); path->len = len) {
        buf_printf(path, "%s%s", len ? "/" : "", e->d_name);
        if (strcmp(path->p, PLAN) != 0 && !folder_move(dirfd(from), to, e->d_name, path))
            return false;
    }
    return true;
}

static bool artefacts_move(struct artefacts *a)
{
    struct buf path = {0};
    DIR *staged = folder_open(a->lock, STAGING);
    bool ok = staged && folder_merge(staged, a->lock, &path);
    if (!ok)
        artefacts_fail(a, "write", buf_text(&path));
    if (staged)
        closedir(staged);
    buf_free(&path);
    return ok;
}

bool artefacts_commit(struct artefacts *a, const void *plan, size_t len)
{
    if (a->failed)
        return false;
    struct artefact_old old;
    artefact_old_read(&old, artefact_place(a, PLAN), a->arena);
    bool changed = !artefact_same(a, PLAN, plan, len, 0644);
    for (size_t i = 0; i < a->n; i++)
        changed |= !a->v[i].unchanged;
    if (!changed)
        return true;
    if (!artefact_write(a, PLAN, plan, len, 0644))
        return artefacts_fail(a, "write", PLAN);
    if (unlinkat(a->lock, PLAN, 0) != 0 && errno != ENOENT)
        return artefacts_fail(a, "replace", PLAN);
    if (!artefacts_move(a))
        return false;
    artefacts_remove_stale(a, artefacts_sorted(a), &old);
    if (renameat(a->stage, PLAN, a->lock, PLAN) != 0)
        return artefacts_fail(a, "write", PLAN);
    return true;
}

void artefacts_free(struct artefacts *a)
{
    if (a->lock >= 0) {
        folder_remove(a->lock, STAGING);
        close(a->lock);
    }
    if (a->stage >= 0)
        close(a->stage);
    free(a->v);
    map64_free(&a->by_path);
    *a = (struct artefacts){.lock = -1, .stage = -1};
}
