/* Forks, reads the pipe to its end and reaps. Only a process that exits well has given
 * its whole answer. */
#include "compiler/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_all(int fd, const char *p, size_t len)
{
    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return true;
}

static bool read_all(int fd, struct buf *out)
{
    for (;;) {
        ssize_t n = read(fd, buf_reserve(out, 1 << 16), 1 << 16);
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            out->len += (size_t)n;
            out->p[out->len] = '\0';
        }
    }
}

/* Nothing of the parent is flushed or freed by it, and nobody is left to answer to when
 * that has ended. */
_Noreturn static void answer_and_end(process_fn *fn, void *ctx, pid_t parent, int fd)
{
    struct buf answer = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    fn(ctx, &answer);
    _exit(write_all(fd, buf_text(&answer), answer.len) ? 0 : 1);
}

static const char *how_it_ended(pid_t child, struct arena *a)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return strerror(errno);
    if (WIFSIGNALED(status))
        return arena_printf(a, "killed by signal %d (%s)", WTERMSIG(status),
                            strsignal(WTERMSIG(status)));
    return WEXITSTATUS(status) ? arena_printf(a, "exit status %d", WEXITSTATUS(status))
                               : NULL;
}

const char *process_ask(process_fn *fn, void *ctx, struct arena *a, struct buf *answer)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return strerror(errno);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        close(ends[0]);
        answer_and_end(fn, ctx, parent, ends[1]);
    }
    const char *why = child < 0 ? strerror(errno) : NULL;
    close(ends[1]);
    if (!why && !read_all(ends[0], answer))
        why = strerror(errno);
    close(ends[0]);
    const char *end = child > 0 ? how_it_ended(child, a) : NULL;
    return why ? why : end;
}
