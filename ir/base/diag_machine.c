/* Diagnostics for programs: our own JSON, SARIF 2.1.0, and the workflow commands of
 * GitHub Actions. */
#include <string.h>

#include "dvo_config.h"
#include "ir/base/diag_format.h"

static const char *diag_level_name(enum diag_level level)
{
    return level == DIAG_ERROR ? "error" : level == DIAG_WARNING ? "warning" : "note";
}

/* `,"name":` and the text as JSON. */
static void member_text(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\"%s\":", name);
    buf_json(out, text, strlen(text));
}

struct region {
    struct source_pos begin;
    struct source_pos end; /* behind the last character */
};

static struct region region_of(struct sources *s, struct span at)
{
    return (struct region){source_pos(s, at.file, at.begin),
                           source_pos(s, at.file, at.end < at.begin ? at.begin : at.end)};
}

/* The members that say where: none if the span is about no place. */
static void json_place(const struct diag_list *list, struct buf *out, struct span at)
{
    if (!at.file)
        return;
    struct region r = region_of(list->sources, at);
    member_text(out, "file", source_get(list->sources, at.file)->path);
    buf_printf(out, ",\"line\":%u,\"column\":%u,\"endLine\":%u,\"endColumn\":%u",
               r.begin.line, r.begin.column, r.end.line, r.end.column);
}

void diag_format_json(const struct diag_list *list, struct buf *out)
{
    buf_printf(out, "{\"version\":1,\"errors\":%u,\"diagnostics\":[", list->errors);
    for (size_t i = 0; i < list->n; i++) {
        const struct diag *g = list->v[i];
        buf_printf(out, "%s\n{\"level\":\"%s\"", i ? "," : "", diag_level_name(g->level));
        if (g->code)
            buf_printf(out, ",\"code\":\"DVO%04u\"", g->code);
        json_place(list, out, g->span);
        member_text(out, "message", g->message);
        if (g->help)
            member_text(out, "help", g->help);
        buf_str(out, ",\"related\":[");
        for (const struct diag_related *r = g->related; r; r = r->next) {
            buf_str(out, r == g->related ? "{\"message\":" : ",{\"message\":");
            buf_json(out, r->message, strlen(r->message));
            json_place(list, out, r->span);
            buf_char(out, '}');
        }
        buf_str(out, "]}");
    }
    buf_str(out, "\n]}\n");
}

/* A path as a JSON string with a relative or file URI in it. */
static void sarif_uri(struct buf *out, const char *path)
{
    struct buf uri = {0};
    if (path[0] == '/')
        buf_str(&uri, "file://");
    for (const char *p = path; *p; p++) {
        if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
            (*p >= '0' && *p <= '9') || strchr("-._~/", *p))
            buf_char(&uri, *p);
        else
            buf_printf(&uri, "%%%02X", (unsigned char)*p);
    }
    buf_json(out, buf_text(&uri), uri.len);
    buf_free(&uri);
}

static void sarif_location(const struct diag_list *list, struct buf *out, struct span at,
                           const char *message)
{
    buf_char(out, '{');
    if (at.file) {
        struct region r = region_of(list->sources, at);
        buf_str(out, "\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
        sarif_uri(out, source_get(list->sources, at.file)->path);
        buf_printf(out,
                   "},\"region\":{\"startLine\":%u,\"startColumn\":%u,"
                   "\"endLine\":%u,\"endColumn\":%u}}",
                   r.begin.line, r.begin.column, r.end.line, r.end.column);
    }
    if (message) {
        buf_printf(out, "%s\"message\":{\"text\":", at.file ? "," : "");
        buf_json(out, message, strlen(message));
        buf_char(out, '}');
    }
    buf_char(out, '}');
}

static void sarif_result(const struct diag_list *list, struct buf *out,
                         const struct diag *g)
{
    struct buf text = {0};
    buf_str(&text, g->message);
    if (g->help)
        buf_printf(&text, "\nhelp: %s", g->help);
    buf_printf(out,
               "{\"ruleId\":\"DVO%04u\",\"level\":\"%s\",\"message\":{\"text\":", g->code,
               diag_level_name(g->level));
    buf_json(out, text.p, text.len);
    buf_char(out, '}');
    buf_free(&text);
    if (g->span.file) {
        buf_str(out, ",\"locations\":[");
        sarif_location(list, out, g->span, NULL);
        buf_char(out, ']');
    }
    for (const struct diag_related *r = g->related; r; r = r->next) {
        buf_str(out, r == g->related ? ",\"relatedLocations\":[" : ",");
        sarif_location(list, out, r->span, r->message);
        if (!r->next)
            buf_char(out, ']');
    }
    buf_char(out, '}');
}

void diag_format_sarif(const struct diag_list *list, struct buf *out)
{
    buf_str(out,
            "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
            "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"dvoc\","
            "\"version\":\"" DVO_VERSION "\"}},\"columnKind\":\"unicodeCodePoints\","
            "\"results\":[");
    for (size_t i = 0; i < list->n; i++) {
        buf_str(out, i ? ",\n" : "\n");
        sarif_result(list, out, list->v[i]);
    }
    buf_str(out, "\n]}]}\n");
}

/* Text in a workflow command; in its properties `:` and `,` are special too. */
static void github_text(struct buf *out, const char *s, bool property)
{
    for (; *s; s++) {
        bool special = *s == '%' || *s == '\r' || *s == '\n' ||
                       (property && (*s == ':' || *s == ','));
        if (special)
            buf_printf(out, "%%%02X", (unsigned char)*s);
        else
            buf_char(out, *s);
    }
}

void diag_format_github(const struct diag_list *list, struct buf *out)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct diag *g = list->v[i];
        buf_printf(out, "::%s title=DVO%04u",
                   g->level == DIAG_NOTE ? "notice" : diag_level_name(g->level), g->code);
        if (g->span.file) {
            struct region r = region_of(list->sources, g->span);
            buf_str(out, ",file=");
            github_text(out, source_get(list->sources, g->span.file)->path, true);
            buf_printf(out, ",line=%u,endLine=%u,col=%u", r.begin.line, r.end.line,
                       r.begin.column);
            /* Columns over several lines are not understood. */
            if (r.begin.line == r.end.line)
                buf_printf(out, ",endColumn=%u", r.end.column);
        }
        buf_str(out, "::");
        github_text(out, g->message, false);
        for (const struct diag_related *r = g->related; r; r = r->next) {
            buf_str(out, "%0Anote: ");
            if (r->span.file) {
                github_text(out, source_get(list->sources, r->span.file)->path, false);
                buf_printf(out, ":%u: ",
                           source_pos(list->sources, r->span.file, r->span.begin).line);
            }
            github_text(out, r->message, false);
        }
        if (g->help) {
            buf_str(out, "%0Ahelp: ");
            github_text(out, g->help, false);
        }
        buf_char(out, '\n');
    }
}
