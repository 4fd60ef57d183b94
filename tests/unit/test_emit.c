/* A small plan made by hand goes through all emitters; jansson and libyaml read what
 * comes out. */
#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "compiler/preview.h"
#include "emitters/emit.h"
#include "ir/base/digest.h"
#include "ir/base/file.h"

struct world {
    struct arena arena;
    struct intern strings;
    struct sources sources;
    struct calls calls;
    struct diags diags;
    struct graph graph;
    struct plan plan;
    struct {
        struct plan_template *v;
        size_t n, cap;
    } templates;
    char dir[64];
};

static val_id str(struct world *w, const char *s)
{
    return val_text(&w->graph.values, s, strlen(s));
}

static val_id dict(struct world *w, size_t n, const val_id *pairs)
{
    return val_seq(&w->graph.values, IR_DICT, 0, pairs, n);
}

static val_id list(struct world *w, size_t n, const val_id *items)
{
    return val_seq(&w->graph.values, IR_LIST, 0, items, n);
}

#define DICT(w, ...)                                                                     \
    dict((w), sizeof((val_id[]){__VA_ARGS__}) / sizeof(val_id) / 2,                      \
         (val_id[]){__VA_ARGS__})
#define LIST(w, ...)                                                                     \
    list((w), sizeof((val_id[]){__VA_ARGS__}) / sizeof(val_id), (val_id[]){__VA_ARGS__})

static val_id native(struct world *w, enum ir_native kind, val_id d)
{
    return val_seq(&w->graph.values, IR_NATIVE, kind, &d, 1);
}

/* A call with `n` arguments given by name and type. */
static call_id call(struct world *w, const char *name, uint32_t result, size_t n,
                    const char *const *args)
{
    struct call_info *c = vec_push(&w->calls);
    *c = (struct call_info){.name = intern_cstr(&w->strings, name), .result = result};
    c->args = arena_array(&w->arena, struct arg_info, n);
    c->nargs = (uint32_t)n;
    c->idempotent = true;
    for (size_t i = 0; i < n; i++) {
        c->args[i].name = intern_cstr(&w->strings, args[2 * i]);
        type_parse(&w->strings, args[2 * i + 1], strlen(args[2 * i + 1]),
                   &c->args[i].type);
    }
    return (call_id)(w->calls.n - 1);
}

static op_id op(struct world *w, call_id c, op_id subject, const char *address,
                unsigned backend, size_t n, const val_id *args)
{
    static const char source[] =
        "machine = cloud.create(flavor=provider.FLAVOR_COMPUTE)\n";
    struct span at = {1, 10, sizeof source - 2};
    op_id id = graph_op(&w->graph, c, subject, at);
    struct op *o = graph_get(&w->graph, id);
    o->address = intern_cstr(&w->strings, address);
    o->backend = (uint8_t)backend;
    o->retries = o->timeout_ms = -1;
    memcpy(graph_args(&w->graph, id), args, n * sizeof *args);
    return id;
}

#define OP(w, c, subject, address, backend, ...)                                         \
    op((w), (c), (subject), (address), (backend),                                        \
       sizeof((val_id[]){__VA_ARGS__}) / sizeof(val_id), (val_id[]){__VA_ARGS__})

static uint32_t template(struct world *w, call_id c, enum backend backend, val_id title,
                         val_id steps, val_id probe)
{
    *vec_push(&w->templates) = (struct plan_template){c, backend, steps, probe, title};
    return (uint32_t)(w->templates.n - 1);
}

static val_id text(struct world *w, size_t n, const val_id *parts)
{
    return val_seq(&w->graph.values, IR_TEXT, 0, parts, n);
}

#define TEXT(w, ...)                                                                     \
    text((w), sizeof((val_id[]){__VA_ARGS__}) / sizeof(val_id), (val_id[]){__VA_ARGS__})

