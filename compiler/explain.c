/* Prints the texts of the diagnostic codes: Markdown of a fixed form (tests/codes), of
 * which a terminal needs only headings and indented code. */
#include "compiler/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ir/base/embed.h"

static const struct {
    unsigned code;
    const char *title;
} codes[] = {
#define X(code, title) {code, title},
#include "compiler/codes.def"
#undef X
};

enum { CODES = sizeof codes / sizeof *codes };

void explain_list(struct buf *out)
{
    for (size_t i = 0; i < CODES; i++)
        buf_printf(out, "DVO%04u  %s\n", codes[i].code, codes[i].title);
}

/* The number a code is written as, or 0. */
static unsigned code_number(const char *text)
{
    if (!strncasecmp(text, "DVO", 3))
        text += 3;
    size_t len = strlen(text);
    bool good = len > 0 && len <= 4 && strspn(text, "0123456789") == len;
    return good ? (unsigned)strtoul(text, NULL, 10) : 0;
}

/* "## Wrong" is a heading; "```yaml etc/dvo/dvo.yaml" names the file that follows. */
static void show_line(const char *line, size_t len, bool *fenced, struct buf *out)
{
    if (len >= 3 && !strncmp(line, "```", 3)) {
        const char *path = *fenced ? NULL : memchr(line, ' ', len);
        *fenced = !*fenced;
        if (path)
            buf_printf(out, "%.*s:\n\n", (int)(line + len - path - 1), path + 1);
    } else if (*fenced) {
        buf_printf(out, "%s%.*s\n", len ? "    " : "", (int)len, line);
    } else if (len > 3 && !strncmp(line, "## ", 3)) {
        buf_printf(out, "-- %.*s --\n", (int)len - 3, line + 3);
    } else {
        buf_printf(out, "%.*s\n", (int)len, line);
    }
}

static void show_text(const char *text, struct buf *out)
{
    for (bool fenced = false; *text;) {
        size_t len = strcspn(text, "\n");
        show_line(text, len, &fenced, out);
        text += len + (text[len] == '\n');
    }
}

/* The neighbours of a number that is no code: what is related stands together. */
static void show_nearest(unsigned number, struct buf *out)
{
    size_t after = 0;
    while (after < CODES && codes[after].code < number)
        after++;
    if (after == 0)
        buf_printf(out, "a code is written DVO%04u", codes[0].code);
    else if (after == CODES)
        buf_printf(out, "the last is DVO%04u", codes[CODES - 1].code);
    else
        buf_printf(out, "the nearest are DVO%04u and DVO%04u", codes[after - 1].code,
                   codes[after].code);
}

bool explain_code(const char *code, struct buf *out)
{
    unsigned number = code_number(code);
    char path[32];
    snprintf(path, sizeof path, "codes/DVO%04u.md", number % 10000);
    const struct embedded_file *f = embedded_find(path);
    for (size_t i = 0; f && i < CODES; i++) {
        if (codes[i].code != number)
            continue;
        buf_printf(out, "DVO%04u: %s\n\n", number, codes[i].title);
        show_text(f->data, out);
        return true;
    }
    show_nearest(number, out);
    return false;
}
