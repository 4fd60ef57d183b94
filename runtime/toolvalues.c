/* What a tool run is given: variables and secrets of the plan, and the results of ops
 * that are not run again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/file.h"
#include "runtime/toolrun.h"

/* What an op that takes no part would have given its register, from the state. */
static json_t *register_of_known(const struct run *r, uint32_t op)
{
    json_t *result = json_copy(r->ops[op].result);
    json_t *fields = json_incref(r->ops[op].result);
    if (!result)
        result = json_object();
    json_object_set_new(result, "fields", fields ? fields : json_object());
    json_object_set_new(result, "changed", json_boolean(r->ops[op].pending));
    json_object_set_new(result, "failed", json_false());
    return result;
}

static const char *register_name(const struct tool_run *t, uint32_t op)
{
    char id[16];
    snprintf(id, sizeof id, "%u", t->run->plan->ops[op].id);
    return json_string_value(json_object_get(t->segment->registers, id));
}

json_t *tool_known(const struct tool_run *t)
{
    json_t *known = json_object();
    for (uint32_t i = 0; i < t->segment->nops; i++) {
        uint32_t op = t->segment->ops[i];
        const char *name = register_name(t, op);
        if (name && t->run->ops[op].status == RUN_KNOWN)
            json_object_set_new(known, name, register_of_known(t->run, op));
    }
    for (uint32_t i = 0; i < t->from; i++) {
        const struct tool_op *o = &t->ops[i];
        const char *name = register_name(t, o->op);
        if (name && tool_op_done(o))
            json_object_set(known, name, o->register_);
    }
    return known;
}

json_t *tool_changed_before(const struct tool_run *t)
{
    const struct run *r = t->run;
    json_t *names = json_array();
    const char *id;
    json_t *name;
    json_object_foreach((json_t *)(uintptr_t)t->segment->registers, id, name)
    {
        uint32_t op = plan_op_index(r->plan, strtoll(id, NULL, 10));
        if (op && (r->ops[op].pending || r->ops[op].changed))
            json_array_append(names, name);
    }
    return names;
}

bool tool_op_part(const struct tool_run *t, uint32_t op)
{
    return t->run->ops[op].status != RUN_KNOWN && t->run->ops[op].place >= t->from;
}

bool tool_variables(const struct tool_run *t, struct value_source *source, json_t *values)
{
    const char *name;
    json_t *expr;
    json_object_foreach((json_t *)(uintptr_t)t->segment->vars, name, expr)
    {
        json_t *v = value_evaluate(source, expr);
        if (!v && source->outcome == VALUE_SKIPPED) {
            source->outcome = VALUE_READY; /* the tasks ask whether it is defined */
            continue;
        }
        if (!v)
            return false;
        json_object_set_new(values, name, v);
    }
    return true;
}

bool tool_secrets(const struct tool_run *t, struct value_source *source, json_t *values)
{
    size_t i;
    json_t *path;
    json_array_foreach(t->segment->secrets, i, path)
    {
        const char *name = json_string_value(path);
        const char *value = name ? source->secret(source, name) : NULL;
        if (!value)
            return false;
        json_object_set_new(values, name, json_string(value));
    }
    return true;
}

bool tool_values_write(const char *path, const json_t *values,
                       struct value_source *source)
{
    char *text = json_dumps(values, JSON_COMPACT | JSON_SORT_KEYS);
    bool ok = text && file_replace(path, text, strlen(text), 0600);
    if (!ok) {
        source->outcome = VALUE_FAULT;
        fault_set(&source->fault, DVO_EPERM, "cannot write %s: %s", path,
                  strerror(errno));
    }
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
    return ok;
}
