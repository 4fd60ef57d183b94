/* The runtime's own calls. HTTP ones are small state machines on timers; the others end
 * at once. */
#include "runtime/builtin.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "runtime/endpoint.h"
#include "runtime/reboot.h"
#include "runtime/retry.h"

#define REQUEST_TIMEOUT_MS 120000
#define EXPECT_TIMEOUT_MS 10000 /* of one attempt of http.expect */
#define EXPECT_PAUSE_MS 500
#define EXPECT_WITHIN_S 60.0

struct web {
    struct run *run;
    uint32_t op;
    json_t *args;
    struct retry retry;
    bool guarded; /* the "unless" URL has been asked */
    bool begun;
    int64_t since;
};

static void web_free(struct web *w)
{
    json_decref(w->args);
    free(w);
}

static const char *argument(const json_t *args, const char *name, const char *fallback)
{
    const char *text = json_string_value(json_object_get(args, name));
    return text ? text : fallback;
}

static bool status_in(const json_t *wanted, long status)
{
    size_t i;
    json_t *v;
    if (json_is_integer(wanted))
        return json_integer_value(wanted) == status;
    json_array_foreach(wanted, i, v) if (json_integer_value(v) == status) return true;
    return !json_is_array(wanted) && status == 200;
}

static json_t *response_result(const struct http_response *response)
{
    json_t *headers = json_object();
    for (const char *line = buf_text(&response->headers); *line;) {
        size_t n = strcspn(line, "\n");
        const char *colon = memchr(line, ':', n);
        if (colon) {
            char *name = strndup(line, (size_t)(colon - line));
            for (char *c = name; *c; c++)
                *c = (char)tolower((unsigned char)*c);
            const char *value = colon + 1 + strspn(colon + 1, " \t");
            json_object_set_new(headers, name,
                                json_stringn(value, (size_t)(line + n - value)));
            free(name);
        }
        line += n + (line[n] == '\n');
    }
    struct buf clean = {0};
    const char *p = buf_text(&response->body);
    for (size_t i = 0, n; i < response->body.len; i += n ? n : 1) {
        n = utf8_length(p + i, response->body.len - i);
        if (n)
            buf_add(&clean, p + i, n);
        else
            buf_str(&clean, "\xef\xbf\xbd");
    }
    json_t *result =
        json_pack("{s:I, s:o, s:o}", "status", (json_int_t)response->status, "body",
                  json_stringn(buf_text(&clean), clean.len), "headers", headers);
    buf_free(&clean);
    return result;
}

static void web_go(void *ctx);

static void web_send(struct web *w, const char *method, const char *url, bool with_body,
                     long timeout_ms, http_fn *done)
{
    struct curl_slist *headers = NULL;
    const char *name;
    json_t *v;
    json_object_foreach(json_object_get(w->args, "headers"), name, v)
    {
        struct buf line = {0};
        buf_printf(&line, "%s: ", name);
        value_text(v, &line);
        if (!strpbrk(line.p, "\r\n"))
            headers = curl_slist_append(headers, line.p);
        buf_free(&line);
    }
    headers = curl_slist_append(headers, "Expect:");
    const json_t *body = with_body ? json_object_get(w->args, "body") : NULL;
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = headers,
                                   .body = json_string_value(body),
                                   .body_len = json_string_length(body),
                                   .timeout_ms = timeout_ms};
    http_send(w->run->http, &request, done, w);
}

/* --- http.expect -----------------------------------------------------------------------
 */

static void expect_answered(void *ctx, struct http_response *response)
{
    struct web *w = ctx;
    struct run *r = w->run;
    const json_t *wanted = json_object_get(w->args, "status");
    const char *part = argument(w->args, "body", NULL);
    double limit = value_seconds(json_object_get(w->args, "within"), EXPECT_WITHIN_S);
    struct fault f = {0};
    if (response->fault.code)
        fault_move(&f, &response->fault);
    else if (!status_in(wanted, response->status))
        fault_set(&f, DVO_EPOSTCOND, "%s answers with status %ld",
                  argument(w->args, "url", ""), response->status);
    else if (part &&
             !memmem(buf_text(&response->body), response->body.len, part, strlen(part)))
        fault_set(&f, DVO_EPOSTCOND, "the answer of %s does not hold the wanted text",
                  argument(w->args, "url", ""));
    if (!f.code) {
        run_op_done(r, w->op, false, response_result(response));
        web_free(w);
        return;
    }
    bool hopeless = f.code == DVO_EINVAL || f.code == DVO_EAUTH;
    if (!hopeless && !r->stopping && (double)(loop_now() - w->since) < limit * 1000) {
        progress_note(r->progress, w->op, f.message);
        fault_free(&f);
        loop_timer(r->loop, EXPECT_PAUSE_MS, web_go, w);
        return;
    }
    if (r->stopping && !hopeless)
        fault_set(&f, DVO_ECANCELED, "stopped while waiting for %s",
                  argument(w->args, "url", ""));
    else if (response->body.len)
        fault_words(&f, buf_text(&response->body));
    run_op_failed(r, w->op, &f);
    web_free(w);
}

