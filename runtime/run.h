/* One run of a plan: what its parts share, and how an op's outcome is told to all of
 * them. */
#ifndef DVO_RUNTIME_RUN_H
#define DVO_RUNTIME_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "runtime/events.h"
#include "runtime/fault.h"
#include "runtime/http.h"
#include "runtime/load.h"
#include "runtime/loop.h"
#include "runtime/progress.h"
#include "runtime/sched.h"
#include "runtime/secret.h"
#include "runtime/state.h"
#include "runtime/value.h"

struct provider;
struct exchange;
struct preflight;
struct machines;
struct endpoints;
struct chef_server;

enum run_status {
    RUN_WAITING,
    RUN_RUNNING,
    RUN_DONE,
    RUN_SKIPPED, /* its when= is false, or it needs a value of such an op */
    RUN_FAILED,
    RUN_BLOCKED,  /* not started because of a failure: EDEP */
    RUN_CANCELED, /* not started because the run was stopped */
    RUN_KNOWN,    /* not part of this run; its values come from the state */
};

struct run_op {
    enum run_status status;
    bool changed;   /* by this run */
    bool pending;   /* changed by an earlier run, and some consumer has not seen it */
    bool settled;   /* no more consumers to wait for */
    bool released;  /* reported as done, and its probe has not been asked yet */
    json_t *result; /* provisional while it is running */
    struct fault fault;
    uint32_t cause;                  /* RUN_BLOCKED: the op that failed */
    bool cause_on_machine;           /* it was blocked by its machine's order only */
    bool timed;                      /* its duration is known */
    bool held;                       /* RUN_BLOCKED: by failures in a rollout */
    int64_t started;                 /* loop_now() */
    uint32_t place;                  /* among the ops of its tool run that take part */
    struct state_op before;          /* the state when the run began */
    const struct state_thing *thing; /* kept with the result of a thing at a provider */
};

struct run_options {
    uint32_t jobs; /* tool runs at once; 0: default */
    const char *state, *events, *expect;
    const char **only, **except;
    size_t nonly, nexcept;
    const char **replace; /* addresses: deleted before they are created */
    size_t nreplace;
    bool fail_fast, destroy, yes, preflight_only;
    bool with_data, adopted; /* are deleted, too */
    bool prune, status;
};

typedef void run_fn(void *ctx);

struct run {
    const struct run_options *options;
    struct run_plan *plan;
    struct run_op *ops; /* parallel to plan->ops */
    struct loop *loop;
    struct http *http;
    struct state *state;
    struct secrets *secrets;
    struct sched *sched;
    struct events *events;
    struct progress *progress;
    struct provider *provider;
    struct exchange *exchange;
    struct preflight *preflight; /* what it has found, or NULL */
    struct machines *machines;
    struct endpoints *endpoints;
    struct chef_server *chef_server; /* NULL before the first that asks for it */
    char *folder;                    /* of this run, kept: captured outputs */
    char *private; /* 0700 on tmpfs where possible, removed at the end: values, sockets */
    uint32_t *consumers;    /* ops that use another's result, by that one */
    uint32_t *consumers_of; /* per op: its first in the list above, which ends where those
                             * of the next op begin */
    uint32_t *unit_of;      /* per op: its unit */
    uint32_t *unit_first;   /* per unit: its first op in program order */
    uint32_t *unit_parts;   /* per unit: machines of its tool run that are at work */
    json_t *spoken;         /* record of a provider that is not the plan's, or NULL */
    json_t *pruned;         /* addresses that --prune may delete, or NULL */
    json_t *costs;        /* by address: how long the op took when it was done last, ms */
    int64_t *segment_end; /* per segment: when its last op was done */
    struct disk *disk;    /* NULL: a commit is durable by itself */
    uint64_t disk_asked;  /* of the last commit */
    uint64_t call_wants;  /* of the last one with something that was due */
    timer_id commit_timer;
    struct fault state_lost; /* why the state could not be written */
    bool stopping;           /* asked to end: start nothing more, wait for nothing long */
    bool failed;             /* an op has failed, which ends a run with fail_fast */
    bool misplaced;          /* the provider is not where the state has its things */
    struct {
        struct run_waiter {
            run_fn *fn;
            void *ctx;
        } * v;
        size_t n, cap;
    } waiters;
};

/* Exit statuses below those of errors. */
#define STATUS_PLAN 1
#define STATUS_USAGE 2

/* Prepares everything, runs the plan (or destroys what it made) and reports. Returns the
 * exit status. */
int run_plan_carry_out(struct run_plan *plan, const struct run_options *options);

/* Values for this op's expressions; the caller evaluates and then looks at outcome.
 * `vars` may be NULL. */
struct value_source run_values(struct run *r, const json_t *vars);
/* Looks up every secret of the ops that take part, so that none is missed half-way. */
bool run_secrets_known(struct run *r, struct fault *f);
/* Lists who uses whose result. */
void run_list_consumers(struct run *r);
/* The current fields of an op: `changed` as its consumers see it. */
bool run_changed(const struct run *r, uint32_t op);
/* Calls fn again once something that a VALUE_WAIT was about has happened. */
void run_wait(struct run *r, run_fn *fn, void *ctx);
void run_wake(struct run *r);

/* What became of an op. The result is taken over. An op that is no part of a segment
 * finishes its unit with it. */
void run_op_started(struct run *r, uint32_t op);
/* Adds a field to the result of an op that is done, in the state, too. The value is taken
 * over. */
bool run_op_learned(struct run *r, uint32_t op, const char *field, json_t *value,
                    struct fault *f);
/* A tool reports it as done: others may use its fields (borrowed), and a kill from here
 * on does not lose its change. What has no probe is done with it. */
void run_op_released(struct run *r, uint32_t op, bool changed, json_t *fields);
void run_op_done(struct run *r, uint32_t op, bool changed, json_t *result);
void run_op_skipped(struct run *r, uint32_t op);
/* Takes secrets out of what is told about an op. */
void run_redact(const struct run *r, uint32_t op, struct fault *f);
void run_op_failed(struct run *r, uint32_t op, struct fault *f); /* empties f */
/* The unit of this op has finished: whatever depends on it may start. */
void run_unit_finished(struct run *r, uint32_t op);
/* Whether a failure keeps this op from starting; then it is marked so. */
bool run_op_blocked(struct run *r, uint32_t op);
/* Marks an op that does not start because `cause` failed. */
void run_op_block(struct run *r, uint32_t op, uint32_t cause);
/* The end of a VALUE that could not be had: fault, skip, or wait and call `again` later.
 */
void run_op_lacks(struct run *r, uint32_t op, struct value_source *s, run_fn *again,
                  void *ctx);
/* A path for the kept output of an op, to be freed. */
char *run_log_path(const struct run *r, const char *name, const char *suffix);
/* Writes a captured output there, without secrets; returns the path (to be freed) or
 * NULL. */
char *run_log_keep(const struct run *r, const char *name, const char *suffix,
                   struct buf *text);

#endif
