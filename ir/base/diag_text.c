/* The texts of diagnostics: what a message quotes is cut to a length that can be read. */
#include <string.h>

#include "ir/base/buf.h"
#include "ir/base/diag.h"

#define QUOTED_MAX 60 /* bytes of a quotation */
#define SPEC_MAX 15   /* bytes of one conversion of a format */

static void add_cut(struct buf *out, const char *s, size_t len)
{
    size_t n = utf8_fit(s, len, QUOTED_MAX);
    buf_add(out, s, n);
    if (n < len)
        buf_str(out, "\xe2\x80\xa6");
}

const char *diag_cut(struct arena *arena, const char *s, size_t len)
{
    struct buf out = {0};
    add_cut(&out, s, len);
    const char *text = arena_strndup(arena, buf_text(&out), out.len);
    buf_free(&out);
    return text;
}

/* The length of the conversion that begins at `p`, behind which its letter is p[n - 1].
 */
static size_t spec_length(const char *p)
{
    size_t n = 1 + strspn(p + 1, "-+ #0123456789.*");
    n += strspn(p + n, "hlzjt");
    return p[n] ? n + 1 : n;
}

/* A quotation of the format: "%s" or '%s'. */
static bool is_quoted(const char *fmt, const char *p, size_t n)
{
    return p > fmt && (p[-1] == '"' || p[-1] == '\'') && p[n] == p[-1];
}

/* The formats come from diag_error() and its like, where the compiler checks them. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void add_number(struct buf *out, const char *spec, va_list *ap)
{
    if (!strchr("diuoxXc", spec[strlen(spec) - 1]))
        die("a message cannot have %s", spec);
    if (strstr(spec, "ll"))
        buf_printf(out, spec, va_arg(*ap, long long));
    else if (strpbrk(spec, "lzjt"))
        buf_printf(out, spec, va_arg(*ap, size_t));
    else
        buf_printf(out, spec, va_arg(*ap, int));
}

#pragma GCC diagnostic pop

char *diag_vformat(struct arena *arena, const char *fmt, va_list list)
{
    struct buf out = {0};
    va_list ap;
    va_copy(ap, list);
    for (const char *p = fmt; *p;) {
        if (*p != '%' || p[1] == '%') {
            buf_char(&out, *p);
            p += 1 + (*p == '%');
            continue;
        }
        size_t n = spec_length(p);
        char spec[SPEC_MAX + 1];
        if (n > SPEC_MAX)
            die("cannot format a message: %s", fmt);
        memcpy(spec, p, n);
        spec[n] = '\0';
        int most = strchr(spec, '*') ? va_arg(ap, int) : -1;
        if (spec[n - 1] == 's') {
            const char *s = va_arg(ap, const char *);
            size_t len = most < 0 ? strlen(s) : strnlen(s, (size_t)most);
            if (is_quoted(fmt, p, n))
                add_cut(&out, s, len);
            else
                buf_add(&out, s, len);
        } else {
            add_number(&out, spec, &ap);
        }
        p += n;
    }
    va_end(ap);
    char *text = arena_strndup(arena, buf_text(&out), out.len);
    buf_free(&out);
    return text;
}
