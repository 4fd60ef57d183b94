/* Composes requests. Everything but literal parts of a path is percent-encoded, and no
 * value can add a header. */
#include "runtime/step.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"

const char *step_method(const json_t *step)
{
    const char *method = json_string_value(json_object_get(step, "method"));
    return method ? method : "GET";
}

bool step_wanted(struct value_source *s, const json_t *step, bool *wanted)
{
    const json_t *when = json_object_get(step, "when");
    json_t *condition = when ? value_evaluate(s, when) : json_true();
    *wanted = condition && value_truth(condition);
    json_decref(condition);
    return condition;
}

static void add_parameter(struct step_call *call, const char *name, const json_t *v,
                          bool batched)
{
    struct buf text = {0};
    if (json_is_boolean(v))
        buf_str(&text, json_is_true(v) ? "true" : "false");
    else
        value_text(v, &text);
    buf_char(&call->path, strchr(buf_text(&call->path), '?') ? '&' : '?');
    value_percent(name, strlen(name), &call->path);
    buf_char(&call->path, '=');
    size_t start = call->path.len;
    value_percent(buf_text(&text), text.len, &call->path);
    if (batched) {
        call->batch = start;
        call->batch_end = call->path.len;
    }
    buf_free(&text);
}

static bool compose_path(struct value_source *s, const json_t *step,
                         struct step_call *call)
{
    const char *batch = json_string_value(json_object_get(step, "batch"));
    const json_t *given = json_object_get(step, "query");
    if (!value_url(s, json_object_get(step, "path"), &call->path))
        return false;
    json_t *query = given ? value_evaluate(s, given) : json_object();
    const char *name;
    json_t *v;
    json_object_foreach(query, name, v) if (!json_is_null(v))
        add_parameter(call, name, v, batch && !strcmp(batch, name));
    json_decref(query);
    return query;
}

static bool compose_headers(struct value_source *s, const json_t *step, bool json,
                            struct step_call *call)
{
    const json_t *given = json_object_get(step, "headers");
    json_t *headers = given ? value_evaluate(s, given) : json_object();
    struct curl_slist **list = &call->headers;
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
        if (!json_is_null(v) && !strpbrk(line.p, "\r\n"))
            *list = curl_slist_append(*list, line.p);
        buf_free(&line);
    }
    json_decref(headers);
    return true;
}

/* *json tells whether the body is a document, not a text. */
static bool compose_body(struct value_source *s, const json_t *step, bool *json,
                         struct step_call *call)
{
    const json_t *given = json_object_get(step, "body");
    *json = false;
    if (!given || json_is_null(given))
        return true;
    json_t *body = value_evaluate(s, given);
    if (!body)
        return false;
    *json = !json_is_string(body);
    call->body =
        *json ? json_dumps(body, JSON_COMPACT) : xstrdup(json_string_value(body));
    call->body_len = call->body ? strlen(call->body) : 0;
    json_decref(body);
    return true;
}

bool step_compose(struct value_source *s, const json_t *step, struct step_call *call)
{
    bool json;
    *call = (struct step_call){.method = step_method(step)};
    call->service = json_string_value(json_object_get(step, "service"));
    if (compose_body(s, step, &json, call) && compose_headers(s, step, json, call) &&
        compose_path(s, step, call))
        return true;
    step_call_free(call);
    return false;
}

void step_call_free(struct step_call *call)
{
    if (call->body)
        explicit_bzero(call->body, call->body_len);
    free(call->body);
    curl_slist_free_all(call->headers);
    buf_free(&call->path);
    *call = (struct step_call){0};
}
