/* Argument values as they stand in the graph: known data, references to what other ops
 * will produce, text with holes, conditions, and the holes of lowering templates. */
#ifndef DVO_IR_VALUE_H
#define DVO_IR_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ir/base/buf.h"
#include "ir/base/intern.h"

typedef uint32_t val_id; /* 0: absent (the argument was not written and has no value) */
typedef uint32_t op_id;  /* 0: no op */

enum ir_kind {
    IR_ABSENT,
    IR_NONE,
    IR_BOOL,  /* as.n 0 or 1 */
    IR_INT,   /* as.i */
    IR_FLOAT, /* as.f */
    IR_STR,   /* as.n: str_id */
    IR_LIST,  /* as.seq: val_ids in the pool */
    IR_DICT, /* as.seq: 2 * count val_ids, key then value, keys IR_STR, insertion order */
    /* deferred: only running can tell */
    IR_REF,  /* sub unused; as.ref: op and field name. "changed" is a field of every op */
    IR_GET,  /* field with one argument, e.g. endpoint(8080): as.seq = [IR_REF, argument]
              */
    IR_TEXT, /* as.seq: parts, each IR_STR or a deferred text; the parts' texts joined */
    IR_SECRET, /* as.n: str_id of the secret's path */
    IR_COND,   /* sub: enum ir_cond; as.seq: operands */
    IR_HANDLE, /* as.n: op_id, a handle itself (not one of its fields) */
    /* only inside lowering templates */
    IR_HOLE,  /* as.hole: argument index, item (0 the whole, else 1-based item of a list)
               */
    IR_FIELD, /* as.seq: [IR_HOLE, IR_STR], the field of what the handle in the hole is of
               */
    IR_SELF,  /* as.n: str_id of a fact of the op being lowered: key, key_name, address,
                 ... */
    IR_VAR,   /* as.n: str_id, a value extracted by an earlier HTTP step of this call */
    IR_PROVIDER, /* as.n: str_id, a fact the provider's service or login answered */
    IR_RESULT, /* as.n: str_id, the registered result of an earlier native step of this op
                */
    IR_EXPR,   /* as.seq: parts of trusted native expression text (IR_STR) and values */
    IR_NATIVE, /* sub: enum ir_native; as.seq: one IR_DICT, the native step's description
                */
    /* only while a tool run of several machines is written */
    IR_EACH, /* as.seq: what each machine has in this place, in their order */
};

enum ir_cond {
    IR_COND_TRUE, /* one operand: a deferred bool, e.g. changed */
    IR_COND_EQ,
    IR_COND_NE,
    IR_COND_LT,
    IR_COND_LE,
    IR_COND_GT,
    IR_COND_GE,
    IR_COND_IN,
    IR_COND_NOT_IN,
    IR_COND_NOT, /* one operand, a condition */
    IR_COND_ALL,
    IR_COND_ANY, /* any number of conditions */
};

enum ir_native { IR_NATIVE_TASK, IR_NATIVE_RESOURCE, IR_NATIVE_STEP, IR_NATIVE_HTTP };

/* Flags, kept up to date by the constructors. A reference to a tainted field is marked by
 * val_taint(). Handles are known: they refer to an op, but are not deferred. */
enum {
    IR_TAINTED = 1,
    IR_DEFERRED = 2,
    IR_REFERS = 4 /* an IR_REF or IR_HANDLE is inside */
};

struct ir_value {
    uint8_t kind;
    uint8_t sub;
    uint16_t flags;
    uint32_t count; /* of a sequence; pairs for IR_DICT */
    union {
        uint32_t n;
        int64_t i;
        double f;
        uint32_t seq; /* index of the first val_id in values.pool */
        struct {
            op_id op;
            str_id field;
        } ref;
        struct {
            uint32_t arg;
            uint32_t item;
        } hole;
    } as;
};

/* Parts of a text that is being joined; kept between texts for its memory. The last
 * literal grows in `text` once it has several pieces. */
struct text_join {
    struct buf text;
    val_id *v;
    size_t n, cap;
    unsigned pieces; /* of the literal that v[n - 1] stands for; 0: it is no literal */
};

struct values {
    struct intern *strings; /* not owned */
    struct ir_value *v; /* v[0] is IR_ABSENT; v[1], v[2], v[3] are None, False, True */
    size_t n, cap;
    val_id *pool;
    size_t npool, cap_pool;
    val_id *of_string; /* by str_id: its IR_STR, or 0 */
    size_t cap_of_string;
    struct text_join join;
};

enum { VAL_ABSENT = 0, VAL_NONE = 1, VAL_FALSE = 2, VAL_TRUE = 3 };

void values_init(struct values *t, struct intern *strings);
void values_free(struct values *t);
/* Makes `to`, which holds nothing yet, a copy: the ids mean the same there. */
void values_copy(struct values *to, const struct values *from);

val_id val_bool(bool b);
val_id val_int(struct values *t, int64_t i);
val_id val_float(struct values *t, double f);
val_id val_str(struct values *t, str_id s); /* equal strings have equal ids */
val_id val_text(struct values *t, const char *s, size_t len); /* IR_STR of these bytes */
val_id val_ref(struct values *t, op_id op, str_id field);
val_id val_taint(struct values *t,
                 val_id ref); /* marks a fresh IR_REF or IR_GET; returns it */
val_id val_secret(struct values *t, str_id path);
val_id val_handle(struct values *t, op_id op);
val_id val_hole(struct values *t, uint32_t arg, uint32_t item);
val_id val_name(struct values *t, enum ir_kind kind,
                str_id name); /* SELF VAR PROVIDER RESULT */
/* A sequence kind (LIST, DICT, GET, TEXT, COND, EXPR, NATIVE, EACH) of `count` val_ids
 * (for DICT 2 * count of them), copied. Flags are united from the parts. */
val_id val_seq(struct values *t, enum ir_kind kind, unsigned sub, const val_id *items,
               size_t count);
/* Joins text parts: neighbouring literals merge, nested texts flatten, one literal stays
 * IR_STR. One deferred value alone becomes a text too (its field may be a number). */
val_id val_join(struct values *t, const val_id *parts, size_t n);

static inline const struct ir_value *val_get(const struct values *t, val_id id)
{
    return &t->v[id];
}
static inline const val_id *val_items(const struct values *t, val_id id)
{
    return t->pool + t->v[id].as.seq;
}
static inline uint32_t val_count(const struct values *t, val_id id)
{
    return t->v[id].count;
}
/* Value under a string key of an IR_DICT, or 0. */
val_id val_dict_get(const struct values *t, val_id dict, const char *key);
/* Structural equality, and a hash that agrees with it. */
bool val_equal(const struct values *t, val_id a, val_id b);
uint64_t val_hash(const struct values *t, val_id id);

/* Calls `each` for every op a value refers to (IR_REF, IR_HANDLE inside anything). */
typedef void val_op_fn(void *ctx, op_id op,
                       str_id field); /* field 0 for a handle itself */
void val_each_op(const struct values *t, val_id id, val_op_fn *each, void *ctx);

#endif
