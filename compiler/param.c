/* Finds a parameter's value, converts it to the type that the program wants and checks
 * it. */
#include "compiler/param.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/program.h"

enum { P_NAME, P_DEFAULT, P_TYPE, P_DOC, P_CHOICES, P_MIN, P_MAX, P_PROJECT };

enum param_type {
    PARAM_STR,
    PARAM_INT,
    PARAM_FLOAT,
    PARAM_BOOL,
    PARAM_LIST,
    PARAM_DICT,
    PARAM_TYPES
};

static const struct {
    const char *name, *what;
    enum value_kind value;
    enum yaml_kind yaml;
} types[PARAM_TYPES] = {
    [PARAM_STR] = {"str", "a string", VALUE_KIND_STR, YAML_STR},
    [PARAM_INT] = {"int", "an integer", VALUE_KIND_INT, YAML_INT},
    [PARAM_FLOAT] = {"float", "a number", VALUE_KIND_FLOAT, YAML_FLOAT},
    [PARAM_BOOL] = {"bool", "true or false", VALUE_KIND_BOOL, YAML_BOOL},
    [PARAM_LIST] = {"list", "a list", VALUE_KIND_LIST, YAML_LIST},
    [PARAM_DICT] = {"dict", "a mapping", VALUE_KIND_DICT, YAML_MAP},
};

/* ---- options
 * ----------------------------------------------------------------------------- */

static bool name_valid(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool letter =
            (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_';
        if (!letter && !(i && ((s[i] >= '0' && s[i] <= '9') || s[i] == '-')))
            return false;
    }
    return len > 0;
}

static bool open_set(struct params *p, struct program *program, const char *text)
{
    struct arena *a = &program->arena;
    size_t len = strlen(text), name = strcspn(text, "=");
    file_id file = source_add(&program->sources, "--set", text, len);
    if (!text[name] || !name_valid(text, name)) {
        struct diag *g =
            diag_error(&program->diags, 550, (struct span){file, 0, (uint32_t)name},
                       "--set takes NAME=VALUE");
        diag_help(&program->diags, g, "write --set replicas=3");
        return false;
    }
    p->sets[p->nsets++] = (struct param_set){
        .name = arena_strndup(a, text, name),
        .text = arena_strndup(a, text + name + 1, len - name - 1),
        .span = {file, (uint32_t)name + 1, (uint32_t)len},
        .name_span = {file, 0, (uint32_t)name},
    };
    return true;
}

static bool open_file(struct params *p, struct program *program, const char *path)
{
    struct diags *diags = &program->diags;
    file_id file = source_load(&program->sources, path);
    if (!file) {
        diag_error(diags, 550, (struct span){0}, "--params %s: %s", path,
                   strerror(errno));
        return false;
    }
    const struct yaml_node *n =
        yaml_parse(&program->sources, file, &program->arena, diags);
    if (n && n->kind != YAML_MAP) {
        struct diag *g = diag_error(diags, 550, n->span,
                                    "a file of parameters must be a mapping, not %s",
                                    yaml_kind_name(n->kind));
        diag_help(diags, g, "write lines such as replicas: 3");
        return false;
    }
    p->file = n;
    return n;
}

bool params_init(struct params *p, struct program *program,
                 const struct program_options *o)
{
    *p = (struct params){0};
    p->sets = arena_array(&program->arena, struct param_set, o->nsets + 1);
    bool good = true;
    for (size_t i = 0; i < o->nsets; i++)
        good &= open_set(p, program, o->sets[i]);
    if (o->params)
        good &= open_file(p, program, o->params);
    return good;
}

void params_free(struct params *p)
{
    free(p->names.v);
    free(p->missing.v);
    buf_free(&p->suffix);
    *p = (struct params){0};
}

/* ---- values of YAML
 * ------------------------------------------------------------------------ */

