/* A rule sees an op's arguments through its shape: booleans, choices, absences, list
 * lengths and arguments marked inspect are concrete, everything else is a hole. Ops of
 * equal shape share the template, so a million ops cost a few hundred evaluations. */
#include "compiler/lower.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/handle.h"
#include "compiler/member.h"
#include "compiler/native.h"
#include "compiler/referred.h"
#include "ir/boot.h"

struct shape {
    uint32_t template;
    uint32_t next; /* shape with the same hash, or 0 */
    uint32_t nwords;
    const uint64_t *words;
};

struct lowering {
    struct program *p;
    struct vm *vm;
    struct plan *plan;
    struct map64 by_hash; /* hash → index into shapes */
    struct {
        struct shape *v;
        size_t n, cap;
    } shapes;
    struct {
        struct plan_template *v;
        size_t n, cap;
    } templates;
    struct {
        uint64_t *v;
        size_t n, cap;
    } words;        /* of the op at hand */
    uint8_t *tools; /* by machine: bit set over enum backend */
};

/* ---- the tools of a machine
 * -------------------------------------------------------- */

/* What carries the ops of each machine: decides what the machine is made of. */
static void find_tools(struct lowering *l)
{
    const struct graph *g = &l->p->graph;
    l->tools = xcalloc(g->n, sizeof *l->tools);
    for (op_id id = 1; id < g->n; id++)
        if (!(g->ops[id].flags & OP_DEAD) && !graph_call(g, id)->provider)
            l->tools[g->ops[id].subject] |= (uint8_t)(1u << g->ops[id].backend);
}

/* Those of the op's machine, be it the op itself. */
static uint8_t tools_of(const struct lowering *l, op_id id)
{
    op_id machine = l->p->graph.ops[id].subject;
    return l->tools[machine ? machine : id];
}

static value tools_list(struct lowering *l, op_id id)
{
    static const enum backend by_name[] = {BACKEND_ANSIBLE, BACKEND_API, BACKEND_CHEF};
    value list = value_list_new(l->vm, NULL, 0);
    for (size_t i = 0; i < sizeof by_name / sizeof *by_name; i++)
        if (tools_of(l, id) & 1u << by_name[i])
            value_list_push(l->vm, list, value_cstring(l->vm, backend_name(by_name[i])));
    return list;
}

/* ---- the shape of an op
 * ----------------------------------------------------------------- */

static void add_word(struct lowering *l, uint64_t word)
{
    *vec_push(&l->words) = word;
}

static void add_member(void *ctx, uint32_t member, uint32_t item)
{
    add_word(ctx, (uint64_t)member << 32 | item);
}

static uint64_t shape_of(struct lowering *l, op_id id)
{
    const struct graph *g = &l->p->graph;
    const struct op *op = &g->ops[id];
    const struct call_info *info = &g->calls->v[op->call];
    const struct values *t = &g->values;
    l->words.n = 0;
    add_word(l, (uint64_t)op->call << 16 | (uint64_t)tools_of(l, id) << 8 | op->backend);
    for (uint32_t i = 0; i < info->nargs; i++) {
        val_id arg = g->args[op->args + i];
        const struct ir_value *v = val_get(t, arg);
        if (arg_is_seen(t, &info->args[i], arg))
            add_word(l, val_hash(t, arg));
        else
            add_word(l, (uint64_t)v->kind << 32 |
                            (v->kind == IR_LIST || v->kind == IR_DICT ? v->count : 0));
    }
    member_each(g, id, add_member, l);
    return hash_bytes(l->words.v, l->words.n * sizeof *l->words.v);
}

static const struct shape *find_shape(struct lowering *l, uint64_t hash)
{
    uint32_t at = map64_get(&l->by_hash, hash);
    for (uint32_t i = at ? at - 1 : 0; i; i = l->shapes.v[i].next) {
        const struct shape *s = &l->shapes.v[i];
        if (s->nwords == l->words.n &&
            !memcmp(s->words, l->words.v, l->words.n * sizeof *l->words.v))
            return s;
    }
    return NULL;
}

static void keep_shape(struct lowering *l, uint64_t hash, uint32_t template)
{
    uint64_t *words = arena_array(&l->p->arena, uint64_t, l->words.n);
    memcpy(words, l->words.v, l->words.n * sizeof *words);
    uint32_t index = (uint32_t)l->shapes.n;
    struct shape *s = vec_push(&l->shapes);
    uint32_t *slot = map64_put(&l->by_hash, hash);
    *s = (struct shape){template, *slot ? *slot - 1 : 0, (uint32_t)l->words.n, words};
    *slot = index + 1;
}

