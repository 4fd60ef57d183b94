/* Writes api/calls.json from the driver's sequences, and copies the embedded scripts that
 * go with it. */
#include "emitters/api.h"

#include <string.h>

#include "emitters/boot.h"
#include "emitters/json.h"
#include "emitters/lines.h"
#include "emitters/render.h"
#include "emitters/value_json.h"
#include "ir/base/embed.h"

/* Whether the op's step-library lines go to the machine by the runtime itself. */
static bool api_has_steps(const struct emission *e, op_id op)
{
    const struct plan_template *t = emission_template(e, op);
    return t && t->backend == BACKEND_API &&
           val_get(e->values, t->steps)->kind == IR_LIST;
}

bool api_has_calls(const struct emission *e, op_id op)
{
    const struct plan_template *t = emission_template(e, op);
    return t && t->backend == BACKEND_API &&
           val_get(e->values, t->steps)->kind == IR_DICT;
}

static bool call_is_foreign(const struct call_info *call)
{
    for (uint32_t i = 0; i < call->neffects; i++)
        if (call->effects[i].write && call->effects[i].any)
            return true;
    return false;
}

/* Whether the op in this place of the segment is one transaction with the other. */
static bool same_carrier(const struct emission *e, const struct plan_segment *s, op_id op,
                         uint32_t place)
{
    const struct op *ops = e->graph->ops;
    /* Those of all machines are alike. */
    op_id here = s->parts[0].ops[e->plan->place[op]];
    return ops[here].carrier && ops[s->parts[0].ops[place]].carrier == ops[here].carrier;
}

bool api_probe_asked(const struct emission *e, op_id op)
{
    const struct op *o = &e->graph->ops[op];
    if (!o->segment)
        return true;
    /* From the end: the first foreign call met is the last one of the run. */
    const struct plan_segment *s = &e->plan->segments[o->segment];
    for (uint32_t i = s->nops; i-- > e->plan->place[op] + 1;) {
        op_id other = s->parts[0].ops[i];
        if (!same_carrier(e, s, op, i) && call_is_foreign(graph_call(e->graph, other)))
            return false;
    }
    return true;
}

/* "engine/" of the driver's "engine/podman.sh", or NULL. */
static const char *service_folder(struct emission *e, const char **service)
{
    val_id v = e->plan->driver ? val_dict_get(e->values, e->plan->driver, "service") : 0;
    if (!v || val_get(e->values, v)->kind != IR_STR)
        return NULL;
    *service = emission_text(e, val_get(e->values, v)->as.n);
    const char *slash = strrchr(*service, '/');
    return slash ? arena_strndup(&e->arena, *service, (size_t)(slash + 1 - *service))
                 : "";
}

static void driver_member(struct emission *e, const char *name, struct json *j)
{
    val_id v = val_dict_get(e->values, e->plan->driver, name);
    if (!v)
        return;
    json_put_name(j, name);
    value_json_lines(e, 0, v, j);
}

