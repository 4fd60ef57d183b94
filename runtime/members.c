/* In a transaction all end alike, and the step's digits say who changed something; of a
 * list of operations each has its own result, up to the one that failed. */
#include "runtime/members.h"

#include <stdio.h>
#include <string.h>

bool member_changed(uint32_t n, uint32_t k, const json_t *fields, bool changed)
{
    const char *digits = json_string_value(json_object_get(fields, "members"));
    bool told = n > 1 && digits && strlen(digits) == n;
    return told ? digits[k] == '1' && changed : changed;
}

/* The same event with the op's own share of the change. */
static json_t *event_of_transaction(const struct plan_task *task, uint32_t k,
                                    const json_t *event)
{
    json_t *own = json_copy((json_t *)(uintptr_t)event);
    const json_t *result = json_object_get(event, "result");
    const json_t *fields = json_object_get(result, "fields"); /* Chef has them at once */
    bool changed = json_is_true(json_object_get(event, "changed"));
    json_object_set_new(
        own, "changed",
        json_boolean(member_changed(task->nops, k, fields ? fields : result, changed)));
    return own;
}

static bool is_state(const json_t *one, const char *state)
{
    const char *s = json_string_value(json_object_get(one, "state"));
    return s && !strcmp(s, state);
}

/* An operation's own result. */
static json_t *event_of_operation(const json_t *one)
{
    const char *kind = is_state(one, "failed")    ? "failed"
                       : is_state(one, "skipped") ? "skipped"
                                                  : "ok";
    const json_t *fields = json_object_get(one, "fields");
    return json_pack("{s:s, s:O*, s:O*, s:O*, s:{s:O*}}", "event", kind, "changed",
                     json_object_get(one, "changed"), "msg", json_object_get(one, "msg"),
                     "errno", json_object_get(one, "errno"), "result", "fields", fields);
}

json_t *member_event(const struct plan_task *task, uint32_t k, const json_t *event)
{
    if (!task->apart)
        return event_of_transaction(task, k, event);
    const json_t *results = json_object_get(event, "operations");
    size_t n = json_array_size(results);
    if (k < n)
        return event_of_operation(json_array_get(results, k));
    /* Nobody failed by itself: it was the one whose turn it was. */
    bool own = n && is_state(json_array_get(results, n - 1), "failed");
    return k == n && !own ? json_incref((json_t *)(uintptr_t)event) : NULL;
}

void member_withdraw(struct run *r, uint32_t op)
{
    const struct plan_op *p = &r->plan->ops[op];
    const struct run_op *o = &r->ops[op];
    const struct state_op *before = &o->before;
    struct fault f = {0};
    /* What it did in an attempt before this one is in the state, as begun again. */
    if (o->released || o->status == RUN_DONE)
        return;
    bool ok = true;
    if (before->status == STATE_NONE)
        ok = state_forget(r->state, p->address, &f);
    else if (before->status == STATE_DONE)
        ok = state_end(r->state, p->address, p->call, NULL, before->result,
                       before->created, before->pending, &f);
    if (!ok)
        progress_say(r->progress, "%s", f.message);
    fault_free(&f);
}

json_t *members_left_out(const struct tool_run *t)
{
    json_t *by_line = json_object();
    for (uint32_t i = 0; i < t->segment->ntasks; i++) {
        const struct plan_task *task = &t->segment->tasks[i];
        json_t *without = json_array();
        char line[16];
        for (uint32_t k = 0; k < task->nops; k++)
            if (!tool_op_part(t, task->ops[k]))
                json_array_append_new(without, json_integer(k));
        snprintf(line, sizeof line, "%u", task->line);
        if (json_array_size(without) && json_array_size(without) < task->nops)
            json_object_set(by_line, line, without);
        json_decref(without);
    }
    return by_line;
}
