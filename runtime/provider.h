/* The provider of a plan: its service is started on demand, its facts are learnt, calls
 * are sent to it and their errors judged. */
#ifndef DVO_RUNTIME_PROVIDER_H
#define DVO_RUNTIME_PROVIDER_H

#include "runtime/run.h"

/* From "provider" of calls.json, which must outlive it, or NULL. */
struct provider *provider_new(struct run *r, const json_t *record);
void provider_free(struct provider *p);

const json_t *provider_record(const struct run *r);
/* What tells it from all others: where it is and as whom it is spoken to. */
const char *provider_id(const struct run *r);
void provider_id_of(const json_t *record, char id[27]);

/* `fault` is NULL once the provider can be called; where a login tells its identity, that
 * is the one that the state knows. */
typedef void provider_fn(void *ctx, struct fault *fault);
void provider_ready(struct run *r, provider_fn *done, void *ctx);
/* Facts, for {"$provider": name}: what the service printed, the user's credentials, what
 * a login gave. Empty before it is ready. */
const json_t *provider_facts(const struct run *r);
/* Sends a call to the provider: base or the service's endpoint, session and service
 * headers, limits, one renewal of the session on 401. The path may hold a query. Headers
 * and body are taken over as in http_send(). */
struct provider_request {
    const char *service, *method, *path;
    struct curl_slist *headers;
    const char *body;
    size_t body_len;
    long timeout_ms;
};
void provider_send(struct run *r, const struct provider_request *q, http_fn *done,
                   void *ctx);
/* The path below its service, to be freed, of a URL that an answer holds, absolute or
 * not. */
char *provider_path(const struct run *r, const char *service, const char *url);
/* The driver's rule for a status and what was said with it; NULL: none. */
const json_t *provider_rule(const struct run *r, long status, const char *body);

#endif
