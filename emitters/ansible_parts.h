/* What the parts of the Ansible emitter share: names, expressions, tasks. */
#ifndef DVO_EMITTERS_ANSIBLE_PARTS_H
#define DVO_EMITTERS_ANSIBLE_PARTS_H

#include "emitters/emission.h"
#include "emitters/render.h"
#include "emitters/yaml.h"

/* A set of names; what is given out once is never given out again. */
struct ansible_names {
    struct arena arena;
    struct intern taken;
};

/* A value from outside a tool run, and the variable that brings it in. */
struct ansible_outside {
    val_id value;
    const char *name;
};

struct ansible_keyword { /* of the record's own choice, such as changed_when */
    const char *key;
    size_t len;
    val_id value;
    bool expression; /* text in it is Jinja */
};

/* The parts of one native step; 0 where it has none. */
struct ansible_task {
    val_id module, step, params, free, title, files, when, register_;
    struct ansible_keyword *keywords;
    uint32_t nkeywords;
};

/* The tasks that the ops of one template become. */
struct ansible_shape {
    struct ansible_task *v;
    uint32_t n;
    uint32_t primary; /* the last task without a condition of its own: its result is the
                         op's */
    bool registers;   /* some task looks at an earlier one */
};

/* What is known of an op before its tasks are written. */
struct ansible_op {
    const char
        *result; /* register of the task whose fields are the op's, NULL: nobody reads */
    bool read;   /* some op of its run uses its result */
    bool conditional; /* may be skipped: its own condition, or something it uses */
};

struct ansible_literal { /* a task variable that holds user text: text_1, text_2, ... */
    char *text;
    size_t len;
};

struct ansible {
    struct emission *e;
    const char **alias;           /* per op: the inventory name of a machine, or NULL */
    struct ansible_op *ops;       /* per op */
    struct ansible_shape *shapes; /* per template, made when it is first asked for */
    struct ansible_names names;   /* hosts and variables, of the whole plan */
    struct {
        struct ansible_outside *v;
        size_t n, cap;
    } outside;
    struct map64 outside_of; /* hash of the value -> index in `outside` */
    /* the tool run being written */
    uint32_t segment;
    struct emission_segment *out;
    struct ansible_names registers;
    struct map64 titles;     /* hash of a title -> how many tasks of the run have it */
    struct buf title_text;   /* the titles of its tasks, each with a NUL behind it */
    size_t title_next;       /* where that of the next task begins */
    struct map64 task_names; /* hash of a name -> index of its last use */
    struct yaml yaml;
    /* the task being written */
    op_id op;
    struct {
        struct ansible_literal *v;
        size_t n, cap;
    } literals;
    struct render_pieces pieces;
    struct {
        char **v;
        size_t n, cap;
    } conditions; /* heap */
    struct buf expr;
    struct buf scratch;
};

/* --- ansible_names.c --- */
void ansible_names_init(struct ansible_names *n);
/* Takes the names that mean something to Ansible, Jinja or Python already. */
void ansible_names_reserve(struct ansible_names *n);
void ansible_names_free(struct ansible_names *n);
/* A name made of the text that is free in both sets (`other` may be NULL), and now taken
 * in the first: lower-case letters, digits and "_", never two "_" in a row. */
const char *ansible_name(struct ansible_names *n, const struct ansible_names *other,
                         const char *text, size_t len, struct arena *arena);
/* Finds out which results are read and who may be skipped, and names machines and the
 * values from outside each run. */
void ansible_scan(struct ansible *a);
/* Calls `use` for every result of another op that the op uses: `v` is the reference,
 * `argument` that of a method such as endpoint(port). With op 0, `field` is the path of a
 * secret. */
typedef void ansible_use_fn(struct ansible *a, op_id used, str_id field, val_id v,
                            val_id argument);
void ansible_each_use(struct ansible *a, op_id op, ansible_use_fn *use);
/* Names the registers of the ops of the current run. */
void ansible_name_registers(struct ansible *a);
/* The variable that brings in a value from outside the current run. */
const char *ansible_outside_name(struct ansible *a, val_id v);
/* The register of one task of an op: the op's own name for its primary task. */
void ansible_register(struct ansible *a, op_id op, uint32_t task, struct buf *out);
/* Whether the op belongs to the tool run being written. */
bool ansible_inside(const struct ansible *a, op_id op);

/* --- ansible_shape.c --- */
/* The tasks that the op becomes; none for what the runtime does itself. */
const struct ansible_shape *ansible_shape(struct ansible *a, op_id op);

/* --- ansible_expr.c --- */
/* Appends the value as a Jinja expression that may stand as an operand. */
void ansible_operand(struct ansible *a, val_id v, struct buf *out);
/* Appends a condition as a Jinja expression; `operand`: in parentheses where needed. */
void ansible_condition(struct ansible *a, val_id v, bool operand, struct buf *out);
/* Writes the value as that of a module parameter. */
void ansible_value(struct ansible *a, val_id v);
/* Writes known text, tagged !unsafe where Ansible would evaluate it. */
void ansible_text(struct ansible *a, const char *s, size_t len);

/* --- ansible_task.c --- */
/* Notes the titles of the op's tasks, and in a->titles how many there are of each: two
 * equal ones need more to tell them apart. For all ops of a run, in order, before any
 * ansible_tasks(). */
void ansible_count_titles(struct ansible *a, op_id op);
/* Writes the op's tasks into the sequence that is open, and their place into a->out. */
void ansible_tasks(struct ansible *a, op_id op);
/* Appends a text for people where Ansible would evaluate it: markers are broken up. */
void ansible_harmless(const char *s, size_t len, struct buf *out);

#endif
