/* Requests on one curl multi handle. What curl reports becomes a typed error here and
 * nowhere else. */
#include "runtime/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "dvo_config.h"
#include "ir/base/arena.h"

#define CONNECT_TIMEOUT_MS 10000L
#define MOST_REDIRECTIONS 5

struct http {
    struct loop *loop;
    CURLM *multi;
    struct http_transfer *transfers;
    struct { /* handles that are at rest, for transfers to come */
        CURL **v;
        size_t n, cap;
    } idle;
    struct buf noproxy;
    bool holds;
    struct {
        struct http_held {
            struct http_transfer *transfer; /* NULL: canceled */
            uint64_t wants;
        } * v; /* in the order of what they want */
        size_t n, cap;
    } held;
    size_t counted; /* of them, those that know what they want */
};

struct http_transfer {
    struct http *http;
    struct http_transfer *next, **at;
    CURL *easy;
    struct curl_slist *headers;
    http_fn *done;
    void *ctx;
    struct http_response response;
    char *body; /* to be sent */
    size_t body_len, body_sent;
    bool too_long;
    bool head_complete; /* the blank line behind the headers has come */
    bool follow, get;
    unsigned redirections;
    char error[CURL_ERROR_SIZE];
};

static void http_transfer_free(struct http_transfer *t)
{
    curl_multi_remove_handle(t->http->multi, t->easy);
    curl_easy_reset(t->easy); /* with all that was set for this transfer */
    *vec_push(&t->http->idle) = t->easy;
    curl_slist_free_all(t->headers);
    *t->at = t->next;
    if (t->next)
        t->next->at = t->at;
    buf_free(&t->response.body);
    buf_free(&t->response.headers);
    fault_free(&t->response.fault);
    if (t->body)
        explicit_bzero(t->body, t->body_len);
    free(t->body);
    free(t);
}

static enum dvo_error curl_error(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return DVO_EUNREACH;
    case CURLE_OPERATION_TIMEDOUT: return DVO_ETIMEDOUT;
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND: /* see http_body() */
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return DVO_ECONN;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING: return DVO_EPROTO;
    case CURLE_URL_MALFORMAT: return DVO_EINVAL;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM: return DVO_EAUTH;
    case CURLE_SSL_CONNECT_ERROR: return DVO_ECONN;
    default: return DVO_EUNKNOWN;
    }
}

long http_retry_after(const char *text)
{
    char *end;
    long seconds = strtol(text, &end, 10);
    if (end == text) {
        time_t when = curl_getdate(text, NULL);
        seconds = when < 0 ? 0 : (long)(when - time(NULL));
    }
    return seconds <= 0 ? 0 : seconds > 3600 ? 3600000 : seconds * 1000;
}

/* Scheme, host and port of a URL, and without `origin` its path too: no query, which may
 * be nobody's business. To be freed by curl_free(); NULL if it is none. */
static char *url_part(const char *url, bool origin)
{
    static const CURLUPart aside[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY,
                                      CURLUPART_FRAGMENT};
    CURLU *u = curl_url();
    char *text = NULL;
    if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK) {
        for (size_t i = 0; i < sizeof aside / sizeof *aside; i++)
            curl_url_set(u, aside[i], NULL, 0);
        if (origin)
            curl_url_set(u, CURLUPART_PATH, NULL, 0);
        curl_url_get(u, CURLUPART_URL, &text, CURLU_DEFAULT_PORT);
    }
    curl_url_cleanup(u);
    return text;
}

/* Where an answer sends us, if it does; curl's. */
static const char *redirection(const struct http_transfer *t)
{
    long status = 0;
    char *url = NULL;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &url);
    bool moved = (status >= 301 && status <= 303) || status == 307 || status == 308;
    return t->follow && moved ? url : NULL;
}

/* Goes on to another place of the same server. False with a fault. */
static bool http_follow(struct http_transfer *t, const char *to)
{
    char *from = NULL;
    curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &from);
    char *here = url_part(from, true), *there = url_part(to, true);
    char *shown = url_part(to, false);
    struct fault *f = &t->response.fault;
    if (!here || !there || strcmp(here, there) != 0)
        fault_set(
            f, DVO_EPROTO,
            "it wants the call to go to another server, %s; what goes with a call is "
            "for %s only",
            shown ? shown : "somewhere", here ? here : "the first");
    else if (!t->get)
        fault_set(f, DVO_EPROTO, "it wants the call to go to %s instead", shown);
    else if (++t->redirections > MOST_REDIRECTIONS)
        fault_set(f, DVO_EPROTO, "it sent the call on %d times, at last to %s",
                  MOST_REDIRECTIONS, shown);
    curl_free(here);
    curl_free(there);
    curl_free(shown);
    if (f->code)
        return false;
    char *url = xstrdup(to); /* curl's own goes away with the old one */
    buf_clear(&t->response.body);
    buf_clear(&t->response.headers);
    t->head_complete = false;
    curl_multi_remove_handle(t->http->multi, t->easy);
    curl_easy_setopt(t->easy, CURLOPT_URL, url);
    curl_multi_add_handle(t->http->multi, t->easy);
    free(url);
    return true;
}

