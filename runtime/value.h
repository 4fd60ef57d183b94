/* VALUE expressions of plan.json and calls.json, evaluated over what has run. */
#ifndef DVO_RUNTIME_VALUE_H
#define DVO_RUNTIME_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "ir/base/buf.h"
#include "runtime/fault.h"

enum value_outcome {
    VALUE_READY,
    VALUE_SKIPPED, /* it needs a field of an op that was skipped */
    VALUE_WAIT,    /* something has to be done first; evaluate again afterwards */
    VALUE_UNSET,   /* a variable that no step has extracted; `fault` tells which */
    VALUE_FAULT,
};

/* Where the values come from. Each function returns a new reference, or NULL after
 * setting `outcome` (and `fault` for VALUE_FAULT). */
struct value_source {
    json_t *(*ref)(struct value_source *s, json_int_t op, const char *field);
    json_t *(*get)(struct value_source *s, json_int_t op, const char *method,
                   const json_t *arg);
    const char *(*secret)(struct value_source *s, const char *path);
    const json_t *vars;     /* {"$var": name}, or NULL */
    const json_t *provider; /* {"$provider": name}, or NULL */
    const char *dir;        /* {"$file64": path} is below it; NULL: there is none */
    enum value_outcome outcome;
    struct fault fault;
    bool tainted; /* set when a secret was part of it */
    void *ctx;
};

/* A new reference, or NULL with source->outcome. */
json_t *value_evaluate(struct value_source *s, const json_t *expr);
/* Appends a value as a person and a Starlark program would see it in a text. */
void value_text(const json_t *v, struct buf *out);
/* The text of a VALUE in which everything but literal parts is percent-encoded. */
bool value_url(struct value_source *s, const json_t *expr, struct buf *out);
/* Percent-encodes all but unreserved characters. */
void value_percent(const char *text, size_t len, struct buf *out);
/* Whether a condition holds for this value. */
bool value_truth(const json_t *v);
/* Seconds of a number, or of a text such as "90s" or "10m". */
double value_seconds(const json_t *v, double fallback);

#endif
