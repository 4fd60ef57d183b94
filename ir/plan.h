/* The task graph: ops with their lowering chosen, grouped into tool runs, still
 * structured. Made by lower(), read by the emitters. */
#ifndef DVO_IR_PLAN_H
#define DVO_IR_PLAN_H

#include <stdio.h>

#include "ir/graph.h"

/* What one call shape becomes on one backend: evaluated once, stamped out per op. */
struct plan_template {
    call_id call;
    enum backend backend;
    val_id steps; /* IR_LIST of IR_NATIVE (tool backends), or IR_DICT of sequences (api
                     calls) */
    val_id probe; /* IR_LIST of IR_NATIVE steps, or 0: the evidence is the step's own
                     report */
    val_id title; /* text with holes: what a person calls this step */
};

/* The ops of a tool run on one of its machines, in execution order. */
struct plan_part {
    op_id machine;
    op_id *ops; /* arena */
};

/* One tool run. Its machines have the same calls; what differs is in their arguments. */
struct plan_segment {
    enum backend backend;
    struct plan_part *parts; /* arena; one per machine */
    uint32_t nparts;
    uint32_t nops; /* of each */
};

struct plan {
    struct graph *graph;
    bool together;   /* like ops in a row may be one task ... */
    bool fuse;       /* ... and any that can */
    FILE *explained; /* a line for every op in another's task and why it may, or NULL */
    struct plan_template *templates; /* arena; index 0 unused */
    uint32_t ntemplates;
    val_id first_value, end_value; /* what templates are made of: the values between */
    uint32_t *template_of;         /* per op id; 0: the runtime does the call itself */
    uint32_t *place;               /* per op id: its place among its machine's in a run */
    struct plan_segment *segments; /* arena; index 0 unused */
    uint32_t nsegments;
    op_id *order; /* every live op, topologically sorted */
    uint32_t norder;
    val_id driver;   /* IR_DICT: the provider's driver record as data, or 0 */
    val_id provider; /* IR_DICT: the effective provider configuration, or 0 */
    val_id secrets;  /* IR_LIST: where secrets come from, or 0 for the default sources */
    val_id chef;     /* IR_DICT: the configuration of Chef, or 0 */
    const char *source_dir; /* the program's folder as seen from here */
    const char
        *program_dir;  /* path from the output folder to the program's folder, "../.." */
    const char *state; /* name of the project's state file, "app.db" */
};

/* Whether one of a template's steps asks for a file by itself, as only api can send it.
 */
bool plan_steps_ask_for_file(const struct values *t, val_id steps);

#endif
