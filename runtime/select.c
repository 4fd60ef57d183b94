/* Addresses become ops. */
#include "runtime/select.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/report.h"

static bool select_list(struct run *r, const char *const *addresses, size_t n,
                        const char *option, enum run_status status)
{
    struct run_plan *p = r->plan;
    for (size_t i = 0; i < n; i++) {
        uint32_t op = plan_op_at(p, addresses[i]);
        if (op) {
            r->ops[op].status = status;
            continue;
        }
        const char **names = xcalloc(p->nops + 1, sizeof *names);
        for (uint32_t k = 1; k <= p->nops; k++)
            names[k - 1] = p->ops[k].address;
        const char *near = text_nearest(addresses[i], names, p->nops);
        report_say("%s %s: the plan has no such address%s%s%s", option, addresses[i],
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        free(names);
        return false;
    }
    return true;
}

bool select_ops(struct run *r)
{
    const struct run_options *o = r->options;
    if (o->nonly)
        for (uint32_t i = 1; i <= r->plan->nops; i++)
            r->ops[i].status = RUN_KNOWN;
    return select_list(r, o->only, o->nonly, "--only", RUN_WAITING) &&
           select_list(r, o->except, o->nexcept, "--except", RUN_KNOWN) &&
           select_list(r, o->replace, o->nreplace, "--replace", RUN_WAITING);
}

bool select_replaced(const struct run *r, uint32_t op)
{
    for (size_t i = 0; i < r->options->nreplace; i++)
        if (!strcmp(r->options->replace[i], r->plan->ops[op].address))
            return true;
    return false;
}
