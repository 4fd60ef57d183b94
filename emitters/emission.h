/* What the emitters of one build share: the plan, the files written so far, and the
 * source maps that the emitters of tools hand to the plan emitter. */
#ifndef DVO_EMITTERS_EMISSION_H
#define DVO_EMITTERS_EMISSION_H

#include "emitters/artefact.h"
#include "emitters/lines.h"
#include "ir/plan.h"

enum emission_code { /* diagnostics of this stage, see compiler/codes.def */
                     EMIT_NOT_TEXT = 701,
                     EMIT_VALUE = 703,
                     EMIT_FILE = 704,
                     EMIT_USER_DATA = 756,
};

/* One task of a playbook or resource of a recipe: whose it is, of the first machine, and
 * its place. */
struct emission_task {
    uint32_t line;
    op_id op;      /* or the carrier of several */
    uint32_t step; /* 0-based among the op's tasks */
    const char *name;
    const op_id *fused; /* of a task of several ops with a step each: all of them */
    uint32_t nfused;
};

/* The register that holds an op's result. */
struct emission_register {
    op_id op;
    const char *name;
};

/* A value that the values file must hold for a tool run. */
struct emission_var {
    const char *name;
    val_id value;
};

/* What the runtime must know of one tool run. All arrays grow on the heap. */
struct emission_segment {
    const char *file;  /* "ansible/segment-1.yml" */
    const char *hosts; /* the tool's name of the machine, or of the group of them */
    const char *const
        *names;         /* per op: the tool's names of machines; NULL: it has none */
    const char *recipe; /* of Chef: "app::segment-1" */
    struct {
        struct emission_task *v;
        size_t n, cap;
    } tasks;
    struct {
        struct emission_register *v;
        size_t n, cap;
    } registers;
    struct {
        struct emission_var *v;
        size_t n, cap;
    } vars;
    struct {
        str_id *v;
        size_t n, cap;
    } secrets;
};

/* The JSON of a part of a template that is the same for all ops: bytes of kept_text. */
struct emission_kept {
    enum { KEPT_UNKNOWN, KEPT_DIFFERS, KEPT_SAME } state;
    size_t begin, len;
};

struct emission {
    const struct plan *plan;
    struct graph *graph;    /* plan->graph */
    struct values *values;  /* of the graph */
    struct intern *strings; /* of the graph */
    struct diags *diags;
    struct arena arena;
    struct artefacts out;
    struct lines lines; /* of plan.json */
    const char
        *program_dir; /* where files named by the program are, with "/" at its end */
    const char *program_way; /* that folder as seen from the build folder: "../.." */
    struct emission_segment *segments; /* like plan->segments */
    /* The part of a key that is a digest: the templates of one op ask for it often. */
    op_id key_op;
    char key[27];
    struct emission_kept *kept; /* of the values from plan->first_value on */
    struct buf kept_text;
    const char **boot; /* by op: see boot_name(); NULL: there is no first boot */
    bool unified;      /* ops stand for those of all machines of their run */
    bool failed;
};

void emission_begin(struct emission *e, const struct plan *plan, struct diags *diags);
/* Fills program_dir and program_way; the build folder must exist, or be NULL: then there
 * is none. */
void emission_find_program(struct emission *e, const char *outdir);
void emission_free(struct emission *e);

/* Reports an error about an op and marks the emission as failed. */
struct diag *emission_error(struct emission *e, unsigned code, op_id op, const char *fmt,
                            ...) __attribute__((format(printf, 4, 5)));

/* Puts a copy of a file that the program names, or that was downloaded for it, into the
 * build. *size, which may be NULL, is how long it is. */
void emission_copy(struct emission *e, op_id op, const char *path, const char *source,
                   size_t *size);

/* The template an op is stamped from, or NULL if the runtime does the call itself. */
static inline const struct plan_template *emission_template(const struct emission *e,
                                                            op_id op)
{
    uint32_t t = e->plan->template_of[op];
    return t ? &e->plan->templates[t] : NULL;
}

/* Whether the op is being written for several machines. */
static inline const struct plan_segment *emission_many(const struct emission *e, op_id op)
{
    const struct plan_segment *s = &e->plan->segments[e->graph->ops[op].segment];
    return e->unified && s->nparts > 1 ? s : NULL;
}

/* The op whose steps a tool is given when this one's turn comes: mostly itself; of
 * several in one transaction their carrier for the first, and 0 for the others. */
static inline op_id emission_turn(const struct emission *e, op_id op)
{
    op_id carrier = e->graph->ops[op].carrier;
    return !carrier ? op : e->graph->ops[carrier].merged == op ? carrier : 0;
}

/* Text of an interned string. */
static inline const char *emission_text(const struct emission *e, str_id s)
{
    return intern_text(e->strings, s);
}

#endif
