/* dvoc's command line: finds the command, reads its options, and hands over to the
 * driver. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compiler/driver.h"
#include "compiler/explain.h"
#include "dvo_config.h"
#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/errors.h"

enum {
    O_HELP = 1,
    O_VERSION,
    O_EMIT,
    O_CONFIG,
    O_PROJECT,
    O_PARAMS,
    O_SET,
    O_LOCKED,
    O_FORMAT,
    O_CHECK,
    O_ONLY,
    O_EXPLAIN,
    O_PRINT_AFTER,
    O_AFTER,
    O_PASS,      /* handed on to dvo-run without a value */
    O_PASS_VALUE /* handed on to dvo-run with its value */
};

enum {
    TAKES_FILE = 1,
    COMPILES = 2,
    RUNS = 4,
    TAKES_NAME = 8,
    TAKES_FILES = 16,
    FORMATS = 32,
    TESTS = 64,
    GRAPHS = 128,
    OPTIMIZES = 256
};

struct command {
    const char *name, *arguments, *summary;
    unsigned what;
    int (*drive)(const struct drive_options *o);
};

static const struct command commands[] = {
    {"build", "FILE", "compile a program to build/PROGRAM",
     TAKES_FILE | COMPILES | OPTIMIZES, drive_build},
    {"preview", "FILE|DIR",
     "show what would be done: playbooks, recipes, API calls, order",
     TAKES_FILE | COMPILES | OPTIMIZES, drive_preview},
    {"run", "FILE|DIR", "build if need be, then execute the plan",
     TAKES_FILE | COMPILES | OPTIMIZES | RUNS, drive_run},
    {"destroy", "DIR", "delete what runs of this program created", TAKES_FILE | RUNS,
     drive_run},
    {"status", "DIR", "ask the provider whether everything is as the state says",
     TAKES_FILE | RUNS, drive_run},
    {"check", "FILE", "report what is wrong with a program",
     TAKES_FILE | COMPILES | OPTIMIZES, drive_check},
    {"graph", "FILE", "print the op graph as DOT",
     TAKES_FILE | COMPILES | OPTIMIZES | GRAPHS, drive_graph},
    {"eval", "FILE", "run a file as plain Starlark", TAKES_FILE, drive_eval},
    {"fmt", "FILE...", "lay programs out in the one style",
     TAKES_FILE | TAKES_FILES | FORMATS, drive_fmt},
    {"test", "PATH...", "run tests of programs and libraries (*_test.dvo)",
     TAKES_FILE | TAKES_FILES | COMPILES | TESTS, drive_test},
    {"calls", "[NAME]", "list the system calls, or explain one", TAKES_NAME | COMPILES,
     NULL},
    {"config", "[FILE]", "print the effective configuration and where it comes from",
     TAKES_NAME | COMPILES, NULL},
    {"explain", "[CODE]", "list the codes of diagnostics, or explain one", TAKES_NAME,
     NULL},
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, O_HELP},
    {"version", no_argument, NULL, O_VERSION},
    {"output", required_argument, NULL, 'o'},
    {"emit", required_argument, NULL, O_EMIT},
    {"config", required_argument, NULL, O_CONFIG},
    {"project", required_argument, NULL, O_PROJECT},
    {"params", required_argument, NULL, O_PARAMS},
    {"set", required_argument, NULL, O_SET},
    {"locked", no_argument, NULL, O_LOCKED},
    {"format", required_argument, NULL, O_FORMAT},
    {"check", no_argument, NULL, O_CHECK},
    {"jobs", required_argument, NULL, O_PASS_VALUE},
    {"events", required_argument, NULL, O_PASS_VALUE},
    {"state", required_argument, NULL, O_PASS_VALUE},
    {"only", required_argument, NULL, O_ONLY},
    {"explain", no_argument, NULL, O_EXPLAIN},
    {"print-after", required_argument, NULL, O_PRINT_AFTER},
    {"after", required_argument, NULL, O_AFTER},
    {"except", required_argument, NULL, O_PASS_VALUE},
    {"expect", required_argument, NULL, O_PASS_VALUE},
    {"replace", required_argument, NULL, O_PASS_VALUE},
    {"preflight-only", no_argument, NULL, O_PASS},
    {"fail-fast", no_argument, NULL, O_PASS},
    {"yes", no_argument, NULL, O_PASS},
    {"prune", no_argument, NULL, O_PASS},
    {"with-data", no_argument, NULL, O_PASS},
    {"adopted", no_argument, NULL, O_PASS},
    {0},
};

