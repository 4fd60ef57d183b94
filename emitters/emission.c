/* The shared part of an emission, and where the program's folder is as seen from the
 * build. */
#include "emitters/emission.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/file.h"

void emission_begin(struct emission *e, const struct plan *plan, struct diags *diags)
{
    *e = (struct emission){.plan = plan, .graph = plan->graph, .diags = diags};
    e->values = &plan->graph->values;
    e->strings = plan->graph->strings;
    e->segments = arena_array(&e->arena, struct emission_segment, plan->nsegments + 1);
    e->kept =
        arena_array(&e->arena, struct emission_kept, plan->end_value - plan->first_value);
    e->out.lock = e->out.stage = -1;
    e->program_dir = e->program_way = "";
    /* Those of ops come first, in program order. */
    for (op_id op = 1; op < e->graph->n; op++)
        if (!(e->graph->ops[op].flags & OP_DEAD) && e->graph->ops[op].span.file)
            lines_note(&e->lines, e->graph->sources, e->graph->ops[op].span);
}

void emission_free(struct emission *e)
{
    for (uint32_t i = 0; i <= e->plan->nsegments; i++) {
        free(e->segments[i].tasks.v);
        free(e->segments[i].registers.v);
        free(e->segments[i].vars.v);
        free(e->segments[i].secrets.v);
    }
    lines_free(&e->lines);
    buf_free(&e->kept_text);
    arena_free(&e->arena);
}

struct diag *emission_error(struct emission *e, unsigned code, op_id op, const char *fmt,
                            ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *message = diag_vformat(&e->arena, fmt, ap);
    va_end(ap);
    e->failed = true;
    struct span at = op ? e->graph->ops[op].span : (struct span){0};
    struct diag *d = diag_error(e->diags, code, at, "%s", message);
    if (op && code == EMIT_VALUE)
        diag_related(e->diags, d, graph_call(e->graph, op)->span, "its record");
    return d;
}

void emission_copy(struct emission *e, op_id op, const char *path, const char *source,
                   size_t *size)
{
    const char *from =
        *source == '/' ? source : arena_printf(&e->arena, "%s%s", e->program_dir, source);
    errno = 0;
    if (artefact_copy(&e->out, path, from, size) || e->out.failed)
        return;
    const char *name = strrchr(path, '/');
    if (errno)
        emission_error(e, EMIT_FILE, op, "cannot read %s: %s", source, strerror(errno));
    else
        emission_error(e, EMIT_FILE, op, "two different files are both called %s",
                       name ? name + 1 : path);
}

/* The path by which the program was opened: graph.program may be its name alone. */
static const char *program_path(const struct emission *e)
{
    const char *program = e->graph->program ? e->graph->program : "";
    const struct sources *s = e->graph->sources;
    for (file_id i = 1; i < s->n; i++)
        if (s->v[i].role == SOURCE_PROGRAM && !strcmp(s->v[i].name, program))
            return s->v[i].path;
    return program;
}

/* "../.." from one absolute folder to another. */
static void relative_way(const char *from, const char *to, struct buf *out)
{
    size_t common = 0;
    for (size_t i = 0;; i++) {
        bool ends = (!from[i] || from[i] == '/') && (!to[i] || to[i] == '/');
        if (ends)
            common = i;
        if (!from[i] || from[i] != to[i])
            break;
    }
    for (const char *p = from + common; *p; p++)
        if (*p == '/' && p[1])
            buf_str(out, out->len ? "/.." : "..");
    const char *rest = to + common + (to[common] == '/');
    if (*rest)
        buf_printf(out, "%s%s", out->len ? "/" : "", rest);
    if (!out->len)
        buf_char(out, '.');
}

void emission_find_program(struct emission *e, const char *outdir)
{
    char *folder = path_dir(program_path(e));
    e->program_dir = arena_printf(&e->arena, "%s/", folder);
    char *from = outdir ? realpath(outdir, NULL) : NULL;
    char *to = realpath(folder, NULL);
    struct buf way = {0};
    if (from && to)
        relative_way(from, to, &way);
    e->program_way = arena_strndup(&e->arena, buf_text(&way), way.len);
    buf_free(&way);
    free(from);
    free(to);
    free(folder);
}
