/* Interned strings and the integer map, both well beyond their first size. */
#include "ir/base/intern.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#define MANY 100000

static void test_ids(void **state)
{
    (void)state;
    struct arena a = {0};
    struct intern t;
    intern_init(&t, &a);
    assert_int_equal(intern_cstr(&t, ""), 0);
    char name[32];
    for (uint32_t i = 0; i < MANY; i++) {
        int len = snprintf(name, sizeof name, "name-%u", i);
        assert_int_equal(intern(&t, name, (size_t)len), i + 1);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "name-%u", i);
        assert_int_equal(intern_cstr(&t, name), i + 1);
        assert_string_equal(intern_text(&t, i + 1), name);
        assert_true(intern_has(&t, name, strlen(name)));
    }
    assert_false(intern_has(&t, "name-", 5));
    assert_int_equal(t.n, MANY + 1);
    intern_free(&t);
    arena_free(&a);
}

static void test_nul_is_a_byte(void **state)
{
    (void)state;
    struct arena a = {0};
    struct intern t;
    intern_init(&t, &a);
    str_id one = intern(&t, "a\0b", 3), two = intern(&t, "a\0c", 3);
    assert_int_not_equal(one, two);
    assert_int_not_equal(one, intern_cstr(&t, "a"));
    assert_int_equal(intern_len(&t, one), 3);
    assert_int_equal(intern(&t, "\0", 1), 4);
    intern_free(&t);
    arena_free(&a);
}

static void test_hash(void **state)
{
    (void)state;
    char zeros[20] = {0};
    for (size_t i = 1; i < sizeof zeros; i++)
        assert_int_not_equal(hash_bytes(zeros, i), hash_bytes(zeros, i - 1));
    assert_int_equal(hash_bytes("12345678abc", 11), hash_bytes("12345678abc", 11));
    assert_int_not_equal(hash_bytes("12345678abc", 11), hash_bytes("abc12345678", 11));
}

static void test_map(void **state)
{
    (void)state;
    struct map64 m = {0};
    assert_int_equal(map64_get(&m, 0), 0);
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t *value = map64_put(&m, (uint64_t)i << 32 | (i & 1));
        assert_int_equal(*value, 0);
        *value = i + 1;
    }
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(map64_get(&m, (uint64_t)i << 32 | (i & 1)), i + 1);
        assert_int_equal(map64_get(&m, (uint64_t)i << 32 | 2), 0);
    }
    *map64_put(&m, 0) = 7;
    assert_int_equal(map64_get(&m, 0), 7);
    assert_int_equal(m.n, MANY);
    map64_free(&m);
    assert_int_equal(map64_get(&m, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_nul_is_a_byte),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_map),
    };
    return RUN_TESTS(tests);
}
