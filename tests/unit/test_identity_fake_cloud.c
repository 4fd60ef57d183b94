/* Logins that lead to another project than the one that the state has its things in. What
 * stands for the user's clouds.yaml is a service that prints where the cloud is. */
#include "fake_cloud.h"

#include <sqlite3.h>

#define BEFORE
#define AFTER
static const char one[] = CALL("1", "a", "k:a", "small");
static const char two[] =
    CALL("1", "a", "k:a", "small") "," CALL("2", "b", "k:b", "small");

/* It is only looked for. */
static const char found[] =
    "{\"op\": 1, \"address\": \"a\", \"key\": \"k:a\", \"args\": {}, \"sequences\": "
    "{" LOOKUP("servers", "k:a") "}, \"result\": {\"id\": {\"$var\": \"id\"}}}";

#define WAY(CLOUD)                                                                       \
    "\"driver\": \"fake\", \"cloud\": \"" CLOUD "\", \"service\": \"where.sh\","         \
    " \"transport\": {\"base\": {\"$provider\": \"url\"}}, \"services\": {\"door\":"     \
    " {\"endpoint\": {\"$provider\": \"url\"}, \"session\": false}}, \"session\":"       \
    " {\"steps\": [{\"method\": \"POST\", \"service\": \"door\", \"path\": \"/login\","  \
    " \"body\": {}, \"expect\": [201], \"extract\": {\"session_token\": \"/token\","     \
    " \"project\": \"/project\"}}], \"headers\": {\"X-Token\":"                          \
    " {\"$provider\": \"session_token\"}}, \"identity\":"                                \
    " {\"project\": {\"$var\": \"project\"}}}"

static const struct run_options plain, destroy = {.destroy = true, .yes = true},
                                       status = {.status = true},
                                       preflight = {.preflight_only = true};
static const int refused = 14; /* EINVAL */

/* Two projects with a cloud each, and one state. */
struct pair {
    struct place *demo, tight;
};

/* The names lead to the cloud at `port` of this host. */
static void lead_to(const struct pair *p, const char *host, int port)
{
    struct buf text = {0};
    buf_printf(&text, "echo URL=http://%s:%d\necho CLOUD_NAME=mine\n", host, port);
    write_file(p->demo, "api/where.sh", buf_text(&text));
    buf_free(&text);
}

static struct pair pair_make(void)
{
    struct pair p = {.demo = place_make("demo")};
    p.demo->way = WAY("mine");
    p.tight = *p.demo;
    snprintf(p.tight.store, sizeof p.tight.store, "%s/tight", p.tight.dir);
    cloud_start(&p.tight, "tight");
    lead_to(&p, "127.0.0.1", p.demo->port);
    write_plan(p.demo, one, 1, -1);
    return p;
}

static void pair_free(struct pair *p)
{
    kill(p->tight.cloud, SIGKILL);
    waitpid(p->tight.cloud, NULL, 0);
    place_free(p->demo);
}

static void lead_to_tight(const struct pair *p)
{
    lead_to(p, "127.0.0.1", p->tight.port);
}

static void lead_to_demo(const struct pair *p)
{
    lead_to(p, "127.0.0.1", p->demo->port);
}

/* What is asked of a cloud that is refused, but for the login. */
static void nothing_asked(const struct place *cloud)
{
    json_t *store = json_load_file(cloud->store, 0, NULL);
    json_t *asked = json_object_get(store, "asked");
    json_object_del(asked, "POST /login");
    assert_int_equal(json_object_size(asked), 0);
    json_decref(store);
}

static void test_refused(void **state)
{
    static const struct run_options prune = {.prune = true, .yes = true};
    const struct run_options all[] = {plain, destroy, status, preflight, prune};
    struct pair p = pair_make();
    (void)state;
    assert_int_equal(run_once(p.demo, plain), 0);
    lead_to_tight(&p);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_int_equal(run_once(p.demo, all[i]), refused);
        says(p.demo, "the state has 1 thing in project demo; cloud mine now leads to "
                     "project tight");
        says(p.demo, "help: switch back to where the state has them");
        says(p.demo, "--state FILE");
        assert_int_equal(stored(&p.tight, "asked", "POST /login"), i + 1);
    }
    write_plan(p.demo, two, 2, -1);
    assert_int_equal(run_once(p.demo, plain), refused);
    nothing_asked(&p.tight);
    /* As the help says. */
    lead_to_demo(&p);
    assert_int_equal(run_once(p.demo, plain), 0);
    says(p.demo, "1 changed, 1 unchanged, 0 failed");
    assert_int_equal(run_once(p.demo, destroy), 0);
    says(p.demo, "2 deleted, 0 failed, 0 left");
    pair_free(&p);
}

