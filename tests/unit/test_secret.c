/* What is kept of a secret in texts that are written down: nothing, also as part of a
 * URL. */
#include "unit.h"

#include <stdlib.h>

#include "ir/base/buf.h"
#include "runtime/secret.h"

static void check(const struct secrets *s, const char *text, const char *want)
{
    struct buf b = {0};
    buf_str(&b, text);
    secrets_redact(s, &b);
    assert_string_equal(buf_text(&b), want);
    buf_free(&b);
}

static void redacts(void **state)
{
    (void)state;
    struct fault f = {0};
    json_t *sources = json_pack("[{s:s, s:s}]", "type", "env", "prefix", "T_SECRET_");
    struct secrets *s = secrets_new(sources);
    setenv("T_SECRET_DB", "p@ss:w%rd", 1);
    check(s, "p@ss:w%rd", "p@ss:w%rd");
    assert_non_null(secret_get(s, "db", &f));
    check(s, "", "");
    check(s, "a p@ss:w%rd and p@ss:w%rd", "a *** and ***");
    check(s, "postgresql://shop:p%40ss%3Aw%25rd@host/db",
          "postgresql://shop:***@host/db");
    check(s, "p@ss:w%r", "p@ss:w%r");
    secrets_free(s);
    json_decref(sources);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(redacts)};
    return RUN_TESTS(tests);
}
