/* Sets of names: each is given out once. Names are made of text such as addresses. */
#ifndef DVO_EMITTERS_NAMES_H
#define DVO_EMITTERS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "ir/base/intern.h"

/* A set of names; what is given out once is never given out again. */
struct names {
    struct arena arena;
    struct intern taken;
    const char *const
        *prefixes; /* no name may begin like these; NULL-terminated, or NULL */
};

void names_init(struct names *n);
void names_free(struct names *n);
/* Takes words, separated by blanks, that mean something already. */
void names_reserve(struct names *n, const char *words);
/* A name made of the text that is free in both sets (`other` may be NULL), and now taken
 * in the first: lower-case letters, digits and "_", never two "_" in a row. */
const char *names_make(struct names *n, const struct names *other, const char *text,
                       size_t len, struct arena *arena);

#endif
