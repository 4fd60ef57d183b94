/* Finds the files of tests, runs them, and counts. What a process has to report is a
 * sequence of results: name, verdict, parameters asked for, diagnostics. */
#include "compiler/testing.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compiler/assertion.h"
#include "compiler/attempt.h"
#include "compiler/oplist.h"
#include "compiler/process.h"
#include "ir/base/wire.h"

static const char suffix[] = "_test.dvo";

void testing_universe(struct eval_universe *u, bool test)
{
    static const struct native *const natives[] = {
        &oplist_ops,   &oplist_edges,   &attempt_error_of,
        &assertion_eq, &assertion_true, &assertion_in,
    };
    for (size_t i = 0; i < sizeof natives / sizeof *natives; i++)
        if (test)
            eval_universe_native(u, natives[i]);
        else
            eval_universe_elsewhere(u, natives[i]->name,
                                    "only in *_test.dvo, run by dvoc test", false);
}

/* ---- in the process of a file, and of each of its tests
 * --------------------------------- */

/* SILENT: there are tests below it, which count instead. */
enum verdict { FAILED, PASSED, SILENT };

struct test_file {
    const struct testing *t;
    struct program p;
    value function; /* of the test being run */
};

/* All but the name. */
static void put_result(struct program *p, enum verdict verdict, struct buf *out)
{
    wire_put(out, verdict);
    wire_put(out, p->params.names.n);
    for (size_t i = 0; i < p->params.names.n; i++)
        wire_put_string(out, p->params.names.v[i]);
    diags_write(&p->diags, out);
}

static void run_test(void *ctx, struct buf *answer)
{
    struct test_file *f = ctx;
    struct program *p = &f->p;
    bool good = vm_call(eval_vm(p->eval), f->function, NULL, 0, NULL, 0) != VALUE_ERROR;
    good &= params_missing(&p->params, p);
    good = good && program_check(p);
    put_result(p, good && !p->diags.errors ? PASSED : FAILED, answer);
}

static void ask_test(struct test_file *f, str_id name, struct buf *answer)
{
    struct program *p = &f->p;
    struct buf result = {0};
    const char *text = intern_text(&p->strings, name);
    const char *why = process_ask(run_test, f, &p->arena, &result);
    wire_put_string(answer, text);
    if (why) {
        diag_error(&p->diags, 905, (struct span){0},
                   "the process of %s() gave no answer: %s", text, why);
        put_result(p, FAILED, answer);
        diags_clear(&p->diags);
    } else {
        buf_add(answer, buf_text(&result), result.len);
    }
    buf_free(&result);
}

/* The function to call if a global is a test, else VALUE_ERROR. */
static value test_named(const struct program *p, const struct module *m, str_id name)
{
    value v = strncmp(intern_text(&p->strings, name), "test_", 5)
                  ? VALUE_ERROR
                  : eval_module_get(m, name);
    return v && vm_bare_callable(v) ? v : VALUE_ERROR;
}

static void run_file(void *ctx, struct buf *answer)
{
    struct test_file *f = ctx;
    struct program *p = &f->p;
    const struct program_options *o = &f->t->options;
    const struct module *m = program_open(p, o) ? program_module(p, o) : NULL;
    bool good = m != NULL;
    good &= params_missing(&p->params, p);
    good = good && program_survey(p, NULL, NULL) && !p->diags.errors;
    const str_id *names;
    size_t n = good ? eval_module_names(m, &names) : 0, tests = 0;
    for (size_t i = 0; i < n; i++)
        tests += test_named(p, m, names[i]) != VALUE_ERROR;
    wire_put_string(answer, "");
    put_result(p, !good ? FAILED : tests || f->t->only ? SILENT : PASSED, answer);
    diags_clear(&p->diags);
    for (size_t i = 0; i < n; i++) {
        f->function = test_named(p, m, names[i]);
        if (f->function &&
            (!f->t->only || !strcmp(intern_text(&p->strings, names[i]), f->t->only)))
            ask_test(f, names[i], answer);
    }
}

/* ---- results
 * ------------------------------------------------------------------------------------ */

/* Says what is queued while people look at the test it is about. */
static void say(struct testing *t)
{
    struct diags *d = &t->run->diags;
    fflush(stdout);
    t->wrong |= d->errors > 0;
    if (!d->n || t->format == DIAG_JSON || t->format == DIAG_SARIF)
        return;
    diags_print(d, stderr, t->format, t->color);
    diags_clear(d);
}

