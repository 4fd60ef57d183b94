/* Judges answers in a fixed order: transport, status, document, selection, poll,
 * extraction. A poll turns "not yet" into another round until its deadline. */
#include "runtime/answer.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/decode.h"
#include "runtime/provider.h"

#define POLL_INTERVAL_S 0.5
#define POLL_DEADLINE_S 300.0

static bool in_list(const json_t *list, long status)
{
    size_t i;
    json_t *v;
    json_array_foreach(list, i, v) if (json_integer_value(v) == status) return true;
    return false;
}

static bool expected(const json_t *step, long status)
{
    const json_t *list = json_object_get(step, "expect");
    if (json_is_array(list))
        return in_list(list, status);
    return status == 200 || status == 201 || status == 202 || status == 204;
}

static bool unexpected(struct value_source *s, const json_t *step,
                       const struct http_response *response, struct fault *f)
{
    const char *method = json_string_value(json_object_get(step, "method"));
    const char *body = buf_text(&response->body);
    struct buf path = {0};
    value_url(s, json_object_get(step, "path"), &path);
    fault_set(f, provider_error(s->ctx, response->status, body),
              "%s %s was answered with %ld", method ? method : "GET", buf_text(&path),
              response->status);
    fault_words(f, body);
    f->retry_after_ms = response->retry_after_ms;
    buf_free(&path);
    return false;
}

static bool element_fits(struct value_source *s, const json_t *element,
                         const json_t *where)
{
    const char *pointer;
    json_t *expr;
    json_object_foreach((json_t *)(uintptr_t)where, pointer, expr)
    {
        json_t *wanted = value_evaluate(s, expr);
        const json_t *found = decode_pointer(element, pointer);
        bool fits = wanted && found && json_equal(wanted, found);
        json_decref(wanted);
        if (!fits)
            return false;
    }
    return true;
}

/* The one element of a list that really carries what was asked for: filters of a service
 * are not trusted to filter. */
static json_t *select_element(struct value_source *s, const json_t *select,
                              const json_t *document, struct fault *f)
{
    const char *pointer = json_string_value(json_object_get(select, "list"));
    const json_t *list = decode_pointer(document, pointer ? pointer : "");
    const json_t *where = json_object_get(select, "where");
    json_t *chosen = NULL;
    size_t i, hits = 0;
    json_t *element;
    if (!json_is_array(list) && !json_is_null(list)) {
        fault_set(f, DVO_EPROTO, "the answer holds no list where one was expected");
        return NULL;
    }
    json_array_foreach(list, i, element) if (element_fits(s, element, where))
    {
        chosen = element;
        hits++;
    }
    if (hits == 1)
        return json_incref(chosen);
    fault_set(f, hits ? DVO_EINVAL : DVO_ENOENT,
              hits ? "%zu things match where one should" : "nothing matches", hits);
    return NULL;
}

/* Whether a document is what a poll waits for (or fails on). */
static bool poll_matches(struct value_source *s, const json_t *test,
                         const json_t *document, struct fault *f)
{
    const char *pointer = json_string_value(json_object_get(test, "pointer"));
    const json_t *found = decode_pointer(document, pointer ? pointer : "");
    const json_t *equals = json_object_get(test, "equals");
    const char *expression = json_string_value(json_object_get(test, "matches"));
    if (!found || json_is_null(found))
        return false;
    if (equals) {
        json_t *wanted = value_evaluate(s, equals);
        bool same = wanted && json_equal(wanted, found);
        json_decref(wanted);
        return same;
    }
    if (expression) {
        struct buf text = {0};
        value_text(found, &text);
        char *hit = decode_match(buf_text(&text), expression, f);
        buf_free(&text);
        free(hit);
        return hit;
    }
    return value_truth(found);
}

