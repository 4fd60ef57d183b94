/* A window on the text moves along. A part that is cut off by its end is read again once
 * there is more text. */
#include "runtime/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW ((size_t)256 << 10)
#define FLAGS                                                                            \
    (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK)

void document_file(struct document *d, int fd)
{
    *d = (struct document){.fd = fd};
}

void document_text(struct document *d, struct buf *text)
{
    *d = (struct document){.fd = -1, .text = *text, .whole = true};
    *text = (struct buf){0};
}

void document_free(struct document *d)
{
    buf_free(&d->text);
}

static uint64_t line_ends(const char *p, size_t len)
{
    uint64_t n = 0;
    const char *end = p + len;
    while (len && (p = memchr(p, '\n', (size_t)(end - p)))) {
        p++;
        n++;
    }
    return n;
}

/* The first error is the one that is told. `offset` is in the text. */
static bool document_wrong(struct document *d, const char *what, size_t offset)
{
    if (*d->error.text)
        return false;
    const char *p = buf_text(&d->text);
    const char *line = offset ? memrchr(p, '\n', offset) : NULL;
    bool cut = !line && d->before; /* the line began in what was left behind */
    snprintf(d->error.text, sizeof d->error.text, "%s", what);
    d->error.line = d->lines + line_ends(p, offset) + 1;
    d->error.column = cut ? 0 : offset - (line ? (size_t)(line + 1 - p) : 0) + 1;
    return false;
}

/* Reads on, so that there is at least as much text as a window again; what has been read
 * of it is left behind. False if there is no more. */
static bool document_more(struct document *d)
{
    if (d->whole)
        return false;
    d->before += d->at;
    d->lines += line_ends(buf_text(&d->text), d->at);
    d->text.len -= d->at;
    if (d->text.len)
        memmove(d->text.p, d->text.p + d->at, d->text.len);
    d->at = 0;
    size_t wanted = d->text.len > WINDOW ? d->text.len : WINDOW;
    while (wanted) {
        ssize_t n = read(d->fd, buf_reserve(&d->text, wanted), wanted);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            document_wrong(d, strerror(errno), 0);
        if (n <= 0) {
            d->whole = true;
            break;
        }
        d->text.len += (size_t)n;
        wanted -= (size_t)n;
    }
    return true;
}

/* The next character that is not blank; 0 at the end. */
static char document_peek(struct document *d)
{
    do {
        const char *p = buf_text(&d->text);
        while (d->at < d->text.len && p[d->at] && strchr(" \t\r\n", p[d->at]))
            d->at++;
        if (d->at < d->text.len)
            return p[d->at];
    } while (document_more(d));
    return 0;
}

static bool document_take(struct document *d, char wanted)
{
    char what[32];
    if (*d->error.text)
        return false;
    if (document_peek(d) == wanted) {
        d->at++;
        return true;
    }
    snprintf(what, sizeof what, "'%c' expected", wanted);
    return document_wrong(d, what, d->at);
}

bool document_enter(struct document *d, char bracket)
{
    d->first = true;
    return document_take(d, bracket);
}

bool document_element(struct document *d)
{
    if (*d->error.text)
        return false;
    if (document_peek(d) == ']') {
        d->at++;
        d->first = false;
        return false;
    }
    bool ok = d->first || document_take(d, ',');
    d->first = false;
    return ok;
}

char *document_member(struct document *d)
{
    if (*d->error.text)
        return NULL;
    if (document_peek(d) == '}') {
        d->at++;
        d->first = false;
        return NULL;
    }
    if (!d->first && !document_take(d, ','))
        return NULL;
    d->first = false;
    document_peek(d);
    size_t at = d->at;
    json_t *name = document_value(d, NULL);
    const char *text = json_string_value(name);
    char *copy = NULL;
    if (name && (!text || strlen(text) != json_string_length(name)))
        document_wrong(d, "a member's name expected", at);
    else if (name && document_take(d, ':'))
        copy = strdup(text);
    json_decref(name);
    return copy;
}

json_t *document_value(struct document *d, struct document_part *part)
{
    json_error_t e = {0};
    json_t *v = NULL;
    if (*d->error.text || !document_peek(d))
        document_wrong(d, "a value expected", d->at);
    while (!*d->error.text) {
        size_t left = d->text.len - d->at;
        v = json_loadb(buf_text(&d->text) + d->at, left, FLAGS, &e);
        /* Of a number that ends here, more may follow. */
        bool cut = !d->whole && (!v || (size_t)e.position == left);
        if (v && !cut)
            break;
        json_decref(v);
        v = NULL;
        if (!cut || !document_more(d))
            document_wrong(d, e.text, d->at + (size_t)e.position);
    }
    if (!v)
        return NULL;
    if (part)
        *part = (struct document_part){d->before + d->at, (size_t)e.position};
    d->at += (size_t)e.position;
    return v;
}

const char *document_part(const struct document *d, struct document_part part)
{
    return buf_text(&d->text) + (part.at - d->before);
}

bool document_end(struct document *d)
{
    return !*d->error.text &&
           (!document_peek(d) || document_wrong(d, "the end expected", d->at));
}
