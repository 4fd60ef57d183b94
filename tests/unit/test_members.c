/* Operations that are carried out as one, as the runtime sees them: who of them takes no
 * part, and which changed something. */
#include "unit.h"

#include "runtime/run.h"
#include "runtime/toolrun.h"

static void test_who_takes_no_part(void **state)
{
    (void)state;
    struct run_op ops[4] = {{.status = RUN_KNOWN},
                            {.status = RUN_RUNNING, .place = 0},
                            {.status = RUN_KNOWN},
                            {.status = RUN_RUNNING, .place = 1}};
    uint32_t one[] = {1}, two[] = {1, 2, 3}, all[] = {1, 3}, none[] = {2};
    struct plan_task tasks[] = {
        {4, one, 1, "a"}, {9, two, 3, "b"}, {15, all, 2, "c"}, {20, none, 1, "d"}};
    struct segment s = {.tasks = tasks, .ntasks = 4};
    struct run r = {.ops = ops};
    struct tool_run t = {.run = &r, .segment = &s};
    json_t *found = tool_left_out(&t);
    json_t *wanted = json_loads("{\"9\": [1]}", 0, NULL);
    assert_true(json_equal(found, wanted));
    json_decref(found);
    json_decref(wanted);
    t.from = 1; /* the first is done */
    found = tool_left_out(&t);
    wanted = json_loads("{\"9\": [0, 1], \"15\": [0]}", 0, NULL);
    assert_true(json_equal(found, wanted));
    json_decref(found);
    json_decref(wanted);
}

static void test_which_changed(void **state)
{
    (void)state;
    json_t *fields = json_pack("{s:s}", "members", "010");
    for (uint32_t k = 0; k < 3; k++) {
        assert_int_equal(tool_member_changed(3, k, fields, true), k == 1);
        assert_false(tool_member_changed(3, k, fields, false));
        assert_true(tool_member_changed(3, k, NULL, true));
        assert_true(tool_member_changed(2, k, fields, true)); /* of another list */
    }
    json_decref(fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_takes_no_part),
        cmocka_unit_test(test_which_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
