/* Runs `api/SERVICE start` once, before the first call, and reads KEY=VALUE lines from
 * it; reads the user's credentials. A call then goes through the gate with what the
 * session and its service add to it. */
#include "runtime/provider.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/digest.h"
#include "ir/base/file.h"
#include "runtime/clouds.h"
#include "runtime/gate.h"
#include "runtime/identity.h"
#include "runtime/process.h"
#include "runtime/service.h"
#include "runtime/session.h"

/* Making a machine image for the first time takes minutes. */
#define START_TIMEOUT_MS 1800000
#define OUTPUT_LIMIT ((size_t)1 << 20)
#define PARALLEL 16
/* No provider is waited for longer before it is asked again. */
#define LONGEST_HOLD_MS 60000

enum provider_state { PROVIDER_NEW, PROVIDER_STARTING, PROVIDER_READY, PROVIDER_LOST };

struct provider {
    struct run *run;
    enum provider_state state;
    const json_t *record; /* "provider" of calls.json */
    char id[27];
    json_t *facts;
    char *base, *socket, *cacert, *cert, *key;
    bool unverified; /* the user asked not to check certificates */
    struct gate *gate;
    struct session *session; /* NULL: calls need none */
    struct provider_call *calls;
    struct fault fault;
    int out, err;
    struct process *process;
    timer_id timer;
    struct {
        struct provider_waiter {
            provider_fn *done;
            void *ctx;
        } * v;
        size_t n, cap;
    } waiters;
};

static double limit_of(const struct provider *p, const char *name, double fallback)
{
    const json_t *v = json_object_get(json_object_get(p->record, "limits"), name);
    return json_is_number(v) ? json_number_value(v) : fallback;
}

/* Names may change, and so may what a driver knows of its errors. */
void provider_id_of(const json_t *record, char id[27])
{
    static const char *const members[] = {"driver", "cloud", "credentials", "transport"};
    json_t *place = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set(place, members[i], json_object_get(record, members[i]));
    char *text = json_dumps(place, JSON_COMPACT | JSON_SORT_KEYS);
    digest_key26(text, strlen(text), id);
    free(text);
    json_decref(place);
}

struct provider *provider_new(struct run *r, const json_t *record)
{
    struct provider *p = xcalloc(1, sizeof *p);
    p->run = r;
    p->record = record;
    provider_id_of(record, p->id);
    p->facts = json_object();
    double rate = limit_of(p, "rate", 0), parallel = limit_of(p, "parallel", PARALLEL);
    p->gate = gate_new(r->loop, parallel < 1 ? 1 : (unsigned)parallel, rate,
                       limit_of(p, "burst", rate));
    const json_t *session = json_object_get(p->record, "session");
    if (json_is_object(session))
        p->session = session_new(r, session, p->facts);
    return p;
}

static void call_free(struct provider_call *c);

void provider_free(struct provider *p)
{
    if (!p)
        return;
    while (p->calls)
        call_free(p->calls);
    session_free(p->session);
    gate_free(p->gate);
    json_decref(p->facts);
    free(p->base);
    free(p->socket);
    free(p->cacert);
    free(p->cert);
    free(p->key);
    free(p->waiters.v);
    fault_free(&p->fault);
    free(p);
}

const json_t *provider_record(const struct run *r)
{
    return r->provider->record;
}

const char *provider_id(const struct run *r)
{
    return r->provider->id;
}

const json_t *provider_facts(const struct run *r)
{
    return r->provider->facts;
}

static void provider_tell(struct provider *p, enum provider_state state)
{
    p->state = state;
    for (size_t i = 0; i < p->waiters.n; i++) {
        struct fault copy = {0};
        fault_copy(&copy, &p->fault);
        copy.final = true;
        p->waiters.v[i].done(p->waiters.v[i].ctx, copy.code ? &copy : NULL);
        fault_free(&copy);
    }
    p->waiters.n = 0;
}

/* A VALUE of the provider's record; a new reference, or NULL with the provider's fault.
 */
static json_t *provider_value(struct provider *p, const json_t *expr)
{
    struct value_source s = run_values(p->run, NULL);
    json_t *v = value_evaluate(&s, expr);
    if (!v && s.fault.code)
        fault_move(&p->fault, &s.fault);
    fault_free(&s.fault);
    return v;
}

/* To be freed; NULL if the driver does not say. */
static char *transport_text(struct provider *p, const char *name)
{
    const json_t *expr = json_object_get(json_object_get(p->record, "transport"), name);
    json_t *v = expr ? provider_value(p, expr) : NULL;
    char *text = json_is_string(v) ? xstrdup(json_string_value(v)) : NULL;
    json_decref(v);
    return text;
}

