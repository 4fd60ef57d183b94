/* Calls: binding of arguments to parameters of functions and natives, methods of the
 * builtin types, and calls that C makes. */
#include "compiler/module.h"

#include <stdlib.h>

#include "compiler/vm.h"
#include "compiler/vm_state.h"

/* ---- natives
 * -------------------------------------------------------------------------------- */

static void parse_signature(struct vm *vm, const char *s, struct signature *out)
{
    bool keyword_only = false;
    if (strcmp(s, "...") == 0) {
        out->raw = true;
        return;
    }
    while (*s) {
        size_t n = strcspn(s, " ");
        if (n == 1 && *s == '/') {
            out->nposonly = out->n;
        } else if (n == 1 && *s == '*') {
            keyword_only = true;
        } else if (n) {
            if (out->n == SIGNATURE_MAX)
                die("a native has more than %d parameters", SIGNATURE_MAX);
            bool optional = s[n - 1] == '?';
            out->names[out->n] = intern(vm->strings, s, n - optional);
            out->optional[out->n++] = optional;
            out->npositional += !keyword_only;
            if (!optional)
                out->nrequired = out->n;
        }
        s += n + (s[n] == ' ');
    }
}

const struct signature *vm_signature(struct vm *vm, const struct native *native)
{
    struct vm_state *st = vm->state;
    uint32_t *at = map64_put(&st->signature_of, (uint64_t)(uintptr_t)native);
    if (!*at) {
        struct signature *sig = arena_new(vm->arena, struct signature);
        st->signatures = vec_grow(st->signatures, sizeof *st->signatures,
                                  st->nsignatures + 1, &st->cap_signatures);
        st->signatures[st->nsignatures++] = sig;
        *at = (uint32_t)st->nsignatures;
        parse_signature(vm, native->signature, sig);
    }
    return st->signatures[*at - 1];
}

static value too_many(struct vm *vm, const char *name, uint32_t least, uint32_t most,
                      uint32_t given)
{
    struct span at = vm_arg_span(vm, most);
    if (most == 0)
        vm_fail_at(vm, at, 312, "%s() takes no positional arguments, but %u %s given",
                   name, given, given == 1 ? "is" : "are");
    else
        vm_fail_at(vm, at, 312, "%s() takes %s%u positional argument%s, but %u are given",
                   name, least < most ? "at most " : "", most, most == 1 ? "" : "s",
                   given);
    return VALUE_ERROR;
}

