/* Starts children in process groups of their own and learns of their end through pidfds,
 * so that the one poll loop sees it. */
#include "runtime/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"

struct process {
    struct process *next, **at;
    struct loop *loop;
    pid_t pid;
    int pidfd;
    process_fn *done;
    void *ctx;
};

extern char **environ;

/* Children belong to the whole process, whoever started them. */
static struct process *processes;

static void process_free(struct process *p)
{
    loop_unwatch(p->loop, p->pidfd);
    close(p->pidfd);
    *p->at = p->next;
    if (p->next)
        p->next->at = p->at;
    free(p);
}

/* Our environment with the names of `extra` replaced; entries are borrowed. */
static char **environment(const char *const *extra)
{
    struct {
        char **v;
        size_t n, cap;
    } env = {0};
    for (char **e = environ; *e; e++) {
        size_t name = strcspn(*e, "=") + 1;
        bool replaced = false;
        for (const char *const *x = extra; x && *x; x++)
            replaced = replaced || strncmp(*x, *e, name) == 0;
        if (!replaced)
            *vec_push(&env) = *e;
    }
    for (const char *const *x = extra; x && *x; x++)
        *vec_push(&env) = (char *)(uintptr_t)*x;
    *vec_push(&env) = NULL;
    return env.v;
}

/* In the child: only what may be called between fork and exec. */
_Noreturn static void child(const struct process_spec *spec, char **env, int report)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int from[3] = {spec->in, spec->out, spec->err};
    /* Copies above 2 first: a wanted descriptor may be one of 0 to 2 itself. */
    for (int i = 0; i < 3; i++)
        from[i] = fcntl(from[i] < 0 ? null : from[i], F_DUPFD_CLOEXEC, 3);
    for (int i = 0; i < 3; i++)
        if (dup2(from[i], i) < 0)
            goto failed;
    if (setpgid(0, 0) != 0 || (spec->dir && chdir(spec->dir) != 0))
        goto failed;
    /* A run that is killed must not leave a tool at work behind the back of the next one.
     */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    execvpe(spec->argv[0], (char *const *)(uintptr_t)spec->argv, env);
failed:;
    int error = errno;
    ssize_t ignored = write(report, &error, sizeof error);
    (void)ignored;
    _exit(127);
}

static void process_ended(void *ctx)
{
    struct process *p = ctx;
    int status;
    if (waitpid(p->pid, &status, WNOHANG) != p->pid)
        return;
    /* What the tool left in its group has no business any more. */
    kill(-p->pid, SIGTERM);
    process_fn *done = p->done;
    void *done_ctx = p->ctx;
    process_free(p);
    done(done_ctx, status);
}

/* The errno that the child met before it became the program; 0 once it has. */
static int child_error(int report)
{
    int error = 0;
    ssize_t n;
    do
        n = read(report, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof error ? error : 0;
}

struct process *process_start(struct loop *l, const struct process_spec *spec,
                              process_fn *done, void *ctx, struct fault *f)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        fault_set(f, DVO_EUNKNOWN, "cannot make a pipe: %s", strerror(errno));
        return NULL;
    }
    char **env = environment(spec->env);
    pid_t pid = fork();
    int error = pid < 0 ? errno : 0;
    if (pid == 0)
        child(spec, env, report[1]);
    close(report[1]);
    if (pid > 0) {
        error = child_error(report[0]);
        if (error)
            waitpid(pid, NULL, 0);
    }
    close(report[0]);
    free(env);
    int pidfd = error ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    if (!error && pidfd < 0) {
        error = errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    if (error) {
        fault_set(f,
                  error == ENOENT   ? DVO_ENOENT
                  : error == EACCES ? DVO_EPERM
                                    : DVO_EUNKNOWN,
                  "cannot start %s: %s", spec->argv[0], strerror(error));
        return NULL;
    }
    struct process *p = xcalloc(1, sizeof *p);
    *p = (struct process){processes, &processes, l, pid, pidfd, done, ctx};
    if (p->next)
        p->next->at = &p->next;
    processes = p;
    loop_watch(l, pidfd, process_ended, p);
    return p;
}

void process_signal(struct process *p, int sig)
{
    kill(-p->pid, sig);
}

void process_abandon(struct process *p)
{
    kill(-p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
    process_free(p);
}

void process_kill_all(void)
{
    for (struct process *p = processes; p; p = p->next)
        kill(-p->pid, SIGKILL);
}

int memory_file(const void *bytes, size_t len)
{
    int fd = memfd_create("dvo", MFD_CLOEXEC);
    const char *p = bytes;
    while (fd >= 0 && len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int error = errno;
            close(fd);
            errno = error;
            return -1;
        }
        p += n;
        len -= (size_t)n;
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

void memory_file_read(int fd, struct buf *out, size_t limit)
{
    off_t at = 0;
    while ((size_t)at < limit) {
        size_t want = limit - (size_t)at < 65536 ? limit - (size_t)at : 65536;
        ssize_t n = pread(fd, buf_reserve(out, want), want, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        out->len += (size_t)n;
        at += n;
    }
    if (out->p)
        out->p[out->len] = '\0';
}
