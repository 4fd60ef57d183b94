/* The evaluator around the VM: universes, modules, load() and the files below a program.
 */
#include "compiler/eval.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "compiler/builtins.h"
#include "compiler/deferred.h"
#include "compiler/module.h"
#include "compiler/parse.h"
#include "compiler/resolve.h"
#include "compiler/template.h"
#include "compiler/vm_state.h"

struct loaded {
    const struct eval_reader *reader;
    const struct eval_universe *universe; /* NULL: a text */
    const char *path;
    file_id file;
    struct module *module;
};

struct eval {
    struct vm vm;
    struct {
        struct loaded *v;
        size_t n, cap;
    } loaded; /* files read, in order */
    struct {
        struct module **v;
        size_t n, cap;
    } modules;
    const char **paths; /* of eval_files() */
    struct eval_universe *universes;
};

struct eval_universe {
    struct eval *eval;
    struct {
        str_id *v;
        size_t n, cap;
    } names;
    struct {
        value *v;
        size_t n, cap;
    } values;
    struct {
        struct elsewhere *v;
        size_t n, cap;
    } elsewhere;
    struct eval_universe *next;
};

/* ---- files
 * ----------------------------------------------------------------------------- */

/* A path below the program's folder without "." and empty parts; NULL after an error. */
static const char *normalize(struct vm *vm, const char *path, struct span at)
{
    struct buf out = {0};
    const char *s = path, *why = NULL;
    if (*path == '/')
        why = "is absolute";
    while (*s && !why) {
        size_t n = strcspn(s, "/");
        if (n == 2 && s[0] == '.' && s[1] == '.') {
            why = "leads out of its folder";
        } else if (n && !(n == 1 && *s == '.')) {
            if (out.len)
                buf_char(&out, '/');
            buf_add(&out, s, n);
        }
        s += n + (s[n] == '/');
    }
    if (!why && out.len == 0)
        why = "is empty";
    if (why) {
        vm_fail_at(vm, at, 323,
                   "the path \"%s\" %s: files are named below the program's folder", path,
                   why);
        buf_free(&out);
        return NULL;
    }
    const char *copy = arena_strndup(vm->arena, out.p, out.len);
    buf_free(&out);
    return copy;
}

static struct loaded *find_file(struct eval *e, const struct eval_reader *reader,
                                const struct eval_universe *u, const char *path)
{
    for (size_t i = 0; i < e->loaded.n; i++) {
        struct loaded *l = &e->loaded.v[i];
        if (l->reader == reader && l->universe == u && strcmp(l->path, path) == 0)
            return l;
    }
    return NULL;
}

/* Reads a file through a reader, once; NULL after an error. */
static struct loaded *read_file(struct eval *e, const struct eval_reader *reader,
                                const struct eval_universe *u, const char *written,
                                struct span at)
{
    struct vm *vm = &e->vm;
    const char *path = normalize(vm, written, at);
    if (!path)
        return NULL;
    struct loaded *known = find_file(e, reader, u, path);
    if (known)
        return known;
    struct buf text = {0};
    errno = ENOENT;
    if (!reader || !reader->read(reader->ctx, path, &text)) {
        const char *near = errno == ENOENT && reader && reader->near
                               ? reader->near(reader->ctx, path)
                               : NULL;
        vm_fail_at(vm, at, 323, "cannot read %s: %s", path, strerror(errno));
        if (near)
            vm_help(vm, "did you mean \"%s\"?", near);
        else
            vm_help(vm, "the path counts from the program's folder: put the file there");
        buf_free(&text);
        return NULL;
    }
    struct loaded *l = vec_push(&e->loaded);
    *l = (struct loaded){.reader = reader, .universe = u, .path = path};
    l->file = source_add(vm->sources, path, buf_text(&text), text.len);
    if (reader->added)
        reader->added(reader->ctx, &vm->sources->v[l->file]);
    buf_free(&text);
    return l;
}

