/* Evaluates what refers to other ops, and leaves what the provider tells: variables and
 * facts. What a secret went into is not kept; a secret itself stays a reference. */
#include "runtime/recipe.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/provider.h"

static json_t *frozen(struct run *r, const json_t *v);

/* Whether the state holds this field of an op's result, and so may hold it here. */
static bool may_be_kept(const struct run *r, uint32_t op, const json_t *v)
{
    const struct plan_op *p = &r->plan->ops[op];
    bool found = p->way == WAY_CALLS || (p->kind && !strcmp(p->kind, "machine"));
    return found || json_is_number(v) || json_is_boolean(v) ||
           (!p->tainted && !secrets_held(r->secrets, v));
}

/* Of a VALUE that refers to an op. */
static json_t *frozen_reference(struct run *r, const json_t *v, const json_t *operand)
{
    const json_t *id = json_is_array(operand) ? json_array_get(operand, 0) : operand;
    uint32_t op = plan_op_index(r->plan, json_integer_value(id));
    struct value_source s = run_values(r, NULL);
    json_t *known = value_evaluate(&s, v);
    json_t *kept = known && op && may_be_kept(r, op, known)
                       ? json_pack("{s:O}", "$value", known)
                       : json_pack("{s:s}", "$withheld",
                                   op ? r->plan->ops[op].address : "an operation");
    fault_free(&s.fault);
    json_decref(known);
    return kept;
}

static json_t *frozen_object(struct run *r, const json_t *v)
{
    json_t *copy = json_object(), *item;
    const char *name;
    json_object_foreach((json_t *)(uintptr_t)v, name, item)
    {
        if (!strcmp(name, "$ref") || !strcmp(name, "$get") || !strcmp(name, "$handle")) {
            json_decref(copy);
            return frozen_reference(r, v, item);
        }
        json_object_set_new(copy, name, frozen(r, item));
    }
    return copy;
}

static json_t *frozen(struct run *r, const json_t *v)
{
    size_t i;
    json_t *item, *copy;
    if (json_is_object(v))
        return frozen_object(r, v);
    if (!json_is_array(v))
        return json_incref((json_t *)(uintptr_t)v);
    copy = json_array();
    json_array_foreach(v, i, item) json_array_append_new(copy, frozen(r, item));
    return copy;
}

/* Of the lists of one thing, those that a deletion asks for. */
static json_t *frozen_lists(struct run *r, const json_t *thing)
{
    static const char *const lists[] = {"name", "lookup", "known", "delete", "undo"};
    json_t *kept = json_object();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const json_t *list = json_object_get(thing, lists[i]);
        if (list)
            json_object_set_new(kept, lists[i], frozen(r, list));
    }
    return kept;
}

static json_t *frozen_sequences(struct run *r, const json_t *sequences)
{
    static const char *const parts[] = {"before", "after"};
    json_t *kept = frozen_lists(r, sequences), *part;
    size_t k;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const json_t *list = json_object_get(sequences, parts[i]);
        json_t *things = json_array();
        json_array_foreach(list, k, part)
            json_array_append_new(things, frozen_lists(r, part));
        if (json_array_size(things))
            json_object_set(kept, parts[i], things);
        json_decref(things);
    }
    if (!json_array_size(json_object_get(sequences, "create")))
        json_object_del(kept, "delete"); /* it is only looked for */
    return kept;
}

/* Addresses of the things at the provider that an op needs, directly or through what is
 * no such thing. */
static json_t *needs_of(const struct run *r, uint32_t op)
{
    json_t *seen = json_object(), *list = json_array();
    struct {
        uint32_t *v;
        size_t n, cap;
    } open = {0};
    *vec_push(&open) = op;
    while (open.n) {
        const struct plan_op *p = &r->plan->ops[open.v[--open.n]];
        for (uint32_t i = 0; i < p->nneeds; i++) {
            const struct plan_op *other = &r->plan->ops[p->needs[i].op];
            bool needed = p->needs[i].kind == NEED_DATA || p->needs[i].kind == NEED_AFTER;
            if (!needed || json_object_get(seen, other->address))
                continue;
            json_object_set_new(seen, other->address, json_true());
            if (other->way == WAY_CALLS)
                json_array_append_new(list, json_string(other->address));
            else
                *vec_push(&open) = p->needs[i].op;
        }
    }
    free(open.v);
    json_decref(seen);
    return list;
}

struct recipe recipe_make(struct run *r, uint32_t op, const json_t *entry)
{
    const json_t *sequences = json_object_get(entry, "sequences");
    const json_t *facts = json_object_get(entry, "facts");
    struct recipe k = {.needs = needs_of(r, op)};
    if (!json_is_true(json_object_get(sequences, "absent")))
        k.recipe = json_pack("{s:o}", "sequences", frozen_sequences(r, sequences));
    if (k.recipe && facts)
        json_object_set_new(k.recipe, "facts", frozen(r, facts));
    k.thing = (struct state_thing){
        .key = json_string_value(json_object_get(entry, "key")),
        .title = r->plan->ops[op].title,
        .provider = provider_id(r),
        .args = json_object_get(entry, "args"),
        .needs = k.needs,
        .recipe = k.recipe,
        .data = r->plan->ops[op].holds_data,
        .protect = r->plan->ops[op].protect,
    };
    return k;
}

void recipe_free(struct recipe *k)
{
    json_decref(k->recipe);
    json_decref(k->needs);
    *k = (struct recipe){0};
}
