/* Connections: how many there are for many calls, with HTTP/2 where the server offers it
 * and without. */
#include "https.h"

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/http.h"

#define CALLS 50
#define AT_ONCE 16 /* as the provider's gate has it by default */

struct calls {
    struct http *http;
    struct loop *loop;
    char *cacert, url[80];
    const char *method, *body;
    unsigned left, open; /* to be sent; not answered yet */
    unsigned good;
    bool seen[10000]; /* numbers of connections */
    char protocol[16];
    unsigned requests; /* that the server has seen */
    struct fault fault;
};

static void calls_send(struct calls *c);

static void calls_answered(void *ctx, struct http_response *r)
{
    struct calls *c = ctx;
    unsigned number = 0;
    c->open--;
    if (!r->fault.code) {
        assert_int_equal(
            sscanf(buf_text(&r->body), "%u %15s %u", &number, c->protocol, &c->requests),
            3);
        assert_true(number < sizeof c->seen);
        c->seen[number] = true;
        c->good++;
    }
    fault_free(&c->fault);
    fault_move(&c->fault, &r->fault);
    calls_send(c);
}

static void calls_send(struct calls *c)
{
    for (; c->left && c->open < AT_ONCE; c->left--, c->open++) {
        struct http_request request = {.method = c->method ? c->method : "GET",
                                       .url = c->url,
                                       .cacert = c->cacert,
                                       .body = c->body,
                                       .body_len = c->body ? strlen(c->body) : 0,
                                       .timeout_ms = 10000};
        http_send(c->http, &request, calls_answered, c);
    }
}

static void calls_make(struct calls *c, unsigned n)
{
    c->left = n;
    calls_send(c);
    while (c->open)
        loop_step(c->loop);
}

static unsigned connections(const struct calls *c)
{
    unsigned n = 0;
    for (size_t i = 0; i < sizeof c->seen; i++)
        n += c->seen[i];
    return n;
}

static struct server calls_begin(struct calls *c, const char *protocol, const char *how)
{
    char *cert = path_join(place, "cert.pem"), *key = path_join(place, "key.pem");
    const char *const protocols[] = {protocol, how};
    struct server s = server_start("h2_server.py", cert, key, protocols);
    *c = (struct calls){.loop = loop_new(), .cacert = path_join(place, "ca.pem")};
    c->http = http_new(c->loop);
    snprintf(c->url, sizeof c->url, "https://127.0.0.1:%d/", s.port);
    free(cert);
    free(key);
    return s;
}

static void calls_end(struct calls *c, struct server *s)
{
    http_free(c->http);
    loop_free(c->loop);
    fault_free(&c->fault);
    free(c->cacert);
    server_stop(s);
}

static void shares_one_connection(void **state)
{
    static struct calls c;
    struct server s = calls_begin(&c, "h2", "http/1.1");
    (void)state;
    calls_make(&c, CALLS);
    assert_string_equal(c.protocol, "h2");
    assert_int_equal(connections(&c), 1);
    c.method = "POST";
    c.body = "{\"name\": \"one\"}";
    calls_make(&c, CALLS);
    assert_int_equal(c.good, 2 * CALLS);
    assert_int_equal(connections(&c), 1);
    calls_end(&c, &s);
}

/* Where there is no HTTP/2, connections are kept, also between calls that come in waves.
 */
static void falls_back(void **state)
{
    static const char *const offers[] = {"http/1.1", NULL};
    (void)state;
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        static struct calls c;
        struct server s = calls_begin(&c, offers[i], NULL);
        for (unsigned wave = 0; wave < 4; wave++)
            calls_make(&c, AT_ONCE);
        calls_make(&c, CALLS);
        assert_int_equal(c.good, 4 * AT_ONCE + CALLS);
        assert_string_equal(c.protocol, "http/1.1");
        /* curl opens one more where the kept one is not known to be free yet. */
        assert_in_range(connections(&c), 1, 2 * AT_ONCE);
        calls_end(&c, &s);
    }
}

/* Nor does HTTP/2 make curl send a change again. */
static void sends_a_change_once(void **state)
{
    static struct calls c;
    struct server s = calls_begin(&c, "h2", "break");
    (void)state;
    c.method = "POST";
    c.body = "{}";
    for (unsigned n = 0; n < 2; n++)
        calls_make(&c, 1);
    assert_int_equal(c.good, 2);
    calls_make(&c, 1);
    assert_int_equal(c.fault.code, DVO_ECONN);
    calls_make(&c, 1);
    assert_int_equal(c.good, 3);
    assert_int_equal(c.requests, 4);
    c.body = NULL;
    for (unsigned n = 0; n < 4; n++)
        calls_make(&c, 1);
    assert_int_equal(c.good, 7);
    assert_int_equal(c.requests, 8);
    calls_end(&c, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_one_connection),
        cmocka_unit_test(falls_back),
        cmocka_unit_test(sends_a_change_once),
    };
    return cmocka_run_group_tests_name(__FILE_NAME__, tests, make_certificates,
                                       remove_certificates);
}
