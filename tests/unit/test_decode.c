/* Answers taken apart: what decoders make of good, cut and hostile bytes. Every body lies
 * in heap memory of its exact size, so that a sanitizer sees the first byte read behind
 * it. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/decode.h"

static json_t *decode(const void *bytes, size_t len, const char *how,
                      enum dvo_error *error)
{
    struct fault f = {0};
    struct buf body = {.p = xmalloc(len + 1), .len = len, .cap = len + 1};
    if (len)
        memcpy(body.p, bytes, len);
    body.p[len] = '\0';
    json_t *document = decode_body(&body, how, &f);
    *error = f.code;
    assert_int_equal(document == NULL, f.code != DVO_OK);
    fault_free(&f);
    buf_free(&body);
    return document;
}

static void check_text(const void *bytes, size_t len, const char *how, const char *want,
                       size_t want_len)
{
    enum dvo_error error;
    json_t *got = decode(bytes, len, how, &error);
    assert_non_null(got);
    assert_int_equal(json_string_length(got), want_len);
    assert_memory_equal(json_string_value(got), want, want_len);
    json_decref(got);
}

static void check_refused(const void *bytes, size_t len, const char *how)
{
    enum dvo_error error;
    assert_null(decode(bytes, len, how, &error));
    assert_int_equal(error, DVO_EPROTO);
}

/* Arbitrary bytes and damaged copies of a good body give a document or EPROTO. */
static void check_survives(const char *good, size_t len, const char *how)
{
    enum dvo_error error;
    char bytes[2048];
    srand(3);
    for (unsigned round = 0; round < 2000; round++) {
        memcpy(bytes, good, len);
        for (int damage = 1 + rand() % 4; damage; damage--)
            bytes[(size_t)rand() % len] = (char)rand();
        json_t *got = decode(bytes, (size_t)rand() % (len + 1), how, &error);
        assert_true(got ? error == DVO_OK : error == DVO_EPROTO);
        json_decref(got);
    }
}

/* --- json and text
 * ----------------------------------------------------------------------- */