static void tell_result(struct testing *t, const char *path, const char *name,
                        enum verdict verdict)
{
    struct buf line = {0};
    buf_str(&line, verdict == PASSED ? "ok    " : "FAIL  ");
    buf_display(&line, path, strlen(path));
    if (*name)
        buf_printf(&line, " %s", name);
    if (verdict != SILENT)
        puts(buf_text(&line));
    t->passed += verdict == PASSED;
    t->failed += verdict == FAILED;
    buf_free(&line);
}

static bool take_result(struct testing *t, const char *path, struct wire *in)
{
    struct arena *a = &t->run->arena;
    const char *name = wire_get_text(in, a, NULL);
    enum verdict verdict = (enum verdict)wire_get(in);
    for (uint64_t n = wire_get(in); n && !in->bad; n--)
        params_asked(&t->run->params, wire_get_text(in, a, NULL));
    if (!diags_read(&t->run->diags, in))
        return false;
    tell_result(t, path, name, verdict);
    say(t);
    return true;
}

static void test_file(struct testing *t, const char *path)
{
    struct test_file f = {.t = t};
    struct buf answer = {0};
    t->options.path = path;
    const char *why = process_ask(run_file, &f, &t->run->arena, &answer);
    struct wire in = {buf_text(&answer), answer.len, false};
    while (!why && in.len)
        if (!take_result(t, path, &in))
            why = "it is cut off";
    if (why) {
        diag_error(&t->run->diags, 905, (struct span){0},
                   "the process of %s gave no answer: %s", path, why);
        tell_result(t, path, "", FAILED);
        say(t);
    }
    buf_free(&answer);
}

/* ---- files
 * --------------------------------------------------------------------------------------
 */

static bool is_test_file(const char *path)
{
    size_t n = strlen(path);
    return n >= strlen(suffix) && !strcmp(path + n - strlen(suffix), suffix);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* A link that leads nowhere, too: to evaluate it tells. */
static bool is_entry(const FTSENT *e)
{
    bool file =
        e->fts_info == FTS_F || e->fts_info == FTS_NS || e->fts_info == FTS_SLNONE;
    return file && is_test_file(e->fts_name);
}

/* All files of tests below a folder, but for hidden ones. The number of them. */
static unsigned test_folder(struct testing *t, char *path)
{
    char *roots[] = {path, NULL};
    FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    unsigned found = 0;
    for (FTSENT *e; fts && (e = fts_read(fts)) != NULL;) {
        if (e->fts_level > 0 && e->fts_name[0] == '.') {
            fts_set(fts, e, FTS_SKIP);
        } else if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR) {
            diag_error(&t->run->diags, 901, (struct span){0}, "%s: %s", e->fts_path,
                       strerror(e->fts_errno));
        } else if (is_entry(e)) {
            test_file(t, e->fts_path + (strncmp(e->fts_path, "./", 2) ? 0 : 2));
            found++;
        }
    }
    if (fts)
        fts_close(fts);
    return found;
}

static void test_path(struct testing *t, char *path)
{
    struct diags *d = &t->run->diags;
    struct stat st;
    if (stat(path, &st)) {
        diag_error(d, 901, (struct span){0}, "%s: %s", path, strerror(errno));
    } else if (S_ISDIR(st.st_mode)) {
        if (!test_folder(t, path))
            diag_error(d, 906, (struct span){0}, "%s: no file of tests is in this folder",
                       path);
    } else if (is_test_file(path)) {
        test_file(t, path);
    } else {
        struct diag *g =
            diag_error(d, 906, (struct span){0}, "%s: not a file of tests", path);
        diag_help(d, g, "their names end in %s", suffix);
    }
}

/* What the command line names, but no test knew: only known when all have run to their
 * ends. */
static void check_options(struct testing *t)
{
    struct program *run = t->run;
    if (t->wrong || t->failed)
        return;
    if (t->only && !t->passed)
        diag_error(&run->diags, 906, (struct span){0}, "no test is called %s", t->only);
    else if (!t->only)
        params_unknown(&run->params, run);
    t->wrong |= run->diags.errors > 0;
}

bool testing_run(struct testing *t)
{
    struct program *run = t->run;
    run->diags.limit = UINT32_MAX;
    t->options.test = true;
    t->options.passes.level = 0; /* what the language says, not what is left of it */
    if (!params_init(&run->params, run, &t->options))
        return false;
    for (int i = 0; i < t->npaths; i++) {
        test_path(t, t->paths[i]);
        say(t);
    }
    check_options(t);
    if (t->passed || t->failed)
        printf("%u passed, %u failed\n", t->passed, t->failed);
    return !t->wrong && !t->failed;
}
