/* Walks over all ops of a plan and finds out what flows between tool runs, and inside
 * them. */
#include "emitters/flow.h"

#include <stdlib.h>
#include <string.h>

#include "emitters/render.h"

void flow_begin(struct flow *f, struct emission *e, enum backend backend)
{
    *f = (struct flow){.e = e, .backend = backend};
    f->machines = arena_array(&e->arena, const char *, e->graph->n);
    f->ops = arena_array(&e->arena, struct flow_op, e->graph->n);
    f->shapes = shapes_new(e);
    names_init(&f->names);
}

void flow_end(struct flow *f)
{
    free(f->outside.v);
    map64_free(&f->outside_of);
    names_free(&f->names);
    buf_free(&f->scratch);
}

bool flow_wanted(const struct emission *e, enum backend backend)
{
    for (uint32_t i = 1; i <= e->plan->nsegments; i++)
        if (e->plan->segments[i].backend == backend)
            return true;
    return false;
}

bool flow_carries(const struct flow *f, uint32_t segment)
{
    return segment && f->e->plan->segments[segment].backend == f->backend;
}

bool flow_inside(const struct flow *f, op_id op)
{
    return f->e->graph->ops[op].segment == f->segment;
}

const struct shape *flow_shape(const struct flow *f, op_id op)
{
    return shape_of_op(f->e, f->shapes, op);
}

/* The index of a value from outside in f->outside + 1, or 0; *key is where it belongs. */
static uint32_t outside_find(const struct flow *f, val_id v, uint64_t *key)
{
    *key = val_hash(f->e->values, v);
    for (uint32_t at; (at = map64_get(&f->outside_of, *key)); ++*key)
        if (val_equal(f->e->values, f->outside.v[at - 1].value, v))
            return at;
    return 0;
}

const char *flow_outside_name(const struct flow *f, val_id v)
{
    uint64_t key;
    uint32_t at = outside_find(f, v, &key);
    if (!at)
        die("a value from outside a tool run has no name");
    return f->outside.v[at - 1].name;
}

/* Gives a value from outside the run a variable, and notes that the run needs it. */
static void outside_need(struct flow *f, val_id v, op_id op, str_id field,
                         val_id argument)
{
    uint64_t key;
    uint32_t at = outside_find(f, v, &key);
    if (!at) {
        struct emission *e = f->e;
        buf_clear(&f->scratch);
        buf_str(&f->scratch, emission_text(e, e->graph->ops[op].address));
        buf_char(&f->scratch, '_');
        buf_str(&f->scratch, emission_text(e, field));
        if (argument) {
            buf_char(&f->scratch, '_');
            render_display(e, op, argument, &f->scratch);
        }
        const char *name =
            names_make(&f->names, NULL, f->scratch.p, f->scratch.len, &e->arena);
        *vec_push(&f->outside) = (struct flow_outside){v, name};
        at = (uint32_t)f->outside.n;
        *map64_put(&f->outside_of, key) = at;
    }
    const char *name = f->outside.v[at - 1].name;
    for (size_t i = 0; i < f->out->vars.n; i++)
        if (f->out->vars.v[i].name == name)
            return;
    *vec_push(&f->out->vars) = (struct emission_var){name, v};
}

static void secret_need(struct flow *f, str_id path)
{
    for (size_t i = 0; i < f->out->secrets.n; i++)
        if (f->out->secrets.v[i] == path)
            return;
    *vec_push(&f->out->secrets) = path;
}

static void each_use(struct flow *f, val_id v, bool trigger, flow_use_fn *use, void *ctx)
{
    struct values *values = f->e->values;
    struct ir_value value = *val_get(values, v);
    switch (value.kind) {
    case IR_REF: use(ctx, value.as.ref.op, value.as.ref.field, v, 0); break;
    case IR_GET: {
        struct ir_value ref = *val_get(values, val_items(values, v)[0]);
        use(ctx, ref.as.ref.op, ref.as.ref.field, v, val_items(values, v)[1]);
        break;
    }
    case IR_HANDLE: {
        if (!trigger)
            break;
        str_id field = intern_cstr(f->e->strings, "changed");
        use(ctx, value.as.n, field, val_ref(values, value.as.n, field), 0);
        break;
    }
    case IR_SECRET: use(ctx, 0, value.as.n, v, 0); break;
    case IR_LIST:
    case IR_TEXT:
    case IR_COND:
    case IR_DICT:
        for (uint32_t i = 0; i < value.count * (value.kind == IR_DICT ? 2 : 1); i++)
            each_use(f, val_items(values, v)[i], trigger, use, ctx);
        break;
    default: break;
    }
}

void flow_each_use(struct flow *f, op_id op, flow_use_fn *use, void *ctx)
{
    const struct call_info *call = graph_call(f->e->graph, op);
    for (uint32_t i = 0; i < call->nargs; i++) {
        uint8_t kind = call->args[i].type.kind;
        each_use(f, graph_args(f->e->graph, op)[i],
                 kind == TYPE_TRIGGERS || kind == TYPE_CONDITION, use, ctx);
    }
    val_id when = f->e->graph->ops[op].when;
    if (when)
        each_use(f, when, true, use, ctx);
}

struct scan {
    struct flow *f;
    op_id op;
};

static void scan_use(void *ctx, op_id used, str_id field, val_id v, val_id argument)
{
    const struct scan *s = ctx;
    struct flow *f = s->f;
    if (!used) {
        if (f->segment)
            secret_need(f, field);
        return;
    }
    if (f->ops[used].conditional && strcmp(emission_text(f->e, field), "changed"))
        f->ops[s->op].conditional = true;
    if (!f->segment)
        return;
    if (flow_inside(f, used))
        f->ops[used].read = true;
    else
        outside_need(f, v, used, field, argument);
}

