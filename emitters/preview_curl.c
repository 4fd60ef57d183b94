/* Writes HTTP steps as curl commands: known text in single quotes, everything else as
 * "$NAME". */
#include "emitters/preview_curl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emitters/render.h"

/* How literal text is escaped before the shell's own quoting. */
enum word_form { WORD_PLAIN, WORD_JSON, WORD_URL };

/* One word of a command, made of quoted text and variables. */
struct word {
    struct emission *e;
    op_id op;
    struct buf *out;
    struct buf text; /* literal so far */
    bool empty;
};

static void word_flush(struct word *w)
{
    if (w->text.len)
        buf_shell(w->out, w->text.p, w->text.len);
    w->empty &= !w->text.len;
    buf_clear(&w->text);
}

static void word_end(struct word *w)
{
    word_flush(w);
    if (w->empty)
        buf_str(w->out, "''");
    buf_free(&w->text);
}

static void word_variable(struct word *w, const char *name, size_t len)
{
    word_flush(w);
    buf_str(w->out, "\"$");
    bool gap = true; /* no "_" at the start, and never two */
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool fits =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (fits)
            buf_char(w->out, (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
        else if (!gap && i + 1 < len)
            buf_char(w->out, '_');
        gap = !fits;
    }
    if (w->out->p[w->out->len - 1] == '_')
        w->out->len--;
    buf_char(w->out, '"');
    w->empty = false;
}

static void word_literal(struct word *w, const char *s, size_t len, enum word_form form)
{
    if (form == WORD_JSON) {
        size_t begin = w->text.len;
        buf_json(&w->text, s, len);
        /* The quotes around it are the caller's. */
        memmove(w->text.p + begin, w->text.p + begin + 1, w->text.len - begin - 2);
        w->text.len -= 2;
        return;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || (c && strchr("-._~", c));
        if (form == WORD_URL && !safe)
            buf_printf(&w->text, "%%%02X", c);
        else
            buf_char(&w->text, (char)c);
    }
}

/* A text with its holes; other values as Starlark's str shows them. */
static void word_value(struct word *w, val_id v, enum word_form form)
{
    struct render_pieces pieces = {0};
    render_text(w->e, w->op, v, &pieces);
    for (size_t i = 0; i < pieces.n; i++) {
        const struct render_piece *p = &pieces.v[i];
        if (p->value) {
            struct buf name = {0};
            render_display(w->e, w->op, p->value, &name);
            word_variable(w, buf_text(&name), name.len);
            buf_free(&name);
        } else {
            word_literal(w, pieces.text.p + p->begin, p->len, form);
        }
    }
    render_free(&pieces);
}

static void word_json(struct word *w, val_id v)
{
    v = render_value(w->e, w->op, v);
    struct ir_value value = *val_get(w->e->values, v);
    switch (value.kind) {
    case IR_ABSENT:
    case IR_NONE: buf_str(&w->text, "null"); break;
    case IR_BOOL: buf_str(&w->text, value.as.n ? "true" : "false"); break;
    case IR_INT:
    case IR_FLOAT: word_value(w, v, WORD_PLAIN); break;
    case IR_LIST:
        buf_char(&w->text, '[');
        for (uint32_t i = 0; i < value.count; i++) {
            buf_str(&w->text, i ? ", " : "");
            word_json(w, val_items(w->e->values, v)[i]);
        }
        buf_char(&w->text, ']');
        break;
    case IR_DICT:
        buf_char(&w->text, '{');
        for (uint32_t i = 0; i < value.count; i++) {
            buf_str(&w->text, i ? ", " : "");
            word_json(w, val_items(w->e->values, v)[2 * i]);
            buf_str(&w->text, ": ");
            word_json(w, val_items(w->e->values, v)[2 * i + 1]);
        }
        buf_char(&w->text, '}');
        break;
    default:
        buf_char(&w->text, '"');
        word_value(w, v, WORD_JSON);
        buf_char(&w->text, '"');
        break;
    }
}

static void curl_url(struct emission *e, op_id op, val_id http, struct buf *out)
{
    struct word w = {.e = e, .op = op, .out = out, .empty = true};
    val_id driver = e->plan->driver;
    val_id transport = driver ? val_dict_get(e->values, driver, "transport") : 0;
    val_id base = transport ? val_dict_get(e->values, transport, "base") : 0;
    if (base)
        word_value(&w, base, WORD_PLAIN);
    val_id path = val_dict_get(e->values, http, "path");
    if (path)
        word_value(&w, path, WORD_PLAIN);
    val_id query = val_dict_get(e->values, http, "query");
    for (uint32_t i = 0; query && i < val_get(e->values, query)->count; i++) {
        buf_char(&w.text, i ? '&' : '?');
        word_value(&w, val_items(e->values, query)[2 * i], WORD_URL);
        buf_char(&w.text, '=');
        word_value(&w, val_items(e->values, query)[2 * i + 1], WORD_URL);
    }
    word_end(&w);
}

void preview_curl(struct emission *e, op_id op, val_id http, struct buf *out)
{
    val_id driver = e->plan->driver;
    val_id transport = driver ? val_dict_get(e->values, driver, "transport") : 0;
    val_id socket = transport ? val_dict_get(e->values, transport, "unix_socket") : 0;
    buf_str(out, "curl --fail-with-body");
    if (socket) {
        struct word w = {.e = e, .op = op, .out = out, .empty = true};
        buf_str(out, " --unix-socket ");
        word_value(&w, socket, WORD_PLAIN);
        word_end(&w);
    }
    val_id method = val_dict_get(e->values, http, "method");
    if (method && !render_is(e, method, "GET")) {
        struct word w = {.e = e, .op = op, .out = out, .empty = true};
        buf_str(out, " -X ");
        word_value(&w, method, WORD_PLAIN);
        word_end(&w);
    }
    val_id headers = val_dict_get(e->values, http, "headers");
    for (uint32_t i = 0; headers && i < val_get(e->values, headers)->count; i++) {
        struct word w = {.e = e, .op = op, .out = out, .empty = true};
        buf_str(out, " -H ");
        word_value(&w, val_items(e->values, headers)[2 * i], WORD_PLAIN);
        buf_str(&w.text, ": ");
        word_value(&w, val_items(e->values, headers)[2 * i + 1], WORD_PLAIN);
        word_end(&w);
    }
    buf_char(out, ' ');
    curl_url(e, op, http, out);
    val_id body = val_dict_get(e->values, http, "body");
    if (!body || body == VAL_NONE)
        return;
    struct word w = {.e = e, .op = op, .out = out, .empty = true};
    body = render_value(e, op, body);
    uint8_t kind = val_get(e->values, body)->kind;
    buf_str(out, kind == IR_STR || kind == IR_TEXT ? " \\\n    --data-raw "
                                                   : " \\\n    --json ");
    if (kind == IR_STR || kind == IR_TEXT)
        word_value(&w, body, WORD_PLAIN);
    else
        word_json(&w, body);
    word_end(&w);
}
