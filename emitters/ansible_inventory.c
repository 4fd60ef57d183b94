/* Writes the inventory: a group for the machines of each tool run that has several, and
 * what is their own: known values beside their names, the others in the group's
 * variables, which lead to the values file. */
#include <stdlib.h>
#include <string.h>

#include "emitters/ansible_parts.h"
#include "emitters/unify.h"

/* Machines that tool runs share, and the variables that differ among them. */
struct group {
    uint32_t segment; /* the first of those runs */
    struct {
        struct emission_var *v;
        size_t n, cap;
    } vars;
};

struct membership {
    uint32_t group, place;
    uint32_t next; /* the machine's next one, or 0 */
};

struct inventory {
    struct ansible *a;
    uint32_t *member; /* per op: its first membership, or 0 */
    struct {
        struct membership *v; /* index 0 unused */
        size_t n, cap;
    } memberships;
    struct {
        struct group *v;
        size_t n, cap;
    } groups;
};

static struct group *group_of(struct inventory *inv, uint32_t segment)
{
    const struct emission *e = inv->a->e;
    for (size_t i = inv->groups.n; i-- > 0;)
        if (e->segments[inv->groups.v[i].segment].hosts == e->segments[segment].hosts)
            return &inv->groups.v[i];
    struct group *g = vec_push(&inv->groups);
    *g = (struct group){.segment = segment};
    const struct plan_segment *s = &e->plan->segments[segment];
    for (uint32_t i = 0; i < s->nparts; i++) {
        uint32_t *member = &inv->member[s->parts[i].machine];
        *vec_push(&inv->memberships) =
            (struct membership){(uint32_t)inv->groups.n - 1, i, *member};
        *member = (uint32_t)inv->memberships.n - 1;
    }
    return g;
}

static void group_var(struct inventory *inv, struct group *g, struct emission_var var)
{
    if (val_get(inv->a->e->values, var.value)->kind != IR_EACH)
        return;
    for (size_t i = 0; i < g->vars.n; i++)
        if (g->vars.v[i].name == var.name)
            return;
    *vec_push(&g->vars) = var;
}

static void find_groups(struct inventory *inv)
{
    const struct emission *e = inv->a->e;
    for (uint32_t i = 1; i <= e->plan->nsegments; i++) {
        const struct plan_segment *s = &e->plan->segments[i];
        if (!flow_carries(&inv->a->flow, i) || s->nparts == 1)
            continue;
        struct group *g = group_of(inv, i);
        for (size_t k = 0; k < e->segments[i].vars.n; k++)
            group_var(inv, g, e->segments[i].vars.v[k]);
    }
}

static void write_host(struct inventory *inv, op_id machine)
{
    const char *name = inv->a->flow.machines[machine];
    yaml_key(&inv->a->yaml, name, strlen(name));
    yaml_map(&inv->a->yaml);
}

static void write_group(struct inventory *inv, const struct group *g)
{
    struct ansible *a = inv->a;
    const struct plan_segment *s = &a->e->plan->segments[g->segment];
    const char *name = a->e->segments[g->segment].hosts;
    yaml_key(&a->yaml, name, strlen(name));
    yaml_map(&a->yaml);
    yaml_name(&a->yaml, "hosts");
    yaml_map(&a->yaml);
    for (uint32_t i = 0; i < s->nparts; i++) {
        write_host(inv, s->parts[i].machine);
        for (size_t k = 0; k < g->vars.n; k++) {
            if (!unify_is_known(a->e, g->vars.v[k].value))
                continue;
            yaml_name(&a->yaml, g->vars.v[k].name);
            ansible_value(a, val_items(a->e->values, g->vars.v[k].value)[i]);
        }
        yaml_map_end(&a->yaml);
    }
    yaml_map_end(&a->yaml);
    yaml_map_end(&a->yaml);
}