/* ---- what a rule sees
 * --------------------------------------------------------------------- */

struct subject { /* the object `a` of a rule */
    struct object o;
    struct lowering *l;
    op_id op;
    str_id last; /* argument that the rule looked at last, or 0 */
};

static const struct object_type hole_type;

struct hole { /* a dict argument that is not looked into: true if not empty */
    struct object o;
    val_id ir;
    bool truth;
};

static val_id hole_to_ir(struct vm *vm, value self)
{
    (void)vm;
    return ((struct hole *)value_object(self))->ir;
}

static bool hole_truth(struct vm *vm, value self)
{
    (void)vm;
    return ((struct hole *)value_object(self))->truth;
}

static const struct object_type hole_type = {
    .name = "argument",
    .truth = hole_truth,
    .no_text = "pass it on as it is",
    .to_ir = hole_to_ir,
};

/* A value that joins the shape; the ops in it too. */
static value seen_value(struct lowering *l, val_id id)
{
    const struct values *t = &l->p->graph.values;
    const struct ir_value v = *val_get(t, id);
    if (v.kind == IR_HANDLE)
        return referred_op(l->vm, v.as.n);
    if (v.kind != IR_LIST)
        return value_of_ir(l->vm, id, vm_span(l->vm));
    value list = value_list_new(l->vm, NULL, 0);
    for (uint32_t i = 0; i < v.count; i++)
        value_list_push(l->vm, list, seen_value(l, val_items(t, id)[i]));
    return list;
}

static value list_holes(struct lowering *l, uint32_t arg, const struct arg_info *info,
                        val_id id)
{
    const struct values *t = &l->p->graph.values;
    value list = value_list_new(l->vm, NULL, 0);
    struct type item = {.kind = info->type.item};
    if (info->type.kind == TYPE_TRIGGERS)
        item.kind = TYPE_CONDITION;
    else if (info->type.kind == TYPE_PACKAGES)
        item.kind = TYPE_STR;
    uint32_t n = val_get(t, id)->count;
    for (uint32_t i = 0; i < n; i++) {
        const struct ir_value *v = val_get(t, val_items(t, id)[i]);
        value one;
        if (info->type.kind == TYPE_PACKAGES && v->kind == IR_DICT)
            one = package_of_ir(l->vm, val_items(t, id)[i]);
        else if (item.kind == TYPE_HANDLE)
            one = referred_hole(l->vm, val_hole(l->vm->values, arg, i + 1),
                                info->type.handle);
        else
            one = native_hole(l->vm, val_hole(l->vm->values, arg, i + 1), item);
        value_list_push(l->vm, list, one);
    }
    return list;
}

static value argument_value(struct lowering *l, uint32_t arg, op_id id)
{
    const struct graph *g = &l->p->graph;
    const struct arg_info *info = &graph_call(g, id)->args[arg];
    val_id v = g->args[g->ops[id].args + arg];
    /* A copy: the table moves when holes are added to it. */
    const struct ir_value x = *val_get(&g->values, v);
    if (x.kind == IR_ABSENT || x.kind == IR_NONE)
        return VALUE_NONE;
    if (info->type.kind == TYPE_PACKAGE && x.kind == IR_DICT)
        return package_of_ir(l->vm, v);
    if (x.kind == IR_LIST && (!info->inspect || info->type.kind == TYPE_PACKAGES))
        return list_holes(l, arg, info, v);
    if (arg_is_seen(&g->values, info, v))
        return seen_value(l, v);
    val_id hole = val_hole(l->vm->values, arg, 0);
    if (info->type.kind == TYPE_HANDLE && info->type.handle)
        return referred_hole(l->vm, hole, info->type.handle);
    if (x.kind == IR_DICT) {
        struct hole *h = arena_new(l->vm->arena, struct hole);
        h->o.h.kind = VALUE_KIND_OBJECT;
        h->o.type = &hole_type;
        h->ir = hole;
        h->truth = x.count > 0;
        return value_of(h);
    }
    return native_hole(l->vm, hole, info->type);
}

