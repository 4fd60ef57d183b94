/* Evaluates VALUE expressions: literals stand for themselves, an object whose only key
 * starts with "$" is an operation. */
#include "runtime/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"

static json_t *evaluate_failed(struct value_source *s, const char *what)
{
    if (s->outcome == VALUE_READY) {
        s->outcome = VALUE_FAULT;
        fault_set(&s->fault, DVO_EPROTO, "the plan holds a malformed value: %s", what);
    }
    return NULL;
}

static void text_real(double d, struct buf *out)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            break;
    }
    buf_str(out, text);
    if (!strpbrk(text, ".eni"))
        buf_str(out, ".0");
}

void value_text(const json_t *v, struct buf *out)
{
    switch (json_typeof(v)) {
    case JSON_STRING: buf_add(out, json_string_value(v), json_string_length(v)); return;
    case JSON_INTEGER:
        buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
        return;
    case JSON_REAL: text_real(json_real_value(v), out); return;
    case JSON_TRUE: buf_str(out, "True"); return;
    case JSON_FALSE: buf_str(out, "False"); return;
    case JSON_NULL: buf_str(out, "None"); return;
    case JSON_OBJECT:
    case JSON_ARRAY: break;
    }
    char *text = json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS);
    buf_str(out, text ? text : "");
    free(text);
}

bool value_truth(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_STRING: return json_string_length(v) > 0;
    case JSON_INTEGER: return json_integer_value(v) != 0;
    case JSON_REAL: return json_real_value(v) != 0;
    case JSON_ARRAY: return json_array_size(v) > 0;
    case JSON_OBJECT: return json_object_size(v) > 0;
    case JSON_TRUE: return true;
    case JSON_FALSE:
    case JSON_NULL: break;
    }
    return false;
}

void value_percent(const char *text, size_t len, struct buf *out)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            c == '-' || c == '.' || c == '_' || c == '~') {
            buf_char(out, (char)c);
        } else {
            char code[3] = {'%', hex[c >> 4], hex[c & 15]};
            buf_add(out, code, sizeof code);
        }
    }
}

static bool values_equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return json_number_value(a) == json_number_value(b);
    return json_equal(a, b);
}

/* <0, 0, >0; *ordered is false for values that have no order. */
static int values_compare(const json_t *a, const json_t *b, bool *ordered)
{
    *ordered = true;
    if (json_is_string(a) && json_is_string(b))
        return strcmp(json_string_value(a), json_string_value(b));
    if (json_is_integer(a) && json_is_integer(b))
        return (json_integer_value(a) > json_integer_value(b)) -
               (json_integer_value(a) < json_integer_value(b));
    *ordered = json_is_number(a) && json_is_number(b);
    return (json_number_value(a) > json_number_value(b)) -
           (json_number_value(a) < json_number_value(b));
}

static bool value_in(const json_t *item, const json_t *container)
{
    if (json_is_string(container) && json_is_string(item))
        return strstr(json_string_value(container), json_string_value(item));
    if (json_is_object(container) && json_is_string(item))
        return json_object_get(container, json_string_value(item));
    size_t i;
    json_t *v;
    json_array_foreach(container, i, v) if (values_equal(item, v)) return true;
    return false;
}

static json_t *compare(struct value_source *s, const char *op, const json_t *a,
                       const json_t *b)
{
    if (!strcmp(op, "eq"))
        return json_boolean(values_equal(a, b));
    if (!strcmp(op, "ne"))
        return json_boolean(!values_equal(a, b));
    if (!strcmp(op, "in"))
        return json_boolean(value_in(a, b));
    if (!strcmp(op, "not_in"))
        return json_boolean(!value_in(a, b));
    bool ordered;
    int order = values_compare(a, b, &ordered);
    if (!ordered)
        return evaluate_failed(s, "a comparison of values that have no order");
    if (!strcmp(op, "lt"))
        return json_boolean(order < 0);
    if (!strcmp(op, "le"))
        return json_boolean(order <= 0);
    if (!strcmp(op, "gt"))
        return json_boolean(order > 0);
    if (!strcmp(op, "ge"))
        return json_boolean(order >= 0);
    return evaluate_failed(s, op);
}

