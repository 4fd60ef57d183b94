/* The insides of the VM, shared by the files that make it up. Hosts include vm.h. */
#ifndef DVO_COMPILER_VM_STATE_H
#define DVO_COMPILER_VM_STATE_H

#include "compiler/code.h"
#include "compiler/vm.h"

#define VM_STACK_SLOTS (1u << 20)
#define VM_FRAMES_MAX 2000
#define VM_NESTING_MAX 150 /* C frames: natives that call functions that call natives */
#define VM_STRING_MAX ((size_t)1 << 30)

struct vm_frame {
    const struct code *code;
    const struct instr *pc; /* of the instruction being run, if saved */
    value *base;            /* registers */
    value *globals;
    struct function_value *function;
    uint32_t note;   /* the host's */
    uint16_t result; /* register of the caller's frame for the result */
    bool entry;      /* its return leaves vm_run() */
};

struct vm_state {
    value *stack;
    struct vm_frame *frames;
    uint32_t nframes;
    uint32_t nesting;
    uint64_t steps;
    struct diag *last; /* error queued last */
    bool failed;
    bool exhausted; /* a limit is reached, or the program itself says that it fails */
    struct span load_span; /* place of errors while nothing runs */

    value *interned; /* by str_id */
    uint32_t ninterned;
    value letters[256]; /* one-byte strings */
    value empty_tuple, empty_string;

    struct map64 methods; /* kind << 32 | str_id -> index in method_list */
    const struct native **method_list;
    size_t nmethods, cap_methods;
    struct map64 signature_of; /* struct native * -> index in signatures */
    struct signature **signatures;
    size_t nsignatures, cap_signatures;

    /* Carries out a load statement of a module. False after an error. */
    bool (*load)(struct vm *vm, struct module *into, const struct stmt *s);

    /* Texts under construction, used as stacks: see text.h. */
    struct buf text;
    val_id *parts;
    size_t nparts, cap_parts;

    uint32_t depth;      /* of recursion over values */
    uint32_t containers; /* written into the graph since the depth was 0 */
};

/* The parsed signature of a native. */
#define SIGNATURE_MAX 12
struct signature {
    bool raw; /* "..." */
    uint32_t n, npositional, nrequired, nposonly;
    str_id names[SIGNATURE_MAX];
    bool optional[SIGNATURE_MAX];
};
const struct signature *vm_signature(struct vm *vm, const struct native *native);

/* Runs the function whose frame was pushed last until it returns. */
value vm_run(struct vm *vm);
/* Pushes a frame for `f` whose registers begin at `base`, the arguments being bound there
 * already. False with an error (recursion, depth, steps). */
bool vm_push(struct vm *vm, struct function_value *f, value *base);
/* Binds arguments to the parameters of `f` in the registers from `base` on. */
bool vm_bind(struct vm *vm, struct function_value *f, const struct call *call,
             value *base);
/* Calls a native with unbound arguments: binds them as its signature says. */
value vm_call_native(struct vm *vm, const struct native *native,
                     const struct signature *sig, value self, const struct call *call);
/* First register behind all that is in use. */
value *vm_stack_top(const struct vm *vm);
/* Registers the methods of a builtin kind. */
void vm_methods(struct vm *vm, enum value_kind kind, const struct native *list, size_t n);
/* The method `name` of a builtin kind, or NULL. */
const struct native *vm_method(const struct vm *vm, enum value_kind kind, str_id name);
/* Checks limits of steps and memory. */
bool vm_tick(struct vm *vm);
/* Counts the steps of an operation that looks at n elements without building anything,
 * and checks the limits if they are many. Whole thousands only: ticks come where the last
 * bits are zero. */
static inline bool vm_work(struct vm *vm, size_t n)
{
    uint64_t steps = n / 4 & ~(uint64_t)1023;
    vm->state->steps += steps;
    return steps == 0 || vm_tick(vm);
}

void vm_state_init(struct vm *vm);
void vm_state_free(struct vm *vm);

/* The instruction that a frame runs. */
struct span vm_frame_place(const struct vm_frame *f);
/* The name of the method that the running call is about, else vm_span(). */
struct span vm_method_span(struct vm *vm, str_id name);

/* Memory of objects. */
void *vm_object(struct vm *vm, enum value_kind kind, size_t size);

#endif
