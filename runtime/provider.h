/* The provider of a plan: its service is started on demand, its facts are learnt, its
 * transport and its rules for errors are told. */
#ifndef DVO_RUNTIME_PROVIDER_H
#define DVO_RUNTIME_PROVIDER_H

#include "runtime/run.h"

struct provider *provider_new(struct run *r);
void provider_free(struct provider *p);

/* `fault` is NULL once the provider can be called. */
typedef void provider_fn(void *ctx, struct fault *fault);
void provider_ready(struct run *r, provider_fn *done, void *ctx);
/* {"socket": …}: facts, for {"$provider": name}. NULL before it is ready. */
const json_t *provider_facts(const struct run *r);
/* Where to call: the base URL, and the socket or NULL. */
const char *provider_base(const struct run *r);
const char *provider_socket(const struct run *r);
/* The error of an answer, by the driver's rules, then by the status alone. */
enum dvo_error provider_error(const struct run *r, long status, const char *body);

#endif
