/* The steps of api/calls.json as commands that a person could type. */
#ifndef DVO_COMPILER_PREVIEW_CURL_H
#define DVO_COMPILER_PREVIEW_CURL_H

#include <jansson.h>

#include "ir/base/buf.h"

/* What the commands of one page share. */
struct preview_curl {
    const json_t *transport; /* of the provider, or NULL */
    const char **addresses;  /* per op id, NULL where there is none */
    size_t n;
};

/* Appends the curl command of an HTTP step, without a newline at its end. */
void preview_curl(const struct preview_curl *c, const json_t *http, struct buf *out);
/* Appends the line of the step library that a step on a machine is, in the same way. */
void preview_step(const struct preview_curl *c, const json_t *step, struct buf *out);

#endif
