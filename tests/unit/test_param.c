/* Parameters: where values come from, their types and bounds, missing and unknown ones.
 */
#include "compiler/param.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/program.h"
#include "ir/base/file.h"
#include "unit.h"

/* Runs `text` as a program with param(); the diagnostics stay in p until program_done().
 */
static bool run(struct program *p, const char *text, const char *const *sets,
                size_t nsets, const char *file)
{
    memset(p, 0, sizeof *p);
    intern_init(&p->strings, &p->arena);
    sources_init(&p->sources, &p->arena);
    diags_init(&p->diags, &p->arena, &p->sources);
    values_init(&p->graph.values, &p->strings);
    p->eval = eval_new(&p->arena, &p->strings, &p->sources, &p->diags, &p->graph.values);
    eval_vm(p->eval)->host = p;
    const struct program_options o = {.sets = sets, .nsets = nsets, .params = file};
    if (!params_init(&p->params, p, &o))
        return false;
    struct eval_universe *u = eval_universe_new(p->eval);
    eval_universe_native(u, &param_native);
    file_id id = source_add(&p->sources, "test.dvo", text, strlen(text));
    const struct eval_reader none = {0};
    bool good = eval_file(p->eval, u, id, &none) != NULL;
    return params_finish(&p->params, p) && good;
}

static void done(struct program *p)
{
    eval_free(p->eval);
    params_free(&p->params);
    values_free(&p->graph.values);
    diags_free(&p->diags);
    sources_free(&p->sources);
    intern_free(&p->strings);
    arena_free(&p->arena);
}

/* `check` is a program that fails if something is not as expected. */
static void good(const char *check, const char *const *sets, size_t nsets,
                 const char *file)
{
    struct program p;
    bool ok = run(&p, check, sets, nsets, file);
    if (!ok || p.diags.n)
        diags_print(&p.diags, stderr, DIAG_HUMAN, false);
    assert_true(ok);
    done(&p);
}

static void bad(const char *text, const char *set, unsigned code)
{
    struct program p;
    assert_false(run(&p, text, &set, set != NULL, NULL));
    assert_int_equal(p.diags.errors, 1);
    assert_int_equal(p.diags.v[0]->code, code);
    done(&p);
}

static void test_values(void **state)
{
    (void)state;
    static const char *const sets[] = {"n=1", "n=3",      "f=2",      "b=true", "s=007",
                                       "t=",  "l=[a, 1]", "d={k: v}", "eq=a=b"};
    good("def equal(a, b):\n"
         "    if a != b or type(a) != type(b): fail(a, b)\n"
         "equal(param('n', 5), 3)\n"
         "equal(param('f', 1.5), 2.0)\n"
         "equal(param('b', False), True)\n"
         "equal(param('s'), '007')\n"
         "equal(param('t', 'x'), '')\n"
         "equal(param('l', type=list), ['a', 1])\n"
         "equal(param('d', type='dict'), {'k': 'v'})\n"
         "equal(param('eq'), 'a=b')\n"
         "equal(param('unset', 4, min=4, max=4), 4)\n"
         "equal(param('unset', None), None)\n"
         "equal(param('int-as-float', 1, type=float), 1.0)\n",
         sets, sizeof sets / sizeof *sets, NULL);
}

static void test_file(void **state)
{
    (void)state;
    static const char yaml[] = "n: 3\ns: no\nl: [1, {a: null}]\n";
    static const char *const sets[] = {"n=4"};
    char path[] = "/tmp/dvo-param-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
    close(fd);
    good("if [param('n', 1), param('s'), param('l', [])] != [4, 'no', [1, {'a': None}]]: "
         "fail()",
         sets, 1, path);
    struct program p;
    assert_true(run(&p, "param('s'), param('l', [])", NULL, 0, path));
    assert_int_equal(p.diags.n, 1); /* n is not asked for */
    assert_int_equal(p.diags.v[0]->level, DIAG_WARNING);
    done(&p);
    unlink(path);
    assert_false(run(&p, "", NULL, 0, path));
    assert_int_equal(p.diags.v[0]->code, 550);
    done(&p);
}

static void test_errors(void **state)
{
    (void)state;
    bad("param('n', 1)", "n", 550);
    bad("param('n', 1)", "=1", 550);
    bad("param('n', 1)", "n=x", 551);
    bad("param('n', 1)", "n=1.5", 551);
    bad("param('n', 1)", "n=99999999999999999999", 551);
    bad("param('b', False)", "b=no", 551);
    bad("param('l', [])", "l=[", 551);
    bad("param('l', [])", "l=", 551);
    bad("param('n', 'x', type=int)", NULL, 551);
    bad("param('n', 1)", "m=1", 553);
    bad("param('n n', 1)", NULL, 554);
    bad("param('n', 1, type=len)", NULL, 554);
    bad("param('n', 'x', min=1)", NULL, 554);
    bad("param('n', 1, choices=3)", NULL, 554);
    bad("param('n', 1, min=0, max=5)", "n=6", 555);
    bad("param('n', 1, min=0, max=5)", "n=-1", 555);
    bad("param('n', 'a', choices=['a', 'b'])", "n=c", 555);
    bad("param('n', 9, max=5)", NULL, 555);
    bad("param('n', 'A', project=True)", NULL, 556);
    bad("param('n', '', project=True)", NULL, 556);
}

static void test_missing(void **state)
{
    (void)state;
    struct program p;
    assert_false(run(
        &p, "n = param('n', type=int)\nparam('m', choices=['a'])\nfail(n)\nparam('o')",
        NULL, 0, NULL));
    assert_int_equal(p.diags.errors, 1);
    assert_int_equal(p.diags.n, 1);
    assert_int_equal(p.diags.v[0]->code, 552);
    assert_string_equal(p.diags.v[0]->message,
                        "parameters without a value: n (int), m (str)");
    done(&p);
}

static void test_project(void **state)
{
    (void)state;
    struct program p;
    static const char *const sets[] = {"stage=qa"};
    assert_true(run(&p,
                    "param('stage', 'dev', project=True)\nparam('n', 2, project=True)\n"
                    "param('stage', project=True)",
                    sets, 1, NULL));
    assert_string_equal(params_project_suffix(&p.params), "-qa-2");
    done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),  cmocka_unit_test(test_file),
        cmocka_unit_test(test_errors),  cmocka_unit_test(test_missing),
        cmocka_unit_test(test_project),
    };
    return RUN_TESTS(tests);
}
