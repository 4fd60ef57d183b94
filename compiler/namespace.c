/* Makes the objects and functions that a program can name, all but a few of them straight
 * from the names of glossary records. */
#include "compiler/namespace.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/allow.h"
#include "compiler/op.h"
#include "compiler/package.h"
#include "compiler/rollout.h"
#include "ir/base/embed.h"
#include "ir/base/file.h"
#include "ir/move.h"

/* ---- hosts
 * ------------------------------------------------------------------------------ */

static value do_hosts_find(struct vm *vm, const struct call *c)
{
    const char *s = "";
    size_t len = 0;
    return call_str(vm, c, 0, &s, &len) ? op_host(vm, intern(vm->strings, s, len))
                                        : VALUE_ERROR;
}

static value do_hosts_controller(struct vm *vm, const struct call *c)
{
    return op_local(vm, c->native->name);
}

static bool has_role(const struct yaml_node *host, const char *role)
{
    const struct yaml_node *roles = yaml_get(host, "roles");
    for (size_t i = 0; roles && i < roles->n; i++)
        if (!strcmp(roles->items[i]->text, role))
            return true;
    return false;
}

/* A role that no host has is mostly misspelt: the list is empty and nothing is done. */
static void check_role(struct vm *vm, const struct yaml_node *inventory, const char *role)
{
    struct {
        const char **v;
        size_t n, cap;
    } known = {0};
    for (size_t i = 0; i < inventory->n; i++) {
        const struct yaml_node *roles = yaml_get(inventory->pairs[i].value, "roles");
        for (size_t k = 0; roles && k < roles->n; k++)
            *vec_push(&known) = roles->items[k]->text;
    }
    bool found = false;
    for (size_t i = 0; i < known.n && !found; i++)
        found = !strcmp(known.v[i], role);
    if (!found) {
        struct diag *d =
            diag_warning(vm->diags, 539, vm_param_span(vm, "role", 0),
                         "no host of the inventory has the role \"%s\"", role);
        const char *near = text_nearest(role, known.v, known.n);
        if (near)
            diag_help(vm->diags, d, "did you mean \"%s\"?", near);
        else
            diag_help(vm->diags, d, "add it to a host of inventory.yaml: roles: [%s]",
                      role);
    }
    free(known.v);
}

static value do_hosts_all(struct vm *vm, const struct call *c)
{
    const struct yaml_node *inventory = program_of(vm)->config.inventory;
    const char *s = NULL, *role = NULL;
    size_t len = 0;
    if (c->args[0] != VALUE_NONE && !call_str(vm, c, 0, &s, &len))
        return VALUE_ERROR;
    if (s)
        role = arena_strndup(vm->arena, s, len);
    if (role)
        check_role(vm, inventory, role);
    value list = value_list_new(vm, NULL, 0);
    for (size_t i = 0; i < inventory->n; i++) {
        if (role && !has_role(inventory->pairs[i].value, role))
            continue;
        value host = op_host(vm, intern_cstr(vm->strings, inventory->pairs[i].key));
        if (host == VALUE_ERROR)
            return VALUE_ERROR;
        value_list_push(vm, list, host);
    }
    return list;
}

/* ---- namespaces
 * -------------------------------------------------------------------------- */

struct namespace
{
    struct object o;
    const char *name;
};

/* Calls of the glossary that make no op when they are called. */
static const struct native *own_native(const char *name)
{
    static const struct native hosts[] = {
        {"hosts.find", do_hosts_find, "host", NULL},
        {"hosts.all", do_hosts_all, "role?", NULL},
        {"hosts.controller", do_hosts_controller, "", NULL},
    };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        if (!strcmp(hosts[i].name, name))
            return &hosts[i];
    return !strcmp(package_find.name, name) ? &package_find : NULL;
}

static const struct native *namespace_method(struct vm *vm, value self, str_id member)
{
    const struct namespace *ns = (struct namespace *)value_object(self);
    char name[128];
    int n =
        snprintf(name, sizeof name, "%s.%s", ns->name, intern_text(vm->strings, member));
    if (n < 0 || (size_t)n >= sizeof name)
        return NULL;
    const struct native *own = own_native(name);
    return own ? own : op_native(program_of(vm), name);
}

static value namespace_getattr(struct vm *vm, value self, str_id member)
{
    const struct native *method = namespace_method(vm, self, member);
    return method ? value_native_new(vm, method, self) : VALUE_ERROR;
}

static void namespace_attrs(struct vm *vm, value self, void (*each)(void *, str_id),
                            void *ctx)
{
    const struct namespace *ns = (struct namespace *)value_object(self);
    const struct glossary *g = &program_of(vm)->glossary;
    size_t len = strlen(ns->name);
    for (size_t i = 0; i < g->nnames; i++)
        if (!strncmp(g->names[i], ns->name, len) && g->names[i][len] == '.')
            each(ctx, intern_cstr(vm->strings, g->names[i] + len + 1));
}

