/* Records as evaluated: dicts whose members are looked up by their names. */
#ifndef DVO_COMPILER_RECORD_DICT_H
#define DVO_COMPILER_RECORD_DICT_H

#include "compiler/value.h"
#include "ir/call.h"

/* The member, or VALUE_ERROR if there is none. */
value record_get(struct vm *vm, value dict, const char *key);
/* Whether the member is True. */
bool record_flag(struct vm *vm, value dict, const char *key);
/* The member if it is text, else NULL; owned by the VM. */
const char *record_text(struct vm *vm, value dict, const char *key);
/* The items of a list; none if there is no such member. */
const value *record_items(struct vm *vm, value dict, const char *key, size_t *n);
/* Whether the value was made by that word, e.g. want(...). */
bool record_is_word(struct vm *vm, value v, const char *word);
/* Index of the argument of that name, or -1. */
int32_t record_arg_index(const struct call_info *info, struct vm *vm, const char *name);
/* The same of an argument that the record names; -1 after an error. */
int32_t record_named_arg(const struct call_info *info, struct vm *vm, value name);

#endif
