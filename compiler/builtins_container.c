/* Methods of lists, dicts and sets. */
#include "compiler/builtins.h"
#include "compiler/operator.h"
#include "compiler/table.h"
#include "compiler/vm_state.h"

/* ---- lists
 * ----------------------------------------------------------------------------- */

static value list_append(struct vm *vm, const struct call *c)
{
    if (!operator_mutable(vm, c->self, "append to"))
        return VALUE_ERROR;
    value_list_push(vm, c->self, c->args[0]);
    return VALUE_NONE;
}

static value list_clear(struct vm *vm, const struct call *c)
{
    if (!operator_mutable(vm, c->self, "clear"))
        return VALUE_ERROR;
    value_list(c->self)->n = 0;
    return VALUE_NONE;
}

static value list_extend(struct vm *vm, const struct call *c)
{
    struct value_iter it;
    if (!operator_mutable(vm, c->self, "extend"))
        return VALUE_ERROR;
    value from = c->args[0];
    if (from == c->self)
        from = value_list_new(vm, value_list(from)->v, value_list(from)->n);
    if (!value_iter_begin_all(vm, &it, from))
        return VALUE_ERROR;
    for (value v; (v = value_iter_next(vm, &it));)
        value_list_push(vm, c->self, v);
    value_iter_end(&it);
    return VALUE_NONE;
}

/* Index of an element within bounds, -1 if there is none, -2 after an error. */
static int64_t find(struct vm *vm, value list, value x, int64_t from, int64_t to)
{
    const struct list *l = value_list(list);
    if (!vm_work(vm, l->n))
        return -2;
    for (int64_t i = from; i < to && i < l->n; i++) {
        int eq = value_equal(vm, l->v[i], x);
        if (eq)
            return eq < 0 ? -2 : i;
    }
    return -1;
}

static value list_index(struct vm *vm, const struct call *c)
{
    int64_t from, to;
    if (!operator_bounds(vm, c->args[1], c->args[2], 1, value_list(c->self)->n, &from,
                         &to))
        return VALUE_ERROR;
    int64_t i = find(vm, c->self, c->args[0], from, to);
    if (i == -1)
        return vm_fail(vm, 304, "list.index(): the value is not in the list");
    return i < 0 ? VALUE_ERROR : value_small(i);
}

static value list_insert(struct vm *vm, const struct call *c)
{
    int64_t from, to;
    struct list *l = value_list(c->self);
    if (!value_is_int(c->args[0]))
        return vm_fail(vm, 301, "list.insert(): the index must be an int, not %s",
                       value_type_name(vm, c->args[0]));
    if (!operator_mutable(vm, c->self, "insert into") ||
        !operator_bounds(vm, c->args[0], VALUE_NONE, 1, l->n, &from, &to))
        return VALUE_ERROR;
    value_list_push(vm, c->self, VALUE_NONE);
    memmove(l->v + from + 1, l->v + from, (size_t)(l->n - 1 - from) * sizeof *l->v);
    l->v[from] = c->args[1];
    return VALUE_NONE;
}

static value take(struct list *l, int64_t i)
{
    value v = l->v[i];
    memmove(l->v + i, l->v + i + 1, (size_t)(l->n - 1 - i) * sizeof *l->v);
    l->n--;
    return v;
}

static value list_pop(struct vm *vm, const struct call *c)
{
    struct list *l = value_list(c->self);
    int64_t i = -1;
    if (!operator_mutable(vm, c->self, "pop from") || !call_int(vm, c, 0, &i))
        return VALUE_ERROR;
    if (i < -(int64_t)l->n || i >= l->n)
        return vm_fail(vm, 304,
                       "list.pop(): index %lld is out of range: the list has %u elements",
                       (long long)i, l->n);
    return take(l, i < 0 ? i + l->n : i);
}

static value list_remove(struct vm *vm, const struct call *c)
{
    if (!operator_mutable(vm, c->self, "remove from"))
        return VALUE_ERROR;
    int64_t i = find(vm, c->self, c->args[0], 0, value_list(c->self)->n);
    if (i == -1)
        return vm_fail(vm, 304, "list.remove(): the value is not in the list");
    if (i < 0)
        return VALUE_ERROR;
    take(value_list(c->self), i);
    return VALUE_NONE;
}

