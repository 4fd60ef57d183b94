/* The typed error behind a failed Chef resource, from its event. */
#ifndef DVO_RUNTIME_CHEF_ERROR_H
#define DVO_RUNTIME_CHEF_ERROR_H

#include <jansson.h>

#include "ir/errors.h"

enum dvo_error chef_error(const json_t *event);

#endif
