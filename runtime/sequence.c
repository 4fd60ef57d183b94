/* Carries out lookup, create, ready and delete: one HTTP call after the other, each
 * checked, decoded and mined for variables; polls wait on timers. A transient failure
 * starts again at lookup, so that nothing is ever created twice. */
#include "runtime/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/answer.h"
#include "runtime/provider.h"
#include "runtime/retry.h"

#define CALL_TIMEOUT_MS 120000
#define GONE_DEADLINE_MS 120000

enum phase { PHASE_LOOKUP, PHASE_CREATE, PHASE_READY, PHASE_DELETE, PHASE_GONE };

static const char *const phase_lists[] = {"lookup", "create", "ready", "delete",
                                          "lookup"};

struct sequence {
    struct run *run;
    uint32_t op;
    enum phase phase;
    size_t step;
    json_t *vars;
    struct retry retry;
    bool deleting, created, begun;            /* begun: this run has written an intent */
    int64_t poll_since, gone_since, deadline; /* loop_now(); 0: none */
    sequence_fn *done;                        /* of a deletion */
    void *ctx;
};

static void sequence_begin(void *ctx);
static void sequence_step(void *ctx);

static const json_t *sequence_list(const struct sequence *q, enum phase phase)
{
    const json_t *all = json_object_get(q->run->plan->ops[q->op].entry, "sequences");
    return json_object_get(all, phase_lists[phase]);
}

static void sequence_free(struct sequence *q)
{
    json_decref(q->vars);
    free(q);
}

static void sequence_end(struct sequence *q, struct fault *f)
{
    struct run *r = q->run;
    if (q->deleting)
        q->done(q->ctx, q->op, f);
    else
        run_op_failed(r, q->op, f);
    sequence_free(q);
}

static void sequence_missing(struct sequence *q);

static void sequence_failed(struct sequence *q, struct fault *f)
{
    int64_t pause;
    bool absent = f->code == DVO_ENOENT;
    if (absent && (q->phase == PHASE_LOOKUP || q->phase == PHASE_GONE ||
                   q->phase == PHASE_DELETE)) {
        fault_free(f);
        sequence_missing(q);
        return;
    }
    /* Without a way to look it up, a creation whose answer was lost must not be repeated.
     */
    bool lost =
        q->phase == PHASE_CREATE && !json_array_size(sequence_list(q, PHASE_LOOKUP));
    if (!lost && !q->run->stopping && retry_again(&q->retry, f, &pause) &&
        (!q->deadline || loop_now() + pause < q->deadline)) {
        if (!q->deleting)
            progress_note(q->run->progress, q->op, f->message);
        fault_free(f);
        loop_timer(q->run->loop, pause, sequence_begin, q);
        return;
    }
    sequence_end(q, f);
}

/* "flavor was SMALL, the program says COMPUTE" for everything that differs. */
static void tell_differences(const json_t *had, const json_t *wanted, struct buf *out)
{
    const char *key;
    json_t *v;
    const json_t *sides[2] = {wanted, had};
    for (unsigned side = 0; side < 2; side++)
        json_object_foreach((json_t *)(uintptr_t)sides[side], key, v)
        {
            const json_t *other = json_object_get(sides[!side], key);
            if ((side && other) || (other && json_equal(v, other)))
                continue;
            const json_t *was = side ? v : other, *says = side ? NULL : v;
            buf_printf(out, "%s%s was ", out->len ? "; " : "", key);
            value_text(was ? was : json_null(), out);
            buf_str(out, ", the program says ");
            value_text(says ? says : json_null(), out);
        }
}

/* What was found carries our key: is it what the program asks for? What is only looked up
 * is whatever it is. */
