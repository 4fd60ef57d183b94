/* How calls log in: once for all of them, again when the provider takes their session for
 * over, and not again when it will not have them. The provider is a fake: a child process
 * whose answers follow numbers in memory that both share. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "runtime/exchange.h"
#include "runtime/provider.h"
#include "runtime/session.h"

#define CALLS 20

struct shared {
    unsigned logins, refused, served; /* told by the server */
    unsigned status;                  /* how it answers logins, unless 201 */
    unsigned lives;                   /* how many calls a token is good for */
};

/* --- the fake provider -----------------------------------------------------------------
 */

static void answer(int fd, unsigned status, const char *header, const char *body)
{
    char text[512];
    int n =
        snprintf(text, sizeof text,
                 "HTTP/1.1 %u X\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
                 status, header, strlen(body), body);
    (void)!send(fd, text, (size_t)n, MSG_NOSIGNAL);
}

static void serve(int fd, struct shared *s, unsigned *left)
{
    char request[4096], header[64];
    size_t len = 0;
    while (len < sizeof request - 1) {
        ssize_t n = recv(fd, request + len, sizeof request - 1 - len, 0);
        if (n <= 0)
            return;
        len += (size_t)n;
        request[len] = '\0';
        if (strstr(request, "\r\n\r\n"))
            break;
    }
    if (!strncmp(request, "POST /login ", 12)) {
        s->logins++;
        *left = s->lives;
        snprintf(header, sizeof header, "X-Token: token-%u\r\n", s->logins);
        if (s->status == 201)
            answer(fd, 201, header, "{}");
        else
            answer(fd, s->status, "", "{\"message\": \"the door is shut\"}");
        return;
    }
    snprintf(header, sizeof header, "X-Token: token-%u\r\n", s->logins);
    if (!strstr(request, header) || !*left) {
        s->refused++;
        answer(fd, 401, "", "");
        return;
    }
    --*left;
    s->served++;
    answer(fd, 200, "", "{}");
}

/* --- a run with nothing but a provider -------------------------------------------------
 */

struct place {
    struct shared *shared;
    pid_t server;
    struct run_plan plan;
    struct run run;
    unsigned ended, good;
    struct fault fault; /* of the last call that failed */
};

static struct place *place_make(unsigned status, unsigned lives)
{
    struct place *p = test_calloc(1, sizeof *p);
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->shared = mmap(NULL, sizeof *p->shared, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(p->shared, MAP_FAILED);
    p->shared->status = status;
    p->shared->lives = lives;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 64), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    p->server = fork();
    if (!p->server) {
        unsigned left = 0;
        alarm(60);
        for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; close(fd))
            serve(fd, p->shared, &left);
        _exit(1);
    }
    close(listener);
    p->plan.provider =
        json_pack("{s:{s:s}, s:{s:[{s:s, s:s, s:s, s:[i], s:{s:{s:s}}}], s:{s:{s:s}}},"
                  " s:{s:{s:s, s:b}}, s:[s]}",
                  "transport", "base", "", "session", "steps", "method", "POST",
                  "service", "door", "path", "/login", "expect", 201, "extract", "token",
                  "header", "X-Token", "headers", "X-Token", "$provider", "token",
                  "services", "door", "endpoint", "", "session", 0, "words", "/message");
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u", ntohs(at.sin_port));
    json_t *provider = p->plan.provider;
    json_object_set_new(json_object_get(provider, "transport"), "base", json_string(url));
    json_object_set_new(json_object_get(json_object_get(provider, "services"), "door"),
                        "endpoint", json_string(url));
    p->run.plan = &p->plan;
    p->run.loop = loop_new();
    p->run.http = http_new(p->run.loop);
    p->run.secrets = secrets_new(NULL);
    p->run.provider = provider_new(&p->run, provider);
    p->run.exchange = exchange_new(&p->run);
    return p;
}

static void place_free(struct place *p)
{
    exchange_free(p->run.exchange);
    provider_free(p->run.provider);
    http_free(p->run.http);
    secrets_free(p->run.secrets);
    loop_free(p->run.loop);
    json_decref(p->plan.provider);
    fault_free(&p->fault);
    kill(p->server, SIGKILL);
    waitpid(p->server, NULL, 0);
    munmap(p->shared, sizeof *p->shared);
    test_free(p);
}

