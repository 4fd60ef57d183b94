/* Diagnostics: queued records with spans, printed at the end in one of many formats. */
#ifndef DVO_BASE_DIAG_H
#define DVO_BASE_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "ir/base/buf.h"
#include "ir/base/intern.h"
#include "ir/base/source.h"

enum diag_level { DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };

enum diag_format { DIAG_HUMAN, DIAG_JSON, DIAG_SARIF, DIAG_GITHUB };

struct diag_related {
    struct span span;
    const char *message;
    struct diag_related *next;
};

struct diag {
    enum diag_level level;
    unsigned code;    /* prints as DVO%04u; its range and title: compiler/codes.def */
    struct span span; /* file 0: about no place */
    const char *message;
    const char *help; /* a concrete edit, or NULL */
    struct diag_related *related;
};

struct diags {
    struct arena *arena;
    struct sources *sources;
    struct diag **v;
    size_t n, cap;
    struct map64 seen; /* hash of what was queued -> index in v */
    unsigned errors;   /* all that were reported, those behind the limit too */
    unsigned limit;    /* errors kept; later ones are only counted. Default 20 */
};

void diags_init(struct diags *d, struct arena *arena, struct sources *sources);
void diags_free(struct diags *d);
/* Forgets what is queued; the limit stays. */
void diags_clear(struct diags *d);

/* The text of a message. What a format quotes ("%s" or '%s') is what somebody wrote, and
 * may be a megabyte: it is cut to a readable length with an ellipsis. For numbers and
 * texts; the width and precision of texts only as .*. */
char *diag_vformat(struct arena *arena, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* The same for a quotation that is made elsewhere. */
const char *diag_cut(struct arena *arena, const char *s, size_t len);

/* Queue an error, warning or note. The record returned is never NULL and may be extended
 * with diag_help() and diag_related(); an equal record (code, span, message) is queued
 * only once. */
struct diag *diag_error(struct diags *d, unsigned code, struct span at, const char *fmt,
                        ...) __attribute__((format(printf, 4, 5)));
struct diag *diag_warning(struct diags *d, unsigned code, struct span at, const char *fmt,
                          ...) __attribute__((format(printf, 4, 5)));
struct diag *diag_note(struct diags *d, unsigned code, struct span at, const char *fmt,
                       ...) __attribute__((format(printf, 4, 5)));
void diag_help(struct diags *d, struct diag *g, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void diag_related(struct diags *d, struct diag *g, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* True once the limit of errors is reached: a stage should stop. */
bool diags_full(const struct diags *d);

/* The place that people can mend: of a record about a built-in file the first of the
 * user's places that it mentions, else the record's own. */
struct span diag_place(const struct diags *d, const struct diag *g);

/* All that is queued, as bytes for another process on this computer, which may know other
 * sources: those that are mentioned travel along. */
void diags_write(const struct diags *d, struct buf *out);
/* Queues what diags_write() wrote. False if it is no such thing. */
struct wire;
bool diags_read(struct diags *d, struct wire *in);

/* Prints all, in source order per file as queued. `color` only matters for DIAG_HUMAN. */
void diags_print(struct diags *d, FILE *out, enum diag_format format, bool color);

#endif