/* Facts of the op itself, filled in when the template is stamped out. */
static const char *const self_facts[] = {
    "address", "key",       "key_name",   "project",    "args_json", "machine",
    "call",    "host_name", "args_short", "machine_id", "boot"};

static value subject_getattr(struct vm *vm, value self, str_id name)
{
    struct subject *s = (struct subject *)value_object(self);
    const struct call_info *info = graph_call(&s->l->p->graph, s->op);
    for (uint32_t i = 0; i < info->nargs; i++)
        if (info->args[i].name == name) {
            s->last = name;
            return argument_value(s->l, i, s->op);
        }
    const char *text = intern_text(vm->strings, name);
    if (!strcmp(text, "backend"))
        return value_cstring(vm, backend_name(s->l->p->graph.ops[s->op].backend));
    if (!strcmp(text, "tools"))
        return tools_list(s->l, s->op);
    if (!strcmp(text, "members"))
        return member_texts(vm, &s->l->p->graph, s->op);
    for (size_t i = 0; i < sizeof self_facts / sizeof *self_facts; i++)
        if (!strcmp(text, self_facts[i]))
            return native_hole(vm, val_name(vm->values, IR_SELF, name),
                               (struct type){.kind = TYPE_STR});
    return VALUE_ERROR;
}

static void subject_attrs(struct vm *vm, value self, void (*each)(void *, str_id),
                          void *ctx)
{
    struct subject *s = (struct subject *)value_object(self);
    const struct call_info *info = graph_call(&s->l->p->graph, s->op);
    for (uint32_t i = 0; i < info->nargs; i++)
        each(ctx, info->args[i].name);
    each(ctx, intern_cstr(vm->strings, "backend"));
    each(ctx, intern_cstr(vm->strings, "tools"));
    each(ctx, intern_cstr(vm->strings, "members"));
    for (size_t i = 0; i < sizeof self_facts / sizeof *self_facts; i++)
        each(ctx, intern_cstr(vm->strings, self_facts[i]));
}

static const struct object_type subject_type = {
    .name = "arguments",
    .getattr = subject_getattr,
    .attrs = subject_attrs,
    .no_text = "use one of its attributes",
};

/* ---- running a rule
 * ----------------------------------------------------------------------- */

/* Calls a rule for this op; VAL_ABSENT after an error, VAL_NONE if the rule gives None.
 */
static val_id run_rule(struct lowering *l, value rule, op_id id)
{
    struct subject *s = arena_new(l->vm->arena, struct subject);
    s->o.h.kind = VALUE_KIND_OBJECT;
    s->o.type = &subject_type;
    s->l = l;
    s->op = id;
    size_t before = l->p->diags.n;
    value a = value_of(s);
    value result = vm_call(l->vm, rule, &a, 1, NULL, 0);
    val_id ir =
        result == VALUE_ERROR ? VAL_ABSENT : value_to_ir(l->vm, result, vm_span(l->vm));
    /* A rule that gives up has mostly just looked at the argument it does not like. */
    for (size_t i = before; !ir && i < l->p->diags.n; i++)
        diag_related(&l->p->diags, l->p->diags.v[i],
                     s->last && l->p->diags.v[i]->code == 321
                         ? graph_place(&l->p->graph, id, s->last)
                         : l->p->graph.ops[id].span,
                     "while lowering %s",
                     intern_text(&l->p->strings, l->p->graph.ops[id].address));
    return ir;
}

static void fail_not_carried(struct lowering *l, op_id id)
{
    const char *call = intern_text(&l->p->strings, graph_call(&l->p->graph, id)->name);
    struct buf all = {0};
    struct diag *g =
        diag_error(&l->p->diags, 751, l->p->graph.ops[id].span,
                   "the driver %s does not carry %s", l->p->config.driver, call);
    unsigned n = glossary_drivers_of(&l->p->glossary, call, &all);
    if (n)
        diag_help(&l->p->diags, g, "use a provider whose driver is %s", buf_text(&all));
    else
        diag_help(&l->p->diags, g, "no driver does; see docs/drivers.md");
    buf_free(&all);
}

