/* Sequences against a fake cloud, which is stateful and misbehaves as a test asks for: is
 * everything made exactly once, whatever happens? Processes are killed by this program's
 * own fdatasync() and send(), which stand in front of those of the C library. */
#include "fake_cloud.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

static unsigned syncs_left, sends_left; /* until this process is killed; 0: never */
/* Whether a POST must find all on the disk that was written to the state's log. */
static bool power_may_fail;
static atomic_uint log_written, log_synced;
static unsigned room; /* writes to that log until the disk is full; 0: it never is */

static unsigned syncs, sends; /* what the former are in the process of a run */

/* Of the time that goes by: 0 and 1 are the usual one. */
static unsigned speed;

int clock_gettime(clockid_t clock, struct timespec *t)
{
    int result = (int)syscall(SYS_clock_gettime, clock, t);
    if (speed > 1 && clock == CLOCK_MONOTONIC) {
        int64_t ns = ((int64_t)t->tv_sec * 1000000000 + t->tv_nsec) * speed;
        t->tv_sec = ns / 1000000000;
        t->tv_nsec = ns % 1000000000;
    }
    return result;
}

static void count_from_here(void)
{
    syncs_left = syncs;
    sends_left = sends;
}

static void count_down(unsigned *left)
{
    if (*left && --*left == 0)
        kill(getpid(), SIGKILL);
}

static bool is_log(int fd)
{
    char name[64], path[256];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(name, path, sizeof path);
    return len > 4 && !memcmp(path + len - 4, "-wal", 4);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    bool log = is_log(fd);
    if (log && room && log_written >= room) {
        errno = ENOSPC;
        return -1;
    }
    ssize_t result = syscall(SYS_pwrite64, fd, p, n, at);
    if (log) {
        log_written++;
        count_down(&syncs_left);
    }
    return result;
}

int fdatasync(int fd)
{
    unsigned written = log_written;
    if (power_may_fail)
        usleep(100000); /* a disk that has more to do */
    int result = (int)syscall(SYS_fdatasync, fd);
    if (is_log(fd))
        log_synced = written;
    count_down(&syncs_left);
    return result;
}

int fsync(int fd)
{
    int result = (int)syscall(SYS_fsync, fd);
    count_down(&syncs_left);
    return result;
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
    if (power_may_fail && n > 5 && !memcmp(p, "POST ", 5) && log_synced != log_written)
        abort();
    ssize_t sent = syscall(SYS_sendto, fd, p, n, flags, NULL, 0);
    count_down(&sends_left);
    return sent;
}

/* --- plans -----------------------------------------------------------------------------
 */

#define BEFORE SUB("port", "ports")
#define AFTER SUB("ip", "ips")
static const char whole[] = CALL("1", "a", "k:a", "small");
static const char bigger[] = CALL("1", "a", "k:a", "large");
static const char wrong[] = CALL("1", "a", "k:a", "huge");
#undef BEFORE
#undef AFTER
#define BEFORE
#define AFTER
static const char three[] = CALL("1", "a", "k:a", "small") "," CALL(
    "2", "b", "k:b", "small") "," CALL("3", "c", "k:c", "small");

static const char alone[] = CALL("1", "a", "k:a", "small");
/* "b" is made with the id of "a", and is found in its list only. */
static const char pair[] = CALL(
    "1", "a", "k:a",
    "small") ","
             "{\"op\": 2, \"address\": \"b\", \"key\": \"k:b\", \"args\": {}, \"facts\":"
             " {\"of\": [{\"$ref\": [1, \"id\"]}, {\"$var\": \"uses\"}]}, \"sequences\": "
             "{"
             " \"lookup\": [{\"path\": \"/links\", \"query\": {\"key\": \"k:b\"},"
             " \"select\": {\"list\": \"/list\", \"where\": {\"/uses\": {\"$ref\": [1, "
             "\"id\"]}}},"
             " \"extract\": {\"id\": \"/id\", \"uses\": \"/uses\"}}],"
             " \"create\": [{\"method\": \"POST\", \"path\": \"/links\", \"body\": "
             "{\"key\":"
             " \"k:b\", \"uses\": {\"$ref\": [1, \"id\"]}}, \"extract\": {\"id\": "
             "\"/id\"}}],"
             " \"delete\": [{\"method\": \"DELETE\", \"path\": {\"$text\": [\"/links/\","
             " {\"$var\": \"id\"}]}}]}, \"result\": {\"id\": {\"$var\": \"id\"}}}";

