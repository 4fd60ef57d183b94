/* What is shown is what is deleted: a thing that became left over only while the plan was
 * carried out waits for the next time. */
#include "runtime/prune.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "runtime/calls.h"
#include "runtime/destroy.h"
#include "runtime/report.h"

/* --- shifted lists ---------------------------------------------------------------------
 */

/* NAME[N]: the length of NAME and of its brackets, and N; false if it is no such address.
 */
static bool position_of(const char *address, size_t *name, unsigned long *n)
{
    const char *open = strrchr(address, '[');
    char *end;
    if (!open || open[1] < '0' || open[1] > '9')
        return false;
    *name = (size_t)(open - address);
    *n = strtoul(open + 1, &end, 10);
    return !strcmp(end, "]");
}

static const struct thing *thing_at(const struct things *t, const char *list, size_t len,
                                    unsigned long n)
{
    struct buf address = {0};
    buf_printf(&address, "%.*s[%lu]", (int)len, list, n);
    const json_t *at = json_object_get(t->index, buf_text(&address));
    buf_free(&address);
    return at ? &t->v[json_integer_value(at)] : NULL;
}

/* The addresses of what was done on a machine, without its own: of the state. */
static json_t *done_by_state(const struct things *t, const char *machine)
{
    json_t *set = json_object();
    for (size_t i = 0; i < t->others.n; i++)
        if (thing_carries(machine, t->others.v[i]))
            json_object_set_new(set, t->others.v[i] + strlen(machine), json_true());
    return set;
}

/* The same, of the plan. */
static json_t *done_by_plan(const struct run_plan *p, uint32_t machine)
{
    json_t *set = json_object();
    const char *address = p->ops[machine].address;
    for (uint32_t i = 1; i <= p->nops; i++)
        if (p->ops[i].way != WAY_CALLS && thing_carries(address, p->ops[i].address))
            json_object_set_new(set, p->ops[i].address + strlen(address), json_true());
    return set;
}

/* Whether the plan's thing is what the state knows at that address. */
static bool same_as(struct run *r, const struct things *t, uint32_t op,
                    const json_t *args, const struct thing *known)
{
    json_t *was = done_by_state(t, known->row.address);
    json_t *is = done_by_plan(r->plan, op);
    bool same =
        (!known->row.args || json_equal(known->row.args, args)) && json_equal(was, is);
    json_decref(was);
    json_decref(is);
    return same;
}

/* Whether what the list has at one of its places is what it had at a later one. */
static bool list_shifted(struct run *r, const struct things *t, const char *list,
                         size_t len, struct fault *f)
{
    const struct thing *x;
    for (unsigned long n = 0; (x = thing_at(t, list, len, n)); n++) {
        if (!x->op)
            continue;
        json_t *entry = calls_entry(r->plan, x->op, f);
        const json_t *args = json_object_get(entry, "args");
        const struct thing *later = NULL;
        bool shifted = false;
        if (entry && !same_as(r, t, x->op, args, x))
            for (unsigned long k = n + 1; !shifted && (later = thing_at(t, list, len, k));
                 k++)
                shifted = same_as(r, t, x->op, args, later);
        json_decref(entry);
        if (f->code)
            return true;
        if (!shifted)
            continue;
        fault_set(f, DVO_EINVAL,
                  "the list %.*s is shorter, and its positions have shifted: %s is now "
                  "what %s was",
                  (int)len, list, x->row.address, later->row.address);
        f->help = xstrdup("give its calls a name=, or say moved(old, new) for each that "
                          "has shifted");
        return true;
    }
    return false;
}

/* Every list that has lost something, once. */
static bool lists_shifted(struct run *r, const struct things *t, struct fault *f)
{
    json_t *seen = json_object();
    bool shifted = false;
    for (size_t i = 0; i < t->n && !shifted; i++) {
        const char *address = t->v[i].row.address;
        size_t len;
        unsigned long n;
        if (t->v[i].fate == THING_STAYS || !position_of(address, &len, &n))
            continue;
        char *list = strndup(address, len);
        if (!json_object_get(seen, list))
            shifted = list_shifted(r, t, list, len, f);
        json_object_set_new(seen, list, json_true());
        free(list);
    }
    json_decref(seen);
    return shifted;
}

/* --- what is on machines that live on --------------------------------------------------
 */

