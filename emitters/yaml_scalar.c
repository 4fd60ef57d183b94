/* Chooses between plain, quoted and literal YAML strings, and writes them. Plain is only
 * what no reader of YAML 1.1 or 1.2 could take for anything but a string. */
#include "emitters/yaml_scalar.h"

#include <string.h>

enum yaml_class {
    CLASS_WORD = 1,  /* may begin and continue a plain scalar */
    CLASS_INNER = 2, /* may continue one */
    CLASS_QUOTE = 4, /* needs a look in quotes: " or \ */
};

static const unsigned char yaml_class[256] = {
    ['a' ... 'z'] = CLASS_WORD | CLASS_INNER,
    ['A' ... 'Z'] = CLASS_WORD | CLASS_INNER,
    ['_'] = CLASS_WORD | CLASS_INNER,
    ['/'] = CLASS_WORD | CLASS_INNER,
    ['0' ... '9'] = CLASS_INNER,
    ['!'] = CLASS_INNER,
    ['$' ... '%'] = CLASS_INNER,
    ['\'' ... '+'] = CLASS_INNER,
    ['-' ... '.'] = CLASS_INNER,
    [';' ... '>'] = CLASS_INNER,
    ['@'] = CLASS_INNER,
    ['^'] = CLASS_INNER,
    ['|'] = CLASS_INNER,
    ['~'] = CLASS_INNER,
    ['"'] = CLASS_QUOTE,
    ['\\'] = CLASS_QUOTE,
};

/* Words that some reader takes for a boolean, null or number, in any case. */
static bool yaml_reserved(const char *s, size_t len)
{
    static const char *const words[] = {"y",    "n",     "yes",  "no",   "on",  "off",
                                        "true", "false", "null", "none", "inf", "nan"};
    if (len > strlen("false"))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i][0] == (s[0] | 0x20) && strlen(words[i]) == len &&
            !strncasecmp(words[i], s, len))
            return true;
    return false;
}

struct yaml_facts {
    bool plain;     /* fit for plain style */
    bool one_line;  /* printable throughout: fit for single quotes */
    bool quotes;    /* holds " or \ */
    bool literal;   /* fit for a literal block */
    size_t longest; /* bytes of its longest line */
};

static struct yaml_facts yaml_look(const char *s, size_t len)
{
    struct yaml_facts f = {.plain = len > 0, .one_line = true, .literal = true};
    size_t start = 0, breaks = 0;
    if (len && !(yaml_class[(unsigned char)s[0]] & CLASS_WORD))
        f.plain = false;
    for (size_t i = 0, n; i < len; i += n) {
        unsigned char c = (unsigned char)s[i];
        unsigned class = yaml_class[c];
        n = 1;
        if (class & CLASS_INNER)
            continue;
        if (class & CLASS_QUOTE) {
            f.quotes = true;
            f.plain = false;
        } else if (c == ' ') {
            bool last = i + 1 == len;
            if (last || s[i + 1] == '\n')
                f.literal = false;
            if (last || s[i + 1] == ' ' || s[i + 1] == '#')
                f.plain = false;
        } else if (c == ':') {
            /* Inside a word a colon is a character like any other. */
            if (i + 1 == len || !yaml_class[(unsigned char)s[i + 1]])
                f.plain = false;
        } else if (c == ',') {
            f.plain = f.plain && i + 1 < len;
        } else if (c == '\n') {
            f.plain = f.one_line = false;
            if (i - start > f.longest)
                f.longest = i - start;
            start = i + 1;
            /* yamllint allows two empty lines, and none at the end. */
            breaks = i && s[i - 1] == '\n' ? breaks + 1 : 1;
            if (breaks > 3 || (i + 1 == len && breaks > 1))
                f.literal = false;
        } else if (c == '\t') {
            f.plain = f.one_line = false;
            if (i + 1 == len || s[i + 1] == '\n')
                f.literal = false;
        } else if (c < 0x20 || c >= 0x7f) {
            uint32_t code;
            n = utf8_decode(s + i, len - i, &code);
            if (!utf8_printable(code))
                f.plain = f.one_line = f.literal = false;
        } else {
            f.plain = false;
        }
    }
    if (len - start > f.longest)
        f.longest = len - start;
    if (f.one_line || (breaks == 1 && start == len && f.longest + 1 == len && len < 80))
        f.literal = false; /* "x\n" reads better in quotes */
    if (f.plain && yaml_reserved(s, len))
        f.plain = false;
    return f;
}