/* Of the user's credentials: no text that is kept or shown has them. */
static void hide_secrets(struct provider *p)
{
    static const char *const secret[] = {"password", "token",
                                         "application_credential_secret"};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        const char *value = json_string_value(json_object_get(p->facts, secret[i]));
        if (value && *value)
            secrets_hide(p->run->secrets, value);
    }
}

static bool read_credentials(struct provider *p)
{
    const json_t *kind = json_object_get(p->record, "credentials");
    const char *cloud = json_string_value(json_object_get(p->record, "cloud"));
    const char *name = json_string_value(kind);
    if (!name)
        return true;
    if (strcmp(name, "clouds.yaml") != 0)
        return fault_set(&p->fault, DVO_EPROTO,
                         "the driver asks for credentials of a kind that is unknown: %s",
                         name);
    bool good = clouds_facts(cloud, p->facts, &p->fault);
    hide_secrets(p);
    return good;
}

/* What may pass by itself is left to the calls, which try again. */
static void provider_entered(void *ctx, const struct fault *fault)
{
    struct provider *p = ctx;
    if (fault && !error_transient(fault->code))
        fault_copy(&p->fault, fault);
    provider_tell(p, p->fault.code ? PROVIDER_LOST : PROVIDER_READY);
}

static void provider_connect(struct provider *p)
{
    if (read_credentials(p)) {
        const json_t *transport = json_object_get(p->record, "transport");
        const json_t *verify = json_object_get(transport, "verify");
        json_t *checked = verify ? provider_value(p, verify) : NULL;
        p->unverified = json_is_false(checked);
        json_decref(checked);
        p->socket = transport_text(p, "unix_socket");
        p->base = transport_text(p, "base");
        p->cacert = transport_text(p, "cacert");
        p->cert = transport_text(p, "cert");
        p->key = transport_text(p, "key");
    }
    if (!p->fault.code && identity_told(p->record))
        session_ready(p->session, 0, provider_entered, p);
    else
        provider_entered(p, NULL);
}

/* KEY=VALUE lines; keys are told in lower case. */
static void read_facts(struct provider *p, const char *out)
{
    while (*out) {
        size_t n = strcspn(out, "\n");
        const char *equals = memchr(out, '=', n);
        if (equals && equals > out) {
            char *key = strndup(out, (size_t)(equals - out));
            for (char *c = key; *c; c++)
                *c = (char)tolower((unsigned char)*c);
            json_object_set_new(p->facts, key,
                                json_stringn(equals + 1, (size_t)(out + n - equals - 1)));
            free(key);
        }
        out += n + (out[n] == '\n');
    }
}

static void service_ended(void *ctx, int status)
{
    struct provider *p = ctx;
    struct buf out = {0}, err = {0};
    loop_cancel(p->run->loop, p->timer);
    p->process = NULL;
    memory_file_read(p->out, &out, OUTPUT_LIMIT);
    memory_file_read(p->err, &err, OUTPUT_LIMIT);
    close(p->out);
    close(p->err);
    if (status) {
        fault_set(&p->fault, DVO_EUNREACH, "the service of the provider did not start");
        fault_words(&p->fault, buf_text(&err));
        p->fault.log = run_log_keep(p->run, "provider", "log", &err);
        provider_tell(p, PROVIDER_LOST);
    } else {
        read_facts(p, buf_text(&out));
        provider_connect(p);
    }
    buf_free(&out);
    buf_free(&err);
}

static void service_late(void *ctx)
{
    struct provider *p = ctx;
    p->timer = 0;
    process_signal(p->process, SIGTERM);
}

/* The words of a script's "#!" line, else sh: a build folder may be where nothing can be
 * executed. `text` keeps what they point to. */
static void interpreter(const char *path, struct buf *text, const char *argv[3])
{
    bool found = file_read(path, text) && !strncmp(text->p, "#!", 2);
    argv[0] = "sh";
    argv[1] = NULL;
    if (!found)
        return;
    text->p[strcspn(text->p, "\n")] = '\0';
    char *save;
    argv[0] = strtok_r(text->p + 2, " \t", &save);
    argv[1] = argv[0] ? strtok_r(NULL, " \t", &save) : NULL;
    if (!argv[0])
        argv[0] = "sh";
}

static void provider_start(struct provider *p)
{
    struct buf text = {0};
    char *path = service_path(p->run, p->record, &p->fault);
    const char *words[3], *argv[5];
    unsigned n = 0;
    if (!path) {
        provider_tell(p, PROVIDER_LOST);
        return;
    }
    interpreter(path, &text, words);
    for (unsigned i = 0; i < 2 && words[i]; i++)
        argv[n++] = words[i];
    argv[n++] = path;
    argv[n++] = "start";
    argv[n] = NULL;
    p->out = memory_file(NULL, 0);
    p->err = memory_file(NULL, 0);
    struct process_spec spec = {.argv = argv, .in = -1, .out = p->out, .err = p->err};
    p->process = process_start(p->run->loop, &spec, service_ended, p, &p->fault);
    if (p->process)
        p->timer = loop_timer(p->run->loop, START_TIMEOUT_MS, service_late, p);
    else
        provider_tell(p, PROVIDER_LOST);
    free(path);
    buf_free(&text);
}

