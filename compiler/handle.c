/* Handles know their type's fields and methods; everything else about the op is in the
 * graph. */
#include "compiler/handle.h"

#include <string.h>

#include "compiler/edit.h"
#include "compiler/facts.h"
#include "compiler/op.h"

static const struct field_info *field_of(struct vm *vm, const struct handle *h,
                                         str_id name)
{
    const struct handle_type *t = &program_of(vm)->calls.types[h->type];
    for (uint32_t i = 0; i < t->nfields; i++)
        if (t->fields[i].name == name)
            return &t->fields[i];
    return NULL;
}

/* The latest op on the handle that finds the field out; 0 after an error. */
static op_id found_by(struct vm *vm, const struct handle *h, const struct field_info *f)
{
    const struct graph *g = &program_of(vm)->graph;
    for (op_id op = (op_id)g->n; op-- > h->op;)
        if (g->ops[op].subject == h->op && graph_call(g, op)->name == f->by)
            return op;
    const char *field = intern_text(vm->strings, f->name);
    const char *call = strchr(intern_text(vm->strings, f->by), '.') + 1;
    vm_fail(vm, 605, "%s() is what finds %s out", call, field);
    vm_help(vm, "call %s() before this line", call);
    return 0;
}

/* A text that an op was able to copy a secret into is as secret. VAL_ABSENT after an
 * error. */
static val_id field_ref(struct vm *vm, const struct handle *h, const struct field_info *f)
{
    op_id op = f->by ? found_by(vm, h, f) : h->op;
    if (!op)
        return VAL_ABSENT;
    val_id ref = val_ref(vm->values, op, f->name);
    bool tainted = graph_get(&program_of(vm)->graph, op)->flags & OP_TAINTED;
    return tainted && !f->open && type_is_text((enum type_kind)f->type.kind)
               ? val_taint(vm->values, ref)
               : ref;
}

static const struct native *method_of(struct vm *vm, value self, str_id name)
{
    return op_method(program_of(vm), handle_of(self)->type, name);
}

static value known_field(struct vm *vm, const struct handle *h, str_id name)
{
    value v = h->known == VALUE_ERROR
                  ? VALUE_ERROR
                  : value_dict_get(vm, h->known, value_interned(vm, name));
    if (v != VALUE_ERROR)
        return v;
    const char *text = intern_text(vm->strings, name);
    if (!strcmp(text, "roles"))
        return value_list_new(vm, NULL, 0);
    if (!strcmp(text, "vars"))
        return value_dict_new(vm, 0);
    str_id binding = graph_get(&program_of(vm)->graph, h->op)->binding;
    if (binding)
        return value_interned(vm, binding);
    vm_fail(vm, 524, "this %s has no name yet", h->o.type->name);
    vm_help(vm, "bind it to a variable first, or give the call name=\"...\"");
    return VALUE_ERROR;
}

static value wrong_getter(struct vm *vm, const struct call *c, struct type wanted)
{
    struct span at = vm_arg_span(vm, 0);
    vm_fail_at(vm, at, 520, "%s() takes %s, not %s", c->native->name,
               type_example((enum type_kind)wanted.kind),
               value_type_phrase(vm, c->args[0]));
    const char *help = edit_value(vm, wanted, c->args[0], at);
    if (help)
        vm_help(vm, "%s", help);
    return VALUE_ERROR;
}

/* endpoint(8080): a field with one argument. */
static value get_with(struct vm *vm, const struct call *c)
{
    const struct handle *h = handle_of(c->self);
    const struct field_info *f = c->native->data;
    int64_t n;
    bool text = type_is_text((enum type_kind)f->arg.kind);
    if (text ? !value_is_str(c->args[0]) : !value_to_int64(c->args[0], &n))
        return wrong_getter(vm, c, f->arg);
    const char *why = text ? NULL : type_check_int((enum type_kind)f->arg.kind, n);
    if (why)
        return vm_fail_at(vm, vm_arg_span(vm, 0), 522, "%s() takes %s, not %lld",
                          c->native->name, type_example((enum type_kind)f->arg.kind),
                          (long long)n);
    val_id parts[2] = {field_ref(vm, h, f), value_to_ir(vm, c->args[0], vm_span(vm))};
    return value_deferred_new(vm, val_seq(vm->values, IR_GET, 0, parts, 2), f->type,
                              vm_span(vm));
}

