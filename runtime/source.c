/* Values of a run: fields of ops, endpoints, secrets; and who waits for one that is not
 * there yet. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ir/base/arena.h"
#include "runtime/endpoint.h"
#include "runtime/provider.h"
#include "runtime/run.h"

static json_t *source_fault(struct value_source *s)
{
    s->outcome = VALUE_FAULT;
    return NULL;
}

static json_t *field_of(const struct run *r, uint32_t op, const char *name)
{
    json_t *v = json_object_get(r->ops[op].result, name);
    return json_is_null(v) ? NULL : v;
}

static json_t *source_ref(struct value_source *s, json_int_t id, const char *field)
{
    const struct run *r = s->ctx;
    uint32_t op = plan_op_index(r->plan, id);
    if (!op) {
        fault_set(&s->fault, DVO_EPROTO,
                  "the plan refers to an op that it does not have");
        return source_fault(s);
    }
    if (!strcmp(field, "changed"))
        return json_boolean(run_changed(r, op));
    json_t *v = field_of(r, op, field);
    if (v)
        return json_incref(v);
    const char *address = r->plan->ops[op].address;
    switch (r->ops[op].status) {
    case RUN_SKIPPED:
    case RUN_FAILED:
    case RUN_BLOCKED:
    case RUN_CANCELED: s->outcome = VALUE_SKIPPED; return NULL;
    case RUN_KNOWN:
        fault_set(&s->fault, DVO_ENOENT,
                  "%s.%s is not known: %s takes no part in this run, "
                  "and the state has no such result of it",
                  address, field, address);
        return source_fault(s);
    default:
        /* A step that found nothing to do now, and never did before. */
        if (r->plan->ops[op].way == WAY_SEGMENT && !r->ops[op].changed) {
            s->outcome = VALUE_SKIPPED;
            return NULL;
        }
        fault_set(&s->fault, DVO_ENOENT, "%s has no %s", address, field);
        return source_fault(s);
    }
}

static json_t *source_get(struct value_source *s, json_int_t id, const char *method,
                          const json_t *arg)
{
    struct run *r = s->ctx;
    uint32_t op = plan_op_index(r->plan, id);
    enum run_status status = op ? r->ops[op].status : RUN_FAILED;
    if (status == RUN_SKIPPED || status == RUN_FAILED || status == RUN_BLOCKED) {
        s->outcome = VALUE_SKIPPED;
        return NULL;
    }
    if (!strcmp(method, "endpoint"))
        return endpoint_get(r, op, json_integer_value(arg), s);
    const char *name = json_string_value(arg);
    const json_t *field = json_object_get(r->ops[op].result, method);
    if (json_is_array(field) && json_is_integer(arg)) {
        json_t *item = json_array_get(field, (size_t)json_integer_value(arg));
        if (item)
            return json_incref(item);
        fault_set(&s->fault, DVO_ENOENT, "%s has no such item of its %s",
                  r->plan->ops[op].address, method);
    } else if (!strcmp(method, "header") && name) {
        const char *key;
        json_t *v;
        json_object_foreach(json_object_get(r->ops[op].result, "headers"), key,
                            v) if (!strcasecmp(key, name)) return json_incref(v);
        fault_set(&s->fault, DVO_ENOENT, "the answer to %s has no header %s",
                  r->plan->ops[op].address, name);
    } else {
        fault_set(&s->fault, DVO_ENOSYS, "this dvo-run knows no %s() of %s", method,
                  r->plan->ops[op].address);
    }
    return source_fault(s);
}

static const char *source_secret(struct value_source *s, const char *path)
{
    const struct run *r = s->ctx;
    const char *value = secret_get(r->secrets, path, &s->fault);
    if (!value)
        s->outcome = VALUE_FAULT;
    return value;
}

struct value_source run_values(struct run *r, const json_t *vars)
{
    return (struct value_source){.ref = source_ref,
                                 .get = source_get,
                                 .secret = source_secret,
                                 .vars = vars,
                                 .provider = provider_facts(r),
                                 .dir = r->plan->dir,
                                 .ctx = r};
}

/* Whether every {"$secret": path} in a document can be had. */
static bool secrets_within(struct run *r, const json_t *v, struct fault *f)
{
    const char *key;
    size_t i;
    json_t *item;
    const char *path = json_string_value(json_object_get(v, "$secret"));
    if (path)
        return secret_get(r->secrets, path, f);
    if (json_is_object(v))
        json_object_foreach((json_t *)(uintptr_t)v, key,
                            item) if (!secrets_within(r, item, f)) return false;
    json_array_foreach(v, i, item) if (!secrets_within(r, item, f)) return false;
    return true;
}

/* Those of what is given to its tool run. */
static bool segment_secrets_known(struct run *r, const struct segment *s, struct fault *f)
{
    size_t i;
    json_t *path;
    if (!secrets_within(r, s->vars, f) || !secrets_within(r, s->own, f))
        return false;
    json_array_foreach(s->secrets, i, path)
    {
        if (json_is_string(path) && !secret_get(r->secrets, json_string_value(path), f))
            return false;
    }
    return true;
}

bool run_secrets_known(struct run *r, struct fault *f)
{
    for (uint32_t i = 1; i <= r->plan->nops; i++) {
        const struct plan_op *op = &r->plan->ops[i];
        if (r->ops[i].status == RUN_KNOWN)
            continue;
        for (const struct plan_secret *s = op->secrets; s; s = s->next)
            if (!secret_get(r->secrets, s->path, f))
                return false;
        if (op->segment && !segment_secrets_known(r, &r->plan->segments[op->segment], f))
            return false;
    }
    return true;
}

bool run_changed(const struct run *r, uint32_t op)
{
    const struct run_op *o = &r->ops[op];
    return (o->status == RUN_DONE || o->status == RUN_KNOWN ||
            o->status == RUN_RUNNING) &&
           (o->changed || o->pending);
}

void run_wait(struct run *r, run_fn *fn, void *ctx)
{
    *vec_push(&r->waiters) = (struct run_waiter){fn, ctx};
}

void run_wake(struct run *r)
{
    /* Who is called may wait again: for the next time. */
    struct run_waiter *v = r->waiters.v;
    size_t n = r->waiters.n;
    r->waiters.v = NULL;
    r->waiters.n = r->waiters.cap = 0;
    for (size_t i = 0; i < n; i++)
        v[i].fn(v[i].ctx);
    free(v);
}
