/* The embedded files are those of etc/dvo, sorted, found by path and by folder. */
#include "ir/base/embed.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/digest.h"
#include "ir/base/file.h"
#include "unit.h"

static void test_sorted_and_equal(void **state)
{
    (void)state;
    assert_true(embedded_count > 0);
    for (size_t i = 0; i < embedded_count; i++) {
        const struct embedded_file *f = &embedded_files[i];
        if (i)
            assert_true(strcmp(f[-1].path, f->path) < 0);
        assert_ptr_equal(embedded_find(f->path), f);
        char digest[DIGEST_TEXT_SIZE];
        digest_text(f->data, f->len, digest);
        assert_string_equal(f->digest, digest);
        assert_int_equal(f->data[f->len], '\0');
        if (!strncmp(f->path, "library/", 8))
            continue;
        char *path = path_join("etc/dvo", f->path);
        struct buf text = {0};
        assert_true(file_read(path, &text));
        assert_int_equal(text.len, f->len);
        assert_memory_equal(buf_text(&text), f->data, f->len);
        buf_free(&text);
        free(path);
    }
}

static void test_absent(void **state)
{
    (void)state;
    assert_null(embedded_find(""));
    assert_null(embedded_find("zzz"));
    assert_null(embedded_find("host"));
    assert_int_equal(embedded_first("no such folder/"), embedded_count);
    assert_false(embedded_in(embedded_count, ""));
}

static void test_folder(void **state)
{
    (void)state;
    size_t n = 0, expected = 0;
    for (size_t i = 0; i < embedded_count; i++)
        expected += !strncmp(embedded_files[i].path, "host/", 5);
    for (size_t i = embedded_first("host/"); embedded_in(i, "host/"); i++)
        n++;
    assert_int_equal(n, expected);
}

/* The library in one piece holds every file of host/, in their order. */
static void test_library(void **state)
{
    (void)state;
    const struct embedded_file *script = embedded_find("library/steps.sh");
    const struct embedded_file *module = embedded_find("library/steps.py");
    const char *p = script->data;
    for (size_t i = embedded_first("host/"); embedded_in(i, "host/"); i++) {
        const struct embedded_file *f = &embedded_files[i];
        if (strcmp(f->path + strlen(f->path) - 3, ".sh") != 0)
            continue;
        assert_memory_equal(p, f->data, f->len);
        p += f->len;
    }
    assert_ptr_equal(p, script->data + script->len);
    assert_non_null(strstr(module->data, script->data));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorted_and_equal),
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_library),
    };
    return RUN_TESTS(tests);
}
