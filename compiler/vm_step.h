/* Steps of the interpreter loop that are too long to stand in it. */
#ifndef DVO_COMPILER_VM_STEP_H
#define DVO_COMPILER_VM_STEP_H

#include "compiler/code.h"
#include "compiler/vm_state.h"

/* The error that local `slot` has no value yet. */
value vm_step_unbound_local(struct vm *vm, const struct code *code, uint32_t slot);
/* The same for a global of the frame's file. */
value vm_step_unbound_global(struct vm *vm, const struct vm_frame *f, uint32_t index);
/* A cell with this value. */
value vm_step_new_cell(struct vm *vm, value v);
/* CLOSURE: the function with its defaults and captured cells. VALUE_ERROR after an error.
 */
value vm_step_make_closure(struct vm *vm, const struct vm_frame *f,
                           const struct instr *i);
/* UNPACK: exactly n items of v to to[0] on. False after an error, as all bool below. */
bool vm_step_unpack(struct vm *vm, value v, value *to, uint32_t n);
/* FSTRING. */
value vm_step_fstring(struct vm *vm, const struct code_fstring *f, const value *holes);
/* DICT_ADD: an error if the key is there. */
bool vm_step_dict_add(struct vm *vm, value dict, value key, value val);
/* CHECK_TYPE of parameter `slot`. */
bool vm_step_check_type(struct vm *vm, struct vm_frame *f, uint32_t slot);
/* CHECK_RESULT: v is what the running function returns. */
bool vm_step_check_result(struct vm *vm, const struct vm_frame *f, value v);
/* ASSIGNED: calls the host's hook. */
void vm_step_tell_assignment(struct vm *vm, const struct vm_frame *f,
                             const struct instr *i);

enum vm_step_outcome { VM_STEP_FAILED, VM_STEP_PUSHED, VM_STEP_DONE };

/* Calls a value with any arguments: pushes the frame of a function, or stores the result
 * of anything else in *result. */
enum vm_step_outcome vm_step_call_any(struct vm *vm, value callee,
                                      const struct call *call, value *result);
/* CALL_ANY: keywords, * and **; the callee or receiver is *R, the values follow it. */
enum vm_step_outcome vm_step_call_site(struct vm *vm, struct call_site *site, value *R,
                                       bool method);
/* A method of the receiver that needs no bound value, or NULL; the site caches it with
 * its signature. */
const struct native *vm_step_find_method(struct vm *vm, value self,
                                         struct call_site *site);

#endif
