/* Where ops act: the effects rows of their records, as places on machines that can be
 * compared. Every kind of thing is brought to one form, a path: two places overlap if
 * they are one or if one lies in the other. */
#ifndef DVO_IR_PLACE_H
#define DVO_IR_PLACE_H

#include "ir/graph.h"

struct place {
    op_id machine;
    const char *name; /* "/etc/motd", "/etc/passwd/user/bob", "package/nginx" */
    size_t len;
    bool write;
    bool any; /* all of the machine; it has no name then */
};

/* A link to another place, or a login to its home, as an op made it. */
struct lead {
    op_id op;
    val_id to;
    bool link;       /* one that is relative to where it stands */
    uint32_t before; /* another of the same place: index, or 0 */
};

struct places {
    const struct graph *g;
    struct map64 from; /* machine and place → index of its last lead */
    struct lead *v;    /* index 0 unused */
    size_t n, cap;
    struct map64 unsure; /* machine → the last op that may have moved any home */
};

/* True ends the walk. */
typedef bool place_fn(void *ctx, const struct place *p);

void places_init(struct places *p, const struct graph *g);
void places_free(struct places *p);
/* Calls `each` for all places that the op reads or writes, also those that are meant when
 * its paths go through links of ops that were passed. True if `each` ended it. */
bool places_each(struct places *p, op_id id, place_fn *each, void *ctx);
/* Takes note of the links and homes that the op makes. Ops come in program order. */
void places_pass(struct places *p, op_id id);
/* Length of the place that the first `len` bytes of `name` lie in; 0 if there is none. */
size_t place_parent(const char *name, size_t len);
/* A hash of the machine and of the first `len` bytes of the name. */
uint64_t place_hash(op_id machine, const char *name, size_t len);

#endif
