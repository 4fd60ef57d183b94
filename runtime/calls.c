/* An entry is found again by its place in the file, and is what was checked if its digest
 * is the same. */
#include "runtime/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/digest.h"
#include "ir/base/file.h"

#define FILE_NAME "api/calls.json"

/* --- loading ---------------------------------------------------------------------------
 */

/* Whether the op is made of steps that the runtime itself sends. */
static bool op_has_steps(const struct run_plan *p, uint32_t op)
{
    return p->ops[op].way == WAY_SEGMENT &&
           p->segments[p->ops[op].segment].tool == TOOL_API;
}

static bool op_has_entry(const struct run_plan *p, uint32_t op)
{
    return p->ops[op].way == WAY_CALLS || op_has_steps(p, op);
}

/* The tasks of a tool run without a tool: its ops' steps. */
static void load_tasks(struct loader *l, struct segment *s)
{
    struct run_plan *p = l->plan;
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->nops; i++)
        n += p->ops[s->ops[i]].nsteps;
    s->tasks = arena_array(&p->arena, struct plan_task, n);
    for (uint32_t i = 0; i < s->nops; i++)
        for (uint32_t k = 0; k < p->ops[s->ops[i]].nsteps; k++)
            s->tasks[s->ntasks++] = (struct plan_task){.ops = &s->ops[i], .nops = 1};
}

static void check_places(struct loader *l, const json_t *entry, const char *address)
{
    const char *name;
    json_t *at;
    json_object_foreach(loader_member(l, entry, address, "places", JSON_OBJECT, false),
                        name, at)
    {
        loader_number(l, json_array_get(at, 0), "the line of a place", l->plan->nlines);
        loader_number(l, json_array_get(at, 1), "the column of a place", UINT32_MAX);
        loader_number(l, json_array_get(at, 2), "the end of a place", UINT32_MAX);
    }
}

/* What has to be known of an entry before its op's turn. */
static void load_entry(struct loader *l, const json_t *entry, struct document_part part)
{
    struct run_plan *p = l->plan;
    uint32_t index = loader_op_ref(
        l, loader_member(l, entry, "a call", "op", JSON_INTEGER, true), "a call");
    struct plan_op *op = &p->ops[index];
    const char *text = document_part(&l->document, part);
    bool steps = op_has_steps(p, index);
    if (op->entry.len)
        loader_refuse(l, "%s has two entries", op->address);
    const json_t *body =
        loader_member(l, entry, op->address, steps ? "steps" : "sequences",
                      steps ? JSON_ARRAY : JSON_OBJECT, true);
    check_places(l, entry, op->address);
    op->nsteps = steps ? (uint32_t)json_array_size(body) : 0;
    const char *key = loader_text(l, entry, op->address, "key", "");
    op->key = *key ? loader_keep(l, key) : NULL;
    const char *boot = loader_text(l, entry, op->address, "boot", "");
    op->boot = *boot ? loader_keep(l, boot) : NULL;
    op->checkable = json_object_get(entry, "needs") ||
                    json_array_size(json_object_get(body, "resolve"));
    const json_t *together = json_object_get(entry, "together");
    if (together)
        op->together = loader_op_refs(l, json_object_get(together, "ops"), "a batch",
                                      &op->ntogether);
    const char *become = json_string_value(
        json_object_get(json_object_get(entry, "result"), "become_password"));
    if (become)
        loader_secret(l, become, op);
    /* Most have none; dvoc writes the name as it is. */
    if (memmem(text, part.len, "\"$secret\"", strlen("\"$secret\"")))
        loader_secrets(l, entry, op);
    op->entry = (struct plan_entry){.at = part.at, .len = (uint32_t)part.len};
    digest_key26(text, part.len, op->entry.digest);
}

static void open_calls(struct loader *l)
{
    char *path = path_join(l->plan->dir, FILE_NAME);
    l->file = FILE_NAME;
    l->plan->calls = open(path, O_RDONLY | O_CLOEXEC);
    int error = errno;
    free(path);
    if (l->plan->calls < 0)
        loader_refuse(l, "%s", strerror(error));
    document_file(&l->document, l->plan->calls);
}

