/* What the values of the configuration must look like, beyond their kind. */
#ifndef DVO_COMPILER_CONFIG_FORM_H
#define DVO_COMPILER_CONFIG_FORM_H

#include "compiler/yaml.h"

/* What is wrong with a value of the right kind: a sentence fragment such as "must be a
 * port from 1 to 65535"; NULL if nothing is. */
typedef const char *config_form(const struct yaml_node *n);

config_form config_form_word;           /* logins, addresses: end up as one argument */
config_form config_form_port;           /* 1 to 65535 */
config_form config_form_cpus;           /* more than none */
config_form config_form_memory;         /* bytes, or a size */
config_form config_form_repository;     /* types of repositories */
config_form config_form_secret;         /* types of stores of secrets */
config_form config_form_chef_install;   /* how a machine gets a client */
config_form config_form_chef_mode;      /* whether machines pull from a server */
config_form config_form_cidr;           /* an address range */
config_form config_form_access_address; /* which address machines are reached at */
config_form config_form_host_key;       /* how the key of a new machine gets known */
config_form config_form_parallel;       /* 1 to 1000 */
config_form config_form_rate;           /* more than none */
config_form config_form_path;           /* of a file, whoever reads it from wherever */

#endif
