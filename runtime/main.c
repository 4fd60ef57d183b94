/* dvo-run's command line: reads the options, loads the plan, hands over to the run. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dvo_config.h"
#include "ir/base/arena.h"
#include "ir/errors.h"
#include "runtime/report.h"
#include "runtime/run.h"

#define MOST_JOBS 1024

enum {
    O_HELP = 1,
    O_VERSION,
    O_JOBS,
    O_EVENTS,
    O_STATE,
    O_DESTROY,
    O_YES,
    O_FAIL_FAST,
    O_ONLY,
    O_EXCEPT,
    O_EXPECT,
    O_REPLACE,
    O_PREFLIGHT,
    O_PRUNE,
    O_STATUS,
    O_WITH_DATA,
    O_ADOPTED
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, O_HELP},
    {"version", no_argument, NULL, O_VERSION},
    {"jobs", required_argument, NULL, O_JOBS},
    {"events", required_argument, NULL, O_EVENTS},
    {"state", required_argument, NULL, O_STATE},
    {"destroy", no_argument, NULL, O_DESTROY},
    {"yes", no_argument, NULL, O_YES},
    {"fail-fast", no_argument, NULL, O_FAIL_FAST},
    {"only", required_argument, NULL, O_ONLY},
    {"except", required_argument, NULL, O_EXCEPT},
    {"expect", required_argument, NULL, O_EXPECT},
    {"replace", required_argument, NULL, O_REPLACE},
    {"preflight-only", no_argument, NULL, O_PREFLIGHT},
    {"status", no_argument, NULL, O_STATUS},
    {"prune", no_argument, NULL, O_PRUNE},
    {"with-data", no_argument, NULL, O_WITH_DATA},
    {"adopted", no_argument, NULL, O_ADOPTED},
    {0},
};

static void print_help(void)
{
    puts("dvo-run carries out a plan that dvoc has built.\n"
         "\n"
         "Usage: dvo-run [OPTION]... DIR\n"
         "\n"
         "      --jobs N         tool runs at once (default: one per processor, at least "
         "2)\n"
         "      --events FILE    write what happens as JSON lines; - is standard output\n"
         "      --state FILE     state database (default: .dvo/PROJECT.db beside the "
         "program)\n"
         "      --only ADDRESS   exactly these ops; may be repeated\n"
         "      --except ADDRESS all but these ops; may be repeated\n"
         "      --expect DIGEST  refuse any plan but the one with this digest\n"
         "      --replace ADDRESS  delete what it made, then create it anew; may be "
         "repeated\n"
         "      --preflight-only check names, quotas and conflicts at the provider, "
         "change nothing\n"
         "      --fail-fast      start nothing after the first failure\n"
         "      --destroy        delete what runs of this program created, with this "
         "state\n"
         "      --status         ask the provider whether everything is as the state "
         "says\n"
         "      --prune          afterwards, delete what this program's runs created and "
         "the "
         "plan\n"
         "                       has no more; off a terminal only with --expect\n"
         "      --with-data      delete volumes, too\n"
         "      --adopted        delete what was found, not made, too\n"
         "      --yes            do not ask before deleting\n"
         "      --help, --version\n"
         "\n"
         "The first Ctrl-C starts nothing more and waits for what is running, the second "
         "one\n"
         "stops at once. Running the same again goes on in both cases.\n"
         "\n"
         "Exit status:\n"
         "   0  success\n"
         "   1  the plan is wrong or not whole\n"
         "   2  wrong usage of this command\n"
         "  24  --status: something is gone, changed, or of unknown outcome\n"
         "else that of the first failed operation in program order:");
    for (enum dvo_error e = DVO_OK + 1; e < DVO_ERROR_COUNT; e++)
        printf("  %2d  %-9s %s\n", error_status(e), error_name(e), error_meaning(e));
}

static int usage_error(const char *message, const char *what)
{
    fprintf(stderr, "dvo-run: %s%s\nTry 'dvo-run --help'.\n", message, what);
    return STATUS_USAGE;
}

static bool read_jobs(const char *text, uint32_t *jobs)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    *jobs = (uint32_t)n;
    return !errno && end != text && !*end && n >= 1 && n <= MOST_JOBS;
}

/* Fills the options; -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct run_options *o)
{
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        switch (option) {
        case O_HELP: print_help(); return 0;
        case O_VERSION: puts("dvo-run " DVO_VERSION); return 0;
        case O_JOBS:
            if (!read_jobs(optarg, &o->jobs))
                return usage_error("--jobs takes a number from 1 to 1024, not ", optarg);
            break;
        case O_EVENTS: o->events = optarg; break;
        case O_STATE: o->state = optarg; break;
        case O_DESTROY: o->destroy = true; break;
        case O_YES: o->yes = true; break;
        case O_FAIL_FAST: o->fail_fast = true; break;
        case O_ONLY: o->only[o->nonly++] = optarg; break;
        case O_EXCEPT: o->except[o->nexcept++] = optarg; break;
        case O_REPLACE: o->replace[o->nreplace++] = optarg; break;
        case O_PREFLIGHT: o->preflight_only = true; break;
        case O_STATUS: o->status = true; break;
        case O_PRUNE: o->prune = true; break;
        case O_WITH_DATA: o->with_data = true; break;
        case O_ADOPTED: o->adopted = true; break;
        case O_EXPECT: o->expect = optarg; break;
        default: return usage_error("options are wrong", "");
        }
    if (optind == argc)
        return usage_error("which build folder?", "");
    if (argc - optind > 1)
        return usage_error("one build folder at a time, not also ", argv[optind + 1]);
    if (o->destroy && (o->nonly || o->nexcept))
        return usage_error("--destroy goes with neither --only nor --except", "");
    if ((o->destroy || o->preflight_only) && o->nreplace)
        return usage_error("--replace goes with neither --destroy nor --preflight-only",
                           "");
    if (o->prune && (o->nonly || o->nexcept))
        return usage_error("--prune goes with neither --only nor --except", "");
    if (o->prune && o->destroy)
        return usage_error("--prune does not go with --destroy", "");
    if (o->status && (o->prune || o->destroy || o->nonly || o->nexcept || o->nreplace ||
                      o->preflight_only))
        return usage_error("--status only looks: it goes with --state, --events and "
                           "--expect",
                           "");
    if (o->destroy && o->preflight_only)
        return usage_error("--preflight-only does not go with --destroy", "");
    return -1;
}

static int carry_out(const char *dir, const struct run_options *o)
{
    char *message;
    struct run_plan *plan = plan_load(dir, o->expect, &message);
    if (!plan) {
        report_say("%s", message);
        free(message);
        return STATUS_PLAN;
    }
    int status = run_plan_carry_out(plan, o);
    plan_free(plan);
    return status;
}

int main(int argc, char **argv)
{
    struct run_options o = {0};
    /* Whole lines, where others write to it, too. */
    setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
    o.only = xcalloc((size_t)argc, sizeof *o.only);
    o.except = xcalloc((size_t)argc, sizeof *o.except);
    o.replace = xcalloc((size_t)argc, sizeof *o.replace);
    int status = read_options(argc, argv, &o);
    if (status < 0)
        status = carry_out(argv[optind], &o);
    free(o.only);
    free(o.except);
    free(o.replace);
    if (fflush(stdout) != 0 && !status) {
        perror("dvo-run: standard output");
        status = STATUS_PLAN;
    }
    return status;
}
