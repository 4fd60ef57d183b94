/* Composes the values of a tool run as JSON in which every string says that it is no
 * template. */
#include "runtime/ansible_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/file.h"

/* A copy in which each string is {"__ansible_unsafe": string}. */
static json_t *mark_unsafe(const json_t *v)
{
    const char *key;
    size_t i;
    json_t *item, *copy;
    switch (json_typeof(v)) {
    case JSON_STRING: return json_pack("{s:O}", "__ansible_unsafe", v);
    case JSON_ARRAY:
        copy = json_array();
        json_array_foreach(v, i, item) json_array_append_new(copy, mark_unsafe(item));
        return copy;
    case JSON_OBJECT:
        copy = json_object();
        json_object_foreach((json_t *)(uintptr_t)v, key, item)
            json_object_set_new(copy, key, mark_unsafe(item));
        return copy;
    default: return json_incref((json_t *)(uintptr_t)v);
    }
}

/* NULL with a fault if the password is not to be had. */
static json_t *machine_facts(struct run *r, const struct machine *m, struct fault *f)
{
    const char *password = m->become ? secret_get(r->secrets, m->become, f) : NULL;
    if (m->become && !password)
        return NULL;
    return json_pack("{s:s, s:i, s:s, s:s?, s:s, s:s*, s:s*}", "address", m->host, "port",
                     m->port, "user", m->login, "identity", m->identity, "known_hosts",
                     m->known_hosts, "proxy", m->proxy, "become_password", password);
}

static bool add_secrets(const struct segment *s, struct value_source *source,
                        json_t *values)
{
    json_t *secrets = json_object();
    json_object_set_new(values, "secrets", secrets);
    size_t i;
    json_t *path;
    json_array_foreach(s->secrets, i, path)
    {
        const char *name = json_string_value(path);
        const char *value = name ? source->secret(source, name) : NULL;
        if (!value)
            return false;
        json_object_set_new(secrets, name, json_string(value));
    }
    return true;
}

static bool add_variables(const struct segment *s, struct value_source *source,
                          json_t *values)
{
    const char *name;
    json_t *expr;
    json_object_foreach((json_t *)(uintptr_t)s->vars, name, expr)
    {
        json_t *v = value_evaluate(source, expr);
        if (!v && source->outcome == VALUE_SKIPPED) {
            source->outcome = VALUE_READY; /* the tasks ask whether it is defined */
            continue;
        }
        if (!v)
            return false;
        json_object_set_new(values, name, v);
    }
    return true;
}

/* Registers whose change an earlier run or attempt made, and not every consumer has seen.
 */
static json_t *changed_before(const struct run *r, const struct segment *s)
{
    json_t *names = json_array();
    const char *id;
    json_t *name;
    json_object_foreach((json_t *)(uintptr_t)s->registers, id, name)
    {
        uint32_t op = plan_op_index(r->plan, strtoll(id, NULL, 10));
        if (op && (r->ops[op].pending || r->ops[op].changed))
            json_array_append(names, name);
    }
    return names;
}

bool ansible_values_write(struct run *r, const struct segment *s, const struct machine *m,
                          const json_t *known, const char *path,
                          struct value_source *source)
{
    json_t *values = json_object();
    json_t *facts = machine_facts(r, m, &source->fault);
    bool ok = facts && add_variables(s, source, values) && add_secrets(s, source, values);
    if (!facts)
        source->outcome = VALUE_FAULT;
    if (ok) {
        json_object_set_new(values, "machines", json_pack("{s:O}", s->hosts, facts));
        json_object_set_new(values, "changed_before", changed_before(r, s));
        json_object_update(values, (json_t *)(uintptr_t)known);
        json_t *marked = mark_unsafe(values);
        char *text = json_dumps(marked, JSON_COMPACT | JSON_SORT_KEYS);
        ok = text && file_replace(path, text, strlen(text), 0600);
        if (!ok) {
            source->outcome = VALUE_FAULT;
            fault_set(&source->fault, DVO_EPERM, "cannot write %s: %s", path,
                      strerror(errno));
        }
        if (text)
            explicit_bzero(text, strlen(text));
        free(text);
        json_decref(marked);
    }
    json_decref(facts);
    json_decref(values);
    return ok;
}