static void write_hosts(struct inventory *inv)
{
    struct ansible *a = inv->a;
    bool open = false;
    for (op_id op = 1; op < a->e->graph->n; op++) {
        if (!a->flow.machines[op] || inv->member[op])
            continue;
        if (!open) {
            yaml_name(&a->yaml, "hosts");
            yaml_map(&a->yaml);
        }
        open = true;
        write_host(inv, op);
        yaml_map_end(&a->yaml);
    }
    if (open)
        yaml_map_end(&a->yaml);
}

/* Where the group's variables come from that only running tells. */
static void write_group_vars(struct inventory *inv, const struct group *g)
{
    static const char comment[] = "Each machine has its own, from the values file.";
    struct ansible *a = inv->a;
    struct buf text = {0};
    bool any = false;
    yaml_begin(&a->yaml, &text);
    yaml_map(&a->yaml);
    yaml_comment(&a->yaml, comment, strlen(comment));
    for (size_t i = 0; i < g->vars.n; i++) {
        const struct emission_var *var = &g->vars.v[i];
        if (unify_is_known(a->e, var->value))
            continue;
        any = true;
        yaml_name(&a->yaml, var->name);
        yaml_cstr(&a->yaml,
                  arena_printf(
                      &a->e->arena, "{{ machines[inventory_hostname]['values'].%s%s }}",
                      var->name, flow_is_text(&a->flow, var->value) ? " | string" : ""));
    }
    yaml_map_end(&a->yaml);
    yaml_end(&a->yaml);
    if (any) {
        const char *path = arena_printf(&a->e->arena, "ansible/group_vars/%s.yml",
                                        a->e->segments[g->segment].hosts);
        artefact_put(&a->e->out, path, buf_text(&text), text.len);
    }
    buf_free(&text);
}

static void write_inventory(struct inventory *inv)
{
    struct yaml *y = &inv->a->yaml;
    struct buf text = {0};
    yaml_begin(y, &text);
    yaml_map(y);
    yaml_name(y, "all");
    yaml_map(y);
    if (inv->groups.n) {
        yaml_name(y, "children");
        yaml_map(y);
        for (size_t i = 0; i < inv->groups.n; i++)
            write_group(inv, &inv->groups.v[i]);
        yaml_map_end(y);
    }
    write_hosts(inv);
    yaml_map_end(y);
    yaml_map_end(y);
    yaml_end(y);
    artefact_put(&inv->a->e->out, "ansible/inventory.yml", buf_text(&text), text.len);
    buf_free(&text);
}

struct inventory *inventory_new(struct ansible *a)
{
    struct inventory *inv = xcalloc(1, sizeof *inv);
    inv->a = a;
    inv->member = xcalloc(a->e->graph->n, sizeof *inv->member);
    *vec_push(&inv->memberships) = (struct membership){0};
    find_groups(inv);
    return inv;
}

void inventory_free(struct inventory *inv)
{
    for (size_t i = 0; i < inv->groups.n; i++)
        free(inv->groups.v[i].vars.v);
    free(inv->groups.v);
    free(inv->memberships.v);
    free(inv->member);
    free(inv);
}

void inventory_write(struct inventory *inv)
{
    write_inventory(inv);
    for (size_t i = 0; i < inv->groups.n; i++)
        write_group_vars(inv, &inv->groups.v[i]);
}

void inventory_example(struct inventory *inv, op_id machine, struct json *j)
{
    struct ansible *a = inv->a;
    struct buf text = {0};
    bool open = false;
    for (uint32_t m = inv->member[machine]; m; m = inv->memberships.v[m].next) {
        const struct membership *of = &inv->memberships.v[m];
        const struct group *g = &inv->groups.v[of->group];
        for (size_t i = 0; i < g->vars.n; i++) {
            if (unify_is_known(a->e, g->vars.v[i].value))
                continue;
            if (!open) {
                json_put_name(j, "values");
                json_put_object_compact(j);
            }
            open = true;
            json_put_name(j, g->vars.v[i].name);
            buf_clear(&text);
            render_display(a->e, 0,
                           val_items(a->e->values, g->vars.v[i].value)[of->place], &text);
            json_put_text(j, buf_text(&text), text.len);
        }
    }
    if (open)
        json_put_object_end(j);
    buf_free(&text);
}