static void poll_failed(const json_t *fail, const json_t *document, struct fault *f)
{
    const char *code = json_string_value(json_object_get(fail, "code"));
    const char *pointer = json_string_value(json_object_get(fail, "message"));
    const json_t *words = pointer ? decode_pointer(document, pointer) : NULL;
    enum dvo_error error = code ? error_named(code, strlen(code)) : DVO_OK;
    fault_set(f, error ? error : DVO_EREMOTE, "the provider reports a failure");
    if (words) {
        struct buf text = {0};
        value_text(words, &text);
        fault_words(f, buf_text(&text));
        buf_free(&text);
    }
    f->final = !error_transient(f->code);
}

static bool extract_all(const json_t *step, const json_t *document, json_t *vars,
                        struct fault *f)
{
    const char *name;
    json_t *entry;
    json_object_foreach(json_object_get(step, "extract"), name, entry)
    {
        json_t *v = decode_extract(document, entry, f);
        if (!v) {
            if (!f->code)
                fault_set(f, DVO_EPROTO, "the answer does not say \"%s\"", name);
            return false;
        }
        json_object_set_new(vars, name, v);
    }
    return true;
}

/* Everything behind the status. `pending`: the poll's condition does not hold yet. */
static bool judge_document(struct value_source *s, const json_t *step,
                           const struct http_response *response, json_t *vars,
                           bool *pending, struct fault *f)
{
    const json_t *poll = json_object_get(step, "poll");
    const json_t *until = json_object_get(poll, "until");
    const json_t *fail = json_object_get(poll, "fail");
    const char *how = json_string_value(json_object_get(step, "decode"));
    bool wanted =
        json_object_get(step, "extract") || json_object_get(step, "select") || poll;
    /* A body that nobody looks at may be anything. */
    json_t *document = wanted ? decode_body(&response->body, how, f) : json_null();
    const json_t *select = json_object_get(step, "select");
    if (document && select) {
        json_t *chosen = select_element(s, select, document, f);
        json_decref(document);
        document = chosen;
    }
    if (!document) {
        /* What is asked for again may be half there. */
        *pending = poll && f->code == DVO_EPROTO;
        return false;
    }
    bool ok = true;
    if (fail && poll_matches(s, fail, document, f)) {
        poll_failed(fail, document, f);
        ok = false;
    } else if (!f->code && until && !json_object_get(until, "status") &&
               !poll_matches(s, until, document, f)) {
        *pending = !f->code;
        ok = false;
    }
    ok = ok && !f->code && extract_all(step, document, vars, f);
    json_decref(document);
    return ok;
}

enum answer answer_check(struct value_source *s, const json_t *step,
                         struct http_response *response, json_t *vars, int64_t polled_ms,
                         double *interval, struct fault *f)
{
    const json_t *poll = json_object_get(step, "poll");
    const json_t *statuses = json_object_get(json_object_get(poll, "until"), "status");
    const json_t *given = json_object_get(poll, "interval");
    const json_t *limit = json_object_get(poll, "deadline");
    double deadline = json_is_number(limit) ? json_number_value(limit) : POLL_DEADLINE_S;
    bool pending = false;
    *interval = json_is_number(given) ? json_number_value(given) : POLL_INTERVAL_S;
    if (response->fault.code) {
        fault_move(f, &response->fault);
        pending = poll && error_transient(f->code);
    } else if (statuses ? !in_list(statuses, response->status)
                        : !expected(step, response->status)) {
        unexpected(s, step, response, f);
        bool denied = response->status == 401 || response->status == 403;
        pending = statuses ? !denied : poll && error_transient(f->code);
    } else if (judge_document(s, step, response, vars, &pending, f)) {
        return ANSWER_READY;
    }
    if (!pending)
        return ANSWER_FAULT;
    if ((double)polled_ms < deadline * 1000) {
        fault_free(f);
        return ANSWER_AGAIN;
    }
    struct fault late = {0};
    fault_set(&late, DVO_ETIMEDOUT, "not ready after %.0f seconds", deadline);
    if (f->message)
        fault_words(&late, f->message);
    late.final = true;
    fault_move(f, &late);
    return ANSWER_FAULT;
}
