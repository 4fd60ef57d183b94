/* Why an op failed: the typed error with the words of whoever reported it. */
#ifndef DVO_RUNTIME_FAULT_H
#define DVO_RUNTIME_FAULT_H

#include <stdbool.h>

#include "ir/errors.h"

/* Zero-initialised is "no fault". The texts are owned. */
struct fault {
    enum dvo_error code;
    char *message;
    char *words;         /* the tool's own last words, or NULL */
    char *log;           /* path of its full output, or NULL */
    char *answer;        /* all that a service said, where nothing explains it, or NULL */
    long retry_after_ms; /* what the service asked for; 0: nothing */
    bool final;          /* not to be retried, although the error is transient */
    long status;         /* of the HTTP answer that says so; 0: none */
    char *argument;      /* of the call, that it is about; or NULL */
    char *help;          /* what can be done, or NULL */
};

/* Replaces what is there by this error. Always returns false, for `return
 * fault_set(...)`. */
bool fault_set(struct fault *f, enum dvo_error code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Replaces the last words by at most the last 20 lines of a text. */
void fault_words(struct fault *f, const char *text);
/* Moves `from` into `to`, whose texts are freed; `from` becomes "no fault". */
void fault_move(struct fault *to, struct fault *from);
/* Replaces `to` by a copy. */
void fault_copy(struct fault *to, const struct fault *from);
void fault_free(struct fault *f);

#endif
