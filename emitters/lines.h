/* The source lines that a plan quotes: each is in plan.json once, and everything else
 * names it by its index there. */
#ifndef DVO_EMITTERS_LINES_H
#define DVO_EMITTERS_LINES_H

#include "emitters/json.h"
#include "ir/base/arena.h"
#include "ir/base/intern.h"
#include "ir/base/source.h"

struct lines {
    struct map64 index; /* file and line -> index in `keys` + 1 */
    struct {
        uint64_t *v;
        size_t n, cap;
    } keys;
    struct {
        file_id *v;
        size_t n, cap;
    } files;
};

/* Makes the line that a span begins on one of them; its index. */
uint32_t lines_note(struct lines *l, struct sources *sources, struct span at);
/* Writes [line index, column, end column]; a span of several lines ends with its first.
 */
void lines_put_place(struct lines *l, struct sources *sources, struct span at,
                     struct json *j);
/* Writes the members "files" and "lines" of plan.json. */
void lines_put(const struct lines *l, struct sources *sources, struct json *j);
void lines_free(struct lines *l);

#endif