/* --- http.request ----------------------------------------------------------------------
 */

static bool only_reads(const char *method)
{
    return !strcmp(method, "GET") || !strcmp(method, "HEAD");
}

static void request_failed(struct web *w, struct fault *f)
{
    struct run *r = w->run;
    const char *method = argument(w->args, "method", "GET");
    bool repeatable = only_reads(method) || !strcmp(method, "PUT") ||
                      !strcmp(method, "DELETE") || r->plan->ops[w->op].idempotent ||
                      !w->begun;
    int64_t pause;
    if (repeatable && !r->stopping && retry_again(&w->retry, f, &pause)) {
        progress_note(r->progress, w->op, f->message);
        fault_free(f);
        w->guarded = false; /* what was sent may have arrived all the same */
        loop_timer(r->loop, pause, web_go, w);
        return;
    }
    run_op_failed(r, w->op, f);
    web_free(w);
}

static void request_answered(void *ctx, struct http_response *response)
{
    struct web *w = ctx;
    const char *method = argument(w->args, "method", "GET");
    struct fault f = {0};
    if (response->fault.code) {
        fault_move(&f, &response->fault);
    } else if (!status_in(json_object_get(w->args, "expect"), response->status)) {
        fault_set(&f, http_status_error(response->status), "%s %s was answered with %ld",
                  method, argument(w->args, "url", ""), response->status);
        fault_words(&f, buf_text(&response->body));
        f.retry_after_ms = response->retry_after_ms;
    }
    if (f.code) {
        request_failed(w, &f);
        return;
    }
    run_op_done(w->run, w->op, !only_reads(method), response_result(response));
    web_free(w);
}

static void guard_answered(void *ctx, struct http_response *response)
{
    struct web *w = ctx;
    w->guarded = true;
    if (response->fault.code) {
        request_failed(w, &response->fault);
    } else if (response->status == 200) {
        run_op_done(w->run, w->op, w->begun, response_result(response));
        web_free(w);
    } else {
        web_go(w);
    }
}

static void request_go(struct web *w)
{
    struct run *r = w->run;
    const struct plan_op *op = &r->plan->ops[w->op];
    const char *method = argument(w->args, "method", "GET");
    const char *unless = argument(w->args, "unless", NULL);
    struct fault f = {0};
    if (unless && !w->guarded) {
        web_send(w, "GET", unless, false, REQUEST_TIMEOUT_MS, guard_answered);
        return;
    }
    if (!only_reads(method) && !w->begun) {
        bool safe = op->idempotent || unless || !strcmp(method, "PUT") ||
                    !strcmp(method, "DELETE");
        bool doubt = r->ops[w->op].before.status == STATE_STARTED && !safe;
        if (doubt && state_refuse(r->state, op->address, &f))
            fault_set(&f, DVO_EUNKNOWN,
                      "an earlier run was stopped while it sent this request; "
                      "check at the service whether it arrived. The next run sends it");
        if (f.code || !state_begin(r->state, op->address, op->call, NULL, &f)) {
            run_op_failed(r, w->op, &f);
            web_free(w);
            return;
        }
        w->begun = true;
    }
    web_send(w, method, argument(w->args, "url", ""), true, REQUEST_TIMEOUT_MS,
             request_answered);
}

static void web_go(void *ctx)
{
    struct web *w = ctx;
    const struct plan_op *op = &w->run->plan->ops[w->op];
    json_decref(w->args);
    struct value_source s = run_values(w->run, NULL);
    w->args = value_evaluate(&s, op->args);
    if (!w->args) {
        bool wait = s.outcome == VALUE_WAIT;
        run_op_lacks(w->run, w->op, &s, web_go, w);
        if (!wait)
            web_free(w);
        return;
    }
    if (!strcmp(op->call, "http.expect"))
        web_send(w, "GET", argument(w->args, "url", ""), false, EXPECT_TIMEOUT_MS,
                 expect_answered);
    else
        request_go(w);
}

