/* Programs that the compiler asks: what lies outside of this computer is theirs to fetch.
 */
#ifndef DVO_COMPILER_COMMAND_H
#define DVO_COMPILER_COMMAND_H

#include "ir/base/buf.h"

/* Runs argv[0] with nothing to read and nobody to ask, and appends what it says: output
 * to `out`, which must not be much, and errors to `err`. Its exit status; -1 with errno
 * if it cannot be run or was ended by a signal (errno 0). */
int command_run(const char *const *argv, struct buf *out, struct buf *err);
/* The first line of what a command said, without its newline; cuts the others off. */
const char *command_reason(struct buf *err);

#endif
