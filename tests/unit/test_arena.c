/* Arenas: alignment, clearing, large pieces, reuse after freeing; growing arrays. */
#include "ir/base/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void test_alignment_and_separation(void **state)
{
    (void)state;
    struct arena a = {0};
    char *before = NULL;
    for (size_t size = 0; size < 3000; size += 7) {
        char *p = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        memset(p, 0xa5, size);
        if (before && size > 7)
            assert_int_equal((unsigned char)before[size - 8], 0xa5);
        before = p;
    }
    arena_free(&a);
}

static void test_larger_than_any_chunk(void **state)
{
    (void)state;
    struct arena a = {0};
    size_t size = (size_t)9 << 20;
    char *p = arena_zalloc(&a, size);
    assert_int_equal(p[0] | p[size / 2] | p[size - 1], 0);
    assert_int_equal(a.used, size);
    arena_free(&a);
    assert_null(a.chunks);
    assert_string_equal(arena_printf(&a, "%s %d", "again", 1), "again 1");
    arena_free(&a);
}

static void test_texts(void **state)
{
    (void)state;
    struct arena a = {0};
    char *s = arena_strndup(&a, "a\0b", 3);
    assert_memory_equal(s, "a\0b", 4);
    assert_string_equal(arena_strndup(&a, "", 0), "");
    char *wide = arena_printf(&a, "%5000d", 1);
    assert_int_equal(strlen(wide), 5000);
    int *numbers = arena_array(&a, int, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(numbers[i], 0);
    arena_free(&a);
}

static void test_growing_in_place(void **state)
{
    (void)state;
    struct arena a = {0};
    char *p = arena_alloc(&a, 20);
    memset(p, 'p', 20);
    assert_true(arena_grow(&a, p, 20, 25));
    assert_true(arena_grow(&a, p, 25, 4000));
    memset(p, 'p', 4000);
    assert_int_equal(a.used, 4000);
    char *q = arena_alloc(&a, 8);
    memset(q, 'q', 8);
    assert_int_equal(p[3999], 'p');
    assert_false(arena_grow(&a, p, 4000, 8000));         /* no longer the last */
    assert_false(arena_grow(&a, q, 8, (size_t)9 << 20)); /* larger than the chunk */
    assert_int_equal(a.used, 4008);
    assert_true(arena_grow(&a, q, 8, 16));
    memset(q, 'q', 16);
    arena_free(&a);
}

static void test_vec(void **state)
{
    (void)state;
    struct {
        int *v;
        size_t n, cap;
    } vec = {0};
    for (int i = 0; i < 10000; i++)
        *vec_push(&vec) = i;
    assert_int_equal(vec.n, 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(vec.v[i], i);
    int *same = vec_grow(vec.v, sizeof *vec.v, vec.n, &vec.cap);
    assert_ptr_equal(same, vec.v);
    free(vec.v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alignment_and_separation),
        cmocka_unit_test(test_larger_than_any_chunk),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_growing_in_place),
        cmocka_unit_test(test_vec),
    };
    return RUN_TESTS(tests);
}
