/* What HTTP becomes when the other side misbehaves. The other side is a fake: a child
 * process on the loopback that breaks each connection in the way a test asks for. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "runtime/http.h"
#include "runtime/retry.h"

/* Answers one connection, whose request has been read; `n` counts them from 0. */
typedef void serve_fn(int fd, unsigned n);

/* --- the fake server
 * --------------------------------------------------------------------- */

struct fake {
    pid_t pid;
    char url[64];
};

static bool put(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static void put_text(int fd, const char *text)
{
    put(fd, text, strlen(text));
}

static void read_request(int fd)
{
    char bytes[4096];
    size_t len = 0;
    while (len < sizeof bytes - 1) {
        ssize_t n = recv(fd, bytes + len, sizeof bytes - 1 - len, 0);
        if (n <= 0)
            return;
        len += (size_t)n;
        bytes[len] = '\0';
        if (strstr(bytes, "\r\n\r\n"))
            return;
    }
}

static struct fake fake_start(serve_fn *serve)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    struct fake fake = {.pid = fork()};
    assert_true(fake.pid >= 0);
    if (!fake.pid) {
        alarm(60);
        for (unsigned n = 0;; n++) {
            int fd = accept(listener, NULL, NULL);
            if (fd < 0)
                _exit(1);
            read_request(fd);
            serve(fd, n);
            close(fd);
        }
    }
    close(listener);
    snprintf(fake.url, sizeof fake.url, "http://127.0.0.1:%u/", ntohs(at.sin_port));
    return fake;
}

static void fake_stop(struct fake *fake)
{
    kill(fake->pid, SIGKILL);
    waitpid(fake->pid, NULL, 0);
}

static void reset_at_once(int fd, unsigned n)
{
    (void)n;
    struct linger now = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void close_at_once(int fd, unsigned n)
{
    (void)fd;
    (void)n;
}

static void half_a_body(int fd, unsigned n)
{
    (void)n;
    put_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\": ");
}

static void half_a_chunk(int fd, unsigned n)
{
    (void)n;
    put_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf");
}

static void half_a_head(int fd, unsigned n)
{
    (void)n;
    put_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n");
}

static void no_http(int fd, unsigned n)
{
    (void)n;
    put_text(fd, "SSH-2.0-OpenSSH_9.2p1\r\n");
}

static void no_answer(int fd, unsigned n)
{
    (void)fd;
    (void)n;
    pause();
}

static void one_byte_at_a_time(int fd, unsigned n)
{
    (void)n;
    put_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (put(fd, "x", 1))
        usleep(20000);
}

static void put_zeros(int fd, size_t len)
{
    static const char block[65536];
    for (size_t n; len; len -= n) {
        n = len < sizeof block ? len : sizeof block;
        if (!put(fd, block, n))
            return;
    }
}

#define HUGE_BODY ((size_t)100 << 20)

static void huge_body(int fd, unsigned n)
{
    (void)n;
    char head[80];
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
             HUGE_BODY);
    put_text(fd, head);
    put_zeros(fd, HUGE_BODY);
}

static void huge_body_of_unknown_length(int fd, unsigned n)
{
    (void)n;
    put_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    put_zeros(fd, HUGE_BODY);
}

