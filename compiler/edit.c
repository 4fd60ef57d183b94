/* Guesses what was meant by a value of the wrong type or form. Every proposal is checked
 * by the type itself before it is made. */
#include "compiler/edit.h"

#include <string.h>

#include "compiler/handle.h"
#include "compiler/vm.h"

#define LITERAL_MAX 60 /* bytes of a literal that a help proposes */

/* A text as a literal, if it is short enough for a message. */
static const char *quoted(struct vm *vm, const char *s)
{
    if (strlen(s) > LITERAL_MAX)
        return NULL;
    value v = value_cstring(vm, s);
    struct buf out = {0};
    const char *text = NULL;
    if (value_write(vm, v, true, &out))
        text = arena_strndup(vm->arena, buf_text(&out), out.len);
    buf_free(&out);
    return text;
}

/* `write "CANDIDATE"`, if it has the form that is wanted. */
static const char *propose(struct vm *vm, enum type_kind kind, const char *candidate)
{
    str_id s = intern_cstr(vm->strings, candidate), out = s;
    if (!*candidate || type_check_text(vm->strings, kind, s, &out))
        return NULL;
    const char *text = quoted(vm, candidate);
    return text ? arena_printf(vm->arena, "write %s", text) : NULL;
}

/* ---- texts of another form
 * ------------------------------------------------------------------------ */

static const char *trimmed(struct vm *vm, const char *s)
{
    s += strspn(s, " \t\r\n");
    size_t len = strlen(s);
    while (len && strchr(" \t\r\n", s[len - 1]))
        len--;
    return arena_strndup(vm->arena, s, len);
}

/* "5 minutes", "5min" and "300" have a unit that can be told. */
static const char *duration_meant(struct vm *vm, const char *s)
{
    size_t digits = strspn(s, "0123456789");
    if (!digits || digits > 9)
        return NULL;
    const char *unit = s + digits + strspn(s + digits, " ");
    char letter = *unit ? (char)(*unit | 0x20) : 's';
    if (!strchr("smhd", letter) || !strncmp(unit, "ms", 2))
        return NULL;
    return arena_printf(vm->arena, "%.*s%c", (int)digits, s, letter);
}

static const char *hostname_meant(struct vm *vm, const char *s)
{
    char *name = arena_strndup(vm->arena, s, strlen(s));
    for (char *p = name; *p; p++)
        if (*p == '_' || *p == ' ')
            *p = '-';
    return name;
}

static const char *path_meant(struct vm *vm, const char *s)
{
    if (!strncmp(s, "./", 2))
        s += 2;
    return *s == '/' || *s == '~' || *s == '.' ? NULL : arena_printf(vm->arena, "/%s", s);
}

static const char *edit_text(struct vm *vm, enum type_kind kind, const char *s)
{
    const char *help = propose(vm, kind, trimmed(vm, s)), *meant = NULL;
    if (help)
        return help;
    if (kind == TYPE_DURATION)
        meant = duration_meant(vm, s);
    else if (kind == TYPE_PATH)
        meant = path_meant(vm, s);
    else if (kind == TYPE_HOSTNAME)
        meant = hostname_meant(vm, s);
    else if (kind == TYPE_URL && !strstr(s, "://"))
        meant = arena_printf(vm->arena, "https://%s", s);
    return meant ? propose(vm, kind, meant) : NULL;
}

/* ---- values of another type
 * ----------------------------------------------------------------------- */

/* 0o755 and 644: whoever writes decimal digits of a mode means them as octal ones. */
static const char *edit_mode(struct vm *vm, int64_t n, struct span at)
{
    const char *as_written = vm_written(vm, at);
    bool octal = as_written && *as_written && strlen(as_written) <= 4 &&
                 strspn(as_written, "01234567") == strlen(as_written);
    if (octal)
        return propose(vm, TYPE_MODE, arena_printf(vm->arena, "0%s", as_written));
    return n < 0 || n > 07777
               ? NULL
               : propose(vm, TYPE_MODE,
                         arena_printf(vm->arena, "%04llo", (unsigned long long)n));
}

static const char *edit_bool(value v)
{
    static const char *const yes[] = {"yes", "true", "True", "on", "1"};
    static const char *const no[] = {"no", "false", "False", "off", "0"};
    int64_t n;
    if (value_to_int64(v, &n) && (n == 0 || n == 1))
        return n ? "write True" : "write False";
    for (size_t i = 0; value_is_str(v) && i < sizeof yes / sizeof *yes; i++) {
        if (value_str_equal(v, yes[i]))
            return "write True";
        if (value_str_equal(v, no[i]))
            return "write False";
    }
    return NULL;
}

