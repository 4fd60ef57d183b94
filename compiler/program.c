/* Puts the stages up to the verified graph together. The program's folder is the root for
 * everything a program may read. */
#include "compiler/program.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/deb.h"
#include "compiler/debver.h"
#include "compiler/namespace.h"
#include "compiler/op_name.h"
#include "compiler/rollout.h"
#include "compiler/testing.h"
#include "ir/base/digest.h"
#include "ir/base/file.h"
#include "ir/move.h"
#include "ir/text.h"

/* A program is made of files people write: more than this is an accident. */
static bool read_beside(void *ctx, const char *path, struct buf *out)
{
    const struct program *p = ctx;
    char *full = path_join(p->folder, path);
    bool good = file_read(full, out);
    free(full);
    return good;
}

static const char *near_beside(void *ctx, const char *path)
{
    return program_near_file(ctx, path);
}

const char *program_near_file(struct program *p, const char *path)
{
    char *inner = path_dir(path), *folder = path_join(p->folder, inner);
    struct {
        const char **v;
        size_t n, cap;
    } names = {0};
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;)
        if (e->d_name[0] != '.')
            *vec_push(&names) = arena_strndup(&p->arena, e->d_name, strlen(e->d_name));
    if (dir)
        closedir(dir);
    const char *slash = strrchr(path, '/');
    const char *near = text_nearest(slash ? slash + 1 : path, names.v, names.n);
    if (near && strcmp(inner, "."))
        near = arena_printf(&p->arena, "%s/%s", inner, near);
    free(names.v);
    free(folder);
    free(inner);
    return near;
}

bool program_open(struct program *p, const struct program_options *o)
{
    intern_init(&p->strings, &p->arena);
    sources_init(&p->sources, &p->arena);
    diags_init(&p->diags, &p->arena, &p->sources);
    graph_init(&p->graph, &p->arena, &p->strings, &p->sources, &p->calls);
    p->path = o->path;
    p->passes = o->passes;
    char *dir = path_dir(o->path && strcmp(o->path, "-") ? o->path : "./-");
    p->folder = arena_strndup(&p->arena, dir, strlen(dir));
    free(dir);
    p->eval = eval_new(&p->arena, &p->strings, &p->sources, &p->diags, &p->graph.values);
    struct vm *vm = eval_vm(p->eval);
    vm->host = p;
    vm->assigned = op_assigned;
    vm->deferred_name = op_deferred_name;
    vm->deferred_source = op_deferred_source;
    p->graph.place = op_place;
    p->graph.place_ctx = p;
    vm->is_handle_type = namespace_is_handle_type;
    vm->print = o->print;
    const struct config_options config = {o->path, o->config, o->project};
    if (!config_load(&p->config, &config, &p->arena, &p->sources, &p->diags))
        return false;
    glossary_init(&p->glossary, p->eval, &p->calls, &p->config, &p->arena, &p->diags,
                  namespace_provider(p));
    return params_init(&p->params, p, o) && lock_open(&p->lock, p, o->locked);
}

static file_id load_program(struct program *p, const struct program_options *o)
{
    file_id file = source_load(&p->sources, o->path);
    if (!file) {
        struct diag *g = diag_error(&p->diags, 901, (struct span){0}, "%s: %s", o->path,
                                    strerror(errno));
        if (errno == ENOENT)
            diag_help(&p->diags, g, "check the path, or give - for standard input");
    } else {
        const char *slash = strrchr(o->path, '/');
        if (slash)
            source_name(&p->sources, file, slash + 1);
    }
    return file;
}

bool program_check(struct program *p)
{
    struct graph *g = &p->graph;
    const struct pass_options *o = &p->passes;
    /* Moves and rollouts speak of addresses, and of the ops that are left. */
    bool good = passes_run(g, PASS_DEDUPE, PASS_DEDUPE, o, &p->diags) &&
                graph_moves(g, &p->diags) && rollouts_apply(p);
    /* One run tells of all contradictions. */
    good = passes_run(g, PASS_CONFLICT, PASS_CONFLICT, o, &p->diags) && good;
    if (good)
        return passes_run(g, PASS_ORDER, PASS_COUNT - 1, o, &p->diags);
    /* What a call is given has nothing to do with how others stand to it. */
    graph_verify(g, &p->diags);
    return false;
}

/* On a copy: naming merges ops, and a later call may be about one that is merged. */
bool program_survey(struct program *p, void (*look)(struct program *p, void *ctx),
                    void *ctx)
{
    struct graph live = p->graph;
    graph_copy(&p->graph, &live);
    bool good = program_check(p);
    if (good && look)
        look(p, ctx);
    graph_free(&p->graph);
    p->graph = live;
    return good;
}