static void answered(void *ctx, struct http_response *response)
{
    struct place *p = ctx;
    p->ended++;
    p->good += response->status == 200;
    if (response->fault.code)
        fault_move(&p->fault, &response->fault);
    else if (response->status != 200)
        fault_set(&p->fault, http_status_error(response->status), "%ld",
                  response->status);
}

static void ready(void *ctx, struct fault *f)
{
    (void)ctx;
    assert_null(f);
}

static void call(struct place *p, unsigned n)
{
    struct provider_request request = {
        .method = "GET", .path = "/thing", .timeout_ms = 10000};
    p->ended = p->good = 0;
    provider_ready(&p->run, ready, p);
    for (unsigned i = 0; i < n; i++)
        provider_send(&p->run, &request, answered, p);
    while (p->ended < n)
        loop_step(p->run.loop);
}

/* --- tests -----------------------------------------------------------------------------
 */

static void logs_in_once_for_all(void **state)
{
    struct place *p = place_make(201, 1000);
    (void)state;
    call(p, CALLS);
    call(p, CALLS);
    assert_int_equal(p->good, CALLS);
    assert_int_equal(p->shared->logins, 1);
    assert_int_equal(p->shared->refused, 0);
    place_free(p);
}

static void logs_in_again_once_for_all(void **state)
{
    struct place *p = place_make(201, CALLS + 1);
    (void)state;
    call(p, CALLS);
    call(p, CALLS); /* the session ends after the first of these */
    assert_int_equal(p->good, CALLS);
    assert_int_equal(p->shared->logins, 2);
    assert_int_equal(p->shared->served, 2 * CALLS);
    assert_true(p->shared->refused >= 1);
    place_free(p);
}

/* A service that never takes a session would be asked for ever. */
static void believes_the_second_refusal(void **state)
{
    struct place *p = place_make(201, 0);
    (void)state;
    call(p, 1);
    assert_int_equal(p->good, 0);
    assert_int_equal(p->fault.code, DVO_EAUTH);
    assert_int_equal(p->shared->refused, 2);
    assert_int_equal(p->shared->logins, 2);
    place_free(p);
}

static void asks_no_more_where_it_is_refused(void **state)
{
    struct place *p = place_make(401, 1000);
    (void)state;
    call(p, CALLS);
    assert_int_equal(p->fault.code, DVO_EAUTH);
    assert_non_null(strstr(p->fault.message, "cannot log in"));
    assert_string_equal(p->fault.words, "the door is shut");
    p->shared->status = 201;
    call(p, CALLS);
    assert_int_equal(p->good, 0);
    assert_int_equal(p->shared->logins, 1);
    assert_int_equal(p->shared->served, 0);
    place_free(p);
}

static void asks_again_where_it_may_pass(void **state)
{
    struct place *p = place_make(503, 1000);
    (void)state;
    call(p, CALLS);
    assert_int_equal(p->fault.code, DVO_EAGAIN);
    assert_int_equal(p->good, 0);
    assert_int_equal(p->shared->logins, 1);
    p->shared->status = 201;
    call(p, CALLS);
    assert_int_equal(p->good, CALLS);
    assert_int_equal(p->shared->logins, 2);
    place_free(p);
}

/* An identity service that is not there is no thing that is not there. */
static void is_told_from_what_is_missing(void **state)
{
    struct place *p = place_make(404, 1000);
    (void)state;
    call(p, 1);
    assert_int_equal(p->fault.code, DVO_EPROTO);
    assert_non_null(strstr(p->fault.help, "auth_url"));
    place_free(p);
}

static void hides_its_tokens(void **state)
{
    struct place *p = place_make(201, 1000);
    struct buf text = {0};
    (void)state;
    call(p, 1);
    buf_str(&text, "it said token-1, twice: token-1");
    secrets_redact(p->run.secrets, &text);
    assert_string_equal(buf_text(&text), "it said ***, twice: ***");
    buf_free(&text);
    place_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_in_once_for_all),
        cmocka_unit_test(logs_in_again_once_for_all),
        cmocka_unit_test(believes_the_second_refusal),
        cmocka_unit_test(asks_no_more_where_it_is_refused),
        cmocka_unit_test(asks_again_where_it_may_pass),
        cmocka_unit_test(is_told_from_what_is_missing),
        cmocka_unit_test(hides_its_tokens),
    };
    return RUN_TESTS(tests);
}