static bool sequence_same(struct sequence *q, struct fault *f)
{
    const struct plan_op *op = &q->run->plan->ops[q->op];
    const struct state_op *before = &q->run->ops[q->op].before;
    const json_t *wanted = json_object_get(op->entry, "args");
    const char *label = json_string_value(json_object_get(q->vars, "args"));
    json_t *had = json_incref(before->args);
    if (!had && label)
        had = json_loads(label, JSON_DECODE_ANY, NULL);
    bool found = !json_array_size(sequence_list(q, PHASE_CREATE));
    bool same = found || !had || !wanted || json_equal(had, wanted);
    if (!same) {
        struct buf text = {0};
        tell_differences(had, wanted, &text);
        fault_set(f, DVO_EEXIST, "it exists with other arguments: %s", buf_text(&text));
        buf_free(&text);
    }
    json_decref(had);
    return same;
}

static void sequence_finish(struct sequence *q)
{
    struct run *r = q->run;
    const struct plan_op *op = &r->plan->ops[q->op];
    struct fault f = {0};
    struct value_source s = run_values(r, q->vars);
    const json_t *fields = json_object_get(op->entry, "result");
    json_t *result = fields ? value_evaluate(&s, fields) : json_object();
    if (!result) {
        fault_move(&f, &s.fault);
        if (!f.code)
            fault_set(&f, DVO_EPROTO, "the driver's result cannot be evaluated");
        sequence_end(q, &f);
        return;
    }
    const struct state_op *before = &r->ops[q->op].before;
    const json_t *old = before->result;
    const json_t *old_key = json_object_get(old, "host_key");
    const json_t *key = json_object_get(result, "host_key");
    if (!q->created && old_key && key && !json_equal(old_key, key) &&
        json_equal(json_object_get(old, "id"), json_object_get(result, "id"))) {
        fault_set(&f, DVO_EAUTH,
                  "the host key of this machine has changed since the last run");
        json_decref(result);
        sequence_end(q, &f);
        return;
    }
    run_op_done(r, q->op, q->created, result);
    sequence_free(q);
}

/* Writes down that this op is about to be created, unless an intent without result makes
 * that unsafe. */
static bool sequence_intend(struct sequence *q, struct fault *f)
{
    struct run *r = q->run;
    const struct plan_op *op = &r->plan->ops[q->op];
    const struct state_op *before = &r->ops[q->op].before;
    bool lookup = json_array_size(sequence_list(q, PHASE_LOOKUP));
    if (before->status == STATE_STARTED && !lookup && !q->begun) {
        state_refuse(r->state, op->address, f);
        return fault_set(
            f, DVO_EUNKNOWN,
            "an earlier run was stopped while it created this, and "
            "the provider cannot be asked by key; check there whether it exists. "
            "The next run creates it");
    }
    q->begun = true;
    return state_begin(r->state, op->address, op->call,
                       json_string_value(json_object_get(op->entry, "key")),
                       json_object_get(op->entry, "args"), f);
}

/* The phase is over: what comes next. */
static void sequence_advance(struct sequence *q)
{
    struct fault f = {0};
    switch (q->phase) {
    case PHASE_LOOKUP:
        if (!q->deleting && !q->begun && !sequence_same(q, &f)) {
            sequence_end(q, &f);
            return;
        }
        /* An intent without a result, of this run or an earlier one, was carried out
         * after all. */
        q->created =
            q->created || q->begun || q->run->ops[q->op].before.status == STATE_STARTED;
        q->phase = q->deleting ? PHASE_DELETE : PHASE_READY;
        break;
    case PHASE_CREATE:
        q->created = true;
        q->phase = PHASE_READY;
        break;
    case PHASE_READY: sequence_finish(q); return;
    case PHASE_DELETE:
        q->phase = PHASE_GONE;
        q->gone_since = loop_now();
        if (!json_array_size(sequence_list(q, PHASE_GONE))) {
            sequence_end(q, &f);
            return;
        }
        break;
    case PHASE_GONE:
        if (loop_now() - q->gone_since > GONE_DEADLINE_MS) {
            fault_set(&f, DVO_ETIMEDOUT, "it was deleted, but is still there");
            f.final = true;
            sequence_end(q, &f);
            return;
        }
        q->step = 0;
        loop_timer(q->run->loop, 300, sequence_step, q);
        return;
    }
    q->step = 0;
    sequence_step(q);
}

