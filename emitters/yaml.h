/* A streaming writer of YAML, block-style but for what fits on a line, that means the
 * same to YAML 1.1 and 1.2 readers and is laid out as yamllint wants it. Every user
 * string passes through yaml_text(). */
#ifndef DVO_EMITTERS_YAML_H
#define DVO_EMITTERS_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/base/buf.h"

enum { YAML_DEPTH = 64 }; /* deepest nesting; more dies */

struct yaml_level {
    bool sequence;
    bool empty; /* nothing written yet: it may still become {} or [] */
    bool
        inline_first; /* its first entry goes behind the "- " of the sequence around it */
    int indent;       /* column of its entries */
    bool compact;     /* becomes {...} or [...] if it fits */
    /* Of a compact level: how many entries it has, and where the value begins. */
    uint32_t entries;
    size_t start;
    uint32_t line;
    size_t line_start;
};

/* Writes into `out`, which the caller owns. */
struct yaml {
    struct buf *out;
    uint32_t line;     /* 1-based number of the line being written */
    size_t line_start; /* offset in `out` of that line */
    unsigned depth;
    struct yaml_level levels[YAML_DEPTH];
};

/* Begins a document with "---". */
void yaml_begin(struct yaml *y, struct buf *out);
/* Ends the document with a newline. All maps and sequences must be closed. */
void yaml_end(struct yaml *y);

void yaml_map(struct yaml *y);
void yaml_map_end(struct yaml *y);
void yaml_seq(struct yaml *y);
void yaml_seq_end(struct yaml *y);
/* The same, written on one line if that stays readable: nothing in it needs several
 * lines, and the line is not long. What is in a compact map or sequence is compact, too.
 */
void yaml_compact_map(struct yaml *y);
void yaml_compact_seq(struct yaml *y);

/* The key of the next value of a map. */
void yaml_key(struct yaml *y, const char *key, size_t len);
/* The same for a name that is ours: no reader takes it for anything but text. */
void yaml_name(struct yaml *y, const char *name);

/* Scalars. Strings must be valid UTF-8 (YAML has no other): see yaml_can_carry(). */
void yaml_text(struct yaml *y, const char *s, size_t len);
void yaml_cstr(struct yaml *y, const char *s);
/* The string tagged !unsafe: Ansible never evaluates it. */
void yaml_unsafe(struct yaml *y, const char *s, size_t len);
void yaml_bool(struct yaml *y, bool b);
void yaml_int(struct yaml *y, int64_t i);
void yaml_float(struct yaml *y, double f);
void yaml_null(struct yaml *y);

/* A comment on a line of its own before the next entry; control characters and what does
 * not fit are replaced. */
void yaml_comment(struct yaml *y, const char *s, size_t len);
void yaml_blank(struct yaml *y); /* an empty line before the next entry */
/* The line on which the next entry of the innermost sequence or map will stand. */
uint32_t yaml_next_line(const struct yaml *y);

/* Whether the bytes can be a YAML (and JSON) string at all: valid UTF-8. */
bool yaml_can_carry(const char *s, size_t len);

#endif
