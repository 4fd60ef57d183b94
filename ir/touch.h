/* Who touched what last, by the effects rows of the records: tells whether two ops of a
 * machine have something between them that either could notice. */
#ifndef DVO_IR_TOUCH_H
#define DVO_IR_TOUCH_H

#include "ir/place.h"

struct touches {
    const struct graph *g;
    struct places places;
    struct map64 last; /* hash of place and way of touching → op + 1 */
    op_id fed;         /* all live ops before this one are in */
};

void touches_init(struct touches *t, const struct graph *g);
void touches_free(struct touches *t);
/* Whether a live op between `first` and `later` (which equals it and acts on the same
 * machine) writes what `later` reads or writes, or reads what it writes. Calls must come
 * with rising `later`: every op is looked at once. */
bool touches_between(struct touches *t, op_id first, op_id later);

#endif
