/* YAML documents as JSON ones. */
#ifndef DVO_RUNTIME_YAML_H
#define DVO_RUNTIME_YAML_H

#include <stddef.h>

#include <jansson.h>

/* The first document of a text, a new reference; null if there is none. Scalars are their
 * texts as written, but a plain `null` or `~` is null: whoever reads a text knows what it
 * should be. Aliases and merge keys ("<<") are followed. NULL with *why (to be freed),
 * which names line and column. */
json_t *yaml_json(const char *text, size_t len, char **why);

#endif