static void things_are(const struct place *p, unsigned n)
{
    assert_int_equal(stored(p, "things", "servers"), n);
    assert_int_equal(stored(p, "things", "ports"), n);
    assert_int_equal(stored(p, "things", "ips"), n);
}

/* --- tests -----------------------------------------------------------------------------
 */

static const struct run_options plain;
static const struct run_options destroy = {.destroy = true, .yes = true};

static void test_made_and_deleted(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, whole, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    says(p, "1 changed");
    things_are(p, 1);
    assert_int_equal(run_once(p, plain), 0);
    says(p, "nothing changed");
    things_are(p, 1);
    assert_int_equal(run_once(p, destroy), 0);
    things_are(p, 0);
    place_free(p);
}

static void test_intents_outlive_a_power_failure(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, whole, 1, -1);
    power_may_fail = true;
    assert_int_equal(run_once(p, plain), 0);
    power_may_fail = false;
    things_are(p, 1);
    place_free(p);
}

static void test_replaced(void **state)
{
    struct place *p = place_make("");
    const char *address = "a";
    (void)state;
    write_plan(p, whole, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    write_plan(p, bigger, 1, -1);
    assert_int_equal(run_once(p, plain), error_status(DVO_EEXIST));
    says(p, "flavor was small, the program says large");
    says(p, "--replace a");
    says(p, "p.dvo:2:3: a: EEXIST");
    struct run_options replace = {.replace = &address, .nreplace = 1};
    assert_int_equal(run_once(p, replace), 0);
    things_are(p, 1);
    assert_int_equal(stored(p, "made", "servers"), 2);
    place_free(p);
}

static void test_adopted_by_its_label(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, whole, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    unlink(p->db);
    assert_int_equal(run_once(p, plain), 0);
    says(p, "nothing changed");
    assert_int_equal(run_once(p, destroy), 0);
    things_are(p, 1); /* what was found is not ours to delete */
    unlink(p->db);
    write_plan(p, bigger, 1, -1);
    assert_int_equal(run_once(p, plain), error_status(DVO_EEXIST));
    place_free(p);
}

static void test_argument_pointed_at(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, wrong, 1, -1);
    assert_int_equal(run_once(p, plain), error_status(DVO_EINVAL));
    says(p, "p.dvo:2:3: a: EINVAL");
    says(p, "Flavor huge is unknown");
    place_free(p);
}

static void lost_answer(const char *mode)
{
    struct place *p = place_make(mode);
    write_plan(p, whole, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    things_are(p, 1);
    assert_int_equal(stored(p, "made", "servers"), 1);
    place_free(p);
}

static void test_lost_answer(void **state)
{
    (void)state;
    lost_answer("lost");
}

static void test_made_after_the_connection_broke(void **state)
{
    (void)state;
    lost_answer("late");
}

static void test_broken_thing_deleted(void **state)
{
    struct place *p = place_make("broken");
    (void)state;
    write_plan(p, three, 3, -1);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(stored(p, "things", "servers"), 3);
    assert_int_equal(stored(p, "made", "servers"), 4);
    place_free(p);
}

static void test_asked_once(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, three, 3, -1);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(stored(p, "asked", "GET /flavors"), 1);
    assert_int_equal(stored(p, "asked", "GET /servers"), 1);
    place_free(p);
}

/* Who wants to ask for the same while a list is under way waits for one more, together.
 */
static void test_slow_lists_are_asked_together(void **state)
{
    struct place *p = place_make("slow");
    (void)state;
    write_plan(p, three, 3, -1);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(stored(p, "asked", "GET /servers"), 1);
    assert_int_equal(run_once(p, destroy), 0);
    assert_int_equal(stored(p, "asked", "GET /servers"), 4);
    place_free(p);
}

static void test_preflight_quota(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, three, 3, 2);
    assert_int_equal(run_once(p, plain), error_status(DVO_EQUOTA));
    says(p, "the plan needs 3 servers, and the quota has room for 2");
    says(p, "c: EQUOTA");
    assert_int_equal(stored(p, "things", "servers"), 0);
    write_plan(p, three, 3, 3);
    struct run_options only = {.preflight_only = true};
    assert_int_equal(run_once(p, only), 0);
    says(p, "3 calls checked: 0 things exist, 3 are to be made; 1 quotas have room");
    assert_int_equal(stored(p, "things", "servers"), 0);
    place_free(p);
}