static void world_begin(struct world *w)
{
    memset(w, 0, sizeof *w);
    intern_init(&w->strings, &w->arena);
    sources_init(&w->sources, &w->arena);
    diags_init(&w->diags, &w->arena, &w->sources);
    graph_init(&w->graph, &w->arena, &w->strings, &w->sources, &w->calls);
    source_add(&w->sources, "app.dvo",
               "machine = cloud.create(flavor=provider.FLAVOR_COMPUTE)\n", 55);
    w->graph.program = "app.dvo";
    w->graph.project = "Shop";
    w->graph.provider = "local";
    memset(vec_push(&w->calls), 0, sizeof *w->calls.v);
    memset(vec_push(&w->templates), 0, sizeof *w->templates.v);
    w->calls.types = arena_array(&w->arena, struct handle_type, 3);
    w->calls.ntypes = 3;
    w->calls.types[1].name = intern_cstr(&w->strings, "machine");
    w->calls.types[2] = (struct handle_type){
        .name = intern_cstr(&w->strings, "run"),
        .fields = arena_array(&w->arena, struct field_info, 1),
        .nfields = 1,
    };
    w->calls.types[2].fields[0] = (struct field_info){
        .name = intern_cstr(&w->strings, "stdout"), .type = {.kind = TYPE_STR}};
    strcpy(w->dir, "/tmp/dvo-emit-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
}

static void world_end(struct world *w)
{
    graph_free(&w->graph);
    diags_free(&w->diags);
    sources_free(&w->sources);
    intern_free(&w->strings);
    free(w->calls.v);
    free(w->templates.v);
    arena_free(&w->arena);
}

/* One machine per group: a query, files that hold what only running tells, a service that
 * restarts on them, and a condition. */
static void build(struct world *w, unsigned groups)
{
    struct values *t = &w->graph.values;
    str_id stdout_field = intern_cstr(&w->strings, "stdout");
    str_id ip_field = intern_cstr(&w->strings, "ip");
    call_id create = call(w, "cloud.create", 1, 1, (const char *[]){"flavor", "str"});
    call_id query =
        call(w, "machine.query", 2, 1, (const char *[]){"argv", "list[text]"});
    call_id file = call(w, "machine.file", 0, 2,
                        (const char *[]){"path", "path", "content", "text"});
    call_id service = call(w, "machine.service", 0, 2,
                           (const char *[]){"unit", "unit", "restart_on", "triggers"});
    w->calls.v[create].keyed = true;

    val_id id_var = val_name(t, IR_VAR, intern_cstr(&w->strings, "id"));
    val_id key = val_name(t, IR_SELF, intern_cstr(&w->strings, "key"));
    val_id args = val_name(t, IR_SELF, intern_cstr(&w->strings, "args_json"));
    val_id post = native(w, IR_NATIVE_HTTP,
                         DICT(w, str(w, "method"), str(w, "POST"), str(w, "path"),
                              TEXT(w, str(w, "/containers/"), id_var, str(w, "/start")),
                              str(w, "body"),
                              DICT(w, str(w, "key"), key, str(w, "args"), args,
                                   str(w, "$x"), val_int(t, 1))));
    uint32_t t_create =
        template(w, create, BACKEND_API,
                 TEXT(w, str(w, "Create "),
                      val_name(t, IR_SELF, intern_cstr(&w->strings, "address"))),
                 DICT(w, str(w, "create"), LIST(w, post), str(w, "result"),
                      DICT(w, str(w, "id"), id_var)),
                 0);
    val_id ask =
        native(w, IR_NATIVE_STEP,
               DICT(w, str(w, "step"), str(w, "query"), str(w, "params"),
                    DICT(w, str(w, "argv"), val_hole(t, 0, 0), str(w, "cwd"), VAL_NONE)));
    uint32_t t_query =
        template(w, query, BACKEND_ANSIBLE, TEXT(w, str(w, "Ask "), val_hole(t, 0, 0)),
                 LIST(w, ask), 0);
    val_id write =
        native(w, IR_NATIVE_STEP,
               DICT(w, str(w, "step"), str(w, "file"), str(w, "params"),
                    DICT(w, str(w, "path"), val_hole(t, 0, 0), str(w, "content"),
                         val_hole(t, 1, 0), str(w, "mode"), str(w, "0644"))));
    uint32_t t_file =
        template(w, file, BACKEND_ANSIBLE, TEXT(w, str(w, "Write "), val_hole(t, 0, 0)),
                 LIST(w, write), LIST(w, write));
    val_id result = val_name(t, IR_RESULT, intern_cstr(&w->strings, "service"));
    val_id active = val_seq(
        t, IR_EXPR, 0, (val_id[]){result, str(w, ".status.ActiveState == 'active'")}, 2);
    val_id hole = val_hole(t, 1, 1);
    val_id any = val_seq(t, IR_COND, IR_COND_ANY, &hole, 1);
    val_id both = val_seq(t, IR_COND, IR_COND_ALL, (val_id[]){active, any}, 2);
    val_id keep = native(w, IR_NATIVE_TASK,
                         DICT(w, str(w, "module"), str(w, "ansible.builtin.systemd"),
                              str(w, "params"),
                              DICT(w, str(w, "name"), val_hole(t, 0, 0), str(w, "state"),
                                   str(w, "started"), str(w, "enabled"), VAL_TRUE),
                              str(w, "register"), str(w, "service")));
    val_id restart = native(
        w, IR_NATIVE_TASK,
        DICT(w, str(w, "module"), str(w, "ansible.builtin.systemd"), str(w, "params"),
             DICT(w, str(w, "name"), val_hole(t, 0, 0), str(w, "state"),
                  str(w, "restarted")),
             str(w, "title"), TEXT(w, str(w, "Restart "), val_hole(t, 0, 0)),
             str(w, "when"), both));
    uint32_t t_service =
        template(w, service, BACKEND_ANSIBLE,
                 TEXT(w, str(w, "Keep "), val_hole(t, 0, 0), str(w, " running")),
                 LIST(w, keep, restart), 0);

    op_id *order = arena_array(&w->arena, op_id, 6 * groups + 1);
    uint32_t *of = arena_array(&w->arena, uint32_t, 6 * groups + 1);
    w->plan.segments = arena_array(&w->arena, struct plan_segment, groups + 1);
    w->plan.place = arena_array(&w->arena, uint32_t, 6 * groups + 1);
    uint32_t n = 0;
    for (unsigned i = 0; i < groups; i++) {
        char m[32], address[96];
        op_id ops[6];
        snprintf(m, sizeof m, "web[%u]", i);
        ops[0] = OP(w, create, 0, m, BACKEND_API, str(w, "SMALL"));
        of[ops[0]] = t_create;
        val_id ip = val_ref(t, ops[0], ip_field);
        snprintf(address, sizeof address, "%s.query(id)", m);
        ops[1] = OP(w, query, ops[0], address, BACKEND_ANSIBLE,
                    LIST(w, str(w, "id"), str(w, "{{ evil }}")));
        graph_get(&w->graph, ops[1])->flags |= OP_CONTINUE;
        of[ops[1]] = t_query;
        val_id out = val_ref(t, ops[1], stdout_field);
        snprintf(address, sizeof address, "%s.file(/etc/motd)", m);
        ops[2] = OP(w, file, ops[0], address, BACKEND_ANSIBLE, str(w, "/etc/motd"),
                    TEXT(w, str(w, "Hello from "), ip, str(w, ", {{ 1 }}\nit's '"), out));
        snprintf(address, sizeof address, "%s.file(/etc/token)", m);
        of[ops[2]] = t_file;
        ops[3] = OP(w, file, ops[0], address, BACKEND_ANSIBLE, str(w, "/etc/token"),
                    val_secret(t, intern_cstr(&w->strings, "shop/token")));
        graph_get(&w->graph, ops[3])->flags |= OP_TAINTED;
        graph_get(&w->graph, ops[3])->when =
            val_seq(t, IR_COND, IR_COND_EQ, (val_id[]){out, str(w, "a'b")}, 2);
        of[ops[3]] = t_file;
        snprintf(address, sizeof address, "%s.service(nginx.service)", m);
        val_id triggers = LIST(w, val_handle(t, ops[2]));
        ops[4] = OP(w, service, ops[0], address, BACKEND_ANSIBLE, str(w, "nginx.service"),
                    triggers);
        of[ops[4]] = t_service;
        snprintf(address, sizeof address, "%s.file(/etc/plain)", m);
        ops[5] = OP(w, file, ops[0], address, BACKEND_ANSIBLE, str(w, "/etc/plain"),
                    str(w, "key = value\nother = {{ not jinja }}\n"));
        of[ops[5]] = t_file;
        struct plan_segment *s = &w->plan.segments[i + 1];
        struct plan_part *part = arena_new(&w->arena, struct plan_part);
        *part = (struct plan_part){ops[0], arena_array(&w->arena, op_id, 5)};
        *s = (struct plan_segment){BACKEND_ANSIBLE, part, 1, 5};
        for (unsigned k = 0; k < 6; k++) {
            order[n++] = ops[k];
            if (!k)
                continue;
            part->ops[k - 1] = ops[k];
            w->plan.place[ops[k]] = k - 1;
            graph_get(&w->graph, ops[k])->segment = i + 1;
            graph_edge(&w->graph, ops[k - 1], ops[k], EDGE_MACHINE);
        }
    }
    w->plan.graph = &w->graph;
    w->plan.order = order;
    w->plan.norder = n;
    w->plan.template_of = of;
    w->plan.templates = w->templates.v;
    w->plan.ntemplates = (uint32_t)w->templates.n;
    w->plan.nsegments = groups;
    w->plan.state = "shop.db";
    w->plan.driver =
        DICT(w, str(w, "name"), str(w, "podman"), str(w, "transport"),
             DICT(w, str(w, "unix_socket"),
                  val_name(t, IR_PROVIDER, intern_cstr(&w->strings, "socket"))),
             str(w, "service"), str(w, "engine/podman.sh"));
}

static json_t *load(const struct world *w, const char *name)
{
    char path[256];
    json_error_t error;
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    json_t *j = json_load_file(path, 0, &error);
    if (!j)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return j;
}

/* The whole file is YAML; returns its text, to be freed. */
static char *load_yaml(const struct world *w, const char *name)
{
    char path[256];
    struct buf out = {0};
    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    assert_true(file_read(path, &out));
    yaml_parser_t parser;
    yaml_document_t document;
    assert_true(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *)out.p, out.len);
    if (!yaml_parser_load(&parser, &document))
        fail_msg("%s:%zu: %s", path, parser.problem_mark.line + 1, parser.problem);
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return buf_steal(&out);
}

