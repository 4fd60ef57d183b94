/* Reports of first boots, on consoles that others write to, too. */
#include "runtime/boot.h"

#include <string.h>

#include "unit.h"

static void expect(const char *console, const char *name, size_t steps, int state,
                   bool changed)
{
    struct boot_answer a;
    boot_read(console, name, steps, &a);
    assert_int_equal(a.state, state);
    assert_int_equal(a.changed, changed);
    json_decref(a.fields);
    fault_free(&a.fault);
}

static void test_states(void **state)
{
    (void)state;
    const char *console = "Booting\r\n"
                          "dvo-boot aa same - - .\r\n"
                          "dvo-boot bb changed - content%20differs .\r\n"
                          "dvo-boot cc skipped .\r\n"
                          "dvo-boot dd failed ENOENT no%20such%20file .\r\n"
                          "dvo-boot end .\r\n"
                          "dvo-boot round .\r\n"
                          "dvo-boot over .\r\n";
    expect(console, "aa", 1, BOOT_DONE, false);
    expect(console, "bb", 1, BOOT_DONE, true);
    expect(console, "cc", 1, BOOT_SKIPPED, false);
    expect(console, "dd", 1, BOOT_FAILED, false);
    expect(console, "a", 1, BOOT_MISSING, false);
    expect(console, "ee", 1, BOOT_MISSING, false);
    expect("", "aa", 1, BOOT_MISSING, false);
}

static void test_words(void **state)
{
    (void)state;
    struct boot_answer a;
    boot_read("dvo-boot aa failed EPERM not%20allowed .\n", "aa", 1, &a);
    assert_int_equal(a.state, BOOT_FAILED);
    assert_int_equal(a.fault.code, DVO_EPERM);
    assert_string_equal(a.fault.message, "not allowed");
    fault_free(&a.fault);
    boot_read("dvo-boot aa same - - os=debian cpus=2 .\n", "aa", 1, &a);
    assert_int_equal(a.state, BOOT_DONE);
    assert_string_equal(json_string_value(json_object_get(a.fields, "os")), "debian");
    json_decref(a.fields);
}

/* An op is done when all its steps are, and each of them counts. */
static void test_steps(void **state)
{
    (void)state;
    const char *console = "dvo-boot aa changed - - .\n"
                          "dvo-boot aa same - - .\n"
                          "dvo-boot round .\n"
                          "dvo-boot aa changed - - .\n"
                          "dvo-boot aa same - - .\n"
                          "dvo-boot round .\n";
    expect(console, "aa", 2, BOOT_DONE, true);
    expect(console, "aa", 3, BOOT_MISSING, false);
    expect(console, "aa", 1, BOOT_MISSING, false);
}

/* What the kernel writes into a line makes it none; the next round has it whole. */
static void test_interrupted(void **state)
{
    (void)state;
    const char *console = "login: dvo-boot aa chan[    7.1] eth0: link is up\n"
                          "ged - - .\n"
                          "dvo-boot bb same - - .[    7.2] eth0: link is down\n"
                          "dvo-boot round .\n"
                          "dvo-boot aa changed - - .\n"
                          "web login: dvo-boot bb same - - .\n"
                          "dvo-boot round .\n";
    expect(console, "aa", 1, BOOT_DONE, true);
    expect(console, "bb", 1, BOOT_DONE, false);
    expect("dvo-boot aa same - -\n", "aa", 1, BOOT_MISSING, false);
    expect("dvo-boot aa same - - .", "aa", 1, BOOT_DONE, false);
    expect("dvo-boot \ndvo-boot .\ndvo-boot  .\n .\n", "aa", 1, BOOT_MISSING, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
