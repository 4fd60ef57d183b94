/* Checks of parameter annotations; names that are not builtin types accept everything. */
#include "compiler/annotation.h"

#include "compiler/vm.h"

static const struct {
    const char *name;
    enum value_kind kind;
} types[] = {
    {"None", VALUE_KIND_NONE},   {"bool", VALUE_KIND_BOOL},   {"int", VALUE_KIND_INT},
    {"float", VALUE_KIND_FLOAT}, {"str", VALUE_KIND_STR},     {"bytes", VALUE_KIND_BYTES},
    {"list", VALUE_KIND_LIST},   {"tuple", VALUE_KIND_TUPLE}, {"dict", VALUE_KIND_DICT},
    {"set", VALUE_KIND_SET},
};

static bool kind_of(struct vm *vm, str_id name, enum value_kind *out)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, intern_text(vm->strings, name)) == 0) {
            *out = types[i].kind;
            return true;
        }
    return false;
}

bool annotation_checks(struct vm *vm, const struct expr *a)
{
    enum value_kind kind;
    switch (a->kind) {
    case EXPR_NAME: return kind_of(vm, a->name.id, &kind);
    case EXPR_INDEX: return annotation_checks(vm, a->index.object);
    case EXPR_BINARY:
        return a->op == OP_BITOR && annotation_checks(vm, a->binary.left) &&
               annotation_checks(vm, a->binary.right);
    default: return false;
    }
}

bool annotation_accepts(struct vm *vm, const struct expr *a, value v)
{
    enum value_kind kind;
    switch (a->kind) {
    case EXPR_INDEX: return annotation_accepts(vm, a->index.object, v);
    case EXPR_BINARY:
        return annotation_accepts(vm, a->binary.left, v) ||
               annotation_accepts(vm, a->binary.right, v);
    default: break;
    }
    if (!kind_of(vm, a->name.id, &kind))
        return true;
    if (value_is_deferred(v)) {
        /* The static type decides; what has none passes. */
        enum type_kind t = (enum type_kind)value_deferred(v)->type.kind;
        return t == TYPE_ANY || (kind == VALUE_KIND_STR && type_is_text(t)) ||
               (kind == VALUE_KIND_INT && t == TYPE_INT) ||
               (kind == VALUE_KIND_FLOAT && t == TYPE_FLOAT) ||
               (kind == VALUE_KIND_BOOL && t == TYPE_BOOL) ||
               (kind == VALUE_KIND_LIST && t == TYPE_LIST) ||
               (kind == VALUE_KIND_DICT && t == TYPE_DICT);
    }
    return value_kind(v) == kind || (kind == VALUE_KIND_FLOAT && value_is_int(v));
}

void annotation_write(struct vm *vm, const struct expr *a, struct buf *out)
{
    switch (a->kind) {
    case EXPR_BINARY:
        annotation_write(vm, a->binary.left, out);
        buf_str(out, " | ");
        annotation_write(vm, a->binary.right, out);
        break;
    case EXPR_INDEX: annotation_write(vm, a->index.object, out); break;
    case EXPR_NAME: buf_str(out, intern_text(vm->strings, a->name.id)); break;
    default: buf_str(out, "..."); break;
    }
}
