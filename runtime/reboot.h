/* machine.reboot: the machine goes down and comes back with another boot id. */
#ifndef DVO_RUNTIME_REBOOT_H
#define DVO_RUNTIME_REBOOT_H

#include "runtime/run.h"

/* Carries out the op, whose arguments say when a reboot is wanted. */
void reboot_start(struct run *r, uint32_t op);

#endif