/* Whether a driver's rule gave what the runtime knows. */
static bool lists_fit(struct lowering *l, op_id id, val_id lists)
{
    static const char *const known[] = {"lookup", "known", "resolve", "before", "create",
                                        "ready",  "after", "undo",    "delete", "absent",
                                        "needs",  "facts", "result",  "boot"};
    enum { KNOWN = sizeof known / sizeof *known };
    const struct values *t = &l->p->graph.values;
    const char *call = intern_text(&l->p->strings, graph_call(&l->p->graph, id)->name);
    struct span at = l->p->graph.ops[id].span;
    if (val_get(t, lists)->kind != IR_DICT) {
        diag_error(&l->p->diags, 752, at, "the driver's rule of %s gives no dict", call);
        return false;
    }
    for (uint32_t i = 0; i < val_count(t, lists); i++) {
        const struct ir_value *key = val_get(t, val_items(t, lists)[2 * i]);
        const char *name = intern_text(&l->p->strings, key->as.n);
        size_t k = 0;
        while (k < KNOWN && strcmp(known[k], name) != 0)
            k++;
        if (k < KNOWN)
            continue;
        struct diag *g = diag_error(&l->p->diags, 752, at,
                                    "the driver's rule of %s gives \"%s\", which means "
                                    "nothing",
                                    call, name);
        const char *near = text_nearest(name, known, KNOWN);
        if (near)
            diag_help(&l->p->diags, g, "did you mean \"%s\"?", near);
        return false;
    }
    return true;
}

/* The driver's sequences for a provider call. */
static val_id lower_provider(struct lowering *l, op_id id)
{
    value driver = glossary_driver(&l->p->glossary);
    if (driver == VALUE_ERROR)
        return VAL_ABSENT;
    const struct call_info *info = graph_call(&l->p->graph, id);
    value calls = value_dict_get_cstr(l->vm, driver, "calls");
    value rule = calls == VALUE_ERROR
                     ? VALUE_ERROR
                     : value_dict_get(l->vm, calls, value_interned(l->vm, info->name));
    if (rule == VALUE_ERROR) {
        fail_not_carried(l, id);
        return VAL_ABSENT;
    }
    val_id lists = run_rule(l, rule, id);
    return lists && lists_fit(l, id, lists) ? lists : VAL_ABSENT;
}

/* A tool's own steps mean nothing to another one. */
static bool steps_fit(struct lowering *l, op_id id, val_id steps)
{
    static const struct {
        enum ir_native kind;
        const char *name;
    } own[BACKEND_COUNT] = {
        [BACKEND_API] = {IR_NATIVE_STEP, "step()"},
        [BACKEND_ANSIBLE] = {IR_NATIVE_TASK, "task() or step()"},
        [BACKEND_CHEF] = {IR_NATIVE_RESOURCE, "resource() or step()"},
    };
    const struct values *t = &l->p->graph.values;
    const struct op *op = &l->p->graph.ops[id];
    for (uint32_t i = 0;
         val_get(t, steps)->kind == IR_LIST && i < val_get(t, steps)->count; i++) {
        const struct ir_value *v = val_get(t, val_items(t, steps)[i]);
        if (v->kind == IR_NATIVE &&
            (v->sub == IR_NATIVE_STEP || v->sub == own[op->backend].kind))
            continue;
        const struct call_info *info = graph_call(&l->p->graph, id);
        struct diag *g = diag_error(&l->p->diags, 752, op->span,
                                    "the rule of %s for %s gives something else than %s",
                                    intern_text(&l->p->strings, info->name),
                                    backend_name(op->backend), own[op->backend].name);
        diag_related(&l->p->diags, g, info->span, "its record");
        return false;
    }
    return true;
}

/* Steps can be one task, modules cannot: if that is wanted, the rule of api comes first.
 * What makes a machine able to carry steps out stays what it is. */
static val_id run_rules(struct lowering *l, const struct call_rules *rules, op_id id)
{
    enum backend backend = l->p->graph.ops[id].backend;
    value shared = rules->lower[BACKEND_API], own = rules->lower[backend];
    if (l->plan->fuse && backend == BACKEND_ANSIBLE && shared != VALUE_ERROR &&
        shared != own && !graph_call(&l->p->graph, id)->ensures) {
        val_id steps = run_rule(l, shared, id);
        if (!steps || !plan_steps_ask_for_file(&l->p->graph.values, steps))
            return steps;
    }
    val_id steps = run_rule(l, own, id); /* verify saw it */
    /* A rule that answers None leaves the shape to the steps all backends share. */
    if (steps == VAL_NONE && shared != VALUE_ERROR)
        steps = run_rule(l, shared, id);
    return steps;
}

