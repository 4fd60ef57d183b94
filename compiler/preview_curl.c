/* One HTTP step is one curl command; where its answer is needed, it goes into $ANSWER. */
#include "compiler/preview_curl.h"

#include <string.h>

#include "compiler/preview_jq.h"

static struct word word_begin(const struct preview_curl *c, struct buf *out)
{
    return (struct word){.names = &c->names, .out = out, .empty = true};
}

static const json_t *service_of(const struct preview_curl *c, const json_t *http)
{
    const char *name = json_string_value(json_object_get(http, "service"));
    const json_t *services = json_object_get(c->provider, "services");
    return name ? json_object_get(services, name) : NULL;
}

static void curl_url(const struct preview_curl *c, const json_t *http, struct buf *out)
{
    struct word w = word_begin(c, out);
    const json_t *service = service_of(c, http);
    const json_t *base =
        service ? json_object_get(service, "endpoint")
                : json_object_get(json_object_get(c->provider, "transport"), "base");
    const json_t *path = json_object_get(http, "path");
    if (base)
        word_value(&w, base, WORD_PLAIN);
    if (path)
        word_value(&w, path, WORD_PLAIN);
    const char *key;
    json_t *item;
    char before[2] = "?";
    json_object_foreach(json_object_get(http, "query"), key, item)
    {
        word_literal(&w, before, 1, WORD_PLAIN);
        word_literal(&w, key, strlen(key), WORD_URL);
        word_literal(&w, "=", 1, WORD_PLAIN);
        word_value(&w, item, WORD_URL);
        *before = '&';
    }
    word_end(&w);
}

static void curl_option(const struct preview_curl *c, const char *option, const json_t *v,
                        struct buf *out)
{
    struct word w = word_begin(c, out);
    buf_str(out, option);
    word_value(&w, v, WORD_PLAIN);
    word_end(&w);
}

static void curl_headers(const struct preview_curl *c, const json_t *headers,
                         struct buf *out)
{
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)(uintptr_t)headers, key, item)
    {
        struct word w = word_begin(c, out);
        buf_str(out, " -H ");
        word_literal(&w, key, strlen(key), WORD_PLAIN);
        word_literal(&w, ": ", 2, WORD_PLAIN);
        word_value(&w, item, WORD_PLAIN);
        word_end(&w);
    }
}

static void curl_body(const struct preview_curl *c, const json_t *body, struct buf *out)
{
    struct word w = word_begin(c, out);
    const char *tag;
    if (!body || json_is_null(body))
        return;
    bool text =
        json_is_string(body) || (word_deferred(body, &tag) && !strcmp(tag, "$text"));
    buf_str(out, text ? " \\\n    --data-raw " : " \\\n    --json ");
    if (text)
        word_value(&w, body, WORD_PLAIN);
    else
        word_json(&w, body);
    word_end(&w);
}

static void curl_command(const struct preview_curl *c, const json_t *http,
                         struct buf *out)
{
    const json_t *transport = json_object_get(c->provider, "transport");
    const json_t *service = service_of(c, http);
    buf_str(out, "curl -sS --fail-with-body");
    const json_t *socket = json_object_get(transport, "unix_socket");
    if (socket)
        curl_option(c, " --unix-socket ", socket, out);
    const json_t *method = json_object_get(http, "method");
    if (method && !(json_is_string(method) && !strcmp(json_string_value(method), "GET")))
        curl_option(c, " -X ", method, out);
    if (!json_is_false(json_object_get(service, "session")))
        curl_headers(
            c, json_object_get(json_object_get(c->provider, "session"), "headers"), out);
    curl_headers(c, json_object_get(service, "headers"), out);
    curl_headers(c, json_object_get(http, "headers"), out);
    buf_char(out, ' ');
    curl_url(c, http, out);
    curl_body(c, json_object_get(http, "body"), out);
    const char *how = json_string_value(json_object_get(http, "decode"));
    if (how && !strcmp(how, "tar"))
        buf_str(out, " | tar -xO");
}