static const struct native list_methods[] = {
    {"list.append", list_append, "x /", NULL},
    {"list.clear", list_clear, "", NULL},
    {"list.extend", list_extend, "x /", NULL},
    {"list.index", list_index, "x start? end? /", NULL},
    {"list.insert", list_insert, "i x /", NULL},
    {"list.pop", list_pop, "i? /", NULL},
    {"list.remove", list_remove, "x /", NULL},
};

/* ---- dicts
 * ------------------------------------------------------------------------------- */

/* The entry of args[0] in the receiver, or NULL; *ok is false after an error. */
static struct table_entry *entry_of(struct vm *vm, const struct call *c, bool *ok)
{
    uint32_t hash;
    *ok = value_hash(vm, c->args[0], &hash);
    return *ok ? table_find(vm, value_table(c->self), c->args[0], hash) : NULL;
}

static value clear_table(struct vm *vm, const struct call *c)
{
    if (!operator_mutable(vm, c->self, "clear"))
        return VALUE_ERROR;
    table_clear(value_table(c->self));
    return VALUE_NONE;
}

static value dict_get(struct vm *vm, const struct call *c)
{
    bool ok;
    const struct table_entry *e = entry_of(vm, c, &ok);
    if (!ok)
        return VALUE_ERROR;
    return e ? e->val : c->args[1] ? c->args[1] : VALUE_NONE;
}

static value dict_items(struct vm *vm, const struct call *c)
{
    const struct table *t = value_table(c->self);
    value list = value_list_new(vm, NULL, t->n);
    uint32_t i = 0, n = 0;
    for (struct table_entry *e; (e = table_next(t, &i));) {
        value pair[2] = {e->key, e->val};
        value_list(list)->v[n++] = value_tuple_new(vm, pair, 2);
    }
    return list;
}

static value dict_keys(struct vm *vm, const struct call *c)
{
    const struct table *t = value_table(c->self);
    value list = value_list_new(vm, NULL, t->n);
    uint32_t i = 0, n = 0;
    for (struct table_entry *e; (e = table_next(t, &i));)
        value_list(list)->v[n++] = e->key;
    return list;
}

static value dict_values(struct vm *vm, const struct call *c)
{
    const struct table *t = value_table(c->self);
    value list = value_list_new(vm, NULL, t->n);
    uint32_t i = 0, n = 0;
    for (struct table_entry *e; (e = table_next(t, &i));)
        value_list(list)->v[n++] = e->val;
    return list;
}

static value dict_pop(struct vm *vm, const struct call *c)
{
    bool ok;
    if (!operator_mutable(vm, c->self, "pop from"))
        return VALUE_ERROR;
    struct table_entry *e = entry_of(vm, c, &ok);
    if (!ok)
        return VALUE_ERROR;
    if (!e)
        return c->args[1] ? c->args[1] : operator_index(vm, c->self, c->args[0]);
    value v = e->val;
    table_delete(vm, value_table(c->self), e);
    return v;
}

static value dict_popitem(struct vm *vm, const struct call *c)
{
    uint32_t i = 0;
    if (!operator_mutable(vm, c->self, "pop from"))
        return VALUE_ERROR;
    struct table_entry *e = table_next(value_table(c->self), &i);
    if (!e)
        return vm_fail(vm, 304, "dict.popitem(): the dict is empty");
    value pair[2] = {e->key, e->val};
    table_delete(vm, value_table(c->self), e);
    return value_tuple_new(vm, pair, 2);
}

static value dict_setdefault(struct vm *vm, const struct call *c)
{
    bool ok;
    const struct table_entry *e = entry_of(vm, c, &ok);
    if (!ok)
        return VALUE_ERROR;
    if (e)
        return e->val;
    value v = c->args[1] ? c->args[1] : VALUE_NONE;
    if (!operator_mutable(vm, c->self, "insert into"))
        return VALUE_ERROR;
    return value_dict_set(vm, c->self, c->args[0], v) ? v : VALUE_ERROR;
}