static value convert(struct vm *vm, const struct yaml_node *n)
{
    switch (n->kind) {
    case YAML_NULL: return VALUE_NONE;
    case YAML_BOOL: return value_bool(n->i);
    case YAML_INT: return value_int(vm, n->i);
    case YAML_FLOAT: return value_float(vm, n->f);
    case YAML_STR: return value_string(vm, n->text, n->len);
    case YAML_LIST: {
        value list = value_list_new(vm, NULL, 0);
        for (size_t i = 0; i < n->n; i++)
            value_list_push(vm, list, convert(vm, n->items[i]));
        return list;
    }
    case YAML_MAP: break;
    }
    value dict = value_dict_new(vm, n->n);
    for (size_t i = 0; i < n->n; i++)
        value_dict_set(vm, dict, value_cstring(vm, n->pairs[i].key),
                       convert(vm, n->pairs[i].value));
    return dict;
}

value param_value(struct vm *vm, const struct yaml_node *n)
{
    value v = convert(vm, n);
    value_freeze(vm, v);
    return v;
}

/* ---- what the program wants
 * ----------------------------------------------------------------- */

struct wanted {
    struct params *p;
    struct vm *vm;
    const struct call *call;
    const char *name;
    enum param_type type;
    value fallback, choices, min, max; /* VALUE_ERROR: not written */
    bool project;
};

static value declared_wrong(const struct wanted *w, const char *param, int i,
                            const char *what, value v)
{
    return vm_fail_at(
        w->vm, vm_param_span(w->vm, param, i), 554, "param(%s=) takes %s, not %s", param,
        what, value_is_str(v) ? value_shown(w->vm, v) : value_type_phrase(w->vm, v));
}

