/* Forms of configuration values: a wrong one is reported where it is written, not where a
 * program or a run first needs it. */
#include "compiler/config_form.h"

#include <string.h>

#include "ir/type.h"

const char *config_form_word(const struct yaml_node *n)
{
    bool good = n->len > 0 && n->text[0] != '-' && strlen(n->text) == n->len;
    for (size_t i = 0; good && i < n->len; i++)
        good = (unsigned char)n->text[i] > ' ' && n->text[i] != 0x7f;
    return good ? NULL : "must be one word that does not begin with '-'";
}

const char *config_form_port(const struct yaml_node *n)
{
    return n->i >= 1 && n->i <= 65535 ? NULL : "must be a port from 1 to 65535";
}

const char *config_form_cpus(const struct yaml_node *n)
{
    bool good = n->kind == YAML_FLOAT ? n->f > 0 : n->i > 0;
    return good ? NULL : "must be more than 0";
}

const char *config_form_memory(const struct yaml_node *n)
{
    bool good = n->kind == YAML_INT ? n->i > 0 : size_bytes(n->text, n->len) > 0;
    return good ? NULL : "must be a size such as 512MiB";
}

const char *config_form_repository(const struct yaml_node *n)
{
    return !strcmp(n->text, "directory") || !strcmp(n->text, "apt")
               ? NULL
               : "must be directory or apt";
}

const char *config_form_secret(const struct yaml_node *n)
{
    return !strcmp(n->text, "env") || !strcmp(n->text, "file") ? NULL
                                                               : "must be env or file";
}

const char *config_form_chef_install(const struct yaml_node *n)
{
    static const char *const ways[] = {"present", "package", "gem"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (!strcmp(n->text, ways[i]))
            return NULL;
    return "must be present, package or gem";
}

const char *config_form_chef_mode(const struct yaml_node *n)
{
    return !strcmp(n->text, "local") || !strcmp(n->text, "server")
               ? NULL
               : "must be local or server";
}

const char *config_form_path(const struct yaml_node *n)
{
    return n->text[0] == '/' ? NULL : "must be a path that begins with '/'";
}

const char *config_form_cidr(const struct yaml_node *n)
{
    return type_text_fits(TYPE_CIDR, n->text, n->len)
               ? NULL
               : "must be an address range such as 198.51.100.0/24";
}

const char *config_form_access_address(const struct yaml_node *n)
{
    return !strcmp(n->text, "public") || !strcmp(n->text, "private")
               ? NULL
               : "must be public or private";
}

const char *config_form_host_key(const struct yaml_node *n)
{
    return !strcmp(n->text, "first-use") || !strcmp(n->text, "console")
               ? NULL
               : "must be console or first-use";
}

const char *config_form_parallel(const struct yaml_node *n)
{
    return n->i >= 1 && n->i <= 1000 ? NULL : "must be a number from 1 to 1000";
}

const char *config_form_rate(const struct yaml_node *n)
{
    bool good = n->kind == YAML_FLOAT ? n->f > 0 : n->i > 0;
    return good ? NULL : "must be more than 0 calls per second";
}