file_id eval_read(struct eval *e, const struct eval_reader *reader, const char *path,
                  struct span at)
{
    const struct loaded *l = read_file(e, reader, NULL, path, at);
    if (l && !utf8_valid(source_get(e->vm.sources, l->file)->text,
                         source_get(e->vm.sources, l->file)->len)) {
        vm_fail_at(&e->vm, at, 323, "%s is not UTF-8 text", path);
        return 0;
    }
    return l ? l->file : 0;
}

size_t eval_files(const struct eval *e, const char *const **paths)
{
    struct eval *own = (struct eval *)(uintptr_t)e;
    own->paths = arena_array(e->vm.arena, const char *, e->loaded.n + 1);
    for (size_t i = 0; i < e->loaded.n; i++)
        own->paths[i] = e->loaded.v[i].path;
    *paths = own->paths;
    return e->loaded.n;
}

/* ---- modules
 * --------------------------------------------------------------------------- */

static bool run_module(struct module *m)
{
    struct vm *vm = &m->eval->vm;
    struct vm_state *st = vm->state;
    const struct compile_input in = {vm, m->ast, m->universe->values.v};
    struct code *code = compile_file(&in);
    if (!code)
        return false;
    struct function_value *top = vm_object(vm, VALUE_KIND_FUNCTION, sizeof *top);
    top->code = code;
    top->module = m;
    top->defaults = NULL;
    top->free = NULL;
    m->globals = arena_array(vm->arena, value, m->ast->nglobals);
    m->gave_up = arena_array(vm->arena, bool, m->ast->nglobals);
    for (uint32_t i = 0; i < m->ast->nglobals; i++) {
        m->globals[i] = VALUE_UNBOUND;
        m->gave_up[i] = i >= m->ast->nbound;
    }
    if (st->nframes == 0)
        st->failed = false;
    return vm_call(vm, value_of(top), NULL, 0, NULL, 0) != VALUE_ERROR && !m->wrong;
}

static struct module *start_module(struct eval *e, const struct eval_universe *u,
                                   file_id file, const struct eval_reader *reader,
                                   const char *path, struct span at)
{
    struct vm *vm = &e->vm;
    struct module *m = arena_new(vm->arena, struct module);
    *m = (struct module){.eval = e,
                         .universe = u,
                         .reader = reader,
                         .file = file,
                         .path = path,
                         .loaded_at = at};
    *vec_push(&e->modules) = m;
    return m;
}

const struct function *eval_top(const struct eval *e, file_id file)
{
    for (size_t i = 0; i < e->modules.n; i++)
        if (e->modules.v[i]->file == file && e->modules.v[i]->ast)
            return e->modules.v[i]->ast->top;
    return NULL;
}

/* NULL after errors of syntax; *good: names are right, too. */
static struct ast_file *read_tree(struct eval *e, const struct eval_universe *u,
                                  file_id file, bool *good)
{
    struct vm *vm = &e->vm;
    const struct universe names = {u->names.v, (uint32_t)u->names.n, u->elsewhere.v,
                                   (uint32_t)u->elsewhere.n};
    struct ast_file *ast =
        parse_source(vm->sources, file, vm->strings, vm->arena, vm->diags);
    *good = ast && resolve(ast, &names, vm->arena, vm->diags);
    return ast;
}

struct ast_file *eval_tree(struct eval *e, const struct eval_universe *u, file_id file)
{
    bool good;
    struct ast_file *ast = read_tree(e, u, file, &good);
    return good ? ast : NULL;
}

/* Statements that use no unknown name may have errors of their own. */
static bool evaluate_module(struct module *m)
{
    bool good;
    m->ast = read_tree(m->eval, m->universe, m->file, &good);
    m->wrong = !good;
    bool run = good || (m->ast && m->ast->only_unknown && m->eval->vm.carry_on &&
                        !diags_full(m->eval->vm.diags));
    bool ok = run && run_module(m);
    m->state = ok ? MODULE_DONE : MODULE_FAILED;
    return ok;
}

