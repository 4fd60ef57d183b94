/* Writes POSIX tar blocks, with GNU's long names where a name does not fit into 100
 * bytes. */
#include "compiler/archive.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/base/file.h"

enum { BLOCK = 512, ARCHIVE_LIMIT_MIB = 256 };

struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
    char target[100], magic[8], user[32], group[32], major[8], minor[8], prefix[155];
    char rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

struct archive {
    struct arena *arena;
    struct buf *out;
    const char *folder; /* as it was named */
    char *root;         /* the same without links */
};

static void pad(struct archive *a)
{
    while (a->out->len % BLOCK)
        buf_char(a->out, '\0');
}

static void put_header(struct archive *a, const char *name, char type, unsigned mode,
                       size_t size, const char *target)
{
    struct header h = {.type = type, .magic = "ustar  "};
    memcpy(h.name, name, strnlen(name, sizeof h.name));
    memcpy(h.target, target, strnlen(target, sizeof h.target));
    snprintf(h.mode, sizeof h.mode, "%07o", mode);
    snprintf(h.uid, sizeof h.uid, "%07o", 0);
    snprintf(h.gid, sizeof h.gid, "%07o", 0);
    snprintf(h.size, sizeof h.size, "%011zo", size);
    snprintf(h.mtime, sizeof h.mtime, "%011o", 0);
    memset(h.checksum, ' ', sizeof h.checksum);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof h; i++)
        sum += ((const unsigned char *)&h)[i];
    snprintf(h.checksum, sizeof h.checksum - 1, "%06o", sum);
    buf_add(a->out, (const char *)&h, sizeof h);
}

/* A name that a header has no room for comes in a member of its own before it. */
static void put_long(struct archive *a, const char *name, char type)
{
    size_t len = strlen(name) + 1;
    if (len <= sizeof((struct header *)0)->name)
        return;
    put_header(a, "././@LongLink", type, 0644, len, "");
    buf_add(a->out, name, len);
    pad(a);
}

static void put_member(struct archive *a, const char *name, char type, unsigned mode,
                       size_t size, const char *target)
{
    put_long(a, target, 'K');
    put_long(a, name, 'L');
    put_header(a, name, type, mode, size, target);
}

/* Whether a link at `name` that leads to `target` stays within the folder, by its words.
 */
static bool stays(const char *name, const char *target)
{
    int depth = 0;
    if (*target == '/')
        return false;
    for (const char *p = name; (p = strchr(p, '/')); p++)
        depth++;
    for (const char *p = target; *p; p += *p == '/') {
        size_t n = strcspn(p, "/");
        if (n == 2 && !memcmp(p, "..", 2))
            depth--;
        else if (n && !(n == 1 && *p == '.'))
            depth++;
        if (depth < 0)
            return false;
        p += n;
    }
    return true;
}

static const char *put_link(struct archive *a, const char *full, const char *name)
{
    char target[4096];
    ssize_t n = readlink(full, target, sizeof target - 1);
    if (n < 0)
        return arena_printf(a->arena, "%s: %s", full, strerror(errno));
    target[n] = '\0';
    char *real = realpath(full, NULL);
    size_t len = strlen(a->root);
    bool inside =
        stays(name, target) &&
        (!real || (!strncmp(real, a->root, len) && (real[len] == '/' || !real[len])));
    free(real);
    if (!inside)
        return arena_printf(a->arena, "the link %s leads out of the folder, to %s", full,
                            target);
    put_member(a, name, '2', 0777, 0, target);
    return NULL;
}

static const char *put_file(struct archive *a, const char *full, const char *name,
                            bool executable)
{
    struct buf bytes = {0};
    const char *wrong = NULL;
    if (!file_read(full, &bytes))
        wrong = arena_printf(a->arena, "%s: %s", full, strerror(errno));
    else if (a->out->len + bytes.len > (size_t)ARCHIVE_LIMIT_MIB << 20)
        wrong = arena_printf(a->arena, "%s is larger than %d MiB", a->folder,
                             ARCHIVE_LIMIT_MIB);
    if (!wrong) {
        put_member(a, name, '0', executable ? 0755 : 0644, bytes.len, "");
        buf_add(a->out, buf_text(&bytes), bytes.len);
        pad(a);
    }
    buf_free(&bytes);
    return wrong;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_member(const struct dirent *e)
{
    return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static const char *put_below(struct archive *a, const char *full, const char *name);

static const char *put_one(struct archive *a, const char *full, const char *name)
{
    struct stat st;
    if (strchr(name, '\n'))
        return arena_printf(a->arena, "a name in %s has a newline in it", a->folder);
    if (lstat(full, &st) != 0)
        return arena_printf(a->arena, "%s: %s", full, strerror(errno));
    if (S_ISLNK(st.st_mode))
        return put_link(a, full, name);
    if (S_ISREG(st.st_mode))
        return put_file(a, full, name, st.st_mode & 0111);
    if (!S_ISDIR(st.st_mode))
        return arena_printf(a->arena, "%s is no file, folder or link", full);
    put_member(a, arena_printf(a->arena, "%s/", name), '5', 0755, 0, "");
    return put_below(a, full, name);
}

static const char *put_below(struct archive *a, const char *full, const char *name)
{
    struct dirent **list;
    int n = scandir(full, &list, is_member, by_bytes);
    if (n < 0)
        return arena_printf(a->arena, "%s: %s", full, strerror(errno));
    const char *wrong = NULL;
    for (int i = 0; i < n; i++) {
        const char *own = list[i]->d_name;
        if (!wrong)
            wrong = put_one(a, arena_printf(a->arena, "%s/%s", full, own),
                            *name ? arena_printf(a->arena, "%s/%s", name, own)
                                  : arena_strndup(a->arena, own, strlen(own)));
        free(list[i]);
    }
    free(list);
    return wrong;
}

const char *archive_folder(const char *folder, struct arena *arena, struct buf *out)
{
    static const char end[2 * BLOCK];
    struct archive a = {arena, out, folder, realpath(folder, NULL)};
    const char *wrong = a.root ? put_below(&a, folder, "")
                               : arena_printf(arena, "%s: %s", folder, strerror(errno));
    buf_add(out, end, sizeof end);
    free(a.root);
    return wrong;
}
