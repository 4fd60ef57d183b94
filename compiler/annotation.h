/* Type annotations of parameters and results: checked when a function is called and when
 * it returns. Types are None bool int float str bytes list tuple dict set callable, the
 * types of handles (machine), and Any; "|" joins them, list[T] set[T] dict[K, V]
 * tuple[A, B] tuple[A, ...] are checked to the last item, and the names that Python's
 * typing has for them are known. Any other name accepts everything. */
#ifndef DVO_COMPILER_ANNOTATION_H
#define DVO_COMPILER_ANNOTATION_H

#include "compiler/value.h"

/* Whether the annotation says anything that can be checked. */
bool annotation_checks(struct vm *vm, const struct expr *annotation);
/* Whether the value is of one of the types. */
bool annotation_accepts(struct vm *vm, const struct expr *annotation, value v);
/* Why it is not: "must be list[int], but [0] is string". */
void annotation_explain(struct vm *vm, const struct expr *annotation, value v,
                        struct buf *out);

#endif
