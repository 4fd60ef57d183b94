/* Reads plan.json: every member is checked for presence and type before anything uses it,
 * every artefact against its digest. An op is taken apart as soon as it has been read,
 * so that the document as a whole is never in memory. */
#include "runtime/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/digest.h"
#include "ir/base/file.h"
#include "runtime/calls.h"
#include "runtime/loader.h"
#include "runtime/segments.h"

static void load_lines(struct loader *l)
{
    struct run_plan *p = l->plan;
    const json_t *files =
        loader_member(l, p->json, "the plan", "files", JSON_ARRAY, true);
    const json_t *lines =
        loader_member(l, p->json, "the plan", "lines", JSON_ARRAY, true);
    p->nlines = (uint32_t)json_array_size(lines);
    p->lines = arena_array(&p->arena, struct plan_line, p->nlines + 1);
    for (uint32_t i = 0; i < p->nlines; i++) {
        const json_t *line = json_array_get(lines, i);
        const char *file = json_string_value(
            json_array_get(files, (size_t)json_integer_value(json_array_get(line, 0))));
        const char *text = json_string_value(json_array_get(line, 2));
        if (!file || !text)
            loader_refuse(l, "entry %u of \"lines\" is not [file, line, text]", i);
        p->lines[i] = (struct plan_line){
            file, loader_number(l, json_array_get(line, 1), "a line number", UINT32_MAX),
            text};
    }
}

static enum op_way way_named(struct loader *l, const char *address, const char *name)
{
    static const char *const ways[] = {"calls", "segment", "builtin"};
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
        if (!strcmp(name, ways[i]))
            return (enum op_way)i;
    loader_refuse(l, "\"do\" of %s is %s, which this runtime does not know", address,
                  name);
}

/* A text that the op before it may have, too. */
static const char *keep_like(struct loader *l, const char *text, const char *before)
{
    return before && !strcmp(text, before) ? before : loader_keep(l, text);
}

static json_t *keep_value(const json_t *v)
{
    return json_incref((json_t *)(uintptr_t)v);
}

/* What secrets stand for in its values, and the password that becoming root takes. */
static void load_secrets(struct loader *l, const json_t *args, struct plan_op *op)
{
    const char *become = json_string_value(json_object_get(args, "become_password"));
    if (become)
        loader_secret(l, become, op);
    loader_secrets(l, op->when, op);
    loader_secrets(l, args, op);
    loader_secrets(l, op->probe, op);
}

static void load_values(struct loader *l, const json_t *from, struct plan_op *op)
{
    const char *at = op->address;
    const json_t *args = loader_member(l, from, at, "args", JSON_OBJECT, false);
    const json_t *fields = loader_member(l, from, at, "fields", JSON_OBJECT, false);
    bool alike = fields && op[-1].fields && json_equal(op[-1].fields, fields);
    op->when = keep_value(json_object_get(from, "when"));
    op->probe = keep_value(loader_member(l, from, at, "probe", JSON_ARRAY, false));
    op->args = op->way == WAY_BUILTIN ? keep_value(args) : NULL;
    op->fields = keep_value(alike ? op[-1].fields : fields);
    load_secrets(l, args, op);
}

