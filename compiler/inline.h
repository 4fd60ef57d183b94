/* Files beside the program that become arguments: their bytes travel in the plan. */
#ifndef DVO_COMPILER_INLINE_H
#define DVO_COMPILER_INLINE_H

#include "compiler/program.h"

/* What a record says with arg(..., fills=NAME): the argument `from` names a file whose
 * bytes become argument `text`, or `base64` (NAME64) if they are no text. With `or_text`
 * the argument may also hold the text itself (several lines), which stays where it is. An
 * https URL becomes argument `url` (NAME_url) for the machine to read; then `digest`
 * (NAME_digest) must be written, which else is what the bytes are checked against. */
struct inline_rule {
    uint32_t from, text;
    int32_t base64, url, digest; /* -1: the record has none, so that is an error */
    bool or_text;
};

/* Carries out one rule for an op whose arguments are bound. `at` is where the path was
 * written. False after an error. */
bool inline_file(struct vm *vm, const struct inline_rule *rule, op_id op, struct span at);

#endif