/* A lookup found nothing. */
static void sequence_missing(struct sequence *q)
{
    struct fault f = {0};
    if (q->deleting) {
        sequence_end(q, &f);
        return;
    }
    q->phase = PHASE_CREATE;
    q->step = 0;
    if (!json_array_size(sequence_list(q, PHASE_CREATE)))
        fault_set(&f, DVO_ENOENT, "the provider has no such thing");
    else if (sequence_intend(q, &f)) {
        sequence_step(q);
        return;
    }
    sequence_end(q, &f);
}

/* The URL of a step, with its query. */
static bool step_url(struct sequence *q, const json_t *step, struct value_source *s,
                     struct buf *url)
{
    buf_str(url, provider_base(q->run));
    if (!value_url(s, json_object_get(step, "path"), url))
        return false;
    const json_t *given = json_object_get(step, "query");
    json_t *query = given ? value_evaluate(s, given) : json_object();
    if (!query)
        return false;
    const char *name;
    json_t *v;
    char separator = strchr(buf_text(url), '?') ? '&' : '?';
    json_object_foreach(query, name, v)
    {
        if (json_is_null(v))
            continue;
        struct buf text = {0};
        if (json_is_boolean(v))
            buf_str(&text, json_is_true(v) ? "true" : "false");
        else
            value_text(v, &text);
        buf_char(url, separator);
        value_percent(name, strlen(name), url);
        buf_char(url, '=');
        value_percent(buf_text(&text), text.len, url);
        buf_free(&text);
        separator = '&';
    }
    json_decref(query);
    return true;
}

static bool step_headers(const json_t *step, struct value_source *s, bool json,
                         struct curl_slist **list)
{
    const json_t *given = json_object_get(step, "headers");
    json_t *headers = given ? value_evaluate(s, given) : json_object();
    const char *name;
    json_t *v;
    if (!headers)
        return false;
    if (json && !json_object_get(headers, "Content-Type"))
        *list = curl_slist_append(*list, "Content-Type: application/json");
    *list = curl_slist_append(*list, "Expect:"); /* no round trip before a body */
    json_object_foreach(headers, name, v)
    {
        struct buf line = {0};
        buf_printf(&line, "%s: ", name);
        value_text(v, &line);
        if (!strpbrk(line.p, "\r\n"))
            *list = curl_slist_append(*list, line.p);
        buf_free(&line);
    }
    json_decref(headers);
    return true;
}

static void sequence_answered(void *ctx, struct http_response *response);

static void sequence_send(struct sequence *q, const json_t *step)
{
    struct run *r = q->run;
    struct value_source s = run_values(r, q->vars);
    struct buf url = {0};
    struct curl_slist *headers = NULL;
    const json_t *given = json_object_get(step, "body");
    json_t *body = NULL;
    char *text = NULL;
    size_t len = 0;
    bool ok = !given || json_is_null(given) || (body = value_evaluate(&s, given));
    if (ok && body) {
        text = json_is_string(body) ? xstrdup(json_string_value(body))
                                    : json_dumps(body, JSON_COMPACT);
        len = text ? strlen(text) : 0;
    }
    ok = ok && step_headers(step, &s, body && !json_is_string(body), &headers) &&
         step_url(q, step, &s, &url);
    if (ok) {
        const char *method = json_string_value(json_object_get(step, "method"));
        struct http_request request = {.method = method ? method : "GET",
                                       .url = buf_text(&url),
                                       .unix_socket = provider_socket(r),
                                       .headers = headers,
                                       .body = text,
                                       .body_len = len,
                                       .timeout_ms = CALL_TIMEOUT_MS};
        http_send(r->http, &request, sequence_answered, q);
    }
    buf_free(&url);
    if (text)
        explicit_bzero(text, len);
    free(text);
    json_decref(body);
    if (!ok) {
        curl_slist_free_all(headers);
        if (s.outcome == VALUE_WAIT) {
            run_wait(r, sequence_step, q);
            return;
        }
        if (!q->deleting && s.outcome == VALUE_SKIPPED) {
            run_op_skipped(r, q->op);
            sequence_free(q);
            return;
        }
        if (!s.fault.code)
            fault_set(&s.fault, DVO_EPROTO, "the call cannot be composed");
        sequence_end(q, &s.fault);
    }
}

