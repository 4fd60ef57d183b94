/* Chooses from the state, refuses what is protected before anything is deleted, asks,
 * deletes and says what is left. */
#include "runtime/destroy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "runtime/report.h"
#include "runtime/teardown.h"

struct asking {
    bool answered, agreed;
};

static void asking_answered(void *ctx)
{
    struct asking *a = ctx;
    char line[16];
    a->answered = true;
    a->agreed = fgets(line, sizeof line, stdin) && !strcmp(line, "yes\n");
}

/* Meanwhile the state stays ours, and whoever asks us to end is heard. */
static bool asked(const struct run *r)
{
    struct asking a = {0};
    loop_watch(r->loop, STDIN_FILENO, asking_answered, &a);
    while (!a.answered && !r->stopping)
        loop_step(r->loop);
    loop_unwatch(r->loop, STDIN_FILENO);
    return a.agreed && !r->stopping;
}

bool destroy_may_ask(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

int destroy_agreed(const struct run *r, const struct things *t)
{
    if (r->options->yes)
        return 0;
    if (!destroy_may_ask()) {
        report_say("nobody can be asked here; --yes destroys without asking");
        return STATUS_USAGE;
    }
    puts("This deletes, with everything on it:");
    things_print_going(t, stdout);
    things_print_kept(t, stdout);
    printf("Delete? Only \"yes\" does it: ");
    fflush(stdout);
    if (asked(r))
        return 0;
    puts("nothing deleted");
    return r->stopping ? error_status(DVO_ECANCELED) : STATUS_USAGE;
}

static size_t things_kept(const struct things *t)
{
    return things_count(t, THING_FOUND) + things_count(t, THING_DATA) +
           things_count(t, THING_NEEDED) + things_count(t, THING_UNKNOWN);
}

int destroy_things(struct run *r, const struct things *t)
{
    size_t going = things_count(t, THING_GOES);
    struct teardown_result result = teardown(r, t);
    int status = result.status;
    fflush(stderr);
    things_print_kept(t, stdout);
    if (things_count(t, THING_UNKNOWN) && !status)
        status = error_status(DVO_EINVAL);
    if (r->stopping && result.gone < going && !status)
        status = error_status(DVO_ECANCELED);
    printf("%zu deleted, %zu failed, %zu left\n", result.gone, result.failed,
           going - result.gone - result.failed + things_kept(t));
    return status;
}

/* What other programs made with the same state is theirs. */
static void tell_others(const struct things *t)
{
    json_t *programs = json_object(), *v;
    const char *program;
    for (size_t i = 0; i < t->n; i++)
        if (!t->v[i].ours && t->v[i].row.created)
            json_object_set_new(programs, t->v[i].row.program, json_true());
    json_object_foreach(programs, program, v)
        printf("%s has made things with this state, too; they are left to it\n", program);
    json_decref(programs);
}

static int destroy_chosen(struct run *r, const struct things *t)
{
    int status = things_check_protected(r, t);
    if (status)
        return status;
    if (!things_count(t, THING_GOES) && !things_kept(t)) {
        puts("nothing to destroy");
        return 0;
    }
    if (things_count(t, THING_GOES) && (status = destroy_agreed(r, t)))
        return status;
    return destroy_things(r, t);
}

int destroy_run(struct run *r)
{
    struct things t = {0};
    struct fault f = {0};
    int status;
    if (things_read(r, &t, &f) && things_choose(r, &t, false, &f)) {
        status = destroy_chosen(r, &t);
        tell_others(&t);
    } else {
        status = report_fault(&f);
    }
    things_free(&t);
    return status;
}