static void test_asked_once(void **state)
{
    struct pair p = pair_make();
    (void)state;
    write_plan(p.demo, two, 2, -1);
    assert_int_equal(run_once(p.demo, plain), 0);
    assert_int_equal(stored(p.demo, "asked", "POST /login"), 1);
    lead_to_tight(&p);
    assert_int_equal(run_once(p.demo, destroy), refused);
    says(p.demo, "the state has 2 things in project demo");
    says(p.demo, "0 deleted, 0 failed, 2 left");
    nothing_asked(&p.tight);
    pair_free(&p);
}

static void test_other_names(void **state)
{
    struct pair p = pair_make();
    (void)state;
    write_plan(p.demo, two, 2, -1);
    assert_int_equal(run_once(p.demo, plain), 0);
    lead_to(&p, "localhost", p.demo->port);
    assert_int_equal(run_once(p.demo, plain), 0);
    says(p.demo, "0 changed, 2 unchanged");
    p.demo->way = WAY("same");
    write_plan(p.demo, two, 2, -1);
    const char *b = "b";
    assert_int_equal(run_once(p.demo, (struct run_options){.only = &b, .nonly = 1}), 0);
    says(p.demo, "0 changed, 1 unchanged");
    /* The other name is not known any more. */
    p.demo->way = WAY("third");
    lead_to_tight(&p);
    write_plan(p.demo, two, 2, -1);
    assert_int_equal(run_once(p.demo, plain), refused);
    says(p.demo,
         "a: EINVAL: the state has it at the provider fake (driver fake, cloud same); "
         "the program now goes to fake (driver fake, cloud third)");
    says(p.demo,
         "2 of the plan's operations cannot be carried out. Nothing was changed.");
    nothing_asked(&p.tight);
    lead_to_demo(&p);
    assert_int_equal(run_once(p.demo, destroy), 0);
    says(p.demo, "2 deleted, 0 failed, 0 left");
    assert_int_equal(stored(p.demo, "made", "servers"), 2);
    pair_free(&p);
}

static void test_nothing_left(void **state)
{
    struct pair p = pair_make();
    (void)state;
    assert_int_equal(run_once(p.demo, plain), 0);
    assert_int_equal(run_once(p.demo, destroy), 0);
    lead_to_tight(&p);
    assert_int_equal(run_once(p.demo, plain), 0);
    assert_int_equal(stored(&p.tight, "things", "servers"), 1);
    lead_to_demo(&p);
    assert_int_equal(run_once(p.demo, plain), refused);
    says(p.demo, "in project tight; cloud mine now leads to project demo");
    pair_free(&p);
}

/* What was only looked for is looked for anew. */
static void test_found_only(void **state)
{
    struct pair p = pair_make();
    (void)state;
    assert_int_equal(run_once(p.demo, plain), 0);
    unlink(p.demo->db);
    lead_to_tight(&p);
    assert_int_equal(run_once(p.demo, plain), 0);
    unlink(p.demo->db);
    write_plan(p.demo, found, 1, -1);
    assert_int_equal(run_once(p.demo, plain), 0);
    lead_to_demo(&p);
    assert_int_equal(run_once(p.demo, plain), 0);
    pair_free(&p);
}

/* A state of a version that did not know. */
static void forget_identity(const struct pair *p)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(p->demo->db, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE providers SET identity = NULL", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
}

static void test_older_state(void **state)
{
    struct pair p = pair_make();
    (void)state;
    assert_int_equal(run_once(p.demo, plain), 0);
    forget_identity(&p);
    lead_to_tight(&p);
    assert_int_equal(run_once(p.demo, preflight), 0); /* who only looks decides nothing */
    lead_to_demo(&p);
    assert_int_equal(run_once(p.demo, plain), 0);
    lead_to_tight(&p);
    assert_int_equal(run_once(p.demo, plain), refused);
    forget_identity(&p);
    lead_to_demo(&p);
    assert_int_equal(run_once(p.demo, status), 0);
    assert_int_equal(run_once(p.demo, destroy), 0);
    assert_int_equal(stored(p.demo, "things", "servers"), 0);
    pair_free(&p);
}

/* A login in the middle of a run leads elsewhere. */
static void test_expired(void **state)
{
    struct pair p = pair_make();
    (void)state;
    cloud_note(p.demo, "expired", true);
    assert_int_equal(run_once(p.demo, plain), refused);
    says(p.demo, "in project demo; cloud mine now leads to project moved");
    assert_int_equal(stored(p.demo, "asked", "POST /login"), 2);
    assert_int_equal(stored(p.demo, "asked", "POST /servers"), 1);
    cloud_note(p.demo, "moved", false);
    assert_int_equal(run_once(p.demo, status), error_status(DVO_EPOSTCOND));
    says(p.demo, "unknown outcome a: it was begun and is not there");
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_asked_once),
        cmocka_unit_test(test_other_names), cmocka_unit_test(test_nothing_left),
        cmocka_unit_test(test_found_only),  cmocka_unit_test(test_older_state),
        cmocka_unit_test(test_expired),
    };
    return RUN_TESTS(tests);
}