static const struct object_type namespace_type = {
    .name = "namespace",
    .getattr = namespace_getattr,
    .method = namespace_method,
    .attrs = namespace_attrs,
    .no_text = "use one of its calls",
};

static value namespace_new(struct program *p, const char *name)
{
    struct namespace *ns = arena_new(&p->arena, struct namespace);
    ns->o.h.kind = VALUE_KIND_OBJECT;
    ns->o.h.flags = VALUE_FROZEN;
    ns->o.type = &namespace_type;
    ns->name = name;
    return value_of(ns);
}

/* ---- the provider's constants
 * ------------------------------------------------------------------ */

struct provider {
    struct object o;
    value known; /* dict of the constants that were asked for */
};

static const struct constants {
    const char *prefix, *key;
} constants[] = {{"FLAVOR_", "flavors"}, {"IMAGE_", "images"}, {"NETWORK_", "networks"}};

enum { CONSTANTS = sizeof constants / sizeof *constants };

static void provider_attrs(struct vm *vm, value self, void (*each)(void *, str_id),
                           void *ctx)
{
    (void)self;
    for (size_t i = 0; i < CONSTANTS; i++) {
        const struct yaml_node *map =
            yaml_get(program_of(vm)->config.provider, constants[i].key);
        for (size_t k = 0; map && k < map->n; k++)
            each(ctx, intern_cstr(vm->strings,
                                  arena_printf(vm->arena, "%s%s", constants[i].prefix,
                                               map->pairs[k].key)));
    }
}

struct names {
    struct vm *vm;
    const char **v;
    size_t n, cap;
};

static void add_name(void *ctx, str_id name)
{
    struct names *names = ctx;
    *vec_push(names) = intern_text(names->vm->strings, name);
}

/* Where a constant of the provider would be defined. */
static const char *provider_file(struct program *p)
{
    const struct source *s = source_get(&p->sources, p->config.provider->span.file);
    return s && s->path[0] != '<' ? s->path
                                  : arena_printf(&p->arena, "/etc/dvo/providers/%s.yaml",
                                                 p->config.provider_name);
}

static value no_constant(struct vm *vm, value self, const char *name,
                         const struct constants *kind)
{
    struct program *p = program_of(vm);
    struct names names = {.vm = vm};
    provider_attrs(vm, self, add_name, &names);
    const char *near = text_nearest(name, names.v, names.n);
    for (size_t i = 0; !kind && i < names.n; i++)
        if (!strcmp(strchr(names.v[i], '_') + 1, name))
            near = names.v[i];
    free(names.v);
    vm_fail(vm, 545, "provider \"%s\" has no constant \"%s\"", p->config.provider_name,
            name);
    struct buf help = {0};
    if (near)
        buf_printf(&help, "did you mean provider.%s?", near);
    if (kind)
        buf_printf(&help, "%s in %s: %s: {%s: ...}",
                   near ? " If not, define it" : "define it", provider_file(p), kind->key,
                   name + strlen(kind->prefix));
    else if (!near)
        buf_str(&help, "its constants are FLAVOR_NAME, IMAGE_NAME and NETWORK_NAME");
    vm_help(vm, "%s", buf_text(&help));
    buf_free(&help);
    return VALUE_ERROR;
}

static value provider_getattr(struct vm *vm, value self, str_id name)
{
    struct provider *provider = (struct provider *)value_object(self);
    value v = value_dict_get(vm, provider->known, value_interned(vm, name));
    if (v != VALUE_ERROR)
        return v;
    const char *text = intern_text(vm->strings, name);
    const struct constants *kind = NULL;
    for (size_t i = 0; i < CONSTANTS && !kind; i++)
        if (!strncmp(text, constants[i].prefix, strlen(constants[i].prefix)))
            kind = &constants[i];
    const struct yaml_node *map =
        kind ? yaml_get(program_of(vm)->config.provider, kind->key) : NULL;
    const struct yaml_node *n = map ? yaml_get(map, text + strlen(kind->prefix)) : NULL;
    if (!n)
        return no_constant(vm, self, text, kind);
    v = param_value(vm, n);
    value_dict_set(vm, provider->known, value_interned(vm, name), v);
    return v;
}

static const struct object_type provider_type = {
    .name = "provider",
    .getattr = provider_getattr,
    .attrs = provider_attrs,
    .no_text = "use one of its constants",
};

value namespace_provider(struct program *p)
{
    struct provider *provider = arena_new(&p->arena, struct provider);
    provider->o.h.kind = VALUE_KIND_OBJECT;
    provider->o.h.flags = VALUE_FROZEN;
    provider->o.type = &provider_type;
    provider->known = value_dict_new(eval_vm(p->eval), 8);
    return value_of(provider);
}

/* ---- functions
 * ---------------------------------------------------------------------------------- */

/* "shop/db-password": parts of lower-case letters, digits, '_', '.' and '-'. */
static bool secret_path_valid(const char *s)
{
    for (;;) {
        size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.-");
        if (!len || *s == '.')
            return false;
        if (!s[len])
            return true;
        if (s[len] != '/')
            return false;
        s += len + 1;
    }
}

