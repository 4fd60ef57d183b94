/* What a step takes from an answer, as filters of jq. */
#ifndef DVO_COMPILER_PREVIEW_JQ_H
#define DVO_COMPILER_PREVIEW_JQ_H

#include "compiler/preview_word.h"

/* Adds the filter of one entry of "extract", applied to what "select" chooses. */
void preview_jq_entry(struct word *w, const json_t *step, const json_t *entry);
/* Adds the filter that is true if a poll's "until" or "fail" holds. */
void preview_jq_test(struct word *w, const json_t *step, const json_t *test);
/* The options of jq for the answer's form: "-r", or for texts "-Rrs". */
const char *preview_jq_options(const json_t *step);

#endif
