/* Integers of any size: inline ones beside libtommath's for the rest. */
#ifndef DVO_COMPILER_INTEGER_H
#define DVO_COMPILER_INTEGER_H

#include "compiler/ast.h"
#include "compiler/value.h"

/* a op b for OP_ADD SUB MUL FLOORDIV MOD BITAND BITOR BITXOR SHL SHR, as Python has them.
 * VALUE_ERROR after an error (division by zero, bad shift). */
value integer_binary(struct vm *vm, enum ast_op op, value a, value b);
value integer_negate(struct vm *vm, value a);
value integer_invert(struct vm *vm, value a);
int integer_compare(value a, value b);
int integer_sign(value a);
/* Nearest double; infinite if too large. */
double integer_double(value a);
/* Truncates a finite double. */
value integer_from_double(struct vm *vm, double d);
/* Compares an integer with a finite double exactly. */
int integer_compare_double(struct vm *vm, value a, double d);
/* Digits of a base from 2 to 36, already checked. VALUE_ERROR after an error: there are
 * more than INTEGER_DIGITS_MAX, leading zeros aside. */
value integer_parse(struct vm *vm, const char *digits, size_t len, unsigned base,
                    bool negative);
/* Appends the digits in base 8, 10 or 16, with '-' if negative. */
void integer_write(struct vm *vm, value a, unsigned base, struct buf *out);
uint32_t integer_hash(value a);

#endif
