/* What the parts of the Ansible emitter share: expressions, tasks. */
#ifndef DVO_EMITTERS_ANSIBLE_PARTS_H
#define DVO_EMITTERS_ANSIBLE_PARTS_H

#include "emitters/flow.h"
#include "emitters/render.h"
#include "emitters/titles.h"
#include "emitters/yaml.h"

struct ansible_literal { /* a task variable that holds user text: text_1, text_2, ... */
    char *text;
    size_t len;
};

struct ansible {
    struct emission *e;
    struct flow flow;
    /* the tool run being written */
    struct titles titles;
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

/* --- ansible_expr.c --- */
/* Appends the value as a Jinja expression that may stand as an operand. */
void ansible_operand(struct ansible *a, val_id v, struct buf *out);
/* Appends a condition as a Jinja expression; `operand`: in parentheses where needed. */
void ansible_condition(struct ansible *a, val_id v, bool operand, struct buf *out);
/* Writes the value as that of a module parameter. */
void ansible_value(struct ansible *a, val_id v);
/* Writes known text, tagged !unsafe where Ansible would evaluate it. */
void ansible_text(struct ansible *a, const char *s, size_t len);

/* --- ansible_inventory.c --- */
/* The machines in groups: those that tool runs have in common. After flow_scan(). */
struct inventory *inventory_new(struct ansible *a);
void inventory_free(struct inventory *inv);
/* Writes the inventory and the variables of its groups. */
void inventory_write(struct inventory *inv);
/* For the file of values that a person fills in: the member "values" of a machine, if it
 * has any. */
void inventory_example(struct inventory *inv, op_id machine, struct json *j);

/* --- ansible_task.c --- */
/* Writes the op's tasks into the sequence that is open, and their place into the source
 * map of the run. */
void ansible_tasks(struct ansible *a, op_id op);
/* Writes the variables with user text that the expressions of the task use. */
void ansible_literals(struct ansible *a);
/* Appends a text for people where Ansible would evaluate it: markers are broken up. */
void ansible_harmless(const char *s, size_t len, struct buf *out);

/* --- ansible_fused.c --- */
/* How many of these ops of the run, from the first on, are one task; 1: it is no part of
 * such a task. */
uint32_t ansible_fused_count(struct ansible *a, const op_id *ops, uint32_t n);
/* The task's title, for titles_next(). */
void ansible_fused_note(struct ansible *a, const op_id *ops, uint32_t n);
/* Writes that task, and its place into the source map of the run. */
void ansible_fused(struct ansible *a, const op_id *ops, uint32_t n);

#endif
