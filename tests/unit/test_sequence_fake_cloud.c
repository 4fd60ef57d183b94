/* Sequences against a fake cloud, which is stateful and misbehaves as a test asks for: is
 * everything made exactly once, whatever happens? Processes are killed by this program's
 * own fdatasync() and send(), which stand in front of those of the C library. */
#include "unit.h"

#include "tree.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/digest.h"
#include "ir/base/file.h"
#include "runtime/run.h"

static unsigned syncs_left, sends_left; /* until this process is killed; 0: never */
/* Whether a POST must find all on the disk that was written to the state's log. */
static bool power_may_fail;
static atomic_uint log_written, log_synced;

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
    if (is_log(fd))
        log_written++;
    return syscall(SYS_pwrite64, fd, p, n, at);
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

/* --- a cloud and a plan
 * ------------------------------------------------------------------ */

struct place {
    char dir[64], db[96], store[96], err[96];
    pid_t cloud;
    int port;
};

#define LOOKUP(KIND, KEY)                                                                \
    "\"lookup\": [{\"path\": \"/" KIND "\", \"query\": {\"key\": \"" KEY "\"},"          \
    " \"batch\": \"key\", \"select\": {\"list\": \"/list\", \"where\": {\"/key\": "      \
    "\"" KEY "\"}}, \"extract\": {\"id\": \"/id\", \"args\": {\"pointer\": \"/args\","   \
    " \"default\": null}}}]"

#define SUB(NAME, KIND)                                                                  \
    "{\"name\": \"" NAME "\", \"lookup\": [{\"path\": \"/" KIND "\", \"select\":"        \
    " {\"list\": \"/list\", \"where\": {\"/key\": \"k:" NAME "\"}},"                     \
    " \"extract\": {\"" NAME "_id\": \"/id\"}}],"                                        \
    " \"create\": [{\"method\": \"POST\", \"path\": \"/" KIND "\","                      \
    " \"body\": {\"key\": \"k:" NAME "\"}, \"extract\": {\"" NAME "_id\": \"/id\"}}],"   \
    " \"delete\": [{\"method\": \"DELETE\", \"path\": {\"$text\": [\"/" KIND             \
    "/\", {\"$var\": \"" NAME "_id\"}]}}]}"

#define CALL(ID, ADDRESS, KEY, FLAVOR)                                                   \
    "{\"op\": " ID ", \"address\": \"" ADDRESS "\", \"key\": \"" KEY "\","               \
    " \"args\": {\"flavor\": \"" FLAVOR "\"}, \"needs\": {\"instances\": 1},"            \
    " \"places\": {\"flavor\": [1, 3, 9]}, \"sequences\": {" LOOKUP(                     \
        "servers",                                                                       \
        KEY) ","                                                                         \
             " \"resolve\": [{\"path\": \"/flavors\", \"cache\": true}],"                \
             " \"before\": [" BEFORE "], \"after\": [" AFTER "],"                        \
             " \"create\": [{\"method\": \"POST\", \"path\": \"/servers\", "             \
             "\"argument\":"                                                             \
             " \"flavor\", \"body\": {\"key\": \"" KEY "\", \"flavor\": \"" FLAVOR "\"," \
             " \"args\": \"{\\\"flavor\\\":\\\"" FLAVOR                                  \
             "\\\"}\"}, \"extract\": {\"id\": \"/id\"}}],"                               \
             " \"ready\": [{\"path\": {\"$text\": [\"/servers/\", {\"$var\": \"id\"}]}," \
             " \"poll\": {\"until\": {\"pointer\": \"/status\", \"in\": [\"ACTIVE\"]},"  \
             " \"fail\": {\"pointer\": \"/status\", \"equals\": \"ERROR\", \"message\":" \
             " \"/fault\"}, \"interval\": 0.05}}],"                                      \
             " \"delete\": [{\"method\": \"DELETE\", \"path\": {\"$text\": "             \
             "[\"/servers/\","                                                           \
             " {\"$var\": \"id\"}]}}]}, \"result\": {\"id\": {\"$var\": \"id\"}}}"

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

/* More members of the ops in the plan. */
static const char *more[3] = {"", "", ""};

static void write_file(const struct place *p, const char *name, const char *text)
{
    char *path = path_join(p->dir, name);
    assert_true(file_replace(path, text, strlen(text), 0644));
    free(path);
}

