/* One HTTP step of api/calls.json with its values filled in: what is asked, and whether
 * at all. */
#ifndef DVO_RUNTIME_STEP_H
#define DVO_RUNTIME_STEP_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>
#include <jansson.h>

#include "ir/base/buf.h"
#include "runtime/value.h"

struct step_call {
    const char *service, *method; /* borrowed from the step; no service: NULL */
    struct buf path;              /* with its query */
    size_t batch,
        batch_end; /* where in the path the value of "batch" is; equal: nowhere */
    struct curl_slist *headers;
    char *body; /* or NULL */
    size_t body_len;
};

/* Whether the step's "when" holds. False with s->outcome if that cannot be told. */
bool step_wanted(struct value_source *s, const json_t *step, bool *wanted);
/* Fills a call, to be freed. False with s->outcome: nothing is to be freed. */
bool step_compose(struct value_source *s, const json_t *step, struct step_call *call);
/* Wipes the body: it may hold secrets. */
void step_call_free(struct step_call *call);
/* "GET" where the step does not say. */
const char *step_method(const json_t *step);

#endif
