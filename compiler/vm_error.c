/* Errors of evaluation and the places they point at, read off the frames. */
#include "compiler/vm.h"
#include "compiler/vm_state.h"

/* ---- frames
 * ---------------------------------------------------------------------------------- */

struct vm_frame *vm_frame_top(struct vm *vm)
{
    return vm->state->nframes ? &vm->state->frames[vm->state->nframes - 1] : NULL;
}

struct vm_frame *vm_frame_outer(struct vm *vm, struct vm_frame *f)
{
    return f > vm->state->frames ? f - 1 : NULL;
}

str_id vm_frame_function(const struct vm_frame *f)
{
    return f->code->function->name;
}

bool vm_frame_toplevel(const struct vm_frame *f)
{
    return f->code->toplevel;
}

struct span vm_frame_call(struct vm *vm, struct vm_frame *f)
{
    struct vm_frame *outer = vm_frame_outer(vm, f);
    return outer ? vm_frame_place(outer) : (struct span){0};
}

uint32_t *vm_frame_note(struct vm_frame *f)
{
    return &f->note;
}

/* ---- errors
 * ---------------------------------------------------------------------------------- */

static void add_chain(struct vm *vm, struct diag *g)
{
    struct vm_state *st = vm->state;
    for (uint32_t i = st->nframes; i-- > 1;) {
        const struct vm_frame *f = &st->frames[i];
        const char *name = intern_text(vm->strings, f->code->function->name);
        struct span at = vm_frame_place(f - 1);
        if (f->code->toplevel && f->code->file != f[-1].code->file &&
            source_get(vm->sources, f->code->file)->role !=
                source_get(vm->sources, f[-1].code->file)->role)
            diag_related(vm->diags, g, at, "its record is read for this call");
        else if (f->code->toplevel)
            diag_related(vm->diags, g, at, "loaded from here");
        else if (strcmp(name, "lambda") == 0)
            diag_related(vm->diags, g, at, "in a lambda called here");
        else
            diag_related(vm->diags, g, at, "in %s() called here", name);
        if (st->nframes - i >= 8 && i > 1) {
            diag_related(vm->diags, g, vm_frame_place(&st->frames[0]),
                         "%u more calls from here", i - 1);
            break;
        }
    }
}

static value fail(struct vm *vm, struct span at, unsigned code, const char *fmt,
                  va_list ap)
{
    struct vm_state *st = vm->state;
    char *message = diag_vformat(vm->arena, fmt, ap);
    st->last = diag_error(vm->diags, code, at, "%s", message);
    if (!st->failed)
        add_chain(vm, st->last);
    st->failed = true;
    return VALUE_ERROR;
}

value vm_fail(struct vm *vm, unsigned code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fail(vm, vm_span(vm), code, fmt, ap);
    va_end(ap);
    return VALUE_ERROR;
}

value vm_fail_at(struct vm *vm, struct span at, unsigned code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fail(vm, at, code, fmt, ap);
    va_end(ap);
    return VALUE_ERROR;
}

value vm_fail_again(struct vm *vm)
{
    vm->state->failed = true;
    return VALUE_ERROR;
}

void vm_help(struct vm *vm, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = diag_vformat(vm->arena, fmt, ap);
    va_end(ap);
    if (vm->state->last)
        diag_help(vm->diags, vm->state->last, "%s", text);
}

void vm_related(struct vm *vm, struct span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = diag_vformat(vm->arena, fmt, ap);
    va_end(ap);
    if (vm->state->last)
        diag_related(vm->diags, vm->state->last, at, "%s", text);
}

void vm_suggest(struct vm *vm, const char *word, const char *const *names, size_t n)
{
    const char *near = text_nearest(word, names, n);
    if (near)
        vm_help(vm, "did you mean \"%s\"?", near);
}

bool vm_failed(const struct vm *vm)
{
    return vm->state->failed;
}

/* ---- limits
 * ---------------------------------------------------------------------------------- */

bool vm_room(struct vm *vm, size_t bytes)
{
    if (!vm->memory_limit || vm->arena->used + bytes <= vm->memory_limit)
        return true;
    vm->state->exhausted = true;
    vm_fail(vm, 311, "the program needs more than %zu MiB of memory",
            vm->memory_limit >> 20);
    return false;
}

bool vm_tick(struct vm *vm)
{
    if (vm->step_limit && vm->state->steps > vm->step_limit) {
        vm->state->exhausted = true;
        vm_fail(vm, 311, "the program takes more than %llu steps",
                (unsigned long long)vm->step_limit);
        return false;
    }
    return vm_room(vm, 0);
}

/* ---- arguments
 * ---------------------------------------------------------------------------------- */

static bool wrong_argument(struct vm *vm, const struct call *c, uint32_t i,
                           const char *wanted)
{
    const struct signature *sig = vm_signature(vm, c->native);
    const char *param = intern_text(vm->strings, sig->names[i]);
    struct span at = vm_param_span(vm, param, i < sig->npositional ? (int)i : -1);
    if (value_is_deferred(c->args[i])) {
        vm_fail_deferred(
            vm, c->args[i],
            arena_printf(vm->arena, "the argument %s of %s()", param, c->native->name),
            NULL);
        return false;
    }
    vm_fail_at(vm, at, 301, "%s(): parameter \"%s\" must be %s, not %s", c->native->name,
               param, wanted, value_type_phrase(vm, c->args[i]));
    bool number = value_is_int(c->args[i]) || value_is_float(c->args[i]);
    const char *written =
        number && !strcmp(wanted, "a string") ? vm_written(vm, at) : NULL;
    if (written)
        vm_help(vm, "write it in quotes: \"%s\"", written);
    return false;
}

bool call_str(struct vm *vm, const struct call *c, uint32_t i, const char **p,
              size_t *len)
{
    if (!c->args[i])
        return true;
    if (!value_is_str(c->args[i]))
        return wrong_argument(vm, c, i, "a string");
    *p = value_str_p(c->args[i]);
    *len = value_str_len(c->args[i]);
    return true;
}

bool call_int(struct vm *vm, const struct call *c, uint32_t i, int64_t *out)
{
    if (!c->args[i])
        return true;
    if (!value_is_int(c->args[i]))
        return wrong_argument(vm, c, i, "an int");
    if (!value_to_int64(c->args[i], out)) {
        vm_fail(vm, 303, "%s(): the integer is too large", c->native->name);
        return false;
    }
    return true;
}

bool call_bool(struct vm *vm, const struct call *c, uint32_t i, bool *out)
{
    if (!c->args[i])
        return true;
    if (value_kind(c->args[i]) != VALUE_KIND_BOOL)
        return wrong_argument(vm, c, i, "a bool");
    *out = c->args[i] == VALUE_TRUE;
    return true;
}
