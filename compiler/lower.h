/* From ops to native steps: chooses for every op the template of its call, backend and
 * shape, and groups the ops of tools into runs. */
#ifndef DVO_COMPILER_LOWER_H
#define DVO_COMPILER_LOWER_H

#include "compiler/program.h"
#include "ir/plan.h"

/* Fills *plan (arena memory of the program). Rules are evaluated once per shape. False
 * after diagnostics. */
bool lower(struct program *p, struct plan *plan);

#endif
