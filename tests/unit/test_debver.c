/* Debian versions: the policy's examples, ranges, and random pairs against dpkg itself.
 */
#include "compiler/debver.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "unit.h"

extern char **environ;

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void test_order(void **state)
{
    (void)state;
    /* Ascending; neighbours and all pairs must agree with that. */
    static const char *const v[] = {
        "0~~",
        "0~~a",
        "0~",
        "0",
        "0a",
        "0.9",
        "1.0~beta1~svn1245",
        "1.0~beta1",
        "1.0",
        "1.0-0.1",
        "1.0-1~bpo",
        "1.0-1",
        "1.0-1+b1",
        "1.0a",
        "1.0+dfsg",
        "1.0.1",
        "1.2",
        "1.10",
        "10",
        "1:0.1",
        "2:0",
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        assert_true(debver_valid(v[i]));
        for (size_t j = 0; j < sizeof v / sizeof *v; j++)
            assert_int_equal(sign(debver_compare(v[i], v[j])), (i > j) - (i < j));
    }
    assert_int_equal(debver_compare("1.0", "1.0-0"), 0);
    assert_int_equal(debver_compare("0:1.01", "1.1"), 0);
    assert_true(
        debver_compare("1.99999999999999999999999", "1.100000000000000000000000") < 0);
}

static void test_valid(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "a",   ":1", "1:",  "x:1", "1.0-",
                                      "1 0", "1_0", "-1", "1/2", "1:a", "1.0-1_2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(debver_valid(bad[i]));
    assert_true(debver_valid("1:2.3-4-5"));
    assert_true(debver_valid("1:2:3-4"));
}

static void test_range(void **state)
{
    (void)state;
    static const struct {
        const char *version, *range;
        bool in;
    } cases[] = {
        {"1.2", "1.2", true},       {"1.2-1", "1.2", true},
        {"1:1.2-3", "1.2", true},   {"1.2.1", "1.2", false},
        {"1.2-1", "=1.2-1", true},  {"1.2-2", "1.2-1", false},
        {"1:1.2-1", "1.2-1", true}, {"1:1.2-1", "0:1.2-1", false},
        {"1.2-1", "<=1.2", true},   {"1.2-1", ">1.2", false},
        {"1.2-1", ">1.2-0", true},  {"1.2-1", ">=1.2,<2", true},
        {"2-1", ">=1.2,<2", false}, {"2~rc1", ">= 1.2 , < 2", true},
        {"1.1", ">=1.2,<2", false}, {"3", ">=1,<2,>=0", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(debver_range_check(cases[i].range));
        assert_int_equal(debver_in_range(cases[i].version, cases[i].range), cases[i].in);
    }
    static const char *const bad[] = {
        "", ",", "1,", ">", ">=", "<=,2", "latest", "=>1", "1 2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(debver_range_check(bad[i]));
}

static bool dpkg_says(const char *a, const char *op, const char *b)
{
    char name[] = "dpkg", option[] = "--compare-versions";
    char *argv[] = {name, option, (char *)a, (char *)op, (char *)b, NULL};
    pid_t pid;
    int status = -1;
    if (posix_spawnp(&pid, name, NULL, NULL, argv, environ) != 0)
        skip();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static unsigned next(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % below;
}

static void random_version(unsigned *seed, char out[32])
{
    static const char chars[] = "0011223a~+.-~Z";
    size_t n = 0;
    if (!next(seed, 4)) {
        out[n++] = (char)('0' + next(seed, 2));
        out[n++] = ':';
    }
    out[n++] = (char)('0' + next(seed, 3));
    for (unsigned more = next(seed, 7); more; more--)
        out[n++] = chars[next(seed, sizeof chars - 1)];
    out[n] = '0'; /* never ends with '-', an empty revision */
    out[n + 1] = '\0';
}

static void test_dpkg(void **state)
{
    (void)state;
    unsigned seed = 20261123;
    for (int i = 0; i < 400; i++) {
        char a[32], b[32];
        random_version(&seed, a);
        random_version(&seed, b);
        const char *op = debver_compare(a, b) < 0   ? "lt"
                         : debver_compare(a, b) > 0 ? "gt"
                                                    : "eq";
        if (!dpkg_says(a, op, b))
            fail_msg("dpkg does not say %s %s %s", a, op, b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_dpkg),
    };
    return RUN_TESTS(tests);
}
