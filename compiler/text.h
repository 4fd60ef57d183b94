/* Texts built from values: str, repr, f-strings, % and format, all of which may contain
 * deferred parts and are deferred then. */
#ifndef DVO_COMPILER_TEXT_H
#define DVO_COMPILER_TEXT_H

#include "compiler/value.h"

/* A text under construction. It lives on the VM's text stack: texts are finished or
 * abandoned in reverse order of their beginning. Bytes may be added to text_buf()
 * directly. */
struct text_builder {
    size_t start;      /* in vm_state.text: first byte of this text */
    size_t literal;    /* first byte behind the last deferred part */
    size_t first_part; /* in vm_state.parts */
};

struct text_builder text_begin(struct vm *vm);
struct buf *text_buf(struct vm *vm);
/* Adds a value as str() or repr() has it. False after an error. */
bool text_add(struct vm *vm, struct text_builder *t, value v, bool repr);
/* The finished string, or a deferred one. */
value text_finish(struct vm *vm, struct text_builder *t);
/* The same as bytes. */
value text_finish_bytes(struct vm *vm, struct text_builder *t);
void text_abandon(struct vm *vm, struct text_builder *t);

/* S % args, and S.format(...): VALUE_ERROR after an error. */
value text_percent(struct vm *vm, value format, value args);
value text_format(struct vm *vm, value format, const struct call *call);
/* A string literal with double quotes; `bytes`: of a bytes value, with its b. */
void text_quote(struct buf *out, const char *p, size_t len, bool bytes);
/* A code point in UTF-8. */
void text_add_char(struct buf *out, uint32_t c);
/* A float as str() has it. */
void text_float(struct buf *out, double d);
/* A float as the C conversion e, f or g in either case, with six digits. */
void text_float_as(struct buf *out, double d, char conversion);

#endif
