/* Writes the folder of cookbooks: the program's own with one recipe per tool run, the one
 * with the step library, and what chef-client needs to run them without a server. */
#include "emitters/chef.h"

#include <stdlib.h>
#include <string.h>

#include "emitters/chef_parts.h"
#include "emitters/json.h"
#include "emitters/unify.h"
#include "emitters/value_json.h"
#include "ir/base/embed.h"

static const char client_rb[] =
    "# Runs the recipes beside it without a server:\n"
    "#\n"
    "#     DVO_VALUES=FILE chef-client --local-mode -c client.rb -j nodes/MACHINE.json\n"
    "#\n"
    "# values.example.json shows what is in FILE. Nothing is written beside the "
    "recipes.\n"
    "\n"
    "cache = ENV.fetch('DVO_CACHE', '/var/cache/dvo/chef-client')\n"
    "\n"
    "local_mode true\n"
    "chef_repo_path cache\n"
    "cookbook_path ::File.join(::File.dirname(::File.expand_path(__FILE__)), "
    "'cookbooks')\n"
    "file_cache_path ::File.join(cache, 'cache')\n"
    "file_backup_path ::File.join(cache, 'backup')\n"
    "chef_guid_path ::File.join(cache, 'chef_guid')\n"
    "minimal_ohai true\n";

static void put(struct chef *c, const char *path, const struct buf *text)
{
    artefact_put(&c->e->out, path, buf_text(text), text->len);
}

/* A file of the program's cookbook. */
static void put_own(struct chef *c, const char *path, const struct buf *text)
{
    put(c, arena_printf(&c->e->arena, "%s/%s", c->folder, path), text);
}

static void begin(struct chef *c, struct buf *text)
{
    buf_clear(text);
    ruby_begin(&c->ruby, text);
}

static void line(struct chef *c, const char *word, const char *text)
{
    ruby_statement(&c->ruby, word);
    ruby_text(&c->ruby, text, strlen(text), false);
    ruby_statement_end(&c->ruby);
}

/* As every recipe begins: nothing of the user's is in the first lines, where Ruby looks
 * for comments that mean something to it. */
static void head(struct chef *c, const char *recipe)
{
    const char *const lines[] = {"",
                                 arena_printf(&c->e->arena, "Cookbook:: %s", c->cookbook),
                                 arena_printf(&c->e->arena, "Recipe:: %s", recipe), ""};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ruby_comment(&c->ruby, lines[i], strlen(lines[i]));
}

/* ---- the program's cookbook ------------------------------------------------------- */

static void write_metadata(struct chef *c, struct buf *text)
{
    struct graph *g = c->e->graph;
    begin(c, text);
    line(c, "name", c->cookbook);
    line(c, "maintainer", g->project);
    line(c, "maintainer_email", "root@localhost");
    line(c, "license", "All Rights Reserved");
    line(c, "description", arena_printf(&c->e->arena, "What %s says", g->program));
    line(c, "version", "0.1.0");
    line(c, "chef_version", ">= 17.0");
    line(c, "supports", "debian");
    line(c, "depends", "dvo");
    put_own(c, "metadata.rb", text);
}

static void write_segment(struct chef *c, uint32_t segment, struct buf *text)
{
    struct emission *e = c->e;
    const struct plan_segment *s = &e->plan->segments[segment];
    const op_id *ops = s->parts[0].ops;
    op_id op;
    flow_enter(&c->flow, segment);
    titles_begin(&c->titles);
    for (uint32_t i = 0; i < s->nops; i++)
        if ((op = emission_turn(e, ops[i])))
            titles_note(&c->titles, e, op, flow_shape(&c->flow, op));
    begin(c, text);
    head(c, strrchr(c->flow.out->recipe, ':') + 1);
    for (uint32_t i = 0; i < s->nops; i++)
        if ((op = emission_turn(e, ops[i])))
            chef_resources(c, op);
    put(c, c->flow.out->file, text);
    flow_leave(&c->flow);
}

static uint32_t count_machines(const struct chef *c)
{
    uint32_t n = 0;
    for (op_id op = 1; op < c->e->graph->n; op++)
        n += c->flow.machines[op] != NULL;
    return n;
}

