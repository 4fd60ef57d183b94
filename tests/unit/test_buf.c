/* Buffers, JSON and shell quoting, UTF-8, nearest names. */
#include "ir/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "unit.h"

static void test_growth(void **state)
{
    (void)state;
    struct buf b = {0};
    assert_string_equal(buf_text(&b), "");
    for (int i = 0; i < 5000; i++)
        buf_printf(&b, "%d,", i);
    assert_int_equal(strlen(b.p), b.len);
    assert_memory_equal(b.p + b.len - 10, "4998,4999,", 10);
    buf_clear(&b);
    assert_string_equal(buf_text(&b), "");
    buf_printf(&b, "%*d", 100000, 7);
    assert_int_equal(b.len, 100000);
    char *taken = buf_steal(&b);
    assert_int_equal(taken[99999], '7');
    free(taken);
    assert_null(b.p);
    taken = buf_steal(&b);
    assert_string_equal(taken, "");
    free(taken);
    memcpy(buf_reserve(&b, 3), "xyz", 3);
    b.len += 3;
    buf_char(&b, '!');
    assert_string_equal(b.p, "xyz!");
    buf_free(&b);
}

static void assert_int(int64_t i, const char *expected)
{
    struct buf b = {0};
    buf_blanks(&b, 2);
    buf_int(&b, i);
    assert_memory_equal(b.p, "  ", 2);
    assert_string_equal(b.p + 2, expected);
    buf_free(&b);
}

static void test_int(void **state)
{
    (void)state;
    assert_int(0, "0");
    assert_int(7, "7");
    assert_int(-10, "-10");
    assert_int(INT64_MAX, "9223372036854775807");
    assert_int(INT64_MIN, "-9223372036854775808");
}

static void assert_json(const char *s, size_t len, const char *expected)
{
    struct buf b = {0};
    buf_json(&b, s, len);
    assert_string_equal(buf_text(&b), expected);
    buf_free(&b);
}

static void test_json(void **state)
{
    (void)state;
    assert_json("", 0, "\"\"");
    assert_json("plain ~ text", 12, "\"plain ~ text\"");
    assert_json("a\"b\\c/\b\f\n\r\t", 11, "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\"");
    assert_json("\0\x1b\x7f", 3, "\"\\u0000\\u001b\\u007f\"");
    assert_json("\xc3\xa9\xe2\x82\xac", 5, "\"\\u00e9\\u20ac\"");
    assert_json("\xf0\x9f\x98\x80", 4, "\"\\ud83d\\ude00\"");
    assert_json("a\xff\xc3", 3, "\"a\\ufffd\\ufffd\"");
    assert_json("\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"");
}

/* Every character of Unicode comes back from a reader that we did not write. */
static void test_json_reads_back(void **state)
{
    (void)state;
    struct buf all = {0};
    for (uint32_t c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 251) {
        char s[4];
        size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (n == 1) {
            s[0] = (char)c;
        } else {
            for (size_t i = n - 1, rest = c; i > 0; i--, rest >>= 6)
                s[i] = (char)(0x80 | (rest & 0x3f));
            s[0] = (char)((0xf00u >> n) & 0xff) | (char)(c >> (6 * (n - 1)));
        }
        if (utf8_length(s, n) == n)
            buf_add(&all, s, n);
    }
    struct buf json = {0};
    buf_json(&json, all.p, all.len);
    json_error_t error;
    json_t *value = json_loads(json.p, JSON_DECODE_ANY, &error);
    assert_non_null(value);
    assert_int_equal(json_string_length(value), all.len);
    assert_memory_equal(json_string_value(value), all.p, all.len);
    json_decref(value);
    buf_free(&json);
    buf_free(&all);
}

/* All bytes but NUL come back from a shell. */
static void test_shell(void **state)
{
    (void)state;
    char bytes[255];
    for (int i = 0; i < 255; i++)
        bytes[i] = (char)(i + 1);
    struct buf command = {0};
    buf_str(&command, "printf %s ");
    buf_shell(&command, bytes, sizeof bytes);
    FILE *shell = popen(command.p, "r");
    assert_non_null(shell);
    char back[300];
    assert_int_equal(fread(back, 1, sizeof back, shell), 255);
    assert_int_equal(pclose(shell), 0);
    assert_memory_equal(back, bytes, 255);
    buf_clear(&command);
    buf_shell(&command, "", 0);
    assert_string_equal(command.p, "''");
    buf_free(&command);
}

static void test_utf8(void **state)
{
    (void)state;
    assert_int_equal(utf8_length("a", 1), 1);
    assert_int_equal(utf8_length("", 0), 0);
    assert_int_equal(utf8_length("\xc2\x80", 2), 2);
    assert_int_equal(utf8_length("\xef\xbf\xbf", 3), 3);
    assert_int_equal(utf8_length("\xf4\x8f\xbf\xbf", 4), 4);
    static const char *const wrong[] = {
        "\x80",             /* continuation first */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* surrogate */
        "\xf4\x90\x80\x80", /* above 10FFFF */
        "\xf5\x80\x80\x80", /* above 10FFFF */
        "\xe2\x82",         /* cut short */
        "\xe2\x28\xa1",     /* no continuation */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(utf8_length(wrong[i], strlen(wrong[i])), 0);
    assert_true(utf8_valid("gr\xc3\xbc\xc3\x9f", 6));
    assert_false(utf8_valid("gr\xc3", 3));
    uint32_t c;
    assert_int_equal(utf8_decode("\xf0\x9f\x98\x80", 4, &c), 4);
    assert_int_equal(c, 0x1f600);
    assert_int_equal(utf8_decode("\xc3", 1, &c), 1);
    assert_int_equal(c, 0xfffd);
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const names[] = {"service", "unit",    "user",
                                        "group",   "install", "if"};
    size_t n = sizeof names / sizeof *names;
    assert_string_equal(text_nearest("sevrice", names, n), "service");
    assert_string_equal(text_nearest("grup", names, n), "group");
    assert_string_equal(text_nearest("usr", names, n), "user");
    assert_string_equal(text_nearest("instal", names, n), "install");
    assert_null(text_nearest("xyzzy", names, n));
    assert_null(text_nearest("ab", names, n));
    assert_null(text_nearest("", names, n));
    assert_null(text_nearest("service", names, 0));
    char longest[200];
    memset(longest, 'a', sizeof longest);
    longest[199] = '\0';
    const char *const one[] = {longest};
    assert_null(text_nearest("service", one, 1));
    assert_null(text_nearest(longest, names, n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth),  cmocka_unit_test(test_int),
        cmocka_unit_test(test_json),    cmocka_unit_test(test_json_reads_back),
        cmocka_unit_test(test_shell),   cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_nearest),
    };
    return RUN_TESTS(tests);
}
