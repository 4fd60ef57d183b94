/* A small glossary made by hand, and a graph over it: what tests of ir/ need instead of
 * the evaluator. */
#ifndef DVO_TESTS_TOY_GLOSSARY_H
#define DVO_TESTS_TOY_GLOSSARY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/graph.h"

enum toy_call {
    TOY_CREATE = 1, /* cloud.create(flavor) */
    TOY_HOST,       /* hosts.find(host) */
    TOY_BOOTSTRAP,  /* machine.bootstrap() */
    TOY_FILE,       /* machine.file(path, content, mode) */
    TOY_LINE,       /* machine.line(path, line, match) */
    TOY_INSTALL,    /* machine.install(packages) */
    TOY_RUN,        /* machine.run(argv, creates) */
    TOY_SERVICE,    /* machine.service(unit, running, restart_on) */
    TOY_REBOOT,     /* machine.reboot() */
    TOY_HTTP,       /* http.request(method, url) */
    TOY_WAIT,       /* http.expect(url) */
    TOY_EXPECT,     /* expect(condition) */
    TOY_COUNT
};

struct toy {
    struct arena arena;
    struct intern strings;
    struct sources sources;
    struct diags diags;
    struct calls calls;
    struct graph g;
    file_id file;
    uint32_t line; /* spans of ops are successive lines of the source */
};

static inline str_id toy_id(struct toy *t, const char *s)
{
    return intern_cstr(&t->strings, s);
}

static inline val_id toy_str(struct toy *t, const char *s)
{
    return val_text(&t->g.values, s, strlen(s));
}

static inline struct arg_info toy_arg(struct toy *t, const char *name, const char *type,
                                      bool optional)
{
    struct arg_info a = {.name = toy_id(t, name), .optional = optional, .doc = ""};
    type_parse(&t->strings, type, strlen(type), &a.type);
    return a;
}

static inline struct call_info *toy_call(struct toy *t, const char *scope,
                                         const char *member, uint32_t result)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s%s", scope, *scope ? "." : "", member);
    struct call_info *c = vec_push(&t->calls);
    *c = (struct call_info){.name = toy_id(t, name),
                            .scope = toy_id(t, scope),
                            .member = toy_id(t, member),
                            .method = !strcmp(scope, "machine"),
                            .result = result,
                            .needs = !strcmp(scope, "machine"),
                            .backends = 1u << BACKEND_API | 1u << BACKEND_ANSIBLE,
                            .args = arena_array(&t->arena, struct arg_info, 4),
                            .identity = arena_array(&t->arena, uint32_t, 4),
                            .effects = arena_array(&t->arena, struct effect, 4)};
    return c;
}

static inline void toy_foreign(struct call_info *c)
{
    c->effects[c->neffects++] = (struct effect){.any = true, .arg = -1};
    c->effects[c->neffects++] = (struct effect){.any = true, .write = true, .arg = -1};
}

static inline void toy_writes(struct toy *t, struct call_info *c)
{
    c->effects[c->neffects++] = (struct effect){.write = true, .kind = toy_id(t, "file")};
}

static inline void toy_args(struct toy *t, struct call_info *c, const char *a,
                            const char *a_type, const char *b, const char *b_type,
                            const char *d, const char *d_type)
{
    c->args[c->nargs++] = toy_arg(t, a, a_type, false);
    if (b)
        c->args[c->nargs++] = toy_arg(t, b, b_type, true);
    if (d)
        c->args[c->nargs++] = toy_arg(t, d, d_type, true);
}

static inline void toy_types(struct toy *t)
{
    static const char *const names[] = {"", "machine", "run", "response", "file"};
    t->calls.types = calloc(5, sizeof *t->calls.types);
    t->calls.ntypes = t->calls.cap_types = 5;
    for (int i = 0; i < 5; i++) {
        t->calls.types[i].name = toy_id(t, names[i]);
        t->calls.types[i].fields = arena_array(&t->arena, struct field_info, 2);
    }
    struct field_info text = {.type = {.kind = TYPE_STR}, .doc = ""};
    struct handle_type *m = &t->calls.types[1];
    text.name = toy_id(t, "ip");
    m->fields[m->nfields++] = text;
    text.name = toy_id(t, "endpoint");
    text.has_arg = true;
    m->fields[m->nfields++] = text;
    text.has_arg = false;
    text.name = toy_id(t, "stdout");
    t->calls.types[2].fields[t->calls.types[2].nfields++] = text;
    text.name = toy_id(t, "body");
    t->calls.types[3].fields[t->calls.types[3].nfields++] = text;
}