static void remove_dir(const char *dir)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

static void writes_a_build(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w);
    build(&w, 2);
    assert_true(emit(&w.plan, w.dir, &w.diags));

    json_t *plan = load(&w, "plan.json");
    assert_string_equal(json_string_value(json_object_get(plan, "format")), "dvo-plan/2");
    json_t *artefacts = json_object_get(plan, "artefacts");
    const char *name;
    json_t *digest;
    json_object_foreach(artefacts, name, digest)
    {
        char path[256], now[DIGEST_TEXT_SIZE];
        snprintf(path, sizeof path, "%s/%s", w.dir, name);
        assert_int_equal(digest_file(path, now), 0);
        assert_string_equal(now, json_string_value(digest));
    }
    assert_int_equal(json_array_size(json_object_get(plan, "ops")), 12);
    json_t *segment = json_array_get(json_object_get(plan, "segments"), 1);
    const json_t *part = json_array_get(json_object_get(segment, "machines"), 0);
    assert_string_equal(json_string_value(json_object_get(part, "host")), "web_1");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(segment, "secrets"), 0)),
        "shop/token");

    /* Every task stands on the line that the source map says. */
    char *playbook = load_yaml(&w, "ansible/segment-2.yml");
    size_t i;
    json_t *task;
    json_t *tasks = json_object_get(segment, "tasks");
    assert_int_equal(json_array_size(tasks), 6);
    json_array_foreach(tasks, i, task)
    {
        const char *p = playbook;
        for (json_int_t line = json_integer_value(json_array_get(task, 0)); line > 1;
             line--)
            p = strchr(p, '\n') + 1;
        assert_memory_equal(p, "    - name: ", 12);
    }
    assert_non_null(strstr(playbook, "no_log: true"));
    assert_non_null(strstr(playbook, "{{ secrets['shop/token'] | string }}"));
    assert_non_null(strstr(playbook, "!unsafe \"{{ evil }}\""));
    assert_non_null(strstr(playbook, "is not failed"));
    assert_null(strstr(playbook, "web_0"));
    free(playbook);
    free(load_yaml(&w, "ansible/inventory.yml"));
    free(load_yaml(&w, "ansible/site.yml"));
    free(load_yaml(&w, "ansible/group_vars/all.yml"));
    json_decref(load(&w, "ansible/values.example.json"));
    json_decref(plan);

    json_t *calls = load(&w, "api/calls.json");
    json_t *first = json_array_get(json_object_get(calls, "calls"), 0);
    const char *key = json_string_value(json_object_get(first, "key"));
    assert_memory_equal(key, "dvo:shop:", 9);
    assert_int_equal(strlen(key), 9 + 26);
    json_t *body = json_object_get(
        json_array_get(json_object_get(json_object_get(first, "sequences"), "create"), 0),
        "body");
    assert_int_equal(json_array_size(json_object_get(body, "$dict")), 3);
    json_decref(calls);
    remove_dir(w.dir);
    world_end(&w);
}

