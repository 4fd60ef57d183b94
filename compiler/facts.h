/* Objects that are nothing but a few named facts: packages, and what tests are told. */
#ifndef DVO_COMPILER_FACTS_H
#define DVO_COMPILER_FACTS_H

#include "compiler/vm.h"

/* An object of `type` whose attributes are the entries of a dict. The type's getattr is
 * facts_getattr. */
value facts_new(struct vm *vm, const struct object_type *type, value dict);
value facts_getattr(struct vm *vm, value self, str_id name);
void facts_attrs(struct vm *vm, value self, void (*each)(void *ctx, str_id name),
                 void *ctx);
/* The dict. */
value facts_of(value self);

#endif