static value unknown_keyword(struct vm *vm, const char *name, str_id keyword,
                             const str_id *params, size_t n)
{
    const char *word = intern_text(vm->strings, keyword);
    vm_fail_at(vm, vm_keyword_span(vm, keyword), 312, "%s() has no parameter \"%s\"",
               name, word);
    const char **names = xmalloc((n + 1) * sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = intern_text(vm->strings, params[i]);
    const char *near = text_nearest(word, names, n);
    struct buf all = {0};
    for (size_t i = 0; i < n; i++)
        buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
    if (near)
        vm_help(vm, "did you mean %s=?", near);
    else if (n)
        vm_help(vm, "its parameters are %s", buf_text(&all));
    buf_free(&all);
    free(names);
    return VALUE_ERROR;
}

static value twice(struct vm *vm, const char *name, str_id param)
{
    vm_fail_at(vm, vm_keyword_span(vm, param), 312,
               "%s() is given parameter \"%s\" twice", name,
               intern_text(vm->strings, param));
    vm_help(vm, "remove %s=, or the value that stands for it by position",
            intern_text(vm->strings, param));
    return VALUE_ERROR;
}

static value missing(struct vm *vm, const char *name, str_id param)
{
    const char *word = intern_text(vm->strings, param);
    vm_fail(vm, 312, "%s() needs an argument for parameter \"%s\"", name, word);
    vm_help(vm, "add %s=...", word);
    return VALUE_ERROR;
}

static bool bind_native(struct vm *vm, const struct native *native,
                        const struct signature *sig, const struct call *call, value *out)
{
    if (call->nargs > sig->npositional) {
        too_many(vm, native->name, sig->nrequired, sig->npositional, call->nargs);
        return false;
    }
    for (uint32_t i = 0; i < sig->n; i++)
        out[i] = i < call->nargs ? call->args[i] : VALUE_ERROR;
    for (uint32_t k = 0; k < call->nnames; k++) {
        uint32_t i = sig->nposonly;
        while (i < sig->n && sig->names[i] != call->names[k])
            i++;
        if (i == sig->n) {
            unknown_keyword(vm, native->name, call->names[k], sig->names + sig->nposonly,
                            sig->n - sig->nposonly);
            return false;
        }
        if (out[i]) {
            twice(vm, native->name, sig->names[i]);
            return false;
        }
        out[i] = call->args[call->nargs + k];
    }
    for (uint32_t i = 0; i < sig->n; i++)
        if (!out[i] && !sig->optional[i]) {
            missing(vm, native->name, sig->names[i]);
            return false;
        }
    return true;
}

value vm_call_native(struct vm *vm, const struct native *native,
                     const struct signature *sig, value self, const struct call *call)
{
    struct call c = *call;
    c.native = native;
    c.self = self;
    value bound[SIGNATURE_MAX];
    if (!sig->raw &&
        (call->nargs != sig->n || sig->npositional != sig->n || call->nnames)) {
        if (!bind_native(vm, native, sig, call, bound))
            return VALUE_ERROR;
        c.args = bound;
        c.nargs = sig->n;
        c.nnames = 0;
    }
    value v = native->fn(vm, &c);
    /* What it has built may be unfinished: see value_list_push(). */
    return vm_failed(vm) ? VALUE_ERROR : v;
}

void vm_methods(struct vm *vm, enum value_kind kind, const struct native *list, size_t n)
{
    struct vm_state *st = vm->state;
    for (size_t i = 0; i < n; i++) {
        str_id name = intern_cstr(vm->strings, strchr(list[i].name, '.') + 1);
        st->method_list = vec_grow(st->method_list, sizeof *st->method_list,
                                   st->nmethods + 1, &st->cap_methods);
        st->method_list[st->nmethods++] = &list[i];
        *map64_put(&st->methods, (uint64_t)kind << 32 | name) = (uint32_t)st->nmethods;
    }
}

const struct native *vm_method(const struct vm *vm, enum value_kind kind, str_id name)
{
    uint32_t i = map64_get(&vm->state->methods, (uint64_t)kind << 32 | name);
    return i ? vm->state->method_list[i - 1] : NULL;
}

/* ---- functions
 * ------------------------------------------------------------------------------- */

static const char *function_name(struct vm *vm, const struct function *fn)
{
    const char *name = intern_text(vm->strings, fn->name);
    return strcmp(name, "lambda") == 0 ? "this lambda" : name;
}

static bool bind_keywords(struct vm *vm, const struct function *fn,
                          const struct call *call, value *base, uint32_t named,
                          value rest)
{
    for (uint32_t k = 0; k < call->nnames; k++) {
        value v = call->args[call->nargs + k];
        uint32_t i = 0;
        while (i < named && fn->params[i].ident.name != call->names[k])
            i++;
        if (i < named && base[i] != VALUE_UNBOUND) {
            twice(vm, function_name(vm, fn), call->names[k]);
            return false;
        }
        if (i < named) {
            base[i] = v;
        } else if (rest) {
            value_dict_set(vm, rest, value_interned(vm, call->names[k]), v);
        } else {
            str_id *names = arena_array(vm->arena, str_id, named + 1);
            for (uint32_t p = 0; p < named; p++)
                names[p] = fn->params[p].ident.name;
            unknown_keyword(vm, function_name(vm, fn), call->names[k], names, named);
            return false;
        }
    }
    return true;
}

bool vm_bind(struct vm *vm, struct function_value *f, const struct call *call,
             value *base)
{
    const struct function *fn = f->code->function;
    uint32_t named = fn->npositional + fn->nkwonly;
    uint32_t npos = call->nargs < fn->npositional ? call->nargs : fn->npositional;
    if (call->nargs > npos && !fn->has_varargs) {
        uint32_t required = 0;
        for (uint32_t i = 0; i < fn->npositional; i++)
            required += !fn->params[i].default_value;
        too_many(vm, function_name(vm, fn), required, fn->npositional, call->nargs);
        vm_related(vm, (struct span){f->code->file, fn->span.begin, fn->span.end},
                   "defined here");
        if (fn->nkwonly) {
            const char *word =
                intern_text(vm->strings, fn->params[fn->npositional].ident.name);
            vm_help(vm, "%s is given by its name: %s=...", word, word);
        }
        return false;
    }
    if (base + fn->nparams >= vm->state->stack + VM_STACK_SLOTS) {
        vm_fail(vm, 313, "the calls are nested too deeply");
        return false;
    }
    value rest = fn->has_kwargs ? value_dict_new(vm, call->nnames) : VALUE_ERROR;
    value extra = VALUE_ERROR;
    if (fn->has_varargs)
        extra = value_tuple_new(vm, call->args + npos, call->nargs - npos);
    for (uint32_t i = 0; i < npos; i++)
        base[i] = call->args[i];
    for (uint32_t i = npos; i < named; i++)
        base[i] = VALUE_UNBOUND;
    if (!bind_keywords(vm, fn, call, base, named, rest))
        return false;
    for (uint32_t i = 0; i < named; i++) {
        if (base[i] == VALUE_UNBOUND && i >= f->code->first_default)
            base[i] = f->defaults[i - f->code->first_default];
        if (base[i] == VALUE_UNBOUND) {
            missing(vm, function_name(vm, fn), fn->params[i].ident.name);
            vm_related(vm, fn->params[i].ident.span, "the parameter is declared here");
            return false;
        }
    }
    if (fn->has_varargs)
        base[named++] = extra;
    if (fn->has_kwargs)
        base[named] = rest;
    return true;
}

value *vm_stack_top(const struct vm *vm)
{
    const struct vm_state *st = vm->state;
    if (st->nframes == 0)
        return st->stack;
    const struct vm_frame *f = &st->frames[st->nframes - 1];
    return f->base + f->code->nregs;
}

static value recursion(struct vm *vm, const struct code *code)
{
    struct vm_state *st = vm->state;
    const char *name = function_name(vm, code->function);
    struct buf cycle = {0};
    uint32_t i = st->nframes;
    while (i > 0 && st->frames[i - 1].code != code)
        i--;
    for (; i > 0 && i <= st->nframes; i++)
        buf_printf(&cycle, "%s -> ", function_name(vm, st->frames[i - 1].code->function));
    buf_str(&cycle, name);
    vm_fail(vm, 314, "%s() is called recursively: %s", name, buf_text(&cycle));
    vm_help(vm, "write a loop: programs must end, so functions cannot call themselves");
    buf_free(&cycle);
    return VALUE_ERROR;
}

bool vm_push(struct vm *vm, struct function_value *f, value *base)
{
    struct vm_state *st = vm->state;
    struct code *code = (struct code *)(uintptr_t)f->code;
    if (code->active) {
        recursion(vm, code);
        return false;
    }
    if (st->nframes == VM_FRAMES_MAX || base + code->nregs > st->stack + VM_STACK_SLOTS) {
        vm_fail(vm, 313, "the calls are nested too deeply");
        return false;
    }
    if ((++st->steps & 1023) == 0 && !vm_tick(vm))
        return false;
    code->active = true;
    const struct function *fn = code->function;
    for (uint32_t i = fn->nparams; i < fn->nlocals; i++)
        base[i] = VALUE_UNBOUND;
    struct vm_frame *frame = &st->frames[st->nframes++];
    *frame = (struct vm_frame){.code = code,
                               .pc = code->v,
                               .base = base,
                               .function = f,
                               .globals = f->module->globals};
    return true;
}

/* ---- calls from C
 * ------------------------------------------------------------------------------ */

static value call_function(struct vm *vm, struct function_value *f,
                           const struct call *call)
{
    struct vm_state *st = vm->state;
    value *base = vm_stack_top(vm);
    if (st->nesting >= VM_NESTING_MAX)
        return vm_fail(vm, 313, "the calls are nested too deeply");
    if (!vm_bind(vm, f, call, base) || !vm_push(vm, f, base))
        return VALUE_ERROR;
    st->frames[st->nframes - 1].entry = true;
    st->nesting++;
    value v = vm_run(vm);
    st->nesting--;
    return v;
}

bool vm_bare_callable(value v)
{
    if (value_kind(v) != VALUE_KIND_FUNCTION)
        return false;
    const struct function_value *f = value_function(v);
    uint32_t named = f->code->function->npositional + f->code->function->nkwonly;
    for (uint32_t i = 0; i < named; i++)
        if (i < f->code->first_default ||
            f->defaults[i - f->code->first_default] == VALUE_UNBOUND)
            return false;
    return true;
}

value vm_call(struct vm *vm, value callee, const value *args, uint32_t nargs,
              const str_id *names, uint32_t nnames)
{
    struct call call = {.args = args, .nargs = nargs, .names = names, .nnames = nnames};
    if (vm->state->nframes == 0)
        vm->state->failed = false;
    switch (value_kind(callee)) {
    case VALUE_KIND_FUNCTION: return call_function(vm, value_function(callee), &call);
    case VALUE_KIND_NATIVE: {
        const struct native *native = value_native(callee)->native;
        return vm_call_native(vm, native, vm_signature(vm, native),
                              value_native(callee)->self, &call);
    }
    case VALUE_KIND_OBJECT:
        if (value_object(callee)->type->call)
            return value_object(callee)->type->call(vm, callee, &call);
        break;
    case VALUE_KIND_DEFERRED: {
        const struct expr *e = vm_expr(vm, vm_span(vm));
        bool called = e && e->kind == EXPR_CALL;
        return vm_fail_deferred_at(vm, called ? e->call.callee->span : vm_span(vm),
                                   callee, "a function",
                                   "it is a value: leave out the ()");
    }
    default: break;
    }
    vm_fail(vm, 315, "%s cannot be called", value_type_phrase(vm, callee));
    if (value_is(callee, VALUE_KIND_OBJECT))
        vm_help(vm, "name what it shall do: .CALL(...)");
    return VALUE_ERROR;
}
