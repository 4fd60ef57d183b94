/* One frozen object around one dict. */
#include "compiler/facts.h"

#include "compiler/table.h"

struct facts {
    struct object o;
    value dict;
};

value facts_new(struct vm *vm, const struct object_type *type, value dict)
{
    struct facts *f = arena_new(vm->arena, struct facts);
    f->o.h.kind = VALUE_KIND_OBJECT;
    f->o.h.flags = VALUE_FROZEN;
    f->o.type = type;
    f->dict = dict;
    return value_of(f);
}

value facts_of(value self)
{
    return ((struct facts *)value_object(self))->dict;
}

value facts_getattr(struct vm *vm, value self, str_id name)
{
    return value_dict_get(vm, facts_of(self), value_interned(vm, name));
}

void facts_attrs(struct vm *vm, value self, void (*each)(void *ctx, str_id name),
                 void *ctx)
{
    uint32_t i = 0;
    for (struct table_entry *e; (e = table_next(value_table(facts_of(self)), &i));)
        each(ctx, value_intern(vm, e->key));
}