static bool sequence_late(const struct sequence *q)
{
    return q->deadline && loop_now() > q->deadline;
}

static void sequence_step(void *ctx)
{
    struct sequence *q = ctx;
    const json_t *step = json_array_get(sequence_list(q, q->phase), q->step);
    if (!step) {
        sequence_advance(q);
        return;
    }
    struct fault f = {0};
    if (sequence_late(q) || (q->run->stopping && q->poll_since)) {
        if (sequence_late(q))
            fault_set(&f, DVO_ETIMEDOUT,
                      "not finished within the timeout of the program");
        else
            fault_set(&f, DVO_ECANCELED, "stopped while waiting for the provider");
        f.final = true;
        sequence_end(q, &f);
        return;
    }
    sequence_send(q, step);
}

static void sequence_answered(void *ctx, struct http_response *response)
{
    struct sequence *q = ctx;
    struct run *r = q->run;
    const json_t *step = json_array_get(sequence_list(q, q->phase), q->step);
    struct value_source s = run_values(r, q->vars);
    struct fault f = {0};
    double interval;
    if (!q->poll_since)
        q->poll_since = loop_now();
    switch (answer_check(&s, step, response, q->vars, loop_now() - q->poll_since,
                         &interval, &f)) {
    case ANSWER_READY:
        q->poll_since = 0;
        q->step++;
        sequence_step(q);
        break;
    case ANSWER_AGAIN:
        loop_timer(r->loop, (int64_t)(interval * 1000), sequence_step, q);
        break;
    case ANSWER_FAULT:
        q->poll_since = 0;
        sequence_failed(q, &f);
        break;
    }
    fault_free(&s.fault);
}

static void provider_known(void *ctx, struct fault *fault)
{
    struct sequence *q = ctx;
    if (fault) {
        sequence_end(q, fault);
        return;
    }
    if (q->phase == PHASE_LOOKUP && !json_array_size(sequence_list(q, PHASE_LOOKUP))) {
        /* Nothing to look it up by: create it, or, if it is only read, read it. */
        if (q->deleting || !json_array_size(sequence_list(q, PHASE_CREATE)))
            q->phase = q->deleting ? PHASE_DELETE : PHASE_READY;
        else {
            sequence_missing(q);
            return;
        }
    }
    sequence_step(q);
}

static void sequence_begin(void *ctx)
{
    struct sequence *q = ctx;
    q->phase = PHASE_LOOKUP;
    q->step = 0;
    q->poll_since = 0;
    const json_t *known = q->run->ops[q->op].before.result;
    json_object_clear(q->vars);
    /* What cannot be looked up is deleted by the id it got when it was made. */
    if (q->deleting && json_object_get(known, "id"))
        json_object_set(q->vars, "id", json_object_get(known, "id"));
    provider_ready(q->run, provider_known, q);
}

static struct sequence *sequence_new(struct run *r, uint32_t op)
{
    struct sequence *q = xcalloc(1, sizeof *q);
    double timeout = r->plan->ops[op].timeout;
    q->run = r;
    q->op = op;
    q->vars = json_object();
    q->retry = retry_begin(r->plan->ops[op].retries);
    q->deadline = timeout > 0 ? loop_now() + (int64_t)(timeout * 1000) : 0;
    return q;
}

void sequence_start(struct run *r, uint32_t op)
{
    run_op_started(r, op);
    sequence_begin(sequence_new(r, op));
}

void sequence_delete(struct run *r, uint32_t op, sequence_fn *done, void *ctx)
{
    struct sequence *q = sequence_new(r, op);
    q->deleting = true;
    q->done = done;
    q->ctx = ctx;
    sequence_begin(q);
}