/* What the graph's text form and the plan are bound to. */
static void add_digests(struct program *p)
{
    struct graph *g = &p->graph;
    glossary_digest(&p->glossary, p->glossary_digest);
    g->digests[0].name = "config";
    g->digests[0].digest = p->config.digest;
    g->digests[1].name = "glossary";
    g->digests[1].digest = p->glossary_digest;
    g->digests[2].name = "lock";
    g->digests[2].digest = lock_digest(&p->lock);
    g->ndigests = 3;
    g->pins = lock_pins(&p->lock, &g->npins);
    const char *slash = strrchr(p->path, '/');
    g->program = slash ? slash + 1 : p->path;
    g->project = p->config.project;
    g->provider = p->config.provider_name;
}

static struct eval_universe *universe_of_programs(struct program *p,
                                                  const struct program_options *o)
{
    struct eval_universe *universe = eval_universe_new(p->eval);
    eval_universe_add_dvo(universe);
    namespace_universe(p, universe);
    testing_universe(universe, o->test);
    return universe;
}

struct ast_file *program_tree(struct program *p, const struct program_options *o)
{
    file_id file = load_program(p, o);
    return file ? eval_tree(p->eval, universe_of_programs(p, o), file) : NULL;
}

struct module *program_module(struct program *p, const struct program_options *o)
{
    file_id file = load_program(p, o);
    if (!file)
        return NULL;
    struct eval_reader *reader = arena_new(&p->arena, struct eval_reader);
    *reader = (struct eval_reader){.read = read_beside, .ctx = p, .near = near_beside};
    eval_vm(p->eval)->carry_on = true;
    return eval_file(p->eval, universe_of_programs(p, o), file, reader);
}

bool program_evaluate(struct program *p, const struct program_options *o)
{
    bool good = program_module(p, o) != NULL;
    good &= params_finish(&p->params, p);
    p->config.project = arena_printf(&p->arena, "%s%s", p->config.project,
                                     params_project_suffix(&p->params));
    if (good)
        add_digests(p);
    return good && program_check(p) && !p->diags.errors;
}

static call_id find_call(void *ctx, const char *name)
{
    struct program *p = ctx;
    return glossary_call(&p->glossary, name);
}

/* Asks the lock what the program asked when the graph was made, so that its digest is
 * about the same entries. What cannot be answered any more shows as another digest. */
static void ask_lock(struct program *p)
{
    struct package_error ignored;
    for (size_t i = 0; i < p->graph.npins; i++) {
        const struct pin *pin = &p->graph.pins[i];
        const struct package_query q = {pin->package, pin->range, pin->repo};
        if (deb_name_valid(q.package, strlen(q.package)) &&
            (!*q.range || !debver_range_check(q.range)))
            lock_find(&p->lock, &q, &ignored);
    }
}

static bool check_digests(struct program *p, file_id file, const struct graph *read)
{
    for (unsigned i = 0; i < p->graph.ndigests; i++)
        for (unsigned k = 0; k < read->ndigests; k++)
            if (!strcmp(p->graph.digests[i].name, read->digests[k].name) &&
                strcmp(p->graph.digests[i].digest, read->digests[k].digest) != 0) {
                struct diag *g =
                    diag_error(&p->diags, 902, (struct span){file, 0, 0},
                               "the %s has changed since this graph was written",
                               read->digests[k].name);
                diag_help(&p->diags, g, "write it anew: dvoc build --emit=ir PROGRAM");
                return false;
            }
    return true;
}

bool program_read_graph(struct program *p, const struct program_options *o)
{
    file_id file = load_program(p, o);
    if (!file || !graph_parse(&p->graph, file, find_call, p, &p->diags))
        return false;
    struct graph read = p->graph;
    const char *program = read.program, *project = read.project;
    ask_lock(p);
    add_digests(p);
    p->graph.program = program;
    p->graph.project = project;
    if (!check_digests(p, file, &read))
        return false;
    return passes_run(&p->graph, PASS_ORDER, PASS_COUNT - 1, &p->passes, &p->diags);
}

void program_close(struct program *p)
{
    glossary_free(&p->glossary);
    if (p->eval)
        eval_free(p->eval);
    params_free(&p->params);
    lock_free(&p->lock);
    graph_free(&p->graph);
    free(p->calls.v);
    free(p->calls.types);
    free(p->handle_types);
    free(p->native_list.v);
    free(p->method_list.v);
    map64_free(&p->natives);
    map64_free(&p->methods);
    map64_free(&p->handle_names);
    map64_free(&p->hosts);
    free(p->rollouts.v);
    diags_free(&p->diags);
    sources_free(&p->sources);
    intern_free(&p->strings);
    arena_free(&p->arena);
}
