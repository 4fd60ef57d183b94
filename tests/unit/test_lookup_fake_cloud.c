/* How things are looked for: page by page, many at once, all that there are, by labels
 * that hold a digest. */
#include "fake_cloud.h"

#define BEFORE
#define AFTER

static const struct run_options plain, destroy = {.destroy = true, .yes = true};

static void make_by_hand(const struct place *p, const char *kind, const char *key)
{
    struct buf command = {0};
    buf_printf(&command,
               "curl -sf http://127.0.0.1:%d/%s --json '{\"key\": \"%s\"}' >/dev/null",
               p->port, kind, key);
    assert_int_equal(system(buf_text(&command)), 0);
    buf_free(&command);
}

/* --- pages -----------------------------------------------------------------------------
 */

/* Looked for in a list of all, one page after the other. */
static const char paged[] =
    "{\"op\": 1, \"address\": \"a\", \"key\": \"k:a\", \"args\": {}, \"sequences\": {"
    " \"lookup\": [{\"path\": \"/servers\", \"page\": \"/next\", \"select\": {\"list\":"
    " \"/list\", \"where\": {\"/key\": \"k:a\"}}, \"extract\": {\"id\": \"/id\"}}],"
    " \"create\": [{\"method\": \"POST\", \"path\": \"/servers\", \"body\": {\"key\":"
    " \"k:a\"}, \"extract\": {\"id\": \"/id\"}}],"
    " \"delete\": [{\"method\": \"DELETE\", \"path\": {\"$text\": [\"/servers/\","
    " {\"$var\": \"id\"}]}}]}, \"result\": {\"id\": {\"$var\": \"id\"}}}";

