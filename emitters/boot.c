/* One script holds all ops of the machine, as api would send it there. A second one
 * starts it behind cloud-init, which the script itself waits for, and shows on the
 * console what it said about each op: nova and others keep that. */
#include "emitters/boot.h"

#include <stdlib.h>
#include <string.h>

#include "emitters/library.h"
#include "emitters/render.h"
#include "emitters/yaml.h"
#include "ir/base/digest.h"
#include "ir/base/gzip.h"
#include "ir/boot.h"

#define FOLDER "/var/lib/dvo/boot/"

enum {
    LIMIT = 65535,   /* of nova's user_data, which is base64 */
    NAME_LENGTH = 16 /* of the 64 hexadecimal digits of a digest */
};

/* What is being composed. */
struct first_boot {
    struct emission *e;
    op_id op;
    struct buf asks;  /* dvo_any lines of the op at hand */
    struct buf steps; /* its steps, each "dvo_STEP WORDS\n" ... */
    struct {
        size_t *v;
        size_t n, cap;
    } begins; /* ... and where they begin */
    struct library library;
    bool good;
};

/* What it says three times is whole at least once, whatever the kernel says meanwhile. A
 * line that has come to its end ends with a dot. */
static const char report[] =
    "#!/bin/sh\n"
    "# Carries out what dvo put into the user data, once, and says on the console what\n"
    "# became of it.\n"
    "cd " FOLDER " || exit 1\n"
    "if [ ! -e report ]; then\n"
    "    sh script </dev/null >said 2>noise\n"
    "    mv said report\n"
    "fi\n"
    "for round in 1 2 3; do\n"
    "    [ $round = 1 ] || sleep 1\n"
    "    echo\n"
    "    while IFS= read -r line; do\n"
    "        if [ ${#line} -gt 4000 ]; then\n"
    "            line=$(printf '%s\\n' \"$line\" | cut -d' ' -f1-3)' - cut=1'\n"
    "        fi\n"
    "        echo \"dvo-boot ${line#dvo } .\"\n"
    "    done <report\n"
    "    echo 'dvo-boot round .'\n"
    "done >/dev/console\n"
    "echo 'dvo-boot over .' >/dev/console\n"
    "sleep 1\n"
    "echo 'dvo-boot over .' >/dev/console\n";

const char *boot_path(struct emission *e, op_id machine)
{
    struct buf name = {0};
    render_key(e, machine, '-', &name);
    const char *path = arena_printf(&e->arena, "api/boot/%s.yaml", buf_text(&name));
    buf_free(&name);
    return path;
}

const char *boot_name(const struct emission *e, op_id op)
{
    return e->boot ? e->boot[op] : NULL;
}

/* ---- a step as a line
 * ------------------------------------------------------------------------ */

static void refuse(struct first_boot *b)
{
    if (b->good)
        emission_error(b->e, EMIT_VALUE, b->op,
                       "a first boot cannot decide on a value that only running tells");
    b->good = false;
}

/* " '--key=text'" */
static void add_word(struct first_boot *b, const char *key, const char *name, val_id v)
{
    struct buf word = {0};
    struct render_pieces pieces = {0};
    v = render_value(b->e, b->op, v);
    const struct ir_value value = *val_get(b->e->values, v);
    buf_printf(&word, "--%s=", key);
    if (name)
        buf_printf(&word, "%s=", name);
    if (value.kind == IR_BOOL) {
        buf_str(&word, value.as.n ? "true" : "false");
    } else {
        render_text(b->e, b->op, v, &pieces);
        for (size_t i = 0; i < pieces.n; i++)
            if (pieces.v[i].value)
                refuse(b);
        buf_add(&word, buf_text(&pieces.text), pieces.text.len);
    }
    if (word.len && memchr(word.p, 0, word.len)) {
        b->good = false;
        emission_error(b->e, EMIT_VALUE, b->op,
                       "%s holds a NUL byte, which no argument can", key);
    }
    buf_char(&b->steps, ' ');
    buf_shell(&b->steps, word.p, word.len);
    render_free(&pieces);
    buf_free(&word);
}

static void add_change(void *ctx, op_id op)
{
    struct first_boot *b = ctx;
    const char *name = boot_name(b->e, op);
    if (name)
        buf_printf(&b->asks, " %s", name);
    else
        refuse(b);
}

