/* What a person sees while a plan runs: live lines on a terminal, plain lines elsewhere.
 */
#ifndef DVO_RUNTIME_PROGRESS_H
#define DVO_RUNTIME_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/loop.h"

struct progress;

/* Writes to standard output; `total` ops take part. */
struct progress *progress_new(struct loop *l, uint32_t total);
void progress_free(struct progress *p); /* removes the live lines */
void progress_start(struct progress *p, uint32_t op, const char *address,
                    const char *title);
/* What a running op does at the moment, e.g. "waiting for SSH". */
void progress_note(struct progress *p, uint32_t op, const char *note);
/* The op has done its work, whatever is still to be proven: its time stops here. */
void progress_stop(struct progress *p, uint32_t op);
/* `word` is "changed", "ok", "failed" …; `why` may be NULL. */
void progress_end(struct progress *p, uint32_t op, const char *address, const char *word,
                  const char *why);
/* A line of its own, above the live ones. */
void progress_say(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
