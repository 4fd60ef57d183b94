/* Steps of the interpreter loop that are too long to stand in it: closures, unpacking,
 * f-strings, checks of parameters, names of ops, and calls with keywords or * and **. */
#include "compiler/vm_step.h"

#include <stdlib.h>

#include "compiler/annotation.h"
#include "compiler/integer.h"
#include "compiler/module.h"
#include "compiler/recover.h"
#include "compiler/table.h"
#include "compiler/text.h"
#include "compiler/vm.h"

value vm_step_unbound_local(struct vm *vm, const struct code *code, uint32_t slot)
{
    const struct function *fn = code->function;
    const char *name =
        slot < fn->nlocals ? intern_text(vm->strings, fn->locals[slot]) : "?";
    vm_fail(vm, 317, "local variable \"%s\" is used before it has a value", name);
    vm_help(vm, "move the line that gives %s its value above this one", name);
    return VALUE_ERROR;
}

value vm_step_unbound_global(struct vm *vm, const struct vm_frame *f, uint32_t index)
{
    str_id name = f->function->module->ast->globals[index];
    if (recover_gave_up(f->function->module, index))
        return vm_fail_again(vm);
    vm_fail(vm, 317, "global variable \"%s\" is used before it has a value",
            intern_text(vm->strings, name));
    vm_help(vm, "move the line that gives %s its value above this one",
            intern_text(vm->strings, name));
    return VALUE_ERROR;
}

value vm_step_new_cell(struct vm *vm, value v)
{
    struct cell *cell = vm_object(vm, VALUE_KIND_CELL, sizeof *cell);
    cell->v = v;
    return value_of(cell);
}

static void wrong_type(struct vm *vm, struct span at, const char *what,
                       const struct expr *annotation, value v, struct span declared)
{
    struct buf why = {0};
    annotation_explain(vm, annotation, v, &why);
    vm_fail_at(vm, at, 320, "%s %s", what, buf_text(&why));
    vm_related(vm, declared, "declared here");
    buf_free(&why);
}

/* A default is wrong where it stands, not where it is used. None makes it optional. */
static bool check_defaults(struct vm *vm, const struct code *code, const value *defaults)
{
    const struct function *fn = code->function;
    for (uint32_t i = 0; i < code->ndefaults; i++) {
        const struct param *p = &fn->params[code->first_default + i];
        if (!p->annotation || !p->default_value || defaults[i] == VALUE_NONE ||
            annotation_accepts(vm, p->annotation, defaults[i]))
            continue;
        wrong_type(vm, p->default_value->span,
                   arena_printf(vm->arena, "%s(): parameter %s",
                                intern_text(vm->strings, fn->name),
                                intern_text(vm->strings, p->ident.name)),
                   p->annotation, defaults[i], p->ident.span);
        return false;
    }
    return true;
}

value vm_step_make_closure(struct vm *vm, const struct vm_frame *f, const struct instr *i)
{
    const struct code *code = f->code->functions[i->c];
    const struct function *fn = code->function;
    if (!check_defaults(vm, code, f->base + i->b))
        return VALUE_ERROR;
    struct function_value *r = vm_object(vm, VALUE_KIND_FUNCTION, sizeof *r);
    r->code = code;
    r->module = f->function->module;
    r->defaults = arena_array(vm->arena, value, code->ndefaults);
    memcpy(r->defaults, f->base + i->b, code->ndefaults * sizeof(value));
    r->free = arena_array(vm->arena, struct cell *, fn->nfree);
    for (uint32_t k = 0; k < fn->nfree; k++) {
        const struct binding *b = &fn->free[k].binding;
        r->free[k] = b->scope == SCOPE_FREE
                         ? f->function->free[b->index]
                         : (struct cell *)value_header(f->base[b->index]);
    }
    return value_of(r);
}

