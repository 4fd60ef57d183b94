/* Finds the properties of step functions in the templates that give them parameters: a
 * parameter that is an argument of the call has what the record says about that one, any
 * other what its values are. */
#include "emitters/chef_step.h"

#include <stdlib.h>
#include <string.h>

#include "emitters/render.h"

/* Words that cannot name a property: those of Ruby, the methods of Chef::Resource (Infra
 * Client 18; Chef refuses to have some redefined and calls the others itself), and what
 * all our resources have. */
static const char *const reserved[] = {
    /* Ruby */
    "alias", "and", "begin", "break", "case", "def", "do", "else", "elsif", "end",
    "ensure", "false", "for", "if", "in", "module", "next", "nil", "not", "or", "redo",
    "rescue", "retry", "return", "self", "super", "true", "undef", "unless", "until",
    "when", "while", "yield",
    /* Chef::Resource */
    "action", "action_description", "after_created", "allowed_actions", "as_json",
    "before_notifications", "build_powershell_command", "build_resource", "chef_vault",
    "chef_vault_item", "chef_vault_item_for_environment", "class", "clone",
    "compile_time", "convert_to_class_name", "convert_to_snake_case", "cookbook_name",
    "cookbook_version", "copy_properties_from", "current_value",
    "custom_exception_message", "customize_exception", "data_bag", "data_bag_item",
    "declare_resource", "declared_key", "declared_type", "default_guard_interpreter",
    "default_paths", "default_secret_config", "default_secret_service",
    "define_singleton_method", "defined_at", "delayed_action", "delayed_notifications",
    "delete_resource", "deprecated_attr", "deprecated_attr_reader",
    "deprecated_attr_writer", "deprecated_ivar", "disable_wow64_file_redirection",
    "display", "dup", "edit_resource", "elapsed_time", "enclosing_provider", "enum_for",
    "events", "executed_by_runner", "extend", "file_open", "file_read",
    "filename_to_qualified_string", "find_resource", "freeze", "gem", "guard_interpreter",
    "hash", "identity", "ignore_failure", "immediate_notifications", "initialize",
    "inspect", "instance_eval", "instance_exec", "instance_variable_get",
    "instance_variable_set", "instance_variables", "itself", "lazy", "load_from",
    "load_resource_state_script", "logger", "lookup_provider_constant", "method",
    "method_missing", "methods", "name", "node", "node_windows_architecture",
    "normalize_snake_case_name", "not_if", "notifies", "notifies_before",
    "notifies_delayed", "notifies_immediately", "object_id", "only_if", "params",
    "parse_file", "parse_json", "parse_toml", "parse_yaml", "platform_version",
    "powershell_out", "powershell_version", "pretty_inspect", "pretty_print",
    "pretty_print_cycle", "pretty_print_inspect", "pretty_print_instance_variables",
    "private_methods", "property_description", "protected_methods", "provider",
    "provider_for_action", "ps_credential", "public_method", "public_methods",
    "public_send", "recipe_name", "registry_get_subkeys", "registry_get_values",
    "remove_instance_variable", "render_json", "render_toml", "render_yaml",
    "reset_property", "resolve_notification_references", "resource_initializing",
    "resource_name", "resources", "restore_wow64_file_redirection", "retries",
    "retry_delay", "run_action", "run_command_with_os_architecture", "run_context",
    "search", "secret", "send", "sensitive", "set_or_return", "shell_out",
    "shell_out_compacted", "singleton_class", "singleton_method", "singleton_methods",
    "snake_case_basename", "source_line", "source_line_file", "source_line_number",
    "state_for_resource_reporter", "subscribes", "taint", "tap", "then", "to_enum",
    "to_h", "to_hash", "to_json", "to_s", "to_text", "to_yaml", "trust", "umask",
    "untaint", "untrust", "updated", "updated_by_last_action", "validate",
    "validate_action", "value_for_platform", "value_for_platform_family", "value_to_text",
    "where", "which", "windows_nt_version", "with_os_architecture", "with_run_context",
    "with_secret_config", "with_secret_service", "with_umask", "wow64_directory",
    "yield_self",
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

/* Whether values are a text, or a list of texts where a single text may be written. */
static bool is_nameable(const struct chef_property *p)
{
    return p->kinds == CHEF_STRING ||
           (p->kinds == CHEF_ARRAY && p->arg && p->arg->type.kind == TYPE_PACKAGES);
}

/* The argument that says what the call is about, or where that is no parameter, the first
 * parameter; every step must give it. */
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
    if (is_nameable(&s->v[found]) && s->v[found].given == s->uses)
        s->identity = (uint32_t)found + 1;
}

void chef_steps_collect(struct chef_steps *t, struct flow *flow)
{
    struct emission *e = flow->e;
    op_id op;
    for (uint32_t i = 1; i <= e->plan->nsegments; i++)
        for (uint32_t k = 0; flow_carries(flow, i) && k < e->plan->segments[i].nops; k++)
            if ((op = emission_turn(e, e->plan->segments[i].parts[0].ops[k])))
                note_op(t, flow, op);
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
