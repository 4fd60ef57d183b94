/* What programs find predeclared: the namespaces and top-level calls of the glossary, the
 * provider's constants, param() and secret(). */
#ifndef DVO_COMPILER_NAMESPACE_H
#define DVO_COMPILER_NAMESPACE_H

#include "compiler/program.h"

/* Adds them to the universe of a program. Every scope of a record's name that is no
 * handle type is a namespace, so a new file of the glossary needs nothing here. */
void namespace_universe(struct program *p, struct eval_universe *u);
/* The VM's hook: whether some record describes handles of this type. */
bool namespace_is_handle_type(struct vm *vm, str_id name);
/* The object `provider`: FLAVOR_NAME, IMAGE_NAME and NETWORK_NAME as the configured
 * provider has them. */
value namespace_provider(struct program *p);

#endif
