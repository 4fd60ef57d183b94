/* The rows of a call record: what it reads and writes, what it wants to be so, and what
 * its arguments must be like. */
#ifndef DVO_COMPILER_RECORD_ROWS_H
#define DVO_COMPILER_RECORD_ROWS_H

#include "compiler/glossary.h"

/* Fill the call's tables; the arguments are there already. False after an error. */
bool record_read_effects(struct vm *vm, value record, struct call_info *info);
bool record_read_wants(struct vm *vm, value record, struct call_info *info);
bool record_read_requires(struct vm *vm, value record, struct call_info *info,
                          struct call_rules *rules);

#endif
