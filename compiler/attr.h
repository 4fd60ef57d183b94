/* Attributes of values; value.h has value_attr() and value_getattr(). */
#ifndef DVO_COMPILER_ATTR_H
#define DVO_COMPILER_ATTR_H

#include "compiler/value.h"

/* Calls `each` for every attribute name of v. */
void attr_each(struct vm *vm, value v, void (*each)(void *ctx, str_id name), void *ctx);
/* The error that v has no such attribute, with near names, unless one is queued already.
 */
value attr_missing(struct vm *vm, value v, str_id name);

#endif