static void http_finish(struct http_transfer *t, CURLcode code)
{
    struct http_response *r = &t->response;
    const char *to = code == CURLE_OK && t->head_complete ? redirection(t) : NULL;
    if (to && http_follow(t, to))
        return;
    if (t->too_long)
        fault_set(&r->fault, DVO_EPROTO, "the answer is longer than %zu MiB",
                  HTTP_BODY_LIMIT >> 20);
    else if (code != CURLE_OK)
        fault_set(&r->fault, curl_error(code), "%s",
                  t->error[0] ? t->error : curl_easy_strerror(code));
    else if (to)
        ;                       /* the fault is told */
    else if (!t->head_complete) /* which curl takes for an answer without a body */
        fault_set(&r->fault, DVO_ECONN, "the connection was closed within the headers");
    else
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &r->status);
    char *after = http_header(&r->headers, "Retry-After");
    if (after)
        r->retry_after_ms = http_retry_after(after);
    free(after);
    t->done(t->ctx, r);
    http_transfer_free(t);
}

static void http_progress(void *ctx)
{
    struct http *h = ctx;
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(h->multi, &left))) {
        if (m->msg != CURLMSG_DONE)
            continue;
        struct http_transfer *t = NULL;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        http_finish(t, code);
    }
}

struct http *http_new(struct loop *l)
{
    struct http *h = xcalloc(1, sizeof *h);
    h->loop = l;
    h->multi = curl_multi_init();
    if (!h->multi)
        die("curl does not start");
    const char *own = getenv("no_proxy");
    own = own && *own ? own : getenv("NO_PROXY");
    buf_printf(&h->noproxy, "localhost,127.0.0.1,::1%s%s", own && *own ? "," : "",
               own ? own : "");
    loop_curl(l, h->multi, http_progress, h);
    return h;
}

void http_free(struct http *h)
{
    if (!h)
        return;
    while (h->transfers)
        http_transfer_free(h->transfers);
    for (size_t i = 0; i < h->idle.n; i++)
        curl_easy_cleanup(h->idle.v[i]);
    free(h->idle.v);
    free(h->held.v);
    curl_multi_cleanup(h->multi);
    buf_free(&h->noproxy);
    free(h);
}

void http_direct(struct http *h, const char *host)
{
    buf_printf(&h->noproxy, ",%s", host);
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct http_transfer *t = ctx;
    if (size * n > HTTP_BODY_LIMIT - t->response.body.len) {
        t->too_long = true;
        return 0;
    }
    buf_add(&t->response.body, p, size * n);
    return size * n;
}

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
    struct http_transfer *t = ctx;
    size_t len = size * n;
    /* Interim answers and the handshake of a proxy have headers of their own. */
    if (len > 5 && !strncmp(p, "HTTP/", 5)) {
        buf_clear(&t->response.headers);
        t->head_complete = false;
    }
    while (len && (p[len - 1] == '\r' || p[len - 1] == '\n'))
        len--;
    t->head_complete |= !len;
    buf_add(&t->response.headers, p, len);
    buf_char(&t->response.headers, '\n');
    return size * n;
}

static size_t on_read(char *p, size_t size, size_t n, void *ctx)
{
    struct http_transfer *t = ctx;
    size_t left = t->body_len - t->body_sent;
    size_t len = size * n < left ? size * n : left;
    if (len)
        memcpy(p, t->body + t->body_sent, len);
    t->body_sent += len;
    return len;
}

/* curl sends a request again by itself when a connection that it has kept open ends
 * without an answer. The service may have carried it out by then, so a body is one that
 * curl cannot rewind, and a change without one has a connection of its own, which it
 * shares with nobody. */
static void http_body(struct http_transfer *t, const struct http_request *request)
{
    CURL *e = t->easy;
    if (!request->body_len && !t->get && strcmp(request->method, "DELETE") != 0) {
        curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    }
    if (!request->body && strcmp(request->method, "POST") != 0 &&
        strcmp(request->method, "PUT") != 0)
        return;
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    if (request->body_len) {
        t->body = xmalloc(request->body_len);
        memcpy(t->body, request->body, request->body_len);
        t->body_len = request->body_len;
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(e, CURLOPT_READDATA, t);
    } else {
        curl_easy_setopt(e, CURLOPT_COPYPOSTFIELDS, request->body ? request->body : "");
    }
}

