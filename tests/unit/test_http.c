/* HTTP against a real small server: TLS with a certification authority of our own,
 * redirections, proxies by the standard variables. */
#include "https.h"

#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/http.h"

/* --- calls -----------------------------------------------------------------------------
 */

struct answer {
    bool over;
    long status;
    struct buf body;
    struct fault fault;
};

static void answered(void *ctx, struct http_response *r)
{
    struct answer *a = ctx;
    a->over = true;
    a->status = r->status;
    fault_move(&a->fault, &r->fault);
    buf_add(&a->body, buf_text(&r->body), r->body.len);
}

static struct answer ask(struct http_request *request, const char *url)
{
    struct answer a = {0};
    struct loop *loop = loop_new();
    struct http *http = http_new(loop);
    request->url = url;
    request->timeout_ms = 10000;
    request->method = request->method ? request->method : "GET";
    http_send(http, request, answered, &a);
    while (!a.over)
        loop_step(loop);
    http_free(http);
    loop_free(loop);
    return a;
}

static void answer_free(struct answer *a)
{
    buf_free(&a->body);
    fault_free(&a->fault);
}

/* What a GET (or another method) of a path comes to: its body, or its error. */
static void comes_to(int port, const char *method, const char *path, enum dvo_error error,
                     const char *part)
{
    char url[300];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    struct http_request request = {.method = method, .follow = true};
    struct answer a = ask(&request, url);
    const char *text = a.fault.message ? a.fault.message : buf_text(&a.body);
    if (a.fault.code != error || !strstr(text, part))
        fail_msg("%s %s: %s, %ld: %s", method, path, error_name(a.fault.code), a.status,
                 text);
    answer_free(&a);
}

/* --- tests -----------------------------------------------------------------------------
 */

static void checks_certificates(void **state)
{
    (void)state;
    char *ca = path_join(place, "ca.pem"), *cert = path_join(place, "cert.pem");
    char *key = path_join(place, "key.pem"), *missing = path_join(place, "none.pem");
    struct server s = server_start("https_server.py", cert, key, NULL);
    char url[2][80];
    snprintf(url[0], sizeof url[0], "https://127.0.0.1:%d/ok", s.port);
    snprintf(url[1], sizeof url[1], "https://localhost:%d/ok", s.port);
    const struct {
        const char *url, *cacert;
        bool unverified;
        enum dvo_error error;
    } cases[] = {{url[0], ca, false, DVO_OK},
                 {url[0], NULL, false, DVO_EAUTH},
                 {url[1], ca, false, DVO_EAUTH},
                 {url[1], NULL, true, DVO_OK},
                 {url[0], missing, false, DVO_EAUTH}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request request = {.cacert = cases[i].cacert,
                                       .unverified = cases[i].unverified};
        struct answer a = ask(&request, cases[i].url);
        if (a.fault.code != cases[i].error ||
            (a.fault.code ? a.status != 0 : a.status != 200))
            fail_msg("case %zu: %s, %ld, %s", i, error_name(a.fault.code), a.status,
                     a.fault.message);
        assert_true(!a.fault.code || *a.fault.message);
        answer_free(&a);
    }
    server_stop(&s);
    free(ca);
    free(cert);
    free(key);
    free(missing);
}

static void follows_on_one_server_only(void **state)
{
    (void)state;
    struct server s = server_start("https_server.py", NULL, NULL, NULL),
                  other = server_start("https_server.py", NULL, NULL, NULL);
    char path[200];
    comes_to(s.port, "GET", "/to?/ok%3Fq=1", DVO_OK, "GET /ok?q=1");
    comes_to(s.port, "GET", "/on?5", DVO_OK, "GET /on?0");
    comes_to(s.port, "GET", "/on?6", DVO_EPROTO, "5 times");
    comes_to(s.port, "POST", "/to?/ok", DVO_EPROTO, "/ok instead");
    snprintf(path, sizeof path, "/to?http://user:hidden@127.0.0.1:%d/there%%3Fsig=secret",
             other.port);
    comes_to(s.port, "GET", path, DVO_EPROTO, "another server, http://127.0.0.1");
    struct http_request request = {.follow = true};
    char url[300];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", s.port, path);
    struct answer a = ask(&request, url);
    assert_null(strstr(a.fault.message, "hidden"));
    assert_null(strstr(a.fault.message, "secret"));
    answer_free(&a);
    comes_to(s.port, "GET", "/to?https://127.0.0.1/x", DVO_EPROTO, "another server");
    request = (struct http_request){.follow = false};
    snprintf(url, sizeof url, "http://127.0.0.1:%d/to?/ok", s.port);
    a = ask(&request, url);
    assert_int_equal(a.status, 302);
    answer_free(&a);
    server_stop(&s);
    server_stop(&other);
}

/* A proxy gets the whole URL, so the server tells whether it was one. */
static void asks_proxies(void **state)
{
    (void)state;
    struct server s = server_start("https_server.py", NULL, NULL, NULL);
    char proxy[80];
    struct http_request request = {0};
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", s.port);
    static const char *const names[] = {"http_proxy", "all_proxy"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv(names[i], proxy, 1);
        struct answer a = ask(&request, "http://cloud.example/ok");
        assert_string_equal(buf_text(&a.body), "GET http://cloud.example/ok");
        answer_free(&a);
        static const char *const except[] = {"no_proxy", "NO_PROXY"};
        for (size_t k = 0; k < sizeof except / sizeof *except; k++) {
            setenv(except[k], "other.invalid,cloud.invalid", 1);
            a = ask(&request, "http://cloud.invalid/ok");
            assert_int_equal(a.fault.code, DVO_EUNREACH);
            answer_free(&a);
            unsetenv(except[k]);
        }
        unsetenv(names[i]);
    }
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_certificates),
        cmocka_unit_test(follows_on_one_server_only),
        cmocka_unit_test(asks_proxies),
    };
    return cmocka_run_group_tests_name(__FILE_NAME__, tests, make_certificates,
                                       remove_certificates);
}
