/* Files: reading, replacing without leftovers, folders, path arithmetic. */
#include "ir/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char folder[] = "/tmp/dvo-unit-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const made[] = {"file", "a/b/c", "a/b", "a", "."};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char *path = path_join(folder, made[i]);
        remove(strcmp(made[i], ".") ? path : folder);
        free(path);
    }
    return 0;
}

static size_t folder_entries(void)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static void test_replace_and_read(void **state)
{
    (void)state;
    char *path = path_join(folder, "file");
    assert_true(file_replace(path, "first\0", 6, 0600));
    assert_true(file_replace(path, "second", 6, 0644));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(folder_entries(), 1);
    struct buf text = {0};
    buf_str(&text, "before ");
    assert_true(file_read(path, &text));
    assert_string_equal(text.p, "before second");
    buf_free(&text);
    free(path);
}

static void test_failures(void **state)
{
    (void)state;
    struct buf text = {0};
    assert_false(file_read("/no/such/file", &text));
    assert_int_equal(errno, ENOENT);
    assert_false(file_replace("/no/such/file", "", 0, 0644));
    assert_int_equal(errno, ENOENT);
    /* A folder cannot be replaced; the temporary file must be gone. */
    size_t before = folder_entries();
    char *path = path_join(folder, "a");
    assert_true(file_mkdirs(path));
    assert_false(file_replace(path, "", 0, 0644));
    assert_int_equal(errno, EISDIR);
    assert_int_equal(folder_entries(), before + 1);
    free(path);
    buf_free(&text);
}

static void test_mkdirs(void **state)
{
    (void)state;
    char *path = path_join(folder, "a//b/c/");
    assert_true(file_mkdirs(path));
    assert_true(file_mkdirs(path));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    free(path);
    path = path_join(folder, "file/x");
    assert_false(file_mkdirs(path));
    assert_int_equal(errno, ENOTDIR);
    free(path);
    assert_false(file_mkdirs(""));
    assert_int_equal(errno, ENOENT);
    assert_true(file_mkdirs("/"));
    assert_true(file_mkdirs("."));
}

static void assert_path(char *path, const char *expected)
{
    assert_string_equal(path, expected);
    free(path);
}

static void test_paths(void **state)
{
    (void)state;
    assert_path(path_dir("a"), ".");
    assert_path(path_dir("a/b"), "a");
    assert_path(path_dir("a//b"), "a");
    assert_path(path_dir("/a"), "/");
    assert_path(path_dir("//a"), "/");
    assert_path(path_dir("/a/b/c"), "/a/b");
    assert_path(path_join("a", "b"), "a/b");
    assert_path(path_join("a/", "b"), "a/b");
    assert_path(path_join("/", "b"), "/b");
    assert_path(path_join("a", "/b"), "/b");
    assert_path(path_join("", "b"), "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replace_and_read),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_mkdirs),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
