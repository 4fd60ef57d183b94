/* Making ops. The arguments of a call are bound by its record; the universal ones (name,
 * after, when, retries, timeout, via, on_error) are bound here, for all calls alike. */
#include "compiler/op.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/attachment.h"
#include "compiler/bind.h"
#include "compiler/edit.h"
#include "compiler/handle.h"
#include "compiler/inline.h"
#include "compiler/jump.h"
#include "compiler/locate.h"
#include "compiler/native.h"

enum universal {
    U_NAME,
    U_AFTER,
    U_WHEN,
    U_RETRIES,
    U_TIMEOUT,
    U_VIA,
    U_ON_ERROR,
    U_COUNT
};

static const char *const universal_names[U_COUNT] = {
    "name", "after", "when", "retries", "timeout", "via", "on_error"};

struct making {
    struct vm *vm;
    struct program *p;
    const struct call *call;
    const struct call_info *info;
    const struct call_rules *rules;
    const char *name;  /* of the call */
    value args[32];    /* as written, by parameter; VALUE_ERROR if absent */
    uint8_t given[32]; /* of those: the place among the arguments of the call */
    value universal[U_COUNT];
    struct span universal_at[U_COUNT];
    op_id op;
};

/* Where the argument is written. Messages ask, so it is looked up for them alone. */
static struct span place_of(const struct making *m, uint32_t arg)
{
    return m->args[arg] == VALUE_ERROR ? (struct span){0}
                                       : vm_arg_span(m->vm, m->given[arg]);
}

/* ---- sorting what was written to its parameters
 * ---------------------------------------- */

static void unknown_argument(struct making *m, str_id name, struct span at)
{
    const char *names[32 + U_COUNT];
    size_t n = 0;
    for (uint32_t i = 0; i < m->info->nargs; i++)
        if (!(m->rules->internal & 1u << i))
            names[n++] = intern_text(m->vm->strings, m->info->args[i].name);
    for (unsigned u = 0; u < U_COUNT; u++)
        names[n++] = universal_names[u];
    const char *text = intern_text(m->vm->strings, name);
    vm_fail_at(m->vm, at, 530, "%s() has no argument \"%s\"", m->name, text);
    const char *near = text_nearest(text, names, n);
    if (near)
        vm_help(m->vm, "did you mean %s=?", near);
    else
        vm_help(m->vm, "`dvoc calls %s` lists them", m->name);
}

/* "path, content, owner". */
static const char *list_arguments(struct making *m)
{
    struct buf all = {0};
    for (uint32_t i = 0; i < m->info->nargs; i++)
        if (!(m->rules->internal & 1u << i))
            buf_printf(&all, "%s%s", all.len ? ", " : "",
                       intern_text(m->vm->strings, m->info->args[i].name));
    const char *text = arena_strndup(m->vm->arena, buf_text(&all), all.len);
    buf_free(&all);
    return text;
}

static bool too_many(struct making *m, uint32_t i)
{
    vm_fail_at(m->vm, vm_arg_span(m->vm, i), 531, "%s() takes %u argument%s by position",
               m->name, i, i == 1 ? "" : "s");
    const char *written = vm_written(m->vm, vm_arg_span(m->vm, i));
    vm_help(m->vm, "give it by its name, as NAME=%s; the names are %s, and %s",
            written ? written : "VALUE", list_arguments(m),
            "name, after, when, retries, timeout, via, on_error");
    return false;
}

static bool sort_arguments(struct making *m)
{
    const struct call *c = m->call;
    uint32_t next = 0;
    for (uint32_t i = 0; i < c->nargs; i++, next++) {
        while (next < m->info->nargs && m->info->args[next].keyword)
            next++;
        if (next == m->info->nargs || m->rules->internal & 1u << next) {
            return too_many(m, i);
        }
        m->args[next] = c->args[i];
        m->given[next] = (uint8_t)i;
    }
    for (uint32_t k = 0; k < c->nnames; k++) {
        str_id name = c->names[k];
        uint32_t a = 0;
        while (a < m->info->nargs && m->info->args[a].name != name)
            a++;
        if (a < m->info->nargs && !(m->rules->internal & 1u << a)) {
            if (m->args[a] != VALUE_ERROR) {
                vm_fail_at(m->vm, vm_arg_span(m->vm, c->nargs + k), 532,
                           "%s() got its argument %s= twice", m->name,
                           intern_text(m->vm->strings, name));
                vm_related(m->vm, place_of(m, a), "by position, this is %s=, too",
                           intern_text(m->vm->strings, name));
                vm_help(m->vm, "remove one of the two");
                return false;
            }
            m->args[a] = c->args[c->nargs + k];
            m->given[a] = (uint8_t)(c->nargs + k);
            continue;
        }
        const char *text = intern_text(m->vm->strings, name);
        unsigned u = 0;
        while (u < U_COUNT && strcmp(universal_names[u], text) != 0)
            u++;
        if (u == U_COUNT) {
            unknown_argument(m, name, vm_keyword_span(m->vm, name));
            return false;
        }
        m->universal[u] = c->args[c->nargs + k];
        m->universal_at[u] = vm_arg_span(m->vm, c->nargs + k);
    }
    return true;
}

