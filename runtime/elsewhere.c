/* What was only looked for is looked for anew; what is not known to have been made stands
 * in nobody's way. */
#include "runtime/elsewhere.h"

#include <string.h>

#include "runtime/calls.h"
#include "runtime/identity.h"
#include "runtime/provider.h"

static bool op_makes(const struct run *r, uint32_t op)
{
    struct fault ignored = {0};
    json_t *entry = calls_entry(r->plan, op, &ignored);
    const json_t *sequences = json_object_get(entry, "sequences");
    bool makes = json_array_size(json_object_get(sequences, "create"));
    json_decref(entry);
    fault_free(&ignored);
    return makes;
}

/* NAME (driver DRIVER, cloud CLOUD) */
static void provider_called(const json_t *record, struct buf *text)
{
    const char *name = json_string_value(json_object_get(record, "name"));
    const char *driver = json_string_value(json_object_get(record, "driver"));
    const char *cloud = json_string_value(json_object_get(record, "cloud"));
    buf_str(text, name ? name : "another one");
    if (driver)
        buf_printf(text, " (driver %s%s%s)", driver, cloud ? ", cloud " : "",
                   cloud ? cloud : "");
}

/* Whether that provider is the plan's under another name, as their logins tell. Then the
 * state knows it by the plan's from now on. */
static bool renamed(struct run *r, const char *provider, struct fault *f)
{
    json_t *was = NULL, *is = NULL;
    bool same = state_identity(r->state, provider, &was, f) && was &&
                identity_holds(r, f) &&
                state_identity(r->state, provider_id(r), &is, f) && json_equal(was, is) &&
                state_rename_provider(r->state, provider, provider_id(r), f);
    json_decref(was);
    json_decref(is);
    return same;
}

bool elsewhere(struct run *r, uint32_t op, struct fault *f)
{
    const struct state_op *known = &r->ops[op].before;
    bool there = known->status == STATE_DONE || known->status == STATE_STARTED;
    if (!there || !known->provider || !strcmp(known->provider, provider_id(r)) ||
        !(known->created || op_makes(r, op)) || renamed(r, known->provider, f))
        return false;
    if (f->code)
        return true;
    json_t *record = NULL;
    struct buf was = {0}, is = {0}, help = {0};
    if (state_provider(r->state, known->provider, &record, f)) {
        provider_called(record, &was);
        provider_called(provider_record(r), &is);
        fault_set(f, DVO_EINVAL,
                  "the state has it at the provider %s; the program now goes to %s, and "
                  "would make it a second time",
                  buf_text(&was), buf_text(&is));
        buf_printf(&help,
                   "delete it there: dvoc destroy %s. To have it at both, give this "
                   "provider a project of its own: --project NAME",
                   r->plan->dir);
        f->help = buf_steal(&help);
    }
    json_decref(record);
    buf_free(&was);
    buf_free(&is);
    return true;
}
