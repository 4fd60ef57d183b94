/* How many calls are under way at a time, how fast they follow each other, and how long
 * they are kept back. */
#include "unit.h"

#include "runtime/gate.h"
#include "runtime/http.h"

#define MOST 32

/* Callers that stay inside until they are told to leave. */
struct room {
    struct loop *loop;
    struct http *http; /* the loop waits with it */
    struct gate *gate;
    unsigned entered, inside;
    int64_t at[MOST]; /* when they entered */
    unsigned order[MOST];
};

struct caller {
    struct room *room;
    unsigned number;
};

static void enter(void *ctx)
{
    struct caller *c = ctx;
    struct room *r = c->room;
    r->at[r->entered] = loop_now();
    r->order[r->entered++] = c->number;
    r->inside++;
}

static void leave(struct room *r)
{
    r->inside--;
    gate_leave(r->gate);
}

static void make(struct room *r, unsigned parallel, double rate, double burst)
{
    *r = (struct room){.loop = loop_new()};
    r->http = http_new(r->loop);
    r->gate = gate_new(r->loop, parallel, rate, burst);
}

static void come(struct room *r, struct caller *callers, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        callers[i] = (struct caller){r, i};
        gate_enter(r->gate, enter, &callers[i]);
    }
}

static void end(struct room *r)
{
    gate_free(r->gate);
    http_free(r->http);
    loop_free(r->loop);
}

static void lets_so_many_in(void **state)
{
    struct room r;
    struct caller callers[10];
    (void)state;
    make(&r, 3, 0, 0);
    come(&r, callers, 10);
    assert_int_equal(r.inside, 3);
    while (r.inside) {
        leave(&r);
        assert_true(r.inside <= 3);
    }
    assert_int_equal(r.entered, 10);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(r.order[i], i); /* who comes first goes in first */
    end(&r);
}

/* Twenty a second, five of them at once: the sixth waits 50 ms, the seventh 100, … */
static void keeps_to_the_rate(void **state)
{
    struct room r;
    struct caller callers[10];
    int64_t begun = loop_now();
    (void)state;
    make(&r, MOST, 20, 5);
    come(&r, callers, 10);
    assert_int_equal(r.entered, 5);
    while (r.entered < 10)
        loop_step(r.loop);
    for (unsigned i = 5; i < 10; i++)
        assert_true(r.at[i] - begun >= 50 * (int64_t)(i - 4) - 1);
    assert_true(r.at[9] - begun < 5000);
    end(&r);
}

/* A bucket is never fuller than its burst, however long nobody comes. */
static void does_not_save_up(void **state)
{
    struct room r;
    struct caller callers[3];
    (void)state;
    make(&r, MOST, 100, 1);
    int64_t until = loop_now() + 100;
    while (loop_now() < until)
        ;
    come(&r, callers, 3);
    assert_int_equal(r.entered, 1);
    while (r.entered < 3)
        loop_step(r.loop);
    end(&r);
}

static void keeps_all_back(void **state)
{
    struct room r;
    struct caller callers[4];
    (void)state;
    make(&r, 2, 0, 0);
    come(&r, callers, 3);
    gate_hold(r.gate, 200);
    gate_hold(r.gate, 10); /* the longest one counts */
    int64_t held = loop_now();
    leave(&r); /* of three one waits, and goes on waiting */
    assert_int_equal(r.entered, 2);
    leave(&r);
    while (r.entered < 3)
        loop_step(r.loop);
    assert_true(r.at[2] - held >= 199);
    callers[3] = (struct caller){&r, 3};
    gate_enter(r.gate, enter, &callers[3]);
    assert_int_equal(r.entered, 4);
    end(&r);
}

/* Whoever is still waiting when a gate goes is not called. */
static void forgets_who_waits(void **state)
{
    struct room r;
    struct caller callers[3];
    (void)state;
    make(&r, 1, 1, 1);
    come(&r, callers, 3);
    leave(&r);
    end(&r);
    assert_int_equal(r.entered, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lets_so_many_in),   cmocka_unit_test(keeps_to_the_rate),
        cmocka_unit_test(does_not_save_up),  cmocka_unit_test(keeps_all_back),
        cmocka_unit_test(forgets_who_waits),
    };
    return RUN_TESTS(tests);
}