/* All tool runs in order; of several machines, each has its own. */
static void write_default(struct chef *c, struct buf *text)
{
    begin(c, text);
    head(c, "default");
    ruby_blank(&c->ruby);
    if (count_machines(c) == 1) {
        for (uint32_t i = 1; i <= c->e->plan->nsegments; i++)
            if (flow_carries(&c->flow, i))
                line(c, "include_recipe", c->e->segments[i].recipe);
    } else {
        line(c, "raise", "say for which machine, with -j nodes/MACHINE.json");
    }
    put_own(c, "recipes/default.rb", text);
}

/* ---- around it -------------------------------------------------------------------- */

/* Finds the recipes of each machine. */
static void find_recipes(struct chef *c)
{
    const struct plan *plan = c->e->plan;
    c->recipes = arena_array(&c->e->arena, uint32_t, c->e->graph->n);
    *vec_push(&c->links) = (struct chef_link){0};
    for (uint32_t i = plan->nsegments; i > 0; i--) {
        for (uint32_t k = 0; flow_carries(&c->flow, i) && k < plan->segments[i].nparts;
             k++) {
            uint32_t *first = &c->recipes[plan->segments[i].parts[k].machine];
            *vec_push(&c->links) = (struct chef_link){i, k, *first};
            *first = (uint32_t)c->links.n - 1;
        }
    }
}

/* Calls `each` for every recipe of a machine, in order. */
static void each_recipe(struct chef *c, op_id machine,
                        void (*each)(struct chef *c, const char *recipe, void *ctx),
                        void *ctx)
{
    for (uint32_t i = c->recipes[machine]; i; i = c->links.v[i].next)
        each(c, c->e->segments[c->links.v[i].segment].recipe, ctx);
}

static void list_json(struct chef *c, const char *recipe, void *ctx)
{
    const char *item = arena_printf(&c->e->arena, "recipe[%s]", recipe);
    json_put_text(ctx, item, strlen(item));
}

static void list_ruby(struct chef *c, const char *recipe, void *ctx)
{
    (void)ctx;
    ruby_item(&c->ruby);
    ruby_text(&c->ruby, recipe, strlen(recipe), false);
}

/* What is known of this machine and differs from those it shares recipes with. */
static void write_own(struct chef *c, op_id machine, struct json *j)
{
    const struct emission *e = c->e;
    struct map64 seen = {0};
    bool open = false;
    for (uint32_t i = c->recipes[machine]; i; i = c->links.v[i].next) {
        const struct chef_link *link = &c->links.v[i];
        const struct emission_segment *out = &e->segments[link->segment];
        for (size_t k = 0; k < out->vars.n; k++) {
            val_id v = out->vars.v[k].value;
            if (!unify_is_known(e, v) ||
                (*map64_put(&seen, (uintptr_t)out->vars.v[k].name))++)
                continue;
            if (!open) {
                json_put_name(j, "dvo");
                json_put_object(j);
            }
            open = true;
            json_put_name(j, out->vars.v[k].name);
            value_json(c->e, 0, val_items(e->values, v)[link->part], j);
        }
    }
    if (open)
        json_put_object_end(j);
    map64_free(&seen);
}

static void write_node(struct chef *c, op_id machine, struct buf *text)
{
    struct json j;
    buf_clear(text);
    json_begin(&j, text);
    json_put_object(&j);
    json_put_name(&j, "run_list");
    json_put_array(&j);
    each_recipe(c, machine, list_json, &j);
    json_put_array_end(&j);
    write_own(c, machine, &j);
    json_put_object_end(&j);
    json_end(&j);
    put(c, arena_printf(&c->e->arena, "chef/nodes/%s.json", c->flow.machines[machine]),
        text);
}

static void write_cookbook_path(struct chef *c, const char *cookbook)
{
    ruby_statement(&c->ruby, "cookbook");
    ruby_text(&c->ruby, cookbook, strlen(cookbook), false);
    ruby_code(&c->ruby, ", path: ");
    const char *path = arena_printf(&c->e->arena, "cookbooks/%s", cookbook);
    ruby_text(&c->ruby, path, strlen(path), false);
    ruby_statement_end(&c->ruby);
}

