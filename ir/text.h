/* The graph as text (.dvir): what `--emit=ir` shows and `dvoc build x.dvir` reads. Format
 * 1:
 *
 *     dvir 1
 *     program "app.dvo"
 *     project "app"
 *     provider "local"
 *     digest glossary "sha256:..."
 *     source 1 "app.dvo" "sha256:..."
 *     frame 1 "site" at 1:120-128 in 0          a call of a function, made inside frame 0
 *     moved "server" "machine"                  links of one chain of moves: oldest first
 *     batch 1 after 0 failures 0 [[%2], [%4]]   of a rollout: last calls of its machines
 *
 *     op 1 cloud.create "machine"               number, call, address
 *         binding "machine"
 *         at 1:10-50 in 1                       source, bytes from-to, frame
 *         backend api
 *         flavor = "m1"
 *     op 2 machine.run on %machine "machine.run(id)"
 *         argv = ["id", text("a", %machine.ip)]
 *     dead 3 machine.file into 2                merged into op 2; into 0: pruned
 *
 * Lines of an op without '=' are policy: binding named at backend when after batches
 * retries timeout continue tainted. Ops are numbered from 1 without gaps. A reference is
 * %ADDRESS or %NUMBER, .FIELD, (ARGUMENT), and '!' where its text is secret. Values: None
 * True False 1 1.5 "text" [list] {"key": value} text(parts) secret("path") and conditions
 * such as eq(a, b), not(c). */
#ifndef DVO_IR_TEXT_H
#define DVO_IR_TEXT_H

#include "ir/graph.h"

enum { TEXT_VERSION = 1 };

/* Names of conditions, by enum ir_cond. */
extern const char *const text_conditions[];
enum { TEXT_CONDITIONS = IR_COND_ANY + 1 };

/* Finds the record of a call, loading it if need be; 0 if there is none. */
typedef call_id text_find_call(void *ctx, const char *name);

/* Reads what graph_print() wrote into an empty graph; sources are loaded unless they are
 * there already, and must have the digests written. False after queueing an error in
 * `text`. The result is as sound as its text: verify it. */
bool graph_parse(struct graph *g, file_id text, text_find_call *find_call, void *ctx,
                 struct diags *d);

#endif
