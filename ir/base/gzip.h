/* gzip files (RFC 1952) whose bytes depend on nothing but what goes in, as builds must be
 * the same everywhere. */
#ifndef DVO_BASE_GZIP_H
#define DVO_BASE_GZIP_H

#include "ir/base/buf.h"

/* Appends a gzip file that holds these bytes, at most 4 GiB. */
void gzip_add(struct buf *out, const void *bytes, size_t len);

#endif