/* What has no call any more goes all the same, in the order of its needs. */
static void test_destroyed_without_its_program(void **state)
{
    struct place *p = place_make("");
    (void)state;
    more[1] = ", \"data\": [1]";
    write_plan(p, pair, 2, -1);
    more[1] = NULL;
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(stored(p, "things", "links"), 1);
    write_plan(p, "", 0, -1);
    assert_int_equal(run_once(p, destroy), 0);
    says(p, "2 deleted, 0 failed, 0 left");
    assert_int_equal(stored(p, "things", "links"), 0);
    assert_int_equal(stored(p, "things", "servers"), 0);
    assert_int_equal(stored(p, "asked", "DELETE /servers/servers-1"), 1);
    assert_int_equal(run_once(p, destroy), 0);
    says(p, "nothing to destroy");
    place_free(p);
}

/* A list that is not there says nothing of what was in it. */
static void test_lost_list_is_no_absence(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, whole, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    cloud_note(p, "lost", true);
    assert_int_equal(run_once(p, destroy), error_status(DVO_ENOENT));
    says(p, "0 deleted, 1 failed, 0 left");
    assert_int_equal(run_once(p, plain), error_status(DVO_ENOENT));
    things_are(p, 1);
    assert_int_equal(stored(p, "made", "servers"), 1);
    cloud_note(p, "lost", false);
    assert_int_equal(run_once(p, destroy), 0);
    things_are(p, 0);
    place_free(p);
}

/* What a call made whose answer never came is of this state, though the cloud could not
 * be asked at once. */
static void test_lost_answer_of_a_cloud_that_went_away(void **state)
{
    struct place *p = place_make("away");
    (void)state;
    write_plan(p, alone, 1, -1);
    assert_int_equal(run_once(p, plain), error_status(DVO_ENOENT));
    cloud_note(p, "lost", false);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(stored(p, "made", "servers"), 1);
    assert_int_equal(run_once(p, destroy), 0);
    says(p, "1 deleted, 0 failed, 0 left");
    assert_int_equal(stored(p, "things", "servers"), 0);
    place_free(p);
}

/* While it is waited for, the cloud may be away for a while, but not for ever. */
static void test_outage_while_waiting(void **state)
{
    struct place *p = place_make("");
    (void)state;
    cloud_note(p, "out", true);
    write_plan(p, alone, 1, -1);
    speed = 40;
    assert_int_equal(run_once(p, plain), error_status(DVO_EAGAIN));
    speed = 0;
    says(p, "no good answer for 300 seconds; the last one: GET /servers/servers-1 was "
            "answered with 503");
    pid_t pid = run_start(p, plain);
    until_asked(p, "GET /servers/servers-1");
    usleep(500000);
    cloud_note(p, "out", false);
    assert_int_equal(run_wait_for(pid), 0);
    assert_int_equal(stored(p, "made", "servers"), 1);
    assert_int_equal(run_once(p, destroy), 0);
    assert_int_equal(stored(p, "things", "servers"), 0);
    place_free(p);
}

/* Found by a path that names it. */
static const char named[] =
    "{\"op\": 1, \"address\": \"a\", \"key\": \"k:a\", \"args\": {}, \"sequences\": {"
    " \"lookup\": [{\"path\": \"/names/names-1\", \"extract\": {\"id\": \"/id\"}}],"
    " \"create\": [{\"method\": \"POST\", \"path\": \"/names\", \"body\": {},"
    " \"extract\": {\"id\": \"/id\"}}],"
    " \"delete\": [{\"method\": \"DELETE\", \"path\": \"/names/names-1\"}]},"
    " \"result\": {\"id\": {\"$var\": \"id\"}}}";

/* Nor does it say anything of a thing if some other server says 404. */
static void test_foreign_answer_is_no_absence(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, named, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    cloud_note(p, "lost", true);
    assert_int_equal(run_once(p, destroy), error_status(DVO_ENOENT));
    says(p, "0 deleted, 1 failed, 0 left");
    assert_int_equal(run_once(p, plain), error_status(DVO_ENOENT));
    says(p, "GET /names/names-1 was answered with 404");
    assert_int_equal(run_once(p, (struct run_options){.status = true}),
                     error_status(DVO_ENOENT));
    says(p, "not known       a");
    assert_int_equal(stored(p, "made", "names"), 1);
    cloud_note(p, "lost", false);
    assert_int_equal(run_once(p, destroy), 0);
    assert_int_equal(stored(p, "things", "names"), 0);
    place_free(p);
}