static void scan_op(struct flow *f, op_id op)
{
    struct emission *e = f->e;
    const struct op *o = &e->graph->ops[op];
    f->ops[op].conditional = o->when != 0;
    f->segment = flow_carries(f, o->segment) ? o->segment : 0;
    f->out = &e->segments[f->segment];
    flow_each_use(f, op, scan_use, &(struct scan){f, op});
    if (o->flags & OP_CONTINUE)
        f->ops[op].read = true;
    if (f->segment && o->subject && !f->machines[o->subject]) {
        str_id address = e->graph->ops[o->subject].address;
        f->machines[o->subject] = names_make(&f->names, NULL, emission_text(e, address),
                                             intern_len(e->strings, address), &e->arena);
    }
}

void flow_scan(struct flow *f)
{
    const struct plan *plan = f->e->plan;
    for (uint32_t i = 0; i < plan->norder; i++)
        scan_op(f, plan->order[i]);
}

/* The variable an op is bound to, else what it does to what: service_nginx_service. */
static const char *register_name(struct flow *f, op_id op)
{
    struct emission *e = f->e;
    const struct op *node = &e->graph->ops[op];
    str_id text =
        node->binding && !(node->flags & OP_NAMED) ? node->binding : node->address;
    const char *s = emission_text(e, text);
    size_t len = intern_len(e->strings, text);
    if (text == node->address && node->subject) {
        size_t prefix = intern_len(e->strings, e->graph->ops[node->subject].address) + 1;
        if (len > prefix) {
            s += prefix;
            len -= prefix;
        }
    }
    return names_make(&f->registers, &f->names, s, len, &e->arena);
}

void flow_enter(struct flow *f, uint32_t segment)
{
    const struct plan_segment *s = &f->e->plan->segments[segment];
    f->segment = segment;
    f->out = &f->e->segments[segment];
    names_init(&f->registers);
    f->registers.prefixes = f->names.prefixes;
    for (uint32_t i = 0; i < s->nops; i++) {
        op_id op = s->ops[i];
        struct flow_op *o = &f->ops[op];
        if (!o->read && !flow_shape(f, op)->registers)
            continue;
        o->result = register_name(f, op);
        if (o->read)
            *vec_push(&f->out->registers) = (struct emission_register){op, o->result};
    }
}

void flow_leave(struct flow *f)
{
    names_free(&f->registers);
}

void flow_register(const struct flow *f, op_id op, uint32_t step, struct buf *out)
{
    const struct shape *shape = flow_shape(f, op);
    buf_str(out, f->ops[op].result);
    /* Two underscores never stand in the names that names_make() makes. */
    if (step == shape->primary)
        return;
    val_id name = shape->v[step].register_;
    if (name && val_get(f->e->values, name)->kind == IR_STR)
        buf_printf(out, "__%s", emission_text(f->e, val_get(f->e->values, name)->as.n));
    else
        buf_printf(out, "__step_%u", step + 1);
}

enum type_kind flow_field_kind(const struct flow *f, op_id op, str_id field)
{
    const struct calls *calls = f->e->graph->calls;
    uint32_t result = graph_call(f->e->graph, op)->result;
    if (result >= calls->ntypes)
        return TYPE_ANY;
    const struct handle_type *type = &calls->types[result];
    for (uint32_t i = 0; i < type->nfields; i++)
        if (type->fields[i].name == field)
            return (enum type_kind)type->fields[i].type.kind;
    return TYPE_ANY;
}

bool flow_is_text(const struct flow *f, val_id v)
{
    struct ir_value value = *val_get(f->e->values, v);
    if (value.kind == IR_SECRET)
        return true;
    if (value.kind == IR_GET)
        value = *val_get(f->e->values, val_items(f->e->values, v)[0]);
    return value.kind == IR_REF &&
           type_is_text(flow_field_kind(f, value.as.ref.op, value.as.ref.field));
}

struct flow_doubt flow_doubt(const struct flow *f, op_id used, str_id field)
{
    bool result = strcmp(emission_text(f->e, field), "changed");
    return (struct flow_doubt){
        .fails = f->e->graph->ops[used].flags & OP_CONTINUE,
        .skips = f->ops[used].conditional && result,
        .rests = graph_may_rest(f->e->graph, used) && result,
    };
}

void flow_secrets_example(const struct flow *f, struct json *j)
{
    const struct emission *e = f->e;
    struct map64 seen = {0};
    json_put_name(j, "secrets");
    json_put_object(j);
    for (uint32_t i = 1; i <= e->plan->nsegments; i++) {
        for (size_t k = 0; flow_carries(f, i) && k < e->segments[i].secrets.n; k++) {
            str_id path = e->segments[i].secrets.v[k];
            if ((*map64_put(&seen, path))++)
                continue;
            json_put_key(j, emission_text(e, path), intern_len(e->strings, path));
            json_put_cstr(j, "");
        }
    }
    json_put_object_end(j);
    map64_free(&seen);
}

void flow_outside_example(const struct flow *f, struct json *j)
{
    struct buf text = {0};
    for (size_t i = 0; i < f->outside.n; i++) {
        json_put_name(j, f->outside.v[i].name);
        buf_clear(&text);
        render_display(f->e, 0, f->outside.v[i].value, &text);
        json_put_text(j, buf_text(&text), text.len);
    }
    buf_free(&text);
}
