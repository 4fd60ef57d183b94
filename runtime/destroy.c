/* Goes through the things in the state that carry a provider's key, and runs the plan's
 * delete sequence of each. */
#include "runtime/destroy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "runtime/removal.h"
#include "runtime/report.h"

struct destroy {
    struct run *run;
    struct {
        uint32_t *v; /* ops, in the order of their deletion */
        size_t n, cap;
    } ops;
    uint32_t at; /* the op being deleted */
    unsigned strangers, failed;
    int status; /* of the first failure */
    bool busy;
};

static void destroy_collect(void *ctx, const struct state_op *op)
{
    struct destroy *d = ctx;
    uint32_t known = plan_op_at(d->run->plan, op->address);
    /* An intent without a result may have been carried out. */
    if (!op->created && op->status != STATE_STARTED)
        return;
    if (known && d->run->plan->ops[known].way == WAY_CALLS) {
        *vec_push(&d->ops) = known;
        return;
    }
    fprintf(stderr,
            "dvo-run: %s (%s, key %s) was created, but this plan does not have it: build "
            "the program that does, or delete it at the provider\n",
            op->address, op->call, op->key);
    d->strangers++;
}

static bool destroy_agreed(const struct destroy *d)
{
    char answer[16];
    if (d->run->options->yes)
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        fputs("dvo-run: nobody can be asked here; --yes destroys without asking\n",
              stderr);
        return false;
    }
    puts("This deletes, with everything on it:");
    for (size_t i = 0; i < d->ops.n; i++) {
        const struct plan_op *op = &d->run->plan->ops[d->ops.v[i]];
        printf("  %s  %s\n", op->address, op->title);
    }
    printf("Delete? Only \"yes\" does it: ");
    fflush(stdout);
    if (fgets(answer, sizeof answer, stdin) && !strcmp(answer, "yes\n"))
        return true;
    puts("nothing deleted");
    return false;
}

/* What was done on a deleted machine is gone with it. */
static void destroy_forget(struct destroy *d, uint32_t op)
{
    const struct run_plan *p = d->run->plan;
    struct fault f = {0};
    bool ok = true;
    for (uint32_t i = 1; ok && i <= p->nops; i++)
        if (p->ops[i].subject == op)
            ok = state_forget(d->run->state, p->ops[i].address, &f);
    if (!ok || !state_forget(d->run->state, p->ops[op].address, &f))
        progress_say(d->run->progress, "%s", f.message);
    fault_free(&f);
}

static void destroy_ended(void *ctx, struct fault *fault)
{
    struct destroy *d = ctx;
    struct run *r = d->run;
    uint32_t op = d->at;
    const char *address = r->plan->ops[op].address;
    d->busy = false;
    if (fault && fault->code) {
        progress_end(r->progress, op, address, "failed", fault->message);
        events_write(r->events, "failed", address, false, fault);
        report_failure(r, op, fault);
        d->failed++;
        d->status = d->status ? d->status : error_status(fault->code);
        fault_free(fault);
        return;
    }
    destroy_forget(d, op);
    progress_end(r->progress, op, address, "deleted", NULL);
    events_write(r->events, "deleted", address, true, NULL);
}

int destroy_run(struct run *r)
{
    struct destroy d = {.run = r};
    struct fault f = {0};
    size_t i = 0;
    if (!state_each_keyed(r->state, destroy_collect, &d, &f)) {
        fprintf(stderr, "dvo-run: %s\n", f.message);
        d.status = error_status(f.code);
    } else if (d.ops.n && !destroy_agreed(&d)) {
        d.status = 2;
    } else {
        for (; i < d.ops.n && !r->stopping; i++) {
            uint32_t op = d.ops.v[i];
            d.busy = true;
            progress_start(r->progress, op, r->plan->ops[op].address, "Delete it");
            d.at = op;
            removal_of_op(r, op, destroy_ended, &d);
            while (d.busy)
                loop_step(r->loop);
        }
        if (d.strangers && !d.status)
            d.status = error_status(DVO_EINVAL);
        if (r->stopping && !d.status)
            d.status = error_status(DVO_ECANCELED);
        if (!d.ops.n && !d.strangers)
            puts("nothing to destroy");
        else
            printf("%zu deleted, %u failed, %zu left\n", i - d.failed, d.failed,
                   d.ops.n - i + d.strangers);
    }
    fault_free(&f);
    free(d.ops.v);
    return d.status;
}
