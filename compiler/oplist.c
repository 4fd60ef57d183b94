/* Tells tests what the graph holds. Known values are themselves; what only a run can tell
 * is the text that addresses have for it, and a secret never more than its path. */
#include "compiler/oplist.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/facts.h"
#include "compiler/handle.h"
#include "compiler/program.h"
#include "compiler/text.h"
#include "ir/identity.h"

struct listing {
    struct vm *vm;
    const struct graph *g;
    const char *call;  /* only of this one, or NULL */
    value on;          /* only on this machine, a handle or an address, or VALUE_NONE */
    struct span on_at; /* where that was written */
    op_id machine;     /* the same in the graph */
    value list;
};

static value text_value(struct vm *vm, struct buf *text)
{
    value v = value_string(vm, buf_text(text), text->len);
    buf_free(text);
    return v;
}

static value address(const struct listing *l, op_id id)
{
    op_id live = graph_live(l->g, id);
    return live ? value_interned(l->vm, l->g->ops[live].address) : VALUE_NONE;
}

/* ---- conditions and values
 * --------------------------------------------------------------------- */

static void add_condition(const struct graph *g, val_id id, bool inner, struct buf *out);

static void add_operand(const struct graph *g, val_id id, struct buf *out)
{
    const struct ir_value *v = val_get(&g->values, id);
    struct buf text = {0};
    switch (v->kind) {
    case IR_NONE: buf_str(out, "None"); return;
    case IR_COND: add_condition(g, id, true, out); return;
    case IR_LIST:
        for (uint32_t i = 0; i < v->count; i++) {
            buf_str(out, i ? ", " : "[");
            add_operand(g, val_items(&g->values, id)[i], out);
        }
        buf_str(out, v->count ? "]" : "[]");
        return;
    case IR_STR:
    case IR_TEXT:
        identity_text(g, id, &text);
        text_quote(out, buf_text(&text), text.len, false);
        buf_free(&text);
        return;
    default: identity_text(g, id, out);
    }
}

/* As the program could have written it; `inner`: it stands in another one. */
static void add_condition(const struct graph *g, val_id id, bool inner, struct buf *out)
{
    static const char *const words[] = {
        [IR_COND_EQ] = " == ",  [IR_COND_NE] = " != ",         [IR_COND_LT] = " < ",
        [IR_COND_LE] = " <= ",  [IR_COND_GT] = " > ",          [IR_COND_GE] = " >= ",
        [IR_COND_IN] = " in ",  [IR_COND_NOT_IN] = " not in ", [IR_COND_ALL] = " and ",
        [IR_COND_ANY] = " or ",
    };
    const struct ir_value *v = val_get(&g->values, id);
    if (v->kind != IR_COND) {
        add_operand(g, id, out);
        return;
    }
    bool not = v->sub == IR_COND_NOT;
    bool brackets = inner && (v->sub == IR_COND_ALL || v->sub == IR_COND_ANY);
    buf_str(out, not ? "not_(" : brackets ? "(" : "");
    for (uint32_t i = 0; i < v->count; i++) {
        buf_str(out, i ? words[v->sub] : "");
        if (not )
            add_condition(g, val_items(&g->values, id)[i], false, out);
        else
            add_operand(g, val_items(&g->values, id)[i], out);
    }
    buf_str(out, not || brackets ? ")" : "");
}

static value shown(const struct listing *l, val_id id)
{
    const struct graph *g = l->g;
    const struct ir_value *v = val_get(&g->values, id);
    const val_id *items = val_items(&g->values, id);
    struct buf text = {0};
    if (v->kind == IR_LIST) {
        value list = value_list_new(l->vm, NULL, 0);
        for (uint32_t i = 0; i < v->count; i++)
            value_list_push(l->vm, list, shown(l, items[i]));
        return list;
    }
    if (v->kind == IR_DICT) {
        value dict = value_dict_new(l->vm, v->count);
        for (uint32_t i = 0; i < v->count; i++)
            value_dict_set(l->vm, dict, shown(l, items[2 * i]),
                           shown(l, items[2 * i + 1]));
        return dict;
    }
    if (v->kind == IR_COND)
        add_condition(g, id, false, &text);
    else if (v->kind == IR_HANDLE || v->flags & IR_DEFERRED)
        identity_text(g, id, &text);
    else
        return value_of_ir(l->vm, id, vm_span(l->vm));
    return text_value(l->vm, &text);
}

