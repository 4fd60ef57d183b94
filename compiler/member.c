/* The united list holds an item once, whoever asks for it. */
#include "compiler/member.h"

#include <stdlib.h>

#include "compiler/native.h"

static uint32_t find_item(const struct values *t, val_id list, val_id item)
{
    uint32_t i = 0;
    while (!val_equal(t, val_items(t, list)[i], item))
        i++;
    return i;
}

void member_each(const struct graph *g, op_id carrier, member_fn *each, void *ctx)
{
    const struct values *t = &g->values;
    val_id members = g->ops[carrier].members;
    uint32_t arg = graph_call(g, carrier)->batch - 1;
    for (uint32_t k = 0; k < val_count(t, members); k++) {
        op_id op = val_get(t, val_items(t, members)[k])->as.n;
        val_id list = g->args[g->ops[op].args + arg];
        for (uint32_t i = 0; i < val_count(t, list); i++)
            each(
                ctx, k,
                find_item(t, g->args[g->ops[carrier].args + arg], val_items(t, list)[i]));
    }
}

struct texts {
    struct vm *vm;
    uint32_t arg, member;
    struct {
        val_id *v;
        size_t n, cap;
    } parts; /* of the member at hand */
    value list;
};

static void end_text(struct texts *t)
{
    if (!t->parts.n)
        return;
    val_id text = val_join(t->vm->values, t->parts.v, t->parts.n);
    value_list_push(t->vm, t->list,
                    native_hole(t->vm, text, (struct type){.kind = TYPE_STR}));
    t->parts.n = 0;
}

static void add_item(void *ctx, uint32_t member, uint32_t item)
{
    struct texts *t = ctx;
    if (member != t->member)
        end_text(t);
    t->member = member;
    if (t->parts.n)
        *vec_push(&t->parts) = val_text(t->vm->values, " ", 1);
    *vec_push(&t->parts) = val_hole(t->vm->values, t->arg, item + 1);
}

value member_texts(struct vm *vm, const struct graph *g, op_id carrier)
{
    if (!g->ops[carrier].members)
        return VALUE_NONE;
    struct texts t = {.vm = vm,
                      .arg = graph_call(g, carrier)->batch - 1,
                      .list = value_list_new(vm, NULL, 0)};
    member_each(g, carrier, add_item, &t);
    end_text(&t);
    free(t.parts.v);
    return t.list;
}
