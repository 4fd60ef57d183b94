/* Writes the folder of playbooks: what every build has alike, the inventory, and one
 * playbook per tool run. */
#include "emitters/ansible.h"

#include <stdlib.h>
#include <string.h>

#include "emitters/ansible_parts.h"
#include "emitters/api.h"
#include "emitters/json.h"
#include "emitters/unify.h"
#include "ir/base/embed.h"

#define COLLECTIONS "ansible/collections/"
#define STEPS_MODULE                                                                     \
    COLLECTIONS "ansible_collections/dvo/host/plugins/module_utils/steps.py"

static const char ansible_cfg[] =
    "[defaults]\n"
    "inventory = inventory.yml\n"
    "collections_path = collections\n"
    "callbacks_enabled = dvo.host.events\n"
    "gathering = explicit\n"
    "interpreter_python = /usr/bin/python3\n"
    "host_key_checking = True\n"
    "retry_files_enabled = False\n"
    "nocows = True\n"
    "forks = 20\n"
    "\n"
    "[ssh_connection]\n"
    "pipelining = True\n"
    "ssh_args = -o ControlMaster=auto -o ControlPersist=60s -o IdentitiesOnly=yes "
    "-o StrictHostKeyChecking=yes\n";

/* Names that mean something to Ansible, Jinja or Python already. */
static const char ansible_reserved[] =
    "all and as assert async await become block break by call caller "
    "changed_before class collections connection context continue cycler "
    "debugger def del delay delegate_to dict diff do elif else endfor endif "
    "environment except false filter finally for from gather_facts global "
    "group_names groups handlers hosts hostvars if ignore_errors import in "
    "include inventory_hostname is item joiner lambda lipsum localhost lookup "
    "loop machines macro module name namespace no_log none nonlocal not notify "
    "now null omit or order pass play_hosts playbook_dir poll port q query "
    "raise range recursive register remote_user retries return role_name roles "
    "run_once secrets self serial set strategy super tags tasks throttle "
    "timeout true try undef ungrouped until vars when while with yield";

/* ansible_ is taken as a whole, and text points at text_1, text_2 ... inside tasks. */
static const char *const ansible_prefixes[] = {"ansible_", "text_", NULL};

static void put(struct emission *e, const char *path, const struct buf *text)
{
    artefact_put(&e->out, path, buf_text(text), text->len);
}

static void ansible_group_vars(struct ansible *a, struct buf *text)
{
    static const struct {
        const char *name, *value;
    } vars[] = {
        {"ansible_host", "{{ machines[inventory_hostname].address }}"},
        {"ansible_port", "{{ machines[inventory_hostname].port }}"},
        {"ansible_user", "{{ machines[inventory_hostname].user }}"},
        {"ansible_become", "{{ machines[inventory_hostname].user != 'root' }}"},
        {"ansible_become_password",
         "{{ machines[inventory_hostname].become_password | default('') }}"},
        {"ansible_ssh_private_key_file", "{{ machines[inventory_hostname].identity }}"},
        {"ansible_ssh_common_args", "-o {{ ('UserKnownHostsFile=\"' ~ "
                                    "machines[inventory_hostname].known_hosts ~ '\"') "
                                    "| quote }}"
                                    "{{ (' -o ' ~ ('ProxyCommand=' ~ "
                                    "machines[inventory_hostname].proxy) | quote) if "
                                    "machines[inventory_hostname].proxy is defined else "
                                    "'' }}"},
    };
    static const char reached[] =
        "How a machine is reached is said by the values file, given "
        "with -e @FILE: see values.example.json.";
    static const char before[] = "Results that an interrupted run had already changed.";
    struct yaml *y = &a->yaml;
    buf_clear(text);
    yaml_begin(y, text);
    yaml_map(y);
    yaml_comment(y, reached, strlen(reached));
    for (size_t i = 0; i < sizeof vars / sizeof *vars; i++) {
        yaml_name(y, vars[i].name);
        yaml_cstr(y, vars[i].value);
    }
    yaml_blank(y);
    yaml_comment(y, before, strlen(before));
    yaml_name(y, "changed_before");
    yaml_cstr(y, "{{ machines[inventory_hostname].changed_before | default([]) }}");
    yaml_map_end(y);
    yaml_end(y);
    put(a->e, "ansible/group_vars/all.yml", text);
}

/* "Configure web[2]", for the play of a tool run. */
static void play_name(struct ansible *a, uint32_t segment, struct buf *out)
{
    struct buf machines = {0};
    render_machines(a->e, &a->e->plan->segments[segment], &machines);
    buf_clear(out);
    buf_str(out, "Configure ");
    ansible_harmless(buf_text(&machines), machines.len, out);
    buf_free(&machines);
}

static void ansible_site(struct ansible *a, struct buf *text)
{
    struct yaml *y = &a->yaml;
    buf_clear(text);
    yaml_begin(y, text);
    yaml_seq(y);
    for (uint32_t i = 1; i <= a->e->plan->nsegments; i++) {
        if (!flow_carries(&a->flow, i))
            continue;
        play_name(a, i, &a->scratch);
        yaml_map(y);
        yaml_name(y, "name");
        yaml_text(y, buf_text(&a->scratch), a->scratch.len);
        yaml_name(y, "ansible.builtin.import_playbook");
        yaml_cstr(y, strchr(a->e->segments[i].file, '/') + 1);
        yaml_map_end(y);
    }
    yaml_seq_end(y);
    yaml_end(y);
    put(a->e, "ansible/site.yml", text);
}

