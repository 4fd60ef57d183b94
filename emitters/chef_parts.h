/* What the parts of the Chef emitter share: expressions, resources, our cookbook. */
#ifndef DVO_EMITTERS_CHEF_PARTS_H
#define DVO_EMITTERS_CHEF_PARTS_H

#include "emitters/chef_step.h"
#include "emitters/flow.h"
#include "emitters/render.h"
#include "emitters/ruby.h"
#include "emitters/titles.h"

/* A recipe of a machine. */
struct chef_link {
    uint32_t segment, part;
    uint32_t next; /* 0: none */
};

struct chef {
    struct emission *e;
    struct flow flow;
    const char *cookbook; /* name of the program's cookbook */
    const char *folder;   /* "chef/cookbooks/NAME" */
    struct chef_steps steps;
    uint32_t *recipes; /* per op: index of the machine's first link, or 0 */
    struct {
        struct chef_link *v; /* index 0 unused */
        size_t n, cap;
    } links;
    /* the tool run being written */
    struct titles titles;
    struct ruby ruby;
    op_id op; /* whose resources are being written */
    struct {
        char **v;
        size_t n, cap;
    } guards; /* heap: those of the resource being written */
    struct buf scratch;
};

/* --- chef_expr.c --- */
/* Whether only running tells the value, or a part of it. */
bool chef_is_deferred(struct chef *c, val_id v);
/* Writes the value as Ruby; `operand`: in parentheses where an operator follows. */
void chef_value(struct chef *c, val_id v, bool operand);
/* Writes a dict as the arguments of a method. */
void chef_arguments(struct chef *c, val_id v);
/* The same as chef_value() for a condition. */
void chef_condition(struct chef *c, val_id v, bool operand);

/* --- chef_resource.c --- */
/* Writes the op's resources, and their places into the source map of the run. */
void chef_resources(struct chef *c, op_id op);
/* The type of the resources of a step function, in the emission's arena. */
const char *chef_resource_type(struct chef *c, const char *function);

/* --- chef_library.c --- */
/* Writes the cookbook that the program's depends on; `text` is room for a file. */
void chef_library(struct chef *c, struct buf *text);

#endif
