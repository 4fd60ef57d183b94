/* YAML files as trees with spans, through libyaml: configuration, inventories, parameters
 * and the lock. */
#ifndef DVO_COMPILER_YAML_H
#define DVO_COMPILER_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ir/base/arena.h"
#include "ir/base/diag.h"

enum yaml_kind {
    YAML_NULL,
    YAML_BOOL,
    YAML_INT,
    YAML_FLOAT,
    YAML_STR,
    YAML_LIST,
    YAML_MAP
};

struct yaml_pair;

/* A node lives in the arena. Scalars are typed by the YAML 1.2 core schema, so that `no`
 * and `0755` are the strings they look like; quoted scalars are always strings. */
struct yaml_node {
    enum yaml_kind kind;
    struct span span;
    const char *text; /* scalars as written, NUL-terminated */
    size_t len;
    int64_t i;                /* YAML_INT, YAML_BOOL */
    double f;                 /* YAML_FLOAT */
    struct yaml_node **items; /* YAML_LIST */
    struct yaml_pair *pairs;  /* YAML_MAP, in file order */
    size_t n;
};

struct yaml_pair {
    const char *key;
    struct span span;
    struct yaml_node *value;
};

/* Parses one document. An empty file is an empty mapping. NULL after a diagnostic:
 * malformed text, several documents, duplicate keys, keys that are not strings, deep
 * nesting. */
struct yaml_node *yaml_parse(struct sources *sources, file_id file, struct arena *arena,
                             struct diags *diags);
/* The value under a key of a mapping, or NULL. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* "a string", "a list", ... for messages. */
const char *yaml_kind_name(enum yaml_kind kind);
/* `over` laid over `base`: mappings merge recursively, everything else replaces, null
 * deletes the key. Either may be NULL. Nodes are shared with the inputs where they do not
 * change. */
struct yaml_node *yaml_merge(struct arena *arena, struct yaml_node *base,
                             struct yaml_node *over);

#endif