static void ansible_playbook(struct ansible *a, uint32_t segment, struct buf *text)
{
    const struct plan_segment *s = &a->e->plan->segments[segment];
    const op_id *ops = s->parts[0].ops;
    struct yaml *y = &a->yaml;
    op_id op;
    uint32_t n;
    flow_enter(&a->flow, segment);
    titles_begin(&a->titles);
    for (uint32_t i = 0; i < s->nops; i += n) {
        n = ansible_fused_count(a, ops + i, s->nops - i);
        if (n > 1)
            ansible_fused_note(a, ops + i, n);
        else if ((op = emission_turn(a->e, ops[i])))
            titles_note(&a->titles, a->e, op, flow_shape(&a->flow, op));
    }

    buf_clear(text);
    yaml_begin(y, text);
    yaml_seq(y);
    yaml_map(y);
    yaml_name(y, "name");
    play_name(a, segment, &a->scratch);
    yaml_text(y, buf_text(&a->scratch), a->scratch.len);
    yaml_name(y, "hosts");
    yaml_cstr(y, a->flow.out->hosts);
    yaml_name(y, "gather_facts");
    yaml_bool(y, false);
    yaml_name(y, "tasks");
    yaml_seq(y);
    for (uint32_t i = 0; i < s->nops; i += n) {
        n = ansible_fused_count(a, ops + i, s->nops - i);
        if (n > 1)
            ansible_fused(a, ops + i, n);
        else if ((op = emission_turn(a->e, ops[i])))
            ansible_tasks(a, op);
    }
    yaml_seq_end(y);
    yaml_map_end(y);
    yaml_seq_end(y);
    yaml_end(y);
    put(a->e, a->flow.out->file, text);
    flow_leave(&a->flow);
}

/* What a person fills in to run the playbooks without dvoc. */
static void ansible_values(struct ansible *a, struct inventory *inv, struct buf *text)
{
    static const struct {
        const char *name, *value;
    } members[] = {{"address", "192.0.2.1"},
                   {"port", NULL},
                   {"user", "root"},
                   {"identity", "/path/of/private/key"},
                   {"known_hosts", "/path/of/known_hosts"}};
    struct emission *e = a->e;
    struct json j;
    buf_clear(text);
    json_begin(&j, text);
    json_put_object(&j);
    json_put_name(&j, "machines");
    json_put_object(&j);
    for (op_id op = 1; op < e->graph->n; op++) {
        if (!a->flow.machines[op])
            continue;
        json_put_name(&j, a->flow.machines[op]);
        json_put_object_compact(&j);
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
            json_put_name(&j, members[i].name);
            if (members[i].value)
                json_put_cstr(&j, members[i].value);
            else
                json_put_int(&j, 22);
        }
        inventory_example(inv, op, &j);
        json_put_object_end(&j);
    }
    json_put_object_end(&j);
    flow_secrets_example(&a->flow, &j);
    flow_outside_example(&a->flow, &j);
    json_put_object_end(&j);
    json_end(&j);
    artefact_put_example(&e->out, "ansible/values.example.json", buf_text(text),
                         text->len);
}

static void ansible_collection(struct emission *e)
{
    for (size_t i = embedded_first(COLLECTIONS); embedded_in(i, COLLECTIONS); i++) {
        const struct embedded_file *f = &embedded_files[i];
        /* That is for publishing: an installed collection does not have it. */
        if (!strstr(f->path, "/galaxy.yml"))
            artefact_put_embedded(&e->out, f->path, f);
    }
    artefact_put_embedded(&e->out, STEPS_MODULE, embedded_find("library/steps.py"));
}

bool ansible_emit(struct emission *e)
{
    const struct plan *plan = e->plan;
    if (!flow_wanted(e, BACKEND_ANSIBLE))
        return true;
    struct ansible a = {.e = e, .titles.harmless = ansible_harmless};
    struct unified unified = {0};
    struct buf text = {0};
    unify(&unified, e, BACKEND_ANSIBLE);
    flow_begin(&a.flow, e, BACKEND_ANSIBLE);
    a.flow.names.prefixes = ansible_prefixes;
    names_reserve(&a.flow.names, ansible_reserved);
    flow_scan(&a.flow);
    for (uint32_t i = 1; i <= plan->nsegments; i++) {
        if (!flow_carries(&a.flow, i))
            continue;
        e->segments[i].file = arena_printf(&e->arena, "ansible/segment-%u.yml", i);
        if (!e->failed && !e->out.failed)
            ansible_playbook(&a, i, &text);
    }
    buf_clear(&text);
    buf_str(&text, ansible_cfg);
    put(e, "ansible/ansible.cfg", &text);
    struct inventory *inv = inventory_new(&a);
    inventory_write(inv);
    ansible_group_vars(&a, &text);
    ansible_site(&a, &text);
    ansible_values(&a, inv, &text);
    inventory_free(inv);
    ansible_collection(e);

    for (size_t i = 0; i < a.conditions.n; i++)
        free(a.conditions.v[i]);
    free(a.conditions.v);
    free(a.literals.v);
    titles_free(&a.titles);
    flow_end(&a.flow);
    unify_end(&unified, e);
    render_free(&a.pieces);
    buf_free(&a.expr);
    buf_free(&a.scratch);
    buf_free(&text);
    return !e->failed && !e->out.failed;
}
