/* The functions and methods of plain Starlark. */
#ifndef DVO_COMPILER_BUILTINS_H
#define DVO_COMPILER_BUILTINS_H

#include "compiler/vm.h"

/* The predeclared functions. */
extern const struct native builtins_functions[];
extern const size_t builtins_nfunctions;
/* Registers the methods of strings and bytes; of lists, dicts and sets. */
void builtins_text_methods(struct vm *vm);
void builtins_container_methods(struct vm *vm);
/* sorted(), min(), max(). */
value builtins_sorted(struct vm *vm, const struct call *c);
value builtins_min(struct vm *vm, const struct call *c);
value builtins_max(struct vm *vm, const struct call *c);
/* The arguments of dict() and dict.update() into a dict. */
bool builtins_update(struct vm *vm, const struct call *c, value dict);
/* int() and float(). */
value builtins_int(struct vm *vm, const struct call *c);
value builtins_float(struct vm *vm, const struct call *c);

#endif
