/* Writes the preview from plan.json and api/calls.json, whether they are in a folder or
 * were only just made: what happens in which order, and what the tools will be told. */
#include "compiler/preview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/preview_calls.h"
#include "ir/graph.h"

#define PLAN "plan.json"
#define CALLS "api/calls.json"

struct page {
    const json_t *plan, *ops; /* plan.json, and its ops */
    struct preview_curl curl;
    const json_t **calls; /* per op id: its entry in calls.json, or NULL */
    preview_read_fn *read;
    void *ctx;
    struct buf path; /* of the file that was read last */
    bool inventory;  /* it has been shown */
    bool color;
    struct buf *out;
};

static const char *text_of(const json_t *object, const char *member)
{
    const char *s = json_string_value(json_object_get(object, member));
    return s ? s : "";
}

static size_t op_of(const json_t *op, const char *member)
{
    json_int_t id = json_integer_value(json_object_get(op, member));
    return id > 0 && id < UINT32_MAX ? (size_t)id : 0;
}

static void page_head(struct page *p, const char *s)
{
    buf_str(p->out, p->out->len ? "\n" : "");
    buf_str(p->out, p->color ? "\033[1m" : "");
    buf_str(p->out, s);
    buf_str(p->out, p->color ? "\033[0m\n\n" : "\n\n");
}

/* Comments are dim on terminals. */
static void comment_begin(struct page *p)
{
    buf_str(p->out, p->color ? "\033[2m# " : "# ");
}

static void comment_end(struct page *p)
{
    buf_str(p->out, p->color ? "\033[0m\n" : "\n");
}

/* "FILE:LINE ADDRESS". */
static void page_place(struct page *p, const json_t *op)
{
    const json_t *at = json_object_get(op, "at");
    const json_t *line =
        json_array_get(json_object_get(p->plan, "lines"),
                       (size_t)json_integer_value(json_array_get(at, 0)));
    const json_t *file =
        json_array_get(json_object_get(p->plan, "files"),
                       (size_t)json_integer_value(json_array_get(line, 0)));
    const char *path = json_string_value(file);
    if (at && path) {
        buf_display(p->out, path, strlen(path));
        buf_char(p->out, ':');
        buf_int(p->out, json_integer_value(json_array_get(line, 1)));
        buf_char(p->out, ' ');
    }
    const char *address = text_of(op, "address");
    buf_display(p->out, address, strlen(address));
}

static void page_tool(struct page *p, const json_t *op)
{
    char tool[64];
    const char *way = text_of(op, "do");
    if (!strcmp(way, "segment"))
        snprintf(tool, sizeof tool, "%s %zu", text_of(op, "backend"),
                 op_of(op, "segment"));
    else
        snprintf(tool, sizeof tool, "%s", !strcmp(way, "builtin") ? "dvo" : "api");
    buf_printf(p->out, "%-11s  ", tool);
}

/* The ops as they will be done, by their ids: as the compiler orders them. */
static op_id *page_sort(struct page *p, size_t *count)
{
    static const char *const edges[] = {"data", "machine", "after", "order"};
    struct graph g = {.ops = xcalloc(p->curl.names.n, sizeof *g.ops),
                      .n = p->curl.names.n};
    size_t i, k;
    json_t *op, *from;
    for (i = 0; i < g.n; i++)
        g.ops[i].flags = OP_DEAD;
    json_array_foreach(p->ops, i, op)
    {
        size_t id = op_of(op, "id");
        g.ops[id].flags = 0;
        for (size_t e = 0; e < sizeof edges / sizeof *edges; e++) {
            json_array_foreach(json_object_get(op, edges[e]), k, from)
            {
                json_int_t before = json_integer_value(from);
                if (before > 0 && (size_t)before < g.n)
                    graph_edge(&g, (op_id)before, (op_id)id, EDGE_DATA);
            }
        }
    }
    op_id *order = xcalloc(g.n, sizeof *order);
    graph_toposort(&g, order, count);
    free(g.ops);
    free(g.edges);
    return order;
}

static void page_order(struct page *p, const json_t **ops, const op_id *order,
                       size_t count)
{
    page_head(p, "Order");
    for (size_t i = 0; i < count; i++) {
        const json_t *op = ops[order[i]];
        buf_printf(p->out, "%5zu  ", i + 1);
        page_tool(p, op);
        const char *title = text_of(op, "title");
        buf_display(p->out, title, strlen(title));
        buf_str(p->out, "  ");
        comment_begin(p);
        page_place(p, op);
        comment_end(p);
    }
}

static void page_calls(struct page *p, const json_t **ops, const op_id *order,
                       size_t count)
{
    const struct preview_style style = {p->color ? "\033[2m# " : "# ",
                                        p->color ? "\033[0m\n" : "\n"};
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = p->calls[order[i]];
        if (!json_object_get(entry, "sequences"))
            continue;
        if (any) {
            buf_char(p->out, '\n');
        } else {
            page_head(p, "API calls");
            preview_login(&p->curl, &style, p->out);
        }
        any = true;
        comment_begin(p);
        page_place(p, ops[order[i]]);
        comment_end(p);
        preview_calls(&p->curl, &style, entry, p->out);
    }
}

