/* Names in playbooks: hosts, variables and registers made of addresses, each unique, and
 * the walk over all ops that finds out which of them are needed. */
#include <stdlib.h>
#include <string.h>

#include "emitters/ansible_parts.h"

enum { NAME_LONGEST = 48 };

/* Names that mean something to Ansible, Jinja or Python already. */
static const char ansible_reserved[] =
    "all and as assert async await become block break by call caller "
    "changed_before class collections connection context continue cycler "
    "debugger def del delay delegate_to dict diff do elif else endfor endif "
    "environment except false filter finally for from gather_facts global "
    "group_names groups handlers hosts hostvars if ignore_errors import in "
    "include inventory_hostname is item joiner lambda lipsum localhost lookup "
    "loop machines macro module name namespace no_log none nonlocal not notify "
    "now null omit or order pass play_hosts playbook_dir poll port q query "
    "raise range recursive register remote_user retries return role_name roles "
    "run_once secrets self serial set strategy super tags tasks throttle "
    "timeout true try undef ungrouped until vars when while with yield";

void ansible_names_init(struct ansible_names *n)
{
    *n = (struct ansible_names){0};
    intern_init(&n->taken, &n->arena);
}

void ansible_names_reserve(struct ansible_names *n)
{
    for (const char *p = ansible_reserved; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        intern(&n->taken, p, len);
        p += len;
    }
}

void ansible_names_free(struct ansible_names *n)
{
    intern_free(&n->taken);
    arena_free(&n->arena);
}

/* Whether a name was given out, without giving it out. */
static bool names_has(const struct ansible_names *n, const char *name, size_t len)
{
    uint32_t hash = hash_bytes(name, len);
    for (uint32_t at = hash & n->taken.mask; n->taken.slots[at];
         at = (at + 1) & n->taken.mask) {
        const struct intern_entry *entry = &n->taken.v[n->taken.slots[at] - 1];
        if (entry->hash == hash && entry->len == len && !memcmp(entry->p, name, len))
            return true;
    }
    return false;
}

const char *ansible_name(struct ansible_names *n, const struct ansible_names *other,
                         const char *text, size_t len, struct arena *arena)
{
    char name[NAME_LONGEST + 16];
    size_t used = 0;
    for (size_t i = 0; i < len && used < NAME_LONGEST; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!fits && (!used || name[used - 1] == '_'))
            continue;
        if (!used && c >= '0' && c <= '9') {
            memcpy(name, "n_", 2);
            used = 2;
        }
        name[used++] = fits ? c : '_';
    }
    while (used && name[used - 1] == '_')
        used--;
    /* Text points at text_1, text_2 ... inside tasks, and ansible_ is taken as a whole.
     */
    if (!used || !strncmp(name, "ansible_", 8) || !strncmp(name, "text_", 5) ||
        !strncmp(name, "text", used)) {
        memmove(name + 2, name, used);
        memcpy(name, "x_", 2);
        used += 2;
        used -= name[used - 1] == '_';
    }
    size_t base = used;
    for (unsigned i = 2;; i++) {
        if (!names_has(n, name, used) && !(other && names_has(other, name, used))) {
            intern(&n->taken, name, used);
            return arena_strndup(arena, name, used);
        }
        used = base + (size_t)snprintf(name + base, sizeof name - base, "_%u", i);
    }
}

bool ansible_inside(const struct ansible *a, op_id op)
{
    return a->e->graph->ops[op].segment == a->segment;
}

/* The index of a value from outside in a->outside + 1, or 0; *key is where it belongs. */
static uint32_t outside_find(const struct ansible *a, val_id v, uint64_t *key)
{
    *key = val_hash(a->e->values, v);
    for (uint32_t at; (at = map64_get(&a->outside_of, *key)); ++*key)
        if (val_equal(a->e->values, a->outside.v[at - 1].value, v))
            return at;
    return 0;
}

const char *ansible_outside_name(struct ansible *a, val_id v)
{
    uint64_t key;
    uint32_t at = outside_find(a, v, &key);
    if (!at)
        die("a value from outside a tool run has no name");
    return a->outside.v[at - 1].name;
}

/* Gives a value from outside the run a variable, and notes that the run needs it. */
static void outside_need(struct ansible *a, val_id v, op_id op, str_id field,
                         val_id argument)
{
    uint64_t key;
    uint32_t at = outside_find(a, v, &key);
    if (!at) {
        struct emission *e = a->e;
        buf_clear(&a->scratch);
        buf_str(&a->scratch, emission_text(e, e->graph->ops[op].address));
        buf_char(&a->scratch, '_');
        buf_str(&a->scratch, emission_text(e, field));
        if (argument) {
            buf_char(&a->scratch, '_');
            render_display(e, op, argument, &a->scratch);
        }
        const char *name =
            ansible_name(&a->names, NULL, a->scratch.p, a->scratch.len, &e->arena);
        *vec_push(&a->outside) = (struct ansible_outside){v, name};
        at = (uint32_t)a->outside.n;
        *map64_put(&a->outside_of, key) = at;
    }
    const char *name = a->outside.v[at - 1].name;
    for (size_t i = 0; i < a->out->vars.n; i++)
        if (a->out->vars.v[i].name == name)
            return;
    *vec_push(&a->out->vars) = (struct emission_var){name, v};
}

