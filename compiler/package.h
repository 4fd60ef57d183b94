/* packages.find: pinned packages as values of a program. */
#ifndef DVO_COMPILER_PACKAGE_H
#define DVO_COMPILER_PACKAGE_H

#include "compiler/vm.h"

extern const struct native package_find;

#endif
