/* Code generation: the state of one function being compiled, shared by compile.c
 * (functions and statements) and compile_expr.c (expressions). */
#ifndef DVO_COMPILER_COMPILE_H
#define DVO_COMPILER_COMPILE_H

#include "compiler/code.h"
#include "compiler/vm.h"
#include "ir/base/intern.h"

#define COMPILE_REGS_MAX 60000
#define COMPILE_NO_REG UINT32_MAX

struct compile_loop {
    struct compile_loop *outer;
    uint32_t iter; /* its iteration registers */
    uint32_t head; /* its NEXT */
    uint32_t *v;   /* jumps to be patched to its end */
    size_t n, cap;
};

#define COMPILE_VEC(type, name)                                                          \
    struct {                                                                             \
        type *v;                                                                         \
        size_t n, cap;                                                                   \
    } name

struct compiler {
    const struct compile_input *in;
    struct vm *vm;
    const struct function *function;
    bool toplevel;
    bool failed;

    COMPILE_VEC(struct instr, code);
    COMPILE_VEC(struct code_place, places);
    COMPILE_VEC(value, constants);
    COMPILE_VEC(struct code *, functions);
    COMPILE_VEC(struct call_site, sites);
    COMPILE_VEC(struct code_fstring, fstrings);
    COMPILE_VEC(struct code_target, targets);
    COMPILE_VEC(uint32_t, statements); /* of the top level: where each begins */
    COMPILE_VEC(str_id, attrs);
    COMPILE_VEC(const struct stmt *, loads);
    struct map64 constant_of; /* value -> index */
    struct map64 attr_of;

    uint32_t next, max; /* next free register; most ever used */
    bool *assigned;     /* locals (slots) that certainly have a value here */
    struct compile_loop *loop;
    struct span at; /* of the code being generated */
};

/* Instructions. The functions return the index of the instruction. */
uint32_t compile_emit(struct compiler *c, enum code_op op, uint32_t a, uint32_t b,
                      uint32_t d);
uint32_t compile_emit_j(struct compiler *c, enum code_op op, uint32_t a, int32_t j);
/* Makes the jump at `i` (or the word behind a two-word jump) go to the next instruction.
 */
void compile_patch(struct compiler *c, uint32_t i);
uint32_t compile_here(const struct compiler *c);
/* `n` fresh registers in a row; the caller resets c->next to free them. */
uint32_t compile_regs(struct compiler *c, uint32_t n);
uint32_t compile_constant(struct compiler *c, value v);
uint32_t compile_attr(struct compiler *c, str_id name);

/* Evaluates into register dst. */
void compile_expr(struct compiler *c, const struct expr *e, uint32_t dst);
/* Evaluates into any register, which may be that of a local variable. */
uint32_t compile_any(struct compiler *c, const struct expr *e);
/* Evaluates as a condition and jumps if its truth is `sense`; appends the words to be
 * patched to `jumps`. Falls through otherwise. */
struct compile_jumps {
    uint32_t *v;
    size_t n, cap;
};
void compile_jump(struct compiler *c, const struct expr *e, bool sense,
                  struct compile_jumps *jumps);
void compile_patch_all(struct compiler *c, struct compile_jumps *jumps);
/* Stores a register into a variable. */
void compile_store(struct compiler *c, const struct binding *to, uint32_t reg);
/* Assigns a register to a target: names, subscripts, tuples and lists of them. */
void compile_assign(struct compiler *c, const struct expr *target, uint32_t reg);
/* A closure of the function into dst. */
void compile_function(struct compiler *c, const struct function *f, uint32_t dst);
/* `for target in R[..]` around a body: begin leaves the loop entered, end closes it. */
void compile_loop_begin(struct compiler *c, struct compile_loop *loop,
                        const struct expr *target, uint32_t iterable);
void compile_loop_end(struct compiler *c, struct compile_loop *loop);

#endif