static void api_provider(struct emission *e, struct json *j)
{
    if (!e->plan->driver)
        return;
    json_put_name(j, "provider");
    json_put_object(j);
    json_put_name(j, "name");
    json_put_cstr(j, e->graph->provider ? e->graph->provider : "");
    val_id driver = val_dict_get(e->values, e->plan->driver, "name");
    if (!driver && e->plan->provider)
        driver = val_dict_get(e->values, e->plan->provider, "driver");
    if (driver) {
        json_put_name(j, "driver");
        value_json(e, 0, driver, j);
    }
    val_id cloud =
        e->plan->provider ? val_dict_get(e->values, e->plan->provider, "cloud") : 0;
    if (cloud) {
        json_put_name(j, "cloud");
        value_json(e, 0, cloud, j);
    }
    driver_member(e, "credentials", j);
    driver_member(e, "transport", j);
    json_put_name(j, "service");
    const char *service = NULL;
    if (service_folder(e, &service))
        json_put_cstr(j, service);
    else
        json_put_null(j);
    static const char *const members[] = {"session", "services", "limits",
                                          "quotas",  "errors",   "words"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        driver_member(e, members[i], j);
    json_put_object_end(j);
}

/* Members of a driver's rule that stand beside its sequences. */
static const char *const beside[] = {"needs", "facts", "result"};
enum { BESIDE = sizeof beside / sizeof *beside };

static bool stands_beside(const struct emission *e, val_id name)
{
    for (size_t i = 0; i < BESIDE; i++)
        if (render_is(e, name, beside[i]))
            return true;
    return false;
}

/* Where the arguments are written. */
static void api_places(struct emission *e, op_id op, struct json *j)
{
    const struct call_info *call = graph_call(e->graph, op);
    json_put_name(j, "places");
    json_put_object_compact(j);
    for (uint32_t i = 0; i < call->nargs; i++) {
        struct span at = graph_arg_place(e->graph, op, i);
        if (!at.file)
            continue;
        str_id name = call->args[i].name;
        json_put_key(j, emission_text(e, name), intern_len(e->strings, name));
        lines_put_place(&e->lines, e->graph->sources, at, j);
    }
    json_put_object_end(j);
}

/* What a provider keeps in place of arguments that are too long for it. */
static void api_args_digest(struct emission *e, op_id op, struct json *j)
{
    struct buf label = {0};
    if (render_args_short(e, op, &label)) {
        json_put_name(j, "args_digest");
        json_put_text(j, label.p, label.len);
    }
    buf_free(&label);
}

static void api_calls(struct emission *e, op_id op, struct json *j)
{
    val_id sequences = emission_template(e, op)->steps;
    struct buf key = {0};
    render_key(e, op, ':', &key);
    json_put_name(j, "key");
    json_put_text(j, key.p, key.len);
    buf_free(&key);
    json_put_name(j, "args");
    value_json_args(e, op, j);
    api_args_digest(e, op, j);
    api_places(e, op, j);
    json_put_name(j, "sequences");
    json_put_object(j);
    uint32_t count = val_get(e->values, sequences)->count;
    for (uint32_t i = 0; i < count; i++) {
        val_id name = val_items(e->values, sequences)[2 * i];
        if (stands_beside(e, name))
            continue;
        size_t len;
        const char *text = render_bytes(e, name, &len);
        json_put_key(j, text, len);
        value_json_lines(e, op, val_items(e->values, sequences)[2 * i + 1], j);
    }
    json_put_object_end(j);
    for (size_t i = 0; i < BESIDE; i++) {
        val_id v = val_dict_get(e->values, sequences, beside[i]);
        if (!v)
            continue;
        json_put_name(j, beside[i]);
        value_json(e, op, v, j);
    }
}

static bool embedded_put(struct emission *e, const struct embedded_file *f)
{
    return artefact_put_embedded(&e->out, arena_printf(&e->arena, "api/%s", f->path), f);
}

static void api_service(struct emission *e)
{
    const char *service = NULL;
    const char *folder = service_folder(e, &service);
    if (!folder)
        return;
    if (!embedded_find(service)) {
        emission_error(e, EMIT_FILE, 0,
                       "the driver's service %s is not part of this program", service);
        return;
    }
    /* The service finds its other files beside itself. */
    if (!*folder)
        embedded_put(e, embedded_find(service));
    for (size_t i = embedded_first(folder); *folder && embedded_in(i, folder); i++)
        embedded_put(e, &embedded_files[i]);
}

/* What is said instead of the steps of several ops, if all of them take part. */
static void api_together(struct emission *e, op_id carrier, struct json *j)
{
    if (!e->graph->ops[carrier].members)
        return;
    json_put_name(j, "together");
    json_put_object(j);
    json_put_name(j, "ops");
    value_json_op(e, carrier, j);
    json_put_name(j, "steps");
    value_json_steps(e, carrier, emission_template(e, carrier)->steps, j);
    json_put_object_end(j);
}

/* Whether the op is of a first boot; each of those is reported on by itself. */
static bool api_first_boot(struct emission *e, op_id op, struct json *j)
{
    const char *name = boot_name(e, op);
    if (!name)
        return false;
    json_put_name(j, "boot");
    json_put_cstr(j, name);
    return true;
}

bool api_emit(struct emission *e)
{
    struct buf text = {0};
    struct json j;
    bool calls = false, steps = false;
    boot_emit(e);
    json_begin(&j, &text);
    json_put_object(&j);
    json_put_name(&j, "format");
    json_put_cstr(&j, "dvo-calls/2");
    api_provider(e, &j);
    json_put_name(&j, "calls");
    json_put_array(&j);
    for (uint32_t i = 0; i < e->plan->norder; i++) {
        op_id op = e->plan->order[i];
        const struct plan_template *t = emission_template(e, op);
        steps |= t && t->probe;
        if (!api_has_calls(e, op) && !api_has_steps(e, op))
            continue;
        json_put_object(&j);
        json_put_name(&j, "op");
        json_put_int(&j, op);
        json_put_name(&j, "address");
        str_id address = e->graph->ops[op].address;
        json_put_text(&j, emission_text(e, address), intern_len(e->strings, address));
        if (api_has_calls(e, op)) {
            api_calls(e, op, &j);
            calls = true;
        } else {
            json_put_name(&j, "steps");
            value_json_steps(e, op, t->steps, &j);
            if (!api_first_boot(e, op, &j))
                api_together(e, emission_turn(e, op), &j);
            steps = true;
        }
        json_put_object_end(&j);
    }
    json_put_array_end(&j);
    json_put_object_end(&j);
    json_end(&j);
    bool wanted = calls || steps || e->plan->driver;
    bool ok = !wanted || artefact_put(&e->out, "api/calls.json", text.p, text.len);
    if (ok && calls)
        api_service(e);
    if (ok && steps)
        artefact_put_embedded(&e->out, "api/steps.sh", embedded_find("library/steps.sh"));
    buf_free(&text);
    return !e->failed && !e->out.failed;
}
