/* Processes that answer, and what they answer in: whatever happens there is not seen
 * here, and an answer that is not whole is none. */
#include "compiler/process.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/wire.h"
#include "unit.h"

static struct arena arena;

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const char *ask(process_fn *fn, void *ctx, struct buf *answer)
{
    return process_ask(fn, ctx, &arena, answer);
}

static int open_files(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void change(void *ctx, struct buf *answer)
{
    int *n = ctx;
    *n += 1;
    buf_printf(answer, "%d", *n);
}

static void test_answer(void **state)
{
    (void)state;
    struct buf answer = {0};
    int n = 1, files = open_files();
    for (int i = 0; i < 50; i++)
        assert_null(ask(change, &n, &answer));
    assert_int_equal(n, 1);
    assert_int_equal(answer.len, 50);
    assert_true(strspn(buf_text(&answer), "2") == 50);
    /* None is left behind. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(open_files(), files);
    buf_free(&answer);
}

/* More than a pipe holds. */
static void answer_much(void *ctx, struct buf *answer)
{
    (void)ctx;
    for (unsigned i = 0; i < 1000000; i++)
        buf_add(answer, &i, sizeof i);
}

static void answer_nothing(void *ctx, struct buf *answer)
{
    (void)ctx;
    (void)answer;
}

static void test_sizes(void **state)
{
    (void)state;
    struct buf answer = {0}, wanted = {0};
    assert_null(ask(answer_nothing, NULL, &answer));
    assert_int_equal(answer.len, 0);
    assert_null(ask(answer_much, NULL, &answer));
    answer_much(NULL, &wanted);
    assert_int_equal(answer.len, wanted.len);
    assert_memory_equal(answer.p, wanted.p, wanted.len);
    buf_free(&answer);
    buf_free(&wanted);
}

static void end_by_signal(void *ctx, struct buf *answer)
{
    buf_str(answer, "half");
    raise(*(int *)ctx);
}

static void end_by_exit(void *ctx, struct buf *answer)
{
    buf_str(answer, "half");
    _exit(*(int *)ctx);
}

static void test_bad_end(void **state)
{
    (void)state;
    struct buf answer = {0};
    int number = SIGKILL;
    assert_string_equal(ask(end_by_signal, &number, &answer),
                        "killed by signal 9 (Killed)");
    number = 7;
    assert_string_equal(ask(end_by_exit, &number, &answer), "exit status 7");
    buf_free(&answer);
}

static void wait_for_nothing(void *ctx, struct buf *answer)
{
    (void)ctx;
    (void)answer;
    for (;;)
        pause();
}

/* Its own child waits for ever, but not longer than it. */
static void ask_and_die(void *ctx, struct buf *answer)
{
    (void)ctx;
    alarm(1);
    ask(wait_for_nothing, NULL, answer);
}

static void test_children_end_with_it(void **state)
{
    (void)state;
    struct buf answer = {0};
    assert_string_equal(ask(ask_and_die, NULL, &answer),
                        "killed by signal 14 (Alarm clock)");
    buf_free(&answer);
}

static void test_wire(void **state)
{
    (void)state;
    struct buf out = {0};
    size_t len;
    wire_put(&out, UINT64_MAX);
    wire_put_text(&out, "a\0b", 3);
    wire_put_text(&out, "", 0);
    wire_put(&out, 0);
    struct wire in = {out.p, out.len, false};
    assert_true(wire_get(&in) == UINT64_MAX);
    assert_memory_equal(wire_get_text(&in, &arena, &len), "a\0b", 4);
    assert_int_equal(len, 3);
    assert_string_equal(wire_get_text(&in, &arena, NULL), "");
    assert_true(wire_get(&in) == 0);
    assert_int_equal(in.len, 0);
    assert_false(in.bad);
    assert_true(wire_get(&in) == 0);
    assert_true(in.bad);
    /* A length that is a lie. */
    in = (struct wire){out.p, out.len, false};
    assert_string_equal(wire_get_text(&in, &arena, &len), "");
    assert_int_equal(len, 0);
    assert_true(in.bad);
    assert_true(wire_get(&in) == 0);
    buf_free(&out);
}

#define CASE(test) cmocka_unit_test_teardown(test, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_answer),  CASE(test_sizes),
        CASE(test_bad_end), CASE(test_children_end_with_it),
        CASE(test_wire),
    };
    return RUN_TESTS(tests);
}
