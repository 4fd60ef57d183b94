/* Identities: the part of an address that says what a call is about, canonical and in
 * safe characters whatever the program's text is. language.md, Addresses. */
#ifndef DVO_IR_IDENTITY_H
#define DVO_IR_IDENTITY_H

#include "ir/graph.h"

/* Appends the identity that the op's record asks for: parts joined by ',', each as a JSON
 * string if it has odd characters, all of it cut to prefix and hash beyond 80 bytes. Ops
 * that the arguments refer to must have their addresses already. */
void identity_of_op(const struct graph *g, op_id id, struct buf *out);
/* The same for one value that stands alone, e.g. the URL of an http.* op. */
void identity_of_value(const struct graph *g, val_id v, struct buf *out);

/* The whole text of a value, neither quoted nor cut: deferred parts stand in it as
 * {machine.ip}, secrets as {secret(shop/token)}. */
void identity_text(const struct graph *g, val_id v, struct buf *out);

#endif
