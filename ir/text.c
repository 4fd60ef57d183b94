/* Prints the graph as .dvir text. Stable: the same graph gives the same bytes, and so
 * does the graph that is read back from them. */
#include "ir/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/digest.h"
#include "ir/move.h"

const char *const text_conditions[] = {
    [IR_COND_TRUE] = "true", [IR_COND_EQ] = "eq",   [IR_COND_NE] = "ne",
    [IR_COND_LT] = "lt",     [IR_COND_LE] = "le",   [IR_COND_GT] = "gt",
    [IR_COND_GE] = "ge",     [IR_COND_IN] = "in",   [IR_COND_NOT_IN] = "not_in",
    [IR_COND_NOT] = "not",   [IR_COND_ALL] = "all", [IR_COND_ANY] = "any",
};

struct printer {
    struct graph *g;
    struct buf *out;
    op_id op;            /* the one being printed: references by address go back only */
    struct map64 owners; /* address → its only op; UINT32_MAX if it has several */
    uint32_t *number;    /* per file_id: number in the text, 0 if unused */
    uint32_t numbers;
};

/* A string in double quotes: UTF-8 as it is, everything else escaped byte by byte. */
static void print_text(struct buf *out, const char *s, size_t len)
{
    buf_char(out, '"');
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)s[i];
        size_t width = c < 0x80 ? 1 : utf8_length(s + i, len - i);
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c == '\n')
            buf_str(out, "\\n");
        else if (c == '\t')
            buf_str(out, "\\t");
        else if (c < 0x20 || c == 0x7f || width == 0)
            buf_printf(out, "\\x%02x", c);
        else
            buf_add(out, s + i, width);
        i += width ? width : 1;
    }
    buf_char(out, '"');
}

static void print_string(struct printer *p, str_id s)
{
    print_text(p->out, intern_text(p->g->strings, s), intern_len(p->g->strings, s));
}

static void print_word(struct printer *p, str_id s)
{
    buf_add(p->out, intern_text(p->g->strings, s), intern_len(p->g->strings, s));
}

/* Addresses that read as one word: an identifier, then positions. */
static bool is_simple(const char *s)
{
    if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_'))
        return false;
    while ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_' ||
           (*s >= '0' && *s <= '9'))
        s++;
    while (*s == '[') {
        do
            s++;
        while (*s >= '0' && *s <= '9');
        if (*s++ != ']' || s[-2] == '[')
            return false;
    }
    return !*s;
}

static void print_ref(struct printer *p, op_id id)
{
    str_id address = p->g->ops[id].address;
    const char *text = intern_text(p->g->strings, address);
    if (id < p->op && is_simple(text) &&
        strlen(text) == intern_len(p->g->strings, address) &&
        map64_get(&p->owners, address) == id)
        buf_printf(p->out, "%%%s", text);
    else
        buf_printf(p->out, "%%%u", id);
}

static void print_value(struct printer *p, val_id id);

static void print_items(struct printer *p, val_id id, size_t from, char close)
{
    const struct ir_value *v = val_get(&p->g->values, id);
    for (size_t i = from; i < v->count; i++) {
        if (i > from)
            buf_str(p->out, ", ");
        print_value(p, val_items(&p->g->values, id)[i]);
    }
    buf_char(p->out, close);
}

static void print_float(struct printer *p, double f)
{
    if (isnan(f)) {
        buf_str(p->out, "nan");
    } else if (isinf(f)) {
        buf_str(p->out, f < 0 ? "-inf" : "inf");
    } else {
        char text[40];
        snprintf(text, sizeof text, "%.17g", f);
        buf_str(p->out, text);
        if (!strpbrk(text, ".e"))
            buf_str(p->out, ".0");
    }
}

static void print_field(struct printer *p, const struct ir_value *ref)
{
    print_ref(p, ref->as.ref.op);
    buf_char(p->out, '.');
    print_word(p, ref->as.ref.field);
}

