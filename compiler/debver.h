/* Versions of Debian packages (Debian Policy 5.6.12) and ranges of them. */
#ifndef DVO_COMPILER_DEBVER_H
#define DVO_COMPILER_DEBVER_H

#include <stdbool.h>

/* True for [EPOCH:]UPSTREAM[-REVISION] with the characters that the policy allows. */
bool debver_valid(const char *version);
/* Negative, zero or positive, as `dpkg --compare-versions` orders the two. */
int debver_compare(const char *a, const char *b);

/* A range is a list of bounds separated by commas, all of which must hold: ">=1.2,<2".
 * The operators are < <= = >= >; a bound without one means "=". A part that a bound does
 * not write (epoch, revision) is not looked at: "1.2" admits 1.2, 1.2-1 and 1:1.2-3,
 * "<=1.2" too, and "1.2-1" admits 1.2-1 alone and 1:1.2-1. */

/* NULL if `range` is well formed, else what is wrong with it: a sentence fragment. */
const char *debver_range_check(const char *range);
/* Whether a valid version lies in a well-formed range. */
bool debver_in_range(const char *version, const char *range);

#endif
