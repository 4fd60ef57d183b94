/* The way through, command by command: text, tree, graph, plan, files. The only file that
 * sees the compiler, the IR and the emitters at once. */
#include "compiler/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/ast.h"
#include "compiler/fmt.h"
#include "compiler/lower.h"
#include "compiler/manual.h"
#include "compiler/preview.h"
#include "compiler/program.h"
#include "compiler/testing.h"
#include "emitters/emit.h"
#include "ir/base/file.h"
#include "ir/text.h"

/* ---- diagnostics and output
 * -------------------------------------------------------------- */

static bool want_color(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) == 1 && !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;
}

/* For who reads along; a log would only grow by it. */
static void hint(const struct diags *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->v[i]->level == DIAG_ERROR) {
            fprintf(stderr, "for more: dvoc explain DVO%04u\n", d->v[i]->code);
            return;
        }
}

static int finish(struct program *p, const struct drive_options *o, bool good)
{
    if (p->diags.n)
        diags_print(&p->diags, stderr, o->format, want_color(STDERR_FILENO));
    if (p->diags.errors && o->format == DIAG_HUMAN && isatty(STDERR_FILENO) == 1)
        hint(&p->diags);
    bool failed = !good || p->diags.errors;
    program_close(p);
    return failed ? DRIVE_WRONG : DRIVE_OK;
}

/* What a command needs that compiles no program. */
static void begin_bare(struct program *p)
{
    intern_init(&p->strings, &p->arena);
    sources_init(&p->sources, &p->arena);
    diags_init(&p->diags, &p->arena, &p->sources);
}

static void print_line(struct vm *vm, const char *text, size_t len)
{
    (void)vm;
    fwrite(text, 1, len, stderr);
    fputc('\n', stderr);
}

void drive_show(const struct buf *text, bool pager)
{
    const char *command = getenv("PAGER");
    FILE *out = stdout;
    if (pager && isatty(STDOUT_FILENO) == 1) {
        setenv("LESS", "FRX", 0);
        out = popen(command && *command ? command : "less", "w");
    }
    if (!out)
        out = stdout;
    fwrite(buf_text(text), 1, text->len, out);
    if (out != stdout)
        pclose(out);
}

static struct program_options program_options(const struct drive_options *o)
{
    struct program_options p = {
        .path = o->path,
        .config = o->config,
        .project = o->project,
        .sets = o->sets,
        .nsets = o->nsets,
        .params = o->params,
        .locked = o->locked,
        .print = print_line,
        .passes =
            {
                .level = o->level,
                .verify_each = getenv("DVO_VERIFY_EACH") != NULL,
                .last = o->after,
                .print_after = o->print_after,
                .printed = stdout,
                .explained = o->explain ? stderr : NULL,
            },
    };
    return p;
}

/* ---- paths
 * ---------------------------------------------------------------------------------- */

static bool has_suffix(const char *s, const char *suffix)
{
    size_t n = strlen(s), k = strlen(suffix);
    return n >= k && !strcmp(s + n - k, suffix);
}

/* build/PROGRAM, or what -o says. */
static const char *output_folder(struct arena *a, const struct drive_options *o)
{
    if (o->output)
        return o->output;
    const char *slash = strrchr(o->path, '/');
    const char *base = !strcmp(o->path, "-") ? "stdin" : slash ? slash + 1 : o->path;
    const char *dot = strrchr(base, '.');
    size_t len = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    return arena_printf(a, "build/%.*s", (int)len, base);
}

/* The way from one folder to another, both existing, without absolute parts where they
 * share a root: plans must be the same wherever the tree stands. */
static const char *relative_path(struct arena *a, const char *from, const char *to)
{
    char *f = realpath(from, NULL), *t = realpath(to, NULL);
    const char *out = to;
    if (f && t) {
        size_t same = 0, i = 0;
        for (; f[i] && f[i] == t[i]; i++)
            if (f[i] == '/')
                same = i;
        if ((!f[i] || f[i] == '/') && (!t[i] || t[i] == '/'))
            same = i;
        struct buf path = {0};
        for (const char *s = f + same; *s; s++)
            if (*s == '/' && s[1])
                buf_str(&path, path.len ? "/.." : "..");
        const char *rest = t + same + (t[same] == '/');
        if (*rest)
            buf_printf(&path, "%s%s", path.len ? "/" : "", rest);
        out = arena_strndup(a, path.len ? path.p : ".", path.len ? path.len : 1);
        buf_free(&path);
    }
    free(f);
    free(t);
    return out;
}

/* ---- the stages
 * ----------------------------------------------------------------------------- */

