/* What all tool runs share, whichever tool it is: the ops of a segment from their start
 * to their outcome, the machine's lock, going on after a transient failure, and the
 * probes that success must pass. */
#ifndef DVO_RUNTIME_TOOLRUN_H
#define DVO_RUNTIME_TOOLRUN_H

#include "runtime/lock.h"
#include "runtime/retry.h"

struct tool_run;

/* An op of the segment, as far as the tool tells. */
struct tool_op {
    uint32_t op, tasks, ended, skipped;
    bool started, changed, failed;
    json_t *fields;      /* of its result */
    json_t *register_;   /* what a resumed run is given under its register's name */
    enum dvo_error said; /* by a task whose words are hidden */
    struct fault fault;
    int64_t since; /* of its first task */
};

/* A tool. Every function but error() has to be there. */
struct tool {
    const char *name; /* as people know it, "Ansible" */
    size_t size;      /* of the struct that begins with a struct tool_run */
    /* The machine answers and is locked: begins at t->from. False with the source's
     * outcome: a fault, or a value that is not there yet or never will be. */
    bool (*begin)(struct tool_run *t, struct value_source *source);
    /* Signals the tool, which is at work. */
    void (*signal)(struct tool_run *t, int sig);
    /* The last op at or before this one at which the tool can begin anew. */
    uint32_t (*resume)(struct tool_run *t, uint32_t i);
    /* The typed error behind a failed task, from its event; NULL: the tool has no events
     * of its own. */
    enum dvo_error (*error)(const json_t *event);
    void (*free)(struct tool_run *t);
};

/* The beginning of every tool's own struct. */
struct tool_run {
    struct run *run;
    const struct tool *tool;
    const struct segment *segment;
    struct tool_op *ops; /* those that take part */
    uint32_t nops;
    uint32_t from; /* index of the op to begin with: what is before it has its result */
    const struct machine *machine;
    struct retry retry;
    unsigned attempt;
    uint32_t passed; /* ops behind which the tool was begun anew after a failure */
    struct lock *lock;
    bool asking, working; /* for the lock; the tool runs */
    timer_id timer;
    struct fault lost; /* why the lock is held no more */
};

/* Carries out a segment (index); its ops end one by one, then its unit. */
void tool_start(struct run *r, uint32_t segment, const struct tool *tool);
/* The same in two steps, for a tool that starts several together. */
struct tool_run *tool_new(struct run *r, uint32_t segment, const struct tool *tool);
void tool_begin(void *t);

/* An event of the tool: {"event": KIND, "path": FILE, "line": N, ...}, where the place
 * leads to the op through the plan's source map. Whether it is a start, and may be one:
 * the tool waits for that. */
bool tool_event(struct tool_run *t, const json_t *event);
/* The same without an event's text. The op's start is written down before this returns;
 * false if that is impossible, and then the op must not be begun. */
bool tool_op_started(struct tool_run *t, struct tool_op *o);
/* A task of the op has ended, with these fields of its result (borrowed). */
void tool_op_ended(struct tool_run *t, struct tool_op *o, bool changed, bool skipped,
                   const json_t *fields);
/* Takes the fault over. */
void tool_op_failed(struct tool_op *o, struct fault *f);
/* The same for a failure in the words of the machine: of an op that was given a secret
 * they are not repeated. */
void tool_op_failed_with(struct tool_run *t, struct tool_op *o, struct fault *f,
                         const json_t *fields);

/* The tool has ended: `why` explains it if an op is left without a result, `out` is what
 * it said, `log` where that is kept; NULL: it is kept now. `why` is taken over. */
void tool_ended(struct tool_run *t, struct fault *why, struct buf *out, const char *log);
/* The tool was ended for the sake of another machine. False if that cut something off
 * that cannot be done again; else it begins anew. */
bool tool_interrupted(struct tool_run *t);
/* Keeps what a tool said and returns the path, to be freed; NULL if that failed. */
char *tool_log(const struct tool_run *t, struct buf *out);

bool tool_op_done(const struct tool_op *o);
/* Whether each of the first n ops has come to an end after which the run goes on. */
bool tool_complete(const struct tool_run *t, uint32_t n);
/* Results, by register name, of the ops that are not run again: an earlier attempt had
 * them, or they take no part in this run and the state has them. */
json_t *tool_known(const struct tool_run *t);
/* Names of the registers whose change an earlier run or attempt made, and not every
 * consumer has seen. */
json_t *tool_changed_before(const struct tool_run *t);
/* Whether the op is to be carried out by this attempt. */
bool tool_op_part(const struct tool_run *t, uint32_t op);
/* Adds the tool run's variables to `values`, as far as there are any for this run; those
 * that all of its machines share, or the machine's own. */
bool tool_variables(const struct tool_run *t, struct value_source *source,
                    json_t *values);
bool tool_own_variables(const struct tool_run *t, struct value_source *source,
                        json_t *values);
/* Adds the segment's secrets to `values`, by their paths. */
bool tool_secrets(const struct tool_run *t, struct value_source *source, json_t *values);
/* Writes such values as JSON to `path` (0600). */
bool tool_values_write(const char *path, const json_t *values, struct fault *f);

#endif