static void second_build_replaces_the_first(void **state)
{
    (void)state;
    struct world w;
    char path[256], old[256], own[256];
    world_begin(&w);
    build(&w, 3);
    assert_true(emit(&w.plan, w.dir, &w.diags));
    struct buf before = {0}, after = {0};
    snprintf(path, sizeof path, "%s/plan.json", w.dir);
    assert_true(file_read(path, &before));
    struct stat first, second;
    assert_int_equal(stat(path, &first), 0);
    assert_true(emit(&w.plan, w.dir, &w.diags));
    assert_int_equal(stat(path, &second), 0);
    assert_int_equal(first.st_ino, second.st_ino);
    assert_true(file_read(path, &after));
    assert_string_equal(buf_text(&before), buf_text(&after));

    /* A tool run that is gone takes its file along; what is not ours stays. */
    snprintf(old, sizeof old, "%s/ansible/segment-3.yml", w.dir);
    snprintf(own, sizeof own, "%s/ansible/mine.yml", w.dir);
    assert_true(file_replace(own, "x\n", 2, 0644));
    assert_int_equal(access(old, F_OK), 0);
    /* What a killed build had not moved yet is no part of this one. */
    snprintf(path, sizeof path, "%s/.staging/ansible/roles", w.dir);
    assert_true(file_mkdirs(path));
    snprintf(path, sizeof path, "%s/.staging/ansible/roles/left", w.dir);
    assert_true(file_replace(path, "x\n", 2, 0644));
    w.plan.nsegments = 2;
    w.plan.norder = 12;
    assert_true(emit(&w.plan, w.dir, &w.diags));
    assert_int_equal(access(old, F_OK), -1);
    assert_int_equal(access(own, F_OK), 0);
    snprintf(path, sizeof path, "%s/ansible/roles", w.dir);
    assert_int_equal(access(path, F_OK), -1);
    snprintf(path, sizeof path, "%s/.staging", w.dir);
    assert_int_equal(access(path, F_OK), -1);
    buf_free(&before);
    buf_free(&after);
    remove_dir(w.dir);
    world_end(&w);
}

