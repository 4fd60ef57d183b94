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
    map64_free(&f->groups);
    map64_free(&f->bases);
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

/* What comes behind "web[2]." in the address of an op on that machine. */
static const char *own_part(const struct emission *e, op_id op)
{
    const struct op *o = &e->graph->ops[op];
    return emission_text(e, o->address) +
           (o->subject ? intern_len(e->strings, e->graph->ops[o->subject].address) + 1
                       : 0);
}

/* Whether the op has one identity on all machines of its run. */
static bool one_identity(const struct emission *e, op_id op)
{
    const struct plan_segment *s = &e->plan->segments[e->graph->ops[op].segment];
    uint32_t place = e->plan->place[op];
    for (uint32_t i = 1; i < s->nparts; i++)
        if (strcmp(own_part(e, op), own_part(e, s->parts[i].ops[place])) != 0)
            return false;
    return true;
}

/* Of a machine's own facts the field says it all. Else: what of which call. */
static void name_each(struct flow *f, op_id op, val_id v, str_id field, struct buf *out)
{
    const struct emission *e = f->e;
    const struct ir_value *first = val_get(e->values, val_items(e->values, v)[0]);
    bool own = first->kind == IR_REF && first->as.ref.op == e->graph->ops[op].subject;
    if (!field) {
        buf_str(out, one_identity(e, op)
                         ? own_part(e, op)
                         : emission_text(e, graph_call(e->graph, op)->member));
        buf_char(out, '_');
    }
    if (!own)
        buf_str(out, f->arg ? emission_text(e, f->arg) : "when");
    if (field)
        buf_printf(out, "%s%s", own ? "" : "_", emission_text(e, field));
}

static void name_outside(struct flow *f, op_id used, str_id field, val_id argument,
                         struct buf *out)
{
    struct emission *e = f->e;
    buf_str(out, emission_text(e, e->graph->ops[used].address));
    buf_printf(out, "_%s", emission_text(e, field));
    if (argument) {
        buf_char(out, '_');
        render_display(e, used, argument, out);
    }
}

/* Gives a value from outside the run, or of each machine, a variable, and notes that the
 * run needs it. */
