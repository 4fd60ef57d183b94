/* The provider calls of a plan as a page of commands that can be run in order. */
#ifndef DVO_COMPILER_PREVIEW_CALLS_H
#define DVO_COMPILER_PREVIEW_CALLS_H

#include "compiler/preview_curl.h"

/* How a comment begins and ends: dim on terminals. */
struct preview_style {
    const char *begin, *end;
};

/* Appends what comes before the first call: what the variables are, and the login.
 * Nothing for providers that need neither. */
void preview_login(const struct preview_curl *c, const struct preview_style *style,
                   struct buf *out);
/* Appends the steps of one operation, deletions as comments, and then its results as the
 * variables that others use. */
void preview_calls(const struct preview_curl *c, const struct preview_style *style,
                   const json_t *entry, struct buf *out);

#endif