static void set_tls(CURL *e, const struct http_request *request)
{
    if (request->unverified) {
        curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (request->cacert)
        curl_easy_setopt(e, CURLOPT_CAINFO, request->cacert);
    if (request->cert)
        curl_easy_setopt(e, CURLOPT_SSLCERT, request->cert);
    if (request->key)
        curl_easy_setopt(e, CURLOPT_SSLKEY, request->key);
}

struct http_transfer *http_send(struct http *h, const struct http_request *request,
                                http_fn *done, void *ctx)
{
    struct http_transfer *t = xcalloc(1, sizeof *t);
    t->http = h;
    t->done = done;
    t->ctx = ctx;
    t->follow = request->follow;
    t->get = !strcmp(request->method, "GET") || !strcmp(request->method, "HEAD");
    t->next = h->transfers;
    t->at = &h->transfers;
    if (t->next)
        t->next->at = &t->next;
    h->transfers = t;
    CURL *e = t->easy = h->idle.n ? h->idle.v[--h->idle.n] : curl_easy_init();
    if (!e)
        die("curl does not start");
    curl_easy_setopt(e, CURLOPT_PRIVATE, (char *)t);
    curl_easy_setopt(e, CURLOPT_URL, request->url);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    /* HTTP/2 where a server agrees to it: whether it does is worth waiting for. */
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(e, CURLOPT_PIPEWAIT, strncmp(request->url, "https:", 6) ? 0L : 1L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "dvo/" DVO_VERSION);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    if (request->unix_socket) {
        curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
        curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
    } else {
        curl_easy_setopt(e, CURLOPT_NOPROXY, buf_text(&h->noproxy));
    }
    set_tls(e, request);
    if (!strcmp(request->method, "HEAD"))
        curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
    http_body(t, request);
    curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, request->method);
    t->headers = request->headers;
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
    if (h->holds)
        *vec_push(&h->held) = (struct http_held){.transfer = t};
    else
        curl_multi_add_handle(h->multi, e);
    return t;
}

void http_hold(struct http *h)
{
    h->holds = true;
}

void http_release(struct http *h, uint64_t wants, uint64_t done)
{
    while (h->held.n > h->counted)
        h->held.v[h->counted++].wants = wants;
    size_t gone = 0;
    for (; gone < h->counted && h->held.v[gone].wants <= done; gone++)
        if (h->held.v[gone].transfer)
            curl_multi_add_handle(h->multi, h->held.v[gone].transfer->easy);
    h->counted -= gone;
    h->held.n -= gone;
    if (gone)
        memmove(h->held.v, h->held.v + gone, h->held.n * sizeof *h->held.v);
}

bool http_refuse(struct http *h, const struct fault *f)
{
    bool any = false;
    /* Who is told may ask for more. */
    for (size_t i = 0; i < h->held.n; i++) {
        struct http_transfer *t = h->held.v[i].transfer;
        h->held.v[i].transfer = NULL;
        if (!t)
            continue;
        fault_set(&t->response.fault, f->code, "%s", f->message);
        t->done(t->ctx, &t->response);
        http_transfer_free(t);
        any = true;
    }
    h->held.n = h->counted = 0;
    return any;
}

void http_cancel(struct http_transfer *t)
{
    struct http *h = t->http;
    for (size_t i = 0; i < h->held.n; i++)
        if (h->held.v[i].transfer == t)
            h->held.v[i].transfer = NULL;
    http_transfer_free(t);
}

struct curl_slist *http_headers_copy(const struct curl_slist *headers)
{
    struct curl_slist *copy = NULL;
    for (; headers; headers = headers->next)
        copy = curl_slist_append(copy, headers->data);
    return copy;
}

char *http_header(const struct buf *headers, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = buf_text(headers); *line;) {
        size_t n = strcspn(line, "\n");
        if (n > len && line[len] == ':' && !strncasecmp(line, name, len)) {
            const char *value = line + len + 1 + strspn(line + len + 1, " \t");
            return strndup(value, (size_t)(line + n - value));
        }
        line += n + (line[n] == '\n');
    }
    return NULL;
}

enum dvo_error http_status_error(long status)
{
    switch (status) {
    case 400:
    case 422: return DVO_EINVAL;
    case 401: return DVO_EAUTH;
    case 403: return DVO_EPERM;
    case 404:
    case 410: return DVO_ENOENT;
    case 408:
    case 504: return DVO_ETIMEDOUT;
    case 429:
    case 503: return DVO_EAGAIN;
    case 500:
    case 502: return DVO_EREMOTE;
    case 501: return DVO_ENOSYS;
    case 507: return DVO_ENOSPC;
    default: return DVO_EUNKNOWN;
    }
}
