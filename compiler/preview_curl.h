/* The steps of api/calls.json as commands that a person could type. */
#ifndef DVO_COMPILER_PREVIEW_CURL_H
#define DVO_COMPILER_PREVIEW_CURL_H

#include "compiler/preview_word.h"

/* What the commands of one page share. */
struct preview_curl {
    struct preview_names names;
    const json_t *provider; /* of calls.json, or NULL */
};

/* Appends the commands of an HTTP step: curl, in a loop if it polls, and what is taken
 * from its answer. */
void preview_step_http(const struct preview_curl *c, const json_t *http, struct buf *out);
/* Appends the line of the step library that a step on a machine is, in the same way. */
void preview_step(const struct preview_names *c, const json_t *step, struct buf *out);

#endif
