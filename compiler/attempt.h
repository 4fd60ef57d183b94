/* error_of() of tests: what would be wrong with a program that also did this. */
#ifndef DVO_COMPILER_ATTEMPT_H
#define DVO_COMPILER_ATTEMPT_H

#include "compiler/vm.h"

/* error_of(function): None, or the first error as code, message, help and line. */
extern const struct native attempt_error_of;

#endif
