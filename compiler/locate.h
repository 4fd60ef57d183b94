/* From a place in the source back to the expression that stands there: messages point at
 * one operand or one item where the value's maker only knew the whole. */
#ifndef DVO_COMPILER_LOCATE_H
#define DVO_COMPILER_LOCATE_H

#include "compiler/ast.h"

struct located {
    const struct expr *expr;   /* NULL: no expression has this span */
    const struct expr *parent; /* which it is directly part of, or NULL */
};

/* The outermost expression of exactly this span in a function, the functions inside it
 * included. The name behind a dot stands for the whole attribute. */
struct located locate(const struct function *f, struct span at);

/* The value of the argument that `call` was given for parameter `name`, or by position
 * `i` (-1: by keyword only). NULL if it came by * or ** or not at all. */
const struct expr *locate_argument(const struct expr *call, const struct intern *names,
                                   const char *name, int i);
/* Item i of a list or tuple display; of a dict display the i-th key, or its value. NULL
 * if `e` is none. */
const struct expr *locate_item(const struct expr *e, uint32_t i, bool key);

#endif
