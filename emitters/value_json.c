/* Writes values as JSON. Known data is itself; what only running tells is an object with
 * one key that begins with "$". */
#include "emitters/value_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emitters/boot.h"
#include "emitters/render.h"

struct value_writer {
    struct emission *e;
    op_id op;
    bool addresses; /* ops by address instead of number */
    bool keeping;   /* what is written is kept as a whole */
    struct json *j;
};

static void write_value(const struct value_writer *w, val_id v);

static void write_str(const struct value_writer *w, str_id s)
{
    const char *text = emission_text(w->e, s);
    size_t len = intern_len(w->e->strings, s);
    if (!utf8_valid(text, len)) {
        struct diag *d =
            emission_error(w->e, EMIT_NOT_TEXT, w->op,
                           "this text is not UTF-8, so no plan can carry it");
        diag_help(w->e->diags, d,
                  "give the file itself, with source=, instead of its content");
    }
    json_put_text(w->j, text, len);
}

static void write_op(const struct value_writer *w, op_id op)
{
    if (w->addresses)
        write_str(w, w->e->graph->ops[op].address);
    else
        json_put_int(w->j, op);
}

/* {"$name": [ ... */
static void tag_array(const struct value_writer *w, const char *tag)
{
    json_put_object_compact(w->j);
    json_put_name(w->j, tag);
    json_put_array_compact(w->j);
}

static void tag_array_end(const struct value_writer *w)
{
    json_put_array_end(w->j);
    json_put_object_end(w->j);
}

static void write_tagged_name(const struct value_writer *w, const char *tag, str_id s)
{
    json_put_object_compact(w->j);
    json_put_name(w->j, tag);
    write_str(w, s);
    json_put_object_end(w->j);
}

static void write_text(const struct value_writer *w, val_id v)
{
    struct render_pieces pieces = {0};
    render_text(w->e, w->op, v, &pieces);
    const char *text = buf_text(&pieces.text);
    if (!utf8_valid(text, pieces.text.len))
        emission_error(w->e, EMIT_NOT_TEXT, w->op,
                       "this text is not UTF-8, so no plan can carry it");
    if (!pieces.n || (pieces.n == 1 && !pieces.v[0].value)) {
        json_put_text(w->j, text, pieces.text.len);
    } else {
        tag_array(w, "$text");
        for (size_t i = 0; i < pieces.n; i++) {
            const struct render_piece *p = &pieces.v[i];
            if (p->value)
                write_value(w, p->value);
            else
                json_put_text(w->j, text + p->begin, p->len);
        }
        tag_array_end(w);
    }
    render_free(&pieces);
}

static void write_dict(const struct value_writer *w, val_id v)
{
    uint32_t count = val_get(w->e->values, v)->count;
    bool marked = false; /* some key looks like one of our own */
    for (uint32_t i = 0; i < count; i++) {
        size_t len;
        const char *key = render_bytes(w->e, val_items(w->e->values, v)[2 * i], &len);
        marked |= len && key[0] == '$';
    }
    if (marked)
        tag_array(w, "$dict");
    else
        json_put_object_compact(w->j);
    for (uint32_t i = 0; i < count; i++) {
        size_t len;
        const char *key = render_bytes(w->e, val_items(w->e->values, v)[2 * i], &len);
        if (marked) {
            json_put_array_compact(w->j);
            json_put_text(w->j, key, len);
        } else {
            json_put_key(w->j, key, len);
        }
        write_value(w, val_items(w->e->values, v)[2 * i + 1]);
        if (marked)
            json_put_array_end(w->j);
    }
    if (marked)
        tag_array_end(w);
    else
        json_put_object_end(w->j);
}

static void write_cond(const struct value_writer *w, val_id v)
{
    static const char *const names[] = {
        [IR_COND_TRUE] = "true", [IR_COND_EQ] = "eq",   [IR_COND_NE] = "ne",
        [IR_COND_LT] = "lt",     [IR_COND_LE] = "le",   [IR_COND_GT] = "gt",
        [IR_COND_GE] = "ge",     [IR_COND_IN] = "in",   [IR_COND_NOT_IN] = "not_in",
        [IR_COND_NOT] = "not",   [IR_COND_ALL] = "all", [IR_COND_ANY] = "any",
    };
    struct ir_value value = *val_get(w->e->values, v);
    tag_array(w, "$cond");
    json_put_cstr(w->j, names[value.sub]);
    for (uint32_t i = 0; i < value.count; i++)
        write_value(w, val_items(w->e->values, v)[i]);
    tag_array_end(w);
}