void provider_ready(struct run *r, provider_fn *done, void *ctx)
{
    struct provider *p = r->provider;
    *vec_push(&p->waiters) = (struct provider_waiter){done, ctx};
    if (p->state == PROVIDER_READY || p->state == PROVIDER_LOST) {
        provider_tell(p, p->state);
    } else if (p->state == PROVIDER_NEW) {
        const char *service = json_string_value(json_object_get(p->record, "service"));
        p->state = PROVIDER_STARTING;
        if (service)
            provider_start(p);
        else
            provider_connect(p);
    }
}

const json_t *provider_rule(const struct run *r, long status, const char *body)
{
    size_t i;
    json_t *rule;
    json_array_foreach(json_object_get(r->provider->record, "errors"), i, rule)
    {
        const json_t *wanted = json_object_get(rule, "status");
        const char *part = json_string_value(json_object_get(rule, "body"));
        const char *code = json_string_value(json_object_get(rule, "code"));
        if (json_is_integer(wanted) && json_integer_value(wanted) != status)
            continue;
        if (part && !strcasestr(body, part))
            continue;
        if (code && error_named(code, strlen(code)))
            return rule;
    }
    return NULL;
}

/* --- calls -----------------------------------------------------------------------------
 */

struct provider_call {
    struct provider *provider;
    struct provider_call *next, **at;
    const json_t *service; /* its record, or NULL */
    char *method, *path, *body;
    size_t body_len;
    struct curl_slist *headers;
    long timeout_ms;
    http_fn *done;
    void *ctx;
    unsigned session; /* number of the session that it was sent with; 0: none */
    bool repeated;    /* with a new session */
};

static void call_free(struct provider_call *c)
{
    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
    if (c->body)
        explicit_bzero(c->body, c->body_len);
    free(c->body);
    free(c->method);
    free(c->path);
    curl_slist_free_all(c->headers);
    free(c);
}

static void call_end(struct provider_call *c, struct http_response *response)
{
    http_fn *done = c->done;
    void *ctx = c->ctx;
    call_free(c);
    done(ctx, response);
}

static void call_failed(struct provider_call *c, const struct fault *why)
{
    struct http_response response = {0};
    fault_copy(&response.fault, why);
    call_end(c, &response);
    fault_free(&response.fault);
}

/* Whether the last part of a URL's path but names is a version such as v2.1. */
static bool has_version(const char *url)
{
    const char *path = strstr(url, "://");
    path = path ? strchr(path + 3, '/') : NULL;
    for (; path; path = strchr(path + 1, '/'))
        if (path[1] == 'v' && isdigit((unsigned char)path[2]))
            return true;
    return false;
}

/* A catalog without a service is one thing, a region that does not exist another. */
static void service_missing(const struct provider *p, const json_t *service,
                            struct fault *f)
{
    const char *region = json_string_value(json_object_get(p->facts, "region_name"));
    const char *name = "?", *key;
    json_t *v;
    json_object_foreach(json_object_get(p->record, "services"), key, v) if (v == service)
        name = key;
    fault_set(f, DVO_ENOSYS, "the provider has no service \"%s\"%s%s", name,
              region ? " in region " : "", region ? region : "");
    if (region)
        f->help = xstrdup("check region_name and interface of this cloud in clouds.yaml");
}

/* Where the service of a name is; false with a fault. */
static bool service_base(struct provider *p, const json_t *service, struct buf *url,
                         struct fault *f)
{
    const char *version = json_string_value(json_object_get(service, "version"));
    json_t *endpoint =
        service ? provider_value(p, json_object_get(service, "endpoint")) : NULL;
    const char *text = service ? json_string_value(endpoint) : p->base;
    if (text)
        buf_str(url, text);
    while (url->len && url->p[url->len - 1] == '/')
        url->p[--url->len] = '\0';
    if (url->len && version && !has_version(url->p))
        buf_str(url, version);
    json_decref(endpoint);
    if (!url->len && p->fault.code)
        fault_move(f, &p->fault);
    else if (!url->len)
        service_missing(p, service, f);
    return url->len;
}