static void failed_build_leaves_the_old_one(void **state)
{
    (void)state;
    struct world w;
    char path[256];
    world_begin(&w);
    build(&w, 1);
    assert_true(emit(&w.plan, w.dir, &w.diags));
    struct buf before = {0}, after = {0};
    snprintf(path, sizeof path, "%s/plan.json", w.dir);
    assert_true(file_read(path, &before));
    /* Bytes that are no text are a located error. */
    graph_args(&w.graph, 6)[1] = str(&w, "\xff\xfe");
    assert_false(emit(&w.plan, w.dir, &w.diags));
    assert_true(w.diags.n > 0);
    assert_int_equal(w.diags.v[0]->code, 701);
    assert_int_equal(w.diags.v[0]->span.begin, 10);
    assert_true(file_read(path, &after));
    assert_string_equal(buf_text(&before), buf_text(&after));
    buf_free(&before);
    buf_free(&after);
    remove_dir(w.dir);
    world_end(&w);
}

static void names_what_is_in_the_way(void **state)
{
    (void)state;
    struct world w;
    char path[256];
    world_begin(&w);
    build(&w, 1);
    snprintf(path, sizeof path, "%s/ansible/segment-1.yml/mine", w.dir);
    assert_true(file_mkdirs(path));
    assert_false(emit(&w.plan, w.dir, &w.diags));
    assert_int_equal(w.diags.n, 1);
    assert_int_equal(w.diags.v[0]->code, 702);
    assert_non_null(strstr(w.diags.v[0]->message, "/ansible/segment-1.yml: "));
    snprintf(path, sizeof path, "%s/plan.json", w.dir);
    assert_int_equal(access(path, F_OK), -1);
    remove_dir(w.dir);
    world_end(&w);
}

