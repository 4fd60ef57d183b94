/* Asks the lock and reports what stands in the way at the place that can be mended: the
 * call, the configuration or the lock. */
#include "compiler/package.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/debver.h"
#include "compiler/handle.h"
#include "compiler/program.h"

/* The path as a program's own files are named: from its folder. */
static const char *from_folder(struct program *p, const char *path)
{
    size_t len = strlen(p->folder);
    if (*path == '/' || !strcmp(p->folder, "."))
        return path;
    if (!strncmp(path, p->folder, len) && path[len] == '/')
        return path + len + 1;
    char *real = realpath(path, NULL);
    const char *out = real ? arena_strndup(&p->arena, real, strlen(real)) : path;
    free(real);
    return out;
}

static void set(struct vm *vm, value dict, const char *key, const char *s)
{
    value_dict_set(vm, dict, value_cstring(vm, key), value_cstring(vm, s));
}

static value package_value(struct vm *vm, const char *name, const struct package_file *f)
{
    struct program *p = program_of(vm);
    value d = value_dict_new(vm, 8), services = value_list_new(vm, NULL, 0);
    set(vm, d, "package", name);
    set(vm, d, "version", f->version);
    set(vm, d, "digest", f->digest);
    set(vm, d, "repo", f->repo);
    set(vm, d, "file", f->file);
    set(vm, d, "path",
        from_folder(p, repositories_path(&p->lock.repositories, f->repo, f->path)));
    for (size_t i = 0; i < f->nservices; i++)
        value_list_push(vm, services, value_cstring(vm, f->services[i]));
    value_dict_set(vm, d, value_cstring(vm, "services"), services);
    value_freeze(vm, d);
    return package_new(vm, d);
}

static bool read_query(struct vm *vm, const struct call *c, struct package_query *q)
{
    const char *texts[3] = {"", "", ""};
    for (uint32_t i = 0; i < 3; i++) {
        const char *s = NULL;
        size_t len;
        if (c->args[i] == VALUE_NONE && i)
            continue;
        if (!call_str(vm, c, i, &s, &len))
            return false;
        if (s)
            texts[i] = arena_strndup(vm->arena, s, len);
    }
    *q = (struct package_query){texts[0], texts[1], texts[2]};
    if (!deb_name_valid(q->package, strlen(q->package))) {
        vm_fail_at(vm, vm_param_span(vm, "package", 0), 542, "\"%s\" is no package name",
                   q->package);
        vm_help(vm, "package names have lower-case letters, digits, '+', '-' and '.'");
        return false;
    }
    const char *why = c->args[1] != VALUE_ERROR && c->args[1] != VALUE_NONE
                          ? debver_range_check(q->range)
                          : NULL;
    if (!why)
        return true;
    /* "~1.0", "^1.0", "1.0+": the version in it is a lower bound. */
    size_t from = strcspn(q->range, "0123456789");
    size_t len = strspn(q->range + from, "0123456789.");
    vm_fail_at(vm, vm_param_span(vm, "version", 1), 542, "packages.find(version=) %s",
               why);
    if (len)
        vm_help(vm, "write \">=%.*s\" for this version and all later ones", (int)len,
                q->range + from);
    else
        vm_help(vm, "leave version= out for the newest one");
    return false;
}

/* The argument that a package which is not there was asked for with. */
static struct span asked_at(struct vm *vm, unsigned code)
{
    switch (code) {
    case 540: return vm_param_span(vm, "package", 0);
    case 541: return vm_param_span(vm, "version", 1);
    case 543: return vm_param_span(vm, "repo", 2);
    default: return vm_span(vm);
    }
}

static value do_find(struct vm *vm, const struct call *c)
{
    struct package_query q;
    struct package_error error;
    if (!read_query(vm, c, &q))
        return VALUE_ERROR;
    const struct package_file *f = lock_find(&program_of(vm)->lock, &q, &error);
    if (f)
        return package_value(vm, q.package, f);
    vm_fail_at(vm, error.at.file ? error.at : asked_at(vm, error.code), error.code, "%s",
               error.message);
    if (error.help)
        vm_help(vm, "%s", error.help);
    if (error.at.file)
        vm_related(vm, vm_span(vm), "needed by this call");
    return VALUE_ERROR;
}

const struct native package_find = {"packages.find", do_find, "package version? repo?",
                                    NULL};
