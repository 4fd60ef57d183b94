/* Digests against the published values of SHA-256. */
#include "ir/base/digest.h"

#include <errno.h>

#include "ir/base/file.h"
#include "unit.h"

static void test_text(void **state)
{
    (void)state;
    char text[DIGEST_TEXT_SIZE];
    digest_text("", 0, text);
    assert_string_equal(
        text, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_text("abc", 3, text);
    assert_string_equal(
        text, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_key(void **state)
{
    (void)state;
    char key[27];
    /* base64.b32encode(hashlib.sha256(b"abc").digest())[:26].lower() */
    digest_key26("abc", 3, key);
    assert_string_equal(key, "xj4bnp4pahh6uqkbidpf3lrceo");
}

static void test_file(void **state)
{
    (void)state;
    char file[DIGEST_TEXT_SIZE];
    assert_int_equal(digest_file("/dev/null", file), 0);
    assert_string_equal(
        file, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    struct buf text = {0};
    assert_true(file_read("/proc/self/exe", &text));
    char memory[DIGEST_TEXT_SIZE];
    digest_text(text.p, text.len, memory);
    assert_int_equal(digest_file("/proc/self/exe", file), 0);
    assert_string_equal(file, memory);
    buf_free(&text);
    assert_int_equal(digest_file("no such file", file), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(digest_file("/", file), -1);
    assert_int_equal(errno, EISDIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_file),
    };
    return RUN_TESTS(tests);
}