/* net.subnets: as many as the call was given. */
static value list_field(struct vm *vm, const struct handle *h, const struct field_info *f)
{
    const struct graph *g = &program_of(vm)->graph;
    const struct call_info *info = graph_call(g, h->op);
    value list = value_list_new(vm, NULL, 0);
    uint32_t arg = 0;
    while (arg < info->nargs && info->args[arg].name != f->each)
        arg++;
    uint32_t n =
        arg < info->nargs ? val_count(&g->values, g->args[g->ops[h->op].args + arg]) : 0;
    for (uint32_t i = 0; i < n; i++) {
        val_id parts[2] = {field_ref(vm, h, f), val_int(vm->values, i)};
        value_list_push(vm, list,
                        value_deferred_new(vm, val_seq(vm->values, IR_GET, 0, parts, 2),
                                           f->type, vm_span(vm)));
    }
    return list;
}

static value handle_getattr(struct vm *vm, value self, str_id name)
{
    const struct handle *h = handle_of(self);
    const struct field_info *f = field_of(vm, h, name);
    if (f && f->known)
        return known_field(vm, h, name);
    if (f && f->each)
        return list_field(vm, h, f);
    if (f && f->has_arg) {
        struct native *n = arena_new(vm->arena, struct native);
        *n = (struct native){intern_text(vm->strings, name), get_with, "value /",
                             (void *)f};
        return value_native_new(vm, n, self);
    }
    bool changed = name == intern_cstr(vm->strings, "changed");
    if (f || changed) {
        val_id ir = f ? field_ref(vm, h, f) : val_ref(vm->values, h->op, name);
        if (ir == VAL_ABSENT)
            return VALUE_ERROR;
        if (changed)
            ir = val_seq(vm->values, IR_COND, IR_COND_TRUE, &ir, 1);
        struct type condition = {.kind = TYPE_CONDITION};
        return value_deferred_new(vm, ir, f ? f->type : condition, vm_span(vm));
    }
    const struct native *method = method_of(vm, self, name);
    return method ? value_native_new(vm, method, self) : VALUE_ERROR;
}

static void handle_attrs(struct vm *vm, value self, void (*each)(void *, str_id),
                         void *ctx)
{
    const struct handle *h = handle_of(self);
    const struct program *p = program_of(vm);
    const struct handle_type *t = &p->calls.types[h->type];
    each(ctx, intern_cstr(vm->strings, "changed"));
    for (uint32_t i = 0; i < t->nfields; i++)
        each(ctx, t->fields[i].name);
    const char *type = intern_text(vm->strings, t->name);
    size_t len = strlen(type);
    for (size_t i = 0; i < p->glossary.nnames; i++)
        if (!strncmp(p->glossary.names[i], type, len) && p->glossary.names[i][len] == '.')
            each(ctx, intern_cstr(vm->strings, p->glossary.names[i] + len + 1));
}

/* A call of the machine that was looked for on what another call gave. */
static const char *handle_instead(struct vm *vm, value self, str_id name)
{
    struct program *p = program_of(vm);
    const struct op *op = graph_get(&p->graph, handle_of(self)->op);
    if (!op->subject)
        return NULL;
    const char *binding =
        intern_text(vm->strings, graph_get(&p->graph, op->subject)->binding);
    const struct handle_type *machine =
        &p->calls.types[graph_call(&p->graph, op->subject)->result];
    const char *type = intern_text(vm->strings, machine->name);
    const char *member = intern_text(vm->strings, name);
    if (!glossary_has(&p->glossary, arena_printf(vm->arena, "%s.%s", type, member)))
        return NULL;
    return arena_printf(vm->arena, "call it on the %s: %s.%s(...)", type,
                        *binding && !strchr(binding, '.') ? binding : "MACHINE", member);
}

static val_id handle_to_ir(struct vm *vm, value self)
{
    return val_handle(vm->values, handle_of(self)->op);
}

