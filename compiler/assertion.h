/* assert_eq, assert_true and assert_in of tests: they hold, or say what differs. */
#ifndef DVO_COMPILER_ASSERTION_H
#define DVO_COMPILER_ASSERTION_H

#include "compiler/vm.h"

/* assert_eq(got, want, message=None) */
extern const struct native assertion_eq;
/* assert_true(condition, message=None) */
extern const struct native assertion_true;
/* assert_in(item, container, message=None) */
extern const struct native assertion_in;

#endif
