/* Streams YAML: keeps the nesting, the indentation and the line number, and
 * leaves the look of strings to yaml_scalar.c. */
#include "emitters/yaml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emitters/yaml_scalar.h"
#include "ir/base/arena.h"

enum {
    YAML_LONGEST_KEY = 1000, /* readers give up on longer ones before their colon */
    YAML_COMPACT = 110,      /* columns of a line with a compact map or sequence */
};

static struct yaml_level *yaml_top(struct yaml *y)
{
    return &y->levels[y->depth];
}

static int yaml_column(const struct yaml *y)
{
    return (int)(y->out->len - y->line_start);
}

static void yaml_newline(struct yaml *y)
{
    buf_char(y->out, '\n');
    y->line++;
    y->line_start = y->out->len;
}

/* Goes to the place of the next entry of the innermost level: a line of its own, unless
 * the level opened behind a "- ". */
static void yaml_entry(struct yaml *y)
{
    struct yaml_level *top = yaml_top(y);
    if (top->empty && top->inline_first) {
        buf_char(y->out, ' ');
    } else {
        yaml_newline(y);
        buf_blanks(y->out, (size_t)top->indent);
    }
    top->empty = false;
    top->entries++;
}

/* The place of a value: behind its key, or behind a new "-". True if that is behind a
 * "-". */
static bool yaml_value(struct yaml *y)
{
    if (!yaml_top(y)->sequence)
        return false;
    yaml_entry(y);
    buf_char(y->out, '-');
    return true;
}

void yaml_begin(struct yaml *y, struct buf *out)
{
    *y = (struct yaml){.out = out, .line = 1, .line_start = out->len};
    buf_str(out, "---");
}

void yaml_end(struct yaml *y)
{
    yaml_newline(y);
}

static void yaml_open(struct yaml *y, bool sequence, bool compact)
{
    bool root = y->depth == 0;
    compact = compact || (!root && yaml_top(y)->compact);
    bool behind_dash = !root && yaml_value(y);
    if (y->depth + 1 == YAML_DEPTH)
        die("YAML nested deeper than %d", YAML_DEPTH);
    int indent = root ? 0 : yaml_top(y)->indent + 2;
    y->levels[++y->depth] = (struct yaml_level){
        .sequence = sequence,
        .empty = true,
        .inline_first = behind_dash,
        .indent = indent,
        .compact = compact && !root,
        .start = y->out->len,
        .line = y->line,
        .line_start = y->line_start,
    };
}

/* Writes the innermost level, whose entries have a line each, on one line if it fits. */
static void yaml_compact(struct yaml *y)
{
    const struct yaml_level *top = yaml_top(y);
    char line[YAML_COMPACT];
    size_t n = 0, room = YAML_COMPACT - 2;
    const char *p = y->out->p + top->start, *end = y->out->p + y->out->len;
    size_t indent = (size_t)top->indent + (top->sequence ? 2 : 0);
    if (y->line - top->line + top->inline_first != top->entries)
        return;
    room -= top->start - top->line_start < room ? top->start - top->line_start : room;
    for (bool first = top->inline_first; p < end; first = false) {
        p += first ? 1 + (top->sequence ? 2 : 0) : 1 + indent;
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((stop ? stop : end) - p);
        if (n + len + 2 > room)
            return;
        memcpy(line + n, n ? ", " : top->sequence ? " [" : " {", 2);
        memcpy(line + n + 2, p, len);
        n += len + 2;
        p += len;
    }
    y->out->len = top->start;
    y->line = top->line;
    y->line_start = top->line_start;
    buf_add(y->out, line, n);
    buf_char(y->out, top->sequence ? ']' : '}');
}

static void yaml_close(struct yaml *y, const char *nothing)
{
    if (yaml_top(y)->empty) {
        if (y->depth == 1)
            yaml_newline(y);
        else
            buf_char(y->out, ' ');
        buf_str(y->out, nothing);
    } else if (yaml_top(y)->compact) {
        yaml_compact(y);
    }
    y->depth--;
}

void yaml_map(struct yaml *y)
{
    yaml_open(y, false, false);
}

void yaml_map_end(struct yaml *y)
{
    yaml_close(y, "{}");
}

void yaml_seq(struct yaml *y)
{
    yaml_open(y, true, false);
}

void yaml_seq_end(struct yaml *y)
{
    yaml_close(y, "[]");
}

void yaml_compact_map(struct yaml *y)
{
    yaml_open(y, false, true);
}

void yaml_compact_seq(struct yaml *y)
{
    yaml_open(y, true, true);
}

/* How text is written at the place at hand: between brackets a comma or a colon would
 * mean something. */
