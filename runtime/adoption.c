/* Compares what was asked for once with what is asked for now. */
#include "runtime/adoption.h"

#include <stdlib.h>
#include <string.h>

static void tell_difference(const char *name, const json_t *was, const json_t *says,
                            struct buf *out)
{
    buf_printf(out, "%s%s was ", out->len ? "; " : "", name);
    value_text(was ? was : json_null(), out);
    buf_str(out, ", the program says ");
    value_text(says ? says : json_null(), out);
}

/* Everything that differs between two sets of arguments. */
static const char *tell_differences(const json_t *had, const json_t *wanted,
                                    struct buf *out)
{
    const char *key, *first = NULL;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)wanted, key, v)
    {
        const json_t *was = json_object_get(had, key);
        if (was && json_equal(was, v))
            continue;
        first = first ? first : key;
        tell_difference(key, was, v, out);
    }
    json_object_foreach((json_t *)(uintptr_t)had, key,
                        v) if (!json_object_get(wanted, key))
        tell_difference(key, v, NULL, out);
    return first;
}

static bool refuse(const struct plan_op *op, const char *argument, const char *how,
                   struct buf *differences, struct fault *f)
{
    fault_set(f, DVO_EEXIST, "it exists with other arguments: %s",
              differences->len ? buf_text(differences) : how);
    f->argument = argument ? xstrdup(argument) : NULL;
    struct buf help = {0};
    buf_printf(&help,
               "to delete it and make it anew, with everything on it lost: --replace %s",
               op->address);
    f->help = buf_steal(&help);
    buf_free(differences);
    return false;
}

/* {argument: [wanted, found]} over what the lookup found; null is not asked for. */
static bool facts_hold(struct run *r, const struct plan_op *op, const json_t *facts,
                       const json_t *vars, struct fault *f)
{
    const char *name, *first = NULL;
    json_t *pair;
    struct buf differences = {0};
    json_object_foreach((json_t *)(uintptr_t)facts, name, pair)
    {
        struct value_source s = run_values(r, vars);
        json_t *wanted = value_evaluate(&s, json_array_get(pair, 0));
        json_t *found = wanted ? value_evaluate(&s, json_array_get(pair, 1)) : NULL;
        if (found && !json_is_null(wanted) && !json_equal(wanted, found)) {
            first = first ? first : name;
            tell_difference(name, found, wanted, &differences);
        }
        json_decref(wanted);
        json_decref(found);
        fault_free(&s.fault);
    }
    return !differences.len || refuse(op, first, "", &differences, f);
}

bool adoption_check(struct run *r, uint32_t op, const json_t *entry, const json_t *vars,
                    struct fault *f)
{
    const struct plan_op *p = &r->plan->ops[op];
    const json_t *wanted = json_object_get(entry, "args");
    const char *label = json_string_value(json_object_get(vars, "args"));
    json_t *had = json_incref(r->ops[op].before.args);
    struct buf differences = {0};
    const json_t *create = json_object_get(json_object_get(entry, "sequences"), "create");
    /* What is only looked up is whatever it is. */
    if (!json_array_size(create) || !wanted) {
        json_decref(had);
        return true;
    }
    const char *digest = json_string_value(json_object_get(entry, "args_digest"));
    if (!had && label && !strncmp(label, "sha256:", 7))
        return (digest && !strcmp(digest, label)) ||
               refuse(p, NULL, "what it was made with is known as a digest only",
                      &differences, f);
    if (!had && label)
        had = json_loads(label, JSON_DECODE_ANY, NULL);
    if (!had)
        return facts_hold(r, p, json_object_get(entry, "facts"), vars, f);
    const char *first = tell_differences(had, wanted, &differences);
    bool same = json_equal(had, wanted);
    json_decref(had);
    return same || refuse(p, first, "", &differences, f);
}
