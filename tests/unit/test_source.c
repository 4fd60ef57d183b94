/* Positions and lines: columns count characters, line ends of both kinds, offsets at and
 * behind the end. */
#include "ir/base/source.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static struct arena arena;
static struct sources sources;

static int setup(void **state)
{
    (void)state;
    sources_init(&sources, &arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sources_free(&sources);
    arena_free(&arena);
    return 0;
}

static void assert_pos(file_id id, uint32_t offset, uint32_t line, uint32_t column)
{
    struct source_pos pos = source_pos(&sources, id, offset);
    assert_int_equal(pos.line, line);
    assert_int_equal(pos.column, column);
}

static void assert_line(file_id id, uint32_t line, const char *expected)
{
    size_t len;
    const char *text = source_line(&sources, id, line, &len);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
}

static void test_positions(void **state)
{
    (void)state;
    file_id id = source_add(&sources, "a.dvo", "ab\n\ncd\xc3\xa9x\r\nz", 12);
    assert_int_equal(id, 1);
    assert_pos(id, 0, 1, 1);
    assert_pos(id, 2, 1, 3);
    assert_pos(id, 3, 2, 1);
    assert_pos(id, 4, 3, 1);
    assert_pos(id, 8, 3, 4);
    assert_pos(id, 11, 4, 1);
    assert_pos(id, 12, 4, 2);
    assert_pos(id, 4000, 4, 2);
    assert_line(id, 1, "ab");
    assert_line(id, 2, "");
    assert_line(id, 3, "cd\xc3\xa9x");
    assert_line(id, 4, "z");
    assert_line(id, 5, "");
    assert_line(id, 0, "");
}

static void test_empty_and_final_newline(void **state)
{
    (void)state;
    file_id empty = source_add(&sources, "empty", "", 0);
    assert_pos(empty, 0, 1, 1);
    assert_line(empty, 1, "");
    file_id one = source_add(&sources, "one", "x\n", 2);
    assert_pos(one, 2, 2, 1);
    assert_line(one, 2, "");
    file_id broken = source_add(&sources, "broken", "\xff\xfe!", 3);
    assert_pos(broken, 2, 1, 3);
}

static void test_load(void **state)
{
    (void)state;
    file_id id = source_load(&sources, "CMakePresets.json");
    assert_int_not_equal(id, 0);
    assert_string_equal(source_get(&sources, id)->path, "CMakePresets.json");
    assert_line(id, 1, "{");
    errno = 0;
    assert_int_equal(source_load(&sources, "no such file"), 0);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(source_load(&sources, "ir"), 0);
    assert_int_equal(errno, EISDIR);
}

static void test_join(void **state)
{
    (void)state;
    struct span joined = span_join((struct span){1, 5, 9}, (struct span){1, 2, 6});
    assert_int_equal(joined.begin, 2);
    assert_int_equal(joined.end, 9);
    joined = span_join((struct span){1, 5, 9}, (struct span){2, 2, 60});
    assert_int_equal(joined.begin, 5);
    assert_int_equal(joined.end, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_positions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_and_final_newline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_load, setup, teardown),
        cmocka_unit_test_setup_teardown(test_join, setup, teardown),
    };
    return RUN_TESTS(tests);
}
