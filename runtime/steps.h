/* Scripts of step-library calls: composing them, reading what they answer, carrying out
 * the ops that are nothing else. */
#ifndef DVO_RUNTIME_STEPS_H
#define DVO_RUNTIME_STEPS_H

#include "runtime/run.h"

/* A step that is out of time ends by itself and says so; later it is given up. */
#define STEPS_GRACE_MS 20000

/* A script under construction. */
struct steps {
    struct buf text;
    bool check;
};

/* Begins with the library of this build. False with a fault if it cannot be read. */
bool steps_begin(struct run *r, struct steps *s, bool check, struct fault *f);
/* Adds the steps of an op (a list of {"step", "params"}), whose values are evaluated.
 * VALUE_READY, or what stands in the way. */
bool steps_add(struct steps *s, uint32_t op_id, bool go_on, const json_t *steps,
               struct value_source *values);
void steps_end(struct steps *s);
void steps_free(struct steps *s);

/* What a script said about one op; several steps are summed up. */
struct steps_answer {
    bool answered, changed, unknown;
    uint32_t lines;     /* answers, one per step */
    json_t *values;     /* {name: text} */
    struct fault fault; /* of a failed step */
    char *reason;       /* of a step that changed something, or would */
};
/* Reads the lines about one op from a script's output. */
void steps_read(const char *out, uint32_t op_id, struct steps_answer *answer);
void steps_answer_free(struct steps_answer *a);
/* Whether the script came to its end. */
bool steps_complete(const char *out);

/* Carries out an op whose "do" is "steps". */
void steps_start(struct run *r, uint32_t op);

#endif
