/* Values: identity of strings, joining of texts, equality and hashes, walking of
 * references. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/errors.h"
#include "ir/value.h"

struct fixture {
    struct arena arena;
    struct intern strings;
    struct values t;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    intern_init(&f->strings, &f->arena);
    values_init(&f->t, &f->strings);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    values_free(&f->t);
    intern_free(&f->strings);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static val_id str(struct fixture *f, const char *s)
{
    return val_text(&f->t, s, strlen(s));
}

static void equal_strings_are_one_value(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(str(f, "a"), str(f, "a"));
    assert_int_not_equal(str(f, "a"), str(f, "b"));
    assert_int_equal(val_str(&f->t, 0), str(f, ""));
    char far[16];
    for (int i = 0; i < 5000; i++) { /* the table of strings grows */
        snprintf(far, sizeof far, "s%d", i);
        str(f, far);
    }
    assert_int_equal(str(f, "s4999"), str(f, "s4999"));
    assert_int_equal(val_bool(true), VAL_TRUE);
    assert_int_equal(val_get(&f->t, VAL_TRUE)->as.n, 1);
}

static void join_merges_and_flattens(void **state)
{
    struct fixture *f = *state;
    val_id ref = val_ref(&f->t, 7, intern_cstr(&f->strings, "ip"));
    val_id ab[] = {str(f, "a"), str(f, "b")};
    assert_int_equal(val_join(&f->t, ab, 2), str(f, "ab"));
    assert_int_equal(val_join(&f->t, ab, 0), str(f, ""));
    assert_int_equal(val_join(&f->t, ab, 1), ab[0]);
    val_id parts[] = {str(f, "x"), ref};
    val_id inner = val_join(&f->t, parts, 2);
    assert_int_equal(val_get(&f->t, inner)->kind, IR_TEXT);
    assert_int_equal(val_join(&f->t, &inner, 1), inner);
    val_id outer_parts[] = {str(f, "p"), str(f, ""), inner, str(f, "q"), str(f, "r")};
    val_id outer = val_join(&f->t, outer_parts, 5);
    const struct ir_value *v = val_get(&f->t, outer);
    assert_int_equal(v->kind, IR_TEXT);
    assert_int_equal(v->count, 3);
    assert_int_equal(val_items(&f->t, outer)[0], str(f, "px"));
    assert_int_equal(val_items(&f->t, outer)[1], ref);
    assert_int_equal(val_items(&f->t, outer)[2], str(f, "qr"));
    val_id alone = val_join(&f->t, &ref, 1);
    assert_int_equal(val_get(&f->t, alone)->kind, IR_TEXT);
    val_id nul[] = {val_text(&f->t, "a\0b", 3), str(f, "c")};
    assert_int_equal(val_join(&f->t, nul, 2), val_text(&f->t, "a\0bc", 4));
}

static void flags_follow_parts(void **state)
{
    struct fixture *f = *state;
    val_id secret = val_secret(&f->t, intern_cstr(&f->strings, "a/b"));
    val_id parts[] = {str(f, "x"), secret};
    val_id text = val_join(&f->t, parts, 2);
    assert_int_equal(val_get(&f->t, text)->flags, IR_TAINTED | IR_DEFERRED);
    val_id list = val_seq(&f->t, IR_LIST, 0, &text, 1);
    assert_int_equal(val_get(&f->t, list)->flags, IR_TAINTED | IR_DEFERRED);
    val_id handle = val_handle(&f->t, 3);
    list = val_seq(&f->t, IR_LIST, 0, &handle, 1);
    assert_int_equal(val_get(&f->t, list)->flags, IR_REFERS);
    val_id ref = val_taint(&f->t, val_ref(&f->t, 3, 0));
    assert_true(val_get(&f->t, ref)->flags & IR_TAINTED);
    val_id truth[] = {VAL_TRUE, VAL_FALSE};
    val_id cond = val_seq(&f->t, IR_COND, IR_COND_EQ, truth, 2);
    assert_int_equal(val_get(&f->t, cond)->flags, IR_DEFERRED);
}

