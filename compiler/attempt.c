/* A fork makes the attempt, so that whatever it changes, in the graph or in the program's
 * own values, is gone with it. */
#include "compiler/attempt.h"

#include "compiler/facts.h"
#include "compiler/process.h"
#include "compiler/program.h"
#include "compiler/vm_state.h"
#include "ir/base/wire.h"

struct attempt {
    struct vm *vm;
    value function;
};

/* The first error that was queued; NULL if there is none. */
static const struct diag *first_error(const struct diags *d)
{
    size_t i = 0;
    while (i < d->n && d->v[i]->level != DIAG_ERROR)
        i++;
    return i < d->n ? d->v[i] : NULL;
}

static void put_error(struct program *p, const struct diag *g, struct buf *out)
{
    struct span at = diag_place(&p->diags, g);
    wire_put(out, g->code);
    wire_put_string(out, g->message);
    wire_put(out, g->help != NULL);
    if (g->help)
        wire_put_string(out, g->help);
    wire_put(out, at.file ? source_pos(&p->sources, at.file, at.begin).line : 0);
}

static void make(void *ctx, struct buf *answer)
{
    const struct attempt *a = ctx;
    struct program *p = program_of(a->vm);
    diags_clear(&p->diags);
    p->params.missing.n = 0;
    bool good = vm_call(a->vm, a->function, NULL, 0, NULL, 0) != VALUE_ERROR;
    good &= params_missing(&p->params, p);
    if (good)
        program_check(p);
    wire_put(answer, a->vm->state->steps);
    const struct diag *error = first_error(&p->diags);
    wire_put(answer, error != NULL);
    if (error)
        put_error(p, error, answer);
}

static value fact(struct vm *vm, const char *name)
{
    return value_cstring(vm, name);
}

static void error_text(struct vm *vm, value self, struct buf *out)
{
    value code = value_dict_get_cstr(vm, facts_of(self), "code");
    value message = value_dict_get_cstr(vm, facts_of(self), "message");
    buf_printf(out, "<error %s: %s>", value_cstr(vm, code), value_cstr(vm, message));
}

static const struct object_type error_type = {
    .name = "error",
    .getattr = facts_getattr,
    .attrs = facts_attrs,
    .text = error_text,
};

static value take_text(struct vm *vm, struct wire *in)
{
    size_t len;
    const char *s = wire_get_text(in, vm->arena, &len);
    return value_string_static(vm, s, len);
}

static value take_error(struct vm *vm, struct wire *in)
{
    value dict = value_dict_new(vm, 4);
    const char *code = arena_printf(vm->arena, "DVO%04u", (unsigned)wire_get(in));
    value_dict_set(vm, dict, fact(vm, "code"), value_cstring(vm, code));
    value_dict_set(vm, dict, fact(vm, "message"), take_text(vm, in));
    value help = wire_get(in) ? take_text(vm, in) : VALUE_NONE;
    value_dict_set(vm, dict, fact(vm, "help"), help);
    int64_t line = (int64_t)wire_get(in);
    value_dict_set(vm, dict, fact(vm, "line"), line ? value_int(vm, line) : VALUE_NONE);
    return facts_new(vm, &error_type, dict);
}

static value do_error_of(struct vm *vm, const struct call *c)
{
    struct attempt a = {vm, c->args[0]};
    struct buf answer = {0};
    if (!value_callable(c->args[0])) {
        vm_fail_at(vm, vm_param_span(vm, "function", 0), 301,
                   "error_of() takes a function, not %s",
                   value_type_phrase(vm, c->args[0]));
        vm_help(vm, "write error_of(lambda: ...)");
        return VALUE_ERROR;
    }
    const char *why = process_ask(make, &a, vm->arena, &answer);
    struct wire in = {buf_text(&answer), answer.len, false};
    value v = VALUE_NONE;
    uint64_t steps = wire_get(&in);
    if (wire_get(&in))
        v = take_error(vm, &in);
    if (why || in.bad)
        v = vm_fail(vm, 905, "the process of error_of() gave no answer: %s",
                    why ? why : "it is cut off");
    else
        vm->state->steps = steps;
    buf_free(&answer);
    return v && !vm_tick(vm) ? VALUE_ERROR : v;
}

const struct native attempt_error_of = {"error_of", do_error_of, "function /", NULL};
