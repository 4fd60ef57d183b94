/* One login at a time, however many calls wait for it. An error that will not go away is
 * told to all later calls without asking again. */
#include "runtime/session.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/identity.h"
#include "runtime/phase.h"

/* A login that takes longer will not come. */
#define LOGIN_TIMEOUT_MS 60000

struct session {
    struct run *run;
    const json_t *record;
    json_t *facts;
    struct phase phase;
    unsigned number;
    bool busy;
    struct fault lost; /* for good */
    struct {
        struct session_waiter {
            session_fn *done;
            void *ctx;
        } * v;
        size_t n, cap;
    } waiters;
};

struct session *session_new(struct run *r, const json_t *record, json_t *facts)
{
    struct session *s = xcalloc(1, sizeof *s);
    *s = (struct session){.run = r, .record = record, .facts = facts};
    s->phase.vars = json_object();
    return s;
}

void session_free(struct session *s)
{
    if (!s)
        return;
    json_decref(s->phase.vars);
    fault_free(&s->lost);
    free(s->waiters.v);
    free(s);
}

unsigned session_number(const struct session *s)
{
    return s->number;
}

/* Those who come while the others are told wait for the next one. */
static void session_tell(struct session *s, const struct fault *fault)
{
    struct session_waiter *waiters = s->waiters.v;
    size_t n = s->waiters.n;
    s->waiters.v = NULL;
    s->waiters.n = s->waiters.cap = 0;
    for (size_t i = 0; i < n; i++)
        waiters[i].done(waiters[i].ctx, fault);
    free(waiters);
}

/* Who could not log in where: what is wrong is in files that the user wrote. */
static void session_explain(const struct session *s, struct fault *f)
{
    const json_t *user = json_object_get(s->facts, "user");
    const char *cloud = json_string_value(json_object_get(s->facts, "cloud_name"));
    const char *url = json_string_value(json_object_get(s->facts, "auth_url"));
    const char *name = json_string_value(json_object_get(user, "name"));
    struct fault why = {0};
    fault_set(&why, f->code, "cannot log in to cloud %s at %s%s%s: %s",
              cloud ? cloud : "?", url ? url : "?", name ? " as " : "", name ? name : "",
              f->message);
    why.words = f->words;
    why.help = f->help;
    why.status = f->status;
    why.retry_after_ms = f->retry_after_ms;
    why.final = f->final;
    /* An identity service that is not there must not look like a thing that is not there,
     * nor a login that it refuses like an argument of the call that waits for it. */
    if (f->code == DVO_ENOENT || f->code == DVO_EINVAL) {
        why.code = DVO_EPROTO;
        if (!why.help)
            why.help = f->help =
                xstrdup("check auth_url in clouds.yaml: it should be that "
                        "of an Identity API of version 3");
    }
    f->words = f->help = NULL;
    fault_move(f, &why);
}

/* What a login gives away is for nobody else. */
static void session_hide(struct session *s)
{
    const char *name;
    json_t *v;
    json_object_foreach(s->phase.vars, name,
                        v) if (strstr(name, "token") && json_string_length(v) > 0)
        secrets_hide(s->run->secrets, json_string_value(v));
}

static void session_ended(void *ctx, enum phase_end end, struct fault *f)
{
    struct session *s = ctx;
    struct fault fault = {0};
    s->busy = false;
    if (end == PHASE_DONE) {
        session_hide(s);
        if (identity_check(s->run, json_object_get(s->record, "identity"), s->phase.vars,
                           &fault)) {
            json_object_update(s->facts, s->phase.vars);
            s->number++;
            session_tell(s, NULL);
            return;
        }
    } else {
        fault_move(&fault, f);
        session_explain(s, &fault);
    }
    if (!error_transient(fault.code))
        fault_copy(&s->lost, &fault);
    session_tell(s, &fault);
    fault_free(&fault);
}

static void session_begin(struct session *s)
{
    s->busy = true;
    s->phase = (struct phase){.run = s->run,
                              .vars = s->phase.vars,
                              .deadline = loop_now() + LOGIN_TIMEOUT_MS,
                              .done = session_ended,
                              .ctx = s};
    json_object_clear(s->phase.vars);
    phase_start(&s->phase, json_object_get(s->record, "steps"));
}

void session_ready(struct session *s, unsigned bad, session_fn *done, void *ctx)
{
    if (s->number > bad) {
        done(ctx, NULL);
        return;
    }
    if (s->lost.code) {
        done(ctx, &s->lost);
        return;
    }
    *vec_push(&s->waiters) = (struct session_waiter){done, ctx};
    if (!s->busy)
        session_begin(s);
}