static value dict_update(struct vm *vm, const struct call *c)
{
    struct call named = *c;
    /* None stands for no pairs. */
    if (c->nargs == 1 && c->args[0] == VALUE_NONE) {
        named.args++;
        named.nargs = 0;
    }
    if (!operator_mutable(vm, c->self, "update") || !builtins_update(vm, &named, c->self))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static const struct native dict_methods[] = {
    {"dict.clear", clear_table, "", NULL},
    {"dict.get", dict_get, "key default? /", NULL},
    {"dict.items", dict_items, "", NULL},
    {"dict.keys", dict_keys, "", NULL},
    {"dict.pop", dict_pop, "key default? /", NULL},
    {"dict.popitem", dict_popitem, "", NULL},
    {"dict.setdefault", dict_setdefault, "key default? /", NULL},
    {"dict.update", dict_update, "...", NULL},
    {"dict.values", dict_values, "", NULL},
};

/* ---- sets
 * ---------------------------------------------------------------------------------- */

static bool set_insert(struct vm *vm, value set, value from)
{
    struct value_iter it;
    if (!value_iter_begin_all(vm, &it, from))
        return false;
    bool ok = true;
    for (value v; ok && (v = value_iter_next(vm, &it));)
        ok = value_dict_set(vm, set, v, VALUE_NONE);
    value_iter_end(&it);
    return ok;
}

/* The elements of an iterable as a set: itself, if it is one. */
static value as_set(struct vm *vm, value v)
{
    if (value_is(v, VALUE_KIND_SET))
        return v;
    value set = value_set_new(vm, 0);
    return set_insert(vm, set, v) ? set : VALUE_ERROR;
}

static value copy_set(struct vm *vm, value set)
{
    value copy = value_set_new(vm, value_table(set)->n);
    uint32_t i = 0;
    for (struct table_entry *e; (e = table_next(value_table(set), &i));)
        table_put(vm, value_table(copy), e->key, e->hash);
    return copy;
}

/* self op each argument in turn. */
static value fold(struct vm *vm, const struct call *c, enum ast_op op)
{
    value r = copy_set(vm, c->self);
    if (c->nnames)
        return vm_fail(vm, 312, "%s() takes no keywords", c->native->name);
    for (uint32_t i = 0; r && i < c->nargs; i++) {
        value other = as_set(vm, c->args[i]);
        r = other ? operator_binary(vm, op, r, other) : VALUE_ERROR;
    }
    return r;
}

static value fold_into(struct vm *vm, const struct call *c, enum ast_op op)
{
    if (!operator_mutable(vm, c->self, "update"))
        return VALUE_ERROR;
    value r = fold(vm, c, op);
    if (!r)
        return VALUE_ERROR;
    table_clear(value_table(c->self));
    uint32_t i = 0;
    for (struct table_entry *e; (e = table_next(value_table(r), &i));)
        table_put(vm, value_table(c->self), e->key, e->hash);
    return VALUE_NONE;
}

#define SET_FOLD(name, op)                                                               \
    static value set_##name(struct vm *vm, const struct call *c)                         \
    {                                                                                    \
        return fold(vm, c, op);                                                          \
    }
#define SET_FOLD_INTO(name, op)                                                          \
    static value set_##name(struct vm *vm, const struct call *c)                         \
    {                                                                                    \
        return fold_into(vm, c, op);                                                     \
    }
SET_FOLD(union, OP_BITOR)
SET_FOLD(difference, OP_SUB)
SET_FOLD(intersection, OP_BITAND)
SET_FOLD(symmetric_difference, OP_BITXOR)
SET_FOLD_INTO(difference_update, OP_SUB)
SET_FOLD_INTO(intersection_update, OP_BITAND)
SET_FOLD_INTO(symmetric_difference_update, OP_BITXOR)

static value set_update(struct vm *vm, const struct call *c)
{
    if (c->nnames)
        return vm_fail(vm, 312, "set.update() takes no keywords");
    if (!operator_mutable(vm, c->self, "update"))
        return VALUE_ERROR;
    for (uint32_t i = 0; i < c->nargs; i++)
        if (c->args[i] != c->self && !set_insert(vm, c->self, c->args[i]))
            return VALUE_ERROR;
    return VALUE_NONE;
}

static value set_add(struct vm *vm, const struct call *c)
{
    if (!operator_mutable(vm, c->self, "add to"))
        return VALUE_ERROR;
    return value_dict_set(vm, c->self, c->args[0], VALUE_NONE) ? VALUE_NONE : VALUE_ERROR;
}

static value set_discard(struct vm *vm, const struct call *c)
{
    bool ok;
    if (!operator_mutable(vm, c->self, "remove from"))
        return VALUE_ERROR;
    struct table_entry *e = entry_of(vm, c, &ok);
    if (e)
        table_delete(vm, value_table(c->self), e);
    return ok ? VALUE_NONE : VALUE_ERROR;
}

static value set_remove(struct vm *vm, const struct call *c)
{
    bool ok;
    if (!operator_mutable(vm, c->self, "remove from"))
        return VALUE_ERROR;
    struct table_entry *e = entry_of(vm, c, &ok);
    if (ok && !e)
        return vm_fail(vm, 304, "set.remove(): the value is not in the set");
    if (e)
        table_delete(vm, value_table(c->self), e);
    return ok ? VALUE_NONE : VALUE_ERROR;
}

static value set_pop(struct vm *vm, const struct call *c)
{
    uint32_t i = 0;
    if (!operator_mutable(vm, c->self, "pop from"))
        return VALUE_ERROR;
    struct table_entry *e = table_next(value_table(c->self), &i);
    if (!e)
        return vm_fail(vm, 304, "set.pop(): the set is empty");
    value v = e->key;
    table_delete(vm, value_table(c->self), e);
    return v;
}

static value set_isdisjoint(struct vm *vm, const struct call *c)
{
    value other = as_set(vm, c->args[0]);
    value both = other ? operator_binary(vm, OP_BITAND, c->self, other) : VALUE_ERROR;
    return both ? value_bool(value_table(both)->n == 0) : VALUE_ERROR;
}

static value is_subset(struct vm *vm, value small, value large)
{
    value rest = operator_binary(vm, OP_SUB, small, large);
    return rest ? value_bool(value_table(rest)->n == 0) : VALUE_ERROR;
}

static value set_issubset(struct vm *vm, const struct call *c)
{
    value other = as_set(vm, c->args[0]);
    return other ? is_subset(vm, c->self, other) : VALUE_ERROR;
}

static value set_issuperset(struct vm *vm, const struct call *c)
{
    value other = as_set(vm, c->args[0]);
    return other ? is_subset(vm, other, c->self) : VALUE_ERROR;
}

static const struct native set_methods[] = {
    {"set.add", set_add, "x /", NULL},
    {"set.clear", clear_table, "", NULL},
    {"set.difference", set_difference, "...", NULL},
    {"set.difference_update", set_difference_update, "...", NULL},
    {"set.discard", set_discard, "x /", NULL},
    {"set.intersection", set_intersection, "...", NULL},
    {"set.intersection_update", set_intersection_update, "...", NULL},
    {"set.isdisjoint", set_isdisjoint, "x /", NULL},
    {"set.issubset", set_issubset, "x /", NULL},
    {"set.issuperset", set_issuperset, "x /", NULL},
    {"set.pop", set_pop, "", NULL},
    {"set.remove", set_remove, "x /", NULL},
    {"set.symmetric_difference", set_symmetric_difference, "x /", NULL},
    {"set.symmetric_difference_update", set_symmetric_difference_update, "x /", NULL},
    {"set.union", set_union, "...", NULL},
    {"set.update", set_update, "...", NULL},
};

void builtins_container_methods(struct vm *vm)
{
    vm_methods(vm, VALUE_KIND_LIST, list_methods,
               sizeof list_methods / sizeof *list_methods);
    vm_methods(vm, VALUE_KIND_DICT, dict_methods,
               sizeof dict_methods / sizeof *dict_methods);
    vm_methods(vm, VALUE_KIND_SET, set_methods, sizeof set_methods / sizeof *set_methods);
}