static void decodes_json(void **state)
{
    (void)state;
    enum dvo_error error;
    static const char good[] = "{\"a\": [1, 2.5, null, \"x\\u0000y\"]}";
    json_t *got = decode(good, sizeof good - 1, NULL, &error);
    assert_int_equal(json_array_size(json_object_get(got, "a")), 4);
    json_decref(got);
    got = decode("", 0, "json", &error);
    assert_true(json_is_null(got));
    for (size_t len = 1; len < sizeof good - 1; len++)
        check_refused(good, len, "json");
    static const char *const bad[] = {"{",    "{} {}", "nul", "\"\xff\"",
                                      "[1,]", "1e999", " "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refused(bad[i], strlen(bad[i]), "json");
    check_refused("{}", 2, "yaml");
    check_survives(good, sizeof good - 1, "json");

    static char deep[200000];
    memset(deep, '[', sizeof deep);
    check_refused(deep, sizeof deep, "json");
}

static void decodes_text(void **state)
{
    (void)state;
    check_text("", 0, "text", "", 0);
    check_text("a\0b\n", 4, "text", "a\0b\n", 4);
    check_text("gr\xc3\xbc\xc3\x9f", 6, "text", "gr\xc3\xbc\xc3\x9f", 6);
    check_text("x\xffy\xc3", 4, "text", "x\xef\xbf\xbdy\xef\xbf\xbd", 8);
    check_text("\xed\xa0\x80", 3, "text", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9);
}

/* --- frames
 * ------------------------------------------------------------------------------ */

static void add_frame(struct buf *b, char stream, const char *text)
{
    size_t len = strlen(text);
    char head[8] = {stream, 0, 0, 0, 0, 0, (char)(len >> 8), (char)(len & 0xff)};
    buf_add(b, head, sizeof head);
    buf_str(b, text);
}

static void decodes_frames(void **state)
{
    (void)state;
    struct buf b = {0};
    add_frame(&b, 1, "out ");
    add_frame(&b, 2, "not this");
    add_frame(&b, 1, "");
    size_t before_last = b.len;
    add_frame(&b, 1, "more");
    check_text(b.p, b.len, "frames", "out more", 8);
    check_text("", 0, "frames", "", 0);
    check_text(b.p, before_last, "frames", "out ", 4);
    for (size_t len = before_last + 1; len < b.len; len++)
        check_refused(b.p, len, "frames");
    check_survives(b.p, b.len, "frames");
    buf_free(&b);

    /* A character may be split between two frames. */
    add_frame(&b, 1, "gr\xc3");
    add_frame(&b, 1, "\xbc\xc3\x9f");
    check_text(b.p, b.len, "frames", "gr\xc3\xbc\xc3\x9f", 6);
    buf_free(&b);

    static const char lies[] = {1,          0,          0,          0,  (char)0xff,
                                (char)0xff, (char)0xff, (char)0xff, 'x'};
    check_refused(lies, sizeof lies, "frames");
    check_refused("plain text, no frames", 21, "frames");
}

/* --- tar
 * --------------------------------------------------------------------------------- */

static void seal(char *head)
{
    unsigned sum = 0;
    memset(head + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (unsigned char)head[i];
    snprintf(head + 148, 8, "%06o", sum);
}

static char *add_entry(struct buf *b, char type, const char *size, const char *data,
                       size_t len)
{
    size_t blocks = (len + 511) / 512 * 512;
    char *head = buf_reserve(b, 512 + blocks);
    memset(head, 0, 512 + blocks);
    strcpy(head, "a/file");
    memcpy(head + 124, size, strlen(size));
    head[156] = type;
    strcpy(head + 257, "ustar");
    if (len)
        memcpy(head + 512, data, len);
    seal(head);
    b->len += 512 + blocks;
    return head;
}

static void decodes_tar(void **state)
{
    (void)state;
    struct buf b = {0};
    add_entry(&b, '5', "00000000000", NULL, 0);
    add_entry(&b, 'x', "00000000013", "11 path=x\n\n", 11);
    size_t file_at = b.len;
    add_entry(&b, '0', "00000000006", "hello\n", 6);
    add_entry(&b, '0', "00000000005", "later", 5);
    char *end = buf_reserve(&b, 1024);
    memset(end, 0, 1024);
    b.len += 1024;
    check_text(b.p, b.len, "tar", "hello\n", 6);
    check_text(b.p, file_at + 512 + 6, "tar", "hello\n", 6);
    /* Cut anywhere before the end of the file: nothing is better than a part. */
    for (size_t len = 0; len < file_at + 512 + 6; len++)
        check_refused(b.p, len, "tar");
    check_survives(b.p + file_at, 1024, "tar");
    buf_free(&b);
}

static void refuses_hostile_tars(void **state)
{
    (void)state;
    static const char *const sizes[] = {"00000000007", "77777777777", "777777777777",
                                        "17777777777", "00001000000"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf b = {0};
        add_entry(&b, '0', sizes[i], NULL, 0);
        check_refused(b.p, b.len, "tar");
        b.p[156] = '5'; /* a folder that claims to have data */
        seal(b.p);
        check_refused(b.p, b.len, "tar");
        buf_free(&b);
    }
    struct buf b = {0};
    char *head = add_entry(&b, '0', "00000000002", "ab", 2);
    check_text(b.p, b.len, "tar", "ab", 2);
    head[0] ^= 1; /* the checksum no longer fits */
    check_refused(b.p, b.len, "tar");
    buf_free(&b);
    add_entry(&b, '2', "00000000000", NULL, 0);
    check_refused(b.p, b.len, "tar");
    buf_free(&b);
    static const char zeros[2048];
    check_refused(zeros, sizeof zeros, "tar");
}

/* --- pointers and extraction
 * ------------------------------------------------------------- */

static const char sample[] = "{\"foo\": [\"bar\", \"baz\"], \"a/b\": 1, \"m~n\": 8, "
                             "\"~1\": 3, \" \": 7, \"n\": null,"
                             " \"log\": \"one\\nport 8080/tcp\\nthree\", \"deep\": "
                             "[[{\"x\": \"y\"}]], \"0\": \"zero\", \"nets\": "
                             "{\"one\": {\"id\": \"a\", \"ip\": 1},"
                             " \"two\": {\"id\": \"b\", \"ip\": 2}}}";

static void follows_pointers(void **state)
{
    (void)state;
    json_t *document = json_loads(sample, 0, NULL);
    assert_ptr_equal(decode_pointer(document, ""), document);
    assert_ptr_equal(decode_pointer(document, "/"), document);
    static const struct {
        const char *pointer, *want; /* JSON, or NULL: nothing there */
    } cases[] = {
        {"/foo", "[\"bar\",\"baz\"]"},
        {"/foo/0", "\"bar\""},
        {"/foo/1", "\"baz\""},
        {"/foo/2", NULL},
        {"/foo/-", NULL},
        {"/foo/-1", NULL},
        {"/foo/+1", NULL},
        {"/foo/ 1", NULL},
        {"/foo/1x", NULL},
        {"/foo/", NULL},
        {"/foo/18446744073709551616", NULL},
        {"/foo/0/0", NULL},
        {"/a~1b", "1"},
        {"/m~0n", "8"},
        {"/~01", "3"},
        {"/ ", "7"},
        {"/n", "null"},
        {"/n/x", NULL},
        {"/0", "\"zero\""},
        {"/deep/0/0/x", "\"y\""},
        {"/deep/0/0/x/", NULL},
        {"/none/0", NULL},
        {"foo", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *got = decode_pointer(document, cases[i].pointer);
        char *text = got ? json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
        if (cases[i].want && text)
            assert_string_equal(text, cases[i].want);
        else if (cases[i].want || text)
            fail_msg("%s gives %s", cases[i].pointer, text ? text : "nothing");
        free(text);
    }
    json_decref(document);
}

static void extracts(void **state)
{
    (void)state;
    json_t *document = json_loads(sample, 0, NULL);
    static const struct {
        const char *entry, *want; /* NULL: not there */
        enum dvo_error error;
    } cases[] = {
        {"\"/foo/1\"", "\"baz\"", DVO_OK},
        {"\"/none\"", NULL, DVO_OK},
        {"\"/n\"", NULL, DVO_OK},
        {"{\"pointer\":\"/n\",\"default\":5}", "5", DVO_OK},
        {"{\"pointer\":\"/none\",\"default\":null}", "null", DVO_OK},
        {"{\"pointer\":\"/foo\"}", "[\"bar\",\"baz\"]", DVO_OK},
        {"{\"pointer\":\"/log\",\"line\":3}", "\"three\"", DVO_OK},
        {"{\"pointer\":\"/log\",\"line\":4}", NULL, DVO_OK},
        {"{\"pointer\":\"/log\",\"line\":4,\"default\":\"\"}", "\"\"", DVO_OK},
        {"{\"pointer\":\"/log\",\"line\":2,\"regex\":\"port ([0-9]+)\"}", "\"8080\"",
         DVO_OK},
        {"{\"pointer\":\"/log\",\"regex\":\"80+\"}", "\"80\"", DVO_OK},
        {"{\"pointer\":\"/log\",\"line\":1,\"regex\":\"port\"}", NULL, DVO_OK},
        {"{\"pointer\":\"/log\",\"regex\":\"(x)?three\"}", "\"three\"", DVO_OK},
        {"{\"pointer\":\"/foo\",\"regex\":\"bar\",\"default\":1}", "1", DVO_OK},
        {"{\"pointer\":\"/log\",\"regex\":\"(\",\"default\":1}", NULL, DVO_EINVAL},
        {"[\"/nets\",{\"/id\":\"b\"},\"/ip\"]", "2", DVO_OK},
        {"[\"/nets\",{\"/id\":\"c\"},\"/ip\"]", NULL, DVO_OK},
        {"[\"/deep/0\",{\"/x\":[\"z\",\"y\"]}]", "{\"x\":\"y\"}", DVO_OK},
        {"7", NULL, DVO_EPROTO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value_source source = {0};
        struct fault f = {0};
        json_t *entry = json_loads(cases[i].entry, JSON_DECODE_ANY, NULL);
        json_t *got = decode_extract(&source, document, NULL, entry, &f);
        char *text = got ? json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
        assert_int_equal(f.code, cases[i].error);
        if (cases[i].want && text)
            assert_string_equal(text, cases[i].want);
        else if (cases[i].want || text)
            fail_msg("%s gives %s", cases[i].entry, text ? text : "nothing");
        free(text);
        fault_free(&f);
        json_decref(got);
        json_decref(entry);
    }
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_json),
        cmocka_unit_test(decodes_text),
        cmocka_unit_test(decodes_frames),
        cmocka_unit_test(decodes_tar),
        cmocka_unit_test(refuses_hostile_tars),
        cmocka_unit_test(follows_pointers),
        cmocka_unit_test(extracts),
    };
    return RUN_TESTS(tests);
}