static void write_ref(const struct value_writer *w, val_id ref, val_id argument)
{
    struct ir_value value = *val_get(w->e->values, ref);
    tag_array(w, argument ? "$get" : "$ref");
    write_op(w, value.as.ref.op);
    write_str(w, value.as.ref.field);
    if (argument)
        write_value(w, argument);
    tag_array_end(w);
}

static void write_list(const struct value_writer *w, val_id v)
{
    uint32_t count = val_get(w->e->values, v)->count;
    json_put_array_compact(w->j);
    for (uint32_t i = 0; i < count; i++)
        write_value(w, val_items(w->e->values, v)[i]);
    json_put_array_end(w->j);
}

/* Whether the value says the same for all ops. */
static bool same_for_all(const struct values *values, val_id v)
{
    const struct ir_value *value = val_get(values, v);
    switch (value->kind) {
    case IR_HOLE:
    case IR_SELF: return false;
    case IR_LIST:
    case IR_DICT:
    case IR_TEXT:
        for (uint32_t i = 0; i < value->count * (value->kind == IR_DICT ? 2 : 1); i++)
            if (!same_for_all(values, val_items(values, v)[i]))
                return false;
        return true;
    case IR_VAR:
    case IR_PROVIDER: return true;
    default: return value->kind < IR_REF;
    }
}

/* Writes a part of a template that says the same for all ops as it was written before:
 * most of what is stamped out is never looked at again. */
static bool write_kept(const struct value_writer *w, val_id v)
{
    struct emission *e = w->e;
    if (w->keeping || v < e->plan->first_value || v >= e->plan->end_value)
        return false;
    struct emission_kept *kept = &e->kept[v - e->plan->first_value];
    if (kept->state == KEPT_UNKNOWN) {
        kept->state = same_for_all(e->values, v) ? KEPT_SAME : KEPT_DIFFERS;
        kept->begin = e->kept_text.len;
        struct json j;
        json_begin(&j, &e->kept_text);
        struct value_writer keeper = {.e = e, .op = w->op, .keeping = true, .j = &j};
        if (kept->state == KEPT_SAME)
            write_value(&keeper, v);
        kept->len = e->kept_text.len - kept->begin;
    }
    if (kept->state == KEPT_SAME)
        json_put_written(w->j, e->kept_text.p + kept->begin, kept->len);
    return kept->state == KEPT_SAME;
}

/* The machine's user data is a file of the build. */
static bool write_boot(const struct value_writer *w, val_id v)
{
    const struct ir_value *value = val_get(w->e->values, v);
    if (value->kind != IR_SELF || strcmp(emission_text(w->e, value->as.n), "boot") != 0)
        return false;
    json_put_object_compact(w->j);
    json_put_name(w->j, "$file64");
    json_put_cstr(w->j, boot_path(w->e, w->op));
    json_put_object_end(w->j);
    return true;
}

static void write_value(const struct value_writer *w, val_id v)
{
    if (write_kept(w, v) || write_boot(w, v))
        return;
    v = render_value(w->e, w->op, v);
    struct ir_value value = *val_get(w->e->values, v);
    switch (value.kind) {
    case IR_ABSENT:
    case IR_NONE: json_put_null(w->j); break;
    case IR_BOOL: json_put_bool(w->j, value.as.n != 0); break;
    case IR_INT: json_put_int(w->j, value.as.i); break;
    case IR_FLOAT:
        if (isfinite(value.as.f)) {
            json_put_float(w->j, value.as.f);
        } else {
            emission_error(w->e, EMIT_VALUE, w->op,
                           "a plan cannot carry a number that is not finite");
            json_put_null(w->j);
        }
        break;
    case IR_STR: write_str(w, value.as.n); break;
    case IR_LIST: write_list(w, v); break;
    case IR_DICT: write_dict(w, v); break;
    case IR_NATIVE: write_value(w, val_items(w->e->values, v)[0]); break;
    case IR_REF: write_ref(w, v, 0); break;
    case IR_GET:
        write_ref(w, val_items(w->e->values, v)[0], val_items(w->e->values, v)[1]);
        break;
    case IR_TEXT: write_text(w, v); break;
    case IR_COND: write_cond(w, v); break;
    case IR_HANDLE:
        json_put_object_compact(w->j);
        json_put_name(w->j, "$handle");
        write_op(w, value.as.n);
        json_put_object_end(w->j);
        break;
    case IR_SECRET: write_tagged_name(w, "$secret", value.as.n); break;
    case IR_VAR: write_tagged_name(w, "$var", value.as.n); break;
    case IR_PROVIDER: write_tagged_name(w, "$provider", value.as.n); break;
    default:
        emission_error(w->e, EMIT_VALUE, w->op,
                       "a native expression or result stands where only a value can");
        json_put_null(w->j);
        break;
    }
}

