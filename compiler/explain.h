/* The texts of the diagnostic codes (etc/dvo/codes): what `dvoc explain` prints. */
#ifndef DVO_COMPILER_EXPLAIN_H
#define DVO_COMPILER_EXPLAIN_H

#include <stdbool.h>

#include "ir/base/buf.h"

/* One line per code: the code and its title. */
void explain_list(struct buf *out);
/* What a code means, with a wrong and a right example. `code` is written DVO0522, 0522 or
 * 522. False if there is no such code: `out` then says in a few words which are near. */
bool explain_code(const char *code, struct buf *out);

#endif
