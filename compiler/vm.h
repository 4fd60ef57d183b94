/* The machine that runs compiled DVO code, as seen by natives and host objects: errors,
 * calls, frames and the hooks for naming ops. */
#ifndef DVO_COMPILER_VM_H
#define DVO_COMPILER_VM_H

#include "compiler/value.h"
#include "ir/base/diag.h"

struct frame_state;

/* A call as a native sees it. */
struct call {
    const struct native *native; /* of natives; NULL in object_type.call */
    value self;                  /* receiver of a method, or VALUE_ERROR */
    /* With a signature: one value per parameter, VALUE_ERROR if absent; nargs is their
     * number and nnames is 0. With "..." and in object_type.call: nargs positional
     * values, followed by nnames values for keywords. */
    const value *args;
    uint32_t nargs;
    const str_id *names; /* of args[nargs + i]; distinct */
    uint32_t nnames;
};

/* One assignment whose right side made ops. */
struct vm_assignment {
    const char *name; /* TARGET with the subscripts it was written with: db["eu"] */
    value value;      /* what was assigned to it */
    uint32_t mark;    /* vm->made when the right side began: later ops are candidates */
    const uint32_t
        *loops; /* 0-based positions of the enclosing for statements, outer first */
    uint32_t nloops;
    const char *file; /* path of the loaded file, or NULL in the program itself */
    struct span span; /* of the target */
};

struct vm {
    struct arena *arena;
    struct intern *strings;
    struct sources *sources;
    struct diags *diags;
    struct values *values; /* IR of deferred values */

    void *host;    /* the host's context; the VM never looks at it */
    uint32_t made; /* the host counts the ops it made here */
    /* Called after an assignment during which `made` changed. NULL: never. */
    void (*assigned)(struct vm *vm, const struct vm_assignment *a);
    /* What a deferred value is called in messages ("machine.ip"): appended to `out`.
     * NULL, or nothing appended: "this value". */
    void (*deferred_name)(struct vm *vm, value deferred, struct buf *out);
    /* Where the call stands that finds it out. NULL, or file 0: where it was written. */
    struct span (*deferred_source)(struct vm *vm, value deferred);
    /* Whether a name in an annotation is a type of handles. NULL: there are none. */
    bool (*is_handle_type)(struct vm *vm, str_id name);
    void (*print)(struct vm *vm, const char *text,
                  size_t len); /* a line, without newline */

    /* After an error at the top level of a file, go on with the next statement: one run
     * shows several errors. */
    bool carry_on;
    uint64_t step_limit; /* loop turns and calls; 0: no limit */
    size_t memory_limit; /* bytes of the arena; 0: no limit */

    struct vm_state *state; /* the VM's own */
};

/* ---- errors
 * ---------------------------------------------------------------------------- */

/* Queue an error at the running call or operation (vm_fail) or elsewhere, with a related
 * note for every function call that led here. Return VALUE_ERROR, so natives can return
 * them. The evaluation of the file stops. */
value vm_fail(struct vm *vm, unsigned code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
value vm_fail_at(struct vm *vm, struct span at, unsigned code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Fails because of an error that has been queued before: nothing is said again. */
value vm_fail_again(struct vm *vm);
/* Extend the error queued last. */
void vm_help(struct vm *vm, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void vm_related(struct vm *vm, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* "did you mean NAME?" as help of the last error, if one of the names is near. */
void vm_suggest(struct vm *vm, const char *word, const char *const *names, size_t n);
/* The error for a deferred value that is used where only a known one can be: `use` says
 * what was tried ("an if condition"), `instead` what to write (or NULL). Returns
 * VALUE_ERROR. */
value vm_fail_deferred(struct vm *vm, value deferred, const char *use,
                       const char *instead);
value vm_fail_deferred_at(struct vm *vm, struct span at, value deferred, const char *use,
                          const char *instead);
/* True once an error stopped the evaluation that is running. */
bool vm_failed(const struct vm *vm);

/* ---- places
 * ---------------------------------------------------------------------------- */

/* The expression that is being evaluated: within natives the call. */
struct span vm_span(struct vm *vm);
/* The i-th argument of the running native call as written: positional ones first, then
 * keywords (numbered as in an unbound struct call). The whole call, if it came by * or
 * **. */
struct span vm_arg_span(struct vm *vm, uint32_t i);
/* The argument written for a parameter `name` that is positional parameter `i` (or -1).
 */
struct span vm_param_span(struct vm *vm, const char *name, int i);
/* The keyword `name` of the running call as written, else vm_span(). */
struct span vm_keyword_span(struct vm *vm, str_id name);

/* The expression of the running function that stands exactly there, and the one it is
 * part of; or NULL. */
const struct expr *vm_expr(struct vm *vm, struct span at);
const struct expr *vm_expr_parent(struct vm *vm, struct span at);
/* The operand, argument or hole of the running expression whose value is `v`, else
 * vm_span(). */
struct span vm_operand_span(struct vm *vm, value v);
/* The source text of a span, in the arena; NULL if it is too long for a message, or
 * longer than a line. */
const char *vm_written(struct vm *vm, struct span at);

/* Function frames, innermost first; the top level of a file is one, too. */
struct vm_frame;
struct vm_frame *vm_frame_top(struct vm *vm); /* NULL if nothing runs */
struct vm_frame *vm_frame_outer(struct vm *vm, struct vm_frame *f); /* caller, or NULL */
str_id vm_frame_function(const struct vm_frame *f); /* "<toplevel>" for a file */
bool vm_frame_toplevel(const struct vm_frame *f);
/* Where this frame's function was called. File 0 for the outermost frame. */
struct span vm_frame_call(struct vm *vm, struct vm_frame *f);
/* A word that the host may keep in the frame; 0 in a new frame. */
uint32_t *vm_frame_note(struct vm_frame *f);

/* ---- calls from C
 * ---------------------------------------------------------------------- */

/* Calls any callable. Keywords: names[i] names args[nargs + i]. VALUE_ERROR after an
 * error. */
value vm_call(struct vm *vm, value callee, const value *args, uint32_t nargs,
              const str_id *names, uint32_t nnames);
bool value_callable(value v);
/* A function written in the language that can be called without arguments. */
bool vm_bare_callable(value v);

/* Checks a limit before a large allocation. False with an error if `bytes` exceed it. */
bool vm_room(struct vm *vm, size_t bytes);

/* ---- arguments of natives
 * ---------------------------------------------------------------- */

/* Each checks args[i] of a bound call and reports "NAME: parameter P must be a string,
 * not list". Absent arguments (VALUE_ERROR) leave *out as it is. False after an error. */
bool call_str(struct vm *vm, const struct call *c, uint32_t i, const char **p,
              size_t *len);
bool call_int(struct vm *vm, const struct call *c, uint32_t i, int64_t *out);
bool call_bool(struct vm *vm, const struct call *c, uint32_t i, bool *out);

#endif