void value_json(struct emission *e, op_id op, val_id v, struct json *j)
{
    write_value(&(struct value_writer){.e = e, .op = op, .j = j}, v);
}

void value_json_op(struct emission *e, op_id op, struct json *j)
{
    val_id members = e->graph->ops[op].members;
    if (!members) {
        json_put_int(j, op);
        return;
    }
    json_put_array_compact(j);
    for (uint32_t i = 0; i < val_count(e->values, members); i++)
        json_put_int(j, val_get(e->values, val_items(e->values, members)[i])->as.n);
    json_put_array_end(j);
}

void value_json_lines(struct emission *e, op_id op, val_id v, struct json *j)
{
    v = render_value(e, op, v);
    if (val_get(e->values, v)->kind != IR_LIST) {
        value_json(e, op, v, j);
        return;
    }
    json_put_array(j);
    for (uint32_t i = 0; i < val_get(e->values, v)->count; i++)
        value_json(e, op, val_items(e->values, v)[i], j);
    json_put_array_end(j);
}

static int compare_args(const void *x, const void *y, void *strings)
{
    const struct arg_info *a = *(const struct arg_info *const *)x;
    const struct arg_info *b = *(const struct arg_info *const *)y;
    return strcmp(intern_text(strings, a->name), intern_text(strings, b->name));
}

void value_json_args(struct emission *e, op_id op, struct json *j)
{
    const struct call_info *call = graph_call(e->graph, op);
    const struct arg_info **sorted = xcalloc(call->nargs, sizeof *sorted);
    for (uint32_t i = 0; i < call->nargs; i++)
        sorted[i] = &call->args[i];
    qsort_r(sorted, call->nargs, sizeof *sorted, compare_args, e->strings);
    struct value_writer w = {.e = e, .op = op, .addresses = true, .j = j};
    json_put_object_compact(j);
    for (uint32_t i = 0; i < call->nargs; i++) {
        val_id v = graph_args(e->graph, op)[sorted[i] - call->args];
        bool protect = sorted[i] - call->args == (ptrdiff_t)call->protect - 1;
        if (!v || v == VAL_NONE || protect ||
            val_equal(e->values, v, sorted[i]->fallback))
            continue;
        str_id name = sorted[i]->name;
        json_put_key(j, emission_text(e, name), intern_len(e->strings, name));
        write_value(&w, v);
    }
    json_put_object_end(j);
    free(sorted);
}

void value_json_args_text(struct emission *e, op_id op, struct buf *out)
{
    struct json j;
    json_begin(&j, out);
    value_json_args(e, op, &j);
}

/* Copies the file that a step may ask for, so that the folder is all a run needs. */
static void write_file(struct emission *e, op_id op, val_id file, struct json *j)
{
    size_t len, size = 0;
    const char *source = render_bytes(e, file, &len);
    const char *slash = strrchr(source, '/');
    const char *path =
        arena_printf(&e->arena, "api/files/%s", slash ? slash + 1 : source);
    emission_copy(e, op, path, source, &size);
    json_put_name(j, "file");
    json_put_cstr(j, path);
    json_put_name(j, "size");
    json_put_int(j, (int64_t)size);
}

void value_json_steps(struct emission *e, op_id op, val_id steps, struct json *j)
{
    struct value_writer w = {.e = e, .op = op, .j = j};
    uint32_t count = val_get(e->values, steps)->count;
    json_put_array(j);
    for (uint32_t i = 0; i < count; i++) {
        val_id step = val_items(e->values, steps)[i];
        if (val_get(e->values, step)->kind != IR_NATIVE)
            continue;
        val_id dict = val_items(e->values, step)[0];
        val_id params = val_dict_get(e->values, dict, "params");
        json_put_object_compact(j);
        json_put_name(j, "step");
        write_value(&w, val_dict_get(e->values, dict, "step"));
        val_id file = val_dict_get(e->values, dict, "file");
        if (file)
            write_file(e, op, render_value(e, op, file), j);
        json_put_name(j, "params");
        json_put_object(j);
        for (uint32_t k = 0; params && k < val_get(e->values, params)->count; k++) {
            val_id key = val_items(e->values, params)[2 * k];
            val_id v = render_value(e, op, val_items(e->values, params)[2 * k + 1]);
            size_t len;
            const char *name = render_bytes(e, key, &len);
            if (!v || v == VAL_NONE)
                continue;
            json_put_key(j, name, len);
            write_value(&w, v);
        }
        json_put_object_end(j);
        json_put_object_end(j);
    }
    json_put_array_end(j);
}
