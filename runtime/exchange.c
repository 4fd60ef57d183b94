/* A flight is one call under way with everybody who waits for its answer. Flights that
 * others may join are found by what they ask; cached ones stay after they have ended. */
#include "runtime/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/decode.h"
#include "runtime/provider.h"

/* A service may work long on what it is to change. */
#define READ_TIMEOUT_MS 60000
#define CHANGE_TIMEOUT_MS 120000
#define GATHER_MS 20
#define GATHER_MORE_MS 100
#define GATHER_MOST_MS 5000
#define BATCH_MOST 40
#define PAGES_MOST 1000

enum flight_state { FLIGHT_GATHERING, FLIGHT_SENT, FLIGHT_LANDED };

struct flight {
    struct run *run;
    struct flight *next, **at;
    json_t *step; /* of who asked first */
    struct step_call call;
    char *key; /* what it asks but for the batched value; NULL: nobody joins it */
    enum flight_state state;
    bool cached;
    int64_t deadline; /* loop_now(); 0: none */
    int64_t begun;    /* loop_now() */
    unsigned values, pages;
    json_t *joined; /* the document of the pages so far */
    struct reply reply;
    struct {
        struct flight_waiter {
            reply_fn *done;
            void *ctx;
        } * v;
        size_t n, cap;
    } waiters;
};

struct exchange {
    struct flight *flights;
};

struct exchange *exchange_new(struct run *r)
{
    (void)r;
    return xcalloc(1, sizeof(struct exchange));
}

static void flight_free(struct flight *f)
{
    *f->at = f->next;
    if (f->next)
        f->next->at = f->at;
    step_call_free(&f->call);
    free(f->key);
    free(f->waiters.v);
    json_decref(f->joined);
    json_decref(f->step);
    json_decref(f->reply.document);
    buf_free(&f->reply.http.body);
    buf_free(&f->reply.http.headers);
    fault_free(&f->reply.http.fault);
    free(f);
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    while (x->flights)
        flight_free(x->flights);
    free(x);
}

static bool reply_good(const struct reply *reply)
{
    return !reply->http.fault.code && reply->http.status >= 200 &&
           reply->http.status < 300;
}

/* Tells all who wait. Who is told may ask anew, even for the same. */
static void flight_land(void *ctx)
{
    struct flight *f = ctx;
    struct flight_waiter *v = f->waiters.v;
    size_t n = f->waiters.n;
    bool stays = f->cached && reply_good(&f->reply);
    f->waiters.v = NULL;
    f->waiters.n = f->waiters.cap = 0;
    f->state = FLIGHT_LANDED;
    if (!stays) { /* nobody is to join it any more */
        free(f->key);
        f->key = NULL;
    }
    for (size_t i = 0; i < n; i++)
        v[i].done(v[i].ctx, &f->reply);
    free(v);
    if (!stays)
        flight_free(f);
}

/* --- pages -----------------------------------------------------------------------------
 */

static void flight_send(struct flight *f);

static json_t *page_list(const struct flight *f, const json_t *document)
{
    const json_t *select = json_object_get(f->step, "select");
    const char *pointer = json_string_value(json_object_get(select, "list"));
    return decode_pointer(document, pointer ? pointer : "");
}

/* Adds this page to those before it. Whether another one follows, and has been asked for.
 */
static bool page_add(struct flight *f, json_t *document, struct fault *fault)
{
    const json_t *where = json_object_get(f->step, "page");
    struct value_source s = run_values(f->run, NULL);
    json_t *url = decode_extract(&s, document, NULL, where, fault);
    json_t *list = page_list(f, f->joined ? f->joined : document);
    if (f->joined)
        json_array_extend(list, page_list(f, document));
    else
        f->joined = json_incref(document);
    const char *text = json_string_value(url);
    bool more = text && *text && !fault->code;
    if (more && ++f->pages == PAGES_MOST)
        more =
            fault_set(fault, DVO_EPROTO, "the answer has more than %u pages", PAGES_MOST);
    if (more) {
        char *path = provider_path(f->run, f->call.service, text);
        buf_clear(&f->call.path);
        buf_str(&f->call.path, path);
        free(path);
        flight_send(f);
    }
    fault_free(&s.fault);
    json_decref(url);
    return more;
}

static void flight_answered(void *ctx, struct http_response *response)
{
    struct flight *f = ctx;
    struct http_response *kept = &f->reply.http;
    buf_free(&kept->body);
    buf_free(&kept->headers);
    fault_free(&kept->fault);
    *kept = *response;
    response->body = response->headers = (struct buf){0};
    response->fault = (struct fault){0};
    const char *how = json_string_value(json_object_get(f->step, "decode"));
    bool paged = json_object_get(f->step, "page");
    struct fault fault = {0};
    bool more = false;
    if ((paged || f->cached || f->waiters.n > 1) && reply_good(&f->reply)) {
        json_t *document = decode_body(&kept->body, how, &fault);
        more = document && paged && page_add(f, document, &fault);
        if (!more && document)
            f->reply.document = json_incref(f->joined ? f->joined : document);
        json_decref(document);
    }
    if (fault.code)
        fault_move(&kept->fault, &fault);
    if (!more)
        flight_land(f);
}

