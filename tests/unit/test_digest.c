/* Digests against the published values of SHA-256. */
#include "ir/base/digest.h"

#include <errno.h>
#include <sha2.h>

#include "ir/base/file.h"
#include "ir/base/sha256.h"
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

/* What the processor does itself is what the library does. */
static void test_library(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151 + i / 256 * 37);
    for (size_t len = 0; len < 900; len++) {
        const uint8_t *p = bytes + len % 17; /* not aligned either */
        char expected[DIGEST_TEXT_SIZE] = "sha256:", text[DIGEST_TEXT_SIZE];
        SHA256Data(p, len, expected + 7);
        digest_text(p, len, text);
        assert_string_equal(text, expected);
    }
}

/* Blocks in one piece are the same as one after the other. */
static void test_blocks(void **state)
{
    (void)state;
    uint8_t bytes[5 * SHA256_BLOCK];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    SHA2_CTX library, whole, pieces;
    SHA256Init(&library);
    whole = pieces = library;
    size_t done = sha256_blocks(whole.state.st32, bytes, sizeof bytes);
    if (!done)
        skip(); /* not on this processor */
    assert_int_equal(done, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i += SHA256_BLOCK) {
        SHA256Transform(library.state.st32, bytes + i);
        assert_int_equal(
            sha256_blocks(pieces.state.st32, bytes + i, 2 * SHA256_BLOCK - 1),
            SHA256_BLOCK);
        assert_memory_equal(pieces.state.st32, library.state.st32, 32);
    }
    assert_memory_equal(whole.state.st32, library.state.st32, 32);
    assert_int_equal(sha256_blocks(whole.state.st32, bytes, SHA256_BLOCK - 1), 0);
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
        cmocka_unit_test(test_text),   cmocka_unit_test(test_library),
        cmocka_unit_test(test_blocks), cmocka_unit_test(test_key),
        cmocka_unit_test(test_file),
    };
    return RUN_TESTS(tests);
}
