/* A JSON document read one part at a time, so that no more of it is in memory than the
 * part at hand. RFC 8259; names that are given twice within a part, and texts that are
 * not UTF-8, are errors, as jansson sees them. */
#ifndef DVO_RUNTIME_DOCUMENT_H
#define DVO_RUNTIME_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "ir/base/buf.h"

struct document {
    int fd;          /* -1: the text is all of it */
    struct buf text; /* what has been read and not been left behind */
    size_t at;       /* in the text: where the next part begins */
    uint64_t before; /* bytes that were left behind */
    uint64_t lines;  /* ends of lines among them */
    bool whole;      /* the text goes to the document's end */
    bool first;      /* nothing of this object or list has been read */
    struct {
        char text[JSON_ERROR_TEXT_LENGTH]; /* empty: no error */
        uint64_t line;
        size_t column; /* in bytes, of that line; 0: not known */
    } error;
};

/* Where a part stands, as bytes from the document's begin. */
struct document_part {
    uint64_t at;
    size_t len;
};

/* The document is what the file descriptor reads, which stays the caller's. */
void document_file(struct document *d, int fd);
/* The document is this text, which is taken over. */
void document_text(struct document *d, struct buf *text);
void document_free(struct document *d);

/* Goes into an object or a list, by its opening bracket. False if there is none. */
bool document_enter(struct document *d, char bracket);
/* Goes on to the value of the next member, whose name is to be freed; NULL behind the
 * last one, or after an error. */
char *document_member(struct document *d);
/* Goes on to the next element; false behind the last one, or after an error. */
bool document_element(struct document *d);
/* Reads the value that comes next, and tells where it stands; a new reference, or NULL
 * after an error. `part` may be NULL. */
json_t *document_value(struct document *d, struct document_part *part);
/* The text of a part that document_value() has just read; good until the next is. */
const char *document_part(const struct document *d, struct document_part part);
/* False if something stands behind the end. */
bool document_end(struct document *d);

#endif
