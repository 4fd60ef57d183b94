/* Runs that are asked to end, once or twice, while they delete what has failed. */
#include "fake_cloud.h"

#define BEFORE
#define AFTER
static const char one[] = CALL("1", "a", "k:a", "small");

static const struct run_options plain, destroy = {.destroy = true, .yes = true};

static void ask_to_end(const struct place *p, pid_t pid, bool twice)
{
    kill(pid, SIGINT);
    until_said(p, "Stopping: nothing more is started");
    if (twice)
        kill(pid, SIGINT);
}

/* The next run makes it, and once only. */
static void goes_on(const struct place *p, unsigned made)
{
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(stored(p, "things", "servers"), 1);
    assert_int_equal(stored(p, "made", "servers"), made);
    assert_int_equal(run_once(p, plain), 0);
    says(p, "nothing changed");
    assert_int_equal(run_once(p, destroy), 0);
    assert_int_equal(stored(p, "things", "servers"), 0);
}

/* The first machine comes to nothing and is deleted; `note` keeps that from its end. It
 * may come to it before the next run. */
static void stopped(const char *note, bool twice, bool ends)
{
    struct place *p = place_make("broken");
    cloud_note(p, note, true);
    write_plan(p, one, 1, -1);
    pid_t pid = run_start(p, plain);
    until_asked(p, "DELETE /servers/servers-1");
    ask_to_end(p, pid, twice);
    if (ends && !twice)
        cloud_note(p, note, false);
    int status = run_wait_for(pid);
    if (twice)
        says(p,
             "stopped at once. What was under way is written down; to go on: dvo-run ");
    else
        says(p, "a: EAGAIN: the provider reports a failure");
    assert_int_equal(status, error_status(twice ? DVO_ECANCELED : DVO_EAGAIN));
    assert_int_equal(stored(p, "made", "servers"), 1);
    cloud_note(p, note, false);
    goes_on(p, 2);
    place_free(p);
}

static void test_once_while_it_is_still_there(void **state)
{
    (void)state;
    stopped("held", false, false);
}

static void test_once_before_the_answer(void **state)
{
    (void)state;
    stopped("slow", false, true);
}

static void test_twice_before_the_answer(void **state)
{
    (void)state;
    stopped("slow", true, true);
}

/* A deletion that was asked for is no other case. */
static void destroy_stopped(const char *note, bool twice)
{
    struct place *p = place_make("");
    write_plan(p, one, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    cloud_note(p, note, true);
    pid_t pid = run_start(p, destroy);
    until_asked(p, "DELETE /servers/servers-1");
    ask_to_end(p, pid, twice);
    if (!strcmp(note, "slow") && !twice)
        cloud_note(p, note, false);
    int status = run_wait_for(pid);
    if (!strcmp(note, "slow") && !twice)
        assert_int_equal(status, 0); /* it came to its end */
    else
        assert_int_equal(status, error_status(DVO_ECANCELED));
    cloud_note(p, note, false);
    assert_int_equal(run_once(p, destroy), 0);
    assert_int_equal(stored(p, "things", "servers"), 0);
    assert_int_equal(run_once(p, destroy), 0);
    says(p, "nothing to destroy");
    place_free(p);
}

static void test_destroy(void **state)
{
    (void)state;
    destroy_stopped("held", false);
    destroy_stopped("slow", false);
    destroy_stopped("slow", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once_while_it_is_still_there),
        cmocka_unit_test(test_once_before_the_answer),
        cmocka_unit_test(test_twice_before_the_answer),
        cmocka_unit_test(test_destroy),
    };
    return RUN_TESTS(tests);
}
