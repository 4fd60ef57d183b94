/* template() and file_text(): texts from files beside the program. */
#ifndef DVO_COMPILER_TEMPLATE_H
#define DVO_COMPILER_TEMPLATE_H

#include "compiler/vm.h"

extern const struct native template_native;           /* template(path, **vars) */
extern const struct native template_file_text_native; /* file_text(path) */

#endif
