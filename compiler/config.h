/* The OS-level configuration: dvo.yaml, inventory.yaml and providers/NAME.yaml of several
 * folders laid over each other. */
#ifndef DVO_COMPILER_CONFIG_H
#define DVO_COMPILER_CONFIG_H

#include <stdbool.h>

#include "compiler/yaml.h"
#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/diag.h"
#include "ir/call.h"

struct config_options {
    const char *program; /* path of the program, "-" for standard input, NULL for none */
    const char *folder;  /* --config DIR, or NULL */
    const char *project; /* --project NAME, or NULL */
};

struct config {
    struct arena *arena;
    struct sources *sources;
    struct yaml_node *dvo;       /* never NULL */
    struct yaml_node *inventory; /* mapping of hosts, never NULL */
    struct yaml_node *provider;  /* the chosen provider's file; never NULL */
    const char *project;         /* [a-z0-9-]+ */
    const char *provider_name;
    const char *driver;
    const char *calls;   /* folder of further glossary files, or NULL */
    const char *drivers; /* folder of further drivers, or NULL */
    char digest[72];     /* of the effective configuration, see config_print() */
};

/* Loads and checks everything. All texts and nodes live in `arena`. False after
 * diagnostics. */
bool config_load(struct config *c, const struct config_options *options,
                 struct arena *arena, struct sources *sources, struct diags *diags);

/* The backend configured for a call: its exact name, else the longest pattern with `*`,
 * else `default`; cloud.* and http.* stay api unless named. */
enum backend config_backend(const struct config *c, const char *call);

/* The effective configuration as YAML; with `origins` each value tells in a comment where
 * it comes from. */
void config_print(const struct config *c, bool origins, struct buf *out);

/* Path of a file that a configuration value names: relative ones are meant from the
 * folder of the file the value stands in. In the arena. */
const char *config_path(const struct config *c, const struct yaml_node *value);

#endif