static void largest_body(int fd, unsigned n)
{
    (void)n;
    put_text(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    put_zeros(fd, HTTP_BODY_LIMIT);
}

static void interim_answers(int fd, unsigned n)
{
    (void)n;
    put_text(fd,
             "HTTP/1.1 103 Early Hints\r\nX-Which: early\r\nX-Only: early\r\n\r\n"
             "HTTP/1.1 201 Created\r\nx-which:   final \r\nContent-Length: 2\r\n\r\nok");
}

/* Reads one request more, but does not answer it. */
static void answer_and_close(int fd, unsigned n)
{
    (void)n;
    put_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    read_request(fd);
}

/* Does not answer what comes on a connection that was kept, but tells it later. */
static void answer_on_new_ones(int fd, unsigned n)
{
    static bool lost;
    struct pollfd more = {.fd = fd, .events = POLLIN};
    (void)n;
    put_text(fd, lost ? "HTTP/1.1 500 Twice\r\nContent-Length: 0\r\n\r\n"
                      : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    lost |= poll(&more, 1, 200) == 1;
}

static void unavailable_once(int fd, unsigned n)
{
    put_text(fd, n ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                   : "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
                     "Content-Length: 0\r\n\r\n");
}

static void too_many_once(int fd, unsigned n)
{
    put_text(fd, n ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                   : "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n"
                     "Retry-After: 1\r\nContent-Length: 0\r\n\r\n");
}

static void always_forbidden(int fd, unsigned n)
{
    put_text(fd, n ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                   : "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nRetry-After: 1\r\n"
                     "Content-Length: 0\r\n\r\n");
}

/* --- the client
 * -------------------------------------------------------------------------- */

/* One call with its retries, the way the runtime makes it. */
struct client {
    struct loop *loop;
    struct http *http;
    struct http_request request;
    struct retry retry;
    unsigned attempts;
    bool over;
    struct fault fault; /* of the last attempt */
    long status;
    struct buf body, headers;
};

static void client_attempt(void *ctx);

static void client_answer(void *ctx, struct http_response *r)
{
    struct client *c = ctx;
    int64_t pause;
    assert_true(r->body.len <= HTTP_BODY_LIMIT);
    assert_int_equal(r->status == 0, r->fault.code != DVO_OK);
    c->status = r->status;
    fault_move(&c->fault, &r->fault);
    if (r->status >= 400) {
        fault_set(&c->fault, http_status_error(r->status), "status %ld", r->status);
        c->fault.retry_after_ms = r->retry_after_ms;
    }
    if (c->fault.code && retry_again(&c->retry, &c->fault, &pause)) {
        loop_timer(c->loop, pause, client_attempt, c);
        return;
    }
    buf_add(&c->body, r->body.p, r->body.len);
    buf_add(&c->headers, r->headers.p, r->headers.len);
    c->over = true;
}

static void client_attempt(void *ctx)
{
    struct client *c = ctx;
    c->attempts++;
    http_send(c->http, &c->request, client_answer, c);
}

static void client_call(struct client *c, const char *url, long timeout_ms, int retries)
{
    *c = (struct client){.loop = loop_new(), .retry = retry_begin(retries)};
    c->http = http_new(c->loop);
    c->request =
        (struct http_request){.method = "GET", .url = url, .timeout_ms = timeout_ms};
    client_attempt(c);
    while (!c->over)
        loop_step(c->loop);
}

static void client_end(struct client *c)
{
    fault_free(&c->fault);
    buf_free(&c->body);
    buf_free(&c->headers);
    http_free(c->http);
    loop_free(c->loop);
}

/* --- tests
 * ------------------------------------------------------------------------------- */

static void types_what_goes_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        serve_fn *serve;
        long timeout_ms;
        enum dvo_error error;
    } cases[] = {
        {"reset before the answer", reset_at_once, 10000, DVO_ECONN},
        {"closed before the answer", close_at_once, 10000, DVO_ECONN},
        {"half a head", half_a_head, 10000, DVO_ECONN},
        {"half a body", half_a_body, 10000, DVO_ECONN},
        {"half a chunk", half_a_chunk, 10000, DVO_ECONN},
        {"no HTTP", no_http, 10000, DVO_EPROTO},
        {"no answer", no_answer, 300, DVO_ETIMEDOUT},
        {"a trickle", one_byte_at_a_time, 300, DVO_ETIMEDOUT},
        {"100 MiB", huge_body, 30000, DVO_EPROTO},
        {"100 MiB of unknown length", huge_body_of_unknown_length, 30000, DVO_EPROTO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct client c;
        struct fake fake = fake_start(cases[i].serve);
        int64_t begun = loop_now();
        client_call(&c, fake.url, cases[i].timeout_ms, 0);
        if (c.fault.code != cases[i].error)
            fail_msg("%s: %s, status %ld", cases[i].what, error_name(c.fault.code),
                     c.status);
        assert_true(c.fault.message && *c.fault.message);
        assert_true(loop_now() - begun < cases[i].timeout_ms + 5000);
        client_end(&c);
        fake_stop(&fake);
    }
}

static void cannot_reach_nobody(void **state)
{
    (void)state;
    struct client c;
    struct fake fake = fake_start(no_answer);
    fake_stop(&fake); /* nobody listens at this port any more */
    client_call(&c, fake.url, 10000, 0);
    assert_int_equal(c.fault.code, DVO_EUNREACH);
    client_end(&c);
}

static void takes_the_largest_body(void **state)
{
    (void)state;
    struct client c;
    struct fake fake = fake_start(largest_body);
    client_call(&c, fake.url, 30000, 0);
    assert_int_equal(c.status, 200);
    assert_int_equal(c.body.len, HTTP_BODY_LIMIT);
    client_end(&c);
    fake_stop(&fake);
}

static void keeps_the_final_headers(void **state)
{
    (void)state;
    struct client c;
    struct fake fake = fake_start(interim_answers);
    client_call(&c, fake.url, 10000, 0);
    assert_int_equal(c.status, 201);
    assert_string_equal(buf_text(&c.body), "ok");
    char *which = http_header(&c.headers, "X-Which");
    assert_non_null(which);
    assert_memory_equal(which, "final", 5);
    free(which);
    assert_null(http_header(&c.headers, "X-Only"));
    client_end(&c);
    fake_stop(&fake);
}

static void retries(void **state)
{
    (void)state;
    static const struct {
        serve_fn *serve;
        long status;
        unsigned attempts;
        int64_t at_least_ms;
    } cases[] = {
        {unavailable_once, 200, 2, 0},
        {too_many_once, 200, 2, 1000},
        {always_forbidden, 403, 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct client c;
        struct fake fake = fake_start(cases[i].serve);
        int64_t begun = loop_now();
        client_call(&c, fake.url, 10000, 3);
        assert_int_equal(c.status, cases[i].status);
        assert_int_equal(c.attempts, cases[i].attempts);
        assert_true(loop_now() - begun >= cases[i].at_least_ms);
        client_end(&c);
        fake_stop(&fake);
    }
}

static void ended(void *ctx, struct http_response *r)
{
    struct client *c = ctx;
    c->status = r->status;
    fault_move(&c->fault, &r->fault);
    c->over = true;
}

/* What a service may have carried out is not sent again behind our back. */
static void sends_a_change_once(void **state)
{
    (void)state;
    static const char *const methods[] = {"POST", "PUT", "PATCH"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct fake fake = fake_start(answer_and_close);
        struct client c = {.loop = loop_new()};
        c.http = http_new(c.loop);
        for (unsigned n = 0; n < 2; n++) {
            struct http_request request = {.method = methods[i],
                                           .url = fake.url,
                                           .body = "{}",
                                           .body_len = 2,
                                           .timeout_ms = 10000};
            c.over = false;
            http_send(c.http, &request, ended, &c);
            while (!c.over)
                loop_step(c.loop);
            assert_int_equal(c.status, n ? 0 : 200);
        }
        assert_int_equal(c.fault.code, DVO_ECONN);
        client_end(&c);
        fake_stop(&fake);
    }
}

/* Nor what has no body, which needs no rewinding. */
static void sends_an_empty_change_once(void **state)
{
    (void)state;
    static const char *const methods[] = {"POST", "PUT", "PATCH"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct fake fake = fake_start(answer_on_new_ones);
        struct client c = {.loop = loop_new()};
        c.http = http_new(c.loop);
        for (unsigned n = 0; n < 3; n++) {
            struct http_request request = {
                .method = methods[i], .url = fake.url, .timeout_ms = 10000};
            c.over = false;
            http_send(c.http, &request, ended, &c);
            while (!c.over)
                loop_step(c.loop);
            assert_int_equal(c.status, 200);
        }
        client_end(&c);
        fake_stop(&fake);
    }
}

static void must_not_answer(void *ctx, struct http_response *r)
{
    (void)ctx;
    (void)r;
    fail_msg("a dropped transfer has answered");
}

static void wake(void *ctx)
{
    *(bool *)ctx = true;
}

static void drops_transfers(void **state)
{
    (void)state;
    struct fake fake = fake_start(no_answer);
    struct loop *loop = loop_new();
    struct http *http = http_new(loop);
    struct http_request request = {.method = "GET", .url = fake.url, .timeout_ms = 100};
    struct http_transfer *first = http_send(http, &request, must_not_answer, NULL);
    http_cancel(first);
    bool woken = false;
    loop_timer(loop, 200, wake, &woken);
    while (!woken)
        loop_step(loop);
    http_send(http, &request, must_not_answer, NULL);
    http_free(http);
    loop_free(loop);
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_what_goes_wrong),
        cmocka_unit_test(cannot_reach_nobody),
        cmocka_unit_test(takes_the_largest_body),
        cmocka_unit_test(keeps_the_final_headers),
        cmocka_unit_test(retries),
        cmocka_unit_test(sends_a_change_once),
        cmocka_unit_test(sends_an_empty_change_once),
        cmocka_unit_test(drops_transfers),
    };
    return RUN_TESTS(tests);
}