static void outside_need(struct flow *f, op_id op, val_id v, op_id used, str_id field,
                         val_id argument)
{
    uint64_t key;
    if (v == f->noted) /* by what it is on another of many machines */
        return;
    f->noted = v;
    uint32_t at = outside_find(f, v, &key);
    if (!at) {
        buf_clear(&f->scratch);
        if (val_get(f->e->values, v)->kind == IR_EACH)
            name_each(f, op, v, field, &f->scratch);
        else
            name_outside(f, used, field, argument, &f->scratch);
        const char *name = names_make(&f->names, NULL, buf_text(&f->scratch),
                                      f->scratch.len, &f->e->arena);
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

/* Of what differs by machine, all that any of them uses. */
static void each_machine_use(struct flow *f, val_id v, flow_use_fn *use, void *ctx)
{
    const struct values *values = f->e->values;
    for (uint32_t i = 0; i < val_count(values, v); i++) {
        struct ir_value item = *val_get(values, val_items(values, v)[i]);
        val_id argument = 0;
        if (item.kind == IR_GET) {
            argument = val_items(values, val_items(values, v)[i])[1];
            item = *val_get(values, val_items(values, val_items(values, v)[i])[0]);
        }
        if (item.kind == IR_REF)
            use(ctx, item.as.ref.op, item.as.ref.field, v, argument);
        else
            use(ctx, 0, 0, v, 0);
    }
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
    case IR_EACH: each_machine_use(f, v, use, ctx); break;
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
        f->arg = call->args[i].name;
        each_use(f, graph_args(f->e->graph, op)[i],
                 kind == TYPE_TRIGGERS || kind == TYPE_CONDITION, use, ctx);
    }
    val_id when = f->e->graph->ops[op].when;
    f->arg = 0;
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
    if (!used && field && f->segment)
        secret_need(f, field);
    else if (!used && f->segment)
        outside_need(f, s->op, v, 0, 0, 0);
    if (!used)
        return;
    if (f->ops[used].conditional && strcmp(emission_text(f->e, field), "changed"))
        f->ops[s->op].conditional = true;
    if (!f->segment)
        return;
    if (flow_inside(f, used))
        f->ops[used].read = true;
    else
        outside_need(f, s->op, v, used, field, argument);
}

/* Whether the op is written: of several machines of a run, those of the first. */
static bool is_written(const struct flow *f, op_id op)
{
    const struct op *o = &f->e->graph->ops[op];
    return flow_carries(f, o->segment) &&
           f->e->plan->segments[o->segment].parts[0].machine == o->subject;
}

static void scan_op(struct flow *f, op_id op)
{
    struct emission *e = f->e;
    const struct op *o = &e->graph->ops[op];
    f->ops[op].conditional = o->when != 0;
    f->segment = is_written(f, op) ? o->segment : 0;
    f->out = &e->segments[f->segment];
    f->noted = 0;
    flow_each_use(f, op, scan_use, &(struct scan){f, op});
    if (o->flags & OP_CONTINUE)
        f->ops[op].read = true;
    if (flow_carries(f, o->segment) && !f->machines[o->subject]) {
        str_id address = e->graph->ops[o->subject].address;
        f->machines[o->subject] = names_make(&f->names, NULL, emission_text(e, address),
                                             intern_len(e->strings, address), &e->arena);
    }
}

static bool same_machines(const struct plan_segment *a, const struct plan_segment *b)
{
    if (a->nparts != b->nparts)
        return false;
    for (uint32_t i = 0; i < a->nparts; i++)
        if (a->parts[i].machine != b->parts[i].machine)
            return false;
    return true;
}

/* How much of "web[2]" or "web2" is a name. */
static size_t base_length(const char *address)
{
    size_t len = strcspn(address, "[");
    while (len > 0 && address[len - 1] >= '0' && address[len - 1] <= '9')
        len--;
    return len;
}

static const char *address_of(const struct emission *e, op_id machine)
{
    return emission_text(e, e->graph->ops[machine].address);
}

/* What the addresses of the machines have in common: "web" of web[0] and web[1]. */
static size_t common_base(const struct emission *e, const struct plan_segment *s)
{
    const char *first = address_of(e, s->parts[0].machine);
    size_t len = base_length(first);
    for (uint32_t i = 1; i < s->nparts; i++) {
        const char *next = address_of(e, s->parts[i].machine);
        if (base_length(next) != len || strncmp(first, next, len) != 0)
            return 0;
    }
    return len;
}

/* "web" for all that are called so, "web_2_to_5" for some of them. */
static const char *group_name(struct flow *f, const struct plan_segment *s)
{
    struct emission *e = f->e;
    struct buf *text = &f->scratch;
    const char *first = address_of(e, s->parts[0].machine);
    const char *last = address_of(e, s->parts[s->nparts - 1].machine);
    size_t len = common_base(e, s);
    bool whole = map64_get(&f->bases, intern(e->strings, first, len)) == s->nparts;
    buf_clear(text);
    if (!len)
        buf_str(text, "servers");
    else if (whole && intern_has(&f->names.taken, first, len)) /* a word of the tool's */
        buf_str(text, "all_");
    buf_add(text, first, len);
    if (len && !whole)
        buf_printf(text, "%s_to_%s", first + len, last + len);
    return names_make(&f->names, NULL, text->p, text->len, &e->arena);
}

/* Runs of the same machines share the name of a group. */
static void name_hosts(struct flow *f, uint32_t segment)
{
    struct emission *e = f->e;
    const struct plan_segment *s = &e->plan->segments[segment];
    struct emission_segment *out = &e->segments[segment];
    out->names = f->machines;
    if (s->nparts == 1) {
        out->hosts = f->machines[s->parts[0].machine];
        return;
    }
    uint64_t key = s->nparts;
    for (uint32_t i = 0; i < s->nparts; i++)
        key = hash_mix(key, s->parts[i].machine);
    uint32_t *known;
    while (*(known = map64_put(&f->groups, key)) &&
           !same_machines(&e->plan->segments[*known], s))
        key++;
    if (!*known) {
        *known = segment;
        out->hosts = group_name(f, s);
    }
    out->hosts = e->segments[*known].hosts;
}

/* How many machines have a name in common. */
static void count_bases(struct flow *f)
{
    struct emission *e = f->e;
    for (op_id op = 1; op < e->graph->n; op++) {
        if (!f->machines[op])
            continue;
        const char *address = address_of(e, op);
        size_t len = base_length(address);
        if (len)
            ++*map64_put(&f->bases, intern(e->strings, address, len));
    }
}

void flow_scan(struct flow *f)
{
    const struct plan *plan = f->e->plan;
    for (uint32_t i = 0; i < plan->norder; i++)
        scan_op(f, plan->order[i]);
    count_bases(f);
    for (uint32_t i = 1; i <= plan->nsegments; i++)
        if (flow_carries(f, i))
            name_hosts(f, i);
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
        op_id op = s->parts[0].ops[i];
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
    if (value.kind == IR_SECRET || value.kind == IR_STR || value.kind == IR_TEXT)
        return true;
    if (value.kind == IR_EACH)
        return flow_is_text(f, val_items(f->e->values, v)[0]);
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
        if (val_get(f->e->values, f->outside.v[i].value)->kind == IR_EACH)
            continue;
        json_put_name(j, f->outside.v[i].name);
        buf_clear(&text);
        render_display(f->e, 0, f->outside.v[i].value, &text);
        json_put_text(j, buf_text(&text), text.len);
    }
    buf_free(&text);
}
