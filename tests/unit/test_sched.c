/* Random graphs through the scheduler: nothing starts too early, nothing is left out; and
 * how far a failure spreads along each kind of edge. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/run.h"

#define UNITS_MAX 80
#define CLASSES 3

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % below;
}

/* A graph, and the test's own record of how far its units have come. */
struct graph {
    uint32_t units, place[UNITS_MAX], class[UNITS_MAX], limits[CLASSES];
    bool needs[UNITS_MAX][UNITS_MAX]; /* needs[to][from] */
    bool started[UNITS_MAX], finished[UNITS_MAX];
    uint32_t running[CLASSES];
};

/* Edges lead from lower to higher places of a random order, so there is no cycle. */
static struct sched *random_graph(struct graph *g)
{
    *g = (struct graph){.units = 1 + draw(UNITS_MAX)};
    for (uint32_t i = 0; i < g->units; i++) {
        uint32_t j = draw(i + 1);
        g->place[i] = g->place[j];
        g->place[j] = i;
    }
    for (uint32_t c = 0; c < CLASSES; c++)
        g->limits[c] = 1 + draw(4);
    struct sched *s = sched_new(g->units, g->limits, CLASSES);
    for (uint32_t i = 0; i < g->units; i++) {
        g->class[i] = draw(CLASSES);
        sched_class(s, i, g->class[i]);
    }
    for (uint32_t edges = draw(4 * g->units); edges; edges--) {
        uint32_t from = draw(g->units), to = draw(g->units);
        if (g->place[from] > g->place[to])
            continue;
        sched_edge(s, from, to);
        g->needs[to][from] = from != to;
    }
    return s;
}

static bool may_start(const struct graph *g, uint32_t unit)
{
    for (uint32_t from = 0; from < g->units; from++)
        if (g->needs[unit][from] && !g->finished[from])
            return false;
    return !g->started[unit] && g->running[g->class[unit]] < g->limits[g->class[unit]];
}

/* The unit that should come next: the lowest number that may start. */
static uint32_t next_expected(const struct graph *g)
{
    uint32_t unit = 0;
    while (unit < g->units && !may_start(g, unit))
        unit++;
    return unit;
}

static uint32_t random_running(const struct graph *g)
{
    for (;;) {
        uint32_t unit = draw(g->units);
        if (g->started[unit] && !g->finished[unit])
            return unit;
    }
}

static void runs_random_graphs(void **state)
{
    (void)state;
    static struct graph g;
    for (uint32_t round = 1; round <= 400; round++) {
        seed = round * 2654435761u;
        struct sched *s = random_graph(&g);
        uint32_t cyclic, unit, running = 0;
        assert_true(sched_start(s, &cyclic));
        while (!sched_done(s)) {
            while (sched_take(s, &unit)) {
                assert_int_equal(unit, next_expected(&g));
                g.started[unit] = true;
                g.running[g.class[unit]]++;
                running++;
            }
            assert_int_equal(next_expected(&g), g.units);
            assert_int_equal(sched_running(s), running);
            assert_true(running > 0);
            unit = random_running(&g);
            sched_finish(s, unit);
            g.finished[unit] = true;
            g.running[g.class[unit]]--;
            running--;
        }
        for (uint32_t i = 0; i < g.units; i++)
            assert_true(g.finished[i]);
        assert_int_equal(sched_running(s), 0);
        sched_free(s);
    }
}

static void finds_cycles(void **state)
{
    (void)state;
    static struct graph g;
    for (uint32_t round = 1; round <= 100; round++) {
        seed = round * 2246822519u;
        struct sched *s = random_graph(&g);
        if (g.units > 1) {
            uint32_t a = draw(g.units), b = (a + 1) % g.units, cyclic = g.units;
            sched_edge(s, a, b);
            sched_edge(s, b, a);
            assert_false(sched_start(s, &cyclic));
            assert_in_range(cyclic, 0, g.units - 1);
        }
        sched_free(s);
    }
}

/* 0 and 1 are alike, 2 is longer, 3 is short but 4, which is long, waits for it. */
static void takes_the_longest_way_first(void **state)
{
    (void)state;
    const int64_t costs[] = {10, 10, 20, 1, 100};
    const uint32_t wanted[] = {3, 4, 2, 0, 1};
    uint32_t limit = 1, unit, cyclic;
    struct sched *s = sched_new(5, &limit, 1);
    for (uint32_t i = 0; i < 5; i++)
        sched_cost(s, i, costs[i]);
    sched_edge(s, 3, 4);
    assert_true(sched_start(s, &cyclic));
    for (uint32_t i = 0; i < 5; i++) {
        assert_true(sched_take(s, &unit));
        assert_int_equal(unit, wanted[i]);
        sched_finish(s, unit);
    }
    sched_free(s);
}