/* The header that an entry of "extract" asks for, or NULL. */
static const char *header_of(const json_t *entry)
{
    return json_string_value(json_object_get(entry, "header"));
}

static void take_headers(const json_t *extract, struct buf *out)
{
    const char *name;
    json_t *entry;
    json_object_foreach((json_t *)(uintptr_t)extract, name, entry) if (header_of(entry))
        buf_printf(out, " -w '\\n%%header{%s}'", header_of(entry));
}

static void take_values(const struct preview_curl *c, const json_t *http, struct buf *out)
{
    const char *name;
    json_t *entry;
    json_object_foreach(json_object_get(http, "extract"), name,
                        entry) if (header_of(entry))
    {
        word_name(name, strlen(name), out);
        buf_str(out, "=${ANSWER##*$'\\n'}\nANSWER=${ANSWER%$'\\n'*}\n");
    }
    json_object_foreach(json_object_get(http, "extract"), name, entry)
    {
        struct word w = word_begin(c, out);
        if (header_of(entry))
            continue;
        word_name(name, strlen(name), out);
        buf_printf(out, "=$(jq %s ", preview_jq_options(http));
        preview_jq_entry(&w, http, entry);
        word_end(&w);
        buf_str(out, " <<<\"$ANSWER\")\n");
    }
}

/* Whether the answer is looked at. */
static bool is_read(const json_t *http)
{
    return json_object_size(json_object_get(http, "extract")) ||
           json_object_get(http, "poll");
}

static void curl_poll(const struct preview_curl *c, const json_t *http, struct buf *out)
{
    const json_t *poll = json_object_get(http, "poll");
    const json_t *until = json_object_get(poll, "until");
    const json_t *interval = json_object_get(poll, "interval");
    buf_str(out, "until ANSWER=$(");
    curl_command(c, http, out);
    buf_char(out, ')');
    if (!json_object_get(until, "status")) {
        struct word w = word_begin(c, out);
        buf_str(out, " &&\n    jq -e ");
        preview_jq_test(&w, http, until);
        word_end(&w);
        buf_str(out, " <<<\"$ANSWER\" >/dev/null");
    }
    buf_printf(out, "\ndo sleep %g; done\n",
               json_is_number(interval) ? json_number_value(interval) : 1.0);
}

void preview_step_http(const struct preview_curl *c, const json_t *http, struct buf *out)
{
    if (json_object_get(http, "poll")) {
        curl_poll(c, http, out);
    } else if (is_read(http)) {
        buf_str(out, "ANSWER=$(");
        curl_command(c, http, out);
        take_headers(json_object_get(http, "extract"), out);
        buf_str(out, ")\n");
    } else {
        curl_command(c, http, out);
        buf_char(out, '\n');
    }
    take_values(c, http, out);
}

static void step_word(const struct preview_names *c, const char *key, const char *name,
                      const json_t *v, struct buf *out)
{
    struct word w = {.names = c, .out = out, .empty = true};
    buf_printf(out, " --%s=", key);
    if (name)
        buf_printf(&w.text, "%s=", name);
    if (json_is_boolean(v))
        buf_str(&w.text, json_is_true(v) ? "true" : "false");
    else
        word_value(&w, v, WORD_PLAIN);
    word_end(&w);
}

void preview_step(const struct preview_names *c, const json_t *step, struct buf *out)
{
    const char *key, *name, *tag;
    json_t *v, *item;
    size_t i;
    buf_printf(out, "dvo_%s", json_string_value(json_object_get(step, "step")));
    json_object_foreach(json_object_get(step, "params"), key, v)
    {
        if (json_is_array(v)) {
            json_array_foreach(v, i, item) step_word(c, key, NULL, item, out);
        } else if (json_is_object(v) && !word_deferred(v, &tag)) {
            json_object_foreach(v, name, item) step_word(c, key, name, item, out);
        } else if (!json_is_null(v)) {
            step_word(c, key, NULL, v, out);
        }
    }
}
