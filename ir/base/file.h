/* Whole files: read them, and replace them so that nobody sees half of one. */
#ifndef DVO_BASE_FILE_H
#define DVO_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "ir/base/buf.h"

/* Appends the file's bytes to `out`; "-" is standard input. False with errno: EFBIG for
 * 4 GiB or more. */
bool file_read(const char *path, struct buf *out);
/* Writes to a temporary name in the same folder, syncs, renames. Mode e.g. 0644. False
 * with errno on failure (the old file stands, the temporary one is gone). */
bool file_replace(const char *path, const void *bytes, size_t len, unsigned mode);
/* Makes names in a folder durable. File systems that cannot do that are left alone. */
void file_sync_dir(const char *dir);
/* mkdir -p with mode 0755. False with errno. */
bool file_mkdirs(const char *path);
/* Folder part of a path ("." if none), to be freed. */
char *path_dir(const char *path);
/* a/b; b if it is absolute, or a is "" or "."; to be freed. */
char *path_join(const char *a, const char *b);

#endif