/* ---- the record's own arguments
 * ---------------------------------------------------------- */

static bool is_absence(const struct making *m)
{
    return m->info->present && m->args[m->info->present - 1] == VALUE_FALSE;
}

static bool is_identity(const struct call_info *info, uint32_t arg)
{
    for (uint32_t i = 0; i < info->nidentity; i++)
        if (info->identity[i] == arg)
            return true;
    return false;
}

/* Neither given, nor usual, nor left out for good. */
static bool is_missing(const struct making *m, uint32_t i, bool absence)
{
    return m->args[i] == VALUE_ERROR && !m->info->args[i].fallback &&
           !(absence && !is_identity(m->info, i)) && !(m->rules->internal & 1u << i);
}

/* All that are missing are told at once. */
static bool missing_arguments(struct making *m, uint32_t i, bool absence)
{
    const char *names[32];
    size_t n = 0;
    struct buf all = {0}, edits = {0};
    for (uint32_t k = i; k < m->info->nargs; k++)
        if (is_missing(m, k, absence))
            names[n++] = intern_text(m->vm->strings, m->info->args[k].name);
    for (size_t k = 0; k < n; k++) {
        buf_printf(&all, "%s%s=", !k ? "" : k + 1 < n ? ", " : " and ", names[k]);
        buf_printf(&edits, "%s%s=...", k ? ", " : "", names[k]);
    }
    const struct arg_info *arg = &m->info->args[i];
    const char *doc = arg->doc ? arg->doc : type_example((enum type_kind)arg->type.kind);
    vm_fail(m->vm, 533, "%s() needs its argument%s %s", m->name, n == 1 ? "" : "s",
            buf_text(&all));
    if (n == 1)
        vm_help(m->vm, "add %s, %s", buf_text(&edits), doc);
    else
        vm_help(m->vm, "add %s", buf_text(&edits));
    buf_free(&all);
    buf_free(&edits);
    return false;
}

static bool bind_arguments(struct making *m)
{
    bool absence = is_absence(m);
    for (uint32_t i = 0; i < m->info->nargs; i++) {
        const struct arg_info *arg = &m->info->args[i];
        val_id v = arg->fallback;
        if (m->args[i] != VALUE_ERROR) {
            v = bind_value(m->vm, &m->p->calls, m->info, arg, m->args[i], m->given[i]);
            if (!v)
                return false;
        } else if (is_missing(m, i, absence)) {
            return missing_arguments(m, i, absence);
        }
        const struct ir_value *bound = val_get(m->vm->values, v);
        if (bound->kind == IR_LIST && !bound->count && is_identity(m->info, i)) {
            vm_fail_at(m->vm, place_of(m, i), 522, "%s(%s=) must not be empty", m->name,
                       intern_text(m->vm->strings, arg->name));
            return false;
        }
        graph_args(&m->p->graph, m->op)[i] = v;
        if (val_get(m->vm->values, v)->flags & IR_TAINTED)
            graph_get(&m->p->graph, m->op)->flags |= OP_TAINTED;
    }
    return true;
}

/* Written, and not a way of saying "nothing". */
static bool is_written(const struct values *t, val_id v)
{
    const struct ir_value *x = val_get(t, v);
    switch ((enum ir_kind)x->kind) {
    case IR_ABSENT:
    case IR_NONE: return false;
    case IR_BOOL: return x->as.n;
    case IR_LIST:
    case IR_DICT: return x->count > 0;
    default: return true;
    }
}

