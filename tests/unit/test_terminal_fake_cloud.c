/* Deletions that ask on a terminal: a pseudo-terminal, whose other end answers. */
#include "fake_cloud.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>

#define BEFORE
#define AFTER
static const char one[] = CALL("1", "a", "k:a", "small");
static const char two[] =
    CALL("1", "a", "k:a", "small") "," CALL("2", "b", "k:b", "small");

static const struct run_options plain, destroy = {.destroy = true},
                                       prune = {.prune = true};
static int leader, follower; /* the two ends of the terminal */
static struct buf screen;    /* what was written on it */

static void terminal_open(void)
{
    leader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(leader >= 0);
    assert_int_equal(grantpt(leader), 0);
    assert_int_equal(unlockpt(leader), 0);
    follower = open(ptsname(leader), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(follower >= 0);
    buf_clear(&screen);
}

/* In the process of a run: its standard input and output, and where Ctrl-C comes from. */
static void terminal_take(void)
{
    setsid();
    ioctl(follower, TIOCSCTTY, 0);
    dup2(follower, STDIN_FILENO);
    dup2(follower, STDOUT_FILENO);
    dup2(follower, STDERR_FILENO);
}

/* Reads until this has been written, or, with NULL, until nobody has the terminal. */
static void terminal_until(const char *text)
{
    char part[512];
    ssize_t n;
    while (!text || !strstr(buf_text(&screen), text)) {
        struct pollfd ready = {.fd = leader, .events = POLLIN};
        if (poll(&ready, 1, 30000) != 1)
            fail_msg("not said: %s, but:\n%s", text ? text : "the end",
                     buf_text(&screen));
        if ((n = read(leader, part, sizeof part)) <= 0)
            break;
        buf_add(&screen, part, (size_t)n);
    }
}

static void shows(const char *text)
{
    if (!strstr(buf_text(&screen), text))
        fail_msg("not said: %s, but:\n%s", text, buf_text(&screen));
}

#define QUESTION "Delete? Only \"yes\" does it: "

/* Answers the question, if `answer` is not NULL. Returns the exit status. */
static int run_asked(const struct place *p, struct run_options options,
                     const char *answer)
{
    terminal_open();
    run_prepare = terminal_take;
    pid_t pid = run_start(p, options);
    run_prepare = NULL;
    close(follower);
    if (answer) {
        terminal_until(QUESTION);
        /* What is to be deleted is shown before the question. */
        assert_non_null(
            strstr(buf_text(&screen), "This deletes, with everything on it:"));
        assert_int_equal(write(leader, answer, strlen(answer)), strlen(answer));
    }
    terminal_until(NULL);
    close(leader);
    return run_wait_for(pid);
}

static void test_destroy_asks(void **state)
{
    static const char *const no[] = {"no\n", "\n", "YES\n", "yes please\n", "\004"};
    struct place *p = place_make("");
    (void)state;
    write_plan(p, two, 2, -1);
    assert_int_equal(run_once(p, plain), 0);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        assert_int_equal(run_asked(p, destroy, no[i]), 2);
        shows("  b  cloud.create\r\n  a  cloud.create");
        shows("nothing deleted");
        assert_int_equal(stored(p, "things", "servers"), 2);
    }
    assert_int_equal(run_asked(p, destroy, "yes\n"), 0);
    shows("2 deleted, 0 failed, 0 left");
    assert_int_equal(stored(p, "things", "servers"), 0);
    assert_int_equal(run_asked(p, destroy, NULL), 0);
    shows("nothing to destroy");
    place_free(p);
}

/* Whoever is asked may stop it all instead. */
static void test_ctrl_c_is_an_answer(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, one, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(run_asked(p, destroy, "\003"), error_status(DVO_ECANCELED));
    shows("nothing deleted");
    assert_int_equal(stored(p, "things", "servers"), 1);
    assert_int_equal(run_asked(p, destroy, "\003\003"), error_status(DVO_ECANCELED));
    assert_int_equal(stored(p, "things", "servers"), 1);
    place_free(p);
}

/* It asks before anything of the plan is carried out. */
static void test_prune_asks(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, one, 1, -1);
    assert_int_equal(run_once(p, plain), 0); /* so "a" is servers-1 */
    write_plan(p, two, 2, -1);
    assert_int_equal(run_once(p, plain), 0);
    write_plan(p, one, 1, -1);
    delete_by_hand(p, "/servers/servers-1");
    assert_int_equal(run_asked(p, prune, "n\n"), 2);
    shows("  b  cloud.create\r\n" QUESTION);
    shows("nothing deleted");
    assert_int_equal(stored(p, "things", "servers"), 1);
    assert_int_equal(stored(p, "made", "servers"), 2);
    assert_int_equal(run_asked(p, prune, "\003"), error_status(DVO_ECANCELED));
    assert_int_equal(stored(p, "made", "servers"), 2);
    assert_int_equal(run_asked(p, prune, "yes\n"), 0);
    shows("1 deleted, 0 failed, 0 left");
    assert_int_equal(stored(p, "things", "servers"), 1);
    assert_int_equal(stored(p, "made", "servers"), 3);
    place_free(p);
}

/* Who is not asked is shown it all the same. */
static void test_prune_shows(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, two, 2, -1);
    assert_int_equal(run_once(p, plain), 0);
    write_plan(p, one, 1, -1);
    struct run_options options = {.prune = true, .preflight_only = true};
    assert_int_equal(run_asked(p, options, NULL), 0);
    shows("this is deleted, with everything on it:\r\n  b  cloud.create\r\n");
    assert_int_equal(stored(p, "things", "servers"), 2);
    options = (struct run_options){.prune = true, .yes = true};
    assert_int_equal(run_asked(p, options, NULL), 0);
    shows("this is deleted, with everything on it:\r\n  b  cloud.create\r\n");
    assert_int_equal(stored(p, "things", "servers"), 1);
    place_free(p);
}

static int forget_screen(void **state)
{
    (void)state;
    buf_free(&screen);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_destroy_asks),
        cmocka_unit_test(test_ctrl_c_is_an_answer),
        cmocka_unit_test(test_prune_asks),
        cmocka_unit_test(test_prune_shows),
    };
    return cmocka_run_group_tests_name(__FILE_NAME__, tests, NULL, forget_screen);
}