static bool read_folder(void *ctx, const char *path, struct buf *out)
{
    char *full = path_join(ctx, path);
    bool ok = file_read(full, out);
    free(full);
    return ok;
}

static bool read_memory(void *ctx, const char *path, struct buf *out)
{
    size_t len;
    const char *text = artefact_text(ctx, path, &len);
    if (text)
        buf_add(out, text, len);
    return text != NULL;
}

static void previews_what_it_builds(void **state)
{
    (void)state;
    struct world w;
    struct artefacts files;
    struct buf plan = {0}, folder = {0}, colored = {0};
    world_begin(&w);
    build(&w, 2);
    assert_true(emit(&w.plan, w.dir, &w.diags));
    assert_true(preview(read_folder, w.dir, false, &folder, &w.diags));
    assert_true(emit_memory(&w.plan, &files, &w.arena, &w.diags));
    assert_true(preview(read_memory, &files, false, &plan, &w.diags));
    assert_string_equal(buf_text(&plan), buf_text(&folder));
    assert_non_null(
        strstr(plan.p, "    2  ansible 1    Ask id, {{ evil }}  # app.dvo:1 "));
    assert_non_null(
        strstr(plan.p, "curl -sS --fail-with-body --unix-socket \"$SOCKET\" -X 'POST' "
                       "'/containers/'\"$ID\"'/start' \\\n"));
    assert_null(strchr(plan.p, '\033'));
    assert_true(preview(read_memory, &files, true, &colored, &w.diags));
    assert_non_null(strstr(colored.p, "\033[1mOrder\033[0m\n"));
    artefacts_free(&files);
    buf_free(&plan);
    buf_free(&folder);
    buf_free(&colored);
    remove_dir(w.dir);
    world_end(&w);
}

#ifndef TEST_EMIT_FIXTURE
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_build),
        cmocka_unit_test(second_build_replaces_the_first),
        cmocka_unit_test(failed_build_leaves_the_old_one),
        cmocka_unit_test(names_what_is_in_the_way),
        cmocka_unit_test(previews_what_it_builds),
    };
    return RUN_TESTS(tests);
}
#endif