static void web_start(struct run *r, uint32_t op)
{
    struct web *w = xcalloc(1, sizeof *w);
    w->run = r;
    w->op = op;
    w->retry = retry_begin(r->plan->ops[op].retries);
    w->since = loop_now();
    web_go(w);
}

/* --- calls that end at once ------------------------------------------------------------
 */

/* An op that waits for one of its values. */
struct plain {
    struct run *run;
    uint32_t op;
};

static void do_output(struct run *r, uint32_t op, const json_t *args)
{
    const json_t *v = json_object_get(args, "value");
    struct buf text = {0};
    struct fault f = {0};
    value_text(v ? v : json_null(), &text);
    if (endpoint_is_forward(r, buf_text(&text))) {
        fault_set(&f, DVO_EINVAL,
                  "%s is a forward that ends with this run, nothing to put "
                  "out",
                  buf_text(&text));
        run_op_failed(r, op, &f);
    } else {
        run_op_done(r, op, false,
                    json_pack("{s:O, s:O}", "name", json_object_get(args, "name"),
                              "value", v ? v : json_null()));
    }
    buf_free(&text);
}

static void do_expect(struct run *r, uint32_t op, const json_t *args)
{
    const json_t *v = json_object_get(args, "condition");
    struct fault f = {0};
    if (v && value_truth(v)) {
        run_op_done(r, op, false, json_object());
        return;
    }
    fault_set(&f, DVO_EPOSTCOND, "%s",
              argument(args, "message", "the condition does not hold"));
    run_op_failed(r, op, &f);
}

static void do_hosts_find(struct run *r, uint32_t op, const json_t *args)
{
    const char *address = argument(args, "address", argument(args, "host", ""));
    json_t *result = json_pack("{s:s, s:s, s:s, s:s, s:s}", "ip", address, "private_ip",
                               address, "fqdn", address, "login",
                               argument(args, "login", "root"), "ssh_host", address);
    static const char *const renamed[][2] = {{"port", "ssh_port"},
                                             {"identity", "identity"},
                                             {"host_key", "host_key"},
                                             {"jump", "jump"},
                                             {"become_password", "become_password"}};
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
        json_t *v = json_object_get(args, renamed[i][0]);
        if (v && !json_is_null(v))
            json_object_set(result, renamed[i][1], v);
    }
    run_op_done(r, op, false, result);
}

static void do_hosts_controller(struct run *r, uint32_t op)
{
    char host[256] = "";
    const struct passwd *login = getpwuid(geteuid());
    gethostname(host, sizeof host - 1);
    run_op_done(r, op, false,
                json_pack("{s:b, s:s, s:s, s:s, s:s}", "local", true, "ip", "127.0.0.1",
                          "private_ip", "127.0.0.1", "fqdn", host, "login",
                          login ? login->pw_name : "root"));
}

static void plain_go(void *ctx)
{
    struct plain *p = ctx;
    const struct plan_op *op = &p->run->plan->ops[p->op];
    struct value_source s = run_values(p->run, NULL);
    struct fault f = {0};
    json_t *args = value_evaluate(&s, op->args);
    if (!args) {
        bool wait = s.outcome == VALUE_WAIT;
        run_op_lacks(p->run, p->op, &s, plain_go, p);
        if (!wait)
            free(p);
        return;
    }
    if (!strcmp(op->call, "output")) {
        do_output(p->run, p->op, args);
    } else if (!strcmp(op->call, "expect")) {
        do_expect(p->run, p->op, args);
    } else if (!strcmp(op->call, "hosts.find") || !strcmp(op->call, "hosts.all")) {
        do_hosts_find(p->run, p->op, args);
    } else if (!strcmp(op->call, "hosts.controller")) {
        do_hosts_controller(p->run, p->op);
    } else {
        fault_set(&f, DVO_ENOSYS, "this dvo-run cannot carry out %s", op->call);
        run_op_failed(p->run, p->op, &f);
    }
    json_decref(args);
    free(p);
}

void builtin_start(struct run *r, uint32_t op)
{
    run_op_started(r, op);
    if (!strncmp(r->plan->ops[op].call, "http.", 5)) {
        web_start(r, op);
        return;
    }
    if (!strcmp(r->plan->ops[op].call, "machine.reboot")) {
        reboot_start(r, op);
        return;
    }
    struct plain *p = xcalloc(1, sizeof *p);
    *p = (struct plain){r, op};
    plain_go(p);
}
