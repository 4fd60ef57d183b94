/* The reader of .dvir text below its lines: what stands in one line, and values. */
#ifndef DVO_IR_TEXT_READER_H
#define DVO_IR_TEXT_READER_H

#include "ir/text.h"

struct text_reader {
    struct graph *g;
    struct diags *d;
    file_id file;
    const char *begin, *end, *at;
    text_find_call *find_call;
    void *ctx;
    struct map64 calls;     /* str_id of a call's name → call_id */
    struct map64 addresses; /* str_id → op so far */
    struct {
        file_id *v;
        size_t n, cap;
    } sources; /* by number in the text */
    struct {
        val_id *v;
        size_t n, cap;
    } stack; /* items of the sequences being read */
    unsigned depth;
    op_id farthest; /* highest op that was referred to, and where */
    struct span farthest_at;
};

/* The text from `from` to where the reader is. */
struct span text_span(const struct text_reader *r, const char *from);
/* Queue an error, about the text since `from` or about what should stand here. Always
 * false. */
bool text_fail(struct text_reader *r, unsigned code, const char *from,
               const char *message);
bool text_expected(struct text_reader *r, const char *what);

void text_blanks(struct text_reader *r);
/* Takes a character if it is next, behind blanks; text_want() insists on it. */
bool text_accept(struct text_reader *r, char c);
bool text_want(struct text_reader *r, char c);
/* Takes a word of letters, digits and '_', with dots if `dots`; NULL if there is none. */
const char *text_word(struct text_reader *r, bool dots, size_t *len);
bool text_word_is(const char *word, size_t len, const char *text);
bool text_want_word(struct text_reader *r, const char *text);
/* A decimal number of at most `most`. */
bool text_number(struct text_reader *r, uint32_t most, uint32_t *out);
bool text_string(struct text_reader *r, str_id *out);
/* The end of the line or of the text. */
bool text_end(struct text_reader *r);
/* %NUMBER, or %ADDRESS of an op above. */
bool text_op(struct text_reader *r, op_id *out);
bool text_value(struct text_reader *r, val_id *out);

#endif
