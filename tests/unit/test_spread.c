/* How a failure spreads: along a machine's order, past what goes on in spite of it, and
 * from the machine to all that acts on it. */
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

static char dir[64];

static int place_make(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/dvo-test-spread-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int place_remove(void **state)
{
    (void)state;
    return tree_remove(dir);
}

static void write_plan(const char *const *ops, size_t n)
{
    struct buf text = {0};
    char path[128];
    buf_str(&text, "{\"format\": \"dvo-plan/2\", \"program\": \"p.dvo\", \"project\": "
                   "\"p\", \"program_dir\": \".\", \"artefacts\": {}, \"files\": "
                   "[\"p.dvo\"], \"lines\": [[0, 1, \"x\"]], \"ops\": [");
    for (size_t i = 0; i < n; i++)
        buf_printf(&text,
                   "%s{\"id\": %zu, \"address\": \"op%zu\", \"do\": \"builtin\", "
                   "\"at\": [0, 1, 2], %s}",
                   i ? ", " : "", i + 1, i + 1, ops[i]);
    buf_str(&text, "]}");
    snprintf(path, sizeof path, "%s/plan.json", dir);
    assert_true(file_replace(path, text.p, text.len, 0644));
    buf_free(&text);
}

/* The events' names of each op's end: "failed blocked done ". */
static void run_and_read(struct buf *ends)
{
    char db[128], events[128], line[512], name[32];
    int status;
    snprintf(db, sizeof db, "%s/p.db", dir);
    snprintf(events, sizeof events, "%s/events", dir);
    pid_t pid = fork();
    if (pid == 0) {
        struct run_options options = {.state = db, .events = events};
        char *message;
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        struct run_plan *loaded = plan_load(dir, NULL, &message);
        _exit(loaded ? run_plan_carry_out(loaded, &options) : 99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 99);
    FILE *f = fopen(events, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        json_t *event = json_loads(line, 0, NULL);
        const char *op = json_string_value(json_object_get(event, "address"));
        const char *what = json_string_value(json_object_get(event, "event"));
        snprintf(name, sizeof name, "%s", what ? what : "");
        if (op && strcmp(name, "start") != 0)
            buf_printf(ends, "%s=%s ", op, name);
        json_decref(event);
    }
    fclose(f);
}

#define FAIL "\"call\": \"expect\", \"args\": {\"condition\": false, \"message\": \"no\"}"
#define PASS "\"call\": \"output\", \"args\": {\"name\": \"n\", \"value\": 1}"

#define ENDS(text, ...)                                                                  \
    do {                                                                                 \
        static const char *const ops[] = {__VA_ARGS__};                                  \
        struct buf ends = {0};                                                           \
        write_plan(ops, sizeof ops / sizeof *ops);                                       \
        run_and_read(&ends);                                                             \
        assert_string_equal(buf_text(&ends), text);                                      \
        buf_free(&ends);                                                                 \
    } while (0)

static void test_along_a_machine(void **state)
{
    (void)state;
    ENDS("op1=failed op2=blocked op3=blocked ", FAIL, PASS ", \"machine\": [1]",
         PASS ", \"machine\": [2]");
}

static void test_not_past_what_goes_on(void **state)
{
    (void)state;
    ENDS("op1=failed op2=done ", FAIL ", \"continue\": true", PASS ", \"machine\": [1]");
}

/* on_error="continue" of an op that did not start for its machine's sake is not about the
 * failure before it. */
static void test_past_what_did_not_start(void **state)
{
    (void)state;
    ENDS("op1=failed op2=blocked op3=blocked ", FAIL,
         PASS ", \"machine\": [1], \"continue\": true", PASS ", \"machine\": [2]");
}

/* What it needs of elsewhere is its own affair. */
static void test_not_past_what_lacked_a_value(void **state)
{
    (void)state;
    ENDS("op1=failed op2=blocked op3=done ", FAIL,
         PASS ", \"data\": [1], \"continue\": true", PASS ", \"machine\": [2]");
}

/* "data" need not list the machine. */
static void test_from_the_machine(void **state)
{
    (void)state;
    ENDS("op1=failed op2=blocked op3=blocked ", FAIL,
         PASS ", \"subject\": 1, \"data\": [1], \"continue\": true",
         PASS ", \"subject\": 1, \"machine\": [2]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_along_a_machine, place_make, place_remove),
        cmocka_unit_test_setup_teardown(test_not_past_what_goes_on, place_make,
                                        place_remove),
        cmocka_unit_test_setup_teardown(test_past_what_did_not_start, place_make,
                                        place_remove),
        cmocka_unit_test_setup_teardown(test_not_past_what_lacked_a_value, place_make,
                                        place_remove),
        cmocka_unit_test_setup_teardown(test_from_the_machine, place_make, place_remove),
    };
    return RUN_TESTS(tests);
}
