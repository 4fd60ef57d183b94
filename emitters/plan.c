/* Writes plan.json: the ops in program order with their edges, policy and places in the
 * source, the tool runs with their source maps, and the digests of everything else in the
 * build. */
#include "emitters/plan.h"

#include <stdlib.h>
#include <string.h>

#include "dvo_config.h"
#include "emitters/api.h"
#include "emitters/json.h"
#include "emitters/render.h"
#include "emitters/unify.h"
#include "emitters/value_json.h"
#include "ir/move.h"

struct plan_writer {
    struct emission *e;
    struct json j;
    struct buf text; /* for a while */
    uint32_t *edges; /* per op: index of the first edge that leads to it */
};

static void write_str(struct plan_writer *w, str_id s)
{
    json_put_text(&w->j, emission_text(w->e, s), intern_len(w->e->strings, s));
}

static void write_key(struct plan_writer *w, str_id s)
{
    json_put_key(&w->j, emission_text(w->e, s), intern_len(w->e->strings, s));
}

static void write_name(struct plan_writer *w, const char *name, const char *value)
{
    json_put_name(&w->j, name);
    json_put_cstr(&w->j, value);
}

static void write_flag(struct plan_writer *w, const char *name, bool set)
{
    if (!set)
        return;
    json_put_name(&w->j, name);
    json_put_bool(&w->j, true);
}

static void write_digests(struct plan_writer *w)
{
    const struct graph *g = w->e->graph;
    json_put_name(&w->j, "digests");
    json_put_object(&w->j);
    for (unsigned i = 0; i < g->ndigests; i++)
        write_name(w, g->digests[i].name, g->digests[i].digest);
    json_put_object_end(&w->j);
    json_put_name(&w->j, "artefacts");
    json_put_object(&w->j);
    const struct artefact **sorted = artefacts_sorted(&w->e->out);
    for (size_t i = 0; i < w->e->out.n; i++)
        if (sorted[i]->listed) {
            json_put_key(&w->j, sorted[i]->path, strlen(sorted[i]->path));
            json_put_cstr(&w->j, sorted[i]->digest);
        }
    json_put_object_end(&w->j);
}

static void write_at(struct plan_writer *w, op_id op)
{
    struct span span = w->e->graph->ops[op].span;
    if (!span.file)
        return;
    json_put_name(&w->j, "at");
    lines_put_place(&w->e->lines, w->e->graph->sources, span, &w->j);
}

static void write_edges(struct plan_writer *w, op_id op)
{
    static const struct {
        enum edge_kind kind;
        const char *name;
    } kinds[] = {{EDGE_DATA, "data"},
                 {EDGE_MACHINE, "machine"},
                 {EDGE_AFTER, "after"},
                 {EDGE_ORDER, "order"}};
    const struct graph *g = w->e->graph;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        bool any = false;
        for (size_t i = w->edges[op]; i < g->nedges && g->edges[i].to == op; i++) {
            if (g->edges[i].kind != kinds[k].kind)
                continue;
            if (!any) {
                json_put_name(&w->j, kinds[k].name);
                json_put_array_compact(&w->j);
            }
            any = true;
            json_put_int(&w->j, g->edges[i].from);
        }
        if (any)
            json_put_array_end(&w->j);
    }
}

/* The ops of each machine of a batch. */
static void write_machines(struct plan_writer *w, val_id machines)
{
    const struct values *t = &w->e->graph->values;
    json_put_name(&w->j, "machines");
    json_put_array(&w->j);
    for (uint32_t i = 0; i < val_count(t, machines); i++) {
        val_id calls = val_items(t, machines)[i];
        json_put_array_compact(&w->j);
        for (uint32_t k = 0; k < val_count(t, calls); k++)
            json_put_int(&w->j, val_get(t, val_items(t, calls)[k])->as.n);
        json_put_array_end(&w->j);
    }
    json_put_array_end(&w->j);
}

static void write_batches(struct plan_writer *w)
{
    const struct graph *g = w->e->graph;
    if (g->nbatches == 1)
        return;
    json_put_name(&w->j, "batches");
    json_put_array(&w->j);
    for (size_t i = 1; i < g->nbatches; i++) {
        json_put_object_compact(&w->j);
        json_put_name(&w->j, "before");
        json_put_int(&w->j, g->batches[i].before);
        json_put_name(&w->j, "failures");
        json_put_int(&w->j, g->batches[i].failures);
        write_machines(w, g->batches[i].machines);
        json_put_object_end(&w->j);
    }
    json_put_array_end(&w->j);
}

