/* Words of shell commands that hold values of a plan. */
#ifndef DVO_COMPILER_PREVIEW_WORD_H
#define DVO_COMPILER_PREVIEW_WORD_H

#include <jansson.h>

#include "ir/base/buf.h"

/* What operations are called. */
struct preview_names {
    const char **addresses; /* per op id, NULL where there is none */
    size_t n;
};

/* How literal text is escaped before the shell's own quoting. */
enum word_form { WORD_PLAIN, WORD_JSON, WORD_URL };

/* One word of a command, made of quoted text and variables; begun with names, out and
 * empty = true, ended by word_end(). */
struct word {
    const struct preview_names *names;
    struct buf *out;
    struct buf text; /* literal so far, not escaped yet */
    bool empty;
};

void word_end(struct word *w);
/* Appends a name as a variable's: in capitals, with "_" for what it cannot be called. */
void word_name(const char *name, size_t len, struct buf *out);
/* Appends the name of the variable that stands for a field of an operation. */
void word_field(const struct preview_names *c, size_t op, const char *field,
                struct buf *out);
void word_literal(struct word *w, const char *s, size_t len, enum word_form form);
/* Adds a text with its holes; other values as Starlark's str shows them. */
void word_value(struct word *w, const json_t *v, enum word_form form);
/* Adds a value as JSON; what only running tells is a string in it. */
void word_json(struct word *w, const json_t *v);
/* The one member of an object that stands for what only running tells, or NULL; *tag is
 * its key, "" if there is none. */
const json_t *word_deferred(const json_t *v, const char **tag);

#endif
