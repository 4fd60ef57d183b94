/* Reads a build folder: every member is checked for presence and type before anything
 * uses it, every artefact against its digest. */
#include "runtime/load.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/buf.h"
#include "ir/base/digest.h"
#include "ir/base/file.h"

/* The one way out of a bad document is a jump back to plan_load(): a check per member
 * would bury what is read. */
struct loader {
    struct run_plan *plan;
    jmp_buf refused;
    struct buf message;
    const char *file; /* the document being read */
    struct buf text;
    uint32_t *by_id;  /* index of an op by its id */
    uint32_t largest; /* id */
};

#define LARGEST_ID 50000000

_Noreturn static void refuse(struct loader *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void refuse(struct loader *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_printf(&l->message, "%s/%s: ", l->plan->dir, l->file);
    buf_vprintf(&l->message, fmt, ap);
    va_end(ap);
    longjmp(l->refused, 1);
}

static json_t *read_json(struct loader *l, const char *file, const char *format)
{
    l->file = file;
    char *path = path_join(l->plan->dir, file);
    buf_clear(&l->text);
    bool ok = file_read(path, &l->text);
    int error = errno;
    free(path);
    if (!ok)
        refuse(l, "%s", strerror(error));
    json_error_t where;
    json_t *json = json_loadb(buf_text(&l->text), l->text.len,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
    if (!json)
        refuse(l, "not JSON: %s (line %d, column %d); rebuild with dvoc build",
               where.text, where.line, where.column);
    const char *found = json_string_value(json_object_get(json, "format"));
    if (!found || strcmp(found, format)) {
        buf_printf(&l->message,
                   "%s/%s: format is %s, this runtime reads %s; rebuild with dvoc "
                   "build",
                   l->plan->dir, file, found ? found : "missing", format);
        json_decref(json);
        longjmp(l->refused, 1);
    }
    return json;
}

static json_t *member(struct loader *l, const json_t *from, const char *where,
                      const char *name, json_type type, bool required)
{
    static const char *const types[] = {"an object",     "a list",   "a text",
                                        "an integer",    "a number", "true or false",
                                        "true or false", "null"};
    json_t *v = json_object_get(from, name);
    if (!v || json_is_null(v)) {
        if (required)
            refuse(l, "%s has no \"%s\"", where, name);
        return NULL;
    }
    bool fits = json_typeof(v) == type || (type == JSON_TRUE && json_is_boolean(v)) ||
                (type == JSON_REAL && json_is_number(v));
    if (!fits)
        refuse(l, "\"%s\" of %s is not %s", name, where, types[type]);
    return v;
}

static const char *member_text(struct loader *l, const json_t *from, const char *where,
                               const char *name, const char *fallback)
{
    const json_t *v = member(l, from, where, name, JSON_STRING, !fallback);
    return v ? json_string_value(v) : fallback;
}

static bool member_flag(struct loader *l, const json_t *from, const char *where,
                        const char *name)
{
    return json_is_true(member(l, from, where, name, JSON_TRUE, false));
}

static uint32_t number(struct loader *l, const json_t *v, const char *what,
                       uint32_t limit)
{
    json_int_t n = json_integer_value(v);
    if (!json_is_integer(v) || n < 0 || n > (json_int_t)limit)
        refuse(l, "%s is not a number from 0 to %u", what, limit);
    return (uint32_t)n;
}

static uint32_t op_ref(struct loader *l, const json_t *v, const char *what)
{
    uint32_t id = number(l, v, what, l->largest);
    if (!l->by_id[id])
        refuse(l, "%s names op %u, which does not exist", what, id);
    return l->by_id[id];
}

static void load_lines(struct loader *l)
{
    struct run_plan *p = l->plan;
    const json_t *files = member(l, p->json, "the plan", "files", JSON_ARRAY, true);
    const json_t *lines = member(l, p->json, "the plan", "lines", JSON_ARRAY, true);
    p->nlines = (uint32_t)json_array_size(lines);
    p->lines = arena_array(&p->arena, struct plan_line, p->nlines + 1);
    for (uint32_t i = 0; i < p->nlines; i++) {
        const json_t *line = json_array_get(lines, i);
        const char *file = json_string_value(
            json_array_get(files, (size_t)json_integer_value(json_array_get(line, 0))));
        const char *text = json_string_value(json_array_get(line, 2));
        if (!file || !text)
            refuse(l, "entry %u of \"lines\" is not [file, line, text]", i);
        p->lines[i] = (struct plan_line){
            file, number(l, json_array_get(line, 1), "a line number", UINT32_MAX), text};
    }
}

static enum op_way way_named(struct loader *l, const char *address, const char *name)
{
    static const char *const ways[] = {"calls", "segment", "builtin"};
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
        if (!strcmp(name, ways[i]))
            return (enum op_way)i;
    refuse(l, "\"do\" of %s is %s, which this runtime does not know", address, name);
}

static void load_op(struct loader *l, const json_t *from, struct plan_op *op)
{
    op->address = member_text(l, from, "an op", "address", NULL);
    const char *at = op->address;
    op->call = member_text(l, from, at, "call", NULL);
    op->title = member_text(l, from, at, "title", op->call);
    op->kind = member_text(l, from, at, "kind", "");
    op->way = way_named(l, at, member_text(l, from, at, "do", NULL));
    const json_t *place = member(l, from, at, "at", JSON_ARRAY, true);
    op->line = number(l, json_array_get(place, 0), "the line of \"at\"", l->plan->nlines);
    op->column = number(l, json_array_get(place, 1), "the column of \"at\"", UINT32_MAX);
    op->end = number(l, json_array_get(place, 2), "the end of \"at\"", UINT32_MAX);
    op->when = json_object_get(from, "when");
    op->args = member(l, from, at, "args", JSON_OBJECT, false);
    op->fields = member(l, from, at, "fields", JSON_OBJECT, false);
    op->probe = member(l, from, at, "probe", JSON_ARRAY, false);
    const json_t *retries = member(l, from, at, "retries", JSON_INTEGER, false);
    op->retries = retries ? (int)number(l, retries, "\"retries\"", 1000) : -1;
    op->timeout = json_number_value(member(l, from, at, "timeout", JSON_REAL, false));
    op->carry_on = member_flag(l, from, at, "continue");
    op->tainted = member_flag(l, from, at, "tainted");
    op->idempotent = member_flag(l, from, at, "idempotent");
    op->keyed = member_flag(l, from, at, "keyed");
}

/* An op needs its machine whether or not "data" lists it. Those of one kind stand in
 * program order. */
static void need_subject(struct plan_op *op)
{
    uint32_t at = 0;
    while (at < op->nneeds && op->needs[at].kind == NEED_DATA &&
           op->needs[at].op < op->subject)
        at++;
    if (at < op->nneeds && op->needs[at].kind == NEED_DATA &&
        op->needs[at].op == op->subject)
        return;
    memmove(op->needs + at + 1, op->needs + at, (op->nneeds++ - at) * sizeof *op->needs);
    op->needs[at] = (struct need){op->subject, NEED_DATA};
}

static void load_needs(struct loader *l, const json_t *from, struct plan_op *op)
{
    static const char *const kinds[] = {"data", "machine", "after", "order"};
    size_t count = 0;
    for (unsigned k = 0; k < 4; k++)
        count +=
            json_array_size(member(l, from, op->address, kinds[k], JSON_ARRAY, false));
    op->needs = arena_array(&l->plan->arena, struct need, count + 1);
    for (unsigned k = 0; k < 4; k++) {
        size_t i;
        json_t *v;
        json_array_foreach(json_object_get(from, kinds[k]), i, v)
            op->needs[op->nneeds++] =
            (struct need){op_ref(l, v, kinds[k]), (enum need_kind)k};
    }
    const json_t *subject = member(l, from, op->address, "subject", JSON_INTEGER, false);
    if (subject && json_integer_value(subject))
        op->subject = op_ref(l, subject, "\"subject\"");
    if (op->subject)
        need_subject(op);
}

static uint32_t *load_refs(struct loader *l, const json_t *from, uint32_t *n)
{
    *n = (uint32_t)json_array_size(from);
    uint32_t *refs = arena_array(&l->plan->arena, uint32_t, *n);
    for (uint32_t i = 0; i < *n; i++)
        refs[i] = op_ref(l, json_array_get(from, i), "a batch");
    return refs;
}

static void load_batches(struct loader *l)
{
    struct run_plan *p = l->plan;
    const json_t *batches = member(l, p->json, "the plan", "batches", JSON_ARRAY, false);
    p->nbatches = (uint32_t)json_array_size(batches);
    p->batches = arena_array(&p->arena, struct plan_batch, p->nbatches + 1);
    for (uint32_t i = 1; i <= p->nbatches; i++) {
        const json_t *from = json_array_get(batches, i - 1);
        struct plan_batch *b = &p->batches[i];
        b->before = number(l, member(l, from, "a batch", "before", JSON_INTEGER, true),
                           "a batch", i - 1);
        b->failures =
            number(l, member(l, from, "a batch", "failures", JSON_INTEGER, true),
                   "failures", INT32_MAX);
        const json_t *machines = member(l, from, "a batch", "machines", JSON_ARRAY, true);
        b->nmachines = (uint32_t)json_array_size(machines);
        b->machines = arena_array(&p->arena, struct plan_machine, b->nmachines);
        for (uint32_t m = 0; m < b->nmachines; m++)
            b->machines[m].ops =
                load_refs(l, json_array_get(machines, m), &b->machines[m].nops);
    }
}

static void load_batches_of(struct loader *l, const json_t *from, struct plan_op *op)
{
    const json_t *list = member(l, from, op->address, "batches", JSON_ARRAY, false);
    op->nbatches = (uint32_t)json_array_size(list);
    op->batches = arena_array(&l->plan->arena, uint32_t, op->nbatches);
    for (uint32_t i = 0; i < op->nbatches; i++)
        op->batches[i] = number(l, json_array_get(list, i), "a batch", l->plan->nbatches);
}

static void load_ops(struct loader *l)
{
    struct run_plan *p = l->plan;
    const json_t *ops = member(l, p->json, "the plan", "ops", JSON_ARRAY, true);
    p->nops = (uint32_t)json_array_size(ops);
    p->ops = arena_array(&p->arena, struct plan_op, p->nops + 1);
    size_t i;
    json_t *v;
    json_array_foreach(ops, i, v)
    {
        p->ops[i + 1].id = number(l, member(l, v, "an op", "id", JSON_INTEGER, true),
                                  "an id", LARGEST_ID);
        if (p->ops[i + 1].id > l->largest)
            l->largest = p->ops[i + 1].id;
    }
    l->by_id = arena_array(&p->arena, uint32_t, l->largest + 1);
    json_array_foreach(ops, i, v)
    {
        struct plan_op *op = &p->ops[i + 1];
        /* plan_op_index() searches by it. */
        if (op->id <= p->ops[i].id)
            refuse(l, "the ids of ops do not grow: %u follows %u", op->id, p->ops[i].id);
        l->by_id[op->id] = (uint32_t)i + 1;
        load_op(l, v, op);
    }
    load_batches(l);
    json_array_foreach(ops, i, v)
    {
        load_needs(l, v, &p->ops[i + 1]);
        load_batches_of(l, v, &p->ops[i + 1]);
    }
}

static enum tool_kind tool_named(struct loader *l, const char *at, const char *name)
{
    static const char *const tools[TOOL_COUNT] = {"api", "ansible", "chef"};
    for (unsigned i = 0; i < TOOL_COUNT; i++)
        if (!strcmp(name, tools[i]))
            return (enum tool_kind)i;
    refuse(l, "%s needs the tool %s, which this runtime does not know", at, name);
}

/* An index into the ops of each machine of the tool run. */
static uint32_t place_ref(struct loader *l, const json_t *v, const struct segment *s)
{
    return number(l, v, s->file, s->nops ? s->nops - 1 : 0);
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
    const json_t *tasks = member(l, from, s->file, "tasks", JSON_ARRAY, true);
    s->ntasks = (uint32_t)json_array_size(tasks);
    s->tasks = arena_array(&l->plan->arena, struct plan_task, s->ntasks);
    size_t i;
    json_t *v;
    json_array_foreach(tasks, i, v)
    {
        const char *name = json_string_value(json_array_get(v, 3));
        struct plan_task *task = &s->tasks[i];
        task->line = number(l, json_array_get(v, 0), "the line of a task", UINT32_MAX);
        task->ops = load_task_ops(l, json_array_get(v, 1), s, &task->nops);
        task->apart = json_is_null(json_array_get(v, 2));
        task->name = name;
        if (!name || !task->nops)
            refuse(l, "a task of %s is not [line, place, step, name]", s->file);
    }
}

static void load_registers(struct loader *l, const json_t *from, struct segment *s)
{
    const json_t *registers = member(l, from, s->file, "registers", JSON_OBJECT, false);
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
    s->host = member_text(l, from, at, "host", NULL);
    s->own = member(l, from, at, "vars", JSON_OBJECT, false);
    s->vars = member(l, run, at, "vars", JSON_OBJECT, false);
    s->secrets = member(l, run, at, "secrets", JSON_ARRAY, false);
    s->recipe = member_text(l, run, at, "recipe", s->tool == TOOL_CHEF ? NULL : "");
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
    s->id = number(l, member(l, run, "a segment", "id", JSON_INTEGER, true), "an id",
                   LARGEST_ID);
    const char *at = arena_printf(&p->arena, "segment %u", s->id);
    s->tool = tool_named(l, at, member_text(l, run, at, "tool", NULL));
    s->machine = op_ref(l, member(l, from, at, "machine", JSON_INTEGER, true), at);
    const json_t *ops = member(l, from, at, "ops", JSON_ARRAY, true);
    s->nops = (uint32_t)json_array_size(ops);
    if (s->nops == 0 || s->nops != p->segments[first].nops)
        refuse(l, "the machines of %s have not as many operations as each other", at);
    s->ops = arena_array(&p->arena, uint32_t, s->nops);
    for (uint32_t i = 0; i < s->nops; i++) {
        s->ops[i] = op_ref(l, json_array_get(ops, i), at);
        struct plan_op *op = &p->ops[s->ops[i]];
        if (op->way != WAY_SEGMENT || op->segment)
            refuse(l, "%s is in %s, but is not carried out there alone", op->address, at);
        op->segment = index;
    }
    if (s->tool == TOOL_API)
        return; /* see load_steps() */
    s->file = member_text(l, run, at, "file", NULL);
    load_artefact(l, run, from, s, &p->segments[first]);
}

static void load_segments(struct loader *l)
{
    struct run_plan *p = l->plan;
    const json_t *segments =
        member(l, p->json, "the plan", "segments", JSON_ARRAY, false);
    size_t i, k;
    json_t *run, *from;
    json_array_foreach(segments, i, run) p->nsegments += (uint32_t)json_array_size(
        member(l, run, "a segment", "machines", JSON_ARRAY, true));
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
            refuse(l, "%s belongs to a segment that does not exist", p->ops[op].address);
}

static void check_digests(struct loader *l)
{
    const json_t *artefacts =
        member(l, l->plan->json, "the plan", "artefacts", JSON_OBJECT, true);
    const char *name;
    json_t *wanted;
    json_object_foreach((json_t *)(uintptr_t)artefacts, name, wanted)
    {
        char found[DIGEST_TEXT_SIZE];
        if (name[0] == '/' || strstr(name, ".."))
            refuse(l, "%s is not a path below the build folder", name);
        char *path = path_join(l->plan->dir, name);
        int failed = digest_file(path, found);
        int error = errno;
        free(path);
        l->file = name;
        if (failed)
            refuse(l, "%s; rebuild with dvoc build", strerror(error));
        if (!json_is_string(wanted) || strcmp(found, json_string_value(wanted)))
            refuse(l, "changed since it was built; rebuild with dvoc build");
    }
}

/* Whether the op is made of steps that the runtime itself sends. */
static bool op_has_steps(const struct run_plan *p, uint32_t op)
{
    return p->ops[op].way == WAY_SEGMENT &&
           p->segments[p->ops[op].segment].tool == TOOL_API;
}

/* The tasks of a tool run without a tool: its ops' steps. */
static void load_steps(struct loader *l, struct segment *s)
{
    struct run_plan *p = l->plan;
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->nops; i++)
        n += (uint32_t)json_array_size(json_object_get(p->ops[s->ops[i]].entry, "steps"));
    s->tasks = arena_array(&p->arena, struct plan_task, n);
    for (uint32_t i = 0; i < s->nops; i++) {
        const json_t *steps = json_object_get(p->ops[s->ops[i]].entry, "steps");
        for (size_t k = 0; k < json_array_size(steps); k++)
            s->tasks[s->ntasks++] = (struct plan_task){.ops = &s->ops[i], .nops = 1};
    }
}

static void check_places(struct loader *l, const json_t *call, const char *address)
{
    const char *name;
    json_t *at;
    json_object_foreach(
        (json_t *)(uintptr_t)member(l, call, address, "places", JSON_OBJECT, false), name,
        at)
    {
        number(l, json_array_get(at, 0), "the line of a place", l->plan->nlines);
        number(l, json_array_get(at, 1), "the column of a place", UINT32_MAX);
        number(l, json_array_get(at, 2), "the end of a place", UINT32_MAX);
    }
}

static void load_calls(struct loader *l)
{
    struct run_plan *p = l->plan;
    bool needed =
        json_object_get(json_object_get(p->json, "artefacts"), "api/calls.json");
    for (uint32_t i = 1; i <= p->nops; i++)
        needed = needed || p->ops[i].way == WAY_CALLS || op_has_steps(p, i);
    if (!needed)
        return;
    p->calls = read_json(l, "api/calls.json", "dvo-calls/2");
    const json_t *entries = member(l, p->calls, "the file", "calls", JSON_ARRAY, true);
    size_t i;
    json_t *v;
    json_array_foreach(entries, i, v)
    {
        uint32_t op =
            op_ref(l, member(l, v, "a call", "op", JSON_INTEGER, true), "a call");
        bool steps = op_has_steps(p, op);
        member(l, v, p->ops[op].address, steps ? "steps" : "sequences",
               steps ? JSON_ARRAY : JSON_OBJECT, true);
        check_places(l, v, p->ops[op].address);
        p->ops[op].entry = v;
        const json_t *together = json_object_get(v, "together");
        if (together)
            p->ops[op].together =
                load_refs(l, json_object_get(together, "ops"), &p->ops[op].ntogether);
    }
    for (uint32_t op = 1; op <= p->nops; op++)
        if ((p->ops[op].way == WAY_CALLS || op_has_steps(p, op)) && !p->ops[op].entry)
            refuse(l, "no entry for %s", p->ops[op].address);
    for (uint32_t k = 1; k <= p->nsegments; k++)
        if (p->segments[k].tool == TOOL_API)
            load_steps(l, &p->segments[k]);
}

static void load_all(struct loader *l, const char *expect)
{
    struct run_plan *p = l->plan;
    p->json = read_json(l, "plan.json", "dvo-plan/2");
    digest_text(buf_text(&l->text), l->text.len, p->digest);
    if (expect && strcmp(expect, p->digest))
        refuse(l, "its digest is %s, but %s was approved", p->digest, expect);
    p->program = member_text(l, p->json, "the plan", "program", NULL);
    p->project = member_text(l, p->json, "the plan", "project", NULL);
    p->program_dir =
        path_join(p->dir, member_text(l, p->json, "the plan", "program_dir", "../.."));
    if (!*p->project ||
        strspn(p->project, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(p->project))
        refuse(l, "\"project\" is not made of a-z, 0-9 and -");
    load_lines(l);
    load_ops(l);
    load_segments(l);
    check_digests(l);
    load_calls(l);
}

struct run_plan *plan_load(const char *dir, const char *expect, char **message)
{
    struct loader l = {.file = "plan.json"};
    l.plan = xcalloc(1, sizeof *l.plan);
    l.plan->dir = arena_strndup(&l.plan->arena, dir, strlen(dir));
    struct run_plan *loaded = l.plan;
    *message = NULL;
    if (setjmp(l.refused)) {
        *message = buf_steal(&l.message);
        plan_free(l.plan);
        loaded = NULL;
    } else {
        load_all(&l, expect);
    }
    buf_free(&l.text);
    return loaded;
}

void plan_free(struct run_plan *p)
{
    if (!p)
        return;
    json_decref(p->json);
    json_decref(p->calls);
    free(p->program_dir);
    arena_free(&p->arena);
    free(p);
}

uint32_t plan_op_at(const struct run_plan *p, const char *address)
{
    for (uint32_t i = 1; i <= p->nops; i++)
        if (!strcmp(p->ops[i].address, address))
            return i;
    return 0;
}

struct plan_place plan_op_place(const struct plan_op *op, const char *argument)
{
    const json_t *places = json_object_get(op->entry, "places");
    const json_t *at = argument ? json_object_get(places, argument) : NULL;
    if (!at)
        return (struct plan_place){op->line, op->column, op->end};
    return (struct plan_place){(uint32_t)json_integer_value(json_array_get(at, 0)),
                               (uint32_t)json_integer_value(json_array_get(at, 1)),
                               (uint32_t)json_integer_value(json_array_get(at, 2))};
}

uint32_t plan_op_index(const struct run_plan *p, json_int_t id)
{
    /* Ids grow in program order. */
    uint32_t low = 1, high = p->nops;
    while (low <= high) {
        uint32_t middle = low + (high - low) / 2;
        if ((json_int_t)p->ops[middle].id == id)
            return middle;
        if ((json_int_t)p->ops[middle].id < id)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return 0;
}