static bool check_require(struct making *m, const struct require *r)
{
    const val_id *args = graph_args(&m->p->graph, m->op);
    const struct values *t = m->vm->values;
    if (r->except >= 0) {
        const struct ir_value *x = val_get(t, args[r->except]);
        for (unsigned i = 0; i < r->nvalues; i++)
            if (x->kind == IR_STR && x->as.n == r->values[i])
                return true;
    }
    unsigned n = r->when && m->universal[U_WHEN] != VALUE_ERROR;
    for (unsigned i = 0; i < r->n; i++)
        n += is_written(t, args[r->args[i]]);
    bool good = r->exactly ? n == 1 : n >= 1;
    if (good)
        return true;
    struct buf names = {0}, edits = {0};
    for (unsigned i = 0; i < r->n; i++) {
        const struct arg_info *arg = &m->info->args[r->args[i]];
        const char *name = intern_text(m->vm->strings, arg->name);
        const char *between = !i ? "" : i + 1 == r->n && !r->when ? " or " : ", ";
        buf_printf(&names, "%s%s=", between, name);
        buf_printf(&edits, "%s%s=%s", between, name,
                   arg->type.kind == TYPE_BOOL ? "True" : "...");
    }
    if (r->when) {
        buf_str(&names, " or when=");
        buf_str(&edits, " or when=...");
    }
    vm_fail(m->vm, 534, "%s() needs %s %s", m->name,
            r->exactly ? "exactly one of" : "at least one of", buf_text(&names));
    if (n)
        vm_help(m->vm, "keep one of them");
    else
        vm_help(m->vm, "add %s", buf_text(&edits));
    buf_free(&names);
    buf_free(&edits);
    return false;
}

/* ---- the universal arguments
 * ---------------------------------------------------------------- */

/* What to type instead, by argument. */
static const char *universal_edit(struct making *m, enum universal u)
{
    static const char *const words[] = {"stop", "continue"};
    value v = m->universal[u];
    struct span at = m->universal_at[u];
    switch (u) {
    case U_NAME: return "write a name such as \"web\"";
    case U_AFTER: {
        /* m.ip comes from m. */
        const struct expr *e = vm_expr(m->vm, at);
        const char *of = e && e->kind == EXPR_DOT && value_is_deferred(v)
                             ? vm_written(m->vm, e->dot.object->span)
                             : NULL;
        return of ? arena_printf(m->vm->arena, "write after=[%s]", of)
                  : "write what the earlier call returned: after=[HANDLE]";
    }
    case U_RETRIES: {
        const char *help = edit_value(m->vm, (struct type){.kind = TYPE_INT}, v, at);
        return help ? help : "write how often it is tried again: retries=3";
    }
    case U_TIMEOUT: {
        const char *help = edit_value(m->vm, (struct type){.kind = TYPE_DURATION}, v, at);
        return help ? help : "write timeout=\"90s\"";
    }
    case U_ON_ERROR: {
        const char *near =
            value_is_str(v) ? text_nearest(value_cstr(m->vm, v), words, 2) : NULL;
        return near ? arena_printf(m->vm->arena, "did you mean \"%s\"?", near)
                    : "write on_error=\"continue\" if the run goes on after its failure";
    }
    default: return NULL;
    }
}

static bool universal_error(struct making *m, enum universal u, const char *takes)
{
    value v = m->universal[u];
    bool plain = value_is_int(v) || value_is_str(v);
    vm_fail_at(m->vm, m->universal_at[u], 535, "%s= takes %s, not %s", universal_names[u],
               takes, plain ? value_shown(m->vm, v) : value_type_phrase(m->vm, v));
    vm_help(m->vm, "%s", universal_edit(m, u));
    return false;
}

/* An address is one line of a report, whatever is in it. */
static bool has_control(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
            return true;
    return false;
}

static bool bind_name(struct making *m, struct op *op, value v)
{
    if (value_is_deferred(v) && value_deferred(v)->tainted) {
        bind_fail_secret(m->vm, m->universal_at[U_NAME], v, "name=");
        bind_help_secret(m->vm, m->info);
        return false;
    }
    if (!value_is_str(v) || !value_str_len(v))
        return universal_error(m, U_NAME, "a string that is not empty");
    if (has_control(value_str_p(v), value_str_len(v)))
        return universal_error(m, U_NAME, "one line of text");
    op->binding = value_intern(m->vm, v);
    op->flags |= OP_NAMED;
    return true;
}

