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

bool ansible_values_write(const struct tool_run *t, const char *path,
                          struct value_source *source)
{
    json_t *values = json_object(), *secrets = json_object(), *known = tool_known(t);
    json_t *facts = machine_facts(t->run, t->machine, &source->fault);
    bool ok =
        facts && tool_variables(t, source, values) && tool_secrets(t, source, secrets);
    if (!facts)
        source->outcome = VALUE_FAULT;
    if (ok) {
        json_object_set(values, "secrets", secrets);
        json_object_set_new(values, "machines",
                            json_pack("{s:O}", t->segment->hosts, facts));
        json_object_set_new(values, "changed_before", tool_changed_before(t));
        json_object_set_new(values, "left_out", members_left_out(t));
        json_object_update(values, known);
        json_t *marked = mark_unsafe(values);
        ok = tool_values_write(path, marked, source);
        json_decref(marked);
    }
    json_decref(facts);
    json_decref(values);
    json_decref(secrets);
    json_decref(known);
    return ok;
}