static void write_policyfile(struct chef *c, struct buf *text)
{
    begin(c, text);
    line(c, "name", c->cookbook);
    line(c, "run_list", arena_printf(&c->e->arena, "%s::default", c->cookbook));
    for (op_id op = 1; op < c->e->graph->n; op++) {
        const char *machine = c->flow.machines[op];
        if (!machine)
            continue;
        ruby_statement(&c->ruby, "named_run_list");
        ruby_symbol(&c->ruby, machine, strlen(machine));
        ruby_code(&c->ruby, ", ");
        ruby_open(&c->ruby, RUBY_ARRAY);
        each_recipe(c, op, list_ruby, NULL);
        ruby_close(&c->ruby);
        ruby_statement_end(&c->ruby);
    }
    write_cookbook_path(c, c->cookbook);
    write_cookbook_path(c, "dvo");
    put(c, "chef/Policyfile.rb", text);
}

/* What a person fills in to run the recipes without dvoc. */
static void write_values(struct chef *c, struct buf *text)
{
    struct json j;
    buf_clear(text);
    json_begin(&j, text);
    json_put_object(&j);
    json_put_name(&j, "dvo");
    json_put_object(&j);
    flow_secrets_example(&c->flow, &j);
    json_put_object_end(&j);
    flow_outside_example(&c->flow, &j);
    json_put_object_end(&j);
    json_end(&j);
    artefact_put_example(&c->e->out, "chef/values.example.json", text->p, text->len);
}

/* Whether machines pull the cookbooks from a server. */
static bool on_server(const struct emission *e)
{
    val_id mode = e->plan->chef ? val_dict_get(e->values, e->plan->chef, "mode") : 0;
    return mode && val_get(e->values, mode)->kind == IR_STR &&
           !strcmp(emission_text(e, val_get(e->values, mode)->as.n), "server");
}

static void write_upload(struct chef *c)
{
    const struct embedded_file *script = embedded_find("chef/upload.sh");
    artefact_put_embedded(&c->e->out, script->path, script);
}

/* The program's file name as a name of a cookbook that is not ours; on a server, which
 * other projects share, with the project's. */
static const char *cookbook_name(struct emission *e)
{
    const char *program = e->graph->program ? e->graph->program : "";
    const char *slash = strrchr(program, '/');
    const char *base = slash ? slash + 1 : program;
    struct names names;
    names_init(&names);
    names_reserve(&names, "dvo");
    size_t len = strcspn(base, ".");
    if (on_server(e)) {
        base = arena_printf(&e->arena, "%s_%.*s", e->graph->project, (int)len, base);
        len = strlen(base);
    }
    const char *name = names_make(&names, NULL, base, len, &e->arena);
    names_free(&names);
    return name;
}

bool chef_emit(struct emission *e)
{
    if (!flow_wanted(e, BACKEND_CHEF))
        return true;
    struct chef c = {.e = e, .cookbook = cookbook_name(e)};
    struct unified unified = {0};
    struct buf text = {0};
    unify(&unified, e, BACKEND_CHEF);
    c.folder = arena_printf(&e->arena, "chef/cookbooks/%s", c.cookbook);
    flow_begin(&c.flow, e, BACKEND_CHEF);
    names_reserve(&c.flow.names, "dvo");
    flow_scan(&c.flow);
    find_recipes(&c);
    chef_steps_collect(&c.steps, &c.flow);
    for (uint32_t i = 1; i <= e->plan->nsegments; i++) {
        if (!flow_carries(&c.flow, i))
            continue;
        struct emission_segment *s = &e->segments[i];
        s->file = arena_printf(&e->arena, "%s/recipes/segment-%u.rb", c.folder, i);
        s->recipe = arena_printf(&e->arena, "%s::segment-%u", c.cookbook, i);
        if (!e->failed && !e->out.failed)
            write_segment(&c, i, &text);
    }
    write_default(&c, &text);
    write_metadata(&c, &text);
    for (op_id op = 1; op < e->graph->n; op++)
        if (c.flow.machines[op])
            write_node(&c, op, &text);
    write_policyfile(&c, &text);
    write_values(&c, &text);
    chef_library(&c, &text);
    if (on_server(e))
        write_upload(&c);
    buf_clear(&text);
    buf_str(&text, client_rb);
    put(&c, "chef/client.rb", &text);

    unify_end(&unified, e);
    flow_end(&c.flow);
    free(c.links.v);
    chef_steps_free(&c.steps);
    titles_free(&c.titles);
    ruby_free(&c.ruby);
    free(c.guards.v);
    buf_free(&c.scratch);
    buf_free(&text);
    return !e->failed && !e->out.failed;
}