static bool bind_after(struct making *m, struct op *op, value v)
{
    size_t n;
    const value *items = value_items(v, &n);
    if (!items) {
        items = &v;
        n = 1;
    }
    val_id *ids = arena_array(m->vm->arena, val_id, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct handle *h = handle_of(items[i]);
        if (!h && items == &v)
            return universal_error(m, U_AFTER, "a list of handles");
        if (!h) {
            struct span at = m->universal_at[U_AFTER];
            const struct expr *item = locate_item(vm_expr(m->vm, at), (uint32_t)i, false);
            m->universal[U_AFTER] = items[i];
            m->universal_at[U_AFTER] = item ? item->span : at;
            return universal_error(m, U_AFTER,
                                   arena_printf(m->vm->arena, "a handle as item %zu", i));
        }
        ids[i] = val_handle(m->vm->values, h->op);
    }
    op->after = val_seq(m->vm->values, IR_LIST, 0, ids, n);
    return true;
}

static bool bind_when(struct making *m, struct op *op, value v)
{
    size_t n;
    const value *items = value_items(v, &n);
    const struct native_use use = {m->universal_at[U_WHEN], m->name, "when", 0};
    value c =
        native_condition(m->vm, &use, IR_COND_ALL, items ? items : &v, items ? n : 1);
    if (c == VALUE_ERROR)
        return false;
    if (!value_is_deferred(c)) {
        op->when = c == VALUE_TRUE ? VAL_ABSENT : VAL_FALSE;
        return true;
    }
    if (value_deferred(c)->tainted) {
        bind_fail_secret(m->vm, m->universal_at[U_WHEN], c, "when=");
        vm_help(m->vm, "let the machine decide: pass the secret to a call and use its "
                       "result");
        return false;
    }
    op->when = value_deferred(c)->ir;
    return true;
}

/* Whether a machine is this computer: the step library serves it, whatever is configured.
 */
static bool is_local(const struct program *p, op_id subject)
{
    return subject && graph_call(&p->graph, subject)->local;
}

static bool bind_via(struct making *m, struct op *op, value v)
{
    enum backend b = value_is_str(v) ? backend_named(value_cstr(m->vm, v)) : BACKEND_NONE;
    if (b == BACKEND_NONE) {
        static const char *const names[] = {"ansible", "chef", "api"};
        vm_fail_at(m->vm, m->universal_at[U_VIA], 536,
                   "via= takes \"ansible\", \"chef\" or \"api\"");
        const char *near =
            value_is_str(v) ? text_nearest(value_cstr(m->vm, v), names, 3) : NULL;
        vm_help(m->vm, near ? "did you mean \"%s\"?" : "write via=\"%s\"",
                near ? near : backend_name(op->backend));
        return false;
    }
    if (b != BACKEND_API && is_local(m->p, op->subject)) {
        vm_fail_at(m->vm, m->universal_at[U_VIA], 536,
                   "no tool is started for this computer");
        vm_help(m->vm, "remove via=; its calls are carried out by \"api\"");
        return false;
    }
    op->backend = graph_call(&m->p->graph, m->op)->carrier[b];
    return true;
}

static bool bind_timeout(struct making *m, struct op *op, value v)
{
    int64_t ms = value_is_str(v) ? duration_ms(value_str_p(v), value_str_len(v)) : -1;
    if (ms <= 0 || ms > INT32_MAX)
        return universal_error(m, U_TIMEOUT, type_example(TYPE_DURATION));
    op->timeout_ms = (int32_t)ms;
    return true;
}

static bool bind_universal(struct making *m)
{
    struct op *op = graph_get(&m->p->graph, m->op);
    for (enum universal u = 0; u < U_COUNT; u++) {
        value v = m->universal[u];
        int64_t n;
        bool good = true;
        if (v == VALUE_ERROR || v == VALUE_NONE)
            continue;
        switch (u) {
        case U_NAME: good = bind_name(m, op, v); break;
        case U_AFTER: good = bind_after(m, op, v); break;
        case U_WHEN: good = bind_when(m, op, v); break;
        case U_VIA: good = bind_via(m, op, v); break;
        case U_TIMEOUT: good = bind_timeout(m, op, v); break;
        case U_RETRIES:
            good = value_to_int64(v, &n) && n >= 0 && n <= 1000;
            if (!good)
                universal_error(m, u, "a number between 0 and 1000");
            else
                op->retries = (int32_t)n;
            break;
        case U_ON_ERROR:
            good = value_is_str(v) &&
                   (value_str_equal(v, "stop") || value_str_equal(v, "continue"));
            if (!good)
                universal_error(m, u, "\"stop\" or \"continue\"");
            else if (value_str_equal(v, "continue"))
                op->flags |= OP_CONTINUE;
            break;
        case U_COUNT: break;
        }
        if (!good)
            return false;
    }
    return true;
}