/* A "dvo_any NAME ID..." line for a condition over changes, whose parts are rendered. */
static void ask_changes(struct first_boot *b, val_id v)
{
    v = render_value(b->e, b->op, v);
    const struct ir_value value = *val_get(b->e->values, v);
    bool any =
        value.kind == IR_COND && (value.sub == IR_COND_ANY || value.sub == IR_COND_TRUE);
    for (uint32_t i = 0; any && i < value.count; i++)
        ask_changes(b, val_items(b->e->values, v)[i]);
    if (!any && !boot_changes(b->e->graph, v, add_change, b))
        refuse(b);
}

static void add_condition(struct first_boot *b, const char *key, val_id v)
{
    buf_printf(&b->asks, "dvo_any %s", key);
    ask_changes(b, v);
    buf_char(&b->asks, '\n');
    buf_printf(&b->steps, " \"--%s=$DVO_ANY_%s\"", key, key);
}

static void add_parameter(struct first_boot *b, const char *key, val_id v)
{
    struct values *t = b->e->values;
    v = render_value(b->e, b->op, v);
    const struct ir_value value = *val_get(t, v);
    switch (value.kind) {
    case IR_ABSENT:
    case IR_NONE: break;
    case IR_COND:
    case IR_HANDLE:
    case IR_REF: add_condition(b, key, v); break;
    case IR_LIST:
        for (uint32_t i = 0; i < value.count; i++)
            add_word(b, key, NULL, val_items(t, v)[i]);
        break;
    case IR_DICT:
        for (uint32_t i = 0; i < value.count; i++) {
            size_t len;
            const char *name = render_bytes(b->e, val_items(t, v)[2 * i], &len);
            add_word(b, key, name, val_items(t, v)[2 * i + 1]);
        }
        break;
    default: add_word(b, key, NULL, v); break;
    }
}

static void add_step(struct first_boot *b, val_id native)
{
    struct values *t = b->e->values;
    size_t len;
    if (val_get(t, native)->kind != IR_NATIVE)
        return;
    val_id dict = val_items(t, native)[0];
    const char *step = render_bytes(b->e, val_dict_get(t, dict, "step"), &len);
    library_want(&b->library, step, len);
    *vec_push(&b->begins) = b->steps.len;
    buf_printf(&b->steps, "dvo_%.*s", (int)len, step);
    val_id params = val_dict_get(t, dict, "params");
    for (uint32_t i = 0; params && i < val_get(t, params)->count; i++)
        add_parameter(b, render_bytes(b->e, val_items(t, params)[2 * i], &len),
                      val_items(t, params)[2 * i + 1]);
    buf_char(&b->steps, '\n');
}

/* ---- an op
 * ------------------------------------------------------------------------------------ */

/* Names the op after its address and everything that it does. */
static const char *name_op(struct first_boot *b)
{
    const struct op *op = &b->e->graph->ops[b->op];
    struct buf text = {0};
    char digest[DIGEST_TEXT_SIZE];
    buf_printf(&text, "%s\n%d %d\n", emission_text(b->e, op->address),
               op->flags & OP_CONTINUE ? 1 : 0, op->timeout_ms);
    buf_add(&text, buf_text(&b->asks), b->asks.len);
    buf_add(&text, buf_text(&b->steps), b->steps.len);
    digest_text(text.p, text.len, digest);
    buf_free(&text);
    return arena_strndup(&b->e->arena, strchr(digest, ':') + 1, NAME_LENGTH);
}

static void write_steps(struct first_boot *b, const char *name, struct buf *out)
{
    const struct op *op = &b->e->graph->ops[b->op];
    if (op->timeout_ms > 0)
        buf_printf(out, "DVO_TIMEOUT=%d\n", (op->timeout_ms + 999) / 1000);
    for (size_t i = 0; i < b->begins.n; i++) {
        size_t begin = b->begins.v[i];
        size_t end = i + 1 < b->begins.n ? b->begins.v[i + 1] : b->steps.len;
        buf_printf(out, "dvo_op %s%s ", op->flags & OP_CONTINUE ? "-c " : "", name);
        buf_add(out, b->steps.p + begin, end - begin);
    }
    if (op->timeout_ms > 0)
        buf_str(out, "DVO_TIMEOUT=\n");
}

