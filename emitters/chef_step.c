/* Finds the properties of step functions in the templates that give them parameters: a
 * parameter that is an argument of the call has what the record says about that one, any
 * other what its values are. */
#include "emitters/chef_step.h"

#include <stdlib.h>
#include <string.h>

#include "emitters/render.h"

/* Words that cannot name a property: of Ruby, of every resource of Chef (its public
 * methods of one word), and of what all our resources have. */
static const char *const reserved[] = {
    /* Ruby */
    "alias", "and", "begin", "break", "case", "def", "do", "else", "elsif", "end",
    "ensure", "false", "for", "if", "in", "module", "next", "nil", "not", "or", "redo",
    "rescue", "retry", "return", "self", "super", "true", "undef", "unless", "until",
    "when", "while", "yield",
    /* Object */
    "class", "clone", "define_singleton_method", "display", "dup", "enum_for", "extend",
    "freeze", "gem", "hash", "inspect", "instance_eval", "instance_exec",
    "instance_variable_get", "instance_variable_set", "instance_variables", "itself",
    "method", "method_missing", "methods", "object_id", "pretty_inspect",
    "private_methods", "protected_methods", "public_method", "public_methods",
    "public_send", "remove_instance_variable", "send", "singleton_class",
    "singleton_method", "singleton_methods", "taint", "tap", "then", "to_enum", "to_h",
    "to_hash", "to_json", "to_s", "to_text", "to_yaml", "trust", "untaint", "untrust",
    "yield_self",
    /* Chef::Resource */
    "action", "action_description", "after_created", "allowed_actions", "as_json",
    "before_notifications", "compile_time", "cookbook_name", "cookbook_version",
    "current_value", "custom_exception_message", "customize_exception", "declared_key",
    "declared_type", "default_guard_interpreter", "defined_at", "delayed_action",
    "delayed_notifications", "elapsed_time", "enclosing_provider", "events",
    "executed_by_runner", "guard_interpreter", "identity", "ignore_failure",
    "immediate_notifications", "load_from", "logger", "lookup_provider_constant", "name",
    "node", "not_if", "notifies", "notifies_before", "notifies_delayed",
    "notifies_immediately", "only_if", "params", "provider", "provider_for_action",
    "recipe_name", "resolve_notification_references", "resource_initializing",
    "resource_name", "retries", "retry_delay", "run_action", "run_context", "sensitive",
    "source_line", "source_line_file", "source_line_number",
    "state_for_resource_reporter", "subscribes", "umask", "updated",
    "updated_by_last_action", "validate_action", "value_to_text", "with_umask",
    /* what resources can ask */
    "build_resource", "chef_vault", "chef_vault_item", "data_bag", "data_bag_item",
    "declare_resource", "default_paths", "delete_resource", "edit_resource", "file_open",
    "file_read", "find_resource", "lazy", "platform_version", "powershell_out",
    "property_description", "reset_property", "resources", "search", "secret",
    "set_or_return", "shell_out", "value_for_platform", "value_for_platform_family",
    "where", "which", "with_run_context",
    /* ours */
    "register", "timeout"};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (!strcmp(name, reserved[i]))
            return true;
    return false;
}

/* ---- what values are -------------------------------------------------------------- */

/* What a record's type lets through; 0 where it lets several things through, which the
 * values tell. */
static unsigned kinds_of_type(enum type_kind kind)
{
    switch (kind) {
    case TYPE_BOOL:
    case TYPE_CONDITION:
    case TYPE_TRIGGERS: return CHEF_BOOLEAN;
    case TYPE_FLOAT: return CHEF_FLOAT | CHEF_INTEGER;
    case TYPE_LIST: return CHEF_ARRAY;
    case TYPE_DICT: return CHEF_HASH;
    default:
        if (type_is_int(kind))
            return CHEF_INTEGER;
        return type_is_text(kind) ? CHEF_STRING : 0;
    }
}

/* What only running tells: a step's answer is text but for the kinds that recipes turn
 * into others, while the values file has data. */
static unsigned kinds_of_field(struct flow *f, op_id op, str_id field)
{
    enum type_kind kind = flow_field_kind(f, op, field);
    if (!strcmp(emission_text(f->e, field), "changed"))
        return CHEF_BOOLEAN;
    unsigned kinds = kinds_of_type(kind);
    if (!kinds)
        return CHEF_ANY;
    bool turned = kind == TYPE_BOOL || kind == TYPE_INT || kind == TYPE_FLOAT;
    return turned ? kinds : kinds | CHEF_STRING;
}

static unsigned kinds_of_value(struct flow *f, val_id v)
{
    struct ir_value value = *val_get(f->e->values, v);
    switch (value.kind) {
    case IR_BOOL:
    case IR_COND:
    case IR_HANDLE: return CHEF_BOOLEAN;
    case IR_INT: return CHEF_INTEGER;
    case IR_FLOAT: return CHEF_FLOAT;
    case IR_LIST: return CHEF_ARRAY;
    case IR_DICT: return CHEF_HASH;
    case IR_GET: return kinds_of_value(f, val_items(f->e->values, v)[0]);
    case IR_REF: return kinds_of_field(f, value.as.ref.op, value.as.ref.field);
    default: return CHEF_STRING;
    }
}

/* ---- collecting ------------------------------------------------------------------- */

static const struct arg_info *arg_named(const struct call_info *call, str_id name)
{
    for (uint32_t i = 0; i < call->nargs; i++)
        if (call->args[i].name == name)
            return &call->args[i];
    return NULL;
}

