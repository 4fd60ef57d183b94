/* Typed errors with their texts: set, move, free. The last words of a tool are cut to
 * what a person reads. */
#include "runtime/fault.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"

#define WORDS_LINES 20
#define WORDS_BYTES 4000

bool fault_set(struct fault *f, enum dvo_error code, const char *fmt, ...)
{
    struct buf message = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&message, fmt, ap);
    va_end(ap);
    fault_free(f);
    f->code = code;
    f->message = buf_steal(&message);
    return false;
}

void fault_words(struct fault *f, const char *text)
{
    free(f->words);
    f->words = NULL;
    size_t len = strlen(text);
    while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
        len--;
    size_t from = len;
    for (unsigned lines = 0; from > 0 && len - from < WORDS_BYTES; from--)
        if (text[from - 1] == '\n' && ++lines == WORDS_LINES)
            break;
    if (len == from)
        return;
    struct buf words = {0};
    buf_add(&words, text + from, len - from);
    f->words = buf_steal(&words);
}

void fault_move(struct fault *to, struct fault *from)
{
    if (to == from)
        return;
    fault_free(to);
    *to = *from;
    *from = (struct fault){0};
}

void fault_copy(struct fault *to, const struct fault *from)
{
    fault_free(to);
    *to = *from;
    to->message = from->message ? xstrdup(from->message) : NULL;
    to->words = from->words ? xstrdup(from->words) : NULL;
    to->log = from->log ? xstrdup(from->log) : NULL;
    to->answer = from->answer ? xstrdup(from->answer) : NULL;
    to->help = from->help ? xstrdup(from->help) : NULL;
    to->argument = from->argument ? xstrdup(from->argument) : NULL;
}

void fault_free(struct fault *f)
{
    free(f->help);
    free(f->argument);
    free(f->message);
    free(f->words);
    free(f->log);
    free(f->answer);
    *f = (struct fault){0};
}