bool vm_step_unpack(struct vm *vm, value v, value *to, uint32_t n)
{
    size_t given;
    const value *items = value_items(v, &given);
    if (items) {
        if (given == n) {
            memcpy(to, items, n * sizeof *to);
            return true;
        }
    } else {
        struct value_iter it;
        int64_t len = value_length(v);
        if (value_is_deferred(v) || value_is_str(v) || len < 0) {
            if (value_is_deferred(v))
                vm_fail_deferred(vm, v, "something to unpack", NULL);
            else
                vm_fail(vm, 301, "%s cannot be unpacked", value_type_phrase(vm, v));
            return false;
        }
        given = (size_t)len;
        if (given == n) {
            if (!value_iter_begin(vm, &it, v))
                return false;
            for (uint32_t i = 0; i < n; i++)
                to[i] = value_iter_next(vm, &it);
            value_iter_end(&it);
            return true;
        }
    }
    vm_fail(vm, 318, "%s values to unpack: %u wanted, %zu given",
            given < n ? "too few" : "too many", n, given);
    return false;
}

value vm_step_fstring(struct vm *vm, const struct code_fstring *f, const value *holes)
{
    struct text_builder t = text_begin(vm);
    for (uint32_t i = 0; i < f->n; i++) {
        const struct code_fpart *p = &f->parts[i];
        value v = p->literal ? p->literal : *holes++;
        if (value_is_small(v)) {
            integer_write(vm, v, 10, text_buf(vm));
        } else if (!text_add(vm, &t, v, p->conversion == 'r')) {
            text_abandon(vm, &t);
            return VALUE_ERROR;
        }
    }
    return text_finish(vm, &t);
}

bool vm_step_dict_add(struct vm *vm, value dict, value key, value val)
{
    uint32_t hash;
    if (!value_hash(vm, key, &hash))
        return false;
    struct table_entry *e = table_put(vm, value_table(dict), key, hash);
    if (e->val) {
        vm_fail(vm, 319, "the key %s appears twice in one dict display",
                value_shown(vm, key));
        return false;
    }
    e->val = val;
    return true;
}

/* Told at the call. Always false. */
static bool wrong_argument(struct vm *vm, const struct function *fn,
                           const struct param *p, const char *name, int place, value v)
{
    const char *what = arena_printf(vm->arena, "%s(): parameter %s",
                                    intern_text(vm->strings, fn->name), name);
    vm->state->nframes--;
    wrong_type(vm, vm_param_span(vm, name, place), what, p->annotation, v, p->ident.span);
    vm->state->nframes++;
    return false;
}

/* Those of *args and **kwargs say what each of the arguments is. */
static bool check_varargs(struct vm *vm, const struct function *fn, const struct param *p,
                          value args)
{
    size_t n;
    const value *v = value_items(args, &n);
    for (size_t i = 0; i < n; i++)
        if (!annotation_accepts(vm, p->annotation, v[i]))
            return wrong_argument(vm, fn, p, intern_text(vm->strings, p->ident.name),
                                  (int)(fn->npositional + i), v[i]);
    return true;
}

static bool check_kwargs(struct vm *vm, const struct function *fn, const struct param *p,
                         value args)
{
    uint32_t i = 0;
    struct table_entry *e;
    while ((e = table_next(value_table(args), &i)))
        if (!annotation_accepts(vm, p->annotation, e->val)) {
            const struct str *name = value_str(e->key);
            return wrong_argument(vm, fn, p, arena_strndup(vm->arena, name->p, name->len),
                                  -1, e->val);
        }
    return true;
}

bool vm_step_check_type(struct vm *vm, struct vm_frame *f, uint32_t slot)
{
    const struct function *fn = f->code->function;
    const struct param *p = &fn->params[slot];
    value v = f->base[slot];
    if (slot == fn->npositional + fn->nkwonly && fn->has_varargs)
        return check_varargs(vm, fn, p, v);
    if (slot >= fn->npositional + fn->nkwonly)
        return check_kwargs(vm, fn, p, v);
    /* A default of None says that the argument is optional. */
    bool optional = v == VALUE_NONE && slot >= f->code->first_default &&
                    f->function->defaults[slot - f->code->first_default] == VALUE_NONE;
    return optional || annotation_accepts(vm, p->annotation, v) ||
           wrong_argument(vm, fn, p, intern_text(vm->strings, p->ident.name),
                          slot < fn->npositional ? (int)slot : -1, v);
}