/* Found in a list, and by its id. */
static const char sure[] =
    "{\"op\": 1, \"address\": \"a\", \"key\": \"k:a\", \"args\": {}, \"sequences\": "
    "{" LOOKUP(
        "servers",
        "k:a") ","
               " \"known\": [{\"path\": {\"$text\": [\"/servers/\", {\"$var\": "
               "\"id\"}]}}],"
               " \"after\": [" SUB(
                   "ip",
                   "ips") "],"
                          " \"create\": [{\"method\": \"POST\", \"path\": \"/servers\", "
                          "\"body\":"
                          " {\"key\": \"k:a\"}, \"extract\": {\"id\": \"/id\"}}],"
                          " \"delete\": [{\"method\": \"DELETE\", \"path\": {\"$text\": "
                          "[\"/servers/\","
                          " {\"$var\": \"id\"}]}}]}, \"result\": {\"id\": {\"$var\": "
                          "\"id\"}}}";

/* A service may leave out of a list what it cannot reach itself. */
static void test_short_list_is_no_absence(void **state)
{
    struct place *p = place_make("");
    const struct run_options look = {.status = true};
    (void)state;
    more[1] = ", \"retries\": 1";
    write_plan(p, sure, 1, -1);
    more[1] = NULL;
    assert_int_equal(run_once(p, plain), 0);
    cloud_note(p, "bare", true);
    assert_int_equal(run_once(p, plain), error_status(DVO_EREMOTE));
    says(p, "what has the id \"servers-1\" is there, but no list shows it with its key");
    assert_int_equal(run_once(p, look), error_status(DVO_EREMOTE));
    says(p, "not known       a");
    assert_int_equal(run_once(p, destroy), error_status(DVO_EREMOTE));
    says(p, "0 deleted, 1 failed, 0 left");
    assert_int_equal(stored(p, "made", "servers"), 1);
    pid_t pid = run_start(p, destroy);
    until_asked(p, "GET /servers/servers-1");
    cloud_note(p, "bare", false);
    assert_int_equal(run_wait_for(pid), 0);
    assert_int_equal(stored(p, "things", "servers"), 0);
    place_free(p);
}

/* What its id does not find, either, is gone. */
static void test_gone_by_its_id(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, sure, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    delete_by_hand(p, "/servers/servers-1");
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(stored(p, "made", "servers"), 2);
    delete_by_hand(p, "/servers/servers-2");
    assert_int_equal(run_once(p, destroy), 0);
    says(p, "1 deleted, 0 failed, 0 left");
    assert_true(stored(p, "asked", "GET /servers/servers-2"));
    assert_int_equal(stored(p, "things", "ips"), 0);
    place_free(p);
}

static void test_partial_absence(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, whole, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    delete_by_hand(p, "/servers/servers-1");
    assert_int_equal(run_once(p, destroy), 0);
    assert_int_equal(stored(p, "things", "ports"), 0);
    place_free(p);
}

/* Data stays, and what it needs. */
static void test_data_is_kept(void **state)
{
    struct place *p = place_make("");
    struct run_options with_data = destroy;
    (void)state;
    with_data.with_data = true;
    more[1] = ", \"data\": [1], \"holds_data\": true";
    write_plan(p, pair, 2, -1);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(run_once(p, destroy), 0);
    says(p, "kept     b: it holds data (--with-data deletes it, too)");
    says(p, "kept     a: b needs it");
    says(p, "0 deleted, 0 failed, 2 left");
    assert_int_equal(stored(p, "things", "links"), 1);
    more[1] = NULL;
    write_plan(p, "", 0, -1);
    assert_int_equal(run_once(p, with_data), 0);
    says(p, "2 deleted, 0 failed, 0 left");
    assert_int_equal(stored(p, "things", "links"), 0);
    place_free(p);
}

static void test_protected(void **state)
{
    struct place *p = place_make("");
    const char *address = "a";
    (void)state;
    more[0] = ", \"protect\": true";
    write_plan(p, three, 3, -1);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(run_once(p, destroy), error_status(DVO_EPERM));
    says(p, "a: EPERM: it is protected: nothing was deleted");
    struct run_options replace = {.replace = &address, .nreplace = 1};
    assert_int_equal(run_once(p, replace), error_status(DVO_EPERM));
    write_plan(p, "", 0, -1);
    assert_int_equal(run_once(p, destroy), error_status(DVO_EPERM));
    assert_int_equal(stored(p, "things", "servers"), 3);
    more[0] = NULL;
    write_plan(p, three, 3, -1);
    assert_int_equal(run_once(p, destroy), 0);
    says(p, "3 deleted, 0 failed, 0 left");
    place_free(p);
}

