/* The subset of regular expressions that means the same in POSIX (extended), Python and
 * Ruby. */
#ifndef DVO_IR_REGEX_H
#define DVO_IR_REGEX_H

#include <stddef.h>

#include "ir/base/buf.h"

/* NULL if the pattern is in the subset, else what is wrong, as type_check_text() says it.
 * The buffer stays empty: patterns are canonical as written. */
const char *regex_check(const char *s, size_t len, struct buf *out);

#endif
