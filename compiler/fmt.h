/* The one style of programs: `dvoc fmt`. */
#ifndef DVO_COMPILER_FMT_H
#define DVO_COMPILER_FMT_H

#include "ir/base/buf.h"
#include "ir/base/diag.h"

/* Appends the program `file` in house style to `out`: the same syntax tree, the same
 * comments, only laid out anew. What it wrote it would not change again. False after
 * diagnostics: the program is wrong, or (a fault of ours) its meaning or comments would
 * not have survived. Texts and trees of the way are left in `arena` and `sources`. */
bool fmt_source(struct sources *sources, file_id file, struct intern *names,
                struct arena *arena, struct diags *diags, struct buf *out);

#endif