enum yaml_style yaml_style(const char *s, size_t len, int column, int indent, bool key)
{
    struct yaml_facts f = yaml_look(s, len);
    size_t room = column < YAML_WIDTH ? (size_t)(YAML_WIDTH - column) : 0;
    if (f.plain && (key || len <= room))
        return YAML_PLAIN;
    if (f.literal && !key && f.longest + (size_t)indent <= YAML_WIDTH)
        return YAML_LITERAL;
    if (f.one_line && f.quotes && (key || len + 2 <= room))
        return YAML_SINGLE;
    return YAML_DOUBLE;
}

/* Appends the escape of one character that may not stand as it is. */
static void yaml_escape(struct buf *out, uint32_t c)
{
    static const char names[] = "\0000\aa\bb\tt\nn\vv\ff\rr\033e\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof names; i += 2) {
        if (c == (unsigned char)names[i]) {
            buf_char(out, '\\');
            buf_char(out, names[i + 1]);
            return;
        }
    }
    if (c < 0x100)
        buf_printf(out, "\\x%02X", (unsigned)c);
    else if (c < 0x10000)
        buf_printf(out, "\\u%04X", (unsigned)c);
    else
        buf_printf(out, "\\U%08X", (unsigned)c);
}

/* A backslash before a line break in double quotes joins the lines without a blank; the
 * next line's indentation is dropped, so a blank that opens it is escaped. */
static void yaml_continue(struct buf *out, int indent, bool blank)
{
    buf_str(out, "\\\n");
    buf_blanks(out, (size_t)indent);
    if (blank)
        buf_char(out, '\\');
}

static unsigned yaml_double(struct buf *out, const char *s, size_t len, int column,
                            int indent)
{
    unsigned breaks = 0;
    size_t line = out->len - (size_t)column; /* where the line begins */
    /* Text that fits stays on its line, whatever is in it. */
    bool fold = indent >= 0 && (len > YAML_WIDTH || column + (int)len + 2 > YAML_WIDTH);
    buf_char(out, '"');
    for (size_t i = 0, n; i < len; i += n) {
        size_t width = out->len - line;
        bool wanted = width > YAML_WIDTH - 40 && i && s[i - 1] == ' ' && s[i] != ' ';
        if (fold && (wanted || width > YAML_WIDTH || (i && s[i - 1] == '\n'))) {
            yaml_continue(out, indent, s[i] == ' ');
            line = out->len - (size_t)indent;
            breaks++;
        }
        size_t plain = i, stop = len;
        width = out->len - line;
        size_t room = width < YAML_WIDTH ? YAML_WIDTH + 1 - width : 1;
        if (fold && len - i > room)
            stop = i + room;
        while (plain < stop && s[plain] >= ' ' && s[plain] <= '~' && s[plain] != '"' &&
               s[plain] != '\\') {
            plain++;
            if (fold && s[plain - 1] == ' ') /* a place where the line may break */
                break;
        }
        n = plain - i;
        if (n) {
            buf_add(out, s + i, n);
            continue;
        }
        uint32_t c;
        n = utf8_decode(s + i, len - i, &c);
        if (utf8_printable(c) && c >= 0x80)
            buf_add(out, s + i, n);
        else
            yaml_escape(out, c);
    }
    buf_char(out, '"');
    return breaks;
}

unsigned yaml_scalar(struct buf *out, enum yaml_style style, const char *s, size_t len,
                     int column, int indent)
{
    if (style == YAML_DOUBLE)
        return yaml_double(out, s, len, column, indent);
    if (style == YAML_PLAIN) {
        buf_add(out, s, len);
        return 0;
    }
    buf_char(out, '\'');
    for (size_t i = 0; i < len;) {
        const char *quote = memchr(s + i, '\'', len - i);
        size_t n = quote ? (size_t)(quote - (s + i)) + 1 : len - i;
        buf_add(out, s + i, n);
        if (quote)
            buf_char(out, '\'');
        i += n;
    }
    buf_char(out, '\'');
    return 0;
}

unsigned yaml_literal(struct buf *out, const char *s, size_t len, int indent)
{
    unsigned breaks = 0;
    bool ends = s[len - 1] == '\n';
    buf_char(out, '|');
    /* Blanks and empty lines at the start would be taken for indentation. */
    if (s[0] == ' ' || s[0] == '\n' || s[0] == '\t')
        buf_char(out, '2');
    if (!ends)
        buf_char(out, '-');
    for (size_t i = 0; i < len;) {
        const char *newline = memchr(s + i, '\n', len - i);
        size_t n = newline ? (size_t)(newline - (s + i)) : len - i;
        buf_char(out, '\n');
        breaks++;
        if (n) {
            buf_blanks(out, (size_t)indent);
            buf_add(out, s + i, n);
        }
        i += n + 1;
    }
    return breaks;
}