static void secret_need(struct ansible *a, str_id path)
{
    for (size_t i = 0; i < a->out->secrets.n; i++)
        if (a->out->secrets.v[i] == path)
            return;
    *vec_push(&a->out->secrets) = path;
}

static void each_use(struct ansible *a, val_id v, bool trigger, ansible_use_fn *use)
{
    struct values *values = a->e->values;
    struct ir_value value = *val_get(values, v);
    switch (value.kind) {
    case IR_REF: use(a, value.as.ref.op, value.as.ref.field, v, 0); break;
    case IR_GET: {
        struct ir_value ref = *val_get(values, val_items(values, v)[0]);
        use(a, ref.as.ref.op, ref.as.ref.field, v, val_items(values, v)[1]);
        break;
    }
    case IR_HANDLE: {
        if (!trigger)
            break;
        str_id field = intern_cstr(a->e->strings, "changed");
        use(a, value.as.n, field, val_ref(values, value.as.n, field), 0);
        break;
    }
    case IR_SECRET: use(a, 0, value.as.n, v, 0); break;
    case IR_LIST:
    case IR_TEXT:
    case IR_COND:
    case IR_DICT:
        for (uint32_t i = 0; i < value.count * (value.kind == IR_DICT ? 2 : 1); i++)
            each_use(a, val_items(values, v)[i], trigger, use);
        break;
    default: break;
    }
}

void ansible_each_use(struct ansible *a, op_id op, ansible_use_fn *use)
{
    const struct call_info *call = graph_call(a->e->graph, op);
    for (uint32_t i = 0; i < call->nargs; i++) {
        uint8_t kind = call->args[i].type.kind;
        each_use(a, graph_args(a->e->graph, op)[i],
                 kind == TYPE_TRIGGERS || kind == TYPE_CONDITION, use);
    }
    val_id when = a->e->graph->ops[op].when;
    if (when)
        each_use(a, when, true, use);
}

static void scan_use(struct ansible *a, op_id used, str_id field, val_id v,
                     val_id argument)
{
    if (!used) {
        if (a->segment)
            secret_need(a, field);
        return;
    }
    if (a->ops[used].conditional && strcmp(emission_text(a->e, field), "changed"))
        a->ops[a->op].conditional = true;
    if (!a->segment)
        return;
    if (ansible_inside(a, used))
        a->ops[used].read = true;
    else
        outside_need(a, v, used, field, argument);
}

static void scan_op(struct ansible *a, op_id op)
{
    struct emission *e = a->e;
    const struct op *o = &e->graph->ops[op];
    a->op = op;
    a->ops[op].conditional = o->when != 0;
    a->segment = o->segment && e->plan->segments[o->segment].backend == BACKEND_ANSIBLE
                     ? o->segment
                     : 0;
    a->out = &e->segments[a->segment];
    ansible_each_use(a, op, scan_use);
    if (o->flags & OP_CONTINUE)
        a->ops[op].read = true;
    if (a->segment && o->subject && !a->alias[o->subject]) {
        str_id address = e->graph->ops[o->subject].address;
        a->alias[o->subject] = ansible_name(&a->names, NULL, emission_text(e, address),
                                            intern_len(e->strings, address), &e->arena);
    }
}

void ansible_scan(struct ansible *a)
{
    const struct plan *plan = a->e->plan;
    for (uint32_t i = 0; i < plan->norder; i++)
        scan_op(a, plan->order[i]);
}

void ansible_name_registers(struct ansible *a)
{
    struct emission *e = a->e;
    const struct plan_segment *segment = &e->plan->segments[a->segment];
    for (uint32_t i = 0; i < segment->nops; i++) {
        op_id op = segment->ops[i];
        struct ansible_op *o = &a->ops[op];
        if (!o->read && !ansible_shape(a, op)->registers)
            continue;
        /* The variable it is bound to, else what it does to what: service_nginx_service.
         */
        const struct op *node = &e->graph->ops[op];
        str_id text =
            node->binding && !(node->flags & OP_NAMED) ? node->binding : node->address;
        const char *s = emission_text(e, text);
        size_t len = intern_len(e->strings, text);
        if (text == node->address && node->subject) {
            size_t prefix =
                intern_len(e->strings, e->graph->ops[node->subject].address) + 1;
            if (len > prefix) {
                s += prefix;
                len -= prefix;
            }
        }
        o->result = ansible_name(&a->registers, &a->names, s, len, &e->arena);
        if (o->read)
            *vec_push(&a->out->registers) = (struct emission_register){op, o->result};
    }
}

void ansible_register(struct ansible *a, op_id op, uint32_t task, struct buf *out)
{
    const struct ansible_shape *shape = ansible_shape(a, op);
    buf_str(out, a->ops[op].result);
    /* Two underscores never stand in the names that ansible_name() makes. */
    if (task == shape->primary)
        return;
    val_id name = shape->v[task].register_;
    if (name && val_get(a->e->values, name)->kind == IR_STR)
        buf_printf(out, "__%s", emission_text(a->e, val_get(a->e->values, name)->as.n));
    else
        buf_printf(out, "__step_%u", task + 1);
}