static inline void toy_calls(struct toy *t)
{
    struct call_info *c;
    *vec_push(&t->calls) = (struct call_info){0};
    toy_types(t);
    t->calls.typestates[t->calls.ntypestates++] = toy_id(t, "bootstrapped");

    c = toy_call(t, "cloud", "create", 1);
    toy_args(t, c, "flavor", "str", NULL, NULL, NULL, NULL);
    c->keyed = true;
    c = toy_call(t, "hosts", "find", 1);
    toy_args(t, c, "host", "name", NULL, NULL, NULL, NULL);
    c->nidentity = c->idempotent = 1;
    c = toy_call(t, "machine", "bootstrap", 0);
    c->needs = 0;
    c->ensures = 1;
    c->idempotent = true;
    toy_foreign(c);
    c = toy_call(t, "machine", "file", 4);
    toy_args(t, c, "path", "path", "content", "text", "mode", "mode");
    c->args[1].deferred = c->args[1].secret = true;
    c->nidentity = 1;
    c->exclusive = c->idempotent = true;
    toy_writes(t, c);
    c = toy_call(t, "machine", "line", 4);
    toy_args(t, c, "path", "path", "line", "str", "match", "regex");
    c->args[1].deferred = true;
    c->nidentity = 2;
    c->identity[1] = 1;
    c->instead = arena_array(&t->arena, uint32_t, 2);
    c->instead[1] = 3;
    c->exclusive = c->idempotent = true;
    toy_writes(t, c);
    c = toy_call(t, "machine", "install", 0);
    toy_args(t, c, "packages", "packages", NULL, NULL, NULL, NULL);
    c->nidentity = c->idempotent = 1;
    toy_foreign(c);
    c = toy_call(t, "machine", "run", 2);
    toy_args(t, c, "argv", "list[text]", "creates", "path", NULL, NULL);
    c->args[0].deferred = true;
    c->nidentity = 1;
    c->guards = 2;
    toy_foreign(c);
    c = toy_call(t, "machine", "service", 0);
    toy_args(t, c, "unit", "unit", "running", "bool", "restart_on", "triggers");
    c->nidentity = 1;
    c->exclusive = c->idempotent = true;
    toy_foreign(c);
    c = toy_call(t, "machine", "reboot", 0);
    c->ordinal = c->idempotent = true;
    toy_foreign(c);
    c = toy_call(t, "http", "request", 3);
    toy_args(t, c, "method", "str", "url", "url", NULL, NULL);
    c->args[1].deferred = true;
    c->http = c->idempotent = true;
    c = toy_call(t, "http", "expect", 3);
    toy_args(t, c, "url", "url", NULL, NULL, NULL, NULL);
    c->args[0].deferred = true;
    c->http = c->reads_only = c->idempotent = true;
    c = toy_call(t, "", "expect", 0);
    toy_args(t, c, "condition", "condition", NULL, NULL, NULL, NULL);
    c->ordinal = true;
}

static inline void toy_graph(struct toy *t)
{
    graph_init(&t->g, &t->arena, &t->strings, &t->sources, &t->calls);
    t->g.program = "toy.dvo";
    t->g.project = "toy";
    t->g.provider = "local";
}

static inline void toy_init(struct toy *t)
{
    *t = (struct toy){0};
    intern_init(&t->strings, &t->arena);
    sources_init(&t->sources, &t->arena);
    diags_init(&t->diags, &t->arena, &t->sources);
    struct buf text = {0};
    for (int i = 0; i < 1000; i++)
        buf_str(&text, "one_call()\n");
    t->file = source_add(&t->sources, "toy.dvo", text.p, text.len);
    buf_free(&text);
    toy_calls(t);
    toy_graph(t);
}

static inline void toy_free(struct toy *t)
{
    graph_free(&t->g);
    free(t->calls.v);
    free(t->calls.types);
    diags_free(&t->diags);
    sources_free(&t->sources);
    intern_free(&t->strings);
    arena_free(&t->arena);
}

/* An op with up to three arguments; tool calls go to ansible, the others to api. */
static inline op_id toy_op(struct toy *t, enum toy_call call, op_id subject, val_id a,
                           val_id b, val_id c)
{
    uint32_t at = 11 * (t->line++ % 1000);
    op_id id = graph_op(&t->g, call, subject, (struct span){t->file, at, at + 10});
    val_id given[] = {a, b, c};
    for (uint32_t i = 0; i < graph_call(&t->g, id)->nargs; i++)
        graph_args(&t->g, id)[i] = given[i];
    t->g.ops[id].backend = subject ? BACKEND_ANSIBLE : BACKEND_API;
    return id;
}

static inline op_id toy_machine(struct toy *t, const char *name)
{
    op_id id = toy_op(t, TOY_CREATE, 0, toy_str(t, "small"), 0, 0);
    t->g.ops[id].binding = toy_id(t, name);
    return id;
}

static inline op_id toy_file(struct toy *t, op_id machine, const char *path,
                             const char *content)
{
    return toy_op(t, TOY_FILE, machine, toy_str(t, path), toy_str(t, content), 0);
}

static inline const char *toy_address(struct toy *t, op_id id)
{
    return intern_text(&t->strings, t->g.ops[id].address);
}

/* m.ip of a machine */
static inline val_id toy_ip(struct toy *t, op_id machine)
{
    return val_ref(&t->g.values, machine, toy_id(t, "ip"));
}

#endif
