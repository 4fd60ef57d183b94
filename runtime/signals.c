/* Blocks the signals that ask for an end and reads them from a signalfd. Children are
 * given an empty mask (process.c), and their own groups: Ctrl-C on the terminal reaches
 * only us. */
#include "runtime/signals.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ir/base/arena.h"

struct signals {
    struct loop *loop;
    int fd;
    sigset_t before;
    loop_fn *fn;
    void *ctx;
};

static void signals_read(void *ctx)
{
    struct signals *s = ctx;
    struct signalfd_siginfo info;
    while (read(s->fd, &info, sizeof info) == (ssize_t)sizeof info)
        s->fn(s->ctx);
}

struct signals *signals_new(struct loop *l, loop_fn *fn, void *ctx)
{
    struct signals *s = xcalloc(1, sizeof *s);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    s->loop = l;
    s->fn = fn;
    s->ctx = ctx;
    sigprocmask(SIG_BLOCK, &set, &s->before);
    s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->fd < 0)
        die("signalfd is not available");
    loop_watch(l, s->fd, signals_read, s);
    return s;
}

void signals_free(struct signals *s)
{
    if (!s)
        return;
    loop_unwatch(s->loop, s->fd);
    close(s->fd);
    sigprocmask(SIG_SETMASK, &s->before, NULL);
    free(s);
}