static bool to_graph(struct program *p, const struct program_options *po)
{
    if (!program_open(p, po))
        return false;
    return has_suffix(po->path, ".dvir") ? program_read_graph(p, po)
                                         : program_evaluate(p, po);
}

static bool to_plan(struct program *p, const struct program_options *po,
                    const char *folder, struct plan *plan)
{
    if (!to_graph(p, po) || !lower(p, plan))
        return false;
    if (folder && !file_mkdirs(folder)) {
        diag_error(&p->diags, 903, (struct span){0}, "%s: %s", folder, strerror(errno));
        return false;
    }
    plan->program_dir = folder ? relative_path(&p->arena, folder, p->folder) : ".";
    plan->source_dir = p->folder;
    return true;
}

static int emit_ast(const struct drive_options *o)
{
    struct program p = {0};
    const struct program_options po = program_options(o);
    const struct ast_file *ast = program_open(&p, &po) ? program_tree(&p, &po) : NULL;
    if (ast) {
        struct buf text = {0};
        ast_dump(ast, &text);
        drive_show(&text, false);
        buf_free(&text);
    }
    return finish(&p, o, ast != NULL);
}

/* A file of a build that is not written, or that is in a folder: for preview(). */
static bool read_memory(void *ctx, const char *path, struct buf *out)
{
    size_t len;
    const char *text = artefact_text(ctx, path, &len);
    errno = ENOENT;
    if (text)
        buf_add(out, text, len);
    return text != NULL;
}

static bool read_beside(void *ctx, const char *path, struct buf *out)
{
    char *full = path_join(ctx, path);
    bool good = file_read(full, out);
    int error = errno;
    free(full);
    errno = error;
    return good;
}

static bool plan_text(struct program *p, const struct plan *plan, struct buf *out)
{
    struct artefacts files;
    bool good = emit_memory(plan, &files, &p->arena, &p->diags) &&
                read_memory(&files, "plan.json", out);
    artefacts_free(&files);
    return good;
}

int drive_build(const struct drive_options *o)
{
    if (o->emit && !strcmp(o->emit, "ast"))
        return emit_ast(o);
    struct program p = {0};
    const struct program_options po = program_options(o);
    struct plan plan;
    struct buf text = {0};
    bool good;
    if (o->emit && !strcmp(o->emit, "ir")) {
        good = to_graph(&p, &po);
        if (good)
            graph_print(&p.graph, &text);
    } else if (o->emit) {
        good = to_plan(&p, &po, NULL, &plan) && plan_text(&p, &plan, &text);
    } else {
        const char *folder = output_folder(&p.arena, o);
        good = to_plan(&p, &po, folder, &plan) && emit(&plan, folder, &p.diags);
    }
    good = good && lock_save(&p.lock, &p.diags);
    if (good)
        drive_show(&text, false);
    buf_free(&text);
    return finish(&p, o, good);
}

int drive_check(const struct drive_options *o)
{
    struct program p = {0};
    const struct program_options po = program_options(o);
    struct plan plan;
    return finish(&p, o, to_plan(&p, &po, NULL, &plan));
}

