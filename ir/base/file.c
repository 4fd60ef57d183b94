/* Whole files: read in one go, replaced by a rename in the same folder, folders made with
 * their parents. */
#include "ir/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/base/arena.h"

static bool file_read_fd(int fd, struct buf *out)
{
    struct stat st;
    size_t chunk = 64 << 10;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        chunk =
            (size_t)st.st_size + 1; /* one more, so that the second read sees the end */
    for (;;) {
        /* Offsets in sources have 32 bits; devices may have no end. */
        if (chunk > UINT32_MAX || out->len >= UINT32_MAX) {
            errno = EFBIG;
            return false;
        }
        ssize_t n = read(fd, buf_reserve(out, chunk), chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            out->p[out->len] = '\0';
            return n == 0;
        }
        out->len += (size_t)n;
        chunk = 64 << 10;
    }
}

bool file_read(const char *path, struct buf *out)
{
    if (!strcmp(path, "-"))
        return file_read_fd(STDIN_FILENO, out);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = file_read_fd(fd, out);
    int error = errno;
    close(fd);
    errno = error;
    return ok;
}

static bool file_write_fd(int fd, const char *p, size_t len)
{
    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

void file_sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

bool file_replace(const char *path, const void *bytes, size_t len, unsigned mode)
{
    char *dir = path_dir(path);
    struct buf name = {0};
    buf_printf(&name, "%s/.dvo-XXXXXX", dir);
    int fd = mkostemp(name.p, O_CLOEXEC);
    bool ok = fd >= 0;
    if (ok) {
        ok = file_write_fd(fd, bytes, len) && fchmod(fd, (mode_t)mode) == 0 &&
             fsync(fd) == 0;
        int error = errno;
        if (close(fd) != 0 && ok) {
            error = errno;
            ok = false;
        }
        if (ok && rename(name.p, path) != 0) {
            error = errno;
            ok = false;
        }
        if (ok)
            file_sync_dir(dir);
        else
            unlink(name.p);
        errno = error;
    }
    int error = errno;
    buf_free(&name);
    free(dir);
    errno = error;
    return ok;
}

static bool file_mkdir(const char *path)
{
    if (mkdir(path, 0755) == 0)
        return true;
    if (errno != EEXIST)
        return false;
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    if (S_ISDIR(st.st_mode))
        return true;
    errno = ENOTDIR;
    return false;
}

bool file_mkdirs(const char *path)
{
    char *copy = xstrdup(path);
    bool ok = true;
    for (char *p = copy + 1; ok && *copy && *p; p++) {
        if (*p != '/' || p[-1] == '/')
            continue;
        *p = '\0';
        ok = file_mkdir(copy);
        *p = '/';
    }
    ok = ok && file_mkdir(copy);
    int error = errno;
    free(copy);
    errno = error;
    return ok;
}

char *path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return xstrdup(".");
    while (slash > path && slash[-1] == '/')
        slash--;
    if (slash == path)
        return xstrdup("/");
    char *dir = xstrdup(path);
    dir[slash - path] = '\0';
    return dir;
}

char *path_join(const char *a, const char *b)
{
    if (b[0] == '/' || !a[0] || !strcmp(a, "."))
        return xstrdup(b);
    struct buf joined = {0};
    buf_str(&joined, a);
    if (joined.p[joined.len - 1] != '/')
        buf_char(&joined, '/');
    buf_str(&joined, b);
    return buf_steal(&joined);
}