static void write_op(struct first_boot *b, op_id id, struct buf *out)
{
    const struct op *op = &b->e->graph->ops[id];
    val_id steps = emission_template(b->e, id)->steps;
    struct buf place = {0};
    b->op = id;
    buf_clear(&b->asks);
    buf_clear(&b->steps);
    b->begins.n = 0;
    if (op->when) {
        buf_str(&b->asks, "dvo_any when");
        ask_changes(b, op->when);
        buf_char(&b->asks, '\n');
    }
    for (uint32_t i = 0; i < val_count(b->e->values, steps); i++)
        add_step(b, val_items(b->e->values, steps)[i]);
    const char *name = b->e->boot[id] = name_op(b);
    render_place(b->e, id, &place);
    buf_printf(out, "# %s\n", buf_text(&place));
    buf_add(out, buf_text(&b->asks), b->asks.len);
    buf_str(out, op->when ? "if $DVO_ANY_when; then\n" : "");
    write_steps(b, name, out);
    if (op->when)
        buf_printf(out, "else\ndvo_skip %s\nfi\n", name);
    buf_free(&place);
}

/* ---- a machine
 * -------------------------------------------------------------------------------- */

/* `packed`: as the gzip file of it. */
static void write_file(struct yaml *y, const char *path, const struct buf *text,
                       bool packed)
{
    yaml_map(y);
    yaml_name(y, "path");
    yaml_cstr(y, path);
    yaml_name(y, "permissions");
    yaml_cstr(y, "0700");
    if (packed) {
        struct buf file = {0}, lines = {0};
        gzip_add(&file, text->p, text->len);
        buf_base64(&lines, file.p, file.len);
        yaml_name(y, "encoding");
        yaml_cstr(y, "gz+b64");
        yaml_name(y, "content");
        yaml_text(y, buf_text(&lines), lines.len);
        buf_free(&file);
        buf_free(&lines);
    } else {
        yaml_name(y, "content");
        yaml_text(y, buf_text(text), text->len);
    }
    yaml_map_end(y);
}

static void write_user_data(const struct buf *library, const struct buf *script,
                            struct buf *out)
{
    static const char *const command[] = {"systemd-run", "--no-block", "--unit=dvo-boot",
                                          "sh", FOLDER "run"};
    struct yaml y;
    struct buf run = {0};
    buf_str(&run, report);
    buf_str(out, "#cloud-config\n");
    yaml_begin(&y, out);
    yaml_map(&y);
    yaml_name(&y, "write_files");
    yaml_seq(&y);
    write_file(&y, FOLDER "script", script, false);
    write_file(&y, FOLDER "run", &run, false);
    write_file(&y, FOLDER "library", library, true);
    yaml_seq_end(&y);
    yaml_name(&y, "runcmd");
    yaml_seq(&y);
    yaml_compact_seq(&y);
    for (size_t i = 0; i < sizeof command / sizeof *command; i++)
        yaml_cstr(&y, command[i]);
    yaml_seq_end(&y);
    yaml_seq_end(&y);
    yaml_map_end(&y);
    yaml_end(&y);
    buf_free(&run);
}

static void write_machine(struct emission *e, op_id machine)
{
    struct first_boot b = {.e = e, .good = true};
    struct buf library = {0}, script = {0}, out = {0};
    buf_str(&script, "#!/bin/sh\n. " FOLDER "library\n");
    for (uint32_t i = 0; i < e->plan->norder; i++)
        if (e->graph->ops[e->plan->order[i]].subject == machine &&
            boot_op(e->plan, e->plan->order[i]))
            write_op(&b, e->plan->order[i], &script);
    buf_str(&script, "dvo_end\n");
    library_write(&b.library, &library);
    if (b.good)
        write_user_data(&library, &script, &out);
    size_t length = (out.len + 2) / 3 * 4;
    if (length > LIMIT) {
        struct diag *d = emission_error(
            e, EMIT_USER_DATA, machine,
            "the first boot of %s takes %zu bytes of user data, and there is room for %d",
            emission_text(e, e->graph->ops[machine].address), length, LIMIT);
        diag_help(
            e->diags, d,
            "let the machine fetch what is long, or say in the provider's file how to "
            "log in, such as access: {login: debian}");
    } else if (b.good) {
        artefact_put(&e->out, boot_path(e, machine), buf_text(&out), out.len);
    }
    library_free(&b.library);
    buf_free(&b.asks);
    buf_free(&b.steps);
    free(b.begins.v);
    buf_free(&library);
    buf_free(&script);
    buf_free(&out);
}

void boot_emit(struct emission *e)
{
    for (uint32_t i = 0; i < e->plan->norder; i++) {
        if (!boot_machine(e->plan, e->plan->order[i]))
            continue;
        if (!e->boot)
            e->boot = arena_array(&e->arena, const char *, e->graph->n);
        write_machine(e, e->plan->order[i]);
    }
}