static void write_moves(struct plan_writer *w)
{
    const struct graph *g = w->e->graph;
    if (!g->nmoves)
        return;
    json_put_name(&w->j, "moved");
    json_put_array(&w->j);
    for (size_t i = 0; i < g->nmoves; i++) {
        json_put_array_compact(&w->j);
        write_str(w, g->moves[i].from);
        write_str(w, g->moves[i].to);
        json_put_array_end(&w->j);
    }
    json_put_array_end(&w->j);
}

static void write_policy(struct plan_writer *w, op_id op)
{
    const struct op *o = &w->e->graph->ops[op];
    const struct call_info *call = graph_call(w->e->graph, op);
    if (o->when) {
        json_put_name(&w->j, "when");
        value_json(w->e, op, o->when, &w->j);
    }
    if (o->batches) {
        json_put_name(&w->j, "batches");
        value_json(w->e, op, o->batches, &w->j);
    }
    if (o->retries >= 0) {
        json_put_name(&w->j, "retries");
        json_put_int(&w->j, o->retries);
    }
    if (o->timeout_ms >= 0) {
        json_put_name(&w->j, "timeout");
        json_put_float(&w->j, o->timeout_ms / 1000.0);
    }
    write_flag(w, "continue", o->flags & OP_CONTINUE);
    write_flag(w, "tainted", o->flags & OP_TAINTED);
    write_flag(w, "idempotent", graph_repeatable(w->e->graph, op));
    write_flag(w, "keyed", call->keyed);
    write_flag(w, "holds_data", call->holds_data);
    write_flag(w, "protect",
               call->provider && call->protect &&
                   graph_args(w->e->graph, op)[call->protect - 1] == VAL_TRUE);
}

static void write_args(struct plan_writer *w, op_id op)
{
    const struct call_info *call = graph_call(w->e->graph, op);
    json_put_name(&w->j, "args");
    json_put_object(&w->j);
    for (uint32_t i = 0; i < call->nargs; i++) {
        val_id v = graph_args(w->e->graph, op)[i];
        if (!v)
            v = call->args[i].fallback;
        if (!v)
            continue;
        write_key(w, call->args[i].name);
        value_json(w->e, op, v, &w->j);
    }
    json_put_object_end(&w->j);
}

/* Tools answer in text; the fields of the result that are something else say so. */
static void write_field_types(struct plan_writer *w, const struct handle_type *type)
{
    bool open = false;
    for (uint32_t i = 0; i < type->nfields; i++) {
        enum type_kind kind = (enum type_kind)type->fields[i].type.kind;
        if (type->fields[i].known ||
            (kind != TYPE_INT && kind != TYPE_BOOL && kind != TYPE_FLOAT))
            continue;
        if (!open) {
            json_put_name(&w->j, "fields");
            json_put_object_compact(&w->j);
        }
        open = true;
        write_key(w, type->fields[i].name);
        json_put_cstr(&w->j, kind == TYPE_INT    ? "int"
                             : kind == TYPE_BOOL ? "bool"
                                                 : "float");
    }
    if (open)
        json_put_object_end(&w->j);
}

