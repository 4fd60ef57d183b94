/* Records are dicts by the time they arrive here. Every mistake in one is an error at the
 * record, since users may write their own. */
#include "compiler/record.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/attachment.h"
#include "compiler/inline.h"
#include "compiler/jump.h"
#include "compiler/native.h"
#include "compiler/param.h"
#include "compiler/record_dict.h"
#include "compiler/record_rows.h"
#include "ir/errors.h"

static struct glossary *glossary_of(const struct call *c)
{
    return c->native->data;
}

/* Words such as arg(...) give their keywords back as a dict, the positional ones under
 * the names in the native's signature. */
static value do_word(struct vm *vm, const struct call *c)
{
    value d = value_dict_new(vm, c->nargs + c->nnames + 1);
    const char *const *names = c->native->data;
    value_dict_set(vm, d, value_cstring(vm, "word"), value_cstring(vm, c->native->name));
    uint32_t i = 0;
    for (; i < c->nargs && names[i] && strcmp(names[i], "*"); i++)
        value_dict_set(vm, d, value_cstring(vm, names[i]), c->args[i]);
    if (i < c->nargs && !names[i])
        return vm_fail_at(vm, vm_arg_span(vm, i), 511,
                          "%s() takes at most %u argument%s by position", c->native->name,
                          i, i == 1 ? "" : "s");
    if (i < c->nargs)
        value_dict_set(vm, d, value_cstring(vm, "rest"),
                       value_list_new(vm, c->args + i, c->nargs - i));
    for (uint32_t k = 0; k < c->nnames; k++)
        value_dict_set(vm, d, value_interned(vm, c->names[k]), c->args[c->nargs + k]);
    return d;
}

/* error(status=, body=, code=, help=): a rule of a driver, data as it is. */
static value do_error(struct vm *vm, const struct call *c)
{
    if (c->nargs)
        return vm_fail(vm, 511, "error() takes keywords only");
    value d = value_dict_new(vm, c->nnames);
    for (uint32_t k = 0; k < c->nnames; k++)
        value_dict_set(vm, d, value_interned(vm, c->names[k]), c->args[k]);
    return d;
}

static unsigned typestate(struct glossary *g, struct vm *vm, const char *name)
{
    str_id id = intern_cstr(vm->strings, name);
    for (unsigned i = 0; i < g->calls->ntypestates; i++)
        if (g->calls->typestates[i] == id)
            return 1u << i;
    if (g->calls->ntypestates == 32)
        die("too many typestates");
    g->calls->typestates[g->calls->ntypestates] = id;
    return 1u << g->calls->ntypestates++;
}

static uint32_t typestates(struct glossary *g, struct vm *vm, value record,
                           const char *key)
{
    size_t n;
    const value *v = record_items(vm, record, key, &n);
    uint32_t set = 0;
    for (size_t i = 0; i < n; i++)
        set |= typestate(g, vm, value_cstr(vm, v[i]));
    return set;
}

/* ---- the parts of a call record
 * --------------------------------------------------------- */

static bool read_arg(struct vm *vm, str_id name, value v, struct arg_info *out)
{
    const char *type = record_is_word(vm, v, "arg") ? record_text(vm, v, "type") : NULL;
    if (!type || !type_parse(vm->strings, type, strlen(type), &out->type))
        return vm_fail(vm, 513, "argument %s: arg() with a type is expected",
                       intern_text(vm->strings, name)) != VALUE_ERROR;
    out->name = name;
    value fallback = record_get(vm, v, "default");
    if (fallback != VALUE_ERROR) {
        out->fallback = value_to_ir(vm, fallback, vm_span(vm));
        if (!out->fallback)
            return false;
    }
    out->optional = fallback == VALUE_NONE;
    out->secret = record_flag(vm, v, "secret");
    out->deferred = out->secret || record_flag(vm, v, "deferred");
    out->inspect = record_flag(vm, v, "inspect");
    out->keyword = record_flag(vm, v, "keyword");
    out->doc = record_text(vm, v, "doc");
    size_t n;
    const value *choices = record_items(vm, v, "choices", &n);
    if (choices) {
        str_id *ids = arena_array(vm->arena, str_id, n);
        for (size_t i = 0; i < n; i++)
            ids[i] = value_intern(vm, choices[i]);
        out->choices = ids;
        out->nchoices = (uint32_t)n;
    }
    return true;
}