/* ---- the op
 * ------------------------------------------------------------------------------- */

/* The graph's index of the function frame that runs now, for notes on call chains. A
 * function that nothing in the program calls is as outermost as a file. */
static uint32_t frame_index(struct vm *vm, struct graph *g, struct vm_frame *f)
{
    if (!f || vm_frame_toplevel(f) || !vm_frame_outer(vm, f))
        return 0;
    uint32_t *note = vm_frame_note(f);
    if (!*note) {
        struct frame frame = {vm_frame_call(vm, f), vm_frame_function(f),
                              frame_index(vm, g, vm_frame_outer(vm, f))};
        g->frames = vec_grow(g->frames, sizeof frame, g->nframes + 1, &g->cap_frames);
        g->frames[g->nframes] = frame;
        *note = (uint32_t)g->nframes++;
    }
    return *note;
}

static op_id new_op(struct vm *vm, call_id id, op_id subject,
                    const struct call_rules *rules)
{
    struct program *p = program_of(vm);
    op_id op = graph_op(&p->graph, id, subject, vm_span(vm));
    struct op *o = graph_get(&p->graph, op);
    o->backend = (uint8_t)(is_local(p, subject) ? BACKEND_API : rules->backend);
    o->chain = frame_index(vm, &p->graph, vm_frame_top(vm));
    vm->made++;
    return op;
}

struct op_native {
    struct native native;
    call_id call; /* 0: its record has not been read */
};

static value do_op(struct vm *vm, const struct call *c)
{
    struct program *p = program_of(vm);
    struct op_native *native = c->native->data;
    if (!native->call)
        native->call = glossary_call(&p->glossary, c->native->name);
    call_id id = native->call;
    if (!id)
        return p->diags.errors
                   ? vm_fail_again(vm)
                   : vm_fail(vm, 510, "the record of %s is wrong", c->native->name);
    struct making m = {.vm = vm,
                       .p = p,
                       .call = c,
                       .info = &p->calls.v[id],
                       .rules = glossary_rules(&p->glossary, id),
                       .name = c->native->name};
    if (!sort_arguments(&m))
        return VALUE_ERROR;
    const struct handle *subject = handle_of(c->self);
    m.op = new_op(vm, id, subject ? subject->op : 0, m.rules);
    if (!bind_arguments(&m) || !bind_universal(&m))
        return VALUE_ERROR;
    if (!is_absence(&m))
        for (unsigned i = 0; i < m.rules->nrequire; i++)
            if (!check_require(&m, &m.rules->require[i]))
                return VALUE_ERROR;
    for (unsigned i = 0; i < m.rules->ninlines; i++)
        if (!inline_file(vm, &m.rules->inlines[i], m.op,
                         place_of(&m, m.rules->inlines[i].from)))
            return VALUE_ERROR;
    for (unsigned i = 0; i < m.rules->nattachments; i++) {
        const struct attachment_rule *rule = &m.rules->attachments[i];
        if (!attachment_make(vm, rule, m.op, place_of(&m, rule->from),
                             place_of(&m, rule->of)))
            return VALUE_ERROR;
    }
    return handle_new(vm, m.op, m.info->result, VALUE_ERROR);
}

const struct native *op_native(struct program *p, const char *name)
{
    if (!glossary_has(&p->glossary, name))
        return NULL;
    uint32_t *slot = map64_put(&p->natives, intern_cstr(&p->strings, name));
    if (!*slot) {
        struct op_native *n = arena_new(&p->arena, struct op_native);
        n->native = (struct native){arena_strndup(&p->arena, name, strlen(name)), do_op,
                                    "...", n};
        *vec_push(&p->native_list) = &n->native;
        *slot = (uint32_t)p->native_list.n;
    }
    return p->native_list.v[*slot - 1];
}

