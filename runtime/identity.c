/* What a login tells is compared with what the state was told when the things were made.
 * Only a run takes it down for things that were made before states knew: whoever looks or
 * deletes may be at the wrong place without making it worse. */
#include "runtime/identity.h"

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "runtime/provider.h"
#include "runtime/things.h"

static const json_t *identity_of(const json_t *record)
{
    return json_object_get(json_object_get(record, "session"), "identity");
}

bool identity_told(const json_t *record)
{
    return identity_of(record);
}

/* NAME VALUE, NAME VALUE */
static void place_text(const json_t *identity, struct buf *text)
{
    const char *name;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)identity, name, v)
    {
        if (json_is_null(v))
            continue;
        buf_printf(text, "%s%s ", text->len ? ", " : "", name);
        value_text(v, text);
    }
    if (!text->len)
        buf_str(text, "no place that the login names");
}

static bool misplaced(struct run *r, size_t n, const json_t *was, const json_t *is,
                      struct fault *f)
{
    const char *cloud =
        json_string_value(json_object_get(provider_facts(r), "cloud_name"));
    struct buf there = {0}, here = {0}, help = {0};
    place_text(was, &there);
    place_text(is, &here);
    fault_set(f, DVO_EINVAL, "the state has %zu thing%s in %s; %s%s now leads to %s", n,
              n == 1 ? "" : "s", buf_text(&there), cloud ? "cloud " : "the login",
              cloud ? cloud : "", buf_text(&here));
    buf_printf(
        &help,
        "switch back to where the state has them; if they are to go, dvoc destroy "
        "%s deletes them there. To have things at both, give each place a state of "
        "its own: --state FILE",
        r->plan->dir);
    f->help = buf_steal(&help);
    f->final = true;
    r->misplaced = true;
    buf_free(&there);
    buf_free(&here);
    return false;
}

static bool identity_compare(struct run *r, const json_t *was, const json_t *is,
                             struct fault *f)
{
    const struct run_options *o = r->options;
    size_t n;
    if (json_equal(was, is))
        return true;
    if (!things_at_provider(r, &n, f))
        return false;
    if (n && was)
        return misplaced(r, n, was, is, f);
    bool makes = !o->preflight_only && !o->destroy && !o->status;
    return (n && !makes) || state_keep_identity(r->state, provider_id(r), is, f);
}

bool identity_check(struct run *r, const json_t *identity, const json_t *vars,
                    struct fault *f)
{
    struct value_source s = run_values(r, vars);
    json_t *is = identity ? value_evaluate(&s, identity) : NULL, *was = NULL;
    bool ok = !identity;
    if (identity && !is)
        fault_set(f, DVO_EPROTO, "the login does not tell the provider's identity");
    else if (identity)
        ok = state_identity(r->state, provider_id(r), &was, f) &&
             identity_compare(r, was, is, f);
    fault_free(&s.fault);
    json_decref(was);
    json_decref(is);
    return ok;
}

struct meeting {
    bool over;
    struct fault fault;
};

static void meeting_over(void *ctx, struct fault *fault)
{
    struct meeting *m = ctx;
    m->over = true;
    if (fault)
        fault_move(&m->fault, fault);
}

bool identity_holds(struct run *r, struct fault *f)
{
    struct meeting m = {0};
    if (!identity_told(provider_record(r)))
        return true;
    provider_ready(r, meeting_over, &m);
    while (!m.over)
        loop_step(r->loop);
    bool holds = !m.fault.code || !r->misplaced;
    if (!holds)
        fault_move(f, &m.fault);
    fault_free(&m.fault);
    return holds;
}
