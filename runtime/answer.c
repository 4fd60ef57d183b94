/* Judges answers in a fixed order: transport, status, document, selection, poll,
 * extraction. A poll turns "not yet" into another round until its deadline. */
#include "runtime/answer.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/decode.h"
#include "runtime/provider.h"

#define POLL_INTERVAL_S 0.5
#define POLL_BACKOFF 1.5
#define POLL_MOST_S 10.0
#define POLL_DEADLINE_S 300.0
/* A service that is started again is back by then, whatever the thing itself may take. */
#define POLL_AWAY_S 300

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

/* The sentence of an error, where the driver knows where it stands; to be freed.
 * *foreign: a body that is none of the provider's documents was sent by something else.
 */
static char *error_sentence(struct run *r, const char *body, size_t len, bool *foreign)
{
    struct value_source s = run_values(r, NULL);
    json_t *document = json_loadb(body, len, JSON_ALLOW_NUL, NULL), *found = NULL;
    const json_t *words = json_object_get(provider_record(r), "words");
    size_t i;
    json_t *entry;
    struct fault ignored = {0};
    json_array_foreach(words, i, entry)
    {
        if (document && !found)
            found = decode_extract(&s, document, NULL, entry, &ignored);
    }
    char *text = json_is_string(found) ? strdup(json_string_value(found)) : NULL;
    *foreign = len && (json_array_size(words) ? !text : !document);
    fault_free(&ignored);
    fault_free(&s.fault);
    json_decref(found);
    json_decref(document);
    return text;
}

/* What the driver knows of an error beside its code. */
static void apply_rule(const json_t *rule, struct fault *f)
{
    const char *help = json_string_value(json_object_get(rule, "help"));
    const char *argument = json_string_value(json_object_get(rule, "argument"));
    free(f->argument);
    free(f->help);
    f->argument = argument ? strdup(argument) : NULL;
    f->help = help ? strdup(help) : NULL;
}

static enum dvo_error rule_code(const json_t *rule)
{
    const char *code = json_string_value(json_object_get(rule, "code"));
    return code ? error_named(code, strlen(code)) : DVO_OK;
}

/* Whether an answer of this status says that a thing is not there. Of a list it says
 * nothing of what would be in it: the service may be another one than was meant. */
static bool says_absent(const json_t *step, const struct fault *f)
{
    return f->code == DVO_ENOENT && (f->status == 404 || f->status == 410) &&
           !json_object_get(step, "select");
}

/* *absent: it says that the thing is not there. */
static void unexpected(struct value_source *s, const json_t *step,
                       const struct http_response *response, bool *absent,
                       struct fault *f)
{
    bool foreign;
    const char *body = buf_text(&response->body);
    const json_t *rule = provider_rule(s->ctx, response->status, body);
    struct buf path = {0};
    value_url(s, json_object_get(step, "path"), &path);
    fault_set(f, rule ? rule_code(rule) : http_status_error(response->status),
              "%s %s was answered with %ld", step_method(step), buf_text(&path),
              response->status);
    char *sentence = error_sentence(s->ctx, body, response->body.len, &foreign);
    fault_words(f, sentence ? sentence : body);
    free(sentence);
    f->retry_after_ms = response->retry_after_ms;
    f->status = response->status;
    apply_rule(rule, f);
    *absent = !foreign && says_absent(step, f);
    buf_free(&path);
}

/* A label among labels, say. */
static bool list_holds(const json_t *list, const json_t *wanted)
{
    return !json_is_array(wanted) && decode_among(list, wanted);
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
        bool fits =
            wanted && found && (json_equal(wanted, found) || list_holds(found, wanted));
        json_decref(wanted);
        if (!fits)
            return false;
    }
    return true;
}

/* The first element that fits; *hits counts all that do. */
static json_t *elements_fit(struct value_source *s, const json_t *list,
                            const json_t *where, size_t *hits)
{
    json_t *chosen = NULL, *element;
    size_t i;
    json_array_foreach(list, i, element) if (element_fits(s, element, where))
    {
        chosen = chosen ? chosen : element;
        ++*hits;
    }
    return chosen;
}

/* What an element was to be like: name "web", size 1. */
static void say_wanted(struct value_source *s, const json_t *where, struct buf *text)
{
    const char *pointer;
    json_t *expr;
    json_object_foreach((json_t *)(uintptr_t)where, pointer, expr)
    {
        json_t *v = value_evaluate(s, expr);
        char *value = v ? json_dumps(v, JSON_ENCODE_ANY) : NULL;
        buf_printf(text, "%s%s %s", text->len ? ", " : "",
                   *pointer == '/' ? pointer + 1 : pointer, value ? value : "?");
        free(value);
        json_decref(v);
    }
}

