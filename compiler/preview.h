/* The page that people read before they run a plan: a view of a build's own files. */
#ifndef DVO_COMPILER_PREVIEW_H
#define DVO_COMPILER_PREVIEW_H

#include <stdbool.h>

#include "ir/base/buf.h"
#include "ir/base/diag.h"

/* Appends a file of the build, named by its path below the build folder. False with errno
 * if it cannot be read. */
typedef bool preview_read_fn(void *ctx, const char *path, struct buf *out);

/* Appends the page: the order of execution, the HTTP calls as curl commands, and the
 * playbooks and recipes. With `color`, for a terminal. False after an error in `diags`.
 */
bool preview(preview_read_fn *read, void *ctx, bool color, struct buf *out,
             struct diags *diags);

#endif