static void takes_the_empty_graph(void **state)
{
    (void)state;
    uint32_t limit = 1, unit;
    struct sched *s = sched_new(0, &limit, 1);
    assert_true(sched_start(s, &unit));
    assert_true(sched_done(s));
    assert_false(sched_take(s, &unit));
    sched_free(s);
}

static void ignores_repeated_and_own_edges(void **state)
{
    (void)state;
    uint32_t limit = 2, unit;
    struct sched *s = sched_new(2, &limit, 1);
    sched_edge(s, 0, 0);
    sched_edge(s, 0, 1);
    sched_edge(s, 0, 1);
    assert_true(sched_start(s, &unit));
    assert_true(sched_take(s, &unit));
    assert_int_equal(unit, 0);
    assert_false(sched_take(s, &unit));
    sched_finish(s, 0);
    assert_true(sched_take(s, &unit));
    assert_int_equal(unit, 1);
    sched_finish(s, 1);
    assert_true(sched_done(s));
    sched_free(s);
}

/* --- failures
 * ---------------------------------------------------------------------------- */

/* Op 1 comes first, op 2 has one edge to it, op 3 has a data edge to op 2. */
struct chain {
    struct plan_op ops[4];
    struct need needs[2];
    struct run_plan plan;
    struct run_op states[4];
    struct run run;
};

static void chain_begin(struct chain *c, enum need_kind kind, bool carry_on,
                        enum run_status first)
{
    struct fault f = {0};
    *c = (struct chain){.needs = {{1, kind}, {2, NEED_DATA}}};
    c->ops[1] = (struct plan_op){.address = "first", .title = "", .carry_on = carry_on};
    c->ops[2] = (struct plan_op){
        .address = "second", .title = "", .needs = &c->needs[0], .nneeds = 1};
    c->ops[3] = (struct plan_op){
        .address = "third", .title = "", .needs = &c->needs[1], .nneeds = 1};
    c->plan = (struct run_plan){.ops = c->ops, .nops = 3};
    c->states[1].status = first;
    c->run = (struct run){.plan = &c->plan, .ops = c->states};
    c->run.loop = loop_new();
    c->run.progress = progress_new(c->run.loop, 3);
    c->run.events = events_open(NULL, &f);
}

static void chain_end(struct chain *c)
{
    for (uint32_t i = 1; i < 4; i++)
        fault_free(&c->states[i].fault);
    events_close(c->run.events);
    progress_free(c->run.progress);
    loop_free(c->run.loop);
}

static void spreads_failures(void **state)
{
    (void)state;
    static const struct {
        enum need_kind kind;
        bool carry_on;
        enum run_status first;
        bool blocked;
    } cases[] = {
        {NEED_DATA, false, RUN_FAILED, true},
        {NEED_AFTER, false, RUN_FAILED, true},
        {NEED_MACHINE, false, RUN_FAILED, true},
        {NEED_ORDER, false, RUN_FAILED, false},
        /* on_error="continue" lifts the order on the machine and nothing else. */
        {NEED_MACHINE, true, RUN_FAILED, false},
        {NEED_DATA, true, RUN_FAILED, true},
        {NEED_AFTER, true, RUN_FAILED, true},
        {NEED_DATA, false, RUN_CANCELED, true},
        /* What did not fail blocks nobody; a skipped producer is the value's business. */
        {NEED_DATA, false, RUN_DONE, false},
        {NEED_DATA, false, RUN_SKIPPED, false},
        {NEED_MACHINE, false, RUN_SKIPPED, false},
        {NEED_DATA, false, RUN_KNOWN, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chain c;
        chain_begin(&c, cases[i].kind, cases[i].carry_on, cases[i].first);
        assert_int_equal(run_op_blocked(&c.run, 2), cases[i].blocked);
        assert_int_equal(run_op_blocked(&c.run, 3), cases[i].blocked);
        for (uint32_t op = 2; cases[i].blocked && op <= 3; op++) {
            assert_int_equal(c.states[op].status, RUN_BLOCKED);
            assert_int_equal(c.states[op].fault.code, DVO_EDEP);
            assert_int_equal(c.states[op].cause, 1);
            assert_string_equal(c.states[op].fault.message, "needs first");
        }
        if (cases[i].blocked)
            assert_int_equal(c.states[2].cause_on_machine, cases[i].kind == NEED_MACHINE);
        else
            assert_int_equal(c.states[2].status, RUN_WAITING);
        chain_end(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_random_graphs),
        cmocka_unit_test(finds_cycles),
        cmocka_unit_test(takes_the_longest_way_first),
        cmocka_unit_test(takes_the_empty_graph),
        cmocka_unit_test(ignores_repeated_and_own_edges),
        cmocka_unit_test(spreads_failures),
    };
    return RUN_TESTS(tests);
}
