/* Handles (what calls return) and packages as values of the language. */
#ifndef DVO_COMPILER_HANDLE_H
#define DVO_COMPILER_HANDLE_H

#include "compiler/vm.h"
#include "ir/call.h"

struct handle {
    struct object o;
    op_id op;
    uint32_t type;    /* index into calls.types */
    struct span made; /* the call that made it */
    value known;      /* dict of the fields known at compile time, or VALUE_ERROR */
};

/* A new handle of an op. */
value handle_new(struct vm *vm, op_id op, uint32_t type, value known);
/* The handle behind a value, or NULL. */
const struct handle *handle_of(value v);

/* A package pinned in the lock: attributes package, version, digest, repo, and for
 * lowering rules file (name of a local package file, or None), path and services. */
value package_new(struct vm *vm, value fields);
/* Its form in the graph (IR_DICT), or VAL_ABSENT if v is no package. */
val_id package_ir(struct vm *vm, value v);
/* The package an IR_DICT was made of. */
value package_of_ir(struct vm *vm, val_id dict);

/* The graph's form of a known value back as a value; deferred parts become deferred
 * values. */
value value_of_ir(struct vm *vm, val_id id, struct span at);

#endif