static void load_op(struct loader *l, const json_t *from, struct plan_op *op)
{
    op->address = loader_keep(l, loader_text(l, from, "an op", "address", NULL));
    const char *at = op->address;
    op->call = keep_like(l, loader_text(l, from, at, "call", NULL), op[-1].call);
    op->title = loader_keep(l, loader_text(l, from, at, "title", op->call));
    op->kind = keep_like(l, loader_text(l, from, at, "kind", ""), op[-1].kind);
    op->way = way_named(l, at, loader_text(l, from, at, "do", NULL));
    const json_t *place = loader_member(l, from, at, "at", JSON_ARRAY, true);
    op->line =
        loader_number(l, json_array_get(place, 0), "the line of \"at\"", UINT32_MAX);
    op->column =
        loader_number(l, json_array_get(place, 1), "the column of \"at\"", UINT32_MAX);
    op->end = loader_number(l, json_array_get(place, 2), "the end of \"at\"", UINT32_MAX);
    const json_t *retries = loader_member(l, from, at, "retries", JSON_INTEGER, false);
    op->retries = retries ? (int)loader_number(l, retries, "\"retries\"", 1000) : -1;
    op->timeout =
        json_number_value(loader_member(l, from, at, "timeout", JSON_REAL, false));
    op->carry_on = loader_flag(l, from, at, "continue");
    op->tainted = loader_flag(l, from, at, "tainted");
    op->idempotent = loader_flag(l, from, at, "idempotent");
    op->keyed = loader_flag(l, from, at, "keyed");
    op->holds_data = loader_flag(l, from, at, "holds_data");
    op->protect = loader_flag(l, from, at, "protect");
    load_values(l, from, op);
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

static const char *const need_names[] = {"data", "machine", "after", "order"};

/* What comes before it, by ids: of those that stand behind it in the plan nothing is
 * known yet. */
static void load_needs(struct loader *l, const json_t *from, struct plan_op *op)
{
    size_t count = 0;
    for (unsigned k = 0; k < 4; k++)
        count += json_array_size(
            loader_member(l, from, op->address, need_names[k], JSON_ARRAY, false));
    op->needs = arena_array(&l->plan->arena, struct need, count + 1);
    for (unsigned k = 0; k < 4; k++) {
        size_t i;
        json_t *v;
        json_array_foreach(json_object_get(from, need_names[k]), i, v)
            op->needs[op->nneeds++] = (struct need){
            loader_number(l, v, need_names[k], LARGEST_ID), (enum need_kind)k};
    }
    const json_t *subject =
        loader_member(l, from, op->address, "subject", JSON_INTEGER, false);
    if (subject)
        op->subject = loader_number(l, subject, "\"subject\"", LARGEST_ID);
    if (op->subject)
        need_subject(op);
}

static void load_batches_of(struct loader *l, const json_t *from, struct plan_op *op)
{
    const json_t *list =
        loader_member(l, from, op->address, "batches", JSON_ARRAY, false);
    op->nbatches = (uint32_t)json_array_size(list);
    op->batches = arena_array(&l->plan->arena, uint32_t, op->nbatches);
    for (uint32_t i = 0; i < op->nbatches; i++)
        op->batches[i] = loader_number(l, json_array_get(list, i), "a batch", UINT32_MAX);
}

static void load_ops(struct loader *l)
{
    struct run_plan *p = l->plan;
    const json_t *from;
    size_t cap = 0;
    loader_enter_list(l, "ops");
    p->ops = vec_grow(NULL, sizeof *p->ops, 1, &cap);
    p->ops[0] = (struct plan_op){0};
    while ((from = loader_next_element(l, NULL))) {
        p->ops = vec_grow(p->ops, sizeof *p->ops, p->nops + 2, &cap);
        struct plan_op *op = &p->ops[p->nops + 1];
        *op = (struct plan_op){0};
        p->nops++;
        op->id =
            loader_number(l, loader_member(l, from, "an op", "id", JSON_INTEGER, true),
                          "an id", LARGEST_ID);
        /* plan_op_index() searches by it. */
        if (op->id <= op[-1].id)
            loader_refuse(l, "the ids of ops do not grow: %u follows %u", op->id,
                          op[-1].id);
        load_op(l, from, op);
        load_needs(l, from, op);
        load_batches_of(l, from, op);
    }
}

static void load_batches(struct loader *l)
{
    struct run_plan *p = l->plan;
    const json_t *batches =
        loader_member(l, p->json, "the plan", "batches", JSON_ARRAY, false);
    p->nbatches = (uint32_t)json_array_size(batches);
    p->batches = arena_array(&p->arena, struct plan_batch, p->nbatches + 1);
    for (uint32_t i = 1; i <= p->nbatches; i++) {
        const json_t *from = json_array_get(batches, i - 1);
        struct plan_batch *b = &p->batches[i];
        b->before = loader_number(
            l, loader_member(l, from, "a batch", "before", JSON_INTEGER, true), "a batch",
            i - 1);
        b->failures = loader_number(
            l, loader_member(l, from, "a batch", "failures", JSON_INTEGER, true),
            "failures", INT32_MAX);
        const json_t *machines =
            loader_member(l, from, "a batch", "machines", JSON_ARRAY, true);
        b->nmachines = (uint32_t)json_array_size(machines);
        b->machines = arena_array(&p->arena, struct plan_machine, b->nmachines);
        for (uint32_t m = 0; m < b->nmachines; m++)
            b->machines[m].ops = loader_op_refs(l, json_array_get(machines, m), "a batch",
                                                &b->machines[m].nops);
    }
}

/* Everything has been read: what an op names by a number is there, and becomes an index.
 */
static void resolve_op(struct loader *l, struct plan_op *op)
{
    const struct run_plan *p = l->plan;
    if (op->line > p->nlines)
        loader_refuse(l, "the line of \"at\" is not a number from 0 to %u", p->nlines);
    if (op->subject)
        op->subject = loader_op(l, op->subject, "\"subject\"");
    for (uint32_t i = 0; i < op->nneeds; i++)
        op->needs[i].op = loader_op(l, op->needs[i].op, need_names[op->needs[i].kind]);
    for (uint32_t i = 0; i < op->nbatches; i++)
        if (op->batches[i] > p->nbatches)
            loader_refuse(l, "a batch is not a number from 0 to %u", p->nbatches);
}

static void resolve_ops(struct loader *l)
{
    struct run_plan *p = l->plan;
    l->largest = p->ops[p->nops].id;
    l->by_id = xcalloc(l->largest + 1, sizeof *l->by_id);
    for (uint32_t i = 1; i <= p->nops; i++)
        l->by_id[p->ops[i].id] = i;
    load_batches(l);
    for (uint32_t i = 1; i <= p->nops; i++)
        resolve_op(l, &p->ops[i]);
}

static void check_digests(struct loader *l)
{
    const json_t *artefacts =
        loader_member(l, l->plan->json, "the plan", "artefacts", JSON_OBJECT, true);
    const char *name;
    json_t *wanted;
    json_object_foreach((json_t *)(uintptr_t)artefacts, name, wanted)
    {
        char found[DIGEST_TEXT_SIZE];
        if (name[0] == '/' || strstr(name, ".."))
            loader_refuse(l, "%s is not a path below the build folder", name);
        char *path = path_join(l->plan->dir, name);
        int failed = digest_file(path, found);
        int error = errno;
        free(path);
        l->file = name;
        if (failed)
            loader_refuse(l, "%s; rebuild with dvoc build", strerror(error));
        if (!json_is_string(wanted) || strcmp(found, json_string_value(wanted)))
            loader_refuse(l, "changed since it was built; rebuild with dvoc build");
    }
}

/* All of it is read at once: its digest is what was approved. */
static void read_plan(struct loader *l, const char *expect)
{
    struct run_plan *p = l->plan;
    struct buf text = {0};
    char *path = path_join(p->dir, l->file);
    bool ok = file_read(path, &text);
    int error = errno;
    free(path);
    document_text(&l->document, &text);
    if (!ok)
        loader_refuse(l, "%s", strerror(error));
    digest_text(buf_text(&l->document.text), l->document.text.len, p->digest);
    if (expect && strcmp(expect, p->digest) != 0)
        loader_refuse(l, "its digest is %s, but %s was approved", p->digest, expect);
}

static void load_plan(struct loader *l, const char *expect)
{
    struct run_plan *p = l->plan;
    const char *name;
    read_plan(l, expect);
    loader_begin(l, "plan.json", "dvo-plan/2");
    p->json = json_object();
    while ((name = loader_next_member(l))) {
        if (json_object_get(p->json, name) || (p->ops && !strcmp(name, "ops")))
            loader_refuse(l, "the plan has \"%s\" twice", name);
        if (!strcmp(name, "ops"))
            load_ops(l);
        else
            json_object_set_new(p->json, name, loader_value(l));
    }
    document_free(&l->document);
    if (!p->ops)
        loader_refuse(l, "the plan has no \"ops\"");
    load_lines(l);
    resolve_ops(l);
    segments_load(l);
}

static void load_all(struct loader *l, const char *expect)
{
    struct run_plan *p = l->plan;
    load_plan(l, expect);
    p->program = loader_text(l, p->json, "the plan", "program", NULL);
    p->project = loader_text(l, p->json, "the plan", "project", NULL);
    p->program_dir =
        path_join(p->dir, loader_text(l, p->json, "the plan", "program_dir", "../.."));
    if (!*p->project ||
        strspn(p->project, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(p->project))
        loader_refuse(l, "\"project\" is not made of a-z, 0-9 and -");
    check_digests(l);
    calls_load(l);
}

struct run_plan *plan_load(const char *dir, const char *expect, char **message)
{
    struct loader l = {.file = "plan.json"};
    l.plan = xcalloc(1, sizeof *l.plan);
    l.plan->calls = -1;
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
    document_free(&l.document);
    json_decref(l.part);
    free(l.name);
    free(l.by_id);
    return loaded;
}

static void op_free(const struct plan_op *op)
{
    json_decref(op->when);
    json_decref(op->args);
    json_decref(op->probe);
    json_decref(op->fields);
}

void plan_free(struct run_plan *p)
{
    if (!p)
        return;
    for (uint32_t i = 1; i <= p->nops; i++)
        op_free(&p->ops[i]);
    free(p->ops);
    free(p->by_address);
    json_decref(p->json);
    json_decref(p->provider);
    if (p->calls >= 0)
        close(p->calls);
    free(p->program_dir);
    arena_free(&p->arena);
    free(p);
}

static int compare_addresses(const void *a, const void *b, void *ctx)
{
    const struct plan_op *ops = ctx;
    return strcmp(ops[*(const uint32_t *)a].address, ops[*(const uint32_t *)b].address);
}

uint32_t plan_op_at(struct run_plan *p, const char *address)
{
    uint32_t low = 0, high = p->nops;
    if (!p->by_address) {
        p->by_address = xcalloc(p->nops + 1, sizeof *p->by_address);
        for (uint32_t i = 0; i < p->nops; i++)
            p->by_address[i] = i + 1;
        qsort_r(p->by_address, p->nops, sizeof *p->by_address, compare_addresses, p->ops);
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(p->ops[p->by_address[middle]].address, address);
        if (!order)
            return p->by_address[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
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
