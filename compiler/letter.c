/* Cases and classes of Unicode characters, by libc's C.UTF-8 locale where ASCII does not
 * do. */
#include "compiler/letter.h"

#include <locale.h>
#include <wctype.h>

static locale_t unicode(void)
{
    static locale_t locale;
    if (!locale)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return locale;
}

static bool char_is(uint32_t c, const char *class)
{
    if (c < 0x80 || !unicode())
        return c < 0x80 &&
               iswctype_l(c, wctype(class), unicode() ? unicode() : uselocale(0));
    return iswctype_l(c, wctype_l(class, unicode()), unicode());
}

uint32_t letter_upper(uint32_t c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 32 : c;
    return unicode() ? towupper_l(c, unicode()) : c;
}

uint32_t letter_lower(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    return unicode() ? towlower_l(c, unicode()) : c;
}

/* The letters that are two letters in one have a title case of their own. */
uint32_t letter_title(uint32_t c)
{
    if (c >= 0x1c4 && c <= 0x1cc)
        return 0x1c5 + (c - 0x1c4) / 3 * 3;
    return c >= 0x1f1 && c <= 0x1f3 ? 0x1f2 : letter_upper(c);
}

bool letter_is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f) ||
           c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool letter_is_upper(uint32_t c)
{
    return c < 0x80 ? c >= 'A' && c <= 'Z' : letter_lower(c) != c && letter_upper(c) == c;
}

bool letter_is_lower(uint32_t c)
{
    return c < 0x80 ? c >= 'a' && c <= 'z' : char_is(c, "lower") && letter_lower(c) == c;
}

bool letter_is_digit(uint32_t c)
{
    if (c < 0x80)
        return c >= '0' && c <= '9';
    /* libc counts only ASCII digits as digits: others are alphanumeric without cases. */
    return (c >= 0x660 && c <= 0x669) || (c >= 0x6f0 && c <= 0x6f9) ||
           (c >= 0x966 && c <= 0x96f) || (c >= 0xff10 && c <= 0xff19);
}

bool letter_is_alpha(uint32_t c)
{
    if (c < 0x80)
        return (c | 32) >= 'a' && (c | 32) <= 'z';
    return char_is(c, "alpha") && !letter_is_digit(c);
}

bool letter_is_alnum(uint32_t c)
{
    return letter_is_alpha(c) || letter_is_digit(c);
}