/* type= is a name, or the builtin function of that name. */
static bool read_type(struct wanted *w, value v)
{
    const char *name = value_is_str(v)                  ? value_cstr(w->vm, v)
                       : value_is(v, VALUE_KIND_NATIVE) ? value_native(v)->native->name
                                                        : "";
    const char *names[PARAM_TYPES];
    for (enum param_type t = 0; t < PARAM_TYPES; t++) {
        names[t] = types[t].name;
        if (!strcmp(name, names[t])) {
            w->type = t;
            return true;
        }
    }
    declared_wrong(w, "type", P_TYPE, "int, float, bool, str, list or dict", v);
    const char *near = text_nearest(name, names, PARAM_TYPES);
    static const char *const others[][2] = {
        {"string", "str"}, {"integer", "int"}, {"boolean", "bool"}, {"number", "float"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(others[i][0], name))
            near = others[i][1];
    if (near)
        vm_help(w->vm, "write type=%s", near);
    return false;
}

static bool type_of_default(struct wanted *w)
{
    if (w->fallback == VALUE_ERROR || w->fallback == VALUE_NONE) {
        w->type = PARAM_STR;
        return true;
    }
    for (enum param_type t = 0; t < PARAM_TYPES; t++)
        if (value_kind(w->fallback) == types[t].value) {
            w->type = t;
            return true;
        }
    declared_wrong(w, "default", P_DEFAULT, "a known value of a parameter's type",
                   w->fallback);
    return false;
}

static bool is_number(value v)
{
    return value_is_int(v) || value_is_float(v);
}

static bool read_bounds(struct wanted *w)
{
    bool numeric = w->type == PARAM_INT || w->type == PARAM_FLOAT;
    const value bounds[] = {w->min, w->max};
    static const char *const names[] = {"min", "max"};
    for (int i = 0; i < 2; i++) {
        if (bounds[i] == VALUE_ERROR)
            continue;
        if (!is_number(bounds[i])) {
            declared_wrong(w, names[i], P_MIN + i, "a number", bounds[i]);
            return false;
        }
        if (!numeric) {
            vm_fail_at(w->vm, vm_param_span(w->vm, names[i], P_MIN + i), 554,
                       "param(%s=) is for numbers, but \"%s\" is %s", names[i], w->name,
                       types[w->type].what);
            return false;
        }
    }
    size_t n;
    if (w->choices == VALUE_ERROR || (value_items(w->choices, &n) && n))
        return true;
    declared_wrong(w, "choices", P_CHOICES, "a list of values", w->choices);
    return false;
}

/* None means "not written" for everything but the default. */
static value written(const struct call *c, int i)
{
    return c->args[i] == VALUE_NONE ? VALUE_ERROR : c->args[i];
}

static bool read_call(struct wanted *w)
{
    const struct call *c = w->call;
    const char *name = NULL;
    size_t len = 0;
    if (!call_str(w->vm, c, P_NAME, &name, &len) ||
        !call_bool(w->vm, c, P_PROJECT, &w->project))
        return false;
    if (!name_valid(name, len)) {
        vm_fail_at(w->vm, vm_param_span(w->vm, "name", P_NAME), 554,
                   "a parameter's name has letters, digits, '_' and '-' only");
        return false;
    }
    w->name = arena_strndup(w->vm->arena, name, len);
    w->fallback = c->args[P_DEFAULT];
    w->choices = written(c, P_CHOICES);
    w->min = written(c, P_MIN);
    w->max = written(c, P_MAX);
    value type = written(c, P_TYPE);
    return (type == VALUE_ERROR ? type_of_default(w) : read_type(w, type)) &&
           read_bounds(w);
}

/* ---- checking
 * ---------------------------------------------------------------------------------- */

/* Completes the error about a value that came from outside with the place that asked. */
static value outside(const struct wanted *w, struct span at)
{
    if (at.file)
        vm_related(w->vm, vm_span(w->vm), "asked for here");
    return VALUE_ERROR;
}

static value wrong_type(const struct wanted *w, struct span at, const char *is)
{
    struct span place = at.file ? at : vm_param_span(w->vm, "default", P_DEFAULT);
    vm_fail_at(w->vm, place, 551, "parameter \"%s\" must be %s, not %s", w->name,
               types[w->type].what, is);
    int64_t n;
    const char *s =
        !at.file && value_is_str(w->fallback) ? value_cstr(w->vm, w->fallback) : "";
    if (w->type == PARAM_INT && *s && strspn(s, "0123456789") == strlen(s))
        vm_help(w->vm, "write it without quotes: %s", s);
    else if (!at.file && w->type == PARAM_STR && value_to_int64(w->fallback, &n))
        vm_help(w->vm, "write it in quotes: \"%lld\"", (long long)n);
    else
        vm_help(w->vm, "give it %s", types[w->type].what);
    return outside(w, at);
}

static value check_choices(const struct wanted *w, value v, struct span place,
                           struct span at)
{
    if (w->choices == VALUE_ERROR)
        return v;
    size_t n;
    const value *items = value_items(w->choices, &n);
    struct buf all = {0};
    for (size_t i = 0; i < n; i++) {
        int equal = value_equal(w->vm, v, items[i]);
        buf_str(&all, i ? ", " : "");
        if (equal || !value_write(w->vm, items[i], true, &all)) {
            buf_free(&all);
            return equal > 0 ? v : VALUE_ERROR;
        }
    }
    const char *near = NULL;
    if (value_is_str(v)) {
        const char **names = arena_array(w->vm->arena, const char *, n + 1);
        for (size_t i = 0; i < n; i++)
            names[i] = value_is_str(items[i]) ? value_cstr(w->vm, items[i]) : "";
        near = text_nearest(value_cstr(w->vm, v), names, n);
    }
    vm_fail_at(w->vm, place, 555, "parameter \"%s\" must be one of %s, not %s", w->name,
               buf_text(&all), value_shown(w->vm, v));
    if (near)
        vm_help(w->vm, "did you mean \"%s\"?", near);
    else
        vm_help(w->vm, "choose one of %s", buf_text(&all));
    buf_free(&all);
    return outside(w, at);
}

static value check_bounds(const struct wanted *w, value v, struct span place,
                          struct span at)
{
    int order = 0;
    bool low = false, high = false;
    if (w->min != VALUE_ERROR) {
        if (!value_compare(w->vm, v, w->min, &order))
            return VALUE_ERROR;
        low = order < 0;
    }
    if (w->max != VALUE_ERROR) {
        if (!value_compare(w->vm, v, w->max, &order))
            return VALUE_ERROR;
        high = order > 0;
    }
    if (!low && !high)
        return v;
    struct buf bound = {0}, shown = {0};
    value_write(w->vm, low ? w->min : w->max, true, &bound);
    value_write(w->vm, v, true, &shown);
    vm_fail_at(w->vm, place, 555, "parameter \"%s\" must be at %s %s, not %s", w->name,
               low ? "least" : "most", buf_text(&bound), buf_text(&shown));
    vm_help(w->vm, "choose %s or %s", buf_text(&bound), low ? "more" : "less");
    buf_free(&bound);
    buf_free(&shown);
    return outside(w, at);
}

/* A value of the right type against choices, min and max. `at` is where it was given;
 * file 0: it is the default. */
static value check(const struct wanted *w, value v, struct span at)
{
    struct span place = at.file ? at : vm_param_span(w->vm, "default", P_DEFAULT);
    v = check_choices(w, v, place, at);
    return v == VALUE_ERROR ? v : check_bounds(w, v, place, at);
}

static value from_node(const struct wanted *w, const struct yaml_node *n, struct span at)
{
    if (n->kind == YAML_INT && w->type == PARAM_FLOAT)
        return check(w, value_float(w->vm, (double)n->i), at);
    if (n->kind != types[w->type].yaml)
        return wrong_type(w, at, yaml_kind_name(n->kind));
    return check(w, param_value(w->vm, n), at);
}

/* The text of --set: as it is for strings, else read as YAML. */
static value from_text(const struct wanted *w, const struct param_set *s)
{
    if (w->type == PARAM_STR)
        return check(w, value_cstring(w->vm, s->text), s->span);
    struct diags quiet;
    diags_init(&quiet, w->vm->arena, w->vm->sources);
    file_id file = source_add(w->vm->sources, "--set", s->text, strlen(s->text));
    const struct yaml_node *n =
        *s->text ? yaml_parse(w->vm->sources, file, w->vm->arena, &quiet) : NULL;
    value v = n ? from_node(w, n, s->span)
                : wrong_type(w, s->span, *s->text ? "malformed YAML" : "an empty text");
    if (quiet.n)
        vm_help(w->vm, "%s", quiet.v[0]->message);
    diags_free(&quiet);
    return v;
}

static value from_default(const struct wanted *w)
{
    if (w->fallback == VALUE_NONE)
        return w->fallback;
    int64_t n;
    if (w->type == PARAM_FLOAT && value_to_int64(w->fallback, &n))
        return check(w, value_float(w->vm, (double)n), (struct span){0});
    if (value_kind(w->fallback) != types[w->type].value)
        return wrong_type(w, (struct span){0}, value_type_phrase(w->vm, w->fallback));
    return check(w, w->fallback, (struct span){0});
}

/* ---- missing ones
 * ----------------------------------------------------------------------------- */

/* Remembers it, and something of its type to go on with. */
static value stand_in(const struct wanted *w)
{
    struct params *p = w->p;
    if (!p->missing.n) {
        p->mark = w->vm->diags->n;
        p->mark_errors = w->vm->diags->errors;
    }
    *vec_push(&p->missing) = (struct diag_related){
        .span = vm_span(w->vm),
        .message = arena_printf(w->vm->arena, "%s (%s)", w->name, types[w->type].name),
    };
    size_t n;
    if (w->choices != VALUE_ERROR)
        return value_items(w->choices, &n)[0];
    if (w->min != VALUE_ERROR)
        return w->min;
    switch (w->type) {
    case PARAM_INT: return value_small(1);
    case PARAM_FLOAT: return value_float(w->vm, 1);
    case PARAM_BOOL: return VALUE_FALSE;
    case PARAM_LIST: return value_list_new(w->vm, NULL, 0);
    case PARAM_DICT: return value_dict_new(w->vm, 0);
    case PARAM_STR:
    case PARAM_TYPES: break;
    }
    return value_cstring(w->vm, w->name);
}

void params_asked(struct params *p, const char *name)
{
    for (size_t i = 0; i < p->names.n; i++)
        if (!strcmp(p->names.v[i], name))
            return;
    *vec_push(&p->names) = name;
}

static value find(const struct wanted *w)
{
    struct params *p = w->p;
    for (size_t i = p->nsets; i > 0; i--)
        if (!strcmp(p->sets[i - 1].name, w->name))
            return from_text(w, &p->sets[i - 1]);
    const struct yaml_node *n = yaml_get(p->file, w->name);
    if (n)
        return from_node(w, n, n->span);
    return w->fallback != VALUE_ERROR ? from_default(w) : stand_in(w);
}

static bool add_suffix(const struct wanted *w, value v)
{
    struct params *p = w->p;
    size_t begin = p->suffix.len;
    buf_char(&p->suffix, '-');
    if (!value_write(w->vm, v, false, &p->suffix))
        return false;
    const char *s = buf_text(&p->suffix) + begin + 1;
    if (*s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        return true;
    vm_fail(w->vm, 556, "\"%s\" cannot become part of the project's name", s);
    vm_help(w->vm, "give parameter \"%s\" a value of lower-case letters, digits and '-'",
            w->name);
    return false;
}

static value do_param(struct vm *vm, const struct call *c)
{
    struct params *p = &program_of(vm)->params;
    struct wanted w = {.p = p, .vm = vm, .call = c};
    if (!read_call(&w))
        return VALUE_ERROR;
    size_t known = p->names.n, missing = p->missing.n;
    params_asked(p, w.name);
    value v = find(&w);
    if (v != VALUE_ERROR && w.project && p->names.n > known && p->missing.n == missing &&
        !add_suffix(&w, v))
        return VALUE_ERROR;
    return v;
}

const struct native param_native = {
    "param", do_param, "name default? type? doc? choices? min? max? * project?", NULL};

/* ---- the end
 * --------------------------------------------------------------------------------- */

static void report_missing(struct params *p, struct diags *diags)
{
    /* What was queued since may come from the stand-ins. */
    diags->n = p->mark;
    diags->errors = p->mark_errors;
    map64_free(&diags->seen);
    struct buf all = {0}, example = {0};
    for (size_t i = 0; i < p->missing.n; i++) {
        const char *message = p->missing.v[i].message;
        bool first = true;
        for (size_t k = 0; k < i && first; k++)
            first = strcmp(p->missing.v[k].message, message) != 0;
        if (!first)
            continue;
        buf_printf(&all, "%s%s", all.len ? ", " : "", message);
        buf_printf(&example, " --set %.*s=VALUE", (int)strcspn(message, " "), message);
    }
    struct diag *g = diag_error(diags, 552, p->missing.v[0].span,
                                "parameters without a value: %s", buf_text(&all));
    for (size_t i = 1; i < p->missing.n; i++)
        diag_related(diags, g, p->missing.v[i].span, "%s is asked for here",
                     p->missing.v[i].message);
    diag_help(diags, g, "add%s, or write them to a file for --params",
              buf_text(&example));
    buf_free(&all);
    buf_free(&example);
}

static bool asked(const struct params *p, const char *name)
{
    for (size_t i = 0; i < p->names.n; i++)
        if (!strcmp(p->names.v[i], name))
            return true;
    return false;
}

static void report_unknown(const struct params *p, struct diags *diags, struct diag *g,
                           const char *name)
{
    const char *near = text_nearest(name, p->names.v, p->names.n);
    struct buf all = {0};
    for (size_t i = 0; i < p->names.n; i++)
        buf_printf(&all, "%s%s", i ? ", " : "", p->names.v[i]);
    if (near)
        diag_help(diags, g, "did you mean %s?", near);
    else if (p->names.n)
        diag_help(diags, g, "it asks for %s", buf_text(&all));
    else
        diag_help(diags, g, "it has no parameters");
    buf_free(&all);
}

bool params_missing(struct params *p, struct program *program)
{
    if (p->missing.n)
        report_missing(p, &program->diags);
    return !p->missing.n;
}

bool params_unknown(const struct params *p, struct program *program)
{
    static const char unknown[] = "the program has no parameter \"%s\"";
    struct diags *diags = &program->diags;
    bool good = true;
    for (size_t i = 0; i < p->nsets; i++) {
        const struct param_set *s = &p->sets[i];
        if (asked(p, s->name))
            continue;
        report_unknown(p, diags, diag_error(diags, 553, s->name_span, unknown, s->name),
                       s->name);
        good = false;
    }
    /* A warning here, since one file may serve several programs. */
    for (size_t i = 0; p->file && i < p->file->n; i++) {
        const struct yaml_pair *pair = &p->file->pairs[i];
        if (!asked(p, pair->key))
            report_unknown(p, diags,
                           diag_warning(diags, 553, pair->span, unknown, pair->key),
                           pair->key);
    }
    return good;
}

bool params_finish(struct params *p, struct program *program)
{
    bool whole = !program->diags.errors; /* else it may have asked for more further on */
    bool good = params_missing(p, program);
    return (!whole || params_unknown(p, program)) && good;
}

const char *params_project_suffix(const struct params *p)
{
    return buf_text(&p->suffix);
}
