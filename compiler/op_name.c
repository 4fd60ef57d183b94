/* What ops are called, and where they and their arguments stand: names by assignment, and
 * what messages about their values say. */
#include "compiler/op_name.h"

#include "compiler/handle.h"
#include "compiler/locate.h"

struct naming {
    struct vm *vm;
    const struct vm_assignment *a;
};

static void name_one(void *ctx, value v, const char *path)
{
    const struct naming *n = ctx;
    struct program *p = program_of(n->vm);
    op_id id = handle_of(v)->op;
    struct op *op = graph_get(&p->graph, id);
    if (op->binding || op->subject || id <= n->a->mark)
        return;
    struct buf name = {0};
    if (n->a->file) {
        buf_str(&name, n->a->file);
        buf_char(&name, ':');
    }
    buf_str(&name, n->a->name);
    buf_str(&name, path);
    for (uint32_t i = 0; i < n->a->nloops; i++) {
        buf_char(&name, '[');
        buf_int(&name, n->a->loops[i]);
        buf_char(&name, ']');
    }
    op->binding = intern(n->vm->strings, buf_text(&name), name.len);
    buf_free(&name);
}

void op_assigned(struct vm *vm, const struct vm_assignment *a)
{
    struct naming n = {vm, a};
    value_each_handle(vm, a->value, name_one, &n);
}

static void ref_name(const struct program *p, op_id op, str_id field, struct buf *out)
{
    const struct op *o = &p->graph.ops[op];
    if (o->binding)
        buf_str(out, intern_text(&p->strings, o->binding));
    else
        buf_str(out, intern_text(&p->strings, p->calls.v[o->call].name));
    if (field)
        buf_printf(out, ".%s", intern_text(&p->strings, field));
}

void op_deferred_name(struct vm *vm, value deferred, struct buf *out)
{
    const struct program *p = program_of(vm);
    const struct values *t = vm->values;
    val_id id = value_deferred(deferred)->ir;
    const struct ir_value *v = val_get(t, id);
    if (v->kind == IR_COND && v->sub == IR_COND_TRUE) {
        id = val_items(t, id)[0];
        v = val_get(t, id);
    }
    if (v->kind == IR_GET) {
        const struct ir_value *ref = val_get(t, val_items(t, id)[0]);
        ref_name(p, ref->as.ref.op, ref->as.ref.field, out);
        buf_str(out, "()");
    } else if (v->kind == IR_REF) {
        ref_name(p, v->as.ref.op, v->as.ref.field, out);
    } else if (v->kind == IR_SECRET) {
        buf_printf(out, "secret(\"%s\")", intern_text(vm->strings, v->as.n));
    }
}

/* The first op that is part of a value, or 0. */
static op_id first_op(const struct values *t, val_id id)
{
    const struct ir_value *v = val_get(t, id);
    if (v->kind == IR_REF)
        return v->as.ref.op;
    if (v->kind != IR_COND && v->kind != IR_GET && v->kind != IR_TEXT)
        return 0;
    op_id op = 0;
    for (uint32_t i = 0; !op && i < v->count; i++)
        op = first_op(t, val_items(t, id)[i]);
    return op;
}

struct span op_deferred_source(struct vm *vm, value deferred)
{
    op_id op = first_op(vm->values, value_deferred(deferred)->ir);
    return op ? program_of(vm)->graph.ops[op].span : (struct span){0};
}

struct span op_place(void *program, op_id id, str_id arg)
{
    const struct program *p = program;
    const struct op *op = &p->graph.ops[id];
    const struct call_info *info = graph_call(&p->graph, id);
    const struct function *top = eval_top(p->eval, op->span.file);
    const struct expr *call = top ? locate(top, op->span).expr : NULL;
    if (!arg)
        return call && call->kind == EXPR_CALL && call->call.callee->kind == EXPR_DOT
                   ? call->call.callee->dot.object->span
                   : (struct span){0};
    int at = -1, next = 0;
    for (uint32_t i = 0; i < info->nargs && at < 0; i++) {
        if (info->args[i].name == arg && !info->args[i].keyword)
            at = next;
        next += !info->args[i].keyword;
    }
    const struct expr *e =
        locate_argument(call, &p->strings, intern_text(&p->strings, arg), at);
    return e ? e->span : (struct span){0};
}
