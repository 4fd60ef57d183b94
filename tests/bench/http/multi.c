/* What dvo-run is measured beside: libcurl's multi interface and nothing else.
 *
 *   bench_multi BASE N CONCURRENCY [BODY]
 *
 * sends N requests to BASE/0, BASE/1 and so on, so many at a time: GETs, or POSTs of a
 * body. Whatever is not answered with 200 ends it. */
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

struct transfers {
    CURLM *multi;
    const char *base, *body;
    unsigned long sent, answered, total;
};

static size_t drop(char *p, size_t size, size_t n, void *ctx)
{
    (void)p;
    (void)ctx;
    return size * n;
}

static void send_next(struct transfers *t, CURL *easy)
{
    char url[512];
    snprintf(url, sizeof url, "%s/%lu", t->base, t->sent++);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_multi_add_handle(t->multi, easy);
}

static CURL *transfer_new(const struct transfers *t)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    if (t->body)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, t->body);
    return easy;
}

/* The handle of a request that has been answered takes the next one. */
static void take_answers(struct transfers *t)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(t->multi, &left))) {
        CURL *easy = m->easy_handle;
        CURLcode code = m->data.result;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(t->multi, easy);
        if (code != CURLE_OK || status != 200) {
            fprintf(stderr, "bench_multi: %s, status %ld\n", curl_easy_strerror(code),
                    status);
            exit(1);
        }
        t->answered++;
        if (t->sent < t->total)
            send_next(t, easy);
        else
            curl_easy_cleanup(easy);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: bench_multi BASE N CONCURRENCY [BODY]\n", stderr);
        return 2;
    }
    struct transfers t = {.multi = curl_multi_init(),
                          .base = argv[1],
                          .total = strtoul(argv[2], NULL, 10),
                          .body = argv[4]};
    unsigned long concurrency = strtoul(argv[3], NULL, 10);
    int running;
    while (t.sent < t.total && t.sent < concurrency)
        send_next(&t, transfer_new(&t));
    while (t.answered < t.total) {
        curl_multi_perform(t.multi, &running);
        take_answers(&t);
        if (t.answered < t.total)
            curl_multi_poll(t.multi, NULL, 0, 1000, NULL);
    }
    curl_multi_cleanup(t.multi);
    return 0;
}
