/* Documents that are read part by part are the same as those read at once, wherever the
 * window on them ends; and what is wrong with one is told by its line. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/document.h"

#define WINDOW ((size_t)256 << 10) /* as in document.c */

/* A list of all kinds of values, behind so many blanks. */
static void write_list(struct buf *out, size_t blanks)
{
    buf_blanks(out, blanks);
    buf_str(out, "[\"text \\u00e9\", 12345, -1.5e3, true, null, {\"a\": [1, 2]}, [],"
                 " \"\xc3\xa9\", 67890]");
}

static int file_of(const struct buf *text)
{
    int fd = memfd_create("document", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text->p, text->len), text->len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void check_elements(struct document *d, const json_t *whole)
{
    struct document_part part;
    size_t n = 0;
    assert_true(document_enter(d, '['));
    for (; document_element(d); n++) {
        json_t *v = document_value(d, &part);
        assert_true(json_equal(v, json_array_get(whole, n)));
        json_t *again = json_loadb(document_part(d, part), part.len,
                                   JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_true(json_equal(v, again));
        json_decref(again);
        json_decref(v);
    }
    assert_true(document_end(d));
    assert_string_equal(d->error.text, "");
    assert_int_equal(n, json_array_size(whole));
}

static void test_every_place_may_be_a_windows_end(void **state)
{
    struct buf text = {0};
    write_list(&text, 0);
    size_t len = text.len;
    json_t *whole = json_loadb(text.p, text.len, 0, NULL);
    (void)state;
    for (size_t before = 0; before <= len; before++) {
        struct document d;
        buf_clear(&text);
        write_list(&text, WINDOW - before);
        int fd = file_of(&text);
        document_file(&d, fd);
        check_elements(&d, whole);
        document_free(&d);
        close(fd);
    }
    json_decref(whole);
    buf_free(&text);
}

static void test_part_longer_than_a_window(void **state)
{
    struct buf text = {0};
    struct document d;
    (void)state;
    buf_str(&text, "{\"long\": \"");
    for (size_t i = 0; i < 3 * WINDOW; i++)
        buf_char(&text, 'x');
    buf_str(&text, "\", \"short\": 7}");
    int fd = file_of(&text);
    document_file(&d, fd);
    assert_true(document_enter(&d, '{'));
    for (unsigned i = 0; i < 2; i++) {
        char *name = document_member(&d);
        json_t *v = document_value(&d, NULL);
        assert_string_equal(name, i ? "short" : "long");
        assert_int_equal(i ? (size_t)json_integer_value(v) : json_string_length(v),
                         i ? 7 : 3 * WINDOW);
        json_decref(v);
        free(name);
    }
    assert_null(document_member(&d));
    assert_true(document_end(&d));
    document_free(&d);
    close(fd);
    buf_free(&text);
}

/* Reads an object of lists to its end or its first error. */
static void read_all(struct document *d)
{
    char *name;
    document_enter(d, '{');
    while ((name = document_member(d))) {
        free(name);
        document_enter(d, '[');
        while (document_element(d))
            json_decref(document_value(d, NULL));
    }
    document_end(d);
}

static const struct {
    const char *text, *error;
    unsigned line;
} wrong[] = {
    {"", "'{' expected", 1},
    {"[]", "'{' expected", 1},
    {"{", "a value expected", 1},
    {"{\"a\": []", "',' expected", 1},
    {"{\"a\": [],}", "unexpected token near '}'", 1},
    {"{\"a\" []}", "':' expected", 1},
    {"{7: []}", "a member's name expected", 1},
    {"{\"a\\u0000b\": []}", "a member's name expected", 1},
    {"{\"a\": 7}", "'[' expected", 1},
    {"{\"a\":\n[1,\n]}", "unexpected token near ']'", 3},
    {"{\"a\":\n[1\n2]}", "',' expected", 3},
    {"{\"a\":\n[{\"b\": 1, \"b\": 2}]}", "duplicate object key near '\"b\"'", 2},
    {"{\"a\":\n\n[tru]}", "invalid token near 'tru'", 3},
    {"{\"a\": [\"\xff\"]}", "unable to decode byte 0xff near '\"'", 1},
    {"{\"a\": [{\"b\": [1, 2}]}", "']' expected near '}'", 1},
    {"{\"a\": [{\"b\": 1]}", "'}' expected near ']'", 1},
    {"{\"a\": [\"b", "premature end of input near '\"b'", 1},
    {"{\"a\": []}\n x", "the end expected", 2},
};

static void test_errors_have_lines(void **state)
{
    bool good = true;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        for (unsigned far = 0; far < 2; far++) {
            struct buf text = {0};
            struct document d;
            for (size_t n = 0; far && n < 2 * WINDOW; n++)
                buf_char(&text, '\n');
            buf_str(&text, wrong[i].text);
            if (!text.p)
                buf_reserve(&text, 1);
            int fd = file_of(&text);
            document_file(&d, fd);
            read_all(&d);
            bool told = !strcmp(d.error.text, wrong[i].error) &&
                        d.error.line == wrong[i].line + (far ? 2 * WINDOW : 0);
            if (!told)
                print_error("%s: %s (line %llu)\n", wrong[i].text, d.error.text,
                            (unsigned long long)d.error.line);
            good = good && told;
            document_free(&d);
            close(fd);
            buf_free(&text);
        }
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_place_may_be_a_windows_end),
        cmocka_unit_test(test_part_longer_than_a_window),
        cmocka_unit_test(test_errors_have_lines),
    };
    return RUN_TESTS(tests);
}