static bool read_args(struct vm *vm, value record, struct call_info *info,
                      struct call_rules *rules)
{
    value args = record_get(vm, record, "args");
    if (args == VALUE_ERROR || !value_is(args, VALUE_KIND_DICT))
        return vm_fail(vm, 513, "args must be a dict of arg() records") != VALUE_ERROR;
    const struct table *t = value_table(args);
    info->args = arena_array(vm->arena, struct arg_info, t->n);
    for (uint32_t i = 0; i < t->used; i++) {
        if (t->v[i].key == VALUE_ERROR)
            continue;
        struct arg_info *arg = &info->args[info->nargs];
        if (!read_arg(vm, value_intern(vm, t->v[i].key), t->v[i].val, arg))
            return false;
        if (record_flag(vm, t->v[i].val, "internal"))
            rules->internal |= 1u << info->nargs;
        if (++info->nargs == 32)
            return vm_fail(vm, 513, "a call has at most 31 arguments") != VALUE_ERROR;
    }
    return true;
}

/* arg("file", fills="content"), arg("text", fills="key", ...): see inline.h. */
static bool read_inlines(struct vm *vm, value record, struct call_info *info,
                         struct call_rules *rules)
{
    value args = record_get(vm, record, "args");
    rules->inlines = arena_array(vm->arena, struct inline_rule, info->nargs);
    for (uint32_t i = 0; i < info->nargs; i++) {
        value arg = value_dict_get(vm, args, value_interned(vm, info->args[i].name));
        const char *fills = record_text(vm, arg, "fills");
        if (!fills)
            continue;
        int32_t to = record_named_arg(info, vm, record_get(vm, arg, "fills"));
        if (to < 0)
            return false;
        rules->inlines[rules->ninlines++] = (struct inline_rule){
            .from = i,
            .text = (uint32_t)to,
            .base64 = record_arg_index(info, vm, arena_printf(vm->arena, "%s64", fills)),
            .url = record_arg_index(info, vm, arena_printf(vm->arena, "%s_url", fills)),
            .digest =
                record_arg_index(info, vm, arena_printf(vm->arena, "%s_digest", fills)),
            .or_text = (uint32_t)to == i};
    }
    return true;
}

/* arg("file", packs="archive") and the like: see attachment.h. */
static bool read_attachments(struct vm *vm, value record, struct call_info *info,
                             struct call_rules *rules)
{
    static const struct {
        const char *word;
        enum attachment_kind kind;
    } kinds[] = {{"packs", ATTACHMENT_FOLDER},
                 {"fetches", ATTACHMENT_URL},
                 {"pins", ATTACHMENT_COMMIT}};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    value args = record_get(vm, record, "args");
    rules->attachments =
        arena_array(vm->arena, struct attachment_rule, KINDS * info->nargs);
    for (uint32_t i = 0; i < info->nargs; i++) {
        value arg = value_dict_get(vm, args, value_interned(vm, info->args[i].name));
        for (size_t k = 0; k < KINDS; k++) {
            if (!record_text(vm, arg, kinds[k].word))
                continue;
            bool commit = kinds[k].kind == ATTACHMENT_COMMIT;
            int32_t to = record_named_arg(info, vm, record_get(vm, arg, kinds[k].word));
            int32_t of =
                commit ? record_named_arg(info, vm, record_get(vm, arg, "of")) : 0;
            if (to < 0 || of < 0)
                return false;
            rules->attachments[rules->nattachments++] =
                (struct attachment_rule){kinds[k].kind, i, (uint32_t)to, (uint32_t)of};
        }
    }
    return true;
}

static bool read_identity(struct vm *vm, value record, struct call_info *info)
{
    size_t n;
    const value *v = record_items(vm, record, "identity", &n);
    info->identity = arena_array(vm->arena, uint32_t, n);
    info->instead = arena_array(vm->arena, uint32_t, n);
    for (size_t i = 0; i < n; i++) {
        /* "match|line": the first of the two that is written */
        const char *s = value_is_str(v[i]) ? value_cstr(vm, v[i]) : "";
        const char *bar = strchr(s, '|');
        if (bar) {
            int32_t first =
                record_named_arg(info, vm, value_string(vm, s, (size_t)(bar - s)));
            if (first < 0)
                return false;
            info->instead[i] = (uint32_t)first + 1;
        }
        int32_t arg = record_named_arg(info, vm, bar ? value_cstring(vm, bar + 1) : v[i]);
        if (arg < 0)
            return false;
        info->identity[info->nidentity++] = (uint32_t)arg;
    }
    return true;
}

