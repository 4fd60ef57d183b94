/* Places of the running evaluation in the source: the call, its arguments, and the
 * operand or item that a message is about. Only errors ask, so all of it is looked up
 * afresh. */
#include <string.h>

#include "compiler/locate.h"
#include "compiler/vm.h"
#include "compiler/vm_state.h"

struct span vm_frame_place(const struct vm_frame *f)
{
    uint32_t i = (uint32_t)(f->pc - f->code->v);
    const struct code_place *p = &f->code->places[i];
    return (struct span){f->code->file, p->begin, p->end};
}

struct span vm_span(struct vm *vm)
{
    struct vm_state *st = vm->state;
    return st->nframes ? vm_frame_place(&st->frames[st->nframes - 1]) : (struct span){0};
}

/* The call that the innermost frame is carrying out, or NULL. */
static const struct call_site *running_site(const struct vm *vm)
{
    const struct vm_state *st = vm->state;
    if (st->nframes == 0)
        return NULL;
    const struct vm_frame *f = &st->frames[st->nframes - 1];
    switch (f->pc->op) {
    case CODE_CALL:
    case CODE_CALL_METHOD:
    case CODE_CALL_ANY: return &f->code->sites[f->pc->c];
    default: return NULL;
    }
}

struct span vm_arg_span(struct vm *vm, uint32_t i)
{
    const struct call_site *site = running_site(vm);
    if (!site)
        return vm_span(vm);
    const struct arg_list *args = &site->expr->call.args;
    uint32_t positional = 0, named = site->npos;
    for (uint32_t k = 0; k < args->n; k++) {
        const struct arg *a = &args->v[k];
        if ((a->kind == ARG_POSITIONAL && positional++ == i) ||
            (a->kind == ARG_KEYWORD && named++ == i))
            return a->value->span;
    }
    return vm_span(vm);
}

struct span vm_method_span(struct vm *vm, str_id name)
{
    const struct call_site *site = running_site(vm);
    return site && site->method == name ? site->expr->call.callee->dot.name_span
                                        : vm_span(vm);
}

struct span vm_keyword_span(struct vm *vm, str_id name)
{
    const struct call_site *site = running_site(vm);
    const struct arg_list *args = site ? &site->expr->call.args : NULL;
    for (uint32_t k = 0; args && k < args->n; k++)
        if (args->v[k].kind == ARG_KEYWORD && args->v[k].name == name)
            return args->v[k].span;
    return vm_span(vm);
}

struct span vm_param_span(struct vm *vm, const char *name, int i)
{
    const struct call_site *site = running_site(vm);
    const struct expr *e =
        site ? locate_argument(site->expr, vm->strings, name, i) : NULL;
    return e ? e->span : vm_span(vm);
}

/* ---- operands
 * -------------------------------------------------------------------------------- */

static struct located running(struct vm *vm, struct span at)
{
    const struct vm_frame *f = vm_frame_top(vm);
    return f && f->code->file == at.file ? locate(f->code->function, at)
                                         : (struct located){0};
}

const struct expr *vm_expr(struct vm *vm, struct span at)
{
    return running(vm, at).expr;
}

const struct expr *vm_expr_parent(struct vm *vm, struct span at)
{
    return running(vm, at).parent;
}

struct operands {
    const struct vm_frame *f;
    value wanted;
    const struct expr *found;
};

static void operand(struct operands *o, uint32_t reg, const struct expr *e)
{
    if (!o->found && e && reg < o->f->code->nregs && o->f->base[reg] == o->wanted)
        o->found = e;
}

/* The values of a call follow its callee: positional, keywords, *args, **kwargs. */
static void call_operands(struct operands *o, uint32_t base, const struct call_site *site)
{
    const struct arg_list *args = &site->expr->call.args;
    if (site->method)
        operand(o, base - 1, site->expr->call.callee->dot.object);
    uint32_t at[] = {[ARG_POSITIONAL] = base,
                     [ARG_KEYWORD] = base + site->npos,
                     [ARG_STAR] = base + site->npos + site->nnamed,
                     [ARG_STARSTAR] = base + args->n - 1};
    for (uint32_t i = 0; i < args->n; i++)
        operand(o, at[args->v[i].kind]++, args->v[i].value);
}

/* What the running instruction reads, and which expressions made it. */
static const struct expr *find_operand(struct vm *vm, value v)
{
    struct operands o = {.f = vm_frame_top(vm), .wanted = v};
    const struct call_site *site = running_site(vm);
    if (!o.f)
        return NULL;
    const struct instr *i = o.f->pc;
    if (site) {
        call_operands(&o, i->a + 1u, site);
        return o.found;
    }
    const struct expr *e = vm_expr(vm, vm_span(vm));
    switch (e ? (enum expr_kind)e->kind : EXPR_NAME) {
    case EXPR_BINARY: {
        bool jump = i->op >= CODE_IF_EQ && i->op <= CODE_IF_GE;
        bool constant = i->op >= CODE_ADD_K && i->op <= CODE_MOD_K;
        if (i->op == CODE_IF_TRUE || i->op == CODE_IF_FALSE)
            break;
        operand(&o, jump ? i->a : i->b, e->binary.left);
        if (!constant)
            operand(&o, jump ? i->b : i->c, e->binary.right);
        else if (!o.found && o.f->code->constants[i->c] == v)
            o.found = e->binary.right;
        break;
    }
    case EXPR_DOT:
        if (i->op == CODE_ATTR)
            operand(&o, i->b, e->dot.object);
        break;
    case EXPR_UNARY:
        if (i->op >= CODE_NOT && i->op <= CODE_INVERT)
            operand(&o, i->b, e->unary.operand);
        break;
    case EXPR_INDEX:
        if (i->op == CODE_INDEX) {
            operand(&o, i->b, e->index.object);
            operand(&o, i->c, e->index.key);
        } else if (i->op == CODE_INDEX_SET) {
            operand(&o, i->a, e->index.object);
            operand(&o, i->b, e->index.key);
        }
        break;
    case EXPR_SLICE:
        if (i->op == CODE_SLICE) {
            operand(&o, i->b, e->slice.object);
            operand(&o, i->c, e->slice.start);
            operand(&o, i->c + 1, e->slice.stop);
            operand(&o, i->c + 2, e->slice.step);
        }
        break;
    case EXPR_FSTRING:
        if (i->op == CODE_FSTRING)
            for (uint32_t k = 0, hole = i->b; k < e->fstring.n; k++)
                if (e->fstring.v[k].expr)
                    operand(&o, hole++, e->fstring.v[k].expr);
        break;
    default: break;
    }
    return o.found;
}

struct span vm_operand_span(struct vm *vm, value v)
{
    const struct expr *e = find_operand(vm, v);
    if (!e && value_is_deferred(v)) {
        /* It may be an item of an operand that is written out where it is used. */
        struct span whole = vm_span(vm), origin = value_deferred(v)->origin;
        if (origin.file == whole.file && origin.begin >= whole.begin &&
            origin.end <= whole.end)
            e = vm_expr(vm, origin);
    }
    return e ? e->span : vm_span(vm);
}

#define WRITTEN_MAX 48 /* bytes of an expression that a message repeats */

const char *vm_written(struct vm *vm, struct span at)
{
    const struct source *s = at.file ? source_get(vm->sources, at.file) : NULL;
    size_t len = at.end - at.begin;
    if (!s || !len || len > WRITTEN_MAX || memchr(s->text + at.begin, '\n', len))
        return NULL;
    return arena_strndup(vm->arena, s->text + at.begin, len);
}