static const char options_text[] =
    "Options of commands that compile:\n"
    "  -o, --output DIR       where the build goes (default: build/PROGRAM)\n"
    "      --emit=STAGE       print a stage instead: ast, ir or plan\n"
    "      --set NAME=VALUE   value of a param(); may be repeated\n"
    "      --params FILE      YAML file with values of param()s\n"
    "      --config DIR       a configuration folder that overrides all others\n"
    "      --project NAME     project the things at the provider belong to\n"
    "      --locked           fail instead of changing dvo.lock\n"
    "      --format=FORMAT    of diagnostics: human, json, sarif or github\n"
    "Options of build, preview, run, check and graph:\n"
    "  -O LEVEL               of optimization: 0, 2 or 3 (default: 2)\n"
    "      --explain          tell what the passes took away, and what allowed it\n"
    "      --print-after=PASS print the graph as it is after a pass\n"
    "Options of graph:\n"
    "      --after=PASS       go no further than this pass\n"
    "Options of fmt:\n"
    "      --check            change nothing, list the files that would change\n"
    "Options of test:\n"
    "      --only NAME        just the test of this name\n"
    "Options of run, destroy and status:\n"
    "      --jobs N           tool runs at once\n"
    "      --events FILE      write what happens as JSON lines\n"
    "      --state FILE       state database (default: .dvo/PROJECT.db beside the "
    "program)\n"
    "      --only ADDRESS     exactly these ops; may be repeated\n"
    "      --except ADDRESS   all but these ops; may be repeated\n"
    "      --expect DIGEST    refuse any plan but this one\n"
    "      --replace ADDRESS  delete what it made, then create it anew; may be "
    "repeated\n"
    "      --preflight-only   check names, quotas and conflicts, change nothing\n"
    "      --fail-fast        start nothing after the first failure\n"
    "      --prune            afterwards, delete what this program's runs created and "
    "the plan\n"
    "                         has no more; off a terminal only with --expect\n"
    "      --with-data        delete volumes, too\n"
    "      --adopted          delete what was found, not made, too\n"
    "      --yes              do not ask before deleting\n"
    "Everywhere:\n"
    "      --help, --version\n";

static struct arena texts; /* of options handed on */

static void print_help(void)
{
    printf("dvoc compiles operation programs into plans for Ansible, Chef and APIs, and "
           "runs "
           "them.\n\nUsage: dvoc COMMAND [OPTION]... [ARGUMENT]\n\nCommands:\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  %-8s %-9s %s\n", commands[i].name, commands[i].arguments,
               commands[i].summary);
    printf(
        "\n%s\nFILE may be - for standard input; -- ends the options.\n\nExit status:\n"
        "   0  success\n   1  the program, configuration or plan is wrong\n"
        "   2  wrong usage of this command\n"
        "  24  status: something is gone, changed, or of unknown outcome\n",
        options_text);
    for (enum dvo_error e = DVO_OK + 1; e < DVO_ERROR_COUNT; e++)
        printf("  %2d  %-9s %s\n", error_status(e), error_name(e), error_meaning(e));
}

/* `what` stands between the two texts, in quotes. */
static int usage_error(const char *before, const char *what, const char *after,
                       const char *near)
{
    fprintf(stderr, "dvoc: %s\"%s\"%s", before, what, after);
    if (near)
        fprintf(stderr, "; did you mean \"%s\"?", near);
    fputs("\nTry 'dvoc --help'.\n", stderr);
    return DRIVE_USAGE;
}

