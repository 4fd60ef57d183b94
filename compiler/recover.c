/* Reads off a failed statement's code which globals it sets, and which containers it can
 * reach and may have been changing, through the functions it calls too. */
#include "compiler/recover.h"

#include "compiler/module.h"

/* Functions that call functions: deeper ones are not looked into. */
#define DEPTH 8

static void give_up(struct module *m, uint32_t index)
{
    m->gave_up[index] = true;
    m->globals[index] = VALUE_UNBOUND;
}

static void give_up_set(struct module *m, const struct code *code, uint32_t from,
                        uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        const struct instr *in = &code->v[i];
        if (in->op == CODE_GLOBAL_SET)
            give_up(m, (uint32_t)in->j);
        if (in->op != CODE_LOAD)
            continue;
        const struct stmt *load = code->loads[in->j];
        for (uint32_t k = 0; k < load->load.items.n; k++)
            give_up(m, load->load.items.v[k].local.binding.index);
    }
}

static bool is_container(value v)
{
    enum value_kind kind = value_kind(v);
    return kind == VALUE_KIND_LIST || kind == VALUE_KIND_DICT || kind == VALUE_KIND_SET;
}

static void give_up_reached(struct module *m, const struct code *code, uint32_t from,
                            uint32_t to, unsigned depth)
{
    for (uint32_t i = from; i < to; i++) {
        const struct instr *in = &code->v[i];
        if (in->op == CODE_CLOSURE && depth)
            give_up_reached(m, code->functions[in->c], 0, code->functions[in->c]->n,
                            depth - 1);
        if (in->op != CODE_GLOBAL_GET)
            continue;
        value v = m->globals[in->j];
        if (v == VALUE_UNBOUND)
            continue;
        if (is_container(v)) {
            give_up(m, (uint32_t)in->j);
        } else if (value_kind(v) == VALUE_KIND_FUNCTION && depth &&
                   value_function(v)->module == m) {
            const struct code *callee = value_function(v)->code;
            give_up_reached(m, callee, 0, callee->n, depth - 1);
        }
    }
}

const struct instr *recover(struct vm *vm, struct vm_frame *f)
{
    const struct code *code = f->code;
    struct module *m = f->function->module;
    if (!vm->carry_on || !code->toplevel || vm->state->exhausted || diags_full(vm->diags))
        return NULL;
    uint32_t at = (uint32_t)(f->pc - code->v), s = 0;
    while (s < code->nstatements && code->statements[s] <= at)
        s++;
    /* The statement ends where the next one begins, the last one at the return. */
    uint32_t from = s ? code->statements[s - 1] : 0;
    uint32_t to = s < code->nstatements ? code->statements[s] : code->n - 2;
    m->wrong = true;
    vm->state->failed = false;
    give_up_set(m, code, from, to);
    give_up_reached(m, code, from, to, DEPTH);
    return code->v + to;
}

bool recover_gave_up(const struct module *m, uint32_t index)
{
    return m->gave_up[index];
}
