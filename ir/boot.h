/* The first boot of machines that nobody can log in to: what a program does on such a
 * machine goes into its user data when it is created, so all of it must be known then. */
#ifndef DVO_IR_BOOT_H
#define DVO_IR_BOOT_H

#include "ir/plan.h"

/* Whether the machine is prepared by its user data: its driver's rule then says with
 * "boot" how the report of its first boot is read. */
bool boot_machine(const struct plan *plan, op_id machine);
/* Whether the op is carried out in its machine's first boot. */
bool boot_op(const struct plan *plan, op_id op);
/* Whether the value holds if any of several ops changed something, and nothing else is
 * asked for. Calls `each` for those ops. */
typedef void boot_change_fn(void *ctx, op_id op);
bool boot_changes(const struct graph *g, val_id v, boot_change_fn *each, void *ctx);
/* Whether everything that acts on such machines can go into their user data; else errors
 * at what cannot. */
bool boot_verify(const struct plan *plan, struct diags *d);

#endif