static int explain(const struct drive_options *o)
{
    struct buf text = {0};
    int status = DRIVE_OK;
    if (!o->path)
        explain_list(&text);
    if (!o->path || explain_code(o->path, &text)) {
        drive_show(&text, o->pager);
    } else {
        const char *near = arena_printf(&texts, "; %s", buf_text(&text));
        status = usage_error("no diagnostic has the code ", o->path, near, NULL);
    }
    buf_free(&text);
    return status;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[sizeof commands / sizeof *commands];
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        names[i] = commands[i].name;
    return usage_error("unknown command ", name, "",
                       text_nearest(name, names, sizeof commands / sizeof *commands));
}

static bool read_format(const char *text, enum diag_format *out)
{
    static const char *const names[] = {"human", "json", "sarif", "github"};
    for (unsigned i = 0; i < 4; i++)
        if (!strcmp(text, names[i])) {
            *out = (enum diag_format)i;
            return true;
        }
    return false;
}

static bool read_level(const char *text, unsigned *out)
{
    *out = (unsigned)(text[0] - '0');
    return (*out == 0 || *out == PASS_LEVEL || *out == PASS_LEVEL_FUSE) && !text[1];
}

/* As read_options(). */
static int read_pass(const char *text, enum pass *out)
{
    const char *names[PASS_COUNT];
    *out = pass_named(text);
    if (*out)
        return 0;
    for (enum pass p = PASS_NONE + 1; p < PASS_COUNT; p++)
        names[p - 1] = pass_name(p);
    return 1 + usage_error("unknown pass ", text, "",
                           text_nearest(text, names, PASS_COUNT - 1));
}

static bool is_emit(const char *text)
{
    return !strcmp(text, "ast") || !strcmp(text, "ir") || !strcmp(text, "plan");
}

/* What a command must do that takes the option. */
static unsigned need_of(int opt)
{
    switch (opt) {
    case O_PASS:
    case O_PASS_VALUE: return RUNS;
    case O_ONLY: return RUNS | TESTS;
    case O_CHECK: return FORMATS;
    case O_AFTER: return GRAPHS;
    case 'O':
    case O_EXPLAIN:
    case O_PRINT_AFTER: return OPTIMIZES;
    default: return COMPILES;
    }
}

/* Options of one command. Returns 0 to go on, else the exit status + 1. */
static int read_options(const struct command *c, int argc, char **argv,
                        struct drive_options *o)
{
    int opt, index, stop;
    opterr = 0;
    optind = 1;
    while ((opt = getopt_long(argc, argv, "+:o:O:h", long_options, &index)) != -1) {
        unsigned need = need_of(opt);
        if (opt != '?' && opt != ':' && opt != O_HELP && opt != 'h' && opt != O_VERSION &&
            opt != O_FORMAT && !(c->what & need))
            return 1 + usage_error("", argv[optind - 1], " does not go with this command",
                                   NULL);
        switch (opt) {
        case 'h':
        case O_HELP: print_help(); return 1 + DRIVE_OK;
        case O_VERSION: puts("dvoc " DVO_VERSION); return 1 + DRIVE_OK;
        case 'o': o->output = optarg; break;
        case O_EMIT:
            if (!is_emit(optarg))
                return 1 + usage_error("--emit takes ast, ir or plan, not ", optarg, "",
                                       NULL);
            o->emit = optarg;
            break;
        case O_CONFIG: o->config = optarg; break;
        case O_PROJECT: o->project = optarg; break;
        case O_PARAMS: o->params = optarg; break;
        case O_SET: o->sets[o->nsets++] = optarg; break;
        case O_LOCKED: o->locked = true; break;
        case O_FORMAT:
            if (!read_format(optarg, &o->format))
                return 1 + usage_error("unknown format ", optarg, "", NULL);
            break;
        case O_CHECK: o->check = true; break;
        case 'O':
            if (!read_level(optarg, &o->level))
                return 1 + usage_error("-O takes 0, 2 or 3, not ", optarg, "", NULL);
            break;
        case O_EXPLAIN: o->explain = true; break;
        case O_PRINT_AFTER:
        case O_AFTER:
            stop = read_pass(optarg, opt == O_AFTER ? &o->after : &o->print_after);
            if (stop)
                return stop;
            break;
        case O_ONLY: o->only = optarg; /* FALLTHROUGH */
        case O_PASS:
        case O_PASS_VALUE:
            o->rest[o->nrest++] = arena_printf(&texts, "--%s", long_options[index].name);
            if (opt != O_PASS)
                o->rest[o->nrest++] = optarg;
            break;
        case ':':
            return 1 + usage_error("option ", argv[optind - 1], " needs a value", NULL);
        default: return 1 + usage_error("unknown option ", argv[optind - 1], "", NULL);
        }
    }
    return 0;
}