/* The script of a tool run without a tool: a line of the step library per step. */
static void page_script(struct page *p, const json_t **ops, const json_t *segment)
{
    char name[48];
    size_t i, k;
    json_t *op, *step;
    /* Each machine has its own. */
    const json_t *machine = json_array_get(json_object_get(segment, "machines"), 0);
    snprintf(name, sizeof name, "api script %zu", op_of(segment, "id"));
    page_head(p, name);
    json_array_foreach(json_object_get(machine, "ops"), i, op)
    {
        size_t id = (size_t)json_integer_value(op);
        buf_str(p->out, i ? "\n" : "");
        comment_begin(p);
        page_place(p, ops[id]);
        comment_end(p);
        json_array_foreach(json_object_get(p->calls[id], "steps"), k, step)
        {
            preview_step(&p->curl.names, step, p->out);
            buf_char(p->out, '\n');
        }
    }
}

/* A playbook or recipe as it is, its comments dim on terminals: lines of their own. */
static void page_segment(struct page *p, const char *name, const char *s)
{
    page_head(p, name);
    if (!p->color) {
        buf_str(p->out, s);
        return;
    }
    for (size_t len; *s; s += len + (s[len] == '\n')) {
        len = strcspn(s, "\n");
        size_t blanks = strspn(s, " ");
        bool comment = s[blanks] == '#';
        buf_str(p->out, comment ? "\033[2m" : "");
        buf_add(p->out, s, len);
        buf_str(p->out, comment ? "\033[0m\n" : "\n");
    }
}

static bool page_read(struct page *p, const char *path, struct buf *out)
{
    buf_clear(&p->path);
    buf_str(&p->path, path);
    return p->read(p->ctx, path, out);
}

static bool page_file(struct page *p, const char *path)
{
    struct buf text = {0};
    bool ok = page_read(p, path, &text);
    if (ok)
        page_segment(p, path, buf_text(&text));
    buf_free(&text);
    return ok;
}

/* What each machine of a tool run has its own of, before what they share. */
static bool page_own(struct page *p, const json_t *segment)
{
    const json_t *machines = json_object_get(segment, "machines");
    bool ansible = !strcmp(text_of(segment, "tool"), "ansible"), ok = true;
    size_t i;
    json_t *machine;
    if (json_array_size(machines) < 2 || (ansible && p->inventory))
        return true;
    p->inventory |= ansible;
    if (ansible)
        return page_file(p, "ansible/inventory.yml");
    json_array_foreach(machines, i, machine)
    {
        struct buf path = {0};
        buf_printf(&path, "chef/nodes/%s.json", text_of(machine, "host"));
        ok = ok && page_file(p, buf_text(&path));
        buf_free(&path);
    }
    return ok;
}

static bool page_write(struct page *p)
{
    size_t i, count;
    json_t *op, *segment;
    const json_t **ops = xcalloc(p->curl.names.n, sizeof *ops);
    json_array_foreach(p->ops, i, op)
    {
        ops[op_of(op, "id")] = op;
        p->curl.names.addresses[op_of(op, "id")] = text_of(op, "address");
    }
    op_id *order = page_sort(p, &count);
    page_order(p, ops, order, count);
    page_calls(p, ops, order, count);
    free(order);
    bool ok = true;
    json_array_foreach(json_object_get(p->plan, "segments"), i, segment)
    {
        const char *file = text_of(segment, "file");
        if (*file)
            ok = ok && page_own(p, segment) && page_file(p, file);
        else
            page_script(p, ops, segment);
    }
    free(ops);
    return ok;
}

static json_t *page_json(struct page *p, const char *path)
{
    struct buf text = {0};
    json_t *v = NULL;
    if (page_read(p, path, &text)) {
        v = json_loadb(buf_text(&text), text.len, JSON_ALLOW_NUL, NULL);
        errno = EINVAL; /* for a file that holds something else */
    }
    int error = errno;
    buf_free(&text);
    errno = error;
    return v;
}

bool preview(preview_read_fn *read, void *ctx, bool color, struct buf *out,
             struct diags *diags)
{
    struct page page = {.color = color, .out = out, .read = read, .ctx = ctx};
    json_t *plan = page_json(&page, PLAN), *calls = NULL;
    bool ok = plan != NULL;
    /* Only builds with calls to make have that file. */
    if (ok && json_object_get(json_object_get(plan, "artefacts"), CALLS))
        ok = (calls = page_json(&page, CALLS)) != NULL;
    page.plan = plan;
    page.ops = json_object_get(plan, "ops");
    page.curl.provider = json_object_get(calls, "provider");
    size_t i;
    json_t *op;
    page.curl.names.n = 1;
    json_array_foreach(page.ops, i, op)
    {
        if (op_of(op, "id") >= page.curl.names.n)
            page.curl.names.n = op_of(op, "id") + 1;
    }
    page.curl.names.addresses =
        xcalloc(page.curl.names.n, sizeof *page.curl.names.addresses);
    page.calls = xcalloc(page.curl.names.n, sizeof *page.calls);
    json_array_foreach(json_object_get(calls, "calls"), i, op)
    {
        if (op_of(op, "op") < page.curl.names.n)
            page.calls[op_of(op, "op")] = op;
    }
    ok = ok && page_write(&page);
    if (!ok)
        diag_error(diags, 702, (struct span){0}, "cannot read %s of the build: %s",
                   buf_text(&page.path), strerror(errno));
    free(page.curl.names.addresses);
    free(page.calls);
    buf_free(&page.path);
    json_decref(plan);
    json_decref(calls);
    return ok;
}