/* Calls that leave nothing behind. */
static bool leaves_nothing(const char *address, size_t machine)
{
    static const char *const calls[] = {".bootstrap(", ".query(", ".wait(", ".reboot("};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (!strncmp(address + machine, calls[i], strlen(calls[i])))
            return true;
    return false;
}

/* Whether an op of the plan is the machine that this was done on; the length of its
 * address. */
static size_t lives_on(struct run_plan *p, const char *address)
{
    size_t length = 0;
    for (const char *dot = address; !length && (dot = strchr(dot, '.')); dot++) {
        char *machine = strndup(address, (size_t)(dot - address));
        uint32_t op = plan_op_at(p, machine);
        if (op && p->ops[op].kind && !strcmp(p->ops[op].kind, "machine") &&
            thing_carries(machine, address))
            length = strlen(machine);
        free(machine);
    }
    return length;
}

/* They are told once: nobody keeps them from then on. */
static bool forget_left_behind(struct run *r, const struct things *t, struct fault *f)
{
    for (size_t i = 0; i < t->others.n; i++) {
        const char *address = t->others.v[i];
        size_t machine = lives_on(r->plan, address);
        if (!machine || plan_op_at(r->plan, address))
            continue;
        if (!leaves_nothing(address, machine))
            printf("left     %s: its call is gone; what it did on the machine stays\n",
                   address);
        if (!state_forget(r->state, address, f))
            return false;
    }
    return true;
}

/* --- the run ---------------------------------------------------------------------------
 */

/* Whether it is settled without asking what becomes of what is shown. */
static bool prune_settled(const struct run *r)
{
    return r->options->expect || r->options->preflight_only;
}

static void prune_preview(const struct things *t)
{
    puts("When everything else has succeeded, this is deleted, with everything on it:");
    things_print_going(t, stdout);
    things_print_kept(t, stdout);
    fflush(stdout);
}

/* Whether those who approved the plan approved of this, too: the exit status, or 0. */
static int prune_agreed(const struct run *r, const struct things *t)
{
    bool settled = prune_settled(r), asks = destroy_may_ask();
    if (settled || !asks || r->options->yes)
        prune_preview(t);
    if (settled)
        return 0;
    if (asks)
        return destroy_agreed(r, t);
    report_say("nobody can be asked here; --expect %s approves of it", r->plan->digest);
    return STATUS_USAGE;
}

static int prune_show(struct run *r, const struct things *t)
{
    struct fault f = {0};
    int status = things_check_protected(r, t);
    if (status)
        return status;
    if (lists_shifted(r, t, &f))
        return report_fault(&f);
    if (!things_count(t, THING_GOES)) {
        things_print_kept(t, stdout);
        return 0;
    }
    if ((status = prune_agreed(r, t)))
        return status;
    r->pruned = json_object();
    for (size_t i = 0; i < t->n; i++)
        if (t->v[i].fate == THING_GOES)
            json_object_set_new(r->pruned, t->v[i].row.address, json_true());
    return 0;
}

int prune_prepare(struct run *r)
{
    struct things t = {0};
    struct fault f = {0};
    int status = things_read(r, &t, &f) && things_choose(r, &t, true, &f)
                     ? prune_show(r, &t)
                     : report_fault(&f);
    things_free(&t);
    return status;
}

int prune_run(struct run *r)
{
    struct things t = {0};
    struct fault f = {0};
    int status = 0;
    bool ok = things_read(r, &t, &f) && things_choose(r, &t, true, &f) &&
              forget_left_behind(r, &t, &f);
    for (size_t i = 0; ok && i < t.n; i++) {
        struct thing *x = &t.v[i];
        if (x->fate == THING_GOES && !json_object_get(r->pruned, x->row.address))
            x->fate = THING_STAYS;
        if (x->fate == THING_LOOKED)
            ok = state_forget(r->state, x->row.address, &f);
    }
    if (!ok)
        status = report_fault(&f);
    else if (things_count(&t, THING_GOES))
        status = destroy_things(r, &t);
    things_free(&t);
    return status;
}

void prune_notice(struct run *r)
{
    struct fault f = {0};
    size_t n;
    char *one;
    things_left_over(r, &n, &one, &f);
    if (n == 1)
        printf("%s is left over, its call is gone: dvoc run --prune deletes it\n", one);
    else if (n)
        printf("%zu things are left over, their calls are gone (%s and others): dvoc run "
               "--prune deletes them\n",
               n, one);
    fflush(stdout);
    free(one);
    fault_free(&f);
}
