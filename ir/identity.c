/* Writes values as identities. Two different identities must stay different texts, so
 * parts that hold the separator are quoted, and what is cut carries a hash of the whole.
 */
#include "ir/identity.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/digest.h"

enum { IDENTITY_LIMIT = 80, IDENTITY_PREFIX = 50 };

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_./:@+,={}()-", c));
}

static void add_string(const struct graph *g, str_id s, struct buf *out)
{
    buf_add(out, intern_text(g->strings, s), intern_len(g->strings, s));
}

static void add_raw(const struct graph *g, val_id id, struct buf *out);

static void add_sequence(const struct graph *g, val_id id, size_t from, const char *close,
                         struct buf *out)
{
    const struct ir_value *v = val_get(&g->values, id);
    size_t width = v->kind == IR_DICT ? (size_t)v->count * 2 : v->count;
    for (size_t i = from; i < width; i++) {
        if (i > from)
            buf_char(out, v->kind == IR_DICT && i % 2 ? '=' : ',');
        add_raw(g, val_items(&g->values, id)[i], out);
    }
    buf_str(out, close);
}

static void add_field(const struct graph *g, const struct ir_value *ref, struct buf *out)
{
    add_string(g, g->ops[graph_live(g, ref->as.ref.op)].address, out);
    buf_char(out, '.');
    add_string(g, ref->as.ref.field, out);
}

/* The value's text before any quoting. */
static void add_raw(const struct graph *g, val_id id, struct buf *out)
{
    const struct ir_value *v = val_get(&g->values, id);
    const val_id *items = val_items(&g->values, id);
    switch (v->kind) {
    case IR_BOOL: buf_str(out, v->as.n ? "True" : "False"); break;
    case IR_INT: buf_printf(out, "%" PRId64, v->as.i); break;
    case IR_FLOAT: buf_printf(out, "%.17g", v->as.f); break;
    case IR_STR: add_string(g, v->as.n, out); break;
    case IR_LIST: add_sequence(g, id, 0, "", out); break;
    case IR_DICT: {
        val_id package = val_dict_get(&g->values, id, "package");
        if (package) {
            add_raw(g, package, out);
        } else {
            buf_char(out, '{');
            add_sequence(g, id, 0, "}", out);
        }
        break;
    }
    case IR_REF:
        buf_char(out, '{');
        add_field(g, v, out);
        buf_char(out, '}');
        break;
    case IR_GET:
        buf_char(out, '{');
        add_field(g, val_get(&g->values, items[0]), out);
        buf_char(out, '(');
        add_sequence(g, id, 1, ")}", out);
        break;
    case IR_TEXT:
        for (uint32_t i = 0; i < v->count; i++)
            add_raw(g, items[i], out);
        break;
    case IR_SECRET:
        buf_str(out, "{secret(");
        add_string(g, v->as.n, out);
        buf_str(out, ")}");
        break;
    case IR_HANDLE: add_string(g, g->ops[graph_live(g, v->as.n)].address, out); break;
    case IR_COND:
        buf_printf(out, "{condition %016" PRIx64 "}", val_hash(&g->values, id));
        break;
    case IR_EACH: buf_str(out, "..."); break;
    default: break;
    }
}

/* One part; `inner` if others may stand beside it. */
static void add_part(const char *s, size_t len, bool inner, struct buf *out)
{
    bool plain = len > 0 && !(inner && memchr(s, ',', len));
    for (size_t i = 0; plain && i < len; i++)
        plain = is_plain(s[i]);
    if (plain)
        buf_add(out, s, len);
    else
        buf_json(out, s, len);
}

static void add_value(const struct graph *g, val_id id, bool inner, struct buf *out)
{
    struct buf raw = {0};
    const struct ir_value *v = val_get(&g->values, id);
    if (v->kind == IR_STR) {
        add_part(intern_text(g->strings, v->as.n), intern_len(g->strings, v->as.n), inner,
                 out);
        return;
    }
    add_raw(g, id, &raw);
    add_part(buf_text(&raw), raw.len, inner, out);
    buf_free(&raw);
}

static void add_list(const struct graph *g, val_id id, struct buf *out)
{
    uint32_t count = val_get(&g->values, id)->count;
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(out, ',');
        add_value(g, val_items(&g->values, id)[i], true, out);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The name of a package without its version. */
static void add_package(const struct graph *g, val_id id, struct buf *out)
{
    size_t start = out->len;
    add_value(g, id, true, out);
    const char *name = out->p + start;
    const char *version = memchr(name, '=', out->len - start);
    if (version && name[0] != '"' && name[0] != '{') {
        out->len = (size_t)(version - out->p);
        out->p[out->len] = '\0';
    }
}

/* Packages: sorted, each once. */
static void add_packages(const struct graph *g, val_id id, struct buf *out)
{
    const struct ir_value *v = val_get(&g->values, id);
    bool list = v->kind == IR_LIST;
    uint32_t count = list ? v->count : 1;
    if (count == 1) {
        add_package(g, list ? val_items(&g->values, id)[0] : id, out);
        return;
    }
    char **names = xcalloc(count + 1, sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        struct buf name = {0};
        add_package(g, val_items(&g->values, id)[i], &name);
        names[i] = buf_steal(&name);
    }
    qsort(names, count, sizeof *names, by_text);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && !strcmp(names[i], names[i - 1]))
            continue;
        if (i > 0)
            buf_char(out, ',');
        buf_str(out, names[i]);
    }
    for (uint32_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* Cuts what was appended from `start` on if it is too long: people still see how it
 * begins. */
static void limit(struct buf *out, size_t start)
{
    if (out->len - start <= IDENTITY_LIMIT)
        return;
    char hash[27];
    digest_key26(out->p + start, out->len - start, hash);
    out->len = start + IDENTITY_PREFIX;
    for (char *p = out->p + start; p < out->p + out->len; p++)
        if (!is_plain(*p))
            *p = '_';
    buf_printf(out, "..%s", hash);
}

static bool is_written(const struct graph *g, val_id id)
{
    uint8_t kind = val_get(&g->values, id)->kind;
    return kind != IR_ABSENT && kind != IR_NONE;
}

void identity_of_op(const struct graph *g, op_id id, struct buf *out)
{
    const struct call_info *call = graph_call(g, id);
    const val_id *args = g->args + g->ops[id].args;
    size_t start = out->len;
    bool first = true;
    for (uint32_t i = 0; i < call->nidentity; i++) {
        uint32_t arg = call->identity[i];
        if (call->instead && call->instead[i] &&
            is_written(g, args[call->instead[i] - 1]))
            arg = call->instead[i] - 1;
        if (!is_written(g, args[arg]))
            continue;
        if (!first)
            buf_char(out, ',');
        first = false;
        if (call->args[arg].type.kind == TYPE_PACKAGES)
            add_packages(g, args[arg], out);
        else if (val_get(&g->values, args[arg])->kind == IR_LIST)
            add_list(g, args[arg], out);
        else
            add_value(g, args[arg], call->nidentity > 1, out);
    }
    limit(out, start);
}

void identity_text(const struct graph *g, val_id v, struct buf *out)
{
    add_raw(g, v, out);
}

void identity_of_value(const struct graph *g, val_id v, struct buf *out)
{
    size_t start = out->len;
    add_value(g, v, false, out);
    limit(out, start);
}