static enum yaml_style yaml_style_here(const struct yaml *y, const char *s, size_t len,
                                       int column, int indent, bool key)
{
    enum yaml_style style = yaml_style(s, len, column, indent, key);
    bool means = y->levels[y->depth].compact && style == YAML_PLAIN &&
                 (memchr(s, ',', len) || memchr(s, ':', len));
    return means ? YAML_DOUBLE : style;
}

void yaml_key(struct yaml *y, const char *key, size_t len)
{
    yaml_entry(y);
    int column = yaml_column(y);
    enum yaml_style style = yaml_style_here(y, key, len, column, column, true);
    size_t before = y->out->len;
    yaml_scalar(y->out, style, key, len, column, -1);
    if (y->out->len - before > YAML_LONGEST_KEY) {
        y->out->len = before;
        buf_str(y->out, "? ");
        yaml_scalar(y->out, style, key, len, column, -1);
        yaml_newline(y);
        buf_blanks(y->out, (size_t)yaml_top(y)->indent);
    }
    buf_char(y->out, ':');
}

void yaml_name(struct yaml *y, const char *name)
{
    yaml_entry(y);
    buf_str(y->out, name);
    buf_char(y->out, ':');
}

static void yaml_string(struct yaml *y, const char *s, size_t len, const char *tag)
{
    yaml_value(y);
    buf_str(y->out, tag);
    buf_char(y->out, ' ');
    int indent = yaml_top(y)->indent + 2;
    int column = yaml_column(y);
    enum yaml_style style = yaml_style_here(y, s, len, column, indent, false);
    size_t before = y->out->len;
    unsigned breaks = style == YAML_LITERAL
                          ? yaml_literal(y->out, s, len, indent)
                          : yaml_scalar(y->out, style, s, len, column, indent);
    if (breaks) {
        const char *last = memrchr(y->out->p + before, '\n', y->out->len - before);
        y->line += breaks;
        y->line_start = (size_t)(last + 1 - y->out->p);
    }
}

void yaml_text(struct yaml *y, const char *s, size_t len)
{
    yaml_string(y, s, len, "");
}

void yaml_cstr(struct yaml *y, const char *s)
{
    yaml_text(y, s, strlen(s));
}

void yaml_unsafe(struct yaml *y, const char *s, size_t len)
{
    yaml_string(y, s, len, " !unsafe");
}

static void yaml_word(struct yaml *y, const char *word)
{
    yaml_value(y);
    buf_char(y->out, ' ');
    buf_str(y->out, word);
}

void yaml_bool(struct yaml *y, bool b)
{
    yaml_word(y, b ? "true" : "false");
}

void yaml_null(struct yaml *y)
{
    yaml_word(y, "null");
}

void yaml_int(struct yaml *y, int64_t i)
{
    yaml_word(y, "");
    buf_int(y->out, i);
}

void yaml_float(struct yaml *y, double f)
{
    char text[40];
    if (isnan(f)) {
        yaml_word(y, ".nan");
        return;
    }
    if (isinf(f)) {
        yaml_word(y, f < 0 ? "-.inf" : ".inf");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, f);
        if (strtod(text, NULL) == f)
            break;
    }
    /* YAML 1.1 knows a float by its point. */
    if (!strchr(text, '.')) {
        char exponent[16] = "";
        char *e = strchr(text, 'e');
        if (e) {
            snprintf(exponent, sizeof exponent, "%s", e);
            *e = '\0';
        }
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, ".0%s", exponent);
    }
    yaml_word(y, text);
}

void yaml_comment(struct yaml *y, const char *s, size_t len)
{
    const struct yaml_level *top = yaml_top(y);
    yaml_newline(y);
    buf_blanks(y->out, (size_t)top->indent);
    buf_str(y->out, "# ");
    for (size_t i = 0, n; i < len; i += n) {
        if (yaml_column(y) > YAML_WIDTH - 10) {
            buf_str(y->out, "...");
            break;
        }
        n = 0;
        size_t room = (size_t)(YAML_WIDTH - 10 + 1 - yaml_column(y));
        while (n < room && i + n < len && s[i + n] >= ' ' && s[i + n] <= '~')
            n++;
        if (n) {
            buf_add(y->out, s + i, n);
            continue;
        }
        uint32_t c;
        n = utf8_decode(s + i, len - i, &c);
        if (utf8_printable(c) && utf8_length(s + i, len - i))
            buf_add(y->out, s + i, n);
        else
            buf_char(y->out, c == '\n' || c == '\t' ? ' ' : '?');
    }
    while (y->out->p[y->out->len - 1] == ' ')
        y->out->len--;
}

void yaml_blank(struct yaml *y)
{
    yaml_newline(y);
}

uint32_t yaml_next_line(const struct yaml *y)
{
    return y->line + 1;
}

bool yaml_can_carry(const char *s, size_t len)
{
    return utf8_valid(s, len);
}