static uint32_t make_template(struct lowering *l, op_id id)
{
    const struct op *op = &l->p->graph.ops[id];
    const struct call_rules *rules = glossary_rules(&l->p->glossary, op->call);
    struct plan_template t = {
        .call = op->call,
        .backend = op->backend,
        .title = graph_is_absence(&l->p->graph, id) ? rules->title_absent : rules->title,
    };
    if (rules->provider) {
        t.steps = lower_provider(l, id);
    } else if (rules->builtin) {
        t.steps = VAL_NONE;
    } else {
        t.steps = run_rules(l, rules, id);
        if (t.steps && !steps_fit(l, id, t.steps))
            return 0;
        if (t.steps && rules->probe != VALUE_NONE && rules->probe != VALUE_ERROR) {
            t.probe = run_rule(l, rules->probe, id);
            if (!t.probe)
                return 0;
        }
    }
    if (!t.steps)
        return 0;
    *vec_push(&l->templates) = t;
    return (uint32_t)l->templates.n - 1;
}

static bool lower_op(struct lowering *l, op_id id)
{
    uint64_t hash = shape_of(l, id);
    const struct shape *s = find_shape(l, hash);
    uint32_t template = s ? s->template : make_template(l, id);
    if (!s) /* a shape that failed is kept too: its error is reported once */
        keep_shape(l, hash, template);
    l->plan->template_of[id] = template;
    return template != 0;
}

/* ---- segments
 * ------------------------------------------------------------------------------ */

/* The op's part of its tool run: index + 1, numbered as they are met; 0 is new. */
static uint32_t *part_of(struct map64 *parts, const struct op *op)
{
    return map64_put(parts, (uint64_t)op->segment << 32 | op->subject);
}

static void count_segments(struct plan *plan, struct map64 *parts)
{
    const struct graph *g = plan->graph;
    for (uint32_t i = 0; i < plan->norder; i++) {
        const struct op *op = &g->ops[plan->order[i]];
        struct plan_segment *s = &plan->segments[op->segment];
        if (!op->segment)
            continue;
        uint32_t *part = part_of(parts, op);
        if (!*part)
            *part = ++s->nparts;
        s->nops += *part == 1;
        s->backend = op->backend;
    }
}

static void collect_segments(struct lowering *l)
{
    struct plan *plan = l->plan;
    struct graph *g = plan->graph;
    struct arena *a = &l->p->arena;
    struct map64 parts = {0};
    uint32_t *filled = xcalloc(g->n, sizeof *filled); /* per op of a part: the first's */
    plan->nsegments = g->nsegments;
    plan->segments = arena_array(a, struct plan_segment, plan->nsegments + 1);
    count_segments(plan, &parts);
    for (uint32_t i = 1; i <= plan->nsegments; i++) {
        struct plan_segment *s = &plan->segments[i];
        s->parts = arena_array(a, struct plan_part, s->nparts);
        for (uint32_t k = 0; k < s->nparts; k++)
            s->parts[k].ops = arena_array(a, op_id, s->nops);
    }
    for (uint32_t i = 0; i < plan->norder; i++) {
        const struct op *op = &g->ops[plan->order[i]];
        if (!op->segment)
            continue;
        struct plan_segment *s = &plan->segments[op->segment];
        struct plan_part *part = &s->parts[*part_of(&parts, op) - 1];
        uint32_t *n = &filled[part->machine ? part->ops[0] : plan->order[i]];
        part->machine = op->subject;
        plan->place[plan->order[i]] = *n;
        part->ops[(*n)++] = plan->order[i];
    }
    map64_free(&parts);
    free(filled);
}

static val_id yaml_ir(struct values *t, const struct yaml_node *n)
{
    struct intern *strings = t->strings;
    val_id *ids = xcalloc(2 * n->n + 1, sizeof *ids), out;
    switch (n->kind) {
    case YAML_BOOL: out = val_bool(n->i); break;
    case YAML_INT: out = val_int(t, n->i); break;
    case YAML_FLOAT: out = val_float(t, n->f); break;
    case YAML_STR: out = val_str(t, intern(strings, n->text, n->len)); break;
    case YAML_LIST:
        for (size_t i = 0; i < n->n; i++)
            ids[i] = yaml_ir(t, n->items[i]);
        out = val_seq(t, IR_LIST, 0, ids, n->n);
        break;
    case YAML_MAP:
        for (size_t i = 0; i < n->n; i++) {
            ids[2 * i] = val_str(t, intern_cstr(strings, n->pairs[i].key));
            ids[2 * i + 1] = yaml_ir(t, n->pairs[i].value);
        }
        out = val_seq(t, IR_DICT, 0, ids, n->n);
        break;
    default: out = VAL_NONE;
    }
    free(ids);
    return out;
}

