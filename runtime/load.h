/* A build folder as the runtime sees it: plan.json and api/calls.json, checked. What an
 * op alone needs of calls.json is left in the file until it is the op's turn: calls.h. */
#ifndef DVO_RUNTIME_LOAD_H
#define DVO_RUNTIME_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <jansson.h>

#include "ir/base/arena.h"

enum op_way { WAY_CALLS, WAY_SEGMENT, WAY_BUILTIN };

enum tool_kind { TOOL_API, TOOL_ANSIBLE, TOOL_CHEF, TOOL_COUNT };

enum need_kind { NEED_DATA, NEED_MACHINE, NEED_AFTER, NEED_ORDER };

/* Something that stands before an op. */
struct need {
    uint32_t op; /* index into plan_ops */
    enum need_kind kind;
};

/* Machines of a rollout that others come after. */
struct plan_batch {
    uint32_t before;   /* index of the batch that came before it; 0: none */
    uint32_t failures; /* machines that may have failed by then, and the next begins */
    struct plan_machine {
        uint32_t *ops; /* its last ones */
        uint32_t nops;
    } * machines;
    uint32_t nmachines;
};

struct plan_place {
    uint32_t line, column, end; /* index of a line, columns from 1 */
};

/* Where an op's entry stands in calls.json. */
struct plan_entry {
    uint64_t at;
    uint32_t len;    /* bytes; 0: it has none */
    char digest[27]; /* see digest_key26() */
};

struct plan_secret {
    const char *path;
    const struct plan_secret *next;
};

struct plan_op {
    uint32_t id; /* as in plan.json */
    const char *address, *call, *title, *kind;
    enum op_way way;
    uint32_t line, column, end; /* place: index of a line, columns from 1 */
    uint32_t subject;           /* index of the machine's op; 0: none */
    uint32_t segment;           /* index; 0: none */
    struct need *needs;
    uint32_t nneeds;
    uint32_t *batches; /* it begins after these */
    uint32_t nbatches;
    json_t *when, *probe; /* VALUEs, or NULL */
    json_t *args;         /* VALUEs of a builtin call, else NULL */
    json_t *fields;       /* types of result fields that are no texts, or NULL */
    const struct plan_secret *secrets; /* within its values */
    struct plan_entry entry;
    const char *key; /* of its thing at the provider, or NULL */
    const char
        *rekeyed;       /* what the key's hash is in place of that of the plan, or NULL */
    const char *boot;   /* what its machine's first boot calls it, or NULL */
    uint32_t nsteps;    /* in its entry */
    uint32_t *together; /* ops that may be carried out with it as one, itself first */
    uint32_t ntogether;
    int retries;    /* -1: default */
    double timeout; /* seconds; 0: default */
    bool carry_on, tainted, idempotent, keyed;
    bool checkable; /* its entry says what there is to look at before anything is done */
    bool holds_data, protect; /* as struct state_thing has them */
};

struct plan_task {
    uint32_t line; /* of the playbook, or 0 */
    uint32_t *ops; /* indices; several are carried out as one */
    uint32_t nops;
    bool apart;       /* with a step and a result for each */
    const char *name; /* or NULL */
};

/* The part of one machine in a tool run. Those of one run stand side by side. */
struct segment {
    uint32_t id;    /* of the tool run */
    uint32_t first; /* index of the first part of it */
    enum tool_kind tool;
    const char *file, *host; /* NULL if the tool has no files of its own */
    const char *recipe;      /* of Chef's: its name in a run list */
    uint32_t machine;        /* index of the machine's op */
    uint32_t *ops;
    uint32_t nops;
    struct plan_task *tasks; /* in the order of the playbook or script */
    uint32_t ntasks;
    const char **registers; /* per op: where its result is kept, or NULL; may be NULL */
    const json_t *vars, *own,
        *secrets; /* of the whole run, of this machine; may be NULL */
};

/* The name of a segment's file without its folder, as the tool knows it. */
static inline const char *segment_name(const struct segment *s)
{
    const char *slash = strrchr(s->file, '/');
    return slash ? slash + 1 : s->file;
}

struct plan_line {
    const char *file;
    uint32_t number;
    const char *text;
};

struct run_plan {
    struct arena arena;
    json_t *json;     /* plan.json but for the ops; segments and lines borrow from it */
    json_t *provider; /* of calls.json, or NULL */
    int calls;        /* calls.json, opened; -1: there is none */
    const char *dir;  /* the build folder */
    const char *program, *project;
    char *program_dir;   /* the program's folder */
    struct plan_op *ops; /* index 0 unused; program order */
    uint32_t nops;
    uint32_t *by_address;     /* its ops in the order of their addresses; NULL: not yet */
    struct segment *segments; /* index 0 unused */
    uint32_t nsegments;
    struct plan_batch *batches; /* index 0 unused */
    uint32_t nbatches;
    struct plan_line *lines;
    uint32_t nlines;
    char digest[7 + 64 + 1]; /* of plan.json, what --expect names */
};

/* Reads and checks everything; digests of all artefacts too. NULL after a message that
 * names the file and what is wrong with it, to be freed. */
struct run_plan *plan_load(const char *dir, const char *expect, char **message);
void plan_free(struct run_plan *p);
/* Index of the op with this address or id; 0: none. */
uint32_t plan_op_at(struct run_plan *p, const char *address);
uint32_t plan_op_index(const struct run_plan *p, json_int_t id);
#endif
