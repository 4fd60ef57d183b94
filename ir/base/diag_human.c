/* Diagnostics for people: place, message, the source line with its gutter and the exact
 * span underlined. Nothing from a source or message can steer the terminal. */
#include <string.h>

#include "ir/base/diag_format.h"

#define EXCERPT_COLUMNS 160 /* longer source lines are cut around the span */
#define EXCERPT_BEFORE 40   /* columns kept before the span when cutting */
#define TAB_COLUMNS 4

enum { STYLE_PLAIN, STYLE_BOLD, STYLE_ERROR, STYLE_WARNING, STYLE_NOTE, STYLE_GUTTER };

static const char *const styles[] = {
    [STYLE_PLAIN] = "\033[0m",    [STYLE_BOLD] = "\033[1m",
    [STYLE_ERROR] = "\033[1;31m", [STYLE_WARNING] = "\033[1;33m",
    [STYLE_NOTE] = "\033[1;36m",  [STYLE_GUTTER] = "\033[34m",
};

struct human {
    struct buf *out;
    struct sources *sources;
    bool color;
};

static void human_style(const struct human *h, unsigned style)
{
    if (h->color)
        buf_str(h->out, styles[style]);
}

struct char_range {
    uint32_t first, last;
};

static bool char_in(uint32_t c, const struct char_range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* Control characters and those that reorder text: shown as U+FFFD, never sent. */
static bool char_unsafe(uint32_t c)
{
    static const struct char_range unsafe[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
    };
    return char_in(c, unsafe, sizeof unsafe / sizeof *unsafe);
}

/* Terminal columns of a safe character; wcwidth() would depend on the locale. */
static unsigned char_columns(uint32_t c)
{
    static const struct char_range combining[] = {
        {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},   {0x064b, 0x065f},
        {0x0900, 0x0902}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},   {0x0e47, 0x0e4e},
        {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d},   {0x20d0, 0x20ff},
        {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
    };
    static const struct char_range wide[] = {
        {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x25fd, 0x25fe},
        {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x26bd, 0x26be},
        {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},   {0x274c, 0x274c},
        {0x2753, 0x2757},   {0x2795, 0x2797},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b55},
        {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0xa4cf},
        {0xa960, 0xa97c},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
        {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
        {0x1f7e0, 0x1f7eb}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
    };
    if (c < 0x300)
        return 1;
    if (char_in(c, combining, sizeof combining / sizeof *combining))
        return 0;
    return char_in(c, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

/* Text from outside: safe characters as they are, further lines indented. */
static void human_text(const struct human *h, const char *s, unsigned indent)
{
    size_t len = strlen(s);
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c;
        n = utf8_decode(s + i, len - i, &c);
        if (c == '\n')
            buf_printf(h->out, "\n%*s", (int)indent, "");
        else if (c == '\t')
            buf_char(h->out, ' ');
        else if (char_unsafe(c) || c == 0xfffd)
            buf_str(h->out, "\xef\xbf\xbd");
        else
            buf_add(h->out, s + i, n);
    }
}

/* Columns that the character at `column` takes in an excerpt. */
static unsigned excerpt_columns(uint32_t c, unsigned column)
{
    if (c == '\t')
        return TAB_COLUMNS - column % TAB_COLUMNS;
    return char_unsafe(c) ? 1 : char_columns(c);
}

/* The columns of `len` bytes of a line, were it shown whole. */
static unsigned line_columns(const char *line, size_t len)
{
    unsigned column = 0;
    for (size_t i = 0; i < len;) {
        uint32_t c;
        i += utf8_decode(line + i, len - i, &c);
        column += excerpt_columns(c, column);
    }
    return column;
}

/* Shows the columns [from, to) of a line, with an ellipsis where it was cut. */
static void human_line(const struct human *h, const char *line, size_t len, unsigned from,
                       unsigned to)
{
    if (from)
        buf_str(h->out, "\xe2\x80\xa6");
    unsigned column = 0;
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c;
        n = utf8_decode(line + i, len - i, &c);
        unsigned columns = excerpt_columns(c, column);
        if (column + columns > to) {
            buf_str(h->out, "\xe2\x80\xa6");
            break;
        }
        if (column >= from) {
            if (c == '\t')
                buf_printf(h->out, "%*s", (int)columns, "");
            else if (char_unsafe(c) || c == 0xfffd)
                buf_str(h->out, "\xef\xbf\xbd");
            else
                buf_add(h->out, line + i, n);
        } else if (column + columns > from) {
            buf_printf(h->out, "%*s", (int)(column + columns - from), "");
        }
        column += columns;
    }
}

/* The line on which the span begins, and the part of the span on that line underlined. */
static void human_excerpt(const struct human *h, struct span at, unsigned style)
{
    const struct source *src = source_get(h->sources, at.file);
    struct source_pos pos = source_pos(h->sources, at.file, at.begin);
    size_t len;
    const char *line = source_line(h->sources, at.file, pos.line, &len);
    size_t start = (size_t)(line - src->text);
    size_t begin = at.begin - start, end = at.end - start;
    if (begin > len)
        begin = len;
    if (at.end < at.begin || end < begin)
        end = begin;
    if (end > len)
        end = len;

    unsigned caret = line_columns(line, begin);
    unsigned total = line_columns(line, len);
    unsigned past = line_columns(line, end);
    unsigned from = 0, to = total;
    if (total > EXCERPT_COLUMNS) {
        from = caret > EXCERPT_BEFORE ? caret - EXCERPT_BEFORE : 0;
        to = from + EXCERPT_COLUMNS;
    }
    if (past > to)
        past = to;

    human_style(h, STYLE_GUTTER);
    buf_printf(h->out, "%5u | ", pos.line);
    human_style(h, STYLE_PLAIN);
    human_line(h, line, len, from, to);
    buf_char(h->out, '\n');
    human_style(h, STYLE_GUTTER);
    buf_str(h->out, "      | ");
    human_style(h, STYLE_PLAIN);
    buf_printf(h->out, "%*s", (int)(caret - from + (from > 0)), "");
    human_style(h, style);
    buf_char(h->out, '^');
    for (unsigned column = caret + 1; column < past; column++)
        buf_char(h->out, '~');
    human_style(h, STYLE_PLAIN);
    buf_char(h->out, '\n');
}

/* `file:line:column: `, or `dvoc: ` for what is about no place. */
static void human_place(const struct human *h, struct span at)
{
    human_style(h, STYLE_BOLD);
    if (at.file) {
        struct source_pos pos = source_pos(h->sources, at.file, at.begin);
        human_text(h, source_get(h->sources, at.file)->path, 0);
        buf_printf(h->out, ":%u:%u: ", pos.line, pos.column);
    } else {
        buf_str(h->out, "dvoc: ");
    }
    human_style(h, STYLE_PLAIN);
}

static void human_diag(const struct human *h, const struct diag *g)
{
    static const char *const levels[] = {"note", "warning", "error"};
    static const unsigned colors[] = {STYLE_NOTE, STYLE_WARNING, STYLE_ERROR};
    human_place(h, g->span);
    human_style(h, colors[g->level]);
    buf_str(h->out, levels[g->level]);
    if (g->code)
        buf_printf(h->out, "[DVO%04u]", g->code);
    buf_str(h->out, ": ");
    human_style(h, STYLE_PLAIN);
    human_style(h, STYLE_BOLD);
    human_text(h, g->message, 4);
    human_style(h, STYLE_PLAIN);
    buf_char(h->out, '\n');
    if (g->span.file)
        human_excerpt(h, g->span, colors[g->level]);

    for (const struct diag_related *r = g->related; r; r = r->next) {
        human_place(h, r->span);
        human_style(h, STYLE_NOTE);
        buf_str(h->out, "note: ");
        human_style(h, STYLE_PLAIN);
        human_text(h, r->message, 4);
        buf_char(h->out, '\n');
        if (r->span.file)
            human_excerpt(h, r->span, STYLE_NOTE);
    }
    if (g->help) {
        human_style(h, STYLE_BOLD);
        buf_str(h->out, "help: ");
        human_style(h, STYLE_PLAIN);
        human_text(h, g->help, 6);
        buf_char(h->out, '\n');
    }
}

void diag_format_human(const struct diag_list *list, struct buf *out, bool color)
{
    struct human h = {out, list->sources, color};
    for (size_t i = 0; i < list->n; i++)
        human_diag(&h, list->v[i]);
    if (list->errors > list->limit)
        buf_printf(out, "%u errors, the first %u shown\n", list->errors, list->limit);
    else if (list->errors > 1)
        buf_printf(out, "%u errors\n", list->errors);
}