static struct object_type *handle_type_of(struct vm *vm, uint32_t type)
{
    struct object_type *t = arena_new(vm->arena, struct object_type);
    *t = (struct object_type){
        .name = intern_text(vm->strings, program_of(vm)->calls.types[type].name),
        .getattr = handle_getattr,
        .method = method_of,
        .attrs = handle_attrs,
        .instead = handle_instead,
        .to_ir = handle_to_ir,
        .handle = true,
    };
    return t;
}

value handle_new(struct vm *vm, op_id op, uint32_t type, value known)
{
    struct program *p = program_of(vm);
    if (!p->handle_types) {
        p->handle_types = xcalloc(64, sizeof *p->handle_types);
        p->nhandle_types = 64;
    }
    if (type >= p->nhandle_types) {
        p->handle_types =
            xrealloc(p->handle_types, (type + 64) * sizeof *p->handle_types);
        memset(p->handle_types + p->nhandle_types, 0,
               (type + 64 - p->nhandle_types) * sizeof *p->handle_types);
        p->nhandle_types = type + 64;
    }
    if (!p->handle_types[type])
        p->handle_types[type] = handle_type_of(vm, type);
    struct handle *h = arena_new(vm->arena, struct handle);
    h->o.h.kind = VALUE_KIND_OBJECT;
    h->o.h.flags = VALUE_FROZEN;
    h->o.type = p->handle_types[type];
    h->op = op;
    h->type = type;
    h->made = vm_span(vm);
    h->known = known;
    return value_of(h);
}

const struct handle *handle_of(value v)
{
    if (v == VALUE_ERROR || !value_is(v, VALUE_KIND_OBJECT) ||
        !value_object(v)->type->handle)
        return NULL;
    return (const struct handle *)value_object(v);
}

/* ---- packages -----------------------------------------------------------------------
 */

static void package_attrs(struct vm *vm, value self, void (*each)(void *, str_id),
                          void *ctx)
{
    (void)self;
    static const char *const names[] = {"package", "version", "digest", "repo"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        each(ctx, intern_cstr(vm->strings, names[i]));
}

static val_id package_to_ir(struct vm *vm, value self)
{
    return value_to_ir(vm, facts_of(self), vm_span(vm));
}

static const struct object_type package_type = {
    .name = "package",
    .getattr = facts_getattr,
    .attrs = package_attrs,
    .no_text = "use its .package or .version",
    .to_ir = package_to_ir,
};

value package_new(struct vm *vm, value fields)
{
    return facts_new(vm, &package_type, fields);
}

val_id package_ir(struct vm *vm, value v)
{
    if (!value_is(v, VALUE_KIND_OBJECT) || value_object(v)->type != &package_type)
        return VAL_ABSENT;
    return package_to_ir(vm, v);
}

value package_of_ir(struct vm *vm, val_id dict)
{
    return package_new(vm, value_of_ir(vm, dict, vm_span(vm)));
}

/* ---- back from the graph -------------------------------------------------------------
 */

value value_of_ir(struct vm *vm, val_id id, struct span at)
{
    const struct values *t = vm->values;
    const struct ir_value *v = val_get(t, id);
    switch ((enum ir_kind)v->kind) {
    case IR_ABSENT:
    case IR_NONE: return VALUE_NONE;
    case IR_BOOL: return value_bool(v->as.n);
    case IR_INT: return value_int(vm, v->as.i);
    case IR_FLOAT: return value_float(vm, v->as.f);
    case IR_STR: return value_interned(vm, v->as.n);
    case IR_LIST: {
        value list = value_list_new(vm, NULL, 0);
        uint32_t n = v->count;
        for (uint32_t i = 0; i < n; i++)
            value_list_push(vm, list, value_of_ir(vm, val_items(t, id)[i], at));
        return list;
    }
    case IR_DICT: {
        uint32_t n = v->count;
        value dict = value_dict_new(vm, n);
        for (uint32_t i = 0; i < n; i++)
            value_dict_set(vm, dict, value_of_ir(vm, val_items(t, id)[2 * i], at),
                           value_of_ir(vm, val_items(t, id)[2 * i + 1], at));
        return dict;
    }
    default: return value_deferred_new(vm, id, (struct type){.kind = TYPE_ANY}, at);
    }
}