static void load_entries(struct loader *l)
{
    const json_t *entry;
    struct document_part part;
    loader_enter_list(l, "calls");
    while ((entry = loader_next_element(l, &part)))
        load_entry(l, entry, part);
}

void calls_load(struct loader *l)
{
    struct run_plan *p = l->plan;
    const char *name;
    bool any = false;
    bool needed = json_object_get(json_object_get(p->json, "artefacts"), FILE_NAME);
    for (uint32_t i = 1; i <= p->nops; i++)
        needed = needed || op_has_entry(p, i);
    if (!needed)
        return;
    open_calls(l);
    loader_begin(l, FILE_NAME, "dvo-calls/2");
    while ((name = loader_next_member(l))) {
        bool calls = !strcmp(name, "calls"), provider = !strcmp(name, "provider");
        if ((calls && any) || (provider && p->provider))
            loader_refuse(l, "the file has \"%s\" twice", name);
        any = any || calls;
        if (calls)
            load_entries(l);
        else if (provider)
            p->provider = loader_value(l);
        else
            json_decref(loader_value(l));
    }
    if (!any)
        loader_refuse(l, "the file has no \"calls\"");
    for (uint32_t op = 1; op <= p->nops; op++)
        if (op_has_entry(p, op) && !p->ops[op].entry.len)
            loader_refuse(l, "no entry for %s", p->ops[op].address);
    for (uint32_t k = 1; k <= p->nsegments; k++)
        if (p->segments[k].tool == TOOL_API)
            load_tasks(l, &p->segments[k]);
}

/* --- an op's turn ----------------------------------------------------------------------
 */

static bool read_part(int fd, uint64_t at, size_t len, struct buf *out)
{
    while (out->len < len) {
        ssize_t n = pread(fd, buf_reserve(out, len - out->len), len - out->len,
                          (off_t)(at + out->len));
        if (n > 0)
            out->len += (size_t)n;
        else if (n == 0 || errno != EINTR)
            return false;
    }
    return true;
}

/* Puts one key's hash into the place of another's. The hash is what all ways of writing a
 * key have in common, and nothing else holds it. */
static void replace_hash(struct buf *text, const struct plan_op *op)
{
    size_t n = strlen(op->rekeyed);
    const char *from = op->key + strlen(op->key) - n;
    char *at = text->p, *end = text->p + text->len;
    while ((at = memmem(at, (size_t)(end - at), from, n))) {
        memcpy(at, op->rekeyed, n);
        at += n;
    }
}

json_t *calls_entry(const struct run_plan *p, uint32_t op, struct fault *f)
{
    const struct plan_op *o = &p->ops[op];
    struct buf text = {0};
    char digest[sizeof o->entry.digest] = "";
    json_t *entry = NULL;
    if (read_part(p->calls, o->entry.at, o->entry.len, &text))
        digest_key26(text.p, text.len, digest);
    if (!strcmp(digest, o->entry.digest)) {
        if (o->rekeyed)
            replace_hash(&text, o);
        entry = json_loadb(text.p, text.len, JSON_ALLOW_NUL, NULL);
    }
    if (!entry)
        fault_set(f, DVO_EPROTO,
                  "%s/" FILE_NAME " was changed while the plan was carried out", p->dir);
    buf_free(&text);
    return entry;
}

struct plan_place calls_place(const struct run_plan *p, uint32_t op, const char *argument)
{
    const struct plan_op *o = &p->ops[op];
    struct plan_place place = {o->line, o->column, o->end};
    struct fault ignored = {0};
    json_t *entry = argument && o->entry.len ? calls_entry(p, op, &ignored) : NULL;
    const json_t *at =
        argument ? json_object_get(json_object_get(entry, "places"), argument) : NULL;
    if (at)
        place = (struct plan_place){(uint32_t)json_integer_value(json_array_get(at, 0)),
                                    (uint32_t)json_integer_value(json_array_get(at, 1)),
                                    (uint32_t)json_integer_value(json_array_get(at, 2))};
    json_decref(entry);
    fault_free(&ignored);
    return place;
}
