/* What the parts of the Ansible emitter share: expressions, tasks. */
#ifndef DVO_EMITTERS_ANSIBLE_PARTS_H
#define DVO_EMITTERS_ANSIBLE_PARTS_H

#include "emitters/flow.h"
#include "emitters/render.h"
#include "emitters/yaml.h"

struct ansible_literal { /* a task variable that holds user text: text_1, text_2, ... */
    char *text;
    size_t len;
};

struct ansible {
    struct emission *e;
    struct flow flow;
    /* the tool run being written */
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
/* Writes the op's tasks into the sequence that is open, and their place into the source
 * map of the run. */
void ansible_tasks(struct ansible *a, op_id op);
/* Appends a text for people where Ansible would evaluate it: markers are broken up. */
void ansible_harmless(const char *s, size_t len, struct buf *out);

#endif
