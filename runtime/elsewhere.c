/* What was only looked for is looked for anew; what is not known to have been made stands
 * in nobody's way. */
#include "runtime/elsewhere.h"

#include <string.h>

#include "runtime/calls.h"
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

/* NAME (driver DRIVER) */
static void provider_called(const json_t *record, struct buf *text)
{
    const char *name = json_string_value(json_object_get(record, "name"));
    const char *driver = json_string_value(json_object_get(record, "driver"));
    buf_str(text, name ? name : "another one");
    if (driver)
        buf_printf(text, " (driver %s)", driver);
}

bool elsewhere(struct run *r, uint32_t op, struct fault *f)
{
    const struct state_op *known = &r->ops[op].before;
    bool there = known->status == STATE_DONE || known->status == STATE_STARTED;
    if (!there || !known->provider || !strcmp(known->provider, provider_id(r)) ||
        !(known->created || op_makes(r, op)))
        return false;
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