/* ["any", a, b…]: all and any stop at the first operand that decides. */
static json_t *evaluate_condition(struct value_source *s, const json_t *list)
{
    const char *op = json_string_value(json_array_get(list, 0));
    size_t n = json_array_size(list);
    if (!op)
        return evaluate_failed(s, "$cond");
    bool all = !strcmp(op, "all");
    if (all || !strcmp(op, "any")) {
        for (size_t i = 1; i < n; i++) {
            json_t *v = value_evaluate(s, json_array_get(list, i));
            if (!v)
                return NULL;
            bool holds = value_truth(v);
            json_decref(v);
            if (holds != all)
                return json_boolean(holds);
        }
        return json_boolean(all);
    }
    json_t *a = n > 1 ? value_evaluate(s, json_array_get(list, 1)) : NULL;
    if (!a)
        return evaluate_failed(s, "$cond");
    json_t *result = NULL;
    if (!strcmp(op, "true") || !strcmp(op, "not")) {
        result = json_boolean(value_truth(a) == !strcmp(op, "true"));
    } else {
        json_t *b = n > 2 ? value_evaluate(s, json_array_get(list, 2)) : NULL;
        result = b ? compare(s, op, a, b) : evaluate_failed(s, "$cond");
        json_decref(b);
    }
    json_decref(a);
    return result;
}

static json_t *evaluate_text(struct value_source *s, const json_t *parts)
{
    struct buf text = {0};
    size_t i;
    json_t *part;
    json_array_foreach(parts, i, part)
    {
        json_t *v = value_evaluate(s, part);
        if (!v) {
            buf_free(&text);
            return NULL;
        }
        value_text(v, &text);
        json_decref(v);
    }
    json_t *result = json_stringn(buf_text(&text), text.len);
    if (!result)
        evaluate_failed(s, "a text that is not UTF-8");
    buf_free(&text);
    return result;
}

static json_t *evaluate_list(struct value_source *s, const json_t *list)
{
    json_t *result = json_array();
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        json_t *v = value_evaluate(s, item);
        if (!v) {
            json_decref(result);
            return NULL;
        }
        json_array_append_new(result, v);
    }
    return result;
}

static bool evaluate_member(struct value_source *s, json_t *result, const char *key,
                            const json_t *expr)
{
    json_t *v = value_evaluate(s, expr);
    return v && json_object_set_new(result, key, v) == 0;
}

static json_t *evaluate_object(struct value_source *s, const json_t *object)
{
    json_t *result = json_object();
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)(uintptr_t)object, key,
                        item) if (!evaluate_member(s, result, key, item))
    {
        json_decref(result);
        return evaluate_failed(s, key);
    }
    return result;
}

/* {"$dict": [[key, value]…]}: the way to write an object that has a key with a "$". */
static json_t *evaluate_dict(struct value_source *s, const json_t *pairs)
{
    json_t *result = json_object();
    size_t i;
    json_t *pair;
    json_array_foreach(pairs, i, pair)
    {
        const char *key = json_string_value(json_array_get(pair, 0));
        const json_t *item = json_array_get(pair, 1);
        if (!key || !item || !evaluate_member(s, result, key, item)) {
            json_decref(result);
            return evaluate_failed(s, "$dict");
        }
    }
    return result;
}

/* `lack` is the outcome if it is not there. */
static json_t *evaluate_named(struct value_source *s, const json_t *from,
                              const char *what, const json_t *name,
                              enum value_outcome lack)
{
    if (!json_is_string(name))
        return evaluate_failed(s, what);
    json_t *v = json_object_get(from, json_string_value(name));
    if (v)
        return json_incref(v);
    if (s->outcome == VALUE_READY) {
        s->outcome = lack;
        fault_set(&s->fault, DVO_EPROTO, "%s \"%s\" is not known here", what,
                  json_string_value(name));
    }
    return NULL;
}

static json_t *evaluate_secret(struct value_source *s, const json_t *path)
{
    const char *value =
        json_is_string(path) ? s->secret(s, json_string_value(path)) : NULL;
    if (!value)
        return evaluate_failed(s, "$secret");
    s->tainted = true;
    json_t *text = json_string(value);
    return text ? text : evaluate_failed(s, "a secret that is not UTF-8");
}

static json_t *evaluate_withheld(struct value_source *s, const json_t *address)
{
    if (s->outcome == VALUE_READY) {
        s->outcome = VALUE_FAULT;
        fault_set(&s->fault, DVO_EINVAL,
                  "it is found by a value of %s that the state does not keep, because a "
                  "secret went into it",
                  json_is_string(address) ? json_string_value(address) : "?");
        s->fault.help = xstrdup("delete it at the provider, where its key is its mark");
    }
    return NULL;
}