static void test_adopted_is_kept(void **state)
{
    struct place *p = place_make("");
    struct run_options adopted = destroy;
    (void)state;
    adopted.adopted = true;
    write_plan(p, whole, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    unlink(p->db);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(run_once(p, destroy), 0);
    says(p, "kept     a: it was found, not made (--adopted deletes it, too)");
    things_are(p, 1);
    assert_int_equal(run_once(p, adopted), 0);
    things_are(p, 0);
    place_free(p);
}

/* What has no call any more is told, then deleted, if that was approved. */
static void test_pruned(void **state)
{
    struct place *p = place_make("");
    struct run_options prune = {.prune = true},
                       approved = {.prune = true, .expect = "yes"};
    (void)state;
    more[1] = ", \"data\": [1]";
    write_plan(p, pair, 2, -1);
    more[1] = NULL;
    assert_int_equal(run_once(p, plain), 0);
    write_plan(p, alone, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    says(p, "b is left over, its call is gone: dvoc run --prune deletes it");
    assert_int_equal(run_once(p, prune), 2);
    says(p, "nobody can be asked here; --expect sha256:");
    assert_int_equal(stored(p, "things", "links"), 1);
    assert_int_equal(run_once(p, approved), 0);
    says(p, "  b  cloud.create\n");
    says(p, "1 deleted, 0 failed, 0 left");
    assert_int_equal(stored(p, "things", "links"), 0);
    assert_int_equal(stored(p, "things", "servers"), 1);
    assert_int_equal(run_once(p, approved), 0);
    place_free(p);
}

static void test_status(void **state)
{
    struct place *p = place_make("");
    struct run_options status = {.status = true};
    (void)state;
    write_plan(p, whole, 1, -1);
    assert_int_equal(run_once(p, status), error_status(DVO_ENOENT));
    assert_int_equal(access(p->db, F_OK), -1);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(run_once(p, status), 0);
    says(p, "same            a");
    write_plan(p, three, 3, -1);
    assert_int_equal(run_once(p, status), 0);
    says(p, "not created yet b");
    says(p, "1 same, 0 drifted, 2 not created yet, 0 left over");
    delete_by_hand(p, "/ports/ports-1");
    assert_int_equal(run_once(p, status), error_status(DVO_EPOSTCOND));
    says(p, "changed         a: port is gone");
    delete_by_hand(p, "/servers/servers-1");
    assert_int_equal(run_once(p, status), error_status(DVO_EPOSTCOND));
    says(p, "gone            a");
    cloud_note(p, "lost", true);
    assert_int_equal(run_once(p, status), error_status(DVO_ENOENT));
    says(p, "not known       a");
    cloud_note(p, "lost", false);
    write_plan(p, "", 0, -1);
    assert_int_equal(run_once(p, status), 0);
    says(p, "left over       a: its call is gone, and so is the thing");
    place_free(p);
}

/* Of many things the lists are asked for together. */
static void test_status_asks_together(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, three, 3, -1);
    assert_int_equal(run_once(p, plain), 0);
    unsigned before = stored(p, "asked", "GET /servers");
    assert_int_equal(run_once(p, (struct run_options){.status = true}), 0);
    says(p, "3 same, 0 drifted");
    assert_int_equal(stored(p, "asked", "GET /servers"), before + 1);
    place_free(p);
}

/* Whether it was killed, at its n-th write or call, before it came to its end. */
static bool run_killed(const struct place *p, struct run_options options, unsigned writes,
                       unsigned calls)
{
    int status;
    syncs = writes;
    sends = calls;
    run_prepare = count_from_here;
    pid_t pid = run_start(p, options);
    run_prepare = NULL;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return !WIFEXITED(status);
}

/* A place for each moment at which something happens to its run. What comes after it is
 * mostly waiting, so they wait together. */
#define MOMENTS 100

struct moments {
    struct place *v[MOMENTS];
    unsigned n;
};

static struct place *moment_make(struct moments *m, const char *calls, unsigned ops)
{
    assert_true(m->n < MOMENTS);
    struct place *p = m->v[m->n++] = place_make("");
    write_plan(p, calls, ops, -1);
    return p;
}

static void moments_run(const struct moments *m, struct run_options options)
{
    pid_t runs[MOMENTS];
    for (unsigned i = 0; i < m->n; i++)
        runs[i] = run_start(m->v[i], options);
    for (unsigned i = 0; i < m->n; i++)
        assert_int_equal(run_wait_for(runs[i]), 0);
}

static void moments_have(const struct moments *m, unsigned things)
{
    for (unsigned i = 0; i < m->n; i++)
        things_are(m->v[i], things);
}

static void moments_free(struct moments *m)
{
    assert_true(m->n > 4); /* it happened at all */
    for (unsigned i = 0; i < m->n; i++)
        place_free(m->v[i]);
}

/* A deletion that is killed at its n-th call, for every n, and asked for again. */
static void test_destroy_killed_at_each_call(void **state)
{
    struct moments m = {0};
    bool over = false;
    (void)state;
    while (!over) {
        more[1] = ", \"data\": [1]";
        struct place *p = moment_make(&m, pair, 2);
        more[1] = NULL;
        assert_int_equal(run_once(p, plain), 0);
        over = !run_killed(p, destroy, 0, m.n);
    }
    moments_run(&m, destroy);
    for (unsigned i = 0; i < m.n; i++) {
        assert_int_equal(stored(m.v[i], "things", "servers"), 0);
        assert_int_equal(stored(m.v[i], "things", "links"), 0);
    }
    moments_free(&m);
}

/* Everything is there once, and can be deleted. */
static void moments_come_to_good(struct moments *m)
{
    moments_run(m, plain);
    moments_have(m, 1);
    for (unsigned i = 0; i < m->n; i++)
        assert_int_equal(stored(m->v[i], "made", "servers"), 1);
    moments_run(m, destroy);
    moments_have(m, 0);
    moments_free(m);
}

/* Killed at the n-th moment, for every n, and run again. */
static void killed(bool writes)
{
    struct moments m = {0};
    bool over = false;
    while (!over) {
        struct place *p = moment_make(&m, whole, 1);
        over = !run_killed(p, plain, writes ? m.n : 0, writes ? 0 : m.n);
    }
    moments_come_to_good(&m);
}

/* The disk is full from some write on, wherever that is; then there is room again. */
static void test_full_disk(void **state)
{
    struct moments m = {0};
    int status = -1;
    (void)state;
    while (status) {
        struct place *p = moment_make(&m, whole, 1);
        room = 3 * m.n - 2;
        time_t begin = time(NULL);
        status = run_once(p, plain);
        assert_true(time(NULL) - begin < 8); /* it waits for nothing any more */
        room = 0;
        assert_true(status == 0 || status == error_status(DVO_ENOSPC));
        if (status)
            says(p, "cannot be used: database or disk is full");
    }
    assert_true(3 * m.n - 2 > 20);
    moments_come_to_good(&m);
}

static void test_killed_at_each_write(void **state)
{
    (void)state;
    killed(true);
}

static void test_killed_at_each_call(void **state)
{
    (void)state;
    killed(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_and_deleted),
        cmocka_unit_test(test_intents_outlive_a_power_failure),
        cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_adopted_by_its_label),
        cmocka_unit_test(test_argument_pointed_at),
        cmocka_unit_test(test_lost_answer),
        cmocka_unit_test(test_made_after_the_connection_broke),
        cmocka_unit_test(test_broken_thing_deleted),
        cmocka_unit_test(test_asked_once),
        cmocka_unit_test(test_slow_lists_are_asked_together),
        cmocka_unit_test(test_preflight_quota),
        cmocka_unit_test(test_destroyed_without_its_program),
        cmocka_unit_test(test_lost_list_is_no_absence),
        cmocka_unit_test(test_foreign_answer_is_no_absence),
        cmocka_unit_test(test_lost_answer_of_a_cloud_that_went_away),
        cmocka_unit_test(test_outage_while_waiting),
        cmocka_unit_test(test_short_list_is_no_absence),
        cmocka_unit_test(test_gone_by_its_id),
        cmocka_unit_test(test_partial_absence),
        cmocka_unit_test(test_data_is_kept),
        cmocka_unit_test(test_protected),
        cmocka_unit_test(test_adopted_is_kept),
        cmocka_unit_test(test_pruned),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_status_asks_together),
        cmocka_unit_test(test_destroy_killed_at_each_call),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_killed_at_each_write),
        cmocka_unit_test(test_killed_at_each_call),
    };
    return RUN_TESTS(tests);
}