/* The one element of a list that really carries what was asked for: filters of a service
 * are not trusted to filter. */
static json_t *select_element(struct answer_context *c, const json_t *select,
                              const json_t *document, struct fault *f)
{
    struct value_source *s = c->source;
    const char *pointer = json_string_value(json_object_get(select, "list"));
    const json_t *list = decode_pointer(document, pointer ? pointer : "");
    const json_t *where = json_object_get(select, "where");
    json_t *chosen = NULL, *other;
    size_t i, hits = 0;
    if (!json_is_array(list) && !json_is_null(list)) {
        fault_set(f, DVO_EPROTO, "the answer holds no list where one was expected");
        return NULL;
    }
    if (!json_is_array(where))
        chosen = elements_fit(s, list, where, &hits);
    json_array_foreach(where, i, other) if (!hits) chosen =
        elements_fit(s, list, other, &hits);
    if (hits == 1 || (hits && c->any))
        return json_incref(chosen);
    struct buf wanted = {0};
    say_wanted(s, json_is_array(where) ? json_array_get(where, 0) : where, &wanted);
    if (hits)
        fault_set(f, DVO_EINVAL, "%zu things have %s, where one should", hits,
                  buf_text(&wanted));
    else
        fault_set(f, DVO_ENOENT, "there is nothing with %s", buf_text(&wanted));
    buf_free(&wanted);
    c->absent = !hits;
    return NULL;
}

