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

json_t *tool_known(const struct tool_run *t)
{
    const struct segment *s = t->segment;
    json_t *known = json_object();
    for (uint32_t i = 0; s->registers && i < s->nops; i++) {
        const struct run_op *op = &t->run->ops[s->ops[i]];
        const struct tool_op *o = &t->ops[op->place];
        if (s->registers[i] && op->status == RUN_KNOWN)
            json_object_set_new(known, s->registers[i],
                                register_of_known(t->run, s->ops[i]));
        else if (s->registers[i] && op->place < t->from && tool_op_done(o))
            json_object_set(known, s->registers[i], o->register_);
    }
    return known;
}

json_t *tool_changed_before(const struct tool_run *t)
{
    const struct segment *s = t->segment;
    json_t *names = json_array();
    for (uint32_t i = 0; s->registers && i < s->nops; i++) {
        const struct run_op *op = &t->run->ops[s->ops[i]];
        if (s->registers[i] && (op->pending || op->changed))
            json_array_append_new(names, json_string(s->registers[i]));
    }
    return names;
}

bool tool_op_part(const struct tool_run *t, uint32_t op)
{
    return t->run->ops[op].status != RUN_KNOWN && t->run->ops[op].place >= t->from;
}

static bool add_variables(struct value_source *source, const json_t *vars, json_t *values)
{
    const char *name;
    json_t *expr;
    json_object_foreach((json_t *)(uintptr_t)vars, name, expr)
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

bool tool_variables(const struct tool_run *t, struct value_source *source, json_t *values)
{
    return add_variables(source, t->segment->vars, values);
}

bool tool_own_variables(const struct tool_run *t, struct value_source *source,
                        json_t *values)
{
    return add_variables(source, t->segment->own, values);
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

bool tool_values_write(const char *path, const json_t *values, struct fault *f)
{
    char *text = json_dumps(values, JSON_COMPACT | JSON_SORT_KEYS);
    bool ok = text && file_replace(path, text, strlen(text), 0600);
    if (!ok)
        fault_set(f, DVO_EPERM, "cannot write %s: %s", path, strerror(errno));
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
    return ok;
}
