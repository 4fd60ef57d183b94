/* Prints records. Nothing is known here but what the records say. */
#include "compiler/manual.h"

#include <inttypes.h>
#include <string.h>

#include "ir/errors.h"

static const char *text_of(const struct program *p, str_id s)
{
    return intern_text(&p->strings, s);
}

static void print_default(const struct program *p, val_id id, struct buf *out)
{
    const struct values *t = &p->graph.values;
    const struct ir_value *v = val_get(t, id);
    switch ((enum ir_kind)v->kind) {
    case IR_NONE: buf_str(out, "None"); break;
    case IR_BOOL: buf_str(out, v->as.n ? "True" : "False"); break;
    case IR_INT: buf_printf(out, "%" PRId64, v->as.i); break;
    case IR_FLOAT: buf_printf(out, "%g", v->as.f); break;
    case IR_STR:
        buf_json(out, text_of(p, v->as.n), intern_len(&p->strings, v->as.n));
        break;
    case IR_LIST:
        buf_char(out, '[');
        for (uint32_t i = 0; i < v->count; i++) {
            buf_str(out, i ? ", " : "");
            print_default(p, val_items(t, id)[i], out);
        }
        buf_char(out, ']');
        break;
    case IR_DICT: buf_str(out, v->count ? "{...}" : "{}"); break;
    default: buf_str(out, "...");
    }
}

static void print_signature(const struct program *p, const struct call_info *info,
                            struct buf *out)
{
    const struct call_rules *rules = info->rules;
    buf_printf(out, "%s(", text_of(p, info->name));
    bool first = true;
    for (uint32_t i = 0; i < info->nargs; i++) {
        if (rules->internal & 1u << i)
            continue;
        buf_printf(out, "%s%s", first ? "" : ", ", text_of(p, info->args[i].name));
        first = false;
        if (info->args[i].fallback) {
            buf_char(out, '=');
            print_default(p, info->args[i].fallback, out);
        }
    }
    buf_str(out, ")\n");
}

static bool is_type_record(const struct program *p, const char *name)
{
    return map64_get(&p->glossary.types,
                     intern_cstr((struct intern *)&p->strings, name)) != 0 &&
           !strchr(name, '.');
}

bool manual_list(struct program *p, struct buf *out)
{
    const char *scope = "";
    size_t scope_len = 0;
    for (size_t i = 0; i < p->glossary.nnames; i++) {
        const char *name = p->glossary.names[i];
        call_id id = glossary_call(&p->glossary, name);
        if (!id) {
            if (p->diags.errors)
                return false;
            continue; /* the record of a handle type */
        }
        const struct call_info *info = &p->calls.v[id];
        const char *dot = strchr(name, '.');
        size_t len = dot ? (size_t)(dot - name) : 0;
        if (i && (len != scope_len || strncmp(name, scope, len) != 0))
            buf_char(out, '\n');
        scope = name;
        scope_len = len;
        buf_printf(out, "%-24s %s\n", name, info->doc ? info->doc : "");
    }
    return true;
}

static void print_arguments(struct program *p, const struct call_info *info,
                            struct buf *out)
{
    const struct call_rules *rules = info->rules;
    for (uint32_t i = 0; i < info->nargs; i++) {
        const struct arg_info *arg = &info->args[i];
        if (rules->internal & 1u << i)
            continue;
        buf_printf(out, "  %-12s %-14s %s", text_of(p, arg->name),
                   type_name(&p->strings, arg->type), arg->doc ? arg->doc : "");
        if (arg->fallback && arg->fallback != VAL_NONE) {
            buf_str(out, " (default ");
            print_default(p, arg->fallback, out);
            buf_char(out, ')');
        } else if (!arg->fallback) {
            buf_str(out, " (required)");
        }
        if (arg->secret)
            buf_str(out, "; may be secret");
        buf_char(out, '\n');
    }
    buf_str(out,
            "  and name= after= when= retries= timeout= via= on_error=, as every call\n");
}

static void print_result(struct program *p, const struct call_info *info, struct buf *out)
{
    const struct handle_type *t = &p->calls.types[info->result];
    buf_printf(out, "\nResult: %s\n  %-12s %-14s %s\n", text_of(p, t->name), "changed",
               "condition", "whether this run changed something");
    for (uint32_t i = 0; i < t->nfields; i++) {
        const struct field_info *f = &t->fields[i];
        struct type list = {.kind = TYPE_LIST, .item = f->type.kind};
        buf_printf(out, "  %-12s %-14s %s\n", text_of(p, f->name),
                   type_name(&p->strings, f->each ? list : f->type),
                   f->doc ? f->doc : "");
    }
}

bool manual_call(struct program *p, const char *name, struct buf *out)
{
    call_id id = glossary_call(&p->glossary, name);
    if (!id) {
        if (p->diags.errors || is_type_record(p, name))
            return false;
        struct diag *g = diag_error(&p->diags, 509, (struct span){0},
                                    "there is no system call named \"%s\"", name);
        const char *near = text_nearest(name, p->glossary.names, p->glossary.nnames);
        if (near)
            diag_help(&p->diags, g, "did you mean %s?", near);
        else
            diag_help(&p->diags, g, "`dvoc calls` lists them");
        return false;
    }
    const struct call_info *info = &p->calls.v[id];
    print_signature(p, info, out);
    buf_printf(out, "\n%s\n", info->doc ? info->doc : "");
    buf_str(out, "\nArguments:\n");
    print_arguments(p, info, out);
    print_result(p, info, out);
    if (info->backends) {
        buf_str(out, "\nBackends:");
        for (enum backend b = BACKEND_API; b < BACKEND_COUNT; b++)
            if (info->backends & 1u << b)
                buf_printf(out, " %s", backend_name(b));
        buf_char(out, '\n');
    }
    if (info->errors) {
        buf_str(out, "\nErrors:");
        for (enum dvo_error e = DVO_OK + 1; e < DVO_ERROR_COUNT; e++)
            if (info->errors & 1u << e)
                buf_printf(out, " %s", error_name(e));
        buf_char(out, '\n');
    }
    return true;
}
