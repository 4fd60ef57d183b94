/* ops() and edges() of tests: the graph as it would be if the program ended at the call.
 */
#ifndef DVO_COMPILER_OPLIST_H
#define DVO_COMPILER_OPLIST_H

#include "compiler/vm.h"

/* ops(call, machine): in program order, objects of which only the named facts are seen.
 */
extern const struct native oplist_ops;
/* edges(): pairs of addresses, in program order. */
extern const struct native oplist_edges;

#endif
