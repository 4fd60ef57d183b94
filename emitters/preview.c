/* Writes the preview: what happens in which order, and what the tools will be told. A
 * build keeps it as preview.txt; colours come when it is shown. */
#include "emitters/preview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emitters/api.h"
#include "emitters/emit.h"
#include "emitters/preview_curl.h"
#include "emitters/render.h"
#include "ir/base/file.h"

#define PAGE "preview.txt"

static const char head_order[] = "Order";
static const char head_calls[] = "API calls";

static void page_head(struct buf *out, const char *s)
{
    buf_printf(out, "%s%s\n\n", out->len ? "\n" : "", s);
}

static const char *op_tool(struct emission *e, op_id op)
{
    uint32_t segment = e->graph->ops[op].segment;
    if (segment)
        return arena_printf(&e->arena, "%s %u",
                            backend_name(e->plan->segments[segment].backend), segment);
    return api_has_calls(e, op) || api_has_steps(e, op) ? "api" : "dvo";
}

static void page_order(struct emission *e, struct buf *out)
{
    page_head(out, head_order);
    for (uint32_t i = 0; i < e->plan->norder; i++) {
        op_id op = e->plan->order[i];
        buf_printf(out, "%5u  %-11s  ", i + 1, op_tool(e, op));
        render_title(e, op, out);
        buf_str(out, "  # ");
        render_place(e, op, out);
        buf_char(out, '\n');
    }
}

static void page_sequence(struct emission *e, op_id op, val_id name, val_id steps,
                          struct buf *out)
{
    if (val_get(e->values, steps)->kind != IR_LIST)
        return;
    for (uint32_t i = 0; i < val_get(e->values, steps)->count; i++) {
        val_id step = val_items(e->values, steps)[i];
        if (val_get(e->values, step)->kind != IR_NATIVE)
            continue;
        val_id http = val_items(e->values, step)[0];
        buf_str(out, "# ");
        render_display(e, op, name, out);
        val_id title = val_dict_get(e->values, http, "title");
        if (title) {
            buf_str(out, ": ");
            render_display(e, op, title, out);
        }
        buf_char(out, '\n');
        preview_curl(e, op, http, out);
        buf_char(out, '\n');
    }
}

static void page_calls(struct emission *e, struct buf *out)
{
    bool any = false;
    for (uint32_t i = 0; i < e->plan->norder; i++) {
        op_id op = e->plan->order[i];
        if (!api_has_calls(e, op))
            continue;
        if (any)
            buf_char(out, '\n');
        else
            page_head(out, head_calls);
        any = true;
        buf_str(out, "# ");
        render_place(e, op, out);
        buf_char(out, '\n');
        val_id sequences = emission_template(e, op)->steps;
        for (uint32_t k = 0; k < val_get(e->values, sequences)->count; k++)
            page_sequence(e, op, val_items(e->values, sequences)[2 * k],
                          val_items(e->values, sequences)[2 * k + 1], out);
    }
}

bool preview_emit(struct emission *e)
{
    struct buf page = {0};
    page_order(e, &page);
    page_calls(e, &page);
    artefact_put(&e->out, PAGE, buf_text(&page), page.len);
    buf_free(&page);
    return !e->failed && !e->out.failed;
}

/* Appends a page, on terminals with its headings bold and its comments dim. */
static void show(const char *s, bool color, struct buf *out)
{
    if (!color) {
        buf_str(out, s);
        return;
    }
    for (size_t len; *s; s += len) {
        len = strcspn(s, "\n");
        const char *comment = memmem(s, len, "# ", 2);
        bool head = (len == strlen(head_order) && !memcmp(s, head_order, len)) ||
                    (len == strlen(head_calls) && !memcmp(s, head_calls, len));
        /* Comments stand alone, or behind two blanks. */
        if (comment && comment > s &&
            (comment[-1] != ' ' || (comment > s + 1 && comment[-2] != ' ')))
            comment = NULL;
        size_t before = comment ? (size_t)(comment - s) : len;
        if (head)
            buf_printf(out, "\033[1m%.*s\033[0m", (int)len, s);
        else
            buf_add(out, s, before);
        if (comment)
            buf_printf(out, "\033[2m%.*s\033[0m", (int)(len - before), comment);
        buf_char(out, '\n');
        len += s[len] == '\n';
    }
}

static void show_playbook(const char *name, const char *text, bool color, struct buf *out)
{
    buf_printf(out, color ? "\n\033[1m%s\033[0m\n\n" : "\n%s\n\n", name);
    show(text, color, out);
}

bool preview(const struct plan *plan, bool color, struct buf *out, struct diags *diags)
{
    struct emission e;
    struct buf unused = {0};
    emission_begin(&e, plan, diags);
    artefacts_begin_memory(&e.out, &e.arena, diags);
    emission_find_program(&e, NULL);
    bool ok = emit_all(&e, &unused);
    size_t len;
    if (ok)
        show(artefact_text(&e.out, PAGE, &len), color, out);
    for (uint32_t i = 1; ok && i <= plan->nsegments; i++)
        if (e.segments[i].file)
            show_playbook(e.segments[i].file,
                          artefact_text(&e.out, e.segments[i].file, &len), color, out);
    buf_free(&unused);
    artefacts_free(&e.out);
    emission_free(&e);
    return ok;
}

bool preview_plan(const struct plan *plan, struct buf *out, struct diags *diags)
{
    struct emission e;
    emission_begin(&e, plan, diags);
    artefacts_begin_memory(&e.out, &e.arena, diags);
    emission_find_program(&e, NULL);
    bool ok = emit_all(&e, out);
    artefacts_free(&e.out);
    emission_free(&e);
    return ok;
}

bool preview_folder(const char *dir, bool color, struct buf *out, struct diags *diags)
{
    struct buf name = {0}, text = {0};
    buf_printf(&name, "%s/" PAGE, dir);
    bool ok = file_read(name.p, &text);
    if (ok)
        show(buf_text(&text), color, out);
    else
        diag_error(diags, EMIT_WRITE, (struct span){0}, "cannot read %s: %s", name.p,
                   strerror(errno));
    /* Runs are numbered without gaps, but not all are Ansible's. */
    unsigned missing = 0;
    for (unsigned i = 1; ok && missing < 100; i++) {
        buf_clear(&name);
        buf_clear(&text);
        buf_printf(&name, "%s/ansible/segment-%u.yml", dir, i);
        missing = file_read(name.p, &text) ? 0 : missing + 1;
        if (!missing)
            show_playbook(name.p + strlen(dir) + 1, buf_text(&text), color, out);
    }
    buf_free(&name);
    buf_free(&text);
    return ok;
}
