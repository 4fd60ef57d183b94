/* How values move through the tool runs of one backend: which ops keep their result in a
 * register, which values come from outside a run, and under which names. */
#ifndef DVO_EMITTERS_FLOW_H
#define DVO_EMITTERS_FLOW_H

#include "emitters/emission.h"
#include "emitters/json.h"
#include "emitters/names.h"
#include "emitters/shape.h"

/* A value from outside a tool run, or one that each of its machines has its own of, and
 * the variable that brings it in. */
struct flow_outside {
    val_id value;
    const char *name;
};

/* What is known of an op before its steps are written. */
struct flow_op {
    const char
        *result; /* register of the step whose fields are the op's, NULL: nobody reads */
    bool read;   /* some op of its run uses its result */
    bool conditional; /* may be skipped: its own condition, or something it uses */
};

struct flow {
    struct emission *e;
    enum backend backend;
    const char **machines; /* per op: the name of a machine that runs act on, or NULL */
    struct flow_op *ops;   /* per op */
    struct shape *shapes;
    struct names names; /* machines and variables, of the whole plan */
    struct {
        struct flow_outside *v;
        size_t n, cap;
    } outside;
    struct map64 outside_of; /* hash of the value -> index in `outside` */
    struct map64 groups;     /* hash of a set of machines -> a segment with its name */
    struct map64 bases;      /* str_id of "web" -> how many machines are web[N] */
    str_id arg;              /* whose value is being walked; 0: the condition */
    /* the tool run at hand */
    uint32_t segment;
    struct emission_segment *out;
    val_id noted; /* the value that was noted as needed last */
    struct names registers;
    struct buf scratch;
};

/* Nothing is named yet: what the tool reserves in `names` comes next, then flow_scan().
 */
void flow_begin(struct flow *f, struct emission *e, enum backend backend);
void flow_end(struct flow *f);
/* Whether the backend carries any tool run, or this one. */
bool flow_wanted(const struct emission *e, enum backend backend);
bool flow_carries(const struct flow *f, uint32_t segment);
/* Finds out which results are read and who may be skipped, and names machines and the
 * values from outside each run. */
void flow_scan(struct flow *f);
/* Makes the tool run the one at hand, and names the registers of its ops. flow_leave()
 * before the next. */
void flow_enter(struct flow *f, uint32_t segment);
void flow_leave(struct flow *f);

/* Calls `use` for every result of another op that the op uses: `v` is the reference, or
 * the IR_EACH it is in, `argument` that of a method such as endpoint(port). With op 0,
 * `field` is the path of a secret, or 0 for a known value in the IR_EACH `v`. */
typedef void flow_use_fn(void *ctx, op_id used, str_id field, val_id v, val_id argument);
void flow_each_use(struct flow *f, op_id op, flow_use_fn *use, void *ctx);
/* For the file of values that a person fills in: the member "secrets" with an empty text
 * for each, and a member for each variable. */
void flow_secrets_example(const struct flow *f, struct json *j);
void flow_outside_example(const struct flow *f, struct json *j);
/* The variable that brings in a value from outside the run at hand. */
const char *flow_outside_name(const struct flow *f, val_id v);
/* Whether the op belongs to the run at hand. */
bool flow_inside(const struct flow *f, op_id op);
/* The steps that the op becomes. */
const struct shape *flow_shape(const struct flow *f, op_id op);
/* Appends the register of one step of an op: the op's own name for its primary step. */
void flow_register(const struct flow *f, op_id op, uint32_t step, struct buf *out);
/* Whether the step's result goes into a register. */
static inline bool flow_registers(const struct flow *f, op_id op, uint32_t step)
{
    return f->ops[op].result && (f->ops[op].read || flow_shape(f, op)->v[step].register_);
}
/* The declared kind of a field of an op's result; TYPE_ANY if the record does not say. */
enum type_kind flow_field_kind(const struct flow *f, op_id op, str_id field);
/* Whether what a reference brings is text, which must not be taken for data. */
bool flow_is_text(const struct flow *f, val_id v);

/* In how far the op must expect that what it uses is not there: then it is skipped. */
struct flow_doubt {
    bool fails; /* it may have failed, and the run went on */
    bool skips; /* it may have been skipped */
    bool rests; /* it may have had nothing to do, without results */
};
struct flow_doubt flow_doubt(const struct flow *f, op_id used, str_id field);

#endif
