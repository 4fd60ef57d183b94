/* The typed error behind a failed Ansible task, from its event. */
#ifndef DVO_RUNTIME_ANSIBLE_ERROR_H
#define DVO_RUNTIME_ANSIBLE_ERROR_H

#include <jansson.h>

#include "ir/errors.h"

enum dvo_error ansible_error(const json_t *event);

#endif
