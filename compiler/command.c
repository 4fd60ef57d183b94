/* Runs a program with its output in memory. */
#include "compiler/command.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"

extern char **environ;

static void read_all(int fd, struct buf *out)
{
    ssize_t n;
    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, buf_reserve(out, 4096), 4096)) > 0)
        out->len += (size_t)n;
    buf_char(out, '\0');
    out->len--;
}

/* The environment, and that git and its ssh ask nobody. */
static char **quiet_environment(void)
{
    static char prompt[] = "GIT_TERMINAL_PROMPT=0";
    static char ssh[] = "GIT_SSH_COMMAND=ssh -o BatchMode=yes";
    size_t n = 0;
    while (environ[n])
        n++;
    char **all = xcalloc(n + 3, sizeof *all);
    size_t at = 0;
    all[at++] = prompt;
    if (!getenv("GIT_SSH_COMMAND"))
        all[at++] = ssh;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], prompt, sizeof "GIT_TERMINAL_PROMPT") != 0)
            all[at++] = environ[i];
    return all;
}

int command_run(const char *const *argv, struct buf *out, struct buf *err)
{
    int fds[2] = {memfd_create("out", MFD_CLOEXEC), memfd_create("err", MFD_CLOEXEC)};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = -1, failed = fds[0] < 0 || fds[1] < 0 ? errno : 0;
    if (!failed) {
        char **environment = quiet_environment();
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, fds[0], 1);
        posix_spawn_file_actions_adddup2(&actions, fds[1], 2);
        failed = posix_spawnp(&pid, argv[0], &actions, NULL,
                              (char *const *)(uintptr_t)argv, environment);
        posix_spawn_file_actions_destroy(&actions);
        free(environment);
    }
    if (!failed) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        read_all(fds[0], out);
        read_all(fds[1], err);
    }
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    errno = failed;
    return status;
}

const char *command_reason(struct buf *err)
{
    size_t len = strcspn(buf_text(err), "\n");
    if (err->len)
        err->p[err->len = len] = '\0';
    return buf_text(err);
}
