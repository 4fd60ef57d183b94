/* The step library, etc/dvo/host, as the part of it that given steps need. */
#ifndef DVO_EMITTERS_LIBRARY_H
#define DVO_EMITTERS_LIBRARY_H

#include "ir/base/buf.h"
#include "ir/base/intern.h"

/* Functions of the library that are wanted. Zero-initialised is none; library_free(). */
struct library {
    struct map64 wanted; /* hash of the name -> 1 */
};

/* Wants the function dvo_STEP. */
void library_want(struct library *l, const char *step, size_t len);
/* Appends what is wanted with all that it uses, without comments. */
void library_write(struct library *l, struct buf *out);
void library_free(struct library *l);

#endif