static void add_headers(struct provider *p, const json_t *headers,
                        struct curl_slist **list)
{
    const char *name;
    json_t *expr;
    json_object_foreach((json_t *)(uintptr_t)headers, name, expr)
    {
        json_t *v = provider_value(p, expr);
        struct buf line = {0};
        buf_printf(&line, "%s: ", name);
        if (v)
            value_text(v, &line);
        if (v && !json_is_null(v) && !strpbrk(line.p, "\r\n"))
            *list = curl_slist_append(*list, line.p);
        if (line.p)
            explicit_bzero(line.p, line.len);
        buf_free(&line);
        json_decref(v);
    }
}

static bool call_has_session(const struct provider_call *c)
{
    return c->provider->session && !json_is_false(json_object_get(c->service, "session"));
}

static void call_ask(void *ctx, const struct fault *fault);

static void call_answered(void *ctx, struct http_response *response)
{
    struct provider_call *c = ctx;
    struct provider *p = c->provider;
    bool busy = response->status == 429 || response->status == 503;
    if (busy && response->retry_after_ms > 0)
        gate_hold(p->gate, response->retry_after_ms < LONGEST_HOLD_MS
                               ? response->retry_after_ms
                               : LONGEST_HOLD_MS);
    gate_leave(p->gate);
    if (response->status == 401 && call_has_session(c) && !c->repeated) {
        c->repeated = true;
        session_ready(p->session, c->session, call_ask, c);
        return;
    }
    call_end(c, response);
}

static void call_send(void *ctx)
{
    struct provider_call *c = ctx;
    struct provider *p = c->provider;
    struct fault f = {0};
    struct buf url = {0};
    if (!service_base(p, c->service, &url, &f)) {
        gate_leave(p->gate);
        call_failed(c, &f);
        fault_free(&f);
        buf_free(&url);
        return;
    }
    struct curl_slist *headers = http_headers_copy(c->headers);
    if (call_has_session(c)) {
        c->session = session_number(p->session);
        add_headers(p, json_object_get(json_object_get(p->record, "session"), "headers"),
                    &headers);
    }
    add_headers(p, json_object_get(c->service, "headers"), &headers);
    buf_str(&url, c->path);
    struct http_request request = {.method = c->method,
                                   .url = buf_text(&url),
                                   .unix_socket = p->socket,
                                   .headers = headers,
                                   .body = c->body,
                                   .body_len = c->body_len,
                                   .timeout_ms = c->timeout_ms,
                                   .cacert = p->cacert,
                                   .cert = p->cert,
                                   .key = p->key,
                                   .unverified = p->unverified,
                                   .follow = true};
    http_send(p->run->http, &request, call_answered, c);
    buf_free(&url);
}

/* There is a session, or none will come. */
static void call_ask(void *ctx, const struct fault *fault)
{
    struct provider_call *c = ctx;
    if (fault)
        call_failed(c, fault);
    else
        gate_enter(c->provider->gate, call_send, c);
}

void provider_send(struct run *r, const struct provider_request *q, http_fn *done,
                   void *ctx)
{
    struct provider *p = r->provider;
    struct provider_call *c = xcalloc(1, sizeof *c);
    *c = (struct provider_call){.provider = p,
                                .next = p->calls,
                                .at = &p->calls,
                                .method = xstrdup(q->method),
                                .path = xstrdup(q->path),
                                .headers = q->headers,
                                .body_len = q->body_len,
                                .timeout_ms = q->timeout_ms,
                                .done = done,
                                .ctx = ctx};
    if (q->body) {
        c->body = xmalloc(q->body_len + 1);
        memcpy(c->body, q->body, q->body_len);
        c->body[q->body_len] = '\0';
    }
    if (q->service)
        c->service = json_object_get(json_object_get(p->record, "services"), q->service);
    if (c->next)
        c->next->at = &c->next;
    p->calls = c;
    if (q->service && !c->service) {
        struct fault f = {0};
        fault_set(&f, DVO_EPROTO, "the plan has no service \"%s\"", q->service);
        call_failed(c, &f);
        fault_free(&f);
    } else if (call_has_session(c)) {
        session_ready(p->session, 0, call_ask, c);
    } else {
        call_ask(c, NULL);
    }
}

/* Where a URL's path begins. */
static const char *url_path(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? host + 3 + strcspn(host + 3, "/?") : url;
}

char *provider_path(const struct run *r, const char *service, const char *url)
{
    struct provider *p = r->provider;
    struct buf base = {0};
    struct fault f = {0};
    const json_t *record =
        service ? json_object_get(json_object_get(p->record, "services"), service) : NULL;
    service_base(p, record, &base, &f);
    const char *before = url_path(buf_text(&base)), *path = url_path(url);
    size_t n = strlen(before);
    char *below = xstrdup(strncmp(path, before, n) != 0 ? path : path + n);
    fault_free(&f);
    buf_free(&base);
    return below;
}
