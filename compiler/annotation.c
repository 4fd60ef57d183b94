/* Annotations are never evaluated: their syntax is read whenever a value is checked. */
#include "compiler/annotation.h"

#include <string.h>

#include "compiler/table.h"
#include "compiler/vm.h"

enum form {
    FORM_UNKNOWN, /* accepts everything */
    FORM_KIND,    /* values of one kind; its items may have types */
    FORM_HANDLE,
    FORM_CALLABLE,
    FORM_OPTIONAL,
    FORM_UNION
};

struct named {
    enum form form;
    enum value_kind kind;
    str_id name; /* FORM_HANDLE */
};

static const struct {
    const char *name, *typing; /* typing: what Python's module of that name calls it */
    enum form form;
    enum value_kind kind;
} names[] = {
    {"None", NULL, FORM_KIND, VALUE_KIND_NONE},
    {"bool", NULL, FORM_KIND, VALUE_KIND_BOOL},
    {"int", NULL, FORM_KIND, VALUE_KIND_INT},
    {"float", NULL, FORM_KIND, VALUE_KIND_FLOAT},
    {"str", "Text", FORM_KIND, VALUE_KIND_STR},
    {"bytes", NULL, FORM_KIND, VALUE_KIND_BYTES},
    {"list", "List", FORM_KIND, VALUE_KIND_LIST},
    {"tuple", "Tuple", FORM_KIND, VALUE_KIND_TUPLE},
    {"dict", "Dict", FORM_KIND, VALUE_KIND_DICT},
    {"set", "Set", FORM_KIND, VALUE_KIND_SET},
    {"callable", "Callable", FORM_CALLABLE, VALUE_KIND_FUNCTION},
    {"Optional", NULL, FORM_OPTIONAL, VALUE_KIND_NONE},
    {"Union", NULL, FORM_UNION, VALUE_KIND_NONE},
};

/* What a name, a dotted name or the part before "[" stands for. */
static struct named lookup(struct vm *vm, const struct expr *a)
{
    struct named known = {FORM_UNKNOWN, VALUE_KIND_NONE, 0};
    if (a->kind == EXPR_INDEX)
        return lookup(vm, a->index.object);
    if (a->kind != EXPR_NAME && a->kind != EXPR_DOT)
        return known;
    str_id id = a->kind == EXPR_NAME ? a->name.id : a->dot.name;
    const char *name = intern_text(vm->strings, id);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i].name, name) ||
            (names[i].typing && !strcmp(names[i].typing, name)))
            return (struct named){names[i].form, names[i].kind, 0};
    if (a->kind == EXPR_NAME && vm->is_handle_type && vm->is_handle_type(vm, id))
        return (struct named){FORM_HANDLE, VALUE_KIND_OBJECT, id};
    return known;
}

/* The types in brackets. */
static uint32_t parameters(const struct expr *a, struct expr *const **out)
{
    if (a->kind != EXPR_INDEX)
        return 0;
    const struct expr *key = a->index.key;
    bool several = key->kind == EXPR_TUPLE;
    *out = several ? key->items.v : (struct expr *const *)&a->index.key;
    return several ? key->items.n : 1;
}

static bool is_union(const struct expr *a)
{
    return a->kind == EXPR_BINARY && a->op == OP_BITOR;
}

static bool is_ellipsis(struct vm *vm, const struct expr *a)
{
    return a->kind == EXPR_NAME && !strcmp(intern_text(vm->strings, a->name.id), "...");
}

bool annotation_checks(struct vm *vm, const struct expr *a)
{
    if (is_union(a))
        return annotation_checks(vm, a->binary.left) &&
               annotation_checks(vm, a->binary.right);
    return lookup(vm, a).form != FORM_UNKNOWN;
}

static bool deferred_accepts(const struct named *t, value v)
{
    /* The static type decides; what has none passes. */
    enum type_kind have = (enum type_kind)value_deferred(v)->type.kind;
    if (have == TYPE_ANY)
        return true;
    switch (t->kind) {
    case VALUE_KIND_STR: return type_is_text(have);
    case VALUE_KIND_INT: return have == TYPE_INT;
    case VALUE_KIND_FLOAT: return have == TYPE_FLOAT;
    case VALUE_KIND_BOOL: return have == TYPE_BOOL;
    case VALUE_KIND_LIST: return have == TYPE_LIST;
    case VALUE_KIND_DICT: return have == TYPE_DICT;
    default: return false;
    }
}

static bool kind_accepts(struct vm *vm, const struct named *t, value v)
{
    if (t->form == FORM_CALLABLE)
        return value_kind(v) == VALUE_KIND_FUNCTION || value_kind(v) == VALUE_KIND_NATIVE;
    if (value_is_deferred(v))
        return t->form == FORM_KIND && deferred_accepts(t, v);
    if (t->form == FORM_HANDLE)
        return value_kind(v) == VALUE_KIND_OBJECT &&
               !strcmp(value_type_name(vm, v), intern_text(vm->strings, t->name));
    return value_kind(v) == t->kind || (t->kind == VALUE_KIND_FLOAT && value_is_int(v));
}

/* An item that its type does not accept, and the way to it. */
struct item {
    const struct expr *type;
    value v, key; /* key: of a dict's entry, VALUE_ERROR elsewhere */
    uint32_t index;
    bool is_key;
};