/* ---- ops
 * ---------------------------------------------------------------------------------------
 */

static void op_text(struct vm *vm, value self, struct buf *out)
{
    value a = value_dict_get_cstr(vm, facts_of(self), "address");
    buf_printf(out, "<op %.*s>", (int)value_str_len(a), value_str_p(a));
}

static const struct object_type op_type = {
    .name = "op",
    .getattr = facts_getattr,
    .attrs = facts_attrs,
    .text = op_text,
};

static void set(struct vm *vm, value dict, const char *key, value v)
{
    value_dict_set(vm, dict, value_cstring(vm, key), v);
}

/* What can be written; the record's own defaults where it was not. */
static value arguments(const struct listing *l, op_id id)
{
    const struct call_info *call = graph_call(l->g, id);
    const struct call_rules *rules = call->rules;
    const val_id *args = l->g->args + l->g->ops[id].args;
    value dict = value_dict_new(l->vm, call->nargs);
    for (uint32_t i = 0; i < call->nargs; i++)
        if (args[i] && !(rules->internal & 1u << i))
            value_dict_set(l->vm, dict, value_interned(l->vm, call->args[i].name),
                           shown(l, args[i]));
    return dict;
}

static value place(const struct listing *l, struct span at)
{
    struct sources *sources = l->g->sources;
    struct buf text = {0};
    if (!at.file)
        return VALUE_NONE;
    buf_printf(&text, "%s:%u", source_get(sources, at.file)->name,
               source_pos(sources, at.file, at.begin).line);
    return text_value(l->vm, &text);
}

static value when_text(const struct listing *l, val_id when)
{
    struct buf text = {0};
    if (!when)
        return VALUE_NONE;
    add_condition(l->g, when, false, &text);
    return text_value(l->vm, &text);
}

/* `first` is its first edge: they stand in the order of their ends. */
static value op_value(const struct listing *l, op_id id, size_t first)
{
    struct vm *vm = l->vm;
    const struct graph *g = l->g;
    const struct op *op = &g->ops[id];
    value dict = value_dict_new(vm, 8), after = value_list_new(vm, NULL, 0);
    for (size_t i = first; i < g->nedges && g->edges[i].to == id; i++)
        value_list_push(vm, after, address(l, g->edges[i].from));
    set(vm, dict, "address", address(l, id));
    set(vm, dict, "call", value_interned(vm, graph_call(g, id)->name));
    set(vm, dict, "machine", address(l, op->subject));
    set(vm, dict, "args", arguments(l, id));
    set(vm, dict, "after", after);
    set(vm, dict, "when", when_text(l, op->when));
    set(vm, dict, "backend", value_cstring(vm, backend_name((enum backend)op->backend)));
    set(vm, dict, "place", place(l, op->span));
    value_freeze(vm, dict);
    return facts_new(vm, &op_type, dict);
}

static void no_machine(struct listing *l, const char *text)
{
    const char **names = xcalloc(l->g->n, sizeof *names);
    size_t n = 0;
    for (size_t id = 1; id < l->g->n; id++)
        if (!(l->g->ops[id].flags & OP_DEAD) && !l->g->ops[id].subject)
            names[n++] = intern_text(l->g->strings, l->g->ops[id].address);
    vm_fail_at(l->vm, l->on_at, 570, "no machine has the address %s", text);
    const char *near = text_nearest(text, names, n);
    if (near)
        vm_help(l->vm, "did you mean \"%s\"?", near);
    free(names);
}

static bool is_machine(const struct graph *g, op_id id)
{
    str_id result = g->calls->types[graph_call(g, id)->result].name;
    return !strcmp(intern_text(g->strings, result), "machine");
}

