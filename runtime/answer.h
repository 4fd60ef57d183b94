/* What an HTTP step of a sequence makes of its answer: expected, selected, polled,
 * extracted. */
#ifndef DVO_RUNTIME_ANSWER_H
#define DVO_RUNTIME_ANSWER_H

#include <stdint.h>

#include "runtime/http.h"
#include "runtime/value.h"

enum answer { ANSWER_READY, ANSWER_AGAIN, ANSWER_FAULT };

/* Judges a response by its step and puts what it extracts into `vars`. `polled_ms`: how
 * long this step has been asked for already. *interval is the pause in seconds before it
 * is asked again. */
enum answer answer_check(struct value_source *s, const json_t *step,
                         struct http_response *response, json_t *vars, int64_t polled_ms,
                         double *interval, struct fault *f);

#endif
