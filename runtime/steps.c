/* Writes `dvo_op ID dvo_STEP --key='value'` lines behind the step library, and reads
 * `dvo ID STATE ERROR REASON KEY=VALUE` lines back (etc/dvo/host/lib.sh). */
#include "runtime/steps.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"

bool steps_begin(struct run *r, struct steps *s, enum steps_mode mode, struct fault *f)
{
    *s = (struct steps){.mode = mode};
    buf_str(&s->text, mode == STEPS_LOOK ? "DVO_CHECK=1\n" : "DVO_LOCKED=1\nDVO_ASK=1\n");
    char *path = path_join(r->plan->dir, "api/steps.sh");
    bool ok = file_read(path, &s->text);
    if (!ok)
        fault_set(f, DVO_ENOENT, "%s: %s; rebuild with dvoc build", path,
                  strerror(errno));
    free(path);
    buf_str(&s->text, "\n{\n");
    return ok;
}

/* " '--key=value'": key is checked, value may be anything but NUL. */
static bool add_word(struct steps *s, const char *key, const char *name, const json_t *v,
                     struct value_source *values)
{
    struct buf word = {0};
    buf_printf(&word, "--%s=", key);
    if (name)
        buf_printf(&word, "%s=", name);
    if (json_is_boolean(v))
        buf_str(&word, json_is_true(v) ? "true" : "false");
    else
        value_text(v, &word);
    bool ok = !memchr(word.p, 0, word.len);
    buf_char(&s->text, ' ');
    buf_shell(&s->text, word.p, word.len);
    buf_free(&word);
    if (!ok) {
        values->outcome = VALUE_FAULT;
        fault_set(&values->fault, DVO_EINVAL,
                  "%s holds a NUL byte, which no argument can", key);
    }
    return ok;
}

static bool add_parameter(struct steps *s, const char *key, const json_t *v,
                          struct value_source *values)
{
    if (json_is_null(v))
        return true;
    if (json_is_array(v)) {
        size_t i;
        json_t *item;
        json_array_foreach(v, i,
                           item) if (!add_word(s, key, NULL, item, values)) return false;
        return true;
    }
    if (json_is_object(v)) {
        const char *name;
        json_t *item;
        json_object_foreach((json_t *)(uintptr_t)v, name,
                            item) if (!add_word(s, key, name, item, values)) return false;
        return true;
    }
    return add_word(s, key, NULL, v, values);
}