/* "Keep {unit} running": holes are arguments, or facts of the op such as {machine}. */
static val_id read_title(struct vm *vm, const struct call_info *info, const char *s)
{
    struct {
        val_id *v;
        size_t n, cap;
    } parts = {0};
    while (*s) {
        const char *open = strchr(s, '{'), *close = open ? strchr(open, '}') : NULL;
        size_t len = close ? (size_t)(open - s) : strlen(s);
        if (len)
            *vec_push(&parts) = val_text(vm->values, s, len);
        if (!close)
            break;
        const char *name = arena_strndup(vm->arena, open + 1, (size_t)(close - open - 1));
        int32_t arg = record_arg_index(info, vm, name);
        *vec_push(&parts) =
            arg >= 0 ? val_hole(vm->values, (uint32_t)arg, 0)
                     : val_name(vm->values, IR_SELF, intern_cstr(vm->strings, name));
        s = close + 1;
    }
    val_id title = parts.n ? val_join(vm->values, parts.v, parts.n) : VAL_ABSENT;
    free(parts.v);
    return title;
}

static void read_rules(struct vm *vm, value record, struct call_info *info,
                       struct call_rules *rules)
{
    value steps = record_get(vm, record, "steps"),
          lower = record_get(vm, record, "lower");
    value probe = record_get(vm, record, "probe");
    bool dict = lower != VALUE_ERROR && value_is(lower, VALUE_KIND_DICT);
    for (enum backend b = BACKEND_API; b < BACKEND_COUNT; b++) {
        value own = dict ? record_get(vm, lower, backend_name(b)) : VALUE_ERROR;
        /* Every backend has a native way to call the step library. */
        if (own == VALUE_ERROR)
            own = steps;
        rules->lower[b] = own;
        if (own != VALUE_ERROR)
            info->backends |= 1u << b;
    }
    rules->probe = probe == VALUE_ERROR ? steps : probe;
    info->alone = rules->builtin || rules->provider;
    if (info->alone)
        info->backends |= 1u << BACKEND_API;
}

/* carrier = {"chef": "api"}: what a tool cannot do before it is there. */
static bool read_carriers(struct vm *vm, value record, struct call_info *info)
{
    value given = record_get(vm, record, "carrier");
    for (enum backend b = BACKEND_API; b < BACKEND_COUNT; b++) {
        const char *name =
            given == VALUE_ERROR ? NULL : record_text(vm, given, backend_name(b));
        info->carrier[b] = (uint8_t)(name ? backend_named(name) : b);
        if (!info->carrier[b])
            return vm_fail(vm, 513, "carrier names backends") != VALUE_ERROR;
    }
    return true;
}

/* batch = "packages": neighbouring calls may be one, with these lists united. */
static bool read_batch(struct vm *vm, value record, struct call_info *info)
{
    value name = record_get(vm, record, "batch");
    int32_t arg = name == VALUE_ERROR ? -1 : record_named_arg(info, vm, name);
    info->batch = (uint32_t)(arg + 1);
    return name == VALUE_ERROR || arg >= 0;
}

/* local = ["run", ...]: the members that can act on its result, which is this computer.
 */
static void read_local(struct vm *vm, value record, struct call_info *info)
{
    size_t n;
    const value *v = record_items(vm, record, "local", &n);
    if (!n)
        return;
    str_id *ids = arena_array(vm->arena, str_id, n);
    for (size_t i = 0; i < n; i++)
        ids[i] = value_intern(vm, v[i]);
    info->local = ids;
    info->nlocal = (uint32_t)n;
}

static void read_errors(struct vm *vm, value record, struct call_info *info)
{
    size_t n;
    const value *v = record_items(vm, record, "errors", &n);
    for (size_t i = 0; i < n; i++)
        info->errors |= 1u << error_named(value_str_p(v[i]), value_str_len(v[i]));
}

