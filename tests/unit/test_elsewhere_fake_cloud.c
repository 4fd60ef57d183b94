/* A program that goes from one provider to another, both with the same state. */
#include "fake_cloud.h"

#define BEFORE SUB("port", "ports")
#define AFTER SUB("ip", "ips")
static const char one[] = CALL("1", "a", "k:a", "small");
static const char two[] =
    CALL("1", "a", "k:a", "small") "," CALL("2", "b", "k:b", "small");
#undef BEFORE
#undef AFTER
#define BEFORE
#define AFTER
static const char wrong[] = CALL("1", "a", "k:a", "huge");

/* It is only looked for. */
static const char found[] =
    "{\"op\": 1, \"address\": \"a\", \"key\": \"k:a\", \"args\": {}, \"sequences\": "
    "{" LOOKUP("servers", "k:a") "}, \"result\": {\"id\": {\"$var\": \"id\"}}}";

static const struct run_options plain, destroy = {.destroy = true, .yes = true},
                                       status = {.status = true};

/* Another cloud with the plans and the state of the first. */
struct pair {
    struct place *here, there;
};

static struct pair pair_make(void)
{
    struct pair p = {.here = place_make("")};
    p.there = *p.here;
    p.there.provider = "elsewhere";
    snprintf(p.there.store, sizeof p.there.store, "%s/there", p.there.dir);
    cloud_start(&p.there, "");
    return p;
}

static void pair_free(struct pair *p)
{
    kill(p->there.cloud, SIGKILL);
    waitpid(p->there.cloud, NULL, 0);
    place_free(p->here);
}

static void test_refused(void **state)
{
    struct pair p = pair_make();
    (void)state;
    write_plan(p.here, one, 1, -1);
    assert_int_equal(run_once(p.here, plain), 0);
    write_plan(&p.there, two, 2, -1);
    assert_int_equal(run_once(&p.there, plain), error_status(DVO_EINVAL));
    says(p.here, "a: EINVAL: the state has it at the provider fake; the program now goes "
                 "to elsewhere, and would make it a second time");
    says(p.here, "help: delete it there: dvoc destroy ");
    says(p.here,
         "1 of the plan's operations cannot be carried out. Nothing was changed.");
    assert_int_equal(stored(&p.there, "made", "servers"), 0);
    assert_int_equal(stored(&p.there, "asked", "GET /servers"), 0);
    assert_int_equal(stored(p.here, "things", "servers"), 1);
    /* As the help says. */
    assert_int_equal(run_once(&p.there, destroy), 0);
    assert_int_equal(stored(p.here, "things", "servers"), 0);
    assert_int_equal(stored(p.here, "things", "ips"), 0);
    assert_int_equal(run_once(&p.there, plain), 0);
    assert_int_equal(stored(&p.there, "things", "servers"), 2);
    assert_int_equal(stored(p.here, "made", "servers"), 1);
    pair_free(&p);
}

/* Refused at one provider, and never made: nothing keeps it from being made elsewhere. */
static void test_never_made(void **state)
{
    struct pair p = pair_make();
    (void)state;
    write_plan(p.here, wrong, 1, -1);
    assert_int_equal(run_once(p.here, plain), error_status(DVO_EINVAL));
    says(p.here, "Flavor huge is unknown");
    write_plan(&p.there, one, 1, -1);
    assert_int_equal(run_once(&p.there, plain), 0);
    pair_free(&p);
}

static void test_looked_for_anew(void **state)
{
    struct pair p = pair_make();
    (void)state;
    write_plan(p.here, one, 1, -1);
    assert_int_equal(run_once(p.here, plain), 0);
    unlink(p.here->db);
    write_plan(&p.there, one, 1, -1);
    assert_int_equal(run_once(&p.there, plain), 0);
    unlink(p.here->db);
    write_plan(p.here, found, 1, -1);
    assert_int_equal(run_once(p.here, plain), 0);
    write_plan(&p.there, found, 1, -1);
    assert_int_equal(run_once(&p.there, plain), 0);
    pair_free(&p);
}

/* What is at two providers is asked for, and deleted, at its own. */
static void test_at_both(void **state)
{
    struct pair p = pair_make();
    (void)state;
    write_plan(p.here, one, 1, -1);
    assert_int_equal(run_once(p.here, plain), 0);
    write_plan(&p.there, two, 2, -1);
    const char *b = "b";
    assert_int_equal(run_once(&p.there, (struct run_options){.only = &b, .nonly = 1}), 0);
    assert_int_equal(stored(&p.there, "things", "servers"), 1);
    assert_int_equal(run_once(&p.there, status), 0);
    says(p.here, "2 same, 0 drifted, 0 not created yet, 0 left over");
    write_plan(p.here, two, 2, -1);
    assert_int_equal(run_once(p.here, status), 0);
    says(p.here, "2 same, 0 drifted, 0 not created yet, 0 left over");
    assert_int_equal(run_once(p.here, plain), error_status(DVO_EINVAL));
    says(p.here, "b: EINVAL: the state has it at the provider elsewhere");
    write_plan(p.here, "", 0, -1);
    assert_int_equal(run_once(p.here, destroy), 0);
    says(p.here, "2 deleted, 0 failed, 0 left");
    assert_int_equal(stored(p.here, "things", "servers"), 0);
    assert_int_equal(stored(&p.there, "things", "servers"), 0);
    pair_free(&p);
}

/* One that cannot be reached is no reason to leave the other's things. */
static void test_one_out_of_reach(void **state)
{
    struct pair p = pair_make();
    const char *b = "b";
    (void)state;
    write_plan(p.here, one, 1, -1);
    assert_int_equal(run_once(p.here, plain), 0);
    write_plan(&p.there, two, 2, -1);
    assert_int_equal(run_once(&p.there, (struct run_options){.only = &b, .nonly = 1}), 0);
    kill(p.there.cloud, SIGKILL);
    assert_int_equal(run_once(p.here, status), error_status(DVO_EUNREACH));
    says(p.here, "same            a");
    says(p.here, "not known       b");
    assert_int_equal(run_once(p.here, destroy), error_status(DVO_EUNREACH));
    says(p.here, "1 deleted, 1 failed, 0 left");
    assert_int_equal(stored(p.here, "things", "servers"), 0);
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),          cmocka_unit_test(test_never_made),
        cmocka_unit_test(test_looked_for_anew),  cmocka_unit_test(test_at_both),
        cmocka_unit_test(test_one_out_of_reach),
    };
    return RUN_TESTS(tests);
}