static void print_value(struct printer *p, val_id id)
{
    const struct ir_value *v = val_get(&p->g->values, id);
    const val_id *items = val_items(&p->g->values, id);
    switch (v->kind) {
    case IR_NONE: buf_str(p->out, "None"); break;
    case IR_BOOL: buf_str(p->out, v->as.n ? "True" : "False"); break;
    case IR_INT: buf_printf(p->out, "%" PRId64, v->as.i); break;
    case IR_FLOAT: print_float(p, v->as.f); break;
    case IR_STR: print_string(p, v->as.n); break;
    case IR_LIST:
        buf_char(p->out, '[');
        print_items(p, id, 0, ']');
        break;
    case IR_DICT:
        buf_char(p->out, '{');
        for (uint32_t i = 0; i < v->count; i++) {
            buf_str(p->out, i ? ", " : "");
            print_value(p, items[2 * i]);
            buf_str(p->out, ": ");
            print_value(p, items[2 * i + 1]);
        }
        buf_char(p->out, '}');
        break;
    case IR_REF:
        print_field(p, v);
        buf_str(p->out, v->flags & IR_TAINTED ? "!" : "");
        break;
    case IR_GET:
        print_field(p, val_get(&p->g->values, items[0]));
        buf_char(p->out, '(');
        print_items(p, id, 1, ')');
        buf_str(p->out, v->flags & IR_TAINTED ? "!" : "");
        break;
    case IR_TEXT:
        buf_str(p->out, "text(");
        print_items(p, id, 0, ')');
        break;
    case IR_SECRET:
        buf_str(p->out, "secret(");
        print_string(p, v->as.n);
        buf_char(p->out, ')');
        break;
    case IR_COND:
        buf_printf(p->out, "%s(", text_conditions[v->sub]);
        print_items(p, id, 0, ')');
        break;
    case IR_HANDLE: print_ref(p, v->as.n); break;
    default: die("value of kind %u in a graph", v->kind);
    }
}

static void print_at(struct printer *p, struct span at, uint32_t frame)
{
    buf_printf(p->out, "at %u:%u-%u", at.file ? p->number[at.file] : 0, at.begin, at.end);
    if (frame)
        buf_printf(p->out, " in %u", frame);
    buf_char(p->out, '\n');
}

static void print_policy(struct printer *p, const struct op *op)
{
    if (op->binding) {
        buf_str(p->out, "    binding ");
        print_string(p, op->binding);
        buf_char(p->out, '\n');
    }
    buf_str(p->out, op->flags & OP_NAMED ? "    named\n" : "");
    buf_str(p->out, "    ");
    print_at(p, op->span, op->chain);
    if (op->backend)
        buf_printf(p->out, "    backend %s\n", backend_name(op->backend));
    if (op->when) {
        buf_str(p->out, "    when ");
        print_value(p, op->when);
        buf_char(p->out, '\n');
    }
    if (op->after) {
        buf_str(p->out, "    after ");
        print_value(p, op->after);
        buf_char(p->out, '\n');
    }
    if (op->batches) {
        buf_str(p->out, "    batches ");
        print_value(p, op->batches);
        buf_char(p->out, '\n');
    }
    if (op->retries >= 0)
        buf_printf(p->out, "    retries %d\n", op->retries);
    if (op->timeout_ms >= 0)
        buf_printf(p->out, "    timeout %d\n", op->timeout_ms);
    buf_str(p->out, op->flags & OP_CONTINUE ? "    continue\n" : "");
    buf_str(p->out, op->flags & OP_TAINTED ? "    tainted\n" : "");
}

/* Where what a provider is given is written, for messages of a run. */
static void print_places(struct printer *p, op_id id)
{
    const struct call_info *call = graph_call(p->g, id);
    for (uint32_t i = 0; call->provider && i < call->nargs; i++) {
        struct span at = graph_arg_place(p->g, id, i);
        if (!at.file)
            continue;
        buf_str(p->out, "    written ");
        print_word(p, call->args[i].name);
        buf_char(p->out, ' ');
        print_at(p, at, 0);
    }
}