static void write_op(struct plan_writer *w, op_id op)
{
    struct emission *e = w->e;
    const struct op *o = &e->graph->ops[op];
    const struct call_info *call = graph_call(e->graph, op);
    const struct plan_template *t = emission_template(e, op);
    bool builtin = !o->segment && !api_has_calls(e, op);
    json_put_object_compact(&w->j);
    json_put_name(&w->j, "id");
    json_put_int(&w->j, op);
    json_put_name(&w->j, "address");
    write_str(w, o->address);
    json_put_name(&w->j, "call");
    write_str(w, call->name);
    buf_clear(&w->text);
    render_title(e, op, &w->text);
    json_put_name(&w->j, "title");
    json_put_text(&w->j, w->text.p, w->text.len);
    write_at(w, op);
    write_name(w, "backend", backend_name((enum backend)o->backend));
    write_name(w, "do",
               o->segment             ? "segment"
               : api_has_calls(e, op) ? "calls"
                                      : "builtin");
    if (o->segment) {
        json_put_name(&w->j, "segment");
        json_put_int(&w->j, o->segment);
    }
    if (o->subject) {
        json_put_name(&w->j, "subject");
        json_put_int(&w->j, o->subject);
    }
    write_edges(w, op);
    write_policy(w, op);
    if (call->result < e->graph->calls->ntypes && call->result) {
        json_put_name(&w->j, "kind");
        write_str(w, e->graph->calls->types[call->result].name);
        write_field_types(w, &e->graph->calls->types[call->result]);
    }
    if (builtin || api_has_calls(e, op))
        write_args(w, op);
    if (t && t->probe && api_probe_asked(e, op)) {
        json_put_name(&w->j, "probe");
        value_json_steps(e, op, t->probe, &w->j);
    }
    json_put_object_end(&w->j);
}

/* Variables of all machines of the run, or of the one with this index. An inventory has
 * what is known of each. */
static void write_vars(struct plan_writer *w, uint32_t id, int64_t machine)
{
    struct emission *e = w->e;
    const struct emission_segment *out = &e->segments[id];
    bool inventory = e->plan->segments[id].backend == BACKEND_ANSIBLE;
    json_put_name(&w->j, "vars");
    json_put_object(&w->j);
    for (size_t i = 0; i < out->vars.n; i++) {
        val_id v = out->vars.v[i].value;
        if ((val_get(e->values, v)->kind == IR_EACH) != (machine >= 0) ||
            (inventory && unify_is_known(e, v)))
            continue;
        json_put_name(&w->j, out->vars.v[i].name);
        value_json(e, 0, machine >= 0 ? val_items(e->values, v)[machine] : v, &w->j);
    }
    json_put_object_end(&w->j);
}

/* Where the op of a task stands among those of each machine; of several that are carried
 * out as one, all of theirs. */
static void write_places(struct plan_writer *w, const struct emission_task *task)
{
    const struct emission *e = w->e;
    val_id members = e->graph->ops[task->op].members;
    uint32_t n = task->nfused ? task->nfused : val_count(e->values, members);
    if (!n) {
        json_put_int(&w->j, e->plan->place[task->op]);
        return;
    }
    json_put_array_compact(&w->j);
    for (uint32_t i = 0; i < n; i++) {
        op_id op = task->nfused
                       ? task->fused[i]
                       : val_get(e->values, val_items(e->values, members)[i])->as.n;
        json_put_int(&w->j, e->plan->place[op]);
    }
    json_put_array_end(&w->j);
}

/* What a tool is given: the scripts of the others are composed from api/calls.json. */
static void write_artefact(struct plan_writer *w, uint32_t id)
{
    struct emission *e = w->e;
    const struct emission_segment *out = &e->segments[id];
    struct json *j = &w->j;
    write_name(w, "file", out->file);
    if (out->recipe)
        write_name(w, "recipe", out->recipe);
    json_put_name(j, "tasks");
    json_put_array(j);
    for (size_t i = 0; i < out->tasks.n; i++) {
        json_put_array_compact(j);
        json_put_int(j, out->tasks.v[i].line);
        write_places(w, &out->tasks.v[i]);
        if (out->tasks.v[i].nfused)
            json_put_null(j);
        else
            json_put_int(j, out->tasks.v[i].step);
        json_put_cstr(j, out->tasks.v[i].name);
        json_put_array_end(j);
    }
    json_put_array_end(j);
    json_put_name(j, "registers");
    json_put_object(j);
    for (size_t i = 0; i < out->registers.n; i++) {
        buf_clear(&w->text);
        buf_int(&w->text, e->plan->place[out->registers.v[i].op]);
        write_name(w, w->text.p, out->registers.v[i].name);
    }
    json_put_object_end(j);
    write_vars(w, id, -1);
    json_put_name(j, "secrets");
    json_put_array_compact(j);
    for (size_t i = 0; i < out->secrets.n; i++)
        write_str(w, out->secrets.v[i]);
    json_put_array_end(j);
}

