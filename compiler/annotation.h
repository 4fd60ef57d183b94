/* Type annotations of parameters: checked when a function is called. */
#ifndef DVO_COMPILER_ANNOTATION_H
#define DVO_COMPILER_ANNOTATION_H

#include "compiler/value.h"

/* Whether the annotation says anything that can be checked: it is built of int, str,
 * bool, float, bytes, list, dict, set, tuple and None with "|" and subscripts only. */
bool annotation_checks(struct vm *vm, const struct expr *annotation);
/* Whether the value is of one of the types. */
bool annotation_accepts(struct vm *vm, const struct expr *annotation, value v);
/* The annotation as people wrote it, roughly: "int | None". */
void annotation_write(struct vm *vm, const struct expr *annotation, struct buf *out);

#endif
