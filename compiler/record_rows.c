/* Rows name arguments and things by text; the tables have indices and numbers. */
#include "compiler/record_rows.h"

#include <string.h>

#include "compiler/record_dict.h"

/* What names a thing in a row: "path", "/etc/cron.d/{job}", "=/etc/fstab". */
static bool read_by(struct vm *vm, const struct call_info *info, const char *by,
                    int32_t *arg, str_id *literal)
{
    const char *open = strchr(by, '{');
    const char *close = open ? strchr(open, '}') : NULL;
    *arg = -1;
    if (*by == '=') {
        *literal = intern_cstr(vm->strings, by + 1);
        return true;
    }
    if (close) {
        *literal = intern(vm->strings, by, (size_t)(open - by));
        by = arena_strndup(vm->arena, open + 1, (size_t)(close - open - 1));
    }
    return (*arg = record_named_arg(info, vm, value_cstring(vm, by))) >= 0;
}

/* An argument that a row names under this key: 1 + its index, or 0 if there is no such
 * key. */
static bool read_condition(struct vm *vm, value row, const char *key,
                           const struct call_info *info, uint32_t *out)
{
    int32_t arg = record_text(vm, row, key)
                      ? record_named_arg(info, vm, record_get(vm, row, key))
                      : 0;
    *out = record_text(vm, row, key) ? (uint32_t)arg + 1 : 0;
    return arg >= 0;
}

static bool read_any_effect(struct vm *vm, value v, struct call_info *info)
{
    struct effect e = {.any = true, .arg = -1};
    const char *when = record_text(vm, v, "when"); /* only if that argument is written */
    if (when && (e.arg = record_named_arg(info, vm, record_get(vm, v, "when"))) < 0)
        return false;
    info->effects[info->neffects++] = e;
    e.write = true;
    if (record_is_word(vm, v, "foreign"))
        info->effects[info->neffects++] = e;
    return true;
}

static bool read_effect(struct vm *vm, value v, struct call_info *info)
{
    struct effect e = {.write = record_is_word(vm, v, "writes")};
    const char *kind = record_text(vm, v, "kind"), *by = record_text(vm, v, "by");
    if (record_is_word(vm, v, "foreign") || record_is_word(vm, v, "reads_any"))
        return read_any_effect(vm, v, info);
    if (!kind || !by || (!e.write && !record_is_word(vm, v, "reads")))
        return vm_fail(vm, 514,
                       "effects are writes(kind, argument), reads(kind, "
                       "argument), foreign() or reads_any()") != VALUE_ERROR;
    e.kind = intern_cstr(vm->strings, kind);
    if (!read_by(vm, info, by, &e.arg, &e.literal))
        return false;
    if (!read_condition(vm, v, "to", info, &e.to))
        return false;
    info->effects[info->neffects++] = e;
    return true;
}

bool record_read_effects(struct vm *vm, value record, struct call_info *info)
{
    size_t n;
    const value *v = record_items(vm, record, "effects", &n);
    info->effects = arena_array(vm->arena, struct effect, 2 * n);
    for (size_t i = 0; i < n; i++)
        if (!read_effect(vm, v[i], info))
            return false;
    return true;
}

static bool read_want(struct vm *vm, value v, const struct call_info *info,
                      struct want *out)
{
    const char *kind = record_is_word(vm, v, "want") ? record_text(vm, v, "kind") : NULL;
    const char *key = record_text(vm, v, "key"), *word = record_text(vm, v, "value");
    value attr = record_get(vm, v, "attr"), what = record_get(vm, v, "value");
    if (!kind || !key || attr == VALUE_ERROR)
        return vm_fail(vm, 514, "wants are want(kind, argument, attribute, value)") !=
               VALUE_ERROR;
    *out = (struct want){.kind = intern_cstr(vm->strings, kind),
                         .attr = value_intern(vm, attr),
                         .value = -1};
    if (what == VALUE_TRUE || what == VALUE_FALSE)
        word = what == VALUE_TRUE ? "=True" : "=False";
    if (word && *word == '=')
        out->word = intern_cstr(vm->strings, word + 1);
    else if ((out->value = record_named_arg(info, vm, what)) < 0)
        return false;
    return read_by(vm, info, key, &out->key, &out->literal) &&
           read_condition(vm, v, "when", info, &out->when) &&
           read_condition(vm, v, "below", info, &out->below);
}

bool record_read_wants(struct vm *vm, value record, struct call_info *info)
{
    size_t n;
    const value *v = record_items(vm, record, "wants", &n);
    info->wants = arena_array(vm->arena, struct want, n);
    for (size_t i = 0; i < n; i++)
        if (!read_want(vm, v[i], info, &info->wants[info->nwants++]))
            return false;
    return true;
}

static bool read_require(struct vm *vm, value v, struct call_info *info,
                         struct require *out)
{
    *out = (struct require){.except = -1};
    if (record_is_word(vm, v, "unless")) {
        size_t n;
        const value *vals = record_items(vm, v, "values", &n);
        int32_t except = record_named_arg(info, vm, record_get(vm, v, "arg"));
        if (except < 0 || !read_require(vm, record_get(vm, v, "then"), info, out))
            return false;
        out->except = except;
        str_id *ids = arena_array(vm->arena, str_id, n);
        for (size_t i = 0; i < n; i++)
            ids[i] = value_intern(vm, vals[i]);
        out->values = ids;
        out->nvalues = (unsigned)n;
        return true;
    }
    out->exactly = record_is_word(vm, v, "exactly_one");
    size_t n;
    const value *names = record_items(vm, v, "rest", &n);
    for (size_t i = 0; i < n && out->n < 8; i++) {
        if (value_str_equal(names[i], "when")) {
            out->when = true;
            continue;
        }
        int32_t arg = record_named_arg(info, vm, names[i]);
        if (arg < 0)
            return false;
        out->args[out->n++] = (uint32_t)arg;
    }
    return true;
}

bool record_read_requires(struct vm *vm, value record, struct call_info *info,
                          struct call_rules *rules)
{
    size_t n;
    const value *v = record_items(vm, record, "require", &n);
    rules->require = arena_array(vm->arena, struct require, n);
    for (size_t i = 0; i < n; i++)
        if (!read_require(vm, v[i], info, &rules->require[rules->nrequire++]))
            return false;
    v = record_items(vm, record, "guarded", &n);
    for (size_t i = 0; i < n; i++) {
        int32_t arg = record_named_arg(info, vm, v[i]);
        if (arg < 0)
            return false;
        info->guards |= 1u << arg;
    }
    return true;
}
