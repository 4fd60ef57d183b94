/* A rule is checked where it is written: a provider would refuse it, or let everybody in,
 * long after. */
#include "compiler/allow.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/facts.h"
#include "ir/type.h"

#define EVERYBODY "0.0.0.0/0"

static const struct object_type rule_type = {
    .name = "rule",
    .getattr = facts_getattr,
    .attrs = facts_attrs,
    .no_text = "use its .protocol, .first, .last or .source",
};

val_id allow_ir(struct vm *vm, value v)
{
    if (!value_is(v, VALUE_KIND_OBJECT) || value_object(v)->type != &rule_type)
        return VAL_ABSENT;
    return value_to_ir(vm, facts_of(v), vm_span(vm));
}

static struct span span_of(struct vm *vm, const char *name, int i)
{
    return vm_param_span(vm, name, i);
}

static bool check_protocol(struct vm *vm, value v)
{
    static const char *const known[] = {"tcp", "udp", "icmp"};
    enum { KNOWN = sizeof known / sizeof *known };
    for (size_t i = 0; i < KNOWN; i++)
        if (value_is_str(v) && value_str_equal(v, known[i]))
            return true;
    vm_fail_at(vm, span_of(vm, "protocol", 0), 561,
               "allow(protocol=) takes \"tcp\", \"udp\" or \"icmp\", not %s",
               value_is_str(v) ? value_shown(vm, v) : value_type_phrase(vm, v));
    const char *near =
        value_is_str(v) ? text_nearest(value_cstr(vm, v), known, KNOWN) : NULL;
    for (size_t i = 0; i < KNOWN && value_is_str(v); i++)
        if (!strcasecmp(value_cstr(vm, v), known[i]))
            near = known[i];
    if (near)
        vm_help(vm, "did you mean \"%s\"?", near);
    else
        vm_help(vm, "write allow(\"tcp\", 443)");
    return false;
}

/* A port's digits; 0 if they are none. */
static int64_t port_number(const char *s, char **end)
{
    unsigned long n = *s >= '0' && *s <= '9' ? strtoul(s, end, 10) : 0;
    return n <= 65535 ? (int64_t)n : 0;
}

/* 443 or "8000-8080". */
static bool read_ports(struct vm *vm, value v, int64_t *first, int64_t *last)
{
    char *end = (char *)"";
    if (value_to_int64(v, first)) {
        *last = *first;
    } else if (value_is_str(v)) {
        const char *s = value_cstr(vm, v);
        *first = *last = port_number(s, &end);
        if (*first && *end == '-')
            *last = port_number(end + 1, &end);
    } else {
        vm_fail_at(vm, span_of(vm, "port", 1), 561,
                   "allow(port=) takes a port or a range such as \"8000-8080\", not %s",
                   value_type_phrase(vm, v));
        vm_help(vm, "write a number from 1 to 65535");
        return false;
    }
    if (*first >= 1 && *last <= 65535 && *first <= *last && !*end)
        return true;
    vm_fail_at(vm, span_of(vm, "port", 1), 561, "allow(port=) cannot be %s",
               value_shown(vm, v));
    if (*first > *last && *last >= 1 && !*end)
        vm_help(vm, "write the lower port first: \"%lld-%lld\"", (long long)*last,
                (long long)*first);
    else
        vm_help(vm, "write a number from 1 to 65535, or two such as \"8000-8080\"");
    return false;
}

/* The source in its canonical spelling; VALUE_ERROR after an error. */
static value check_source(struct vm *vm, value v)
{
    struct span at = span_of(vm, "source", 2);
    if (!value_is_str(v))
        return vm_fail_at(vm, at, 561, "allow(source=) takes %s, not %s",
                          type_example(TYPE_CIDR), value_type_phrase(vm, v));
    str_id s = value_intern(vm, v), good = s;
    const char *why = type_check_text(vm->strings, TYPE_CIDR, s, &good);
    if (!why)
        return value_interned(vm, good);
    vm_fail_at(vm, at, 561, "allow(source=) %s", why);
    const char *text = intern_text(vm->strings, s);
    const char *whole =
        arena_printf(vm->arena, "%s/%d", text, strchr(text, ':') ? 128 : 32);
    if (!type_check_text(vm->strings, TYPE_CIDR, intern_cstr(vm->strings, whole), &good))
        vm_help(vm, "write \"%s\" for this one address", whole);
    else
        vm_help(vm, "write %s", type_example(TYPE_CIDR));
    return VALUE_ERROR;
}

static value everybody(struct vm *vm, const struct call *c)
{
    struct diag *d =
        diag_warning(vm->diags, 562, vm_span(vm),
                     "this rule lets everybody in: its source is not written");
    diag_help(vm->diags, d,
              "say who may come, such as source=\"198.51.100.0/24\", or "
              "source=\"" EVERYBODY "\" if everybody may");
    (void)c;
    return value_cstring(vm, EVERYBODY);
}

static value do_allow(struct vm *vm, const struct call *c)
{
    int64_t first = 0, last = 0;
    if (!check_protocol(vm, c->args[0]))
        return VALUE_ERROR;
    bool icmp = value_str_equal(c->args[0], "icmp");
    if (icmp && c->args[1] != VALUE_NONE) {
        vm_fail_at(vm, span_of(vm, "port", 1), 561, "icmp has no ports");
        vm_help(vm, "write None for its port");
        return VALUE_ERROR;
    }
    if (!icmp && !read_ports(vm, c->args[1], &first, &last))
        return VALUE_ERROR;
    value source =
        c->args[2] == VALUE_ERROR ? everybody(vm, c) : check_source(vm, c->args[2]);
    if (source == VALUE_ERROR)
        return VALUE_ERROR;
    value rule = value_dict_new(vm, 4);
    value_dict_set(vm, rule, value_cstring(vm, "protocol"), c->args[0]);
    value_dict_set(vm, rule, value_cstring(vm, "first"),
                   icmp ? VALUE_NONE : value_int(vm, first));
    value_dict_set(vm, rule, value_cstring(vm, "last"),
                   icmp ? VALUE_NONE : value_int(vm, last));
    value_dict_set(vm, rule, value_cstring(vm, "source"), source);
    return facts_new(vm, &rule_type, rule);
}

const struct native allow_native = {"allow", do_allow, "protocol port source?", NULL};
