/* Source texts and spans into them. A span is file plus byte range; lines and columns are
 * computed only when something is printed. */
#ifndef DVO_BASE_SOURCE_H
#define DVO_BASE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ir/base/arena.h"

typedef uint32_t file_id; /* 0 is "no file" */

struct span {
    file_id file;
    uint32_t begin; /* byte offset of the first byte */
    uint32_t end;   /* byte offset behind the last byte */
};

enum source_role {
    SOURCE_PROGRAM, /* what the author of a program wrote, configuration too */
    SOURCE_RECORD,  /* a glossary record of a configured folder */
    SOURCE_BUILTIN, /* a record or driver inside dvoc, which nobody can mend */
};

struct source {
    const char *path; /* as it was named on the command line, for diagnostics */
    const char *name; /* from the program's folder, for what a build holds */
    const char *text; /* NUL-terminated copy, `len` bytes */
    size_t len;
    uint32_t *lines; /* offsets of line starts, filled on first use */
    uint32_t nlines;
    uint32_t found; /* index of the line that was asked for last */
    enum source_role role;
};

struct sources {
    struct arena *arena;
    struct source *v; /* index 0 unused */
    size_t n, cap;
};

struct source_pos {
    uint32_t line;   /* 1-based */
    uint32_t column; /* 1-based, in characters (code points) */
};

void sources_init(struct sources *s, struct arena *arena);
void sources_free(struct sources *s);
/* Registers a text (copied) under a name. At most 4 GiB - 1; more dies. */
file_id source_add(struct sources *s, const char *path, const char *text, size_t len);
/* Gives a source another name than its path. */
void source_name(struct sources *s, file_id id, const char *name);
/* Reads a file; "-" is standard input. 0 on failure with errno set. */
file_id source_load(struct sources *s, const char *path);
const struct source *source_get(const struct sources *s, file_id id);
struct source_pos source_pos(struct sources *s, file_id id, uint32_t offset);
/* The line's text without its newline; *len in bytes. line is 1-based. */
const char *source_line(struct sources *s, file_id id, uint32_t line, size_t *len);
/* Smallest span that covers both (same file; else `a`). */
struct span span_join(struct span a, struct span b);

#endif
