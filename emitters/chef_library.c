/* Writes our cookbook: what is shipped, the step library, and for every step function of
 * the build a resource, which is what the glossary says about it. */
#include <string.h>

#include "emitters/chef_parts.h"
#include "ir/base/embed.h"

#define COOKBOOK "chef/cookbooks/dvo/"

static void write_text(struct chef *c, const char *word, const char *text)
{
    ruby_statement(&c->ruby, word);
    ruby_text(&c->ruby, text, strlen(text), false);
    ruby_statement_end(&c->ruby);
}

/* Records describe in phrases, resources in sentences. */
static void write_description(struct chef *c, const char *text)
{
    struct buf *s = &c->scratch;
    buf_clear(s);
    buf_str(s, text);
    if (s->len && s->p[0] >= 'a' && s->p[0] <= 'z')
        s->p[0] = (char)(s->p[0] - 'a' + 'A');
    if (s->len && !strchr(".!?", s->p[s->len - 1]))
        buf_char(s, '.');
    ruby_code(&c->ruby, "description: ");
    ruby_text(&c->ruby, buf_text(s), s->len, false);
}

static void write_type(struct chef *c, unsigned kinds)
{
    static const struct {
        enum chef_kind kind;
        const char *type;
    } types[] = {
        {CHEF_STRING, "String"}, {CHEF_INTEGER, "Integer"}, {CHEF_FLOAT, "Float"},
        {CHEF_ARRAY, "Array"},   {CHEF_HASH, "Hash"},       {CHEF_BOOLEAN, "true, false"},
    };
    if (kinds & CHEF_ANY)
        return;
    bool many = kinds == CHEF_BOOLEAN || kinds & (kinds - 1);
    ruby_code(&c->ruby, many ? ", [" : ", ");
    bool comma = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!(kinds & types[i].kind))
            continue;
        ruby_code(&c->ruby, comma ? ", " : "");
        ruby_code(&c->ruby, types[i].type);
        comma = true;
    }
    ruby_code(&c->ruby, many ? "]" : "");
}

static void write_property(struct chef *c, const struct chef_property *p, bool identity)
{
    ruby_statement(&c->ruby, "property");
    ruby_symbol(&c->ruby, p->name, strlen(p->name));
    write_type(c, p->kinds);
    if (identity && p->kinds == CHEF_ARRAY)
        ruby_code(&c->ruby, ", name_property: true, coerce: proc { |one| Array(one) }");
    else if (identity)
        ruby_code(&c->ruby, ", name_property: true");
    else if (p->fallback) {
        ruby_code(&c->ruby, ", default: ");
        chef_value(c, p->fallback, false);
    }
    ruby_code(&c->ruby, ", ");
    const char *doc = p->arg ? p->arg->doc : NULL;
    if (!doc || !*doc)
        doc = arena_printf(&c->e->arena, "the step's parameter %s",
                           emission_text(c->e, p->parameter));
    write_description(c, doc);
    ruby_statement_end(&c->ruby);
}

/* The one place that says which property is which parameter. */
static void write_action(struct chef *c, const struct chef_step *s, const char *function)
{
    ruby_statement(&c->ruby, "action");
    ruby_symbol(&c->ruby, "run", strlen("run"));
    ruby_code(&c->ruby, ", ");
    write_description(c, "check the machine and change what differs");
    ruby_block_begin(&c->ruby);
    ruby_statement(&c->ruby, "step");
    ruby_open(&c->ruby, RUBY_ARGUMENTS);
    ruby_item(&c->ruby);
    ruby_text(&c->ruby, function, strlen(function), false);
    for (size_t i = 0; i < s->n; i++) {
        if (!s->v[i].kinds)
            continue;
        ruby_name(&c->ruby, emission_text(c->e, s->v[i].parameter));
        ruby_code(&c->ruby, "new_resource.");
        ruby_code(&c->ruby, s->v[i].name);
    }
    ruby_close(&c->ruby);
    ruby_statement_end(&c->ruby);
    ruby_block_end(&c->ruby);
}

static void write_resource(struct chef *c, const struct chef_step *s, struct buf *text)
{
    const char *function = emission_text(c->e, s->function);
    ruby_begin(&c->ruby, text);
    ruby_statement(&c->ruby, "provides");
    const char *type = chef_resource_type(c, function);
    ruby_symbol(&c->ruby, type, strlen(type));
    ruby_statement_end(&c->ruby);
    ruby_statement(&c->ruby, "unified_mode");
    ruby_bool(&c->ruby, true);
    ruby_statement_end(&c->ruby);
    write_text(c, "use", "step");
    ruby_blank(&c->ruby);
    write_text(c, "description", s->call->doc);
    ruby_blank(&c->ruby);
    size_t before = text->len;
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].kinds)
            write_property(c, &s->v[i], s->identity == i + 1);
    if (text->len > before)
        ruby_blank(&c->ruby);
    write_action(c, s, function);
}

static void put(struct chef *c, const char *path, const struct buf *text)
{
    artefact_put(&c->e->out, path, buf_text(text), text->len);
}

void chef_library(struct chef *c, struct buf *text)
{
    for (size_t i = embedded_first(COOKBOOK); embedded_in(i, COOKBOOK); i++)
        artefact_put_embedded(&c->e->out, embedded_files[i].path, &embedded_files[i]);
    artefact_put_embedded(&c->e->out, COOKBOOK "files/steps.sh",
                          embedded_find("library/steps.sh"));
    c->op = 0;
    for (size_t i = 0; i < c->steps.n; i++) {
        const struct chef_step *s = &c->steps.v[i];
        buf_clear(text);
        write_resource(c, s, text);
        put(c,
            arena_printf(&c->e->arena, COOKBOOK "resources/%s.rb",
                         emission_text(c->e, s->function)),
            text);
    }
}
