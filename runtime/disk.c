/* Requests that come while the disk is at work are fulfilled together by its next turn:
 * the busier the run, the more of them share one. */
#include "runtime/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ir/base/arena.h"

struct disk {
    struct loop *loop;
    char *path;
    loop_fn *done_fn;
    void *ctx;
    int told; /* eventfd: the thread has something to tell */
    pthread_t thread;
    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t wanted;
    uint64_t asked, done;
    int error;
    bool over;
};

int disk_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = fd < 0 || fdatasync(fd) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return error;
}

static void *disk_work(void *ctx)
{
    struct disk *d = ctx;
    static const uint64_t one = 1;
    pthread_mutex_lock(&d->lock);
    for (;;) {
        while (d->asked == d->done && !d->over)
            pthread_cond_wait(&d->wanted, &d->lock);
        if (d->over || d->error)
            break;
        uint64_t upto = d->asked;
        pthread_mutex_unlock(&d->lock);
        int error = disk_sync(d->path);
        pthread_mutex_lock(&d->lock);
        d->error = error;
        if (!error)
            d->done = upto;
        ssize_t told = write(d->told, &one, sizeof one);
        (void)told; /* it fails only where it has been told 2^64 times */
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

static void disk_heard(void *ctx)
{
    struct disk *d = ctx;
    uint64_t times;
    if (read(d->told, &times, sizeof times) == (ssize_t)sizeof times)
        d->done_fn(d->ctx);
}

struct disk *disk_new(struct loop *l, const char *path, loop_fn *done, void *ctx)
{
    struct disk *d = xcalloc(1, sizeof *d);
    d->loop = l;
    d->path = xstrdup(path);
    d->done_fn = done;
    d->ctx = ctx;
    d->told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->wanted, NULL);
    /* Signals are the main thread's. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (d->told < 0 || pthread_create(&d->thread, NULL, disk_work, d) != 0)
        die("no thread can be started");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    loop_watch(l, d->told, disk_heard, d);
    return d;
}

void disk_free(struct disk *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&d->lock);
    d->over = true;
    pthread_cond_signal(&d->wanted);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    pthread_mutex_destroy(&d->lock);
    pthread_cond_destroy(&d->wanted);
    loop_unwatch(d->loop, d->told);
    close(d->told);
    free(d->path);
    free(d);
}

uint64_t disk_ask(struct disk *d)
{
    pthread_mutex_lock(&d->lock);
    uint64_t number = ++d->asked;
    pthread_cond_signal(&d->wanted);
    pthread_mutex_unlock(&d->lock);
    return number;
}

uint64_t disk_done(struct disk *d)
{
    pthread_mutex_lock(&d->lock);
    uint64_t number = d->done;
    pthread_mutex_unlock(&d->lock);
    return number;
}

int disk_error(struct disk *d)
{
    pthread_mutex_lock(&d->lock);
    int error = d->error;
    pthread_mutex_unlock(&d->lock);
    return error;
}