static void write_plan(const struct place *p, const char *calls, unsigned n, int limit)
{
    struct buf text = {0}, plan = {0};
    char digest[DIGEST_TEXT_SIZE];
    buf_printf(&text,
               "{\"format\": \"dvo-calls/2\", \"provider\": {\"name\": \"fake\","
               " \"transport\": {\"base\": \"http://127.0.0.1:%d\"},"
               " \"words\": [\"/error/message\"],"
               " \"quotas\": {\"instances\": {\"title\": \"servers\", \"limit\": %d,"
               " \"used\": {\"$var\": \"used\"}, \"steps\": [{\"path\": \"/limits\","
               " \"extract\": {\"used\": \"/used\"}}]}},"
               " \"errors\": [{\"body\": \"no valid host\", \"code\": \"EAGAIN\"},"
               " {\"status\": 409, \"code\": \"EBUSY\"}]},"
               " \"calls\": [%s]}",
               p->port, limit, calls);
    write_file(p, "api/calls.json", buf_text(&text));
    digest_text(buf_text(&text), text.len, digest);
    buf_printf(&plan,
               "{\"format\": \"dvo-plan/2\", \"program\": \"p.dvo\", \"project\": \"p\","
               " \"program_dir\": \".\", \"artefacts\": {\"api/calls.json\": \"%s\"},"
               " \"files\": [\"p.dvo\"], \"lines\": [[0, 1, \"create(\"],"
               " [0, 2, \"  flavor='x')\"]], \"ops\": [",
               digest);
    for (unsigned i = 1; i <= n; i++)
        buf_printf(&plan,
                   "%s{\"id\": %u, \"address\": \"%c\", \"call\": \"cloud.create\","
                   " \"do\": \"calls\", \"at\": [0, 1, 7], \"retries\": 6%s}",
                   i > 1 ? ", " : "", i, 'a' + (int)i - 1, more[i - 1]);
    buf_str(&plan, "]}");
    write_file(p, "plan.json", buf_text(&plan));
    buf_free(&text);
    buf_free(&plan);
}

static void cloud_start(struct place *p, const char *mode)
{
    int out[2];
    char line[32] = "";
    assert_int_equal(pipe(out), 0);
    p->cloud = fork();
    if (!p->cloud) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
        dup2(out[1], STDOUT_FILENO);
        execlp("python3", "python3", "tests/unit/fake_cloud.py", p->store, mode, NULL);
        _exit(127);
    }
    close(out[1]);
    assert_true(read(out[0], line, sizeof line - 1) > 0);
    close(out[0]);
    p->port = atoi(line);
}