/* The base64 of a file of the build. */
static json_t *evaluate_file(struct value_source *s, const json_t *name)
{
    if (!json_is_string(name) || !s->dir)
        return evaluate_failed(s, "$file64");
    char *path = path_join(s->dir, json_string_value(name));
    struct buf bytes = {0}, text = {0};
    json_t *v = NULL;
    if (file_read(path, &bytes)) {
        buf_base64(&text, bytes.p, bytes.len);
        v = json_stringn(buf_text(&text), text.len);
    } else {
        s->outcome = VALUE_FAULT;
        fault_set(&s->fault, DVO_ENOENT, "%s: %s; rebuild with dvoc build", path,
                  strerror(errno));
    }
    buf_free(&bytes);
    buf_free(&text);
    free(path);
    return v;
}

static json_t *evaluate_operation(struct value_source *s, const char *op, const json_t *v)
{
    if (!strcmp(op, "$text"))
        return evaluate_text(s, v);
    if (!strcmp(op, "$ref")) {
        const char *field = json_string_value(json_array_get(v, 1));
        return field ? s->ref(s, json_integer_value(json_array_get(v, 0)), field)
                     : evaluate_failed(s, op);
    }
    if (!strcmp(op, "$handle"))
        return s->ref(s, json_integer_value(v), "changed");
    if (!strcmp(op, "$get")) {
        const char *method = json_string_value(json_array_get(v, 1));
        json_t *arg = value_evaluate(s, json_array_get(v, 2));
        json_t *got = method && arg ? s->get(s, json_integer_value(json_array_get(v, 0)),
                                             method, arg)
                                    : evaluate_failed(s, op);
        json_decref(arg);
        return got;
    }
    if (!strcmp(op, "$cond"))
        return evaluate_condition(s, v);
    if (!strcmp(op, "$secret"))
        return evaluate_secret(s, v);
    if (!strcmp(op, "$var"))
        return evaluate_named(s, s->vars, "the variable", v, VALUE_UNSET);
    if (!strcmp(op, "$provider"))
        return evaluate_named(s, s->provider, "the provider's fact", v, VALUE_FAULT);
    if (!strcmp(op, "$dict"))
        return evaluate_dict(s, v);
    if (!strcmp(op, "$value"))
        return json_incref((json_t *)(uintptr_t)v);
    if (!strcmp(op, "$withheld"))
        return evaluate_withheld(s, v);
    if (!strcmp(op, "$file64"))
        return evaluate_file(s, v);
    return evaluate_failed(s, op);
}

static const char *operation_of(const json_t *expr, const json_t **operand)
{
    if (json_object_size(expr) != 1)
        return NULL;
    void *i = json_object_iter((json_t *)(uintptr_t)expr);
    const char *key = json_object_iter_key(i);
    *operand = json_object_iter_value(i);
    return key[0] == '$' ? key : NULL;
}

json_t *value_evaluate(struct value_source *s, const json_t *expr)
{
    if (!expr)
        return evaluate_failed(s, "nothing where a value belongs");
    const json_t *operand;
    const char *op = operation_of(expr, &operand);
    if (op)
        return evaluate_operation(s, op, operand);
    if (json_is_array(expr))
        return evaluate_list(s, expr);
    if (json_is_object(expr))
        return evaluate_object(s, expr);
    return json_incref((json_t *)(uintptr_t)expr);
}

bool value_url(struct value_source *s, const json_t *expr, struct buf *out)
{
    const json_t *operand;
    const char *op = operation_of(expr, &operand);
    if (!op) {
        json_t *v = value_evaluate(s, expr);
        if (!v)
            return false;
        value_text(v, out);
        json_decref(v);
        return true;
    }
    if (!strcmp(op, "$text")) {
        size_t i;
        json_t *part;
        json_array_foreach(operand, i, part) if (!value_url(s, part, out)) return false;
        return true;
    }
    json_t *v = value_evaluate(s, expr);
    if (!v)
        return false;
    struct buf text = {0};
    value_text(v, &text);
    value_percent(buf_text(&text), text.len, out);
    buf_free(&text);
    json_decref(v);
    return true;
}

double value_seconds(const json_t *v, double fallback)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    const char *text = json_string_value(v);
    char *end;
    if (!text)
        return json_is_number(v) ? json_number_value(v) : fallback;
    double count = strtod(text, &end);
    for (unsigned i = 0; end != text && i < sizeof units / sizeof *units; i++)
        if (!strcmp(end, units[i].name))
            return count * units[i].seconds;
    return fallback;
}
