/* A field is a reference where the op is known, else IR_FIELD: the reference is made when
 * the template is stamped out. */
#include "compiler/referred.h"

#include <string.h>

#include "compiler/native.h"

struct referred {
    struct object o;
    val_id ir; /* IR_HANDLE or IR_HOLE */
    const struct handle_type *type;
};

static struct referred *referred_of(value v)
{
    return (struct referred *)value_object(v);
}

static val_id field_ir(struct vm *vm, const struct referred *r, str_id name)
{
    const struct ir_value *v = val_get(vm->values, r->ir);
    if (v->kind == IR_HANDLE)
        return val_ref(vm->values, v->as.n, name);
    val_id parts[2] = {r->ir, val_str(vm->values, name)};
    return val_seq(vm->values, IR_FIELD, 0, parts, 2);
}

static value referred_getattr(struct vm *vm, value self, str_id name)
{
    const struct referred *r = referred_of(self);
    const struct ir_value *v = val_get(vm->values, r->ir);
    bool address = !strcmp(intern_text(vm->strings, name), "address");
    if (address && v->kind == IR_HANDLE)
        return value_interned(vm, program_of(vm)->graph.ops[v->as.n].address);
    if (address)
        return native_hole(vm, field_ir(vm, r, name), (struct type){.kind = TYPE_STR});
    for (uint32_t i = 0; i < r->type->nfields; i++) {
        const struct field_info *f = &r->type->fields[i];
        if (f->name == name && !f->has_arg)
            return native_hole(vm, field_ir(vm, r, name), f->type);
    }
    return VALUE_ERROR;
}

static void referred_attrs(struct vm *vm, value self, void (*each)(void *, str_id),
                           void *ctx)
{
    const struct referred *r = referred_of(self);
    each(ctx, intern_cstr(vm->strings, "address"));
    for (uint32_t i = 0; i < r->type->nfields; i++)
        each(ctx, r->type->fields[i].name);
}

static val_id referred_to_ir(struct vm *vm, value self)
{
    (void)vm;
    return referred_of(self)->ir;
}

static const struct object_type referred_type = {
    .name = "handle",
    .getattr = referred_getattr,
    .attrs = referred_attrs,
    .no_text = "use one of its fields, such as .id",
    .to_ir = referred_to_ir,
};

static value referred_new(struct vm *vm, val_id ir, uint32_t type)
{
    struct referred *r = arena_new(vm->arena, struct referred);
    r->o.h.kind = VALUE_KIND_OBJECT;
    r->o.h.flags = VALUE_FROZEN;
    r->o.type = &referred_type;
    r->ir = ir;
    r->type = &program_of(vm)->calls.types[type];
    return value_of(r);
}

value referred_op(struct vm *vm, op_id op)
{
    return referred_new(vm, val_handle(vm->values, op),
                        graph_call(&program_of(vm)->graph, op)->result);
}

value referred_hole(struct vm *vm, val_id hole, str_id type)
{
    return referred_new(vm, hole, glossary_type(&program_of(vm)->glossary, type));
}