static void test_found_on_the_last_page(void **state)
{
    struct place *p = place_make("page");
    (void)state;
    make_by_hand(p, "servers", "k:x");
    make_by_hand(p, "servers", "k:y");
    write_plan(p, paged, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(stored(p, "asked", "GET /servers"), 2); /* it was on neither page */
    assert_int_equal(run_once(p, plain), 0);
    says(p, "nothing changed");
    assert_int_equal(stored(p, "asked", "GET /servers"), 5);
    assert_int_equal(stored(p, "made", "servers"), 3);
    assert_int_equal(run_once(p, destroy), 0);
    assert_int_equal(stored(p, "things", "servers"), 2);
    place_free(p);
}

/* A list that does not come to its end says nothing of what is not in it. */
static void unending(const char *mode, enum dvo_error error, const char *message)
{
    struct place *p = place_make(mode);
    make_by_hand(p, "servers", "k:x");
    make_by_hand(p, "servers", "k:y");
    write_plan(p, paged, 1, -1);
    assert_int_equal(run_once(p, plain), error_status(error));
    says(p, message);
    assert_int_equal(stored(p, "made", "servers"), 2);
    place_free(p);
}

static void test_a_page_is_missing(void **state)
{
    (void)state;
    unending("page short", DVO_ENOENT, "GET /servers was answered with 404");
}

static void test_too_many_pages(void **state)
{
    (void)state;
    unending("page endless", DVO_EPROTO, "the answer has more than 1000 pages");
}

/* --- absent ----------------------------------------------------------------------------
 */

static const char absent[] =
    "{\"op\": 1, \"address\": \"a\", \"key\": \"k:a\", \"args\": {}, \"sequences\": {"
    " \"absent\": true, " LOOKUP("servers",
                                 "k:old") ","
                                          " \"delete\": [{\"method\": \"DELETE\", "
                                          "\"path\": {\"$text\": [\"/servers/\","
                                          " {\"$var\": \"id\"}]}}]}, \"result\": {}}";

static void test_all_that_match_are_deleted(void **state)
{
    struct place *p = place_make("");
    (void)state;
    make_by_hand(p, "servers", "k:old");
    make_by_hand(p, "servers", "k:new");
    make_by_hand(p, "servers", "k:old");
    write_plan(p, absent, 1, -1);
    cloud_note(p, "lost", true);
    assert_int_equal(run_once(p, plain), error_status(DVO_ENOENT));
    assert_int_equal(stored(p, "things", "servers"), 3);
    cloud_note(p, "lost", false);
    assert_int_equal(run_once(p, plain), 0);
    says(p, "1 changed");
    assert_int_equal(stored(p, "things", "servers"), 1);
    assert_int_equal(run_once(p, plain), 0);
    says(p, "nothing changed");
    /* There is nothing to be asked for or to be undone. */
    assert_int_equal(run_once(p, (struct run_options){.status = true}), 0);
    assert_int_equal(run_once(p, destroy), 0);
    assert_int_equal(stored(p, "things", "servers"), 1);
    place_free(p);
}

/* --- many at once ----------------------------------------------------------------------
 */

#define MACHINES 60 /* of which a call asks for 40 */

/* CALL() for each of them, to be freed. */
static char *many_calls(void)
{
    struct buf text = {0};
    for (unsigned i = 1; i <= MACHINES; i++) {
        static const char form[] = CALL("@", "$", "k:@", "small");
        char address[16];
        plan_address(i, address);
        buf_str(&text, i > 1 ? "," : "");
        for (const char *c = form; *c; c++)
            if (*c == '@')
                buf_int(&text, i);
            else if (*c == '$' && c[-1] == '"' && c[1] == '"')
                buf_str(&text, address);
            else
                buf_char(&text, *c);
    }
    return buf_steal(&text);
}

static void test_more_than_one_call_asks_for(void **state)
{
    struct place *p = place_make("");
    char *calls = many_calls();
    (void)state;
    write_plan(p, calls, MACHINES, -1);
    assert_int_equal(run_once(p, plain), 0);
    assert_int_equal(stored(p, "things", "servers"), MACHINES);
    assert_int_equal(stored(p, "asked", "GET /servers"), 2);
    assert_int_equal(run_once(p, plain), 0);
    says(p, "nothing changed");
    assert_int_equal(stored(p, "asked", "GET /servers"), 4);
    assert_int_equal(run_once(p, (struct run_options){.status = true}), 0);
    says(p, "60 same, 0 drifted");
    assert_int_equal(stored(p, "asked", "GET /servers"), 6);
    assert_int_equal(run_once(p, destroy), 0);
    assert_int_equal(stored(p, "things", "servers"), 0);
    free(calls);
    place_free(p);
}

/* --- labels ----------------------------------------------------------------------------
 */

/* Arguments that are too long for a label, which has their digest instead. */
#define LONG(DIGEST)                                                                     \
    "{\"op\": 1, \"address\": \"a\", \"key\": \"k:a\", \"args\": {\"text\": \"" DIGEST   \
    "\"}, \"args_digest\": \"sha256:" DIGEST "\", \"sequences\": {" LOOKUP(              \
        "servers",                                                                       \
        "k:a") ","                                                                       \
               " \"create\": [{\"method\": \"POST\", \"path\": \"/servers\", \"body\": " \
               "{\"key\":"                                                               \
               " \"k:a\", \"args\": \"sha256:" DIGEST                                    \
               "\"}, \"extract\": {\"id\": \"/id\"}}],"                                  \
               " \"delete\": [{\"method\": \"DELETE\", \"path\": {\"$text\": "           \
               "[\"/servers/\","                                                         \
               " {\"$var\": \"id\"}]}}]}, \"result\": {\"id\": {\"$var\": \"id\"}}}"
static const char long_old[] = LONG("0011"), long_new[] = LONG("2233");

static void test_digest_for_a_label(void **state)
{
    struct place *p = place_make("");
    const char *address = "a";
    (void)state;
    write_plan(p, long_old, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    /* The state knows what the digest is of. */
    write_plan(p, long_new, 1, -1);
    assert_int_equal(run_once(p, plain), error_status(DVO_EEXIST));
    says(p, "text was 0011, the program says 2233");
    unlink(p->db);
    assert_int_equal(run_once(p, plain), error_status(DVO_EEXIST));
    says(p, "what it was made with is known as a digest only");
    assert_int_equal(stored(p, "made", "servers"), 1);
    write_plan(p, long_old, 1, -1);
    assert_int_equal(run_once(p, plain), 0);
    says(p, "nothing changed");
    write_plan(p, long_new, 1, -1);
    struct run_options replace = {.replace = &address, .nreplace = 1};
    assert_int_equal(run_once(p, replace), 0);
    assert_int_equal(stored(p, "made", "servers"), 2);
    assert_int_equal(stored(p, "things", "servers"), 1);
    place_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_on_the_last_page),
        cmocka_unit_test(test_a_page_is_missing),
        cmocka_unit_test(test_too_many_pages),
        cmocka_unit_test(test_all_that_match_are_deleted),
        cmocka_unit_test(test_more_than_one_call_asks_for),
        cmocka_unit_test(test_digest_for_a_label),
    };
    return RUN_TESTS(tests);
}