static struct place *place_make(const char *mode)
{
    struct place *p = xcalloc(1, sizeof *p);
    snprintf(p->dir, sizeof p->dir, "/tmp/dvo-test-sequence-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->db, sizeof p->db, "%s/p.db", p->dir);
    snprintf(p->store, sizeof p->store, "%s/store", p->dir);
    snprintf(p->err, sizeof p->err, "%s/err", p->dir);
    char *api = path_join(p->dir, "api");
    assert_int_equal(mkdir(api, 0755), 0);
    free(api);
    cloud_start(p, mode);
    return p;
}

static void place_free(struct place *p)
{
    kill(p->cloud, SIGKILL);
    waitpid(p->cloud, NULL, 0);
    assert_int_equal(tree_remove(p->dir), 0);
    free(p);
}

/* Returns the status of waitpid(). */
static int run_raw(const struct place *p, struct run_options options, unsigned syncs,
                   unsigned sends)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        char *message;
        int err = open(p->err, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        dup2(err, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        options.state = p->db;
        struct run_plan *loaded = plan_load(p->dir, NULL, &message);
        if (options.expect && loaded)
            options.expect = loaded->digest; /* whatever it is, it is approved */
        syncs_left = syncs;
        sends_left = sends;
        if (!loaded)
            fputs(message, stderr);
        _exit(loaded ? run_plan_carry_out(loaded, &options) : 99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int run_once(const struct place *p, struct run_options options)
{
    int status = run_raw(p, options, 0, 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void says(const struct place *p, const char *what)
{
    struct buf text = {0};
    assert_true(file_read(p->err, &text));
    if (!strstr(buf_text(&text), what))
        fail_msg("not said: %s, but:\n%s", what, buf_text(&text));
    buf_free(&text);
}

static unsigned stored(const struct place *p, const char *part, const char *kind)
{
    json_t *store = json_load_file(p->store, 0, NULL);
    const json_t *v = json_object_get(json_object_get(store, part), kind);
    unsigned n = (unsigned)(json_is_object(v) ? json_object_size(v)
                                              : (size_t)json_integer_value(v));
    json_decref(store);
    return n;
}

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
    assert_int_equal(run_once(p, (struct run_options){.destroy = true, .yes = true}), 0);
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
    assert_int_equal(run_once(p, (struct run_options){.destroy = true, .yes = true}), 0);
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
    more[1] = "";
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

static void lose_lists(const struct place *p, bool lost)
{
    char path[128];
    snprintf(path, sizeof path, "%s.lost", p->store);
    if (lost)
        assert_true(file_replace(path, "", 0, 0644));
    else
        unlink(path);
}

/* A list that is not there says nothing of what was in it. */
static void test_lost_list_is_no_absence(void **state)
{
    struct place *p = place_make("");
    (void)state;
    write_plan(p, whole, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    lose_lists(p, true);
    assert_int_equal(run_once(p, destroy), error_status(DVO_ENOENT));
    says(p, "0 deleted, 1 failed, 0 left");
    assert_int_equal(run_once(p, plain), error_status(DVO_ENOENT));
    things_are(p, 1);
    assert_int_equal(stored(p, "made", "servers"), 1);
    lose_lists(p, false);
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
    lose_lists(p, false);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(stored(p, "made", "servers"), 1);
    assert_int_equal(run_once(p, destroy), 0);
    says(p, "1 deleted, 0 failed, 0 left");
    assert_int_equal(stored(p, "things", "servers"), 0);
    place_free(p);
}

static void delete_by_hand(const struct place *p, const char *path)
{
    struct buf command = {0};
    buf_printf(&command, "curl -sf -X DELETE http://127.0.0.1:%d%s", p->port, path);
    assert_int_equal(system(buf_text(&command)), 0);
    buf_free(&command);
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
    more[1] = "";
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
    more[0] = "";
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
    more[1] = "";
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
    lose_lists(p, true);
    assert_int_equal(run_once(p, status), error_status(DVO_ENOENT));
    says(p, "not known       a");
    lose_lists(p, false);
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

/* A deletion that is killed at its n-th call, for every n, and asked for again. */
static void test_destroy_killed_at_each_call(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 100; n++) {
        struct place *p = place_make("");
        more[1] = ", \"data\": [1]";
        write_plan(p, pair, 2, -1);
        more[1] = "";
        assert_int_equal(run_once(p, plain), 0);
        int status = run_raw(p, destroy, 0, n);
        assert_int_equal(run_once(p, destroy), 0);
        assert_int_equal(stored(p, "things", "servers"), 0);
        assert_int_equal(stored(p, "things", "links"), 0);
        place_free(p);
        if (WIFEXITED(status)) {
            assert_true(n > 4);
            return;
        }
    }
    fail_msg("it never came to an end");
}

/* Killed at the n-th moment, for every n, and run again. */
static void killed(bool syncs)
{
    for (unsigned n = 1; n < 100; n++) {
        struct place *p = place_make("");
        write_plan(p, whole, 1, -1);
        int status = run_raw(p, plain, syncs ? n : 0, syncs ? 0 : n);
        bool over = WIFEXITED(status);
        assert_int_equal(run_once(p, plain), 0);
        things_are(p, 1);
        assert_int_equal(run_once(p, (struct run_options){.destroy = true, .yes = true}),
                         0);
        things_are(p, 0);
        place_free(p);
        if (over) {
            assert_true(n > 4); /* it was killed at all */
            return;
        }
    }
    fail_msg("it never came to an end");
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
        cmocka_unit_test(test_lost_answer_of_a_cloud_that_went_away),
        cmocka_unit_test(test_partial_absence),
        cmocka_unit_test(test_data_is_kept),
        cmocka_unit_test(test_protected),
        cmocka_unit_test(test_adopted_is_kept),
        cmocka_unit_test(test_pruned),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_status_asks_together),
        cmocka_unit_test(test_destroy_killed_at_each_call),
        cmocka_unit_test(test_killed_at_each_write),
        cmocka_unit_test(test_killed_at_each_call),
    };
    return RUN_TESTS(tests);
}
