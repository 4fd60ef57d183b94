/* Runs dpkg-deb, the one program that knows every compression a package file may have,
 * and reads what it prints. */
#include "compiler/deb.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/debver.h"
#include "ir/base/buf.h"

/* What the child wrote. A memory file, unlike a pipe, takes both streams of a child that
 * nobody reads while it runs. */
static bool read_back(int fd, struct buf *out)
{
    if (lseek(fd, 0, SEEK_SET) < 0)
        return false;
    for (;;) {
        ssize_t n = read(fd, buf_reserve(out, 1 << 16), 1 << 16);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            out->p[out->len] = '\0';
            return n == 0;
        }
        out->len += (size_t)n;
    }
}

/* Starts argv[0] from PATH with the two files as its output and waits. The exit status,
 * or -1 with errno if it could not be started. */
static int spawn_wait(char *const argv[], int out, int err)
{
    /* The listing's form depends on the language and on options that people set for tar.
     */
    char locale[] = "LC_ALL=C", path[4096] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    const char *have = getenv("PATH");
    if (have && strlen(have) < sizeof path - 6)
        strcpy(path + 5, have);
    char *env[] = {locale, path, NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        die("out of memory");
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    pid_t pid;
    int error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    if (error) {
        errno = error;
        return -1;
    }
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The first line of what a tool said about a failure. */
static const char *first_line(struct arena *a, const struct buf *said)
{
    size_t len = strcspn(buf_text(said), "\n");
    return len ? arena_strndup(a, buf_text(said), len) : "it said nothing";
}

/* Runs `dpkg-deb OPTION PATH` into `out`. */
static bool dpkg_deb(struct arena *a, const char *option, const char *path,
                     struct buf *out, const char **why)
{
    char tool[] = "dpkg-deb", end[] = "--";
    char *argv[] = {tool, arena_strndup(a, option, strlen(option)), end,
                    arena_strndup(a, path, strlen(path)), NULL};
    struct buf said = {0};
    int fd = memfd_create("dvoc output", MFD_CLOEXEC);
    int err = memfd_create("dvoc errors", MFD_CLOEXEC);
    bool good = false;
    if (fd < 0 || err < 0) {
        *why = arena_printf(a, "%s cannot be read: %s", path, strerror(errno));
        goto done;
    }
    int status = spawn_wait(argv, fd, err);
    if (status < 0 && errno == ENOENT)
        *why = arena_printf(a, "dpkg-deb is needed to read %s, but it is not installed",
                            path);
    else if (status < 0)
        *why = arena_printf(a, "dpkg-deb cannot be run: %s", strerror(errno));
    else if (!read_back(fd, out) || !read_back(err, &said))
        *why = arena_printf(a, "%s cannot be read: %s", path, strerror(errno));
    else if (status)
        *why = arena_printf(a, "%s is no readable package file: %s", path,
                            first_line(a, &said));
    else
        good = true;
done:
    if (fd >= 0)
        close(fd);
    if (err >= 0)
        close(err);
    buf_free(&said);
    return good;
}

bool deb_name_valid(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) &&
            (!i || !name[i] || !strchr("+-.", name[i])))
            return false;
    return len >= 2;
}

/* Value of a single-line field ("Version: 1.0"), or NULL. */
static const char *field(struct arena *a, const char *control, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = control; *line;
         line += strcspn(line, "\n"), line += *line == '\n')
        if (!strncasecmp(line, name, len) && line[len] == ':') {
            const char *value = line + len + 1;
            value += strspn(value, " \t");
            size_t n = strcspn(value, "\n");
            while (n && isspace((unsigned char)value[n - 1]))
                n--;
            return arena_strndup(a, value, n);
        }
    return NULL;
}

bool deb_control(struct arena *a, const char *path, struct deb *out, const char **why)
{
    struct buf text = {0};
    bool good = dpkg_deb(a, "--field", path, &text, why);
    if (good) {
        out->package = field(a, buf_text(&text), "Package");
        out->version = field(a, buf_text(&text), "Version");
        out->architecture = field(a, buf_text(&text), "Architecture");
        good = out->package && deb_name_valid(out->package, strlen(out->package)) &&
               out->version && debver_valid(out->version) && out->architecture &&
               deb_name_valid(out->architecture, strlen(out->architecture));
        if (!good)
            *why = arena_printf(a, "%s has no proper Package, Version and Architecture",
                                path);
    }
    buf_free(&text);
    return good;
}

/* The unit's name if a line of the listing is such a unit's regular file:
 * "-rw-r--r-- root/root  120 2026-11-23 10:00 ./lib/systemd/system/app.service". */
static const char *service_of(struct arena *a, const char *line, size_t len)
{
    static const char *const folders[] = {
        "./lib/systemd/system/", "./usr/lib/systemd/system/", "./etc/systemd/system/"};
    static const char suffix[] = ".service";
    if (*line != '-')
        return NULL;
    const char *end = line + len, *name = memmem(line, len, " ./", 3);
    name = name ? name + 1 : end;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        size_t skip = strlen(folders[i]);
        if ((size_t)(end - name) <= skip || memcmp(name, folders[i], skip) != 0)
            continue;
        const char *unit = name + skip;
        size_t n = (size_t)(end - unit);
        const char *text = arena_strndup(a, unit, n);
        bool plain = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789:_.-") == n;
        bool service = n >= sizeof suffix && !strcmp(text + n - strlen(suffix), suffix);
        return plain && service ? text : NULL;
    }
    return NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **deb_services(struct arena *a, const char *path, size_t *n, const char **why)
{
    struct {
        const char **v;
        size_t n, cap;
    } found = {0};
    struct buf text = {0};
    const char **out = NULL;
    *n = 0;
    if (dpkg_deb(a, "--contents", path, &text, why)) {
        const char *line = buf_text(&text);
        while (*line) {
            size_t len = strcspn(line, "\n");
            const char *unit = service_of(a, line, len);
            if (unit)
                *vec_push(&found) = unit;
            line += len + (line[len] == '\n');
        }
        if (found.n)
            qsort(found.v, found.n, sizeof *found.v, by_text);
        out = arena_array(a, const char *, found.n + 1);
        for (size_t i = 0; i < found.n; i++)
            if (!i || strcmp(found.v[i], found.v[i - 1]) != 0)
                out[(*n)++] = found.v[i];
    }
    free(found.v);
    buf_free(&text);
    return out;
}
