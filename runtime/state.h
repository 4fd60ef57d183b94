/* What exists and what was begun: an SQLite file per project, written before and after
 * every call that changes something. */
#ifndef DVO_RUNTIME_STATE_H
#define DVO_RUNTIME_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "runtime/fault.h"

struct state;

enum state_status {
    STATE_NONE,    /* nothing is known of this address */
    STATE_STARTED, /* an intent without a result: what happened is unknown */
    STATE_DONE,
    STATE_REFUSED, /* an unknown outcome was reported; the next run may go on */
};

struct state_op {
    char *address, *call;
    enum state_status status;
    json_t *result; /* fields, or NULL */
    char *key;      /* the provider's mark, or NULL */
    json_t *args;   /* creation arguments as written, or NULL */
    bool created;   /* made by this state, not found or adopted */
    bool pending;   /* `changed` that some consumer has not seen yet */
};

/* Opens or makes the file. `create` false: a missing file is ENOENT. NULL with a fault.
 */
struct state *state_open(const char *path, const char *project, bool create,
                         struct fault *f);
void state_close(struct state *s); /* gives the lock back */

/* Takes the state for this run, which keeps its private files in `folder`. EBUSY names
 * the living owner; a dead owner's lock is taken over, *note then says so (to be freed)
 * and *leftover is its folder (to be freed). */
bool state_lock(struct state *s, const char *folder, char **note, char **leftover,
                struct fault *f);
/* Tells others that we live; call every STATE_HEARTBEAT_MS. */
void state_heartbeat(struct state *s);
#define STATE_HEARTBEAT_MS 10000

/* What is known of an address; all zero if nothing. Free with state_op_free(). */
bool state_read(struct state *s, const char *address, struct state_op *out,
                struct fault *f);
void state_op_free(struct state_op *op);
/* Durable before it returns: this call is about to change something. `key` and `args` may
 * be NULL and then leave what is there. */
bool state_begin(struct state *s, const char *address, const char *call, const char *key,
                 const json_t *args, struct fault *f);
/* Durable before it returns: the id that the provider gave to what was begun; NULL: it is
 * gone again. */
bool state_identify(struct state *s, const char *address, const json_t *id,
                    struct fault *f);
/* Durable before it returns: the call's result. */
bool state_end(struct state *s, const char *address, const char *call,
               const json_t *result, bool created, bool pending, struct fault *f);
bool state_refuse(struct state *s, const char *address, struct fault *f);
/* Every consumer has seen the change. */
bool state_settle(struct state *s, const char *address, struct fault *f);
bool state_forget(struct state *s, const char *address, struct fault *f);
/* Calls `each` for everything with a provider's key, latest creation first. */
typedef void state_fn(void *ctx, const struct state_op *op);
bool state_each_keyed(struct state *s, state_fn *each, void *ctx, struct fault *f);
/* The same for everything, in the order of creation. */
bool state_each(struct state *s, state_fn *each, void *ctx, struct fault *f);
/* Nothing may be known of `to`. */
bool state_rename(struct state *s, const char *from, const char *to, struct fault *f);
/* What was noted down about the whole project; *value is NULL if nothing was, else to be
 * released. */
bool state_note(struct state *s, const char *name, json_t **value, struct fault *f);
bool state_note_down(struct state *s, const char *name, const json_t *value,
                     struct fault *f);
/* Makes all changes that the function makes durable at once, or none if it fails. */
typedef bool state_changes(void *ctx, struct fault *f);
bool state_together(struct state *s, state_changes *changes, void *ctx, struct fault *f);

#endif
