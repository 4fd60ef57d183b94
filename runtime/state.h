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
    char *provider; /* id of the provider that it is at, or NULL */
    /* By state_each() only: */
    char *program; /* that had it last, or NULL */
    char *title;   /* see struct state_thing */
    json_t *needs; /* or NULL */
    bool data, protect;
    bool recipe; /* there is one: state_recipe() */
};

/* What is kept of a thing at a provider, so that it can be looked for, compared and
 * deleted without the program that made it. */
struct state_thing {
    const char *key, *title;
    const char *provider; /* id of its provider's record */
    const json_t *args;   /* creation arguments as written */
    const json_t *needs;  /* addresses of the things that must outlive it */
    const json_t *recipe; /* see recipe.h */
    bool data;            /* it holds what cannot be made again */
    bool protect;         /* it is never to be deleted */
};

enum state_use {
    STATE_LOOK, /* a copy in memory: nothing is changed, and no lock is needed */
    STATE_USE,  /* a missing file is ENOENT, as with STATE_LOOK */
    STATE_MAKE,
};

/* Opens or makes the file; one of an older version becomes one of this. NULL with a
 * fault. */
struct state *state_open(const char *path, const char *project, enum state_use use,
                         struct fault *f);
/* Whose ops are written from now on. */
void state_program(struct state *s, const char *program);
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
/* Changes are gathered, for a write to the disk costs more than all else here. This makes
 * them outlive this process, all or none; false if they are lost. The run does it before
 * it waits for anything. */
bool state_commit(struct state *s, struct fault *f);
/* The same, and they outlive the computer. Whoever is about to act in another way than by
 * the loop's transfers must do it himself. */
bool state_sync(struct state *s, struct fault *f);
/* The file that is to be synced after a commit (borrowed), or NULL; and what it means if
 * that fails with this errno: false. */
const char *state_log(const struct state *s);
bool state_disk_failed(struct state *s, int error, struct fault *f);
enum state_due {
    STATE_SYNCED, /* nothing waits */
    STATE_WAITS,  /* for no longer than a moment */
    STATE_DUE,    /* before the next call goes out */
};
enum state_due state_due(const struct state *s);
/* What waits is due. */
void state_hurry(struct state *s);

/* This call is about to change something; due. `thing`, and all that it points to, may be
 * NULL and then leave what is there. */
bool state_begin(struct state *s, const char *address, const char *call,
                 const struct state_thing *thing, struct fault *f);
/* The id that the provider gave to what was begun; NULL: it is gone again. Due. */
bool state_identify(struct state *s, const char *address, const json_t *id,
                    struct fault *f);
/* The call's result. `thing` as above. */
bool state_end(struct state *s, const char *address, const char *call,
               const struct state_thing *thing, const json_t *result, bool created,
               bool pending, struct fault *f);
bool state_refuse(struct state *s, const char *address, struct fault *f);
/* Every consumer has seen the change. */
bool state_settle(struct state *s, const char *address, struct fault *f);
bool state_forget(struct state *s, const char *address, struct fault *f);
/* Calls `each` for everything with a provider's key. */
typedef void state_fn(void *ctx, const struct state_op *op);
bool state_each_keyed(struct state *s, state_fn *each, void *ctx, struct fault *f);
/* The same for what runs of this program made at a provider; with addresses only. */
bool state_each_made(struct state *s, const char *program, state_fn *each, void *ctx,
                     struct fault *f);
/* The same for everything, in the order of creation. */
bool state_each(struct state *s, state_fn *each, void *ctx, struct fault *f);
/* The recipe of a thing, to be released; *recipe is NULL if there is none. */
bool state_recipe(struct state *s, const char *address, json_t **recipe, struct fault *f);
/* What was kept of a provider, to be released; *record is NULL if nothing was. */
bool state_provider(struct state *s, const char *id, json_t **record, struct fault *f);
bool state_keep_provider(struct state *s, const char *id, const json_t *record,
                         struct fault *f);
/* What tells where the provider's things were made, to be released; *identity is NULL if
 * that is not known. It is kept with what was kept of the provider. */
bool state_identity(struct state *s, const char *id, json_t **identity, struct fault *f);
bool state_keep_identity(struct state *s, const char *id, const json_t *identity,
                         struct fault *f);
/* What is at the provider `from` is at `to`, which is the same one. */
bool state_rename_provider(struct state *s, const char *from, const char *to,
                           struct fault *f);
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
