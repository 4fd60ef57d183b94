/* What a run takes over from one that did not come to its end: a change that was made but
 * never written down must still reach those who act on it. */
#include "tree.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/run.h"

/* "b" holds only if "a", which never changes anything itself, counts as changed. */
static const char plan[] =
    "{\"format\": \"dvo-plan/2\", \"program\": \"p.dvo\", \"project\": \"p\","
    " \"program_dir\": \".\", \"artefacts\": {}, \"files\": [\"p.dvo\"],"
    " \"lines\": [[0, 1, \"a = output('a', 1)\"], [0, 2, \"expect(a.changed, 'lost')\"]],"
    " \"ops\": ["
    "{\"id\": 1, \"address\": \"a\", \"call\": \"output\", \"do\": \"builtin\","
    " \"at\": [0, 5, 19], \"idempotent\": true, \"args\": {\"name\": \"a\", \"value\": "
    "1}},"
    "{\"id\": 2, \"address\": \"b\", \"call\": \"expect\", \"do\": \"builtin\","
    " \"at\": [1, 1, 26], \"idempotent\": true, \"data\": [1],"
    " \"args\": {\"condition\": {\"$handle\": 1}, \"message\": \"lost\"}}]}";

struct place {
    char dir[64], db[128];
};

static int place_make(void **state)
{
    struct place *p = xcalloc(1, sizeof *p);
    char path[128];
    *state = p;
    snprintf(p->dir, sizeof p->dir, "/tmp/dvo-test-resume-XXXXXX");
    if (!mkdtemp(p->dir))
        return -1;
    snprintf(p->db, sizeof p->db, "%s/p.db", p->dir);
    snprintf(path, sizeof path, "%s/plan.json", p->dir);
    return file_replace(path, plan, sizeof plan - 1, 0644) ? 0 : -1;
}

static int place_remove(void **state)
{
    struct place *p = *state;
    int removed = tree_remove(p->dir);
    free(p);
    return removed;
}

/* A whole run in a child, whose lines would look like results of this program. */
static int run_once(const struct place *p)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        struct run_options options = {.state = p->db};
        char *message;
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        struct run_plan *loaded = plan_load(p->dir, NULL, &message);
        _exit(loaded ? run_plan_carry_out(loaded, &options) : 99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Leaves "a" in the state as begun, or as failed after it was begun. */
static void begin_a(const struct place *p, bool refuse)
{
    struct fault f = {0};
    struct state *s = state_open(p->db, "p", STATE_MAKE, &f);
    assert_non_null(s);
    assert_true(state_begin(s, "a", "output", NULL, &f));
    assert_true(!refuse || state_refuse(s, "a", &f));
    state_close(s);
}

static void test_no_change_without_cause(void **state)
{
    assert_int_equal(run_once(*state), error_status(DVO_EPOSTCOND));
}

static void test_begun_counts_as_changed_once(void **state)
{
    begin_a(*state, false);
    assert_int_equal(run_once(*state), 0);
    assert_int_equal(run_once(*state), error_status(DVO_EPOSTCOND));
}

static void test_failed_counts_as_changed_once(void **state)
{
    begin_a(*state, true);
    assert_int_equal(run_once(*state), 0);
    assert_int_equal(run_once(*state), error_status(DVO_EPOSTCOND));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_change_without_cause, place_make,
                                        place_remove),
        cmocka_unit_test_setup_teardown(test_begun_counts_as_changed_once, place_make,
                                        place_remove),
        cmocka_unit_test_setup_teardown(test_failed_counts_as_changed_once, place_make,
                                        place_remove),
    };
    return RUN_TESTS(tests);
}
