/* Finds out by a TCP connection to the machine's SSH port whether its address can be
 * reached from here: an answer of any kind, a refusal too, means yes. Otherwise one ssh
 * forwards the port for the length of the run. */
#include "runtime/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "runtime/machine.h"
#include "runtime/process.h"
#include "runtime/ssh.h"

#define REACH_TIMEOUT_MS 1500
#define FORWARD_TIMEOUT_MS 15000

enum endpoint_state { ENDPOINT_ASKED, ENDPOINT_READY, ENDPOINT_LOST };

struct endpoint {
    struct run *run;
    uint32_t op;
    json_int_t port;
    enum endpoint_state state;
    bool forward;
    char *text; /* "host:port" */
    int local;  /* port of the forward on this computer */
    struct process *ssh;
    struct http_transfer *probe;
    int64_t since;
    struct fault fault;
    struct endpoint *next;
};

struct endpoints {
    struct run *run;
    struct endpoint *list;
};

struct endpoints *endpoints_new(struct run *r)
{
    struct endpoints *e = xcalloc(1, sizeof *e);
    e->run = r;
    return e;
}

void endpoints_free(struct endpoints *e)
{
    while (e && e->list) {
        struct endpoint *p = e->list;
        e->list = p->next;
        if (p->ssh)
            process_abandon(p->ssh);
        free(p->text);
        fault_free(&p->fault);
        free(p);
    }
    free(e);
}

static void endpoint_settle(struct endpoint *p, enum endpoint_state state)
{
    p->state = state;
    run_wake(p->run);
}

static void endpoint_set(struct endpoint *p, const char *host, json_int_t port)
{
    struct buf text = {0};
    bool v6 = strchr(host, ':');
    buf_printf(&text, v6 ? "[%s]:%" JSON_INTEGER_FORMAT : "%s:%" JSON_INTEGER_FORMAT,
               host, port);
    free(p->text);
    p->text = buf_steal(&text);
}

/* A port that nobody listens on at the moment; 0 if there is none. */
static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &len) == 0;
    if (fd >= 0)
        close(fd);
    return ok ? ntohs(a.sin_port) : 0;
}

static void forward_ended(void *ctx, int status)
{
    struct endpoint *p = ctx;
    (void)status;
    p->ssh = NULL;
    if (p->state != ENDPOINT_ASKED)
        return;
    fault_set(&p->fault, DVO_EUNREACH,
              "port %" JSON_INTEGER_FORMAT " of %s cannot be forwarded "
              "over SSH",
              p->port, p->run->plan->ops[p->op].address);
    endpoint_settle(p, ENDPOINT_LOST);
}

static void forward_ask(void *ctx);

/* Nothing speaks on a port that is not forwarded yet; whatever happens after a connection
 * was made comes from the other end. */
static void forward_probed(void *ctx, struct http_response *response)
{
    struct endpoint *p = ctx;
    p->probe = NULL;
    if (p->state != ENDPOINT_ASKED)
        return;
    if (response->fault.code != DVO_EUNREACH) {
        p->forward = true;
        endpoint_set(p, "127.0.0.1", p->local);
        endpoint_settle(p, ENDPOINT_READY);
    } else if (loop_now() - p->since > FORWARD_TIMEOUT_MS) {
        process_signal(p->ssh, SIGTERM); /* forward_ended() says the rest */
    } else {
        loop_timer(p->run->loop, 100, forward_ask, p);
    }
}

static void forward_ask(void *ctx)
{
    struct endpoint *p = ctx;
    char url[64];
    if (p->state != ENDPOINT_ASKED)
        return;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", p->local);
    struct http_request request = {.method = "HEAD", .url = url, .timeout_ms = 1000};
    p->probe = http_send(p->run->http, &request, forward_probed, p);
}