static void print_op(struct printer *p, op_id id)
{
    const struct op *op = &p->g->ops[id];
    const struct call_info *call = graph_call(p->g, id);
    p->op = id;
    if (op->flags & OP_DEAD) {
        buf_printf(p->out, "dead %u ", id);
        print_word(p, call->name);
        buf_printf(p->out, " into %u\n", op->merged);
        return;
    }
    buf_printf(p->out, "op %u ", id);
    print_word(p, call->name);
    if (op->subject) {
        buf_str(p->out, " on ");
        print_ref(p, op->subject);
    }
    buf_char(p->out, ' ');
    print_string(p, op->address);
    buf_char(p->out, '\n');
    print_policy(p, op);
    print_places(p, id);
    for (uint32_t i = 0; i < call->nargs; i++) {
        val_id v = p->g->args[op->args + i];
        if (!v)
            continue;
        buf_str(p->out, "    ");
        print_word(p, call->args[i].name);
        buf_str(p->out, " = ");
        print_value(p, v);
        buf_char(p->out, '\n');
    }
}

static void print_pair(struct printer *p, const char *key, const char *text)
{
    if (!text)
        return;
    buf_printf(p->out, "%s ", key);
    print_text(p->out, text, strlen(text));
    buf_char(p->out, '\n');
}

static void print_source(struct printer *p, file_id file)
{
    if (!file || p->number[file])
        return;
    const struct source *s = source_get(p->g->sources, file);
    char digest[DIGEST_TEXT_SIZE];
    digest_text(s->text, s->len, digest);
    p->number[file] = ++p->numbers;
    buf_printf(p->out, "source %u ", p->numbers);
    print_text(p->out, s->name, strlen(s->name));
    buf_printf(p->out, " \"%s\"\n", digest);
}

static void print_header(struct printer *p)
{
    struct graph *g = p->g;
    buf_printf(p->out, "dvir %d\n", TEXT_VERSION);
    print_pair(p, "program", g->program);
    print_pair(p, "project", g->project);
    print_pair(p, "provider", g->provider);
    for (size_t i = 0; i < g->npins; i++) {
        const char *parts[] = {g->pins[i].package, g->pins[i].range, g->pins[i].repo};
        buf_str(p->out, "pin");
        for (size_t k = 0; k < 3; k++) {
            buf_char(p->out, ' ');
            print_text(p->out, parts[k], strlen(parts[k]));
        }
        buf_char(p->out, '\n');
    }
    for (unsigned i = 0; i < g->ndigests; i++) {
        buf_printf(p->out, "digest %s ", g->digests[i].name);
        print_text(p->out, g->digests[i].digest, strlen(g->digests[i].digest));
        buf_char(p->out, '\n');
    }
    for (size_t i = 1; i < g->nframes; i++)
        print_source(p, g->frames[i].call.file);
    for (size_t i = 1; i < g->n; i++)
        if (!(g->ops[i].flags & OP_DEAD))
            print_source(p, g->ops[i].span.file);
    for (size_t i = 1; i < g->nframes; i++) {
        buf_printf(p->out, "frame %zu ", i);
        print_string(p, g->frames[i].function);
        buf_char(p->out, ' ');
        print_at(p, g->frames[i].call, g->frames[i].outer);
    }
    for (size_t i = 0; i < g->nmoves; i++) {
        buf_str(p->out, "moved ");
        print_string(p, g->moves[i].from);
        buf_char(p->out, ' ');
        print_string(p, g->moves[i].to);
        buf_char(p->out, '\n');
    }
    for (size_t i = 1; i < g->nbatches; i++) {
        const struct batch *b = &g->batches[i];
        buf_printf(p->out, "batch %zu after %u failures %u ", i, b->before, b->failures);
        print_value(p, b->machines);
        buf_char(p->out, '\n');
    }
}

void graph_print(struct graph *g, struct buf *out)
{
    struct printer p = {
        .g = g, .out = out, .number = xcalloc(g->sources->n + 1, sizeof *p.number)};
    for (size_t id = 1; id < g->n; id++) {
        if (!g->ops[id].address || (g->ops[id].flags & OP_DEAD))
            continue;
        uint32_t *slot = map64_put(&p.owners, g->ops[id].address);
        *slot = *slot ? UINT32_MAX : (uint32_t)id;
    }
    print_header(&p);
    buf_char(out, '\n');
    /* Carriers are no part of it: whoever reads it makes them anew. */
    for (size_t id = 1; id < g->n && !g->ops[id].members; id++)
        print_op(&p, (op_id)id);
    map64_free(&p.owners);
    free(p.number);
}
