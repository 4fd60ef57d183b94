/* The formats of diagnostics; only diag.c calls them. */
#ifndef DVO_BASE_DIAG_FORMAT_H
#define DVO_BASE_DIAG_FORMAT_H

#include "ir/base/buf.h"
#include "ir/base/diag.h"

/* What one run has to say, in printing order. */
struct diag_list {
    struct diag **v;
    size_t n;
    unsigned errors; /* including those that were not kept */
    unsigned limit;
    struct sources *sources;
};

/* `file:line:column: error[DVO0412]: message`, excerpts with carets, help. */
void diag_format_human(const struct diag_list *list, struct buf *out, bool color);
/* One JSON object: {"version": 1, "errors": N, "diagnostics": [...]}. Lines and columns
 * count from 1 in code points; endColumn is behind the last character. */
void diag_format_json(const struct diag_list *list, struct buf *out);
/* SARIF 2.1.0, as code scanning services read it. */
void diag_format_sarif(const struct diag_list *list, struct buf *out);
/* Workflow commands of GitHub Actions, one line each. */
void diag_format_github(const struct diag_list *list, struct buf *out);

#endif