static value do_call(struct vm *vm, const struct call *c)
{
    struct glossary *g = glossary_of(c);
    value record = value_dict_new(vm, c->nnames);
    for (uint32_t k = 0; k < c->nnames; k++)
        value_dict_set(vm, record, value_interned(vm, c->names[k]),
                       c->args[c->nargs + k]);
    if (c->nargs != 1 || !value_is_str(c->args[0]))
        return vm_fail(vm, 515, "call() takes the call's name first");
    struct call_info info = {.span = vm_span(vm)};
    struct call_rules *rules = arena_new(vm->arena, struct call_rules);
    const char *name = value_cstr(vm, c->args[0]), *dot = strchr(name, '.');
    info.name = value_intern(vm, c->args[0]);
    info.scope = dot ? intern(vm->strings, name, (size_t)(dot - name)) : 0;
    info.member = intern_cstr(vm->strings, dot ? dot + 1 : name);
    info.method = dot && glossary_has(g, intern_text(vm->strings, info.scope));
    info.doc = record_text(vm, record, "doc");
    info.exclusive = record_flag(vm, record, "exclusive");
    info.idempotent = record_flag(vm, record, "idempotent");
    info.pure = record_flag(vm, record, "pure");
    info.keyed = record_flag(vm, record, "keyed");
    info.ordinal = record_flag(vm, record, "ordinal");
    info.http = record_flag(vm, record, "http");
    info.reads_only = record_flag(vm, record, "reads_only");
    info.together = record_flag(vm, record, "together");
    info.holds_data = record_flag(vm, record, "holds_data");
    value seconds = record_get(vm, record, "seconds");
    info.cost_ms = seconds != VALUE_ERROR && value_is_int(seconds)
                       ? (uint32_t)value_small_get(seconds) * 1000
                       : 500;
    info.provider = rules->provider = record_flag(vm, record, "provider");
    rules->builtin = record_flag(vm, record, "builtin");
    info.needs = typestates(g, vm, record, "needs");
    info.ensures = typestates(g, vm, record, "ensures");
    if (!read_args(vm, record, &info, rules))
        return VALUE_ERROR;
    info.present = (uint32_t)(record_arg_index(&info, vm, "present") + 1);
    info.protect = (uint32_t)(record_arg_index(&info, vm, "protect") + 1);
    if (!read_inlines(vm, record, &info, rules) ||
        !read_attachments(vm, record, &info, rules) ||
        !read_identity(vm, record, &info) || !record_read_effects(vm, record, &info) ||
        !record_read_wants(vm, record, &info) || !read_batch(vm, record, &info) ||
        !record_read_requires(vm, record, &info, rules))
        return VALUE_ERROR;
    read_errors(vm, record, &info);
    read_local(vm, record, &info);
    read_rules(vm, record, &info, rules);
    const char *title = record_text(vm, record, "title");
    rules->title = read_title(vm, &info, title ? title : name);
    const char *absent = record_text(vm, record, "title_absent");
    rules->title_absent = absent ? read_title(vm, &info, absent) : rules->title;
    if (!read_carriers(vm, record, &info))
        return VALUE_ERROR;
    rules->backend =
        info.alone ? BACKEND_API : info.carrier[config_backend(g->config, name)];
    const char *result = record_text(vm, record, "result");
    info.result = glossary_type(g, intern_cstr(vm->strings, result ? result : name));
    info.rules = rules;
    g->making = (call_id)g->calls->n;
    *vec_push(g->calls) = info;
    return VALUE_NONE;
}

/* ---- handle types
 * ------------------------------------------------------------------------ */

uint32_t record_type(struct glossary *g, str_id name, const struct field_info *fields,
                     uint32_t nfields, const char *doc)
{
    struct handle_type t = {.name = name, .nfields = nfields, .doc = doc};
    t.fields = arena_array(g->arena, struct field_info, nfields);
    if (nfields)
        memcpy(t.fields, fields, nfields * sizeof *fields);
    uint32_t index = (uint32_t)g->calls->ntypes;
    g->calls->types =
        vec_grow(g->calls->types, sizeof t, index + 1, &g->calls->cap_types);
    g->calls->types[g->calls->ntypes++] = t;
    *map64_put(&g->types, name) = index + 1;
    return index;
}

static bool read_field(struct vm *vm, str_id name, value v, struct field_info *out)
{
    const char *type = record_is_word(vm, v, "field") ? record_text(vm, v, "type") : NULL;
    const char *arg = type ? record_text(vm, v, "arg") : NULL;
    const char *by = type ? record_text(vm, v, "by") : NULL;
    const char *each = type ? record_text(vm, v, "each") : NULL;
    *out = (struct field_info){.name = name,
                               .has_arg = arg || each,
                               .arg = {.kind = TYPE_INT},
                               .each = each ? intern_cstr(vm->strings, each) : 0,
                               .known = record_flag(vm, v, "known"),
                               .open = record_flag(vm, v, "open"),
                               .by = by ? intern_cstr(vm->strings, by) : 0,
                               .doc = record_text(vm, v, "doc")};
    if (type && type_parse(vm->strings, type, strlen(type), &out->type) &&
        (!arg || type_parse(vm->strings, arg, strlen(arg), &out->arg)))
        return true;
    vm_fail(vm, 516, "field %s: field() with a type is expected",
            intern_text(vm->strings, name));
    return false;
}

/* What a call's first two arguments, SECTION and KEY, lead to in a file; or NULL. */
static const struct yaml_node *setting_of(struct vm *vm, const struct call *c,
                                          const struct yaml_node *file)
{
    const char *section = value_is_str(c->args[0]) ? value_cstr(vm, c->args[0]) : "";
    const char *key = value_is_str(c->args[1]) ? value_cstr(vm, c->args[1]) : "";
    const struct yaml_node *map = yaml_get(file, section);
    return map ? yaml_get(map, key) : NULL;
}

