/* A streaming writer of Ruby as people write recipes. Text of users stands in it as
 * single-quoted literals, through ruby_text() alone, and in comments. */
#ifndef DVO_EMITTERS_RUBY_H
#define DVO_EMITTERS_RUBY_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/base/buf.h"

enum { RUBY_DEPTH = 64 }; /* deepest nesting of values; more dies */

enum ruby_bracket { RUBY_ARRAY, RUBY_HASH, RUBY_ARGUMENTS, RUBY_LAZY };

struct ruby_level {
    enum ruby_bracket kind;
    size_t begin; /* offset in `out` of its opening bracket */
    size_t first; /* index of its first item in `items` */
};

/* Writes into `out`, which the caller owns. Zero-initialised is fine before
 * ruby_begin(); ruby_free() frees what the writer itself has. */
struct ruby {
    struct buf *out;
    uint32_t line;  /* 1-based number of the line in which `counted` is */
    size_t counted; /* offset in `out` up to which lines were counted */
    size_t start;   /* offset of the line that the statement begins on */
    size_t block;   /* offset behind the beginning of the innermost block */
    int indent;     /* column of statements */
    unsigned depth;
    struct ruby_level levels[RUBY_DEPTH];
    struct {
        size_t *v;
        size_t n, cap;
    } items; /* offsets of the items of all open levels */
};

void ruby_begin(struct ruby *r, struct buf *out);
void ruby_free(struct ruby *r);

/* A comment of one line; what does not print is replaced, and what linters obey. */
void ruby_comment(struct ruby *r, const char *s, size_t len);
void ruby_blank(struct ruby *r);
/* The number of the line on which the next statement will begin. */
uint32_t ruby_next_line(struct ruby *r);

/* `WORD ` or, with a bracket of RUBY_ARGUMENTS next, `WORD`: the value comes behind it.
 */
void ruby_statement(struct ruby *r, const char *word);
void ruby_statement_end(struct ruby *r);
/* `WORD 'NAME' do` on one line, whatever is in the name. */
void ruby_block(struct ruby *r, const char *word, const char *name, size_t len);
/* Ends a statement with ` do`. */
void ruby_block_begin(struct ruby *r);
/* A block with nothing in it is left out. */
void ruby_block_end(struct ruby *r);

/* Values with others in them go onto one line where they fit. RUBY_ARGUMENTS is a hash as
 * the arguments of a call, RUBY_LAZY a block whose value is asked for later. */
void ruby_open(struct ruby *r, enum ruby_bracket kind);
void ruby_close(struct ruby *r);
/* Before every item of an array. */
void ruby_item(struct ruby *r);
/* Before every value of a hash: `'KEY' => `, or `key: ` for a name of ours. */
void ruby_key(struct ruby *r, const char *key, size_t len);
void ruby_name(struct ruby *r, const char *name);

/* Text, which must be valid UTF-8. `operand`: in parentheses if it takes more than one
 * literal. */
void ruby_text(struct ruby *r, const char *s, size_t len, bool operand);
void ruby_int(struct ruby *r, int64_t i);
void ruby_float(struct ruby *r, double f);
void ruby_bool(struct ruby *r, bool b);
void ruby_nil(struct ruby *r);
/* A symbol; the name must be of letters, digits and "_". */
void ruby_symbol(struct ruby *r, const char *name, size_t len);
/* Code that is ours. */
void ruby_code(struct ruby *r, const char *code);

/* Whether the text is a word of letters, digits and "_" that does not begin with a
 * digit. */
bool ruby_is_word(const char *s, size_t len);

#endif
