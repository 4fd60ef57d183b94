/* Makes and removes the folders of a run. Private ones carry a prefix of their own, so
 * that nothing else is ever removed recursively. */
#include "runtime/folder.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/file.h"

#define PRIVATE_PREFIX "dvo-run."
#define RUNS_KEPT 20

static int remove_entry(const char *path, const struct stat *st, int type,
                        struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Names that folder_make_run() gives: the time first, so they sort by age. */
static int is_run(const struct dirent *entry)
{
    return strlen(entry->d_name) > 16 && entry->d_name[8] == 'T' &&
           entry->d_name[15] == '-' &&
           strspn(entry->d_name, "0123456789T-") == strlen(entry->d_name);
}

static void remove_old_runs(const char *runs)
{
    struct dirent **entries;
    int n = scandir(runs, &entries, is_run, alphasort);
    for (int i = 0; i < n; i++) {
        if (i < n - RUNS_KEPT) {
            char *path = path_join(runs, entries[i]->d_name);
            remove_tree(path);
            free(path);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

char *folder_make_run(const char *base, struct fault *f)
{
    char *runs = path_join(base, "runs");
    char name[64];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    size_t n = strftime(name, sizeof name, "%Y%m%dT%H%M%S", &utc);
    snprintf(name + n, sizeof name - n, "-%ld", (long)getpid());
    char *path = path_join(runs, name);
    if (!file_mkdirs(runs) || (mkdir(path, 0700) != 0 && errno != EEXIST)) {
        fault_set(f, DVO_EPERM, "cannot make %s: %s", path, strerror(errno));
        free(path);
        path = NULL;
    } else {
        remove_old_runs(runs);
        char *real = realpath(path, NULL);
        if (real) {
            free(path);
            path = real;
        }
    }
    free(runs);
    return path;
}

static bool in_memory(const char *path)
{
    struct statfs fs;
    return path && statfs(path, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
           access(path, W_OK) == 0;
}

char *folder_make_private(const char *fallback, struct fault *f)
{
    const char *own = getenv("XDG_RUNTIME_DIR");
    const char *base = in_memory(own)          ? own
                       : in_memory("/dev/shm") ? "/dev/shm"
                                               : fallback;
    char *path = path_join(base, PRIVATE_PREFIX "XXXXXX");
    if (mkdtemp(path))
        return path;
    fault_set(f, DVO_EPERM, "cannot make a folder in %s: %s", base, strerror(errno));
    free(path);
    return NULL;
}

void folder_remove_private(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat st;
    if (slash && !strncmp(slash + 1, PRIVATE_PREFIX, strlen(PRIVATE_PREFIX)) &&
        lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid())
        remove_tree(path);
}