static bool sequence_accepts(struct vm *vm, const struct named *t,
                             struct expr *const *types, uint32_t ntypes, value v,
                             struct item *bad)
{
    size_t n;
    const value *items = value_items(v, &n);
    bool tuple = t->kind == VALUE_KIND_TUPLE;
    bool same = !tuple || (ntypes == 2 && is_ellipsis(vm, types[1]));
    if (!same && n != ntypes) {
        *bad = (struct item){.type = NULL};
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const struct expr *type = types[same ? 0 : i];
        if (!annotation_accepts(vm, type, items[i])) {
            *bad = (struct item){type, items[i], VALUE_ERROR, (uint32_t)i, false};
            return false;
        }
    }
    return true;
}

static bool table_accepts(struct vm *vm, struct expr *const *types, uint32_t ntypes,
                          value v, struct item *bad)
{
    const struct table *t = value_table(v);
    uint32_t i = 0;
    struct table_entry *e;
    while ((e = table_next(t, &i))) {
        bool key = annotation_accepts(vm, types[0], e->key);
        if (key && (ntypes < 2 || annotation_accepts(vm, types[1], e->val)))
            continue;
        *bad = key ? (struct item){types[1], e->val, e->key, 0, false}
                   : (struct item){types[0], e->key, e->key, 0, true};
        return false;
    }
    return true;
}

/* Whether the items of a value of the right kind are of the types in brackets. */
static bool items_accept(struct vm *vm, const struct named *t, const struct expr *a,
                         value v, struct item *bad)
{
    struct expr *const *types = NULL;
    uint32_t n = parameters(a, &types);
    if (!n || value_kind(v) != t->kind)
        return true;
    switch (t->kind) {
    case VALUE_KIND_LIST:
    case VALUE_KIND_TUPLE: return sequence_accepts(vm, t, types, n, v, bad);
    case VALUE_KIND_SET: return table_accepts(vm, types, 1, v, bad);
    case VALUE_KIND_DICT: return table_accepts(vm, types, n, v, bad);
    default: return true;
    }
}

bool annotation_accepts(struct vm *vm, const struct expr *a, value v)
{
    if (is_union(a))
        return annotation_accepts(vm, a->binary.left, v) ||
               annotation_accepts(vm, a->binary.right, v);
    const struct named t = lookup(vm, a);
    struct expr *const *types = NULL;
    uint32_t n = parameters(a, &types);
    struct item bad;
    bool any = n == 0 || (t.form == FORM_OPTIONAL && v == VALUE_NONE);
    switch (t.form) {
    case FORM_UNKNOWN: return true;
    case FORM_OPTIONAL:
    case FORM_UNION:
        for (uint32_t i = 0; i < n && !any; i++)
            any = annotation_accepts(vm, types[i], v);
        return any;
    default: return kind_accepts(vm, &t, v) && items_accept(vm, &t, a, v, &bad);
    }
}

static void write_type(struct vm *vm, const struct expr *a, struct buf *out)
{
    struct expr *const *types = NULL;
    switch (a->kind) {
    case EXPR_BINARY:
        write_type(vm, a->binary.left, out);
        buf_str(out, " | ");
        write_type(vm, a->binary.right, out);
        break;
    case EXPR_INDEX:
        write_type(vm, a->index.object, out);
        for (uint32_t i = 0; i < parameters(a, &types); i++) {
            buf_str(out, i ? ", " : "[");
            write_type(vm, types[i], out);
        }
        buf_char(out, ']');
        break;
    case EXPR_NAME: buf_str(out, intern_text(vm->strings, a->name.id)); break;
    case EXPR_DOT: buf_str(out, intern_text(vm->strings, a->dot.name)); break;
    default: buf_str(out, "..."); break;
    }
}

/* The way to the item that is wrong, in the form in which one would get it. */
static void write_item(struct vm *vm, const struct item *bad, struct buf *path)
{
    if (bad->key == VALUE_ERROR) {
        buf_printf(path, "[%u]", bad->index);
        return;
    }
    buf_str(path, !bad->is_key ? "[" : path->len ? " key " : "key ");
    value_write(vm, bad->key, true, path);
    if (!bad->is_key)
        buf_char(path, ']');
}

void annotation_explain(struct vm *vm, const struct expr *a, value v, struct buf *out)
{
    struct buf path = {0};
    struct item bad = {.type = a, .v = v};
    buf_str(out, "must be ");
    write_type(vm, a, out);
    while (bad.type && !is_union(bad.type)) {
        const struct expr *type = bad.type;
        const struct named t = lookup(vm, type);
        value inner = bad.v;
        if (t.form != FORM_KIND || !kind_accepts(vm, &t, inner) ||
            items_accept(vm, &t, type, inner, &bad))
            break;
        v = bad.type ? bad.v : inner;
        if (bad.type)
            write_item(vm, &bad, &path);
    }
    if (path.len || !bad.type)
        buf_printf(out, ", but %s is ", path.len ? buf_text(&path) : "it");
    else
        buf_str(out, ", not ");
    size_t n = 0;
    if (bad.type)
        buf_str(out, value_type_name(vm, v));
    else if (value_items(v, &n))
        buf_printf(out, "a tuple of %zu", n);
    buf_free(&path);
}