static void freeze_module(struct module *m)
{
    for (uint32_t i = 0; i < m->ast->nglobals; i++)
        if (m->globals[i] != VALUE_UNBOUND)
            value_freeze(&m->eval->vm, m->globals[i]);
}

struct module *eval_file(struct eval *e, const struct eval_universe *u, file_id file,
                         const struct eval_reader *reader)
{
    struct module *m = start_module(e, u, file, reader, NULL, (struct span){0});
    return evaluate_module(m) ? m : NULL;
}

/* Index of a global, or nglobals. */
static uint32_t global_named(const struct module *m, str_id name)
{
    uint32_t i = 0;
    while (i < m->ast->nglobals && m->ast->globals[i] != name)
        i++;
    return i;
}

size_t eval_module_names(const struct module *m, const str_id **names)
{
    str_id *own = arena_array(m->eval->vm.arena, str_id, m->ast->nglobals + 1);
    size_t n = 0;
    for (uint32_t i = 0; i < m->ast->nglobals; i++)
        if (!m->ast->loaded[i])
            own[n++] = m->ast->globals[i];
    *names = own;
    return n;
}

value eval_module_get(const struct module *m, str_id name)
{
    uint32_t i = global_named(m, name);
    if (i == m->ast->nglobals || m->globals[i] == VALUE_UNBOUND)
        return VALUE_ERROR;
    return m->globals[i];
}

/* ---- load()
 * ---------------------------------------------------------------------------- */

static bool cyclic_load(struct vm *vm, const struct module *m, const struct stmt *s)
{
    vm_fail_at(vm, s->load.module_span, 324,
               "%s loads itself, directly or through others", m->path);
    vm_related(vm, m->loaded_at, "its evaluation began here");
    vm_help(vm, "move what both files need to a third one");
    return false;
}

static struct module *load_module(struct module *from, const struct stmt *s)
{
    struct eval *e = from->eval;
    const char *path = arena_strndup(e->vm.arena, s->load.module.p, s->load.module.len);
    struct loaded *l =
        read_file(e, from->reader, from->universe, path, s->load.module_span);
    if (!l)
        return NULL;
    if (!l->module) {
        size_t index = (size_t)(l - e->loaded.v);
        struct module *m = start_module(e, from->universe, l->file, from->reader, l->path,
                                        s->load.module_span);
        e->loaded.v[index].module = m;
        if (evaluate_module(m))
            freeze_module(m);
        l = &e->loaded.v[index];
    }
    switch (l->module->state) {
    case MODULE_DONE: return l->module;
    case MODULE_RUNNING: cyclic_load(&e->vm, l->module, s); return NULL;
    default: vm_fail_again(&e->vm); return NULL;
    }
}

static bool load_item(struct vm *vm, struct module *into, const struct module *from,
                      const struct load_item *item)
{
    const char *name = intern_text(vm->strings, item->remote);
    if (*name == '_') {
        vm_fail_at(vm, item->remote_span, 325,
                   "\"%s\" is private to %s: its name begins with _", name, from->path);
        vm_help(vm, "load what uses it, or rename it there to \"%s\"",
                name + strspn(name, "_"));
        return false;
    }
    uint32_t i = global_named(from, item->remote);
    bool known = i < from->ast->nglobals && !from->ast->loaded[i];
    if (known && from->globals[i] != VALUE_UNBOUND) {
        into->globals[item->local.binding.index] = from->globals[i];
        return true;
    }
    vm_fail_at(vm, item->remote_span, 325, "%s has no \"%s\"", from->path, name);
    const char **names = xmalloc((from->ast->nglobals + 1) * sizeof *names);
    size_t n = 0;
    for (i = 0; i < from->ast->nglobals; i++)
        if (!from->ast->loaded[i])
            names[n++] = intern_text(vm->strings, from->ast->globals[i]);
    vm_suggest(vm, name, names, n);
    free(names);
    return false;
}