bool vm_step_check_result(struct vm *vm, const struct vm_frame *f, value v)
{
    const struct function *fn = f->code->function;
    if (annotation_accepts(vm, fn->returns, v))
        return true;
    wrong_type(
        vm, vm_span(vm),
        arena_printf(vm->arena, "the result of %s()", intern_text(vm->strings, fn->name)),
        fn->returns, v, fn->returns->span);
    return false;
}

/* The 0-based turn of the iteration in these two registers. */
static uint32_t loop_position(const value *iter)
{
    uint32_t at = (uint32_t)value_small_get(iter[1]), turn = at;
    if (value_is(iter[0], VALUE_KIND_DICT) || value_is(iter[0], VALUE_KIND_SET)) {
        /* `at` counts entries, deleted ones included. */
        const struct table *t = value_table(iter[0]);
        for (uint32_t i = 0; i < at; i++)
            turn -= t->v[i].key == VALUE_ERROR;
    }
    return turn - 1;
}

void vm_step_tell_assignment(struct vm *vm, const struct vm_frame *f,
                             const struct instr *i)
{
    const struct code_target *target = &f->code->targets[i->c];
    struct buf name = {0};
    for (uint32_t k = 0; k < target->nsteps; k++) {
        const struct code_step *s = &target->steps[k];
        if (s->reg >= 0) {
            buf_char(&name, '[');
            if (value_is_object(f->base[s->reg]) && !value_is_str(f->base[s->reg]))
                buf_str(&name, "...");
            else
                value_write(vm, f->base[s->reg], true, &name);
            buf_char(&name, ']');
        } else {
            if (k)
                buf_char(&name, '.');
            buf_str(&name, intern_text(vm->strings, s->name));
        }
    }
    uint32_t loops[64];
    uint32_t n = target->nloops < 64 ? target->nloops : 64;
    for (uint32_t k = 0; k < n; k++)
        loops[k] = loop_position(f->base + target->loops[k]);
    struct vm_assignment a = {
        .name = buf_text(&name),
        .value = f->base[i->a],
        .mark = (uint32_t)value_small_get(f->base[i->b]),
        .loops = loops,
        .nloops = n,
        .file = f->function->module->path,
        .span = target->span,
    };
    vm->assigned(vm, &a);
    buf_free(&name);
}

/* ---- calls with keywords, *args and **kwargs
 * ------------------------------------------------------ */

struct arguments {
    value *v;
    size_t n, cap;
};

struct keywords {
    str_id *v;
    size_t n, cap;
};

static bool spread(struct vm *vm, struct arguments *to, value star)
{
    struct value_iter it;
    if (value_is_deferred(star)) {
        vm_fail_deferred(vm, star, "* arguments", NULL);
        return false;
    }
    if (!value_iter_begin_all(vm, &it, star))
        return false;
    for (value v; (v = value_iter_next(vm, &it));)
        *vec_push(to) = v;
    value_iter_end(&it);
    return true;
}

static bool spread_keywords(struct vm *vm, struct arguments *to, struct keywords *names,
                            value dict)
{
    if (!value_is(dict, VALUE_KIND_DICT)) {
        vm_fail(vm, 312, "the argument behind ** must be a dict, not %s",
                value_type_name(vm, dict));
        return false;
    }
    uint32_t i = 0;
    for (struct table_entry *e; (e = table_next(value_table(dict), &i));) {
        if (!value_is_str(e->key)) {
            vm_fail(vm, 312, "the keys behind ** must be strings, not %s",
                    value_type_name(vm, e->key));
            return false;
        }
        str_id name = value_intern(vm, e->key);
        for (size_t k = 0; k < names->n; k++)
            if (names->v[k] == name) {
                vm_fail(vm, 312, "the keyword %s is given twice",
                        intern_text(vm->strings, name));
                return false;
            }
        *vec_push(names) = name;
        *vec_push(to) = e->val;
    }
    return true;
}