/* What the user's file says of limits stands in the place of what the driver says. */
static void set_limits(struct lowering *l, value data)
{
    const struct yaml_node *own = yaml_get(l->p->config.provider, "limits");
    value given = value_dict_get_cstr(l->vm, data, "limits");
    value limits = value_dict_new(l->vm, 4);
    if (!own)
        return;
    static const char *const names[] = {"parallel", "rate", "burst"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct yaml_node *n = yaml_get(own, names[i]);
        value v = n                      ? param_value(l->vm, n)
                  : given != VALUE_ERROR ? value_dict_get_cstr(l->vm, given, names[i])
                                         : VALUE_ERROR;
        if (v != VALUE_ERROR)
            value_dict_set(l->vm, limits, value_cstring(l->vm, names[i]), v);
    }
    value_dict_set(l->vm, data, value_cstring(l->vm, "limits"), limits);
}

/* The driver's record without its functions: transport, service, error rules. */
static val_id driver_ir(struct lowering *l)
{
    value driver = l->p->glossary.driver;
    if (driver == VALUE_ERROR)
        return VAL_ABSENT;
    value data = value_dict_new(l->vm, 8);
    static const char *const keys[] = {"name",    "transport", "service", "credentials",
                                       "session", "services",  "limits",  "quotas",
                                       "errors",  "words"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        value v = value_dict_get_cstr(l->vm, driver, keys[i]);
        if (v != VALUE_ERROR)
            value_dict_set(l->vm, data, value_cstring(l->vm, keys[i]), v);
    }
    set_limits(l, data);
    return value_to_ir(l->vm, data, vm_span(l->vm));
}

bool lower(struct program *p, struct plan *plan)
{
    struct graph *g = &p->graph;
    *plan = (struct plan){.graph = g,
                          .together = p->passes.level >= PASS_LEVEL,
                          .fuse = p->passes.level >= PASS_LEVEL_FUSE,
                          .explained = p->passes.explained};
    struct lowering l = {.p = p, .vm = eval_vm(p->eval), .plan = plan};
    plan->order = arena_array(&p->arena, op_id, g->n);
    plan->template_of = arena_array(&p->arena, uint32_t, g->n);
    plan->place = arena_array(&p->arena, uint32_t, g->n);
    size_t count = 0;
    bool good = graph_toposort(g, plan->order, &count);
    if (!good)
        die("the graph has a cycle after verification");
    plan->norder = (uint32_t)count;
    memset(vec_push(&l.shapes), 0, sizeof *l.shapes.v);
    memset(vec_push(&l.templates), 0, sizeof *l.templates.v);
    find_tools(&l);
    plan->first_value = (val_id)g->values.n;
    for (op_id id = 1; id < g->n && !diags_full(&p->diags); id++)
        if (!(g->ops[id].flags & OP_DEAD) || g->ops[id].members)
            good &= lower_op(&l, id);
    plan->end_value = (val_id)g->values.n;
    if (good) {
        collect_segments(&l);
        plan->driver = driver_ir(&l);
        plan->provider = yaml_ir(&g->values, p->config.provider);
        plan->secrets = yaml_get(p->config.dvo, "secrets")
                            ? yaml_ir(&g->values, yaml_get(p->config.dvo, "secrets"))
                            : VAL_ABSENT;
        plan->chef = yaml_get(p->config.dvo, "chef")
                         ? yaml_ir(&g->values, yaml_get(p->config.dvo, "chef"))
                         : VAL_ABSENT;
        plan->state = arena_printf(&p->arena, "%s.db", g->project);
    }
    plan->templates = arena_array(&p->arena, struct plan_template, l.templates.n);
    memcpy(plan->templates, l.templates.v, l.templates.n * sizeof *l.templates.v);
    plan->ntemplates = (uint32_t)l.templates.n;
    good = good && boot_verify(plan, &p->diags);
    free(l.templates.v);
    free(l.shapes.v);
    free(l.words.v);
    map64_free(&l.by_hash);
    free(l.tools);
    return good;
}