static bool load_statement(struct vm *vm, struct module *into, const struct stmt *s)
{
    const struct module *from = load_module(into, s);
    bool ok = from != NULL;
    for (uint32_t i = 0; from && i < s->load.items.n; i++)
        ok &= load_item(vm, into, from, &s->load.items.v[i]);
    return ok;
}

/* ---- universes
 * --------------------------------------------------------------------------- */

struct eval_universe *eval_universe_new(struct eval *e)
{
    struct eval_universe *u = xcalloc(1, sizeof *u);
    u->eval = e;
    u->next = e->universes;
    e->universes = u;
    eval_universe_add(u, "None", VALUE_NONE);
    eval_universe_add(u, "True", VALUE_TRUE);
    eval_universe_add(u, "False", VALUE_FALSE);
    for (size_t i = 0; i < builtins_nfunctions; i++)
        eval_universe_native(u, &builtins_functions[i]);
    return u;
}

void eval_universe_add(struct eval_universe *u, const char *name, value v)
{
    *vec_push(&u->names) = intern_cstr(u->eval->vm.strings, name);
    *vec_push(&u->values) = v;
}

void eval_universe_native(struct eval_universe *u, const struct native *native)
{
    eval_universe_add(u, native->name,
                      value_native_new(&u->eval->vm, native, VALUE_ERROR));
}

void eval_universe_elsewhere(struct eval_universe *u, const char *name, const char *help,
                             bool called)
{
    *vec_push(&u->elsewhere) =
        (struct elsewhere){intern_cstr(u->eval->vm.strings, name), help, called};
}

static value builtin_not(struct vm *vm, const struct call *c)
{
    return deferred_not(vm, c->args[0]);
}

void eval_universe_add_dvo(struct eval_universe *u)
{
    static const struct native not_native = {"not_", builtin_not, "condition /", NULL};
    eval_universe_native(u, &template_native);
    eval_universe_native(u, &template_file_text_native);
    eval_universe_native(u, &not_native);
}

/* ---- the evaluator
 * ----------------------------------------------------------------------- */

#define STEP_LIMIT 2000000000u
#define MEMORY_LIMIT ((size_t)8 << 30)

/* Half of the computer's memory, as doubled tables and texts need room beside it. */
static size_t memory_limit(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    size_t half = pages > 0 && size > 0 ? (size_t)pages / 2 * (size_t)size : MEMORY_LIMIT;
    return half < MEMORY_LIMIT ? half : MEMORY_LIMIT;
}

struct eval *eval_new(struct arena *arena, struct intern *strings,
                      struct sources *sources, struct diags *diags, struct values *values)
{
    struct eval *e = xcalloc(1, sizeof *e);
    e->vm = (struct vm){.arena = arena,
                        .strings = strings,
                        .sources = sources,
                        .diags = diags,
                        .values = values,
                        .step_limit = STEP_LIMIT,
                        .memory_limit = memory_limit()};
    vm_state_init(&e->vm);
    e->vm.state->load = load_statement;
    builtins_text_methods(&e->vm);
    builtins_container_methods(&e->vm);
    return e;
}

void eval_free(struct eval *e)
{
    while (e->universes) {
        struct eval_universe *u = e->universes;
        e->universes = u->next;
        free(u->names.v);
        free(u->values.v);
        free(u->elsewhere.v);
        free(u);
    }
    free(e->loaded.v);
    free(e->modules.v);
    vm_state_free(&e->vm);
    free(e);
}

struct vm *eval_vm(struct eval *e)
{
    return &e->vm;
}

static void print_line(struct vm *vm, const char *text, size_t len)
{
    FILE *out = vm->host;
    fwrite(text, 1, len, out);
    fputc('\n', out);
}

bool eval_pure(struct eval *e, file_id file, const struct eval_reader *reader, FILE *out)
{
    e->vm.host = out;
    e->vm.print = print_line;
    return eval_file(e, eval_universe_new(e), file, reader) != NULL;
}