const struct native *op_method(struct program *p, uint32_t type, str_id member)
{
    uint32_t *slot = map64_put(&p->methods, (uint64_t)type << 32 | member);
    if (!*slot) {
        char *name = arena_printf(&p->arena, "%s.%s",
                                  intern_text(&p->strings, p->calls.types[type].name),
                                  intern_text(&p->strings, member));
        const struct native *n = op_native(p, name);
        *vec_push(&p->method_list) = n;
        *slot = (uint32_t)p->method_list.n;
    }
    return p->method_list.v[*slot - 1];
}

/* ---- machines of the inventory
 * ---------------------------------------------------------------- */

static value host_known(struct vm *vm, const char *key, const struct yaml_node *host)
{
    value known = value_dict_new(vm, 4);
    value_dict_set(vm, known, value_cstring(vm, "name"), value_cstring(vm, key));
    const struct yaml_node *roles = yaml_get(host, "roles"),
                           *vars = yaml_get(host, "vars");
    if (roles)
        value_dict_set(vm, known, value_cstring(vm, "roles"), param_value(vm, roles));
    if (vars)
        value_dict_set(vm, known, value_cstring(vm, "vars"), param_value(vm, vars));
    value_freeze(vm, known);
    return known;
}

static bool fill_internal(struct vm *vm, const struct call_info *info, op_id op,
                          const struct call_rules *rules, const struct yaml_node *host)
{
    struct program *p = program_of(vm);
    for (uint32_t i = 0; i < info->nargs; i++) {
        if (!(rules->internal & 1u << i))
            continue;
        const char *name = intern_text(&p->strings, info->args[i].name);
        const struct yaml_node *n = yaml_get(host, name);
        val_id v = info->args[i].fallback;
        if (n && !strcmp(name, "jump")) {
            value hops = jump_hosts(vm, &p->config, host);
            v = hops == VALUE_ERROR ? VAL_ABSENT : value_to_ir(vm, hops, vm_span(vm));
        } else if (n && n->kind == YAML_STR)
            v = val_text(&p->graph.values, n->text, n->len);
        else if (n && n->kind == YAML_INT)
            v = val_int(&p->graph.values, n->i);
        if (!v)
            return false;
        graph_args(&p->graph, op)[i] = v;
    }
    return true;
}

value op_host(struct vm *vm, str_id key)
{
    struct program *p = program_of(vm);
    const char *text = intern_text(vm->strings, key);
    const struct yaml_node *host = yaml_get(p->config.inventory, text);
    if (!host) {
        size_t n = p->config.inventory->n;
        const char **names = arena_array(vm->arena, const char *, n + 1);
        for (size_t i = 0; i < n; i++)
            names[i] = p->config.inventory->pairs[i].key;
        vm_fail_at(vm, vm_param_span(vm, "host", 0), 538,
                   "the inventory has no host \"%s\"", text);
        const char *near = text_nearest(text, names, n);
        if (near)
            vm_help(vm, "did you mean \"%s\"?", near);
        else
            vm_help(vm, "add it to inventory.yaml: hosts: {%s: {address: ...}}",
                    diag_cut(vm->arena, text, strlen(text)));
        return VALUE_ERROR;
    }
    call_id id = glossary_call(&p->glossary, "hosts.find");
    if (!id)
        return VALUE_ERROR;
    const struct call_info *info = &p->calls.v[id];
    uint32_t *slot = map64_put(&p->hosts, key);
    if (!*slot) {
        const struct call_rules *rules = glossary_rules(&p->glossary, id);
        op_id op = new_op(vm, id, 0, rules);
        *slot = op + 1;
        if (!fill_internal(vm, info, op, rules, host))
            return VALUE_ERROR;
        graph_args(&p->graph, op)[info->identity[0]] = val_str(vm->values, key);
        graph_get(&p->graph, op)->binding =
            intern_cstr(vm->strings, arena_printf(vm->arena, "hosts.%s", text));
    }
    return handle_new(vm, *slot - 1, info->result, host_known(vm, text, host));
}

value op_local(struct vm *vm, const char *name)
{
    struct program *p = program_of(vm);
    call_id id = glossary_call(&p->glossary, name);
    if (!id)
        return VALUE_ERROR;
    uint32_t *slot = map64_put(&p->hosts, intern_cstr(vm->strings, name));
    if (!*slot) {
        op_id op = new_op(vm, id, 0, glossary_rules(&p->glossary, id));
        *slot = op + 1;
        graph_get(&p->graph, op)->binding = intern_cstr(vm->strings, name);
    }
    return handle_new(vm, *slot - 1, p->calls.v[id].result, VALUE_ERROR);
}
