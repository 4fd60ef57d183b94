/* One poll over everything that can happen: curl_multi_poll() takes our descriptors along
 * with its own, and its timeout is the earliest timer. */
#include "runtime/loop.h"

#include <stdlib.h>
#include <time.h>

#include "ir/base/arena.h"

#define LONGEST_WAIT_MS 60000

struct loop_timer {
    int64_t due;
    timer_id id;
    loop_fn *fn;
    void *ctx;
};

struct loop_watch {
    int fd;
    short events; /* CURL_WAIT_* */
    loop_fn *fn;  /* NULL: unwatched while callbacks run, removed afterwards */
    void *ctx;
};

struct loop {
    struct {
        struct loop_timer *v; /* binary heap by (due, id) */
        size_t n, cap;
    } timers;
    struct {
        struct loop_watch *v;
        size_t n, cap;
    } watches;
    struct {
        struct curl_waitfd *v;
        size_t n, cap;
    } fds;
    timer_id last_id;
    CURLM *multi;
    loop_fn *curl_fn;
    loop_before_fn *before_fn;
    void *curl_ctx, *before_ctx;
};

struct loop *loop_new(void)
{
    return xcalloc(1, sizeof(struct loop));
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    free(l->timers.v);
    free(l->watches.v);
    free(l->fds.v);
    free(l);
}

int64_t loop_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool timer_before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->due != b->due ? a->due < b->due : a->id < b->id;
}

static void timer_swap(struct loop *l, size_t i, size_t j)
{
    struct loop_timer t = l->timers.v[i];
    l->timers.v[i] = l->timers.v[j];
    l->timers.v[j] = t;
}

static void timer_up(struct loop *l, size_t i)
{
    for (; i && timer_before(&l->timers.v[i], &l->timers.v[(i - 1) / 2]); i = (i - 1) / 2)
        timer_swap(l, i, (i - 1) / 2);
}

static void timer_down(struct loop *l, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < l->timers.n; child++)
            if (timer_before(&l->timers.v[child], &l->timers.v[least]))
                least = child;
        if (least == i)
            return;
        timer_swap(l, i, least);
        i = least;
    }
}

timer_id loop_timer(struct loop *l, int64_t ms, loop_fn *fn, void *ctx)
{
    struct loop_timer *t = vec_push(&l->timers);
    *t = (struct loop_timer){loop_now() + (ms > 0 ? ms : 0), ++l->last_id, fn, ctx};
    timer_id id = t->id;
    timer_up(l, l->timers.n - 1);
    return id;
}

static void timer_remove(struct loop *l, size_t i)
{
    l->timers.v[i] = l->timers.v[--l->timers.n];
    if (i < l->timers.n) {
        timer_up(l, i);
        timer_down(l, i);
    }
}

void loop_cancel(struct loop *l, timer_id id)
{
    for (size_t i = 0; id && i < l->timers.n; i++)
        if (l->timers.v[i].id == id) {
            timer_remove(l, i);
            return;
        }
}

void loop_watch(struct loop *l, int fd, loop_fn *fn, void *ctx)
{
    *vec_push(&l->watches) = (struct loop_watch){fd, CURL_WAIT_POLLIN, fn, ctx};
}

void loop_watch_writable(struct loop *l, int fd, loop_fn *fn, void *ctx)
{
    *vec_push(&l->watches) = (struct loop_watch){fd, CURL_WAIT_POLLOUT, fn, ctx};
}

void loop_unwatch(struct loop *l, int fd)
{
    for (size_t i = 0; i < l->watches.n; i++)
        if (l->watches.v[i].fd == fd && l->watches.v[i].fn)
            l->watches.v[i].fn = NULL;
}

void loop_curl(struct loop *l, CURLM *multi, loop_fn *fn, void *ctx)
{
    l->multi = multi;
    l->curl_fn = fn;
    l->curl_ctx = ctx;
}

void loop_before_wait(struct loop *l, loop_before_fn *fn, void *ctx)
{
    l->before_fn = fn;
    l->before_ctx = ctx;
}

/* Whether there were any. */
static bool loop_fire_timers(struct loop *l)
{
    int64_t now = loop_now();
    bool fired = false;
    while (l->timers.n && l->timers.v[0].due <= now) {
        struct loop_timer t = l->timers.v[0];
        timer_remove(l, 0);
        t.fn(t.ctx);
        fired = true;
    }
    return fired;
}

/* The watches that are still wanted, as descriptors for curl_multi_poll(). */
static void loop_collect(struct loop *l)
{
    size_t kept = 0;
    l->fds.n = 0;
    for (size_t i = 0; i < l->watches.n; i++) {
        if (!l->watches.v[i].fn)
            continue;
        l->watches.v[kept++] = l->watches.v[i];
        *vec_push(&l->fds) = (struct curl_waitfd){.fd = l->watches.v[i].fd,
                                                  .events = l->watches.v[i].events};
    }
    l->watches.n = kept;
}

void loop_step(struct loop *l)
{
    /* What the caller waits for may have happened by that. */
    bool ended = loop_fire_timers(l);
    if (l->before_fn && l->before_fn(l->before_ctx))
        ended = true;
    loop_collect(l);
    int64_t wait = ended ? 0 : LONGEST_WAIT_MS;
    if (l->timers.n) {
        int64_t until = l->timers.v[0].due - loop_now();
        wait = until < 0 ? 0 : until < wait ? until : wait;
    }
    curl_multi_poll(l->multi, l->fds.v, (unsigned)l->fds.n, (int)wait, NULL);
    int running;
    curl_multi_perform(l->multi, &running);
    l->curl_fn(l->curl_ctx);
    /* Callbacks may add and drop watches: only those of this poll are asked. */
    size_t polled = l->fds.n;
    for (size_t i = 0; i < polled; i++)
        if (l->fds.v[i].revents && l->watches.v[i].fn)
            l->watches.v[i].fn(l->watches.v[i].ctx);
    loop_fire_timers(l);
}