/* Whether a document is what a poll waits for (or fails on). */
static bool poll_matches(struct value_source *s, const json_t *test,
                         const json_t *document, struct fault *f)
{
    const char *pointer = json_string_value(json_object_get(test, "pointer"));
    const json_t *found = decode_pointer(document, pointer ? pointer : "");
    const json_t *equals = json_object_get(test, "equals");
    const json_t *in = json_object_get(test, "in");
    const char *expression = json_string_value(json_object_get(test, "matches"));
    if (!found || json_is_null(found))
        return false;
    if (in) {
        json_t *wanted = value_evaluate(s, in);
        bool hit = decode_among(wanted, found);
        json_decref(wanted);
        return hit;
    }
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

/* A thing's own account of its failure is judged as an answer would be. */
static void poll_failed(const struct value_source *s, const json_t *fail,
                        const json_t *document, struct fault *f)
{
    const char *pointer = json_string_value(json_object_get(fail, "message"));
    const char *where = json_string_value(json_object_get(fail, "status"));
    const json_t *words = pointer ? decode_pointer(document, pointer) : NULL;
    long status = where ? (long)json_integer_value(decode_pointer(document, where)) : 0;
    struct buf text = {0};
    if (words && !json_is_null(words))
        value_text(words, &text);
    const json_t *rule =
        text.len || status ? provider_rule(s->ctx, status, buf_text(&text)) : NULL;
    enum dvo_error error = rule_code(rule ? rule : fail);
    fault_set(f, error ? error : DVO_EREMOTE, "the provider reports a failure");
    if (text.len)
        fault_words(f, buf_text(&text));
    apply_rule(rule, f);
    f->final = !error_transient(f->code);
    buf_free(&text);
}

static bool extract_all(struct answer_context *c, const json_t *step,
                        const struct buf *headers, const json_t *document,
                        struct fault *f)
{
    const char *name;
    json_t *entry;
    json_object_foreach(json_object_get(step, "extract"), name, entry)
    {
        json_t *v = decode_extract(c->source, document, headers, entry, f);
        if (!v) {
            if (!f->code)
                fault_set(f, DVO_EPROTO, "the answer does not say \"%s\"", name);
            return false;
        }
        json_object_set_new(c->vars, name, v);
    }
    return true;
}

/* The document that a step looks at; a new reference, or NULL with a fault. */
static json_t *step_document(struct answer_context *c, const json_t *step,
                             const struct reply *reply, struct fault *f)
{
    const json_t *select = json_object_get(step, "select");
    const char *how = json_string_value(json_object_get(step, "decode"));
    bool wanted =
        json_object_get(step, "extract") || select || json_object_get(step, "poll");
    /* A body that nobody looks at may be anything. */
    json_t *document = !wanted           ? json_null()
                       : reply->document ? json_incref(reply->document)
                                         : decode_body(&reply->http.body, how, f);
    if (!document || !select)
        return document;
    json_t *chosen = select_element(c, select, document, f);
    json_decref(document);
    return chosen;
}

/* Everything behind the status. `pending`: the poll's condition does not hold yet. */
static bool judge_document(struct answer_context *c, const json_t *step,
                           const struct reply *reply, bool *pending, struct fault *f)
{
    const json_t *poll = json_object_get(step, "poll");
    const json_t *until = json_object_get(poll, "until");
    const json_t *fail = json_object_get(poll, "fail");
    json_t *document = step_document(c, step, reply, f);
    if (!document) {
        /* What is asked for again may be half there. */
        *pending = poll && f->code == DVO_EPROTO;
        return false;
    }
    bool ok = true;
    if (fail && poll_matches(c->source, fail, document, f)) {
        poll_failed(c->source, fail, document, f);
        c->failed = true;
        ok = false;
    } else if (!f->code && until && !json_object_get(until, "status") &&
               !poll_matches(c->source, until, document, f)) {
        *pending = !f->code;
        ok = false;
    }
    ok = ok && !f->code && extract_all(c, step, &reply->http.headers, document, f);
    json_decref(document);
    return ok;
}

static double number_or(const json_t *object, const char *name, double fallback)
{
    const json_t *v = json_object_get(object, name);
    return json_is_number(v) ? json_number_value(v) : fallback;
}

double answer_interval(const json_t *poll)
{
    return number_or(poll, "interval", POLL_INTERVAL_S);
}

double answer_interval_after(const json_t *poll, double interval)
{
    double most = number_or(poll, "most", POLL_MOST_S);
    double next = interval * number_or(poll, "backoff", POLL_BACKOFF);
    return next < most ? next : most > interval ? most : interval;
}

/* Which call it was, unless that is said already; and what nothing explains, in full. */
static void answer_explain(const struct answer_context *c, const json_t *step,
                           const struct reply *reply, struct fault *f)
{
    if (reply->http.fault.code || (f->code == DVO_EPROTO && !f->status)) {
        struct buf text = {0};
        buf_printf(&text, "%s ", step_method(step));
        value_url(c->source, json_object_get(step, "path"), &text);
        buf_printf(&text, ": %s", f->message);
        free(f->message);
        f->message = buf_steal(&text);
    }
    if ((f->code == DVO_EPROTO || f->code == DVO_EUNKNOWN) && reply->http.body.len)
        f->answer = xstrdup(buf_text(&reply->http.body));
}

/* A poll's service does not come back: what it waits for goes on without us. */
static void poll_lost(struct fault *f)
{
    struct buf text = {0};
    buf_printf(&text, "no good answer for %d seconds; the last one: %s", POLL_AWAY_S,
               f->message);
    free(f->message);
    f->message = buf_steal(&text);
    f->final = true;
}

/* The end of a step that has to be asked for again, or has failed. */
static enum answer answer_not_ready(const struct answer_context *c, const json_t *step,
                                    const struct reply *reply, bool pending,
                                    struct fault *f)
{
    const json_t *poll = json_object_get(step, "poll");
    double deadline = number_or(poll, "deadline", POLL_DEADLINE_S);
    if (!pending) {
        answer_explain(c, step, reply, f);
        return ANSWER_FAULT;
    }
    if (c->away && c->away_ms >= POLL_AWAY_S * 1000) {
        poll_lost(f);
        return ANSWER_FAULT;
    }
    if ((double)c->polled_ms < deadline * 1000) {
        fault_free(f);
        return ANSWER_AGAIN;
    }
    struct fault late = {0};
    fault_set(&late, DVO_ETIMEDOUT, "not ready after %.0f seconds", deadline);
    if (f->message)
        fault_words(&late, f->message);
    const char *help = json_string_value(json_object_get(poll, "help"));
    late.help = help ? xstrdup(help) : NULL;
    late.final = true;
    fault_move(f, &late);
    return ANSWER_FAULT;
}

enum answer answer_check(struct answer_context *c, const json_t *step,
                         const struct reply *reply, struct fault *f)
{
    const json_t *poll = json_object_get(step, "poll");
    const json_t *statuses = json_object_get(json_object_get(poll, "until"), "status");
    const struct http_response *response = &reply->http;
    bool pending = false;
    if (response->fault.code) {
        fault_copy(f, &response->fault);
        pending = poll && error_transient(f->code);
    } else if (statuses ? !in_list(statuses, response->status)
                        : !expected(step, response->status)) {
        unexpected(c->source, step, response, &c->absent, f);
        bool denied = response->status == 401 || response->status == 403;
        pending = statuses ? !denied : poll && error_transient(f->code);
    } else if (judge_document(c, step, reply, &pending, f)) {
        return ANSWER_READY;
    }
    c->away = pending && error_transient(f->code);
    return answer_not_ready(c, step, reply, pending, f);
}