static bool is_name(const char *text)
{
    return text && *text &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

static bool add_step(struct steps *s, const struct plan_op *op, const json_t *step,
                     struct value_source *values)
{
    const char *name = json_string_value(json_object_get(step, "step"));
    const char *key;
    json_t *v;
    if (!is_name(name)) {
        values->outcome = VALUE_FAULT;
        return fault_set(&values->fault, DVO_EPROTO,
                         "the plan holds a step without a name");
    }
    const json_t *given = json_object_get(step, "params");
    json_t *params = given ? value_evaluate(values, given) : json_object();
    if (!params)
        return false;
    const json_t *size = json_object_get(step, "size"); /* of its file */
    buf_str(&s->text, "dvo_op ");
    if (op->carry_on || s->mode == STEPS_LOOK)
        buf_str(&s->text, "-c ");
    if (json_is_integer(size))
        buf_printf(&s->text, "-f %lld ", (long long)json_integer_value(size));
    buf_printf(&s->text, "%u dvo_%s", op->id, name);
    bool ok = true;
    json_object_foreach(params, key, v) ok =
        ok && is_name(key) && add_parameter(s, key, v, values);
    buf_char(&s->text, '\n');
    json_decref(params);
    if (!ok && values->outcome == VALUE_READY) {
        values->outcome = VALUE_FAULT;
        fault_set(&values->fault, DVO_EPROTO,
                  "the plan holds a step parameter without a name");
    }
    return ok;
}

/* What a user's command may take. */
static void add_timeout(struct steps *s, double timeout)
{
    if (timeout > 0)
        buf_printf(&s->text, "DVO_TIMEOUT=%ld\n", (long)(timeout + 0.999));
    else if (s->timed)
        buf_str(&s->text, "DVO_TIMEOUT=\n");
    s->timed = timeout > 0;
}

bool steps_add(struct steps *s, const struct plan_op *op, const json_t *steps,
               struct value_source *values)
{
    size_t i;
    json_t *step;
    size_t before = s->text.len;
    bool timed = s->timed, ok = true;
    if (s->mode == STEPS_ASK)
        add_timeout(s, op->timeout);
    json_array_foreach(steps, i, step) ok = ok && add_step(s, op, step, values);
    if (!ok) {
        s->text.len = before;
        s->timed = timed;
    }
    return ok;
}

void steps_skip(struct steps *s, const struct plan_op *op)
{
    buf_printf(&s->text, "dvo_skip %u\n", op->id);
}

void steps_end(struct steps *s)
{
    buf_str(&s->text, "dvo_end\n}\n");
}

void steps_free(struct steps *s)
{
    if (s->text.p)
        explicit_bzero(s->text.p, s->text.len); /* secrets may be among the words */
    buf_free(&s->text);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The percent-encoded word at p, decoded; bytes that are not UTF-8 become U+FFFD. */
static char *decode_word(const char *p, size_t len)
{
    struct buf raw = {0}, text = {0};
    for (size_t i = 0; i < len; i++) {
        int high = i + 2 < len && p[i] == '%' ? hex_digit(p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(p[i + 2]) : -1;
        if (low >= 0) {
            buf_char(&raw, (char)(high << 4 | low));
            i += 2;
        } else {
            buf_char(&raw, p[i]);
        }
    }
    for (size_t i = 0, n; i < raw.len; i += n ? n : 1) {
        n = utf8_length(raw.p + i, raw.len - i);
        if (n && raw.p[i])
            buf_add(&text, raw.p + i, n);
        else
            buf_str(&text, "\xef\xbf\xbd");
    }
    buf_free(&raw);
    return buf_steal(&text);
}

static bool word_is(const char *p, size_t len, const char *word)
{
    return strlen(word) == len && !strncmp(p, word, len);
}

void steps_read_line(const char *p, size_t len, struct steps_answer *a)
{
    if (!a->values)
        a->values = json_object();
    const char *end = p + len;
    const char *state = NULL, *error = NULL;
    size_t state_len = 0, error_len = 0;
    char *reason = NULL;
    for (unsigned i = 0; p < end; i++) {
        size_t n = 0;
        while (p + n < end && p[n] != ' ')
            n++;
        const char *equals = memchr(p, '=', n);
        if (i == 0) {
            state = p;
            state_len = n;
        } else if (i == 1) {
            error = p;
            error_len = n;
        } else if (i == 2) {
            reason = word_is(p, n, "-") ? NULL : decode_word(p, n);
        } else if (equals) {
            char *name = strndup(p, (size_t)(equals - p));
            char *value = decode_word(equals + 1, (size_t)(p + n - equals - 1));
            json_object_set_new(a->values, name, json_string(value));
            free(name);
            free(value);
        }
        p += n + (p + n < end);
    }
    a->answered = true;
    a->lines++;
    if (!state || word_is(state, state_len, "failed")) {
        enum dvo_error code = error ? error_named(error, error_len) : DVO_OK;
        fault_set(&a->fault, code ? code : DVO_EUNKNOWN, "%s",
                  reason ? reason : "the step failed without a reason");
    } else if (word_is(state, state_len, "unknown")) {
        a->unknown = true;
    } else if (word_is(state, state_len, "changed")) {
        a->changed = true;
    }
    if (reason) {
        free(a->reason);
        a->reason = reason;
    }
}

void steps_read(const char *out, uint32_t op_id, struct steps_answer *answer)
{
    char prefix[32];
    *answer = (struct steps_answer){.values = json_object()};
    int len = snprintf(prefix, sizeof prefix, "dvo %u ", op_id);
    for (const char *line = out; *line;) {
        size_t n = strcspn(line, "\n");
        if (n > (size_t)len && !strncmp(line, prefix, (size_t)len) && line[n] == '\n')
            steps_read_line(line + len, n - (size_t)len, answer);
        line += n + (line[n] == '\n');
    }
}

void steps_answer_free(struct steps_answer *a)
{
    json_decref(a->values);
    fault_free(&a->fault);
    free(a->reason);
    *a = (struct steps_answer){0};
}
