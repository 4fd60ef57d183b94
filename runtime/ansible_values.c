/* Composes the values of a tool run as JSON in which every string says that it is no
 * template. */
#include "runtime/ansible_values.h"

#include "runtime/members.h"

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

void ansible_values_free(struct ansible_values *v)
{
    json_decref(v->shared);
    json_decref(v->secrets);
    json_decref(v->machine);
    json_decref(v->known);
    *v = (struct ansible_values){0};
}

bool ansible_values(const struct tool_run *t, struct ansible_values *v,
                    struct value_source *source)
{
    json_t *own = json_object();
    *v = (struct ansible_values){json_object(), json_object(),
                                 machine_facts(t->run, t->machine, &source->fault),
                                 tool_known(t)};
    bool ok = v->machine && tool_variables(t, source, v->shared) &&
              tool_own_variables(t, source, own) && tool_secrets(t, source, v->secrets);
    if (!v->machine)
        source->outcome = VALUE_FAULT;
    json_object_set(v->machine, "values", own);
    json_object_set_new(v->machine, "changed_before", tool_changed_before(t));
    /* Only what is carried out in part, and then on its own, leaves something out. */
    json_object_set_new(v->known, "left_out", members_left_out(t));
    json_decref(own);
    if (!ok)
        ansible_values_free(v);
    return ok;
}

bool ansible_values_write(const char *path, const char *const *hosts,
                          struct ansible_values *const *v, uint32_t n, struct fault *f)
{
    json_t *values = json_object(), *secrets = json_object(), *machines = json_object();
    for (uint32_t i = 0; i < n; i++) {
        json_object_update(values, v[i]->shared);
        json_object_update(values, v[i]->known);
        json_object_update(secrets, v[i]->secrets);
        json_object_set(machines, hosts[i], v[i]->machine);
    }
    json_object_set_new(values, "secrets", secrets);
    json_object_set_new(values, "machines", machines);
    json_t *marked = mark_unsafe(values);
    bool ok = tool_values_write(path, marked, f);
    json_decref(marked);
    json_decref(values);
    return ok;
}
