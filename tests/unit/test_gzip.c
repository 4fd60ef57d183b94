/* What gzip_add() writes, gzip itself unpacks. */
#include "ir/base/gzip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/file.h"
#include "unit.h"

/* Packs, lets gzip unpack, and compares. */
static size_t check(const char *bytes, size_t len)
{
    char path[] = "/tmp/dvo-test-gzip.XXXXXX";
    struct buf packed = {0}, unpacked = {0};
    char part[4096], command[64];
    size_t n;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    gzip_add(&packed, bytes, len);
    assert_int_equal(write(fd, packed.p, packed.len), (ssize_t)packed.len);
    close(fd);
    snprintf(command, sizeof command, "gzip -dc <%s", path);
    FILE *f = popen(command, "r");
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        buf_add(&unpacked, part, n);
    assert_int_equal(pclose(f), 0);
    unlink(path);
    assert_int_equal(unpacked.len, len);
    assert_true(!len || !memcmp(unpacked.p, bytes, len));
    size_t size = packed.len;
    buf_free(&packed);
    buf_free(&unpacked);
    return size;
}

static void test_short(void **state)
{
    (void)state;
    check("", 0);
    check("a", 1);
    check("ab", 2);
    check("\0\0\0", 3);
    check("abcabcabcabcabcabc", 18);
}

/* Every length and every distance has a code. */
static void test_lengths_and_distances(void **state)
{
    (void)state;
    struct buf text = {0};
    uint32_t x = 1;
    for (size_t i = 0; i < 70000; i++) {
        x = x * 1664525 + 1013904223;
        buf_char(&text, (char)(x >> 24));
    }
    check(text.p, text.len);
    for (size_t n = 1, far = 1; n < 300; n++, far = far * 9 / 8 + 1) {
        size_t from = text.len - 1 - far % 32768;
        for (size_t k = 0; k < n; k++)
            buf_char(&text, text.p[from + k]);
        buf_char(&text, (char)n);
    }
    check(text.p, text.len);
    buf_free(&text);
}

static void test_repetition(void **state)
{
    (void)state;
    struct buf text = {0};
    for (size_t i = 0; i < 100000; i++)
        buf_char(&text, 'x');
    assert_true(check(text.p, text.len) < 1000);
    buf_free(&text);
}

static void test_source(void **state)
{
    (void)state;
    struct buf text = {0};
    assert_true(file_read("etc/dvo/host/lib.sh", &text));
    assert_true(check(text.p, text.len) < text.len / 2);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_lengths_and_distances),
        cmocka_unit_test(test_repetition),
        cmocka_unit_test(test_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
