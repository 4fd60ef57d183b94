/* The hash table behind dicts and sets: insertion order, stable across runs. */
#ifndef DVO_COMPILER_TABLE_H
#define DVO_COMPILER_TABLE_H

#include "compiler/value.h"

void table_init(struct vm *vm, struct table *t, size_t room);
/* The entry of a key with this hash, or NULL. Valid until the table changes. */
struct table_entry *table_find(struct vm *vm, const struct table *t, value key,
                               uint32_t hash);
/* The entry of the key, made if it is new (its val is VALUE_ERROR then). */
struct table_entry *table_put(struct vm *vm, struct table *t, value key, uint32_t hash);
void table_delete(struct vm *vm, struct table *t, struct table_entry *e);
void table_clear(struct table *t);
/* Live entry at or behind index *i, which moves behind it; NULL at the end. */
struct table_entry *table_next(const struct table *t, uint32_t *i);

#endif
