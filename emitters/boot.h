/* User data for the first boot of machines that nobody can log in to: cloud-init carries
 * out there what the program does on them. */
#ifndef DVO_EMITTERS_BOOT_H
#define DVO_EMITTERS_BOOT_H

#include "emitters/emission.h"

/* Writes api/boot/NAME.yaml for every such machine. Too long a text is an error. */
void boot_emit(struct emission *e);
/* The path of the machine's file; in the emission's arena. */
const char *boot_path(struct emission *e, op_id machine);
/* By what the machine reports on the op: made of its address and its steps, so it is the
 * same after an edit elsewhere in the program, and another one where they differ. NULL
 * where the op is not of a first boot. */
const char *boot_name(const struct emission *e, op_id op);

#endif