/* GNU order: options may stand behind arguments. */
static int read_arguments(const struct command *c, int argc, char **argv,
                          struct drive_options *o)
{
    for (;;) {
        int stop = read_options(c, argc, argv, o);
        if (stop)
            return stop;
        bool ended = optind > 1 && !strcmp(argv[optind - 1], "--");
        argc -= optind;
        argv += optind;
        if (!argc)
            return 0;
        for (int i = 0; i < (ended ? argc : 1); i++) {
            if (o->path && !(c->what & TAKES_FILES))
                return 1 + usage_error("one argument too many: ", argv[i], "", NULL);
            o->path = argv[i];
            o->paths[o->npaths++] = argv[i];
        }
        if (ended)
            return 0;
    }
}

/* Page faults were a fifth of the time of small builds. */
static void prepare_heap(void)
{
    enum { HEAP_STEP = 1 << 20, PAGE = 4 << 10 };
    /* Large arrays grow by moving pages instead of bytes. Left alone, malloc() stops that
     * once the first of them was freed. */
    mallopt(M_MMAP_THRESHOLD, HEAP_STEP);
    /* What was freed at the end of the heap is wanted again soon. */
    mallopt(M_TOP_PAD, HEAP_STEP);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    /* Every build takes the first step: its pages come at once, not by a fault for each.
     */
    char *first = xmalloc(HEAP_STEP - PAGE);
    char *page = first + (-(uintptr_t)first & (PAGE - 1));
    madvise(page, HEAP_STEP - 2 * PAGE, MADV_POPULATE_WRITE); /* since Linux 5.14 */
    free(first);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return DRIVE_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
        !strcmp(argv[1], "help")) {
        print_help();
        return fflush(stdout) ? DRIVE_WRONG : DRIVE_OK;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("dvoc " DVO_VERSION);
        return fflush(stdout) ? DRIVE_WRONG : DRIVE_OK;
    }
    const struct command *c = find_command(argv[1]);
    if (!c)
        return unknown_command(argv[1]);
    prepare_heap();
    struct drive_options o = {.pager = isatty(STDOUT_FILENO) == 1, .level = PASS_LEVEL};
    o.sets = xcalloc((size_t)argc + 1, sizeof *o.sets);
    o.rest = xcalloc((size_t)argc * 2 + 2, sizeof *o.rest);
    o.paths = xcalloc((size_t)argc, sizeof *o.paths);
    int stop = read_arguments(c, argc - 1, argv + 1, &o), status;
    if (stop) {
        status = stop - 1;
    } else if (!o.path && c->what & TAKES_FILE) {
        status = usage_error("", c->name, " needs an argument", NULL);
    } else if (!strcmp(c->name, "calls")) {
        status = drive_calls(&o, o.path);
    } else if (!strcmp(c->name, "config")) {
        status = drive_config(&o);
    } else if (!strcmp(c->name, "explain")) {
        status = explain(&o);
    } else {
        if (!strcmp(c->name, "destroy") || !strcmp(c->name, "status"))
            o.rest[o.nrest++] = arena_printf(&texts, "--%s", c->name);
        status = c->drive(&o);
    }
    if (fflush(stdout) && !status) {
        fprintf(stderr, "dvoc: standard output: %s\n", strerror(errno));
        status = DRIVE_WRONG;
    }
    arena_free(&texts);
    free(o.rest);
    free(o.paths);
    free(o.sets);
    return status;
}
