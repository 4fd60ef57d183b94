/* The archive of a folder: the same bytes wherever it stands, and nothing from outside.
 */
#include "compiler/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/base/digest.h"
#include "ir/base/file.h"
#include "unit.h"

struct place {
    char folder[64];
    struct arena arena;
};

static const char *in(struct place *p, const char *name)
{
    return arena_printf(&p->arena, "%s/%s", p->folder, name);
}

static void write_file(struct place *p, const char *name, const char *text, mode_t mode)
{
    assert_true(file_replace(in(p, name), text, strlen(text), 0600));
    assert_int_equal(chmod(in(p, name), mode), 0);
}

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    strcpy(p->folder, "/tmp/test_archive.XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", p->folder);
    assert_int_equal(system(command), 0);
    arena_free(&p->arena);
    free(p);
    return 0;
}

static const char *packed(struct place *p, char digest[DIGEST_TEXT_SIZE])
{
    struct buf out = {0};
    const char *wrong = archive_folder(p->folder, &p->arena, &out);
    assert_int_equal(out.len % 512, 0);
    digest_text(out.p, out.len, digest);
    buf_free(&out);
    return wrong;
}

static void test_same_bytes(void **state)
{
    struct place *p = *state;
    char digest[DIGEST_TEXT_SIZE];
    write_file(p, "b", "text\n", 0664);
    assert_int_equal(mkdir(in(p, "a"), 0700), 0);
    write_file(p, "a/run", "#!/bin/sh\n", 0700);
    assert_int_equal(symlink("a/run", in(p, "l")), 0);
    assert_null(packed(p, digest));
    struct buf out = {0};
    assert_null(archive_folder(p->folder, &p->arena, &out));
    assert_memory_equal(out.p, "a/\0", 3);
    assert_string_equal(out.p + 100, "0000755");
    assert_memory_equal(out.p + 512, "a/run\0", 6);
    assert_string_equal(out.p + 512 + 100, "0000755");
    assert_memory_equal(out.p + 3 * 512, "b\0", 2);
    assert_string_equal(out.p + 3 * 512 + 100, "0000644");
    assert_int_equal(out.p[5 * 512 + 156], '2');
    assert_string_equal(out.p + 5 * 512 + 157, "a/run");
    buf_free(&out);
    /* Times and modes that mean nothing do not show. */
    char again[DIGEST_TEXT_SIZE];
    write_file(p, "b", "text\n", 0600);
    assert_null(packed(p, again));
    assert_string_equal(digest, again);
}

static void test_read_by_tar(void **state)
{
    struct place *p = *state;
    char name[201] = "", command[1024];
    memset(name, 'n', 200);
    assert_int_equal(mkdir(in(p, "in"), 0755), 0);
    write_file(p, arena_printf(&p->arena, "in/%s", name), "long\n", 0644);
    assert_int_equal(symlink(name, in(p, "in/l")), 0);
    struct buf out = {0};
    assert_null(archive_folder(in(p, "in"), &p->arena, &out));
    assert_true(file_replace(in(p, "x.tar"), out.p, out.len, 0644));
    snprintf(
        command, sizeof command,
        "cd %s && mkdir out && tar -xf x.tar -C out && diff -r --no-dereference in out",
        p->folder);
    assert_int_equal(system(command), 0);
    buf_free(&out);
}

static void refused(struct place *p, const char *text)
{
    char digest[DIGEST_TEXT_SIZE];
    const char *wrong = packed(p, digest);
    assert_non_null(wrong);
    assert_non_null(strstr(wrong, text));
}

static void link_to(struct place *p, const char *target)
{
    unlink(in(p, "sub/l"));
    assert_int_equal(symlink(target, in(p, "sub/l")), 0);
}

static void test_links(void **state)
{
    struct place *p = *state;
    char digest[DIGEST_TEXT_SIZE];
    assert_int_equal(mkdir(in(p, "sub"), 0755), 0);
    static const char *const inside[] = {"..", "../sub/x", ".", "nowhere", "a/../b"};
    static const char *const outside[] = {"../..", "/etc", "../../sub", "a/../../../x"};
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        link_to(p, inside[i]);
        assert_null(packed(p, digest));
    }
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        link_to(p, outside[i]);
        refused(p, "leads out of the folder");
    }
    /* By words inside, but through another link. */
    link_to(p, "..");
    assert_int_equal(symlink("sub/l/../x", in(p, "m")), 0);
    write_file(p, "../test_archive.outside", "", 0600);
    assert_null(packed(p, digest));
    unlink(in(p, "m"));
    assert_int_equal(symlink("sub/l/../test_archive.outside", in(p, "m")), 0);
    refused(p, "leads out of the folder");
    unlink(in(p, "../test_archive.outside"));
}

static void test_others(void **state)
{
    struct place *p = *state;
    assert_int_equal(mkfifo(in(p, "f"), 0600), 0);
    refused(p, "is no file, folder or link");
    unlink(in(p, "f"));
    write_file(p, "a\nb", "", 0600);
    refused(p, "newline");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_by_tar, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_others, set_up, tear_down),
    };
    return RUN_TESTS(tests);
}
