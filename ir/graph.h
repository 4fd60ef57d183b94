/* The op graph: what evaluation produces and every pass edits. Ops stand in program order
 * in one array; edges say what must come before what. 32-bit ids index arrays; 0 is
 * "none". */
#ifndef DVO_IR_GRAPH_H
#define DVO_IR_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/diag.h"
#include "ir/base/intern.h"
#include "ir/base/source.h"
#include "ir/call.h"
#include "ir/value.h"

enum edge_kind {
    EDGE_DATA,    /* a value of `from` is used: failure and skipping spread */
    EDGE_MACHINE, /* program order on one machine: failure spreads unless from continues
                   */
    EDGE_AFTER,   /* written by the user in after=: failure spreads */
    EDGE_ORDER,   /* order only (http.* among themselves, batches of a rollout): failure
                     does not spread */
};

struct edge {
    op_id from, to; /* `from` comes first */
    enum edge_kind kind;
};

enum op_flags {
    OP_CONTINUE = 1, /* on_error="continue" */
    OP_NAMED = 2,    /* address was given by name= */
    OP_TAINTED = 4,  /* was given a secret: texts it produces are secret too */
    OP_DEAD = 8,     /* merged into another or pruned: `merged` says where */
    OP_MOVED = 16,   /* carried out before calls that stand before it in the program */
};

struct op {
    call_id call;
    op_id subject;      /* the machine it acts on, or 0 */
    str_id address;     /* final after graph_name() */
    str_id binding;     /* what an assignment called it, or 0; name= if OP_NAMED */
    uint32_t args;      /* first of call->nargs val_ids in graph.args */
    val_id when;        /* condition, or 0 */
    val_id after;       /* IR_LIST of handles, or 0 */
    val_id batches;     /* it begins after these of a rollout: IR_LIST of indices, or 0 */
    int32_t retries;    /* -1: default */
    int32_t timeout_ms; /* -1: default */
    uint8_t backend;    /* enum backend; chosen by via= or configuration */
    uint8_t flags;
    op_id merged;
    uint32_t segment; /* the tool run it is part of; 0: it runs on its own */
    op_id carrier;    /* set by graph_unite(): a dead op whose steps are carried out for
                         this one and others, or 0: its own are */
    val_id members;   /* of a carrier: IR_LIST of handles of those ops, in their order */
    struct span span; /* of the call expression */
    uint32_t chain;   /* call chain: index into graph.frames of the function frame it was
                         made   in, 0 = top level */
};

struct frame { /* where a function was called, for "in f() called at" notes */
    struct span call;
    str_id function;
    uint32_t outer;
};

/* Machines of a rollout that others come after. */
struct batch {
    uint32_t before;   /* the batch that came before this one, or 0 */
    uint32_t failures; /* machines that may have failed by then, and the next begins */
    val_id machines;   /* IR_LIST: of each an IR_LIST of handles of its last calls */
};

/* graph_copy() and graph_free() know every array of it. */
struct graph {
    struct arena *arena;
    struct intern *strings;
    struct sources *sources;
    struct calls *calls;
    struct values values;
    struct op *ops; /* index 0 unused */
    size_t n, cap;
    val_id *args;
    size_t nargs, cap_args;
    struct edge *edges; /* sorted by (to, from) after graph_order() */
    size_t nedges, cap_edges;
    struct frame *frames;
    size_t nframes, cap_frames;
    struct batch *batches; /* index 0 unused */
    size_t nbatches, cap_batches;
    struct move *moves; /* ir/move.h */
    size_t nmoves, cap_moves;
    int64_t *starts;    /* per segment: when it begins, as predicted, in ms */
    uint32_t nsegments; /* after graph_segment() */
    /* header of the text form */
    const char *program, *project, *provider;
    struct {
        const char *name;
        const char *digest;
    } digests[8]; /* glossary config lock ... */
    unsigned ndigests;
    /* what the program asked the lock for, which its digest is about */
    struct pin {
        const char *package, *range, *repo;
    } * pins;
    size_t npins;
    /* Read from a text form: where arguments of provider calls are written, by op. */
    struct arg_place {
        op_id op;
        uint32_t arg;
        struct span at;
    } * places;
    size_t nplaces, cap_places;
    /* Where the argument of that name is written, or for name 0 what the call acts on;
     * file 0 if it is not. Set by whoever has the source at hand, for messages only;
     * NULL: nobody has. */
    struct span (*place)(void *ctx, op_id id, str_id arg);
    void *place_ctx;
};