/* The machine that was asked for. False after an error. */
static bool find_machine(struct listing *l)
{
    const struct handle *h = handle_of(l->on);
    if (l->on == VALUE_NONE)
        return true;
    if (h) {
        l->machine = graph_live(l->g, h->op);
        return true;
    }
    str_id wanted = value_intern(l->vm, l->on);
    for (size_t id = 1; id < l->g->n && !l->machine; id++)
        if (l->g->ops[id].address == wanted && !(l->g->ops[id].flags & OP_DEAD) &&
            is_machine(l->g, (op_id)id))
            l->machine = (op_id)id;
    if (!l->machine)
        no_machine(l, intern_text(l->vm->strings, wanted));
    return l->machine;
}

static void list_ops(struct program *p, void *ctx)
{
    struct listing *l = ctx;
    const struct graph *g = l->g = &p->graph;
    size_t edge = 0;
    if (!find_machine(l))
        return;
    for (size_t i = 1; i < g->n; i++) {
        op_id id = (op_id)i;
        while (edge < g->nedges && g->edges[edge].to < id)
            edge++;
        const struct op *op = &g->ops[id];
        if (!(op->flags & OP_DEAD) &&
            (!l->machine || graph_live(g, op->subject) == l->machine) &&
            (!l->call ||
             !strcmp(intern_text(g->strings, graph_call(g, id)->name), l->call)))
            value_list_push(l->vm, l->list, op_value(l, id, edge));
    }
}

/* ---- the calls
 * --------------------------------------------------------------------------------- */

static bool read_call(struct listing *l, const struct call *c)
{
    const struct glossary *g = &program_of(l->vm)->glossary;
    if (!c->args[0] || c->args[0] == VALUE_NONE)
        return true;
    const char *s = "";
    size_t len = 0;
    if (!call_str(l->vm, c, 0, &s, &len))
        return false;
    l->call = value_cstr(l->vm, c->args[0]);
    if (glossary_has(g, l->call))
        return true;
    vm_fail_at(l->vm, vm_param_span(l->vm, "call", 0), 509,
               "there is no system call named \"%s\"", l->call);
    vm_suggest(l->vm, l->call, g->names, g->nnames);
    return false;
}

static bool read_machine(struct listing *l, const struct call *c)
{
    l->on_at = vm_param_span(l->vm, "machine", 1);
    l->on = c->args[1] ? c->args[1] : VALUE_NONE;
    const struct handle *h = handle_of(l->on);
    if (l->on == VALUE_NONE || value_is_str(l->on) ||
        (h && is_machine(&program_of(l->vm)->graph, h->op)))
        return true;
    vm_fail_at(l->vm, l->on_at, 301,
               "ops(machine=) takes a machine or its address, not %s",
               value_type_phrase(l->vm, l->on));
    return false;
}

static value do_ops(struct vm *vm, const struct call *c)
{
    struct listing l = {.vm = vm, .list = value_list_new(vm, NULL, 0)};
    if (!read_call(&l, c) || !read_machine(&l, c))
        return VALUE_ERROR;
    return program_survey(program_of(vm), list_ops, &l) ? l.list : vm_fail_again(vm);
}

static int by_place(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->to > y->to) - (x->to < y->to);
}

static void list_edges(struct program *p, void *ctx)
{
    struct listing *l = ctx;
    struct graph *g = &p->graph;
    l->g = g;
    if (g->nedges)
        qsort(g->edges, g->nedges, sizeof *g->edges, by_place);
    for (size_t i = 0; i < g->nedges; i++) {
        value pair[2] = {address(l, g->edges[i].from), address(l, g->edges[i].to)};
        value_list_push(l->vm, l->list, value_tuple_new(l->vm, pair, 2));
    }
}

static value do_edges(struct vm *vm, const struct call *c)
{
    (void)c;
    struct listing l = {.vm = vm, .list = value_list_new(vm, NULL, 0)};
    return program_survey(program_of(vm), list_edges, &l) ? l.list : vm_fail_again(vm);
}

const struct native oplist_ops = {"ops", do_ops, "call? machine?", NULL};
const struct native oplist_edges = {"edges", do_edges, "", NULL};
