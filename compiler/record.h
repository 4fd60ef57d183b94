/* Compiles one evaluated record (call(), handle_type(), driver()) into the tables of
 * ir/call.h. */
#ifndef DVO_COMPILER_RECORD_H
#define DVO_COMPILER_RECORD_H

#include "compiler/glossary.h"

/* Adds call, handle_type, driver, arg, field, want, reads, writes and the other words of
 * records to the glossary's universe. */
void record_universe(struct glossary *g);
/* Registers a handle type; its index. Fields are copied. */
uint32_t record_type(struct glossary *g, str_id name, const struct field_info *fields,
                     uint32_t nfields, const char *doc);

#endif
