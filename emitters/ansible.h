/* The Ansible backend: a folder of playbooks that runs with plain ansible-playbook. */
#ifndef DVO_EMITTERS_ANSIBLE_H
#define DVO_EMITTERS_ANSIBLE_H

#include "emitters/emission.h"

/* Writes ansible/ if the plan has tool runs for it, and fills e->segments for plan.json.
 */
bool ansible_emit(struct emission *e);

#endif