/* setting(SECTION, KEY, DEFAULT): a text of dvo.yaml. */
static value do_setting(struct vm *vm, const struct call *c)
{
    const struct yaml_node *found = setting_of(vm, c, glossary_of(c)->config->dvo);
    return found && found->kind == YAML_STR ? value_cstring(vm, found->text) : c->args[2];
}

/* provider_setting(SECTION, KEY, DEFAULT): a value of the provider's file. */
static value do_provider_setting(struct vm *vm, const struct call *c)
{
    const struct yaml_node *found = setting_of(vm, c, glossary_of(c)->config->provider);
    return found && found->kind != YAML_NULL ? param_value(vm, found) : c->args[2];
}

/* provider_jump(): how to log in to the hosts on the way to the provider's machines. */
static value do_provider_jump(struct vm *vm, const struct call *c)
{
    const struct config *config = glossary_of(c)->config;
    return jump_hosts(vm, config, yaml_get(config->provider, "access"));
}

static value do_handle_type(struct vm *vm, const struct call *c)
{
    struct glossary *g = glossary_of(c);
    value fields = c->args[1];
    if (!value_is_str(c->args[0]) || !value_is(fields, VALUE_KIND_DICT))
        return vm_fail(vm, 516,
                       "handle_type() takes a name and a dict of field() records");
    const struct table *t = value_table(fields);
    struct field_info *all = arena_array(vm->arena, struct field_info, t->n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->used; i++)
        if (t->v[i].key != VALUE_ERROR &&
            !read_field(vm, value_intern(vm, t->v[i].key), t->v[i].val, &all[n++]))
            return VALUE_ERROR;
    const char *doc = c->args[2] != VALUE_ERROR ? value_cstr(vm, c->args[2]) : NULL;
    record_type(g, value_intern(vm, c->args[0]), all, n, doc);
    return VALUE_NONE;
}

static value do_driver(struct vm *vm, const struct call *c)
{
    struct glossary *g = glossary_of(c);
    value record = value_dict_new(vm, c->nnames + 1);
    static const char *const known[] = {"doc",     "transport", "service", "credentials",
                                        "session", "services",  "limits",  "quotas",
                                        "errors",  "words",     "calls",   NULL};
    if (c->nargs != 1)
        return vm_fail(vm, 515, "driver() takes the driver's name first");
    if (!native_keywords(vm, c, known))
        return VALUE_ERROR;
    value_dict_set(vm, record, value_cstring(vm, "name"), c->args[0]);
    for (uint32_t k = 0; k < c->nnames; k++)
        value_dict_set(vm, record, value_interned(vm, c->names[k]),
                       c->args[c->nargs + k]);
    g->driver = record;
    return VALUE_NONE;
}

/* ---- the words
 * ----------------------------------------------------------------------------- */

static void add(struct glossary *g, const char *name, native_fn *fn,
                const char *signature)
{
    struct native *n = arena_new(g->arena, struct native);
    *n = (struct native){name, fn, signature, g};
    eval_universe_native(g->universe, n);
}

void record_universe(struct glossary *g)
{
    static const char *const arg_names[] = {"type", NULL};
    static const char *const effect_names[] = {"kind", "by", NULL};
    static const char *const want_names[] = {"kind", "key", "attr", "value", NULL};
    static const char *const unless_names[] = {"arg", "values", "then", NULL};
    static const char *const none[] = {NULL};
    static const char *const rest[] = {"*"};
    static const struct native words[] = {
        {"arg", do_word, "...", (void *)arg_names},
        {"field", do_word, "...", (void *)arg_names},
        {"writes", do_word, "...", (void *)effect_names},
        {"reads", do_word, "...", (void *)effect_names},
        {"foreign", do_word, "...", (void *)none},
        {"reads_any", do_word, "...", (void *)none},
        {"want", do_word, "...", (void *)want_names},
        {"error", do_error, "...", NULL},
        {"exactly_one", do_word, "...", (void *)rest},
        {"at_least_one", do_word, "...", (void *)rest},
        {"unless", do_word, "...", (void *)unless_names},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        eval_universe_native(g->universe, &words[i]);
    add(g, "call", do_call, "...");
    add(g, "setting", do_setting, "section key default /");
    add(g, "provider_setting", do_provider_setting, "section key default /");
    add(g, "provider_jump", do_provider_jump, "");
    add(g, "handle_type", do_handle_type, "name / * fields doc?");
    add(g, "driver", do_driver, "...");
}
