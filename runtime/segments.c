/* Reads the tool runs of a plan: the part of each machine, its tasks and values. */
#include "runtime/segments.h"

#include <stdlib.h>
#include <string.h>

static enum tool_kind tool_named(struct loader *l, const char *at, const char *name)
{
    static const char *const tools[TOOL_COUNT] = {"api", "ansible", "chef"};
    for (unsigned i = 0; i < TOOL_COUNT; i++)
        if (!strcmp(name, tools[i]))
            return (enum tool_kind)i;
    loader_refuse(l, "%s needs the tool %s, which this runtime does not know", at, name);
}

/* An index into the ops of each machine of the tool run. */
static uint32_t place_ref(struct loader *l, const json_t *v, const struct segment *s)
{
    return loader_number(l, v, s->file, s->nops ? s->nops - 1 : 0);
}

/* An op, or a list of them, by their places. */
static uint32_t *load_task_ops(struct loader *l, const json_t *from,
                               const struct segment *s, uint32_t *n)
{
    bool many = json_is_array(from);
    *n = many ? (uint32_t)json_array_size(from) : 1;
    uint32_t *ops = arena_array(&l->plan->arena, uint32_t, *n);
    for (uint32_t i = 0; i < *n; i++)
        ops[i] = s->ops[place_ref(l, many ? json_array_get(from, i) : from, s)];
    return ops;
}

static void load_tasks(struct loader *l, const json_t *from, struct segment *s)
{
    const json_t *tasks = loader_member(l, from, s->file, "tasks", JSON_ARRAY, true);
    s->ntasks = (uint32_t)json_array_size(tasks);
    s->tasks = arena_array(&l->plan->arena, struct plan_task, s->ntasks);
    size_t i;
    json_t *v;
    json_array_foreach(tasks, i, v)
    {
        const char *name = json_string_value(json_array_get(v, 3));
        struct plan_task *task = &s->tasks[i];
        task->line =
            loader_number(l, json_array_get(v, 0), "the line of a task", UINT32_MAX);
        task->ops = load_task_ops(l, json_array_get(v, 1), s, &task->nops);
        task->apart = json_is_null(json_array_get(v, 2));
        task->name = name;
        if (!name || !task->nops)
            loader_refuse(l, "a task of %s is not [line, place, step, name]", s->file);
    }
}

static void load_registers(struct loader *l, const json_t *from, struct segment *s)
{
    const json_t *registers =
        loader_member(l, from, s->file, "registers", JSON_OBJECT, false);
    s->registers = arena_array(&l->plan->arena, const char *, s->nops);
    const char *place;
    json_t *name;
    json_object_foreach((json_t *)(uintptr_t)registers, place, name)
    {
        json_t *at = json_integer(strtoll(place, NULL, 10));
        s->registers[place_ref(l, at, s)] = json_string_value(name);
        json_decref(at);
    }
}

/* What a machine's part is given; the first of a run reads what all of them share. */
static void load_artefact(struct loader *l, const json_t *run, const json_t *from,
                          struct segment *s, const struct segment *first)
{
    const char *at = s->file;
    s->host = loader_text(l, from, at, "host", NULL);
    s->own = loader_member(l, from, at, "vars", JSON_OBJECT, false);
    s->vars = loader_member(l, run, at, "vars", JSON_OBJECT, false);
    s->secrets = loader_member(l, run, at, "secrets", JSON_ARRAY, false);
    s->recipe = loader_text(l, run, at, "recipe", s->tool == TOOL_CHEF ? NULL : "");
    if (s == first)
        load_registers(l, run, s);
    s->registers = first->registers;
    load_tasks(l, run, s);
}

/* The ops that one machine carries out. */
static void load_part(struct loader *l, const json_t *run, const json_t *from,
                      uint32_t first, uint32_t index)
{
    struct run_plan *p = l->plan;
    struct segment *s = &p->segments[index];
    s->first = first;
    s->id = loader_number(l, loader_member(l, run, "a segment", "id", JSON_INTEGER, true),
                          "an id", LARGEST_ID);
    const char *at = arena_printf(&p->arena, "segment %u", s->id);
    s->tool = tool_named(l, at, loader_text(l, run, at, "tool", NULL));
    s->machine =
        loader_op_ref(l, loader_member(l, from, at, "machine", JSON_INTEGER, true), at);
    const json_t *ops = loader_member(l, from, at, "ops", JSON_ARRAY, true);
    s->nops = (uint32_t)json_array_size(ops);
    if (s->nops == 0 || s->nops != p->segments[first].nops)
        loader_refuse(l, "the machines of %s have not as many operations as each other",
                      at);
    s->ops = arena_array(&p->arena, uint32_t, s->nops);
    for (uint32_t i = 0; i < s->nops; i++) {
        s->ops[i] = loader_op_ref(l, json_array_get(ops, i), at);
        struct plan_op *op = &p->ops[s->ops[i]];
        if (op->way != WAY_SEGMENT || op->segment)
            loader_refuse(l, "%s is in %s, but is not carried out there alone",
                          op->address, at);
        op->segment = index;
    }
    if (s->tool == TOOL_API)
        return; /* see calls_load() */
    s->file = loader_text(l, run, at, "file", NULL);
    load_artefact(l, run, from, s, &p->segments[first]);
}

void segments_load(struct loader *l)
{
    struct run_plan *p = l->plan;
    const json_t *segments =
        loader_member(l, p->json, "the plan", "segments", JSON_ARRAY, false);
    size_t i, k;
    json_t *run, *from;
    json_array_foreach(segments, i, run) p->nsegments += (uint32_t)json_array_size(
        loader_member(l, run, "a segment", "machines", JSON_ARRAY, true));
    p->segments = arena_array(&p->arena, struct segment, p->nsegments + 1);
    uint32_t index = 1;
    json_array_foreach(segments, i, run)
    {
        uint32_t first = index;
        json_array_foreach(json_object_get(run, "machines"), k, from)
            load_part(l, run, from, first, index++);
    }
    for (uint32_t op = 1; op <= p->nops; op++)
        if (p->ops[op].way == WAY_SEGMENT && !p->ops[op].segment)
            loader_refuse(l, "%s belongs to a segment that does not exist",
                          p->ops[op].address);
}
