/* A folder as one tar file, the same bytes for the same folder wherever it stands. */
#ifndef DVO_COMPILER_ARCHIVE_H
#define DVO_COMPILER_ARCHIVE_H

#include "ir/base/arena.h"
#include "ir/base/buf.h"

/* Appends the archive of what is below `folder` to `out`: names sorted by their bytes, no
 * times, owner 0, directories and executable files 0755, other files 0644. Links are kept
 * as links. NULL, or what is wrong, in the arena: a link that leads out of the folder,
 * something that is neither file, folder nor link, a name with a newline, a folder that
 * is too large or cannot be read. */
const char *archive_folder(const char *folder, struct arena *a, struct buf *out);

#endif
