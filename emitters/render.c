/* Stamps templates out. Values in graphs have no holes, so one replacement at the top of
 * a value is enough until the walk meets the next part of a template. */
#include "emitters/render.h"

#include <stdlib.h>
#include <string.h>

#include "emitters/json.h"
#include "emitters/value_json.h"
#include "ir/base/digest.h"
#include "ir/identity.h"
#include "ir/move.h"

enum {
    KEY_PROJECT = 20,   /* characters of the project that fit into a nova tag */
    HOST_LABEL = 63,    /* longest label of a host name */
    LABEL_LENGTH = 255, /* longest value that nova and cinder keep */
    MACHINES_LISTED = 3,
};

bool render_is(const struct emission *e, val_id v, const char *s)
{
    return val_get(e->values, v)->kind == IR_STR &&
           !strcmp(emission_text(e, val_get(e->values, v)->as.n), s);
}

void render_key(struct emission *e, op_id op, char separator, struct buf *out)
{
    const char *project = e->graph->project;
    if (e->key_op != op) {
        struct buf name = {0};
        buf_str(&name, project);
        buf_char(&name, '\n');
        str_id address = graph_made_as(e->graph, op);
        buf_add(&name, emission_text(e, address), intern_len(e->strings, address));
        digest_key26(name.p, name.len, e->key);
        buf_free(&name);
        e->key_op = op;
    }
    buf_str(out, "dvo");
    buf_char(out, separator);
    for (size_t i = 0; project[i] && i < KEY_PROJECT; i++) {
        char c = project[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        buf_char(out, fits ? c : '-');
    }
    buf_char(out, separator);
    buf_str(out, e->key);
}

bool render_args_short(struct emission *e, op_id op, struct buf *out)
{
    size_t begin = out->len;
    value_json_args_text(e, op, out);
    if (out->len - begin <= LABEL_LENGTH)
        return false;
    char digest[DIGEST_TEXT_SIZE];
    digest_text(out->p + begin, out->len - begin, digest);
    out->len = begin;
    buf_str(out, digest);
    return true;
}

/* A host name made of an address: one label of letters, digits and hyphens. */
static void render_host_name(const char *address, struct buf *out)
{
    for (; *address && out->len < HOST_LABEL; address++) {
        char c = *address;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            buf_char(out, c);
        else if (out->len && out->p[out->len - 1] != '-')
            buf_char(out, '-');
    }
    while (out->len && out->p[out->len - 1] == '-')
        out->len--;
    if (!out->len)
        buf_str(out, "machine");
}

static void display_str(struct emission *e, str_id s, struct buf *out)
{
    buf_display(out, emission_text(e, s), intern_len(e->strings, s));
}

static void display_address(const struct emission *e, op_id op, struct buf *out)
{
    str_id address = e->graph->ops[op].address;
    buf_display(out, emission_text(e, address), intern_len(e->strings, address));
}

void render_machines(const struct emission *e, const struct plan_segment *s,
                     struct buf *out)
{
    uint32_t last = s->nparts - 1;
    for (uint32_t i = 0; i <= last; i++) {
        if (i > 0)
            buf_str(out, last >= MACHINES_LISTED ? " to " : ", ");
        display_address(e, s->parts[i].machine, out);
        if (last >= MACHINES_LISTED && i == 0)
            i = last - 1;
    }
}

static void render_machine(const struct emission *e, op_id op, struct buf *out)
{
    const struct plan_segment *many = emission_many(e, op);
    if (many)
        render_machines(e, many, out);
    else
        buf_str(out, emission_text(e, e->graph->ops[e->graph->ops[op].subject].address));
}

static val_id render_self(struct emission *e, op_id op, const char *fact)
{
    struct buf text = {0};
    if (!strcmp(fact, "address"))
        return val_str(e->values, e->graph->ops[op].address);
    if (!strcmp(fact, "project"))
        return val_text(e->values, e->graph->project, strlen(e->graph->project));
    if (!strcmp(fact, "machine_id"))
        return val_ref(e->values, e->graph->ops[op].subject,
                       intern_cstr(e->strings, "id"));
    if (!strcmp(fact, "key"))
        render_key(e, op, ':', &text);
    else if (!strcmp(fact, "key_name"))
        render_key(e, op, '-', &text);
    else if (!strcmp(fact, "host_name"))
        render_host_name(emission_text(e, e->graph->ops[op].address), &text);
    else if (!strcmp(fact, "machine"))
        render_machine(e, op, &text);
    else if (!strcmp(fact, "call"))
        buf_str(&text, emission_text(e, graph_call(e->graph, op)->name));
    else if (!strcmp(fact, "args_json"))
        value_json_args_text(e, op, &text);
    else if (!strcmp(fact, "args_short"))
        render_args_short(e, op, &text);
    else
        emission_error(e, EMIT_VALUE, op, "no fact of an op is called '%s'", fact);
    val_id v = val_text(e->values, buf_text(&text), text.len);
    buf_free(&text);
    return v;
}

static val_id render_field(struct emission *e, op_id op, val_id v)
{
    str_id field = val_get(e->values, val_items(e->values, v)[1])->as.n;
    val_id handle = render_value(e, op, val_items(e->values, v)[0]);
    const struct ir_value *of = val_get(e->values, handle);
    if (of->kind != IR_HANDLE)
        return VAL_NONE;
    if (!strcmp(emission_text(e, field), "address"))
        return val_str(e->values, e->graph->ops[of->as.n].address);
    return val_ref(e->values, of->as.n, field);
}

val_id render_value(struct emission *e, op_id op, val_id v)
{
    const struct ir_value *value = val_get(e->values, v);
    if (value->kind == IR_FIELD)
        return render_field(e, op, v);
    if (value->kind == IR_SELF)
        return render_self(e, op, emission_text(e, value->as.n));
    if (value->kind != IR_HOLE)
        return v;
    uint32_t arg = value->as.hole.arg, item = value->as.hole.item;
    const struct call_info *call = graph_call(e->graph, op);
    if (arg >= call->nargs)
        die("%s has no argument %u", emission_text(e, call->name), arg);
    v = graph_args(e->graph, op)[arg];
    if (!v)
        v = call->args[arg].fallback;
    value = val_get(e->values, v);
    if (!item)
        return v;
    /* A single thing may stand where a list of them is allowed. */
    if (value->kind != IR_LIST)
        return item == 1 ? v : VAL_NONE;
    return item <= value->count ? val_items(e->values, v)[item - 1] : VAL_NONE;
}

static void render_literal(struct render_pieces *out, size_t begin)
{
    size_t len = out->text.len - begin;
    if (!len)
        return;
    if (out->n && !out->v[out->n - 1].value) {
        out->v[out->n - 1].len += len;
        return;
    }
    *vec_push(out) = (struct render_piece){0, begin, len};
}

static void render_parts(struct emission *e, op_id op, val_id v,
                         struct render_pieces *out)
{
    v = render_value(e, op, v);
    const struct ir_value *value = val_get(e->values, v);
    size_t begin = out->text.len;
    switch (value->kind) {
    case IR_ABSENT: break;
    case IR_NONE: buf_str(&out->text, "None"); break;
    case IR_BOOL: buf_str(&out->text, value->as.n ? "True" : "False"); break;
    case IR_INT: buf_int(&out->text, value->as.i); break;
    case IR_FLOAT: buf_printf(&out->text, "%.17g", value->as.f); break;
    case IR_STR:
        buf_add(&out->text, emission_text(e, value->as.n),
                intern_len(e->strings, value->as.n));
        break;
    case IR_TEXT: {
        uint32_t count = value->count;
        /* By index: stamping may add values and move the pool. */
        for (uint32_t i = 0; i < count; i++)
            render_parts(e, op, val_items(e->values, v)[i], out);
        return;
    }
    case IR_LIST:
    case IR_DICT:
    case IR_NATIVE:
        emission_error(e, EMIT_VALUE, op, "a list or dict cannot be part of a text");
        break;
    default: *vec_push(out) = (struct render_piece){v, 0, 0}; return;
    }
    render_literal(out, begin);
}

void render_text(struct emission *e, op_id op, val_id v, struct render_pieces *out)
{
    buf_clear(&out->text);
    out->n = 0;
    render_parts(e, op, v, out);
}

void render_free(struct render_pieces *p)
{
    buf_free(&p->text);
    free(p->v);
    *p = (struct render_pieces){0};
}

static void display_list(struct emission *e, op_id op, val_id v, struct buf *out)
{
    for (uint32_t i = 0; i < val_get(e->values, v)->count; i++) {
        if (i)
            buf_str(out, ", ");
        render_display(e, op, val_items(e->values, v)[i], out);
    }
}

void render_display(struct emission *e, op_id op, val_id v, struct buf *out)
{
    const struct ir_value hole = *val_get(e->values, v);
    v = render_value(e, op, v);
    struct ir_value value = *val_get(e->values, v);
    switch (value.kind) {
    case IR_STR: display_str(e, value.as.n, out); break;
    case IR_TEXT:
        for (uint32_t i = 0; i < value.count; i++)
            render_display(e, op, val_items(e->values, v)[i], out);
        break;
    case IR_LIST: display_list(e, op, v, out); break;
    case IR_DICT: {
        val_id name = val_dict_get(e->values, v, "package");
        if (name)
            render_display(e, op, name, out);
        else
            buf_str(out, "{...}");
        break;
    }
    case IR_REF:
        buf_char(out, '{');
        display_str(e, e->graph->ops[value.as.ref.op].address, out);
        buf_char(out, '.');
        display_str(e, value.as.ref.field, out);
        buf_char(out, '}');
        break;
    case IR_GET:
        render_display(e, op, val_items(e->values, v)[0], out);
        out->len -= out->len && out->p[out->len - 1] == '}';
        buf_char(out, '(');
        render_display(e, op, val_items(e->values, v)[1], out);
        buf_str(out, ")}");
        break;
    case IR_SECRET:
        buf_str(out, "{secret ");
        display_str(e, value.as.n, out);
        buf_char(out, '}');
        break;
    case IR_HANDLE: display_str(e, e->graph->ops[value.as.n].address, out); break;
    case IR_EACH:
        buf_char(out, '{');
        if (hole.kind == IR_HOLE)
            display_str(e, graph_call(e->graph, op)->args[hole.as.hole.arg].name, out);
        else
            buf_str(out, "...");
        buf_char(out, '}');
        break;
    case IR_VAR:
    case IR_PROVIDER:
        buf_char(out, '{');
        display_str(e, value.as.n, out);
        buf_char(out, '}');
        break;
    case IR_COND:
    case IR_RESULT:
    case IR_EXPR: buf_str(out, "{...}"); break;
    default: {
        struct render_pieces pieces = {0};
        render_text(e, op, v, &pieces);
        buf_add(out, buf_text(&pieces.text), pieces.text.len);
        render_free(&pieces);
        break;
    }
    }
}

void render_title(struct emission *e, op_id op, struct buf *out)
{
    const struct plan_template *t = emission_template(e, op);
    size_t before = out->len;
    if (t && t->title)
        render_display(e, op, t->title, out);
    if (out->len > before)
        return;
    const char *name = emission_text(e, graph_call(e->graph, op)->name);
    buf_char(out, (char)(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name));
    buf_printf(out, "%s %s", *name ? name + 1 : "",
               emission_text(e, e->graph->ops[op].address));
}

void render_address(struct emission *e, op_id op, struct buf *out)
{
    if (!emission_many(e, op)) {
        display_str(e, e->graph->ops[op].address, out);
        return;
    }
    display_str(e, graph_call(e->graph, op)->member, out);
    buf_char(out, '(');
    identity_of_op(e->graph, op, out);
    buf_char(out, ')');
}

void render_place(struct emission *e, op_id op, struct buf *out)
{
    const struct op *o = &e->graph->ops[op];
    if (o->span.file) {
        struct source_pos at = source_pos(e->graph->sources, o->span.file, o->span.begin);
        const char *path = source_get(e->graph->sources, o->span.file)->name;
        buf_str(out, path);
        buf_char(out, ':');
        buf_int(out, at.line);
        buf_char(out, ' ');
    }
    render_address(e, op, out);
}

void render_each_place(struct emission *e, op_id op, struct buf *text,
                       void (*each)(void *ctx, const char *text, size_t len), void *ctx)
{
    val_id members = e->graph->ops[op].members;
    for (uint32_t i = 0; i == 0 || i < val_count(e->values, members); i++) {
        buf_clear(text);
        render_place(
            e, members ? val_get(e->values, val_items(e->values, members)[i])->as.n : op,
            text);
        each(ctx, buf_text(text), text->len);
    }
}