void graph_init(struct graph *g, struct arena *arena, struct intern *strings,
                struct sources *sources, struct calls *calls);
void graph_free(struct graph *g);
/* Makes `to`, which holds nothing yet, a copy to be freed by graph_free(): ids mean the
 * same there, and what is done to it is not seen in `from`. */
void graph_copy(struct graph *to, const struct graph *from);

/* Appends an op with room for its call's arguments (all VAL_ABSENT). */
op_id graph_op(struct graph *g, call_id call, op_id subject, struct span span);
static inline struct op *graph_get(struct graph *g, op_id id)
{
    return &g->ops[id];
}
static inline val_id *graph_args(struct graph *g, op_id id)
{
    return g->args + g->ops[id].args;
}
static inline const struct call_info *graph_call(const struct graph *g, op_id id)
{
    return &g->calls->v[g->ops[id].call];
}
void graph_edge(struct graph *g, op_id from, op_id to, enum edge_kind kind);
uint32_t graph_batch(struct graph *g, struct batch b); /* its index */

/* Gives every op its address (bindings, identities, ordinals), merges equal ones, reports
 * missing and clashing ones. language.md, Addresses. */
bool graph_name(struct graph *g, struct diags *d);
/* Derives all edges: data, after, program order per machine and among http.* ops. */
bool graph_order(struct graph *g, struct diags *d);
/* Types, references, cycles, typestates, unique addresses, taints, backend support. */
bool graph_verify(struct graph *g, struct diags *d);
/* Groups ops of tool backends into tool runs: sets op.segment, numbered from 1 in
 * topological order, nsegments and starts. Needs a graph without cycles. */
bool graph_segment(struct graph *g, struct diags *d);
/* Calls that one tool run carries out one right after the other become one transaction,
 * where the record allows it (batch=): gives each of them the same carrier. Needs
 * segments. */
bool graph_unite(struct graph *g, struct diags *d);
/* Ops in an order that respects all edges, ties by id: fills `order` (n ids from index
 * 0). */
bool graph_toposort(struct graph *g, op_id *order, size_t *count);

/* The live op behind an id: follows merges; 0 if it was pruned. */
op_id graph_live(const struct graph *g, op_id id);
/* Adds the functions that the op was made in to a diagnostic ("in f(), called here"). */
void graph_call_chain(const struct graph *g, struct diags *d, struct diag *to, op_id id);
/* Where an argument of the op is written, its call if it is not. */
struct span graph_place(const struct graph *g, op_id id, str_id arg);
/* Where the op's argument with this index is written; file 0 if it is not, or nobody
 * knows. */
struct span graph_arg_place(const struct graph *g, op_id id, uint32_t arg);
/* How the call writes what it acts on ("web", "machines[0]"), in the arena; NULL if that
 * is not known or too long to be repeated. */
const char *graph_receiver(const struct graph *g, op_id id);
/* Calls `each` once per use of a machine's value, its own or one of an op on it, by an op
 * that stands in that machine's program order without acting on it (http.* and expect).
 * Ops that act on a machine, and all others, have none. */
void graph_each_read_machine(const struct graph *g, op_id id,
                             void (*each)(void *ctx, op_id machine), void *ctx);
/* Whether an http.* op only reads (http.expect, GET, HEAD). */
bool graph_http_reads(const struct graph *g, op_id id);
/* Whether doing the op twice is doing it once: what its record says, for an http.* op
 * what its method says (RFC 9110, 9.2.2). */
bool graph_idempotent(const struct graph *g, op_id id);
/* Whether it may be done again after an end that nobody saw: it is idempotent, or an
 * argument that says when there is nothing to do (creates=, unless=) is written. */
bool graph_repeatable(const struct graph *g, op_id id);
/* Whether it says that what it is about shall not be there (present=False). */
bool graph_is_absence(const struct graph *g, op_id id);
/* Whether the op may find nothing to do and then has no results of its own. */
bool graph_may_rest(const struct graph *g, op_id id);
/* Index of the call's argument of that name, or -1. */
int32_t call_arg(const struct intern *strings, const struct call_info *call,
                 const char *name);

/* The graph as DOT, for `dvoc graph`: one box per machine, edges by kind. */
void graph_dot(const struct graph *g, struct buf *out);

/* Text form (.dvir), format version 1: written by graph_print(), read back by
 * graph_parse(). */
void graph_print(struct graph *g, struct buf *out);

#endif