static long flight_timeout(const struct flight *f)
{
    int64_t most = strcmp(f->call.method, "GET") ? CHANGE_TIMEOUT_MS : READ_TIMEOUT_MS;
    int64_t left = f->deadline ? f->deadline - loop_now() : most;
    return (long)(left < 1 ? 1 : left < most ? left : most);
}

static void flight_send(struct flight *f)
{
    struct provider_request request = {.service = f->call.service,
                                       .method = f->call.method,
                                       .path = buf_text(&f->call.path),
                                       .headers = http_headers_copy(f->call.headers),
                                       .body = f->call.body,
                                       .body_len = f->call.body_len,
                                       .timeout_ms = flight_timeout(f)};
    provider_send(f->run, &request, flight_answered, f);
}

static void flight_depart(void *ctx)
{
    struct flight *f = ctx;
    f->state = FLIGHT_SENT;
    flight_send(f);
}

/* Whether the same is under way for others. */
static bool flight_follows(const struct flight *f)
{
    for (const struct flight *o = f->run->exchange->flights; o; o = o->next)
        if (o->state == FLIGHT_SENT && o->key && !strcmp(o->key, f->key))
            return true;
    return false;
}

/* A service that is slow gets one call for many, not many at once. */
static void flight_gathered(void *ctx)
{
    struct flight *f = ctx;
    if (f->values < BATCH_MOST && flight_follows(f) &&
        loop_now() < f->begun + GATHER_MOST_MS)
        loop_timer(f->run->loop, GATHER_MORE_MS, flight_gathered, f);
    else
        flight_depart(f);
}

/* --- what is asked together ------------------------------------------------------------
 */

static char *flight_key(const struct step_call *call)
{
    struct buf key = {0};
    const char *path = buf_text(&call->path);
    buf_printf(&key, "%s\n", call->service ? call->service : "");
    buf_add(&key, path, call->batch);
    buf_char(&key, '\n');
    buf_str(&key, path + call->batch_end);
    for (const struct curl_slist *h = call->headers; h; h = h->next)
        buf_printf(&key, "\n%s", h->data);
    return buf_steal(&key);
}

static struct flight *flight_find(struct exchange *x, const char *key, bool cached)
{
    for (struct flight *f = x->flights; f; f = f->next)
        if (f->key && !strcmp(f->key, key) && f->cached == cached &&
            (cached || (f->state == FLIGHT_GATHERING && f->values < BATCH_MOST)))
            return f;
    return NULL;
}

/* Adds the value of this call to those that are asked for together. */
static void flight_gather(struct flight *f, const struct step_call *call)
{
    const char *value = buf_text(&call->path) + call->batch;
    struct buf path = {0};
    buf_add(&path, f->call.path.p, f->call.batch_end);
    buf_char(&path, ',');
    buf_add(&path, value, call->batch_end - call->batch);
    size_t end = path.len;
    buf_str(&path, f->call.path.p + f->call.batch_end);
    buf_free(&f->call.path);
    f->call.path = path;
    f->call.batch_end = end;
    f->values++;
}

static struct flight *flight_new(struct run *r, const json_t *step,
                                 struct step_call *call, char *key)
{
    struct exchange *x = r->exchange;
    struct flight *f = xcalloc(1, sizeof *f);
    f->run = r;
    f->step = json_incref((json_t *)(uintptr_t)step);
    f->call = *call;
    f->key = key;
    f->values = 1;
    f->begun = loop_now();
    f->next = x->flights;
    f->at = &x->flights;
    if (f->next)
        f->next->at = &f->next;
    x->flights = f;
    *call = (struct step_call){0};
    return f;
}

void exchange_send(struct run *r, const json_t *step, struct step_call *call,
                   int64_t deadline, reply_fn *done, void *ctx)
{
    bool get = !strcmp(call->method, "GET");
    bool batched = get && call->batch < call->batch_end;
    bool cached = get && !batched && json_is_true(json_object_get(step, "cache"));
    char *key = batched || cached ? flight_key(call) : NULL;
    struct flight *f = key ? flight_find(r->exchange, key, cached) : NULL;
    if (f) {
        if (batched)
            flight_gather(f, call);
        f->deadline = !deadline || !f->deadline ? 0
                      : deadline > f->deadline  ? deadline
                                                : f->deadline;
        step_call_free(call);
        free(key);
        *vec_push(&f->waiters) = (struct flight_waiter){done, ctx};
        if (f->state == FLIGHT_LANDED && f->waiters.n == 1)
            loop_timer(r->loop, 0, flight_land, f);
        return;
    }
    f = flight_new(r, step, call, key);
    f->cached = cached;
    f->deadline = deadline;
    *vec_push(&f->waiters) = (struct flight_waiter){done, ctx};
    if (batched)
        loop_timer(r->loop, GATHER_MS, flight_gathered, f);
    else
        flight_depart(f);
}
