/* rollout(): later calls on some machines go batch by batch. */
#ifndef DVO_COMPILER_ROLLOUT_H
#define DVO_COMPILER_ROLLOUT_H

#include "compiler/program.h"

/* What one call of rollout() asked for. */
struct rollout {
    const op_id *machines; /* in the order of the program */
    size_t n;
    size_t batch;      /* machines in one batch */
    uint32_t failures; /* machines that may fail, and the next batch begins */
    op_id begin;       /* calls from this op on are in it */
};

extern const struct native rollout_native;

/* Puts the calls on each batch after those on the batch before. To be called when all ops
 * have been made and named. False after diagnostics. */
bool rollouts_apply(struct program *p);

#endif