static struct chef_step *steps_add(struct chef_steps *t, str_id function,
                                   const struct call_info *call)
{
    uint32_t *at = map64_put(&t->of, function);
    if (!*at) {
        *vec_push(t) = (struct chef_step){.function = function, .call = call};
        *at = (uint32_t)t->n;
    }
    return &t->v[*at - 1];
}

static struct chef_property *step_add(struct chef_step *s, struct emission *e,
                                      str_id parameter)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].parameter == parameter)
            return &s->v[i];
    struct chef_property *p = vec_push(s);
    *p = (struct chef_property){.parameter = parameter,
                                .name = emission_text(e, parameter)};
    return p;
}

/* None and what is empty say nothing: a step that is not given them does the same. */
static bool says_something(const struct values *values, val_id v)
{
    struct ir_value value = *val_get(values, v);
    bool many = value.kind == IR_LIST || value.kind == IR_DICT;
    return v != VAL_ABSENT && v != VAL_NONE && !(many && !value.count);
}

static void note_default(struct emission *e, struct chef_property *p, val_id fallback)
{
    if (!says_something(e->values, fallback))
        fallback = 0;
    if (!p->judged)
        p->fallback = fallback;
    else if (p->fallback && !val_equal(e->values, p->fallback, fallback))
        p->fallback = 0;
    p->judged = true;
}

static void note_parameter(struct flow *f, struct chef_step *s, op_id op, val_id key,
                           val_id given)
{
    struct emission *e = f->e;
    const struct call_info *call = graph_call(e->graph, op);
    struct ir_value value = *val_get(e->values, given);
    struct chef_property *p = step_add(s, e, val_get(e->values, key)->as.n);
    if (value.kind == IR_HOLE && !value.as.hole.item) {
        p->arg = &call->args[value.as.hole.arg];
        p->kinds |= kinds_of_type((enum type_kind)p->arg->type.kind);
    } else if (!p->arg) {
        p->arg = arg_named(call, p->parameter);
    }
    note_default(e, p, p->arg ? p->arg->fallback : 0);
    val_id v = render_value(e, op, given);
    if (v && v != VAL_NONE) {
        p->given++;
        p->kinds |= kinds_of_value(f, v);
    }
}

static void note_op(struct chef_steps *t, struct flow *f, op_id op)
{
    struct emission *e = f->e;
    const struct shape *shape = flow_shape(f, op);
    for (uint32_t i = 0; i < shape->n; i++) {
        const struct shape_step *native = &shape->v[i];
        if (!native->step)
            continue;
        struct chef_step *s = steps_add(t, val_get(e->values, native->step)->as.n,
                                        graph_call(e->graph, op));
        s->uses++;
        uint32_t count = native->params ? val_get(e->values, native->params)->count : 0;
        for (uint32_t k = 0; k < count; k++)
            note_parameter(f, s, op, val_items(e->values, native->params)[2 * k],
                           val_items(e->values, native->params)[2 * k + 1]);
    }
}

/* What a record makes of an argument need not be of its kind, such as seconds of "1m":
 * then the default is none of the parameter's. */
static void drop_defaults(struct chef_step *s, struct flow *f)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].fallback && kinds_of_value(f, s->v[i].fallback) & ~s->v[i].kinds)
            s->v[i].fallback = 0;
}

/* ---- names ------------------------------------------------------------------------ */

/* A reserved word says what it is: "unless" is unless_command, any but a list is
 * WORD_value. */
static void name_properties(struct chef_step *s, struct emission *e)
{
    for (size_t i = 0; i < s->n; i++)
        if (is_reserved(s->v[i].name))
            s->v[i].name =
                arena_printf(&e->arena, "%s_%s", s->v[i].name,
                             s->v[i].kinds == CHEF_ARRAY ? "command" : "value");
}

/* The argument that says what the call is about, or where that is no parameter, the first
 * parameter; a text that every step gives. */
static void find_identity(struct chef_step *s)
{
    if (!s->n)
        return;
    size_t found = s->n;
    for (uint32_t k = 0; k < s->call->nidentity && found == s->n; k++)
        for (size_t i = 0; i < s->n && found == s->n; i++)
            if (s->v[i].arg == &s->call->args[s->call->identity[k]])
                found = i;
    if (found == s->n)
        found = 0;
    if (s->v[found].kinds == CHEF_STRING && s->v[found].given == s->uses)
        s->identity = (uint32_t)found + 1;
}

void chef_steps_collect(struct chef_steps *t, struct flow *flow)
{
    struct emission *e = flow->e;
    for (uint32_t i = 1; i <= e->plan->nsegments; i++)
        for (uint32_t k = 0; flow_carries(flow, i) && k < e->plan->segments[i].nops; k++)
            note_op(t, flow, e->plan->segments[i].ops[k]);
    for (size_t i = 0; i < t->n; i++) {
        drop_defaults(&t->v[i], flow);
        name_properties(&t->v[i], e);
        find_identity(&t->v[i]);
    }
}

void chef_steps_free(struct chef_steps *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i].v);
    free(t->v);
    map64_free(&t->of);
}

const struct chef_step *chef_steps_find(const struct chef_steps *t, str_id function)
{
    uint32_t at = map64_get(&t->of, function);
    return at ? &t->v[at - 1] : NULL;
}

const struct chef_property *chef_step_property(const struct chef_step *s,
                                               str_id parameter)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].parameter == parameter)
            return &s->v[i];
    return NULL;
}
