/* Tool runs of Ansible: one segment, one ansible-playbook, evidence per op. */
#ifndef DVO_RUNTIME_ANSIBLE_H
#define DVO_RUNTIME_ANSIBLE_H

#include "runtime/run.h"

/* Carries out a segment (index); its ops end one by one, then its unit. */
void ansible_start(struct run *r, const uint32_t *segments, uint32_t n);

#endif
