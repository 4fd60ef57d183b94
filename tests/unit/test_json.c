/* Everything the JSON writer writes is read back with jansson, value by value. */
#include "unit.h"

#include <float.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "emitters/json.h"

static json_t *read_back(const struct buf *out)
{
    json_error_t error;
    json_t *j = json_loadb(out->p, out->len, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (!j)
        fail_msg("%d:%d: %s in:\n%s", error.line, error.column, error.text, out->p);
    return j;
}

static void check_string(const char *s, size_t len)
{
    struct buf out = {0};
    struct json j;
    json_begin(&j, &out);
    json_put_object(&j);
    json_put_name(&j, "list");
    json_put_array(&j);
    json_put_text(&j, s, len);
    json_put_array_end(&j);
    json_put_name(&j, "value");
    json_put_text(&j, s, len);
    json_put_object_end(&j);
    json_end(&j);
    for (size_t i = 0; i < out.len; i++)
        assert_true(out.p[i] == '\n' || (out.p[i] >= ' ' && out.p[i] <= '~'));
    json_t *got = read_back(&out);
    json_t *values[] = {json_object_get(got, "value"),
                        json_array_get(json_object_get(got, "list"), 0)};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(json_string_length(values[i]), len);
        assert_memory_equal(json_string_value(values[i]), s, len);
    }
    json_decref(got);
    buf_free(&out);
}

static void reads_strings_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "a",
        "\"",
        "\\",
        "\\\"",
        "/",
        "</script>",
        "\b\f\n\r\t",
        "\x01\x1f\x7f",
        "gr\xc3\xbc\xc3\x9f",
        "\xe2\x80\xa8\xe2\x80\xa9",
        "\xef\xbb\xbf",
        "\xef\xbf\xbf",
        "\xf0\x9f\x98\x80",
        "\xf4\x8f\xbf\xbf",
        "{\"$ref\": 1}",
        "$",
        "\\u0000",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_string(texts[i], strlen(texts[i]));
    check_string("a\0b", 3);
}

static void reads_random_strings_back(void **state)
{
    (void)state;
    srand(2);
    for (unsigned round = 0; round < 5000; round++) {
        char s[80];
        size_t n = 0;
        while (n + 4 < sizeof s && rand() % 20) {
            if (rand() % 4) {
                s[n++] = (char)(rand() % 0x80);
            } else {
                s[n++] = (char)(0xe1 + rand() % 12);
                s[n++] = (char)(0x80 | rand() % 64);
                s[n++] = (char)(0x80 | rand() % 64);
            }
        }
        check_string(s, n);
    }
}

static void reads_numbers_back(void **state)
{
    (void)state;
    static const double floats[] = {0.0,
                                    -0.0,
                                    1.0,
                                    0.1,
                                    1e20,
                                    1e-300,
                                    DBL_MAX,
                                    DBL_MIN,
                                    3.141592653589793,
                                    123456789012345680.0,
                                    -2.5};
    static const int64_t ints[] = {0, -1, 1, INT64_MAX, INT64_MIN, 42};
    struct buf out = {0};
    struct json j;
    json_begin(&j, &out);
    json_put_array_compact(&j);
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        json_put_float(&j, floats[i]);
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++)
        json_put_int(&j, ints[i]);
    json_put_array_end(&j);
    json_end(&j);
    json_t *got = read_back(&out);
    size_t at = 0;
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        json_t *v = json_array_get(got, at++);
        assert_true(json_is_real(v));
        assert_true(json_real_value(v) == floats[i]);
    }
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++)
        assert_true(json_integer_value(json_array_get(got, at++)) == ints[i]);
    json_decref(got);
    buf_free(&out);
}

static void lays_out_stably(void **state)
{
    (void)state;
    static const char want[] = "{\n"
                               "  \"a\": [\n"
                               "    1,\n"
                               "    [2, {\"x\": [true, null]}]\n"
                               "  ],\n"
                               "  \"b\": {},\n"
                               "  \"c\": []\n"
                               "}\n";
    struct buf out = {0};
    struct json j;
    json_begin(&j, &out);
    json_put_object(&j);
    json_put_name(&j, "a");
    json_put_array(&j);
    json_put_int(&j, 1);
    json_put_array_compact(&j);
    json_put_int(&j, 2);
    json_put_object(&j);
    json_put_name(&j, "x");
    json_put_array_compact(&j);
    json_put_bool(&j, true);
    json_put_null(&j);
    json_put_array_end(&j);
    json_put_object_end(&j);
    json_put_array_end(&j);
    json_put_array_end(&j);
    json_put_name(&j, "b");
    json_put_object(&j);
    json_put_object_end(&j);
    json_put_name(&j, "c");
    json_put_array(&j);
    json_put_array_end(&j);
    json_put_object_end(&j);
    json_end(&j);
    assert_string_equal(out.p, want);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_strings_back),
        cmocka_unit_test(reads_random_strings_back),
        cmocka_unit_test(reads_numbers_back),
        cmocka_unit_test(lays_out_stably),
    };
    return RUN_TESTS(tests);
}