static void forward_start(void *ctx, const struct machine *m, struct fault *fault)
{
    struct endpoint *p = ctx;
    if (fault) {
        fault_move(&p->fault, fault);
        endpoint_settle(p, ENDPOINT_LOST);
        return;
    }
    p->local = free_port();
    struct ssh_words w;
    struct buf rule = {0};
    ssh_words_make(m, &w);
    buf_printf(&rule, "127.0.0.1:%d:127.0.0.1:%" JSON_INTEGER_FORMAT, p->local, p->port);
    const char *const own[] = {
        "-S", "none",          "-N", "-o",   "ExitOnForwardFailure=yes",
        "-L", buf_text(&rule), "--", m->host};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        ssh_words_add(&w, own[i]);
    struct process_spec spec = {.argv = w.argv, .in = -1, .out = -1, .err = -1};
    p->ssh = process_start(p->run->loop, &spec, forward_ended, p, &p->fault);
    ssh_words_free(&w);
    buf_free(&rule);
    p->since = loop_now();
    if (p->ssh)
        forward_ask(p);
    else
        endpoint_settle(p, ENDPOINT_LOST);
}

static void reach_answered(void *ctx, struct http_response *response)
{
    struct endpoint *p = ctx;
    p->probe = NULL;
    /* curl says "refused" and "no route" with one code; only the words differ. */
    bool reached = response->fault.code != DVO_EUNREACH &&
                   !(response->fault.code == DVO_ETIMEDOUT &&
                     strstr(response->fault.message, "onnect"));
    bool refused = response->fault.code && strstr(response->fault.message, "refused");
    if (reached || refused)
        endpoint_settle(p, ENDPOINT_READY);
    else
        machine_ready(p->run, p->op, 0, forward_start, p);
    if (p->state != ENDPOINT_READY) {
        free(p->text);
        p->text = NULL;
    }
}

static struct endpoint *endpoint_make(struct run *r, uint32_t op, json_int_t port,
                                      const char *ip)
{
    struct endpoint *p = xcalloc(1, sizeof *p);
    *p = (struct endpoint){.run = r, .op = op, .port = port, .next = r->endpoints->list};
    r->endpoints->list = p;
    const struct machine *m = machine_get(r, op);
    endpoint_set(p, ip, port);
    if (m && m->proxy) {
        machine_ready(r, op, 0, forward_start, p); /* nobody else leads there */
        return p;
    }
    if (!m || !strcmp(m->host, ip)) {
        p->state = ENDPOINT_READY; /* SSH goes there too */
        return p;
    }
    struct buf url = {0};
    buf_printf(&url, strchr(ip, ':') ? "http://[%s]:22/" : "http://%s:22/", ip);
    struct http_request request = {
        .method = "HEAD", .url = buf_text(&url), .timeout_ms = REACH_TIMEOUT_MS};
    p->probe = http_send(r->http, &request, reach_answered, p);
    buf_free(&url);
    return p;
}

json_t *endpoint_get(struct run *r, uint32_t op, json_int_t port, struct value_source *s)
{
    const char *ip = json_string_value(json_object_get(r->ops[op].result, "ip"));
    struct endpoint *p = r->endpoints->list;
    while (p && (p->op != op || p->port != port))
        p = p->next;
    if (!ip || port < 1 || port > 65535) {
        s->outcome = VALUE_FAULT;
        fault_set(&s->fault, DVO_EINVAL,
                  "%s has no address, or %" JSON_INTEGER_FORMAT " is no port",
                  r->plan->ops[op].address, port);
        return NULL;
    }
    if (!p)
        p = endpoint_make(r, op, port, ip);
    if (p->state == ENDPOINT_READY)
        return json_string(p->text);
    s->outcome = p->state == ENDPOINT_ASKED ? VALUE_WAIT : VALUE_FAULT;
    if (p->state == ENDPOINT_LOST)
        fault_set(&s->fault, p->fault.code, "%s", p->fault.message);
    return NULL;
}

bool endpoint_is_forward(const struct run *r, const char *text)
{
    for (const struct endpoint *p = r->endpoints->list; p; p = p->next)
        if (p->forward && p->text && strstr(text, p->text))
            return true;
    return false;
}
