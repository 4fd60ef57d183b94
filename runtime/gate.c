/* A queue before a token bucket; one timer waits for whatever lets the next one in. */
#include "runtime/gate.h"

#include <math.h>
#include <stdlib.h>

#include "ir/base/arena.h"

struct gate {
    struct loop *loop;
    unsigned parallel, inside;
    double rate, burst, tokens;
    int64_t filled,
        held; /* loop_now(): when tokens was right; until when nobody enters */
    timer_id timer;
    struct {
        struct gate_waiter {
            gate_fn *fn;
            void *ctx;
        } * v;
        size_t n, cap;
    } queue;
    size_t first; /* of the queue */
};

struct gate *gate_new(struct loop *l, unsigned parallel, double rate, double burst)
{
    struct gate *g = xcalloc(1, sizeof *g);
    *g = (struct gate){.loop = l,
                       .parallel = parallel ? parallel : 1,
                       .rate = rate,
                       .burst = burst < 1 ? 1 : burst,
                       .filled = loop_now()};
    g->tokens = g->burst;
    return g;
}

void gate_free(struct gate *g)
{
    if (!g)
        return;
    loop_cancel(g->loop, g->timer);
    free(g->queue.v);
    free(g);
}

static void gate_fill(struct gate *g, int64_t now)
{
    g->tokens = fmin(g->burst, g->tokens + (double)(now - g->filled) * g->rate / 1000);
    g->filled = now;
}

/* Milliseconds until the next one may enter, as far as time decides it; 0: now. */
static int64_t gate_wait(struct gate *g)
{
    int64_t now = loop_now(), wait = 0;
    if (g->rate > 0) {
        gate_fill(g, now);
        if (g->tokens < 1)
            wait = (int64_t)ceil((1 - g->tokens) * 1000 / g->rate);
    }
    return g->held - now > wait ? g->held - now : wait;
}

static void gate_turn(void *ctx)
{
    struct gate *g = ctx;
    g->timer = 0;
    while (g->first < g->queue.n && g->inside < g->parallel) {
        int64_t wait = gate_wait(g);
        if (wait > 0) {
            g->timer = loop_timer(g->loop, wait, gate_turn, g);
            return;
        }
        struct gate_waiter next = g->queue.v[g->first++];
        if (g->first == g->queue.n)
            g->first = g->queue.n = 0;
        g->inside++;
        g->tokens -= 1;
        next.fn(next.ctx);
    }
}

void gate_enter(struct gate *g, gate_fn *fn, void *ctx)
{
    *vec_push(&g->queue) = (struct gate_waiter){fn, ctx};
    if (!g->timer)
        gate_turn(g);
}

void gate_leave(struct gate *g)
{
    g->inside--;
    if (!g->timer)
        gate_turn(g);
}

void gate_hold(struct gate *g, int64_t ms)
{
    int64_t until = loop_now() + ms;
    g->held = until > g->held ? until : g->held;
}