static void sequences_may_copy_the_pool(void **state)
{
    struct fixture *f = *state;
    val_id items[] = {VAL_NONE, VAL_TRUE, VAL_FALSE};
    val_id list = val_seq(&f->t, IR_LIST, 0, items, 3);
    for (int i = 0; i < 1000; i++) {
        val_id copy = val_seq(&f->t, IR_LIST, 0, val_items(&f->t, list), 3);
        assert_true(val_equal(&f->t, list, copy));
        list = copy;
    }
}

static void equality_and_hash_agree(void **state)
{
    struct fixture *f = *state;
    struct values *t = &f->t;
    val_id ab[] = {str(f, "a"), val_int(t, 1), str(f, "b"), val_float(t, 2.5)};
    val_id ba[] = {str(f, "b"), val_float(t, 2.5), str(f, "a"), val_int(t, 1)};
    val_id x = val_seq(t, IR_DICT, 0, ab, 2);
    val_id y = val_seq(t, IR_DICT, 0, ba, 2);
    assert_true(val_equal(t, x, y));
    assert_int_equal(val_hash(t, x), val_hash(t, y));
    ba[3] = val_int(t, 2);
    y = val_seq(t, IR_DICT, 0, ba, 2);
    assert_false(val_equal(t, x, y));
    assert_false(val_equal(t, val_int(t, 1), val_float(t, 1)));
    assert_false(val_equal(t, val_int(t, 1), VAL_TRUE));
    val_id r = val_ref(t, 1, 5);
    assert_true(val_equal(t, r, val_ref(t, 1, 5)));
    assert_int_equal(val_hash(t, r), val_hash(t, val_ref(t, 1, 5)));
    assert_false(val_equal(t, r, val_ref(t, 2, 5)));
    assert_int_equal(val_dict_get(t, x, "b"), ab[3]);
    assert_int_equal(val_dict_get(t, x, "c"), 0);
}

static void count_op(void *ctx, op_id op, str_id field)
{
    (void)field;
    *(unsigned *)ctx += op;
}

static void references_are_found_anywhere(void **state)
{
    struct fixture *f = *state;
    struct values *t = &f->t;
    val_id get[] = {val_ref(t, 1, 9), val_int(t, 8080)};
    val_id text[] = {str(f, "u"), val_seq(t, IR_GET, 0, get, 2)};
    val_id dict[] = {str(f, "k"), val_join(t, text, 2), str(f, "h"), val_handle(t, 10)};
    val_id items[] = {val_seq(t, IR_DICT, 0, dict, 2), val_ref(t, 100, 9)};
    unsigned sum = 0;
    val_each_op(t, val_seq(t, IR_LIST, 0, items, 2), count_op, &sum);
    assert_int_equal(sum, 111);
    val_each_op(t, VAL_ABSENT, count_op, &sum);
    assert_int_equal(sum, 111);
}

static void errors_know_their_rows(void **state)
{
    (void)state;
    assert_string_equal(error_name(DVO_EPOSTCOND), "EPOSTCOND");
    assert_int_equal(error_named("EBUSY", 5), DVO_EBUSY);
    assert_int_equal(error_named("EBUSYX", 6), DVO_OK);
    assert_int_equal(error_named("OK", 2), DVO_OK);
    assert_true(error_transient(DVO_EAGAIN));
    assert_false(error_transient(DVO_ENOENT));
    assert_int_equal(error_status(DVO_OK), 0);
    for (int e = 1; e < DVO_ERROR_COUNT; e++) { /* one status each, none of 0, 1, 2 */
        assert_true(error_status((enum dvo_error)e) > 2);
        for (int o = 1; o < e; o++)
            assert_int_not_equal(error_status((enum dvo_error)e),
                                 error_status((enum dvo_error)o));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_strings_are_one_value, setup, teardown),
        cmocka_unit_test_setup_teardown(join_merges_and_flattens, setup, teardown),
        cmocka_unit_test_setup_teardown(flags_follow_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(sequences_may_copy_the_pool, setup, teardown),
        cmocka_unit_test_setup_teardown(equality_and_hash_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(references_are_found_anywhere, setup, teardown),
        cmocka_unit_test(errors_know_their_rows),
    };
    return RUN_TESTS(tests);
}