/* Collects the arguments of a call site with * or **; `args` is empty before, freed by
 * the caller. Those of others lie in their registers as a call wants them. */
static bool collect(struct vm *vm, const struct call_site *site, const value *from,
                    struct arguments *args, struct keywords *names, uint32_t *npos)
{
    const value *next = from + site->npos + site->nnamed;
    for (uint32_t i = 0; i < site->npos; i++)
        *vec_push(args) = from[i];
    if (site->star && !spread(vm, args, *next++))
        return false;
    *npos = (uint32_t)args->n;
    for (uint32_t i = 0; i < site->nnamed; i++) {
        *vec_push(args) = from[site->npos + i];
        *vec_push(names) = site->names[i];
    }
    return !site->starstar || spread_keywords(vm, args, names, *next);
}

const struct native *vm_step_find_method(struct vm *vm, value self,
                                         struct call_site *site)
{
    uint32_t kind = (uint32_t)value_kind(self);
    const struct native *native;
    if (kind == VALUE_KIND_OBJECT) {
        const struct object_type *type = value_object(self)->type;
        native = type->method ? type->method(vm, self, site->method) : NULL;
        if (!native || native == site->cached)
            return native;
    } else {
        if (site->cached && site->cached_kind == kind)
            return site->cached;
        native = vm_method(vm, (enum value_kind)kind, site->method);
        if (!native)
            return NULL;
    }
    site->cached_kind = kind;
    site->cached = native;
    site->signature = vm_signature(vm, native);
    return native;
}

enum vm_step_outcome vm_step_call_any(struct vm *vm, value callee,
                                      const struct call *call, value *result)
{
    if (value_is(callee, VALUE_KIND_FUNCTION)) {
        value *base = vm_stack_top(vm);
        if (!vm_bind(vm, value_function(callee), call, base) ||
            !vm_push(vm, value_function(callee), base))
            return VM_STEP_FAILED;
        return VM_STEP_PUSHED;
    }
    *result = vm_call(vm, callee, call->args, call->nargs, call->names, call->nnames);
    return *result ? VM_STEP_DONE : VM_STEP_FAILED;
}

/* Calls the site's native with *R as receiver, or else `callee`. */
static enum vm_step_outcome call_bound(struct vm *vm, const struct call_site *site,
                                       const struct native *native, value callee,
                                       const struct call *call, value *R)
{
    if (!native)
        return vm_step_call_any(vm, callee, call, R);
    value v = vm_call_native(vm, native, site->signature, *R, call);
    if (!v)
        return VM_STEP_FAILED;
    *R = v;
    return VM_STEP_DONE;
}

enum vm_step_outcome vm_step_call_site(struct vm *vm, struct call_site *site, value *R,
                                       bool method)
{
    value callee = *R;
    const struct native *native = method ? vm_step_find_method(vm, callee, site) : NULL;
    if (method && !native)
        callee = value_getattr(vm, callee, site->method);
    if (!callee)
        return VM_STEP_FAILED;
    struct call call = {
        .args = R + 1, .nargs = site->npos, .names = site->names, .nnames = site->nnamed};
    if (!site->star && !site->starstar)
        return call_bound(vm, site, native, callee, &call, R);

    struct arguments args = {0};
    struct keywords names = {0};
    enum vm_step_outcome r = VM_STEP_FAILED;
    if (collect(vm, site, R + 1, &args, &names, &call.nargs)) {
        call.args = args.v;
        call.names = names.v;
        call.nnames = (uint32_t)names.n;
        r = call_bound(vm, site, native, callee, &call, R);
    }
    free(args.v);
    free(names.v);
    return r;
}