static bool is_number(const char *s)
{
    size_t digits = strspn(s, "0123456789");
    return digits && digits < 10 && !s[digits];
}

/* The words of a command line, or the shell that its signs need. */
static const char *edit_words(struct vm *vm, const char *s)
{
    const char *text = quoted(vm, s);
    if (!text)
        return NULL;
    if (strpbrk(s, "|&;<>$*?`'\"\\~#()"))
        return arena_printf(vm->arena,
                            "a shell is asked for by name: [\"sh\", \"-c\", %s]", text);
    struct buf out = {0};
    for (const char *p = s; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        if (len)
            buf_printf(&out, "%s\"%.*s\"", out.len ? ", " : "", (int)len, p);
        p += len;
    }
    const char *help =
        out.len ? arena_printf(vm->arena, "write [%s]", buf_text(&out)) : NULL;
    buf_free(&out);
    return help;
}

static const char *edit_list(struct vm *vm, value v, struct span at)
{
    if (value_is_str(v) && vm_expr(vm, at) && vm_expr(vm, at)->kind == EXPR_STRING)
        return edit_words(vm, value_cstr(vm, v));
    const char *text = vm_written(vm, at);
    return text ? arena_printf(vm->arena, "write [%s]", text) : NULL;
}

static const char *edit_of_items(struct vm *vm, enum type_kind kind, struct span at)
{
    const char *text = vm_written(vm, at);
    if (!text)
        return NULL;
    return type_is_text(kind)
               ? arena_printf(vm->arena, "make one call for each: for item in %s: ...",
                              text)
               : NULL;
}

static const char *edit_to_text(struct vm *vm, enum type_kind kind, value v,
                                struct span at)
{
    const struct expr *e = vm_expr(vm, at);
    const char *text = vm_written(vm, at);
    if (!text)
        text = "VALUE";
    if (handle_of(v))
        return arena_printf(vm->arena, "name one of its fields, such as %s.name", text);
    bool number = value_is_int(v) || value_is_float(v);
    bool any = kind == TYPE_TEXT || kind == TYPE_LINE || kind == TYPE_STR;
    if (!any && (value_is_float(v) || v == VALUE_TRUE || v == VALUE_FALSE))
        return NULL;
    if (number && e && (e->kind == EXPR_INT || e->kind == EXPR_FLOAT))
        return arena_printf(vm->arena, "write it in quotes: \"%s\"", text);
    if (number || v == VALUE_TRUE || v == VALUE_FALSE || value_is_deferred(v))
        return arena_printf(vm->arena, "make text of it: str(%s)", text);
    return NULL;
}

const char *edit_value(struct vm *vm, struct type want, value v, struct span at)
{
    enum type_kind kind = (enum type_kind)want.kind;
    size_t nitems;
    int64_t n;
    const char *text = vm_written(vm, at);
    if (v == VALUE_NONE)
        return "it is None: leave the argument out, or say what it is (a function gives "
               "a value with return only)";
    if (kind == TYPE_LIST)
        return value_is(v, VALUE_KIND_DICT) ? NULL : edit_list(vm, v, at);
    if (kind == TYPE_DICT)
        return "write {\"KEY\": VALUE}";
    if (kind == TYPE_BOOL)
        return edit_bool(v);
    if (kind == TYPE_PACKAGE && value_is_str(v) && text)
        return arena_printf(vm->arena, "write packages.find(%s)", text);
    if (value_is_str(v) && type_is_int(kind))
        return is_number(value_cstr(vm, v))
                   ? arena_printf(vm->arena, "write it without quotes: %s",
                                  value_cstr(vm, v))
                   : NULL;
    if (value_is_str(v) && memchr(value_str_p(v), 0, value_str_len(v)))
        return NULL;
    if (value_is_str(v))
        return kind == TYPE_PACKAGES && strpbrk(value_cstr(vm, v), " ")
                   ? edit_words(vm, value_cstr(vm, v))
               : type_is_text(kind) ? edit_text(vm, kind, value_cstr(vm, v))
                                    : NULL;
    if (value_to_int64(v, &n) && kind == TYPE_MODE)
        return edit_mode(vm, n, at);
    if (value_to_int64(v, &n) && kind == TYPE_DURATION)
        return arena_printf(vm->arena, "say the unit: \"%llds\"", (long long)n);
    if (value_items(v, &nitems))
        return edit_of_items(vm, kind, at);
    return type_is_text(kind) ? edit_to_text(vm, kind, v, at) : NULL;
}
