/* Operations that are carried out as one, as the runtime sees them: who of them takes no
 * part, and which changed something. */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "ir/base/buf.h"
#include "runtime/members.h"

static void test_who_takes_no_part(void **state)
{
    (void)state;
    struct run_op ops[4] = {{.status = RUN_KNOWN},
                            {.status = RUN_RUNNING, .place = 0},
                            {.status = RUN_KNOWN},
                            {.status = RUN_RUNNING, .place = 1}};
    uint32_t one[] = {1}, two[] = {1, 2, 3}, all[] = {1, 3}, none[] = {2};
    struct plan_task tasks[] = {{4, one, 1, false, "a"},
                                {9, two, 3, true, "b"},
                                {15, all, 2, false, "c"},
                                {20, none, 1, false, "d"}};
    struct segment s = {.tasks = tasks, .ntasks = 4};
    struct run r = {.ops = ops};
    struct tool_run t = {.run = &r, .segment = &s};
    json_t *found = members_left_out(&t);
    json_t *wanted = json_loads("{\"9\": [1]}", 0, NULL);
    assert_true(json_equal(found, wanted));
    json_decref(found);
    json_decref(wanted);
    t.from = 1; /* the first is done */
    found = members_left_out(&t);
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
        assert_int_equal(member_changed(3, k, fields, true), k == 1);
        assert_false(member_changed(3, k, fields, false));
        assert_true(member_changed(3, k, NULL, true));
        assert_true(member_changed(2, k, fields, true)); /* of another list */
    }
    json_decref(fields);
}

/* Each of n ops' events, as "KIND CHANGED", or "-". */
static void check_events(bool apart, uint32_t n, const char *event, const char *wanted)
{
    struct plan_task task = {.nops = n, .apart = apart};
    json_t *json = json_loads(event, 0, NULL);
    struct buf found = {0};
    assert_non_null(json);
    for (uint32_t k = 0; k < n; k++) {
        json_t *own = member_event(&task, k, json);
        const char *kind = json_string_value(json_object_get(own, "event"));
        bool changed = json_is_true(json_object_get(own, "changed"));
        buf_printf(&found, "%s%s%s", k ? ", " : "", kind ? kind : "-",
                   changed ? " changed" : "");
        json_decref(own);
    }
    assert_string_equal(buf_text(&found), wanted);
    buf_free(&found);
    json_decref(json);
}

static void test_events_of_a_transaction(void **state)
{
    (void)state;
    check_events(false, 1, "{\"event\": \"ok\", \"changed\": true}", "ok changed");
    check_events(false, 2,
                 "{\"event\": \"ok\", \"changed\": true, \"result\": {\"fields\": "
                 "{\"members\": \"01\"}}}",
                 "ok, ok changed");
    check_events(false, 2,
                 "{\"event\": \"ok\", \"changed\": true, \"result\": "
                 "{\"members\": \"10\"}}",
                 "ok changed, ok");
    check_events(false, 2, "{\"event\": \"failed\", \"changed\": false}",
                 "failed, failed");
}

static void test_events_of_operations(void **state)
{
    (void)state;
    static const char same[] = "{\"state\": \"same\", \"changed\": false}";
    static const char changed[] = "{\"state\": \"changed\", \"changed\": true}";
    static const char skipped[] = "{\"state\": \"skipped\", \"changed\": false}";
    static const char failed[] =
        "{\"state\": \"failed\", \"changed\": false, \"errno\": \"ENOENT\"}";
    struct buf event = {0};
    buf_printf(&event, "{\"event\": \"ok\", \"operations\": [%s, %s, %s]}", same, changed,
               skipped);
    check_events(true, 3, buf_text(&event), "ok, ok changed, skipped");
    buf_clear(&event);
    buf_printf(&event, "{\"event\": \"failed\", \"operations\": [%s, %s]}", changed,
               failed);
    check_events(true, 4, buf_text(&event), "ok changed, failed, -, -");
    /* The shell was killed behind the first. */
    buf_clear(&event);
    buf_printf(&event, "{\"event\": \"failed\", \"operations\": [%s]}", same);
    check_events(true, 3, buf_text(&event), "ok, failed, -");
    check_events(true, 2, "{\"event\": \"unreachable\"}", "unreachable, -");
    buf_free(&event);
}

/* What was only written down as begun. */
static void withdraw(struct state *s, const char *address, enum state_status expected,
                     bool pending)
{
    struct fault f = {0};
    struct plan_op op = {.address = address, .call = "machine.file"};
    struct run_op o = {.status = RUN_RUNNING};
    struct run_plan plan = {.ops = &op};
    struct run r = {.plan = &plan, .ops = &o, .state = s};
    struct state_op now;
    assert_true(state_read(s, address, &o.before, &f));
    assert_true(state_begin(s, address, op.call, NULL, &f));
    member_withdraw(&r, 0);
    assert_true(state_read(s, address, &now, &f));
    assert_int_equal(now.status, expected);
    assert_int_equal(now.pending, pending);
    assert_true(json_equal(now.result, o.before.result) || now.result == o.before.result);
    state_op_free(&now);
    state_op_free(&o.before);
}

static void test_what_never_began(void **state)
{
    (void)state;
    struct fault f = {0};
    char path[] = "/tmp/dvo-members-XXXXXX";
    close(mkstemp(path));
    unlink(path);
    struct state *s = state_open(path, "p", STATE_MAKE, &f);
    json_t *result = json_pack("{s:s}", "stdout", "x");
    assert_non_null(s);
    assert_true(state_begin(s, "done", "machine.file", NULL, &f) &&
                state_end(s, "done", "machine.file", NULL, result, false, true, &f) &&
                state_begin(s, "begun", "machine.file", NULL, &f));
    withdraw(s, "new", STATE_NONE, false);
    withdraw(s, "done", STATE_DONE, true);
    withdraw(s, "begun", STATE_STARTED, false);
    json_decref(result);
    state_close(s);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_takes_no_part),
        cmocka_unit_test(test_which_changed),
        cmocka_unit_test(test_events_of_a_transaction),
        cmocka_unit_test(test_events_of_operations),
        cmocka_unit_test(test_what_never_began),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
