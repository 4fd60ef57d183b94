/* The titles of the steps of a tool run, each told apart from all others. */
#ifndef DVO_EMITTERS_TITLES_H
#define DVO_EMITTERS_TITLES_H

#include "emitters/shape.h"

/* Appends a text for people so that the tool takes nothing in it for code. */
typedef void titles_harmless_fn(const char *s, size_t len, struct buf *out);

/* Zero-initialised but for `harmless`, which may be NULL, before titles_begin(). */
struct titles {
    titles_harmless_fn *harmless;
    struct map64 count; /* hash of a title -> how many steps of the run have it */
    struct map64 used;  /* hashes of the names given out */
    struct buf text;    /* the titles of the steps, each with a NUL behind it */
    size_t next;        /* where that of the next step begins */
    struct buf scratch;
};

/* Begins a tool run. */
void titles_begin(struct titles *t);
void titles_free(struct titles *t);
/* Notes the titles of an op's steps: for all ops of a run, in order, before any
 * titles_next(). */
void titles_note(struct titles *t, struct emission *e, op_id op,
                 const struct shape *shape);
/* The same for a step with this title. */
void titles_note_text(struct titles *t, const char *title);
/* The name of the next step in that order, in the emission's arena: its own title, else
 * its op's; with the address where titles are equal. */
const char *titles_next(struct titles *t, struct emission *e, op_id op);

#endif
