/* What two ops say about one thing of a machine, by the wants rows of their records, and
 * what to do where they contradict each other. */
#ifndef DVO_IR_CONFLICT_H
#define DVO_IR_CONFLICT_H

#include "ir/graph.h"

/* That an op says something about a thing: by all rows of its record with the kind and
 * the key of this one. */
struct mention {
    op_id op;
    uint32_t row;  /* of call->wants */
    val_id item;   /* the thing, as the argument has it; 0 where no argument does */
    uint32_t next; /* of the same thing, saying something else: index, or 0 */
    uint32_t like; /* saying the same under another condition: index, or 0 */
};

/* One attribute in it. */
struct statement {
    str_id attr;
    str_id word;  /* text, True and False */
    val_id value; /* what is no word, else 0 */
    uint32_t row;
    bool below; /* said of all that lies in it, not of itself */
};

enum { STATEMENTS_LIMIT = 16 };

/* Fills `out`; the number of them. */
size_t mention_read(struct graph *g, const struct mention *m, struct statement *out);
/* Whether both can hold at once. They have one attribute. */
bool statement_agrees(struct graph *g, const struct statement *a,
                      const struct statement *b);
/* Where it is said. */
struct span mention_place(const struct graph *g, const struct mention *m,
                          const struct statement *s);

/* Adds to an error what can be done: `attr` of a thing of that kind is wanted twice, here
 * as `word` (0: as something that is no text). */
void conflict_help(const struct graph *g, struct diags *d, struct diag *e, str_id kind,
                   str_id attr, str_id word);

#endif