static void write_part(struct plan_writer *w, uint32_t id, uint32_t index)
{
    const struct plan_segment *s = &w->e->plan->segments[id];
    const struct emission_segment *out = &w->e->segments[id];
    const struct plan_part *part = &s->parts[index];
    struct json *j = &w->j;
    json_put_object(j);
    json_put_name(j, "machine");
    json_put_int(j, part->machine);
    json_put_name(j, "ops");
    json_put_array_compact(j);
    for (uint32_t i = 0; i < s->nops; i++)
        json_put_int(j, part->ops[i]);
    json_put_array_end(j);
    if (out->names) {
        write_name(w, "host", out->names[part->machine]);
        write_vars(w, id, index);
    }
    json_put_object_end(j);
}

static void write_segment(struct plan_writer *w, uint32_t id)
{
    struct emission *e = w->e;
    const struct plan_segment *s = &e->plan->segments[id];
    const struct emission_segment *out = &e->segments[id];
    struct json *j = &w->j;
    json_put_object(j);
    json_put_name(j, "id");
    json_put_int(j, id);
    write_name(w, "tool", backend_name(s->backend));
    if (out->file)
        write_artefact(w, id);
    json_put_name(j, "machines");
    json_put_array(j);
    for (uint32_t i = 0; i < s->nparts; i++)
        write_part(w, id, i);
    json_put_array_end(j);
    json_put_object_end(j);
}

static void write_outputs(struct plan_writer *w)
{
    const struct graph *g = w->e->graph;
    json_put_name(&w->j, "outputs");
    json_put_array(&w->j);
    for (op_id op = 1; op < g->n; op++) {
        if ((g->ops[op].flags & OP_DEAD) ||
            strcmp(emission_text(w->e, graph_call(g, op)->name), "output"))
            continue;
        json_put_object_compact(&w->j);
        json_put_name(&w->j, "op");
        json_put_int(&w->j, op);
        json_put_name(&w->j, "name");
        value_json(w->e, op, graph_args(w->e->graph, op)[0], &w->j);
        json_put_object_end(&w->j);
    }
    json_put_array_end(&w->j);
}

static void plan_write(struct plan_writer *w, struct buf *out)
{
    struct emission *e = w->e;
    const struct graph *g = e->graph;
    json_begin(&w->j, out);
    json_put_object(&w->j);
    write_name(w, "format", "dvo-plan/2");
    write_name(w, "generator", "dvoc " DVO_VERSION);
    write_name(w, "program", g->program ? g->program : "");
    write_name(w, "project", g->project);
    if (g->provider)
        write_name(w, "provider", g->provider);
    write_name(w, "program_dir", e->program_way);
    if (e->plan->state)
        write_name(w, "state", e->plan->state);
    write_digests(w);
    if (e->plan->secrets) {
        json_put_name(&w->j, "secrets");
        value_json(e, 0, e->plan->secrets, &w->j);
    }
    if (e->plan->chef) {
        json_put_name(&w->j, "chef");
        value_json(e, 0, e->plan->chef, &w->j);
    }
    lines_put(&e->lines, g->sources, &w->j);
    write_moves(w);
    write_batches(w);
    json_put_name(&w->j, "ops");
    json_put_array(&w->j);
    for (op_id op = 1; op < g->n; op++)
        if (!(g->ops[op].flags & OP_DEAD))
            write_op(w, op);
    json_put_array_end(&w->j);
    json_put_name(&w->j, "segments");
    json_put_array(&w->j);
    for (uint32_t i = 1; i <= e->plan->nsegments; i++)
        write_segment(w, i);
    json_put_array_end(&w->j);
    write_outputs(w);
    json_put_object_end(&w->j);
    json_end(&w->j);
}

bool plan_emit(struct emission *e, struct buf *out)
{
    const struct graph *g = e->graph;
    struct plan_writer w = {.e = e};
    w.edges = arena_array(&e->arena, uint32_t, g->n);
    for (size_t i = g->nedges; i-- > 0;)
        w.edges[g->edges[i].to] = (uint32_t)i;
    /* Ops that no edge leads to must not find those of op 0's place. */
    for (op_id op = 1; op < g->n; op++)
        if (!g->nedges || g->edges[w.edges[op]].to != op)
            w.edges[op] = (uint32_t)g->nedges;
    plan_write(&w, out);
    buf_free(&w.text);
    return !e->failed;
}