int drive_graph(const struct drive_options *o)
{
    struct program p = {0};
    const struct program_options po = program_options(o);
    bool good = to_graph(&p, &po);
    if (good) {
        struct buf text = {0};
        graph_dot(&p.graph, &text);
        drive_show(&text, false);
        buf_free(&text);
    }
    return finish(&p, o, good);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int drive_preview(const struct drive_options *o)
{
    struct program p = {0};
    struct buf text = {0};
    const bool color = want_color(STDOUT_FILENO);
    bool good;
    if (is_folder(o->path)) {
        begin_bare(&p);
        good = preview(read_beside, (void *)o->path, color, &text, &p.diags);
    } else {
        const struct program_options po = program_options(o);
        struct plan plan;
        struct artefacts files = {.lock = -1, .stage = -1};
        good = to_plan(&p, &po, NULL, &plan) &&
               emit_memory(&plan, &files, &p.arena, &p.diags) &&
               preview(read_memory, &files, color, &text, &p.diags);
        artefacts_free(&files);
    }
    if (good)
        drive_show(&text, o->pager);
    buf_free(&text);
    return finish(&p, o, good);
}

int drive_eval(const struct drive_options *o)
{
    struct program p = {0};
    begin_bare(&p);
    graph_init(&p.graph, &p.arena, &p.strings, &p.sources, &p.calls);
    p.eval = eval_new(&p.arena, &p.strings, &p.sources, &p.diags, &p.graph.values);
    file_id file = source_load(&p.sources, o->path);
    bool good = file != 0;
    if (!good)
        diag_error(&p.diags, 901, (struct span){0}, "%s: %s", o->path, strerror(errno));
    char *folder = path_dir(o->path);
    const struct eval_reader reader = {.read = read_beside, .ctx = folder};
    good = good && eval_pure(p.eval, file, &reader, stdout);
    free(folder);
    return finish(&p, o, good);
}

/* Puts the text in the place of a file, not of a link to it. */
static bool rewrite(const char *path, const struct buf *text, struct diags *diags)
{
    char *real = realpath(path, NULL);
    struct stat st;
    bool known = real && stat(real, &st) == 0, regular = known && S_ISREG(st.st_mode);
    bool good =
        regular && file_replace(real, buf_text(text), text->len, st.st_mode & 07777);
    if (!good)
        diag_error(diags, 903, (struct span){0}, "%s: %s", path,
                   known && !regular ? "not a regular file" : strerror(errno));
    free(real);
    return good;
}

static bool fmt_file(struct program *p, const struct drive_options *o, const char *path)
{
    file_id file = source_load(&p->sources, path);
    if (!file) {
        diag_error(&p->diags, 901, (struct span){0}, "%s: %s", path, strerror(errno));
        return false;
    }
    struct buf text = {0};
    bool good = fmt_source(&p->sources, file, &p->strings, &p->arena, &p->diags, &text);
    const struct source *source = source_get(&p->sources, file);
    bool changed = good && (source->len != text.len ||
                            memcmp(source->text, buf_text(&text), text.len) != 0);
    bool through = !strcmp(path, "-") && !o->check;
    if (good && through)
        drive_show(&text, false);
    else if (changed && !o->check)
        good = rewrite(path, &text, &p->diags);
    if (good && changed && !through)
        puts(path);
    buf_free(&text);
    return good && !(changed && o->check);
}

int drive_fmt(const struct drive_options *o)
{
    struct program p = {0};
    begin_bare(&p);
    bool good = true;
    for (int i = 0; i < o->npaths; i++)
        good = fmt_file(&p, o, o->paths[i]) && good;
    return finish(&p, o, good);
}

int drive_test(const struct drive_options *o)
{
    struct program p = {0};
    begin_bare(&p);
    struct testing t = {
        .run = &p,
        .options = program_options(o),
        .paths = o->paths,
        .npaths = o->npaths,
        .only = o->only,
        .format = o->format,
        .color = want_color(STDERR_FILENO),
    };
    return finish(&p, o, testing_run(&t));
}

int drive_config(const struct drive_options *o)
{
    struct program p = {0};
    struct program_options po = program_options(o);
    bool good = program_open(&p, &po);
    if (good) {
        struct buf text = {0};
        config_print(&p.config, true, &text);
        drive_show(&text, o->pager);
        buf_free(&text);
    }
    return finish(&p, o, good);
}

int drive_calls(const struct drive_options *o, const char *name)
{
    struct program p = {0};
    struct program_options po = program_options(o);
    po.path = NULL;
    struct buf text = {0};
    bool good = program_open(&p, &po);
    good = good && (name ? manual_call(&p, name, &text) : manual_list(&p, &text));
    if (good)
        drive_show(&text, o->pager);
    buf_free(&text);
    return finish(&p, o, good);
}

/* ---- the runtime
 * ------------------------------------------------------------------------------ */

static int execute(const struct drive_options *o, const char *folder)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - sizeof "dvo-run");
    char *slash = n > 0 ? memrchr(self, '/', (size_t)n) : NULL;
    const char **argv = xcalloc((size_t)o->nrest + 3, sizeof *argv);
    argv[0] = "dvo-run";
    for (int i = 0; i < o->nrest; i++)
        argv[i + 1] = o->rest[i];
    argv[o->nrest + 1] = folder;
    if (slash) {
        memcpy(slash + 1, "dvo-run", sizeof "dvo-run");
        execv(self, (char *const *)argv);
    }
    if (!slash || errno == ENOENT)
        execvp("dvo-run", (char *const *)argv);
    fprintf(stderr, "dvoc: dvo-run, the runtime, cannot be executed: %s\n",
            strerror(errno));
    free(argv);
    return DRIVE_WRONG;
}

int drive_run(const struct drive_options *o)
{
    fflush(stdout);
    if (is_folder(o->path))
        return execute(o, o->path);
    struct arena a = {0};
    const char *folder = output_folder(&a, o);
    int status = drive_build(o);
    if (status == DRIVE_OK)
        status = execute(o, folder);
    arena_free(&a);
    return status;
}
