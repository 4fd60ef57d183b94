/* HTTP over curl's multi interface: connections are reused, every call has a timeout,
 * answers are bounded. */
#ifndef DVO_RUNTIME_HTTP_H
#define DVO_RUNTIME_HTTP_H

#include "ir/base/buf.h"
#include "runtime/fault.h"
#include "runtime/loop.h"

#define HTTP_BODY_LIMIT ((size_t)16 << 20)

struct http;
struct http_transfer;

struct http_request {
    const char *method, *url;
    const char *unix_socket;    /* or NULL */
    struct curl_slist *headers; /* taken over */
    const char *body;           /* copied; NULL: none */
    size_t body_len;
    long timeout_ms;
    const char *cacert, *cert, *key; /* files, or NULL: the system's, none, none */
    bool unverified;                 /* certificates are not checked */
    bool follow; /* GETs that are sent elsewhere on the same server go there; any other
                    redirection is EPROTO: the headers may hold credentials */
};

struct http_response {
    long status; /* 0: no answer, see fault */
    struct buf body;
    struct buf headers;  /* "Name: value\n" lines of the final answer */
    struct fault fault;  /* why there is no usable answer, else DVO_OK */
    long retry_after_ms; /* from Retry-After; 0: not given */
};

/* The response is valid during the call only (take its buffers with buf_steal()). */
typedef void http_fn(void *ctx, struct http_response *response);

struct http *http_new(struct loop *l);
void http_free(struct http *h); /* transfers under way are dropped, nothing is called */
struct http_transfer *http_send(struct http *h, const struct http_request *request,
                                http_fn *done, void *ctx);
/* From now on nothing is sent before http_release(). */
void http_hold(struct http *h);
/* What was given to http_send() since the last call is to wait for the number `wants`;
 * what waits for `done` or less goes out. */
void http_release(struct http *h, uint64_t wants, uint64_t done);
/* All that waits ends with this fault; whether anything did. */
bool http_refuse(struct http *h, const struct fault *f);
/* Drops a transfer: `done` is not called. */
void http_cancel(struct http_transfer *t);
/* This host is never asked through a proxy: an address of a machine. */
void http_direct(struct http *h, const char *host);
/* A copy of a list of headers, for one more request. */
struct curl_slist *http_headers_copy(const struct curl_slist *headers);
/* Value of a header in the lines of a response, to be freed; NULL if absent. */
char *http_header(const struct buf *headers, const char *name);
/* The error that a status means where no rule of a provider says otherwise. */
enum dvo_error http_status_error(long status);
/* Milliseconds that a Retry-After text asks for (seconds or a date); 0 if unreadable. */
long http_retry_after(const char *text);

#endif
