/* Scripts of step-library calls: composing them, and reading what they answer. */
#ifndef DVO_RUNTIME_STEPS_H
#define DVO_RUNTIME_STEPS_H

#include "runtime/run.h"

/* A step that is out of time ends by itself and says so; later it is given up. */
#define STEPS_GRACE_MS 20000

enum steps_mode {
    STEPS_LOOK, /* nothing is changed, and a failure ends nothing */
    STEPS_ASK,  /* the machine's lock is held, and the machine asks before each step */
};

/* A script under construction. */
struct steps {
    struct buf text;
    enum steps_mode mode;
    bool timed; /* the last op had a timeout */
};

/* Begins with the library of this build. False with a fault if it cannot be read. */
bool steps_begin(struct run *r, struct steps *s, enum steps_mode mode, struct fault *f);
/* Adds steps of an op (a list of {"step", "params"}), whose values are evaluated. False
 * with the source's outcome; the script is as it was then. */
bool steps_add(struct steps *s, const struct plan_op *op, const json_t *steps,
               struct value_source *values);
/* Adds an op that has nothing to do, and says so in its turn. */
void steps_skip(struct steps *s, const struct plan_op *op);
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
/* Reads one answer, what stands behind "dvo ID ", into a new or a used `answer`. */
void steps_read_line(const char *p, size_t len, struct steps_answer *answer);
void steps_answer_free(struct steps_answer *a);

#endif
