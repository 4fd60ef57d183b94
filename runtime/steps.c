/* Writes `dvo_op ID dvo_STEP --key='value'` lines behind the step library, and reads
 * `dvo ID STATE ERROR REASON KEY=VALUE` lines back (etc/dvo/host/lib.sh). */
#include "runtime/steps.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/retry.h"
#include "runtime/ssh.h"

bool steps_begin(struct run *r, struct steps *s, bool check, struct fault *f)
{
    *s = (struct steps){.check = check};
    if (check)
        buf_str(&s->text, "DVO_CHECK=1\n");
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

static bool add_step(struct steps *s, uint32_t op_id, bool go_on, const json_t *step,
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
    buf_printf(&s->text, "dvo_op %s%u dvo_%s", go_on ? "-c " : "", op_id, name);
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

bool steps_add(struct steps *s, uint32_t op_id, bool go_on, const json_t *steps,
               struct value_source *values)
{
    size_t i;
    json_t *step;
    size_t before = s->text.len;
    json_array_foreach(steps, i, step) if (!add_step(s, op_id, go_on, step, values))
    {
        s->text.len = before;
        return false;
    }
    return true;
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

/* The words behind "dvo ID ". */
static void read_answer(const char *p, size_t len, struct steps_answer *a)
{
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
            read_answer(line + len, n - (size_t)len, answer);
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

bool steps_complete(const char *out)
{
    const char *end = strstr(out, "dvo end\n");
    return end && (end == out || end[-1] == '\n');
}

/* An op on its way through steps_start(). */
struct steps_op {
    struct run *run;
    uint32_t op;
    struct retry retry;
};

static void steps_go(void *ctx);

static void steps_fail(struct steps_op *o, struct fault *f)
{
    int64_t pause;
    struct run *r = o->run;
    bool may = r->plan->ops[o->op].idempotent || f->code == DVO_EBUSY;
    if (may && !r->stopping && retry_again(&o->retry, f, &pause)) {
        loop_timer(r->loop, pause, steps_go, o);
        fault_free(f);
        return;
    }
    run_op_failed(r, o->op, f);
    free(o);
}

static void steps_done(void *ctx, struct script_result *result)
{
    struct steps_op *o = ctx;
    struct run *r = o->run;
    const struct plan_op *op = &r->plan->ops[o->op];
    struct steps_answer answer;
    steps_read(buf_text(&result->out), op->id, &answer);
    struct fault f = {0};
    size_t wanted = json_array_size(json_object_get(op->entry, "steps"));
    if (answer.fault.code) {
        fault_move(&f, &answer.fault);
    } else if (result->fault.code) {
        fault_move(&f, &result->fault);
    } else if (answer.lines < wanted || !steps_complete(buf_text(&result->out))) {
        fault_set(&f, DVO_EPROTO,
                  "the machine's shell ended with status %d before the step "
                  "had a result",
                  result->status);
        fault_words(&f, buf_text(&result->err));
    }
    if (f.code) {
        if (result->err.len)
            f.log = run_log_keep(r, op->address, "err", &result->err);
        steps_fail(o, &f);
    } else {
        run_op_done(r, o->op, answer.changed, json_incref(answer.values));
        free(o);
    }
    steps_answer_free(&answer);
}

static void steps_send(void *ctx, const struct machine *m, struct fault *fault)
{
    struct steps_op *o = ctx;
    struct run *r = o->run;
    const struct plan_op *op = &r->plan->ops[o->op];
    struct steps s = {0};
    struct fault f = {0};
    if (fault) {
        steps_fail(o, fault);
        return;
    }
    struct value_source values = run_values(r, NULL);
    bool ok = steps_begin(r, &s, false, &f);
    if (op->timeout > 0)
        buf_printf(&s.text, "DVO_TIMEOUT=%ld\n", (long)(op->timeout + 0.999));
    if (ok &&
        !steps_add(&s, op->id, false, json_object_get(op->entry, "steps"), &values)) {
        bool wait = values.outcome == VALUE_WAIT;
        run_op_lacks(r, o->op, &values, steps_go, o);
        if (!wait)
            free(o);
        steps_free(&s);
        return;
    }
    if (ok) {
        steps_end(&s);
        int64_t timeout_ms =
            op->timeout > 0 ? (int64_t)(op->timeout * 1000) + STEPS_GRACE_MS : 0;
        ok = state_begin(r->state, op->address, op->call, NULL, NULL, &f) &&
             script_send(r, m, &s.text, timeout_ms, steps_done, o, &f);
    }
    steps_free(&s);
    if (!ok)
        steps_fail(o, &f);
}

static void steps_go(void *ctx)
{
    struct steps_op *o = ctx;
    const struct plan_op *op = &o->run->plan->ops[o->op];
    machine_ready(o->run, op->subject, op->timeout, steps_send, o);
}

void steps_start(struct run *r, uint32_t op)
{
    struct steps_op *o = xcalloc(1, sizeof *o);
    *o = (struct steps_op){r, op, retry_begin(r->plan->ops[op].retries)};
    run_op_started(r, op);
    steps_go(o);
}
