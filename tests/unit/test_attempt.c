/* What tests may do without being seen: error_of(), which uses up the same limits as the
 * test itself, and a survey of the graph. */
#include "compiler/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/program.h"
#include "ir/base/file.h"
#include "ir/move.h"
#include "unit.h"

struct fixture {
    char folder[40], path[64];
    struct program p;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->folder, "/tmp/dvo-attempt-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/x_test.dvo", f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    program_close(&f->p);
    unlink(f->path);
    rmdir(f->folder);
    free(f);
    return 0;
}

static struct module *evaluate(struct fixture *f, const char *text, uint64_t steps)
{
    struct program_options o = {.path = f->path, .test = true};
    assert_true(file_replace(f->path, text, strlen(text), 0644));
    assert_true(program_open(&f->p, &o));
    eval_vm(f->p.eval)->step_limit = steps;
    return program_module(&f->p, &o);
}

static const char loops[] = "def work():\n    for i in range(20000):\n        pass\n"
                            "errors = [error_of(work) for i in range(10)]\n";

static void test_steps_are_spent(void **state)
{
    struct fixture *f = *state;
    assert_null(evaluate(f, loops, 100000));
    assert_int_equal(f->p.diags.n, 1);
    assert_int_equal(f->p.diags.v[0]->code, 311);
}

static void test_steps_suffice(void **state)
{
    struct fixture *f = *state;
    struct module *m = evaluate(f, loops, 1000000);
    assert_non_null(m);
    value errors = eval_module_get(m, intern_cstr(&f->p.strings, "errors"));
    size_t n;
    const value *v = value_items(errors, &n);
    assert_int_equal(n, 10);
    for (size_t i = 0; i < n; i++)
        assert_true(v[i] == VALUE_NONE);
}

/* An attempt that runs out of steps is told like any error, and nothing is left then. */
static void test_attempt_without_end(void **state)
{
    struct fixture *f = *state;
    assert_null(evaluate(f,
                         "def work():\n    for i in range(1000000):\n        pass\n"
                         "error = error_of(work)\n",
                         100000));
    assert_int_equal(f->p.diags.v[0]->code, 311);
}

static void look(struct program *p, void *ctx)
{
    size_t *seen = ctx;
    for (size_t id = 1; id < p->graph.n; id++)
        *seen += p->graph.ops[id].address && !(p->graph.ops[id].flags & OP_DEAD);
    *seen += 100 * p->graph.nedges;
}

static void test_survey(void **state)
{
    struct fixture *f = *state;
    struct graph *g = &f->p.graph;
    assert_non_null(evaluate(f,
                             "m = cloud.create(flavor=provider.FLAVOR_SMALL)\n"
                             "m.bootstrap()\n"
                             "a = m.directory(\"/a\")\n"
                             "b = m.directory(\"/a\")\n"
                             "m.file(\"/b\", content=m.ip, after=[b])\n"
                             "moved(\"old\", \"n\")\n"
                             "moved(\"n\", \"m\")\n",
                             0));
    assert_int_equal(g->n, 6);
    size_t values = g->values.n;
    for (int i = 0; i < 3; i++) {
        size_t seen = 0;
        assert_true(program_survey(&f->p, look, &seen));
        assert_int_equal(seen % 100, 4);
        assert_int_not_equal(seen / 100, 0);
        assert_int_equal(g->nedges, 0);
        assert_int_equal(g->values.n, values);
        assert_true(g->moves[0].to == g->moves[1].from);
        for (size_t id = 1; id < g->n; id++) {
            assert_int_equal(g->ops[id].address, 0);
            assert_int_equal(g->ops[id].flags & OP_DEAD, 0);
        }
    }
    assert_true(program_check(&f->p));
    assert_true(g->ops[4].flags & OP_DEAD);
    assert_true(g->moves[0].to == g->moves[1].to);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_steps_are_spent),
        CASE(test_steps_suffice),
        CASE(test_attempt_without_end),
        CASE(test_survey),
    };
    return RUN_TESTS(tests);
}