static value do_secret(struct vm *vm, const struct call *c)
{
    const char *s = "";
    size_t len = 0;
    if (!call_str(vm, c, 0, &s, &len))
        return VALUE_ERROR;
    str_id path = intern(vm->strings, s, len);
    if (strlen(intern_text(vm->strings, path)) != len ||
        !secret_path_valid(intern_text(vm->strings, path))) {
        vm_fail_at(vm, vm_arg_span(vm, 0), 560, "\"%s\" is no path of a secret",
                   intern_text(vm->strings, path));
        char *lower = arena_strndup(vm->arena, s, len);
        for (char *p = lower; *p; p++)
            *p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p == ' ' ? '-' : *p;
        vm_help(vm,
                "write parts of lower-case letters, digits, '_', '.' and '-', such as "
                "\"%s\"",
                secret_path_valid(lower) ? lower : "shop/db-password");
        return VALUE_ERROR;
    }
    return value_deferred_new(vm, val_secret(vm->values, path),
                              (struct type){.kind = TYPE_STR}, vm_span(vm));
}

static value do_moved(struct vm *vm, const struct call *c)
{
    static const char *const names[] = {"old", "new"};
    str_id address[2];
    for (uint32_t i = 0; i < 2; i++) {
        const char *s;
        size_t len;
        if (!call_str(vm, c, i, &s, &len))
            return VALUE_ERROR;
        address[i] = intern(vm->strings, s, len);
    }
    graph_move(&program_of(vm)->graph,
               (struct move){address[0], address[1], vm_param_span(vm, names[0], 0),
                             vm_param_span(vm, names[1], 1)});
    return VALUE_NONE;
}

/* ---- the universe
 * --------------------------------------------------------------------------------- */

/* A record without a dot in its name is a top-level call or a handle type; which of the
 * two, the word that begins a line of it tells without evaluating it. */
static bool is_call(struct program *p, const char *name)
{
    const struct embedded_file *e =
        embedded_find(arena_printf(&p->arena, "calls/%s.dvo", name));
    struct buf text = {0};
    bool own =
        p->config.calls &&
        file_read(arena_printf(&p->arena, "%s/%s.dvo", p->config.calls, name), &text);
    const char *s = own ? buf_text(&text) : e ? e->data : "";
    bool call = !strncmp(s, "call(", 5) || strstr(s, "\ncall(");
    buf_free(&text);
    return call;
}

/* What a call without its machine is, and a constant without its provider. */
static void add_elsewhere(struct program *p, struct eval_universe *u)
{
    for (size_t i = 0; i < p->glossary.nnames; i++) {
        const char *full = p->glossary.names[i], *dot = strchr(full, '.');
        if (dot)
            eval_universe_elsewhere(
                u, dot + 1,
                !strncmp(full, "machine.", 8)
                    ? arena_printf(&p->arena, "say which machine: MACHINE.%s(...)",
                                   dot + 1)
                    : arena_printf(&p->arena, "write %s(...)", full),
                true);
    }
    for (size_t i = 0; i < CONSTANTS; i++) {
        const struct yaml_node *map = yaml_get(p->config.provider, constants[i].key);
        for (size_t k = 0; map && k < map->n; k++) {
            const char *name =
                arena_printf(&p->arena, "%s%s", constants[i].prefix, map->pairs[k].key);
            eval_universe_elsewhere(
                u, name, arena_printf(&p->arena, "write provider.%s", name), false);
        }
    }
}

bool namespace_is_handle_type(struct vm *vm, str_id name)
{
    return map64_get(&program_of(vm)->handle_names, name) != 0;
}

void namespace_universe(struct program *p, struct eval_universe *u)
{
    static const struct native natives[] = {
        {"secret", do_secret, "path /", NULL},
        {"moved", do_moved, "old new", NULL},
    };
    const struct glossary *g = &p->glossary;
    const char *last = "";
    add_elsewhere(p, u);
    for (size_t i = 0; i < g->nnames; i++) {
        const char *dot = strchr(g->names[i], '.');
        if (!dot) {
            if (is_call(p, g->names[i]))
                eval_universe_native(u, op_native(p, g->names[i]));
            else
                *map64_put(&p->handle_names, intern_cstr(&p->strings, g->names[i])) = 1;
            continue;
        }
        const char *scope =
            arena_strndup(&p->arena, g->names[i], (size_t)(dot - g->names[i]));
        if (strcmp(scope, last) != 0 && !glossary_has(g, scope))
            eval_universe_add(u, scope, namespace_new(p, scope));
        last = scope;
    }
    eval_universe_add(u, "provider", namespace_provider(p));
    eval_universe_native(u, &param_native);
    eval_universe_native(u, &rollout_native);
    eval_universe_native(u, &allow_native);
    for (size_t i = 0; i < sizeof natives / sizeof *natives; i++)
        if (!glossary_has(g, natives[i].name))
            eval_universe_native(u, &natives[i]);
}
