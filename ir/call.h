/* The table of system calls: what each glossary record says, compiled so that passes need
 * no evaluator. Filled by compiler/glossary.c, read by everyone. */
#ifndef DVO_IR_CALL_H
#define DVO_IR_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/base/intern.h"
#include "ir/base/source.h"
#include "ir/type.h"
#include "ir/value.h"

typedef uint32_t call_id; /* 0: none */

enum backend { BACKEND_NONE, BACKEND_API, BACKEND_ANSIBLE, BACKEND_CHEF, BACKEND_COUNT };
const char *backend_name(enum backend b);
enum backend backend_named(const char *name); /* BACKEND_NONE if unknown */

struct arg_info {
    str_id name;
    struct type type;
    val_id fallback;       /* default value; VAL_ABSENT: the argument is required */
    bool optional;         /* None is allowed (default=None) */
    bool deferred;         /* may take values that only running tells */
    bool secret;           /* may take tainted text */
    bool inspect;          /* its value joins the shape: lowering rules may look at it */
    bool keyword;          /* cannot be given by position */
    const str_id *choices; /* allowed strings, or NULL */
    uint32_t nchoices;
    const char *doc;
};

/* Whether a lowering rule may look at the argument's value: ops whose arguments differ
 * there become different steps. */
bool arg_is_seen(const struct values *t, const struct arg_info *arg, val_id v);

/* A row of effects: a kind of thing and what names it. ("file", "path"): the argument;
 * ("file", "/etc/cron.d/{job}"): its text behind that of `literal`; ("file",
 * "=/etc/fstab"): `literal` alone. any: everything of this machine (foreign code). */
struct effect {
    bool write;
    bool any;
    str_id kind;
    int32_t
        arg; /* index of the naming argument, or -1; if any: only where it is written */
    str_id literal;
    uint32_t to; /* 1 + the argument that says where the thing leads from then on, or 0 */
};

/* What conflicts are made of: of the thing of a kind that a row of effects would name so
 * (each item of a list), attribute `attr` is what argument `value` says, or always
 * `word`. */
struct want {
    str_id kind;
    int32_t key;
    str_id literal;
    str_id attr;
    int32_t value;  /* or -1 */
    str_id word;    /* if value is -1; "True" and "False" are those values */
    uint32_t when;  /* 1 + the argument without which nothing is said, or 0 */
    uint32_t below; /* the same, and what is said is said of all that lies in the thing */
};

struct field_info {
    str_id name;
    struct type type;
    bool has_arg; /* a method that makes a deferred value, e.g. endpoint(port) */
    struct type arg;
    str_id each; /* a list with an item for each of this argument's, each an IR_GET; 0: no
                    list */
    bool known;  /* known at compile time: .name .roles .vars */
    bool open;   /* no secret that the op was given can be in it */
    str_id by;   /* the call on this handle that finds it out, or 0: its own op does */
    const char *doc;
};

struct handle_type { /* result type of calls: machine, service, ... */
    str_id name;
    struct field_info *fields; /* besides `changed`, which every handle has */
    uint32_t nfields;
    const char *doc;
};

struct call_info {
    str_id name;   /* "machine.service" */
    str_id scope;  /* "machine": a handle type or a namespace; 0 for top level */
    str_id member; /* "service" */
    bool method;   /* scope is a handle type: the subject is a handle */
    struct arg_info *args;
    uint32_t nargs;
    uint32_t result;    /* index into calls.types */
    uint32_t *identity; /* argument indices */
    uint32_t nidentity;
    uint32_t
        *instead; /* per part of the identity: 1 + the argument that takes its place where
                     it was written ("match|line"), or 0; NULL: no part has one */
    bool exclusive, idempotent, pure, keyed,
        ordinal;   /* ordinal: identity is a running number */
    bool provider; /* carried by the provider's driver */
    bool http;     /* keeps program order among its kind */
    bool
        reads_only; /* an http call that never changes anything; others by their method */
    uint32_t guards; /* bit set over arguments: one of them written makes it idempotent */
    uint32_t present; /* 1 + the argument that says whether it shall be there, or 0 */
    uint32_t protect; /* 1 + the argument that says whether it is never deleted, or 0: it
                         is no part of what a thing is made with */
    bool holds_data;  /* what it makes holds what cannot be made again */
    uint32_t batch;   /* 1 + the argument whose lists several calls may unite, or 0 */
    bool together;    /* several of it in a row read well as one task */
    bool alone; /* the runtime or the provider carries it out: no part of a tool run */
    uint32_t cost_ms;    /* how long it takes, as a rule; from `seconds` of the record */
    const str_id *local; /* its result is this computer, where only these members act, all
                            through the step library; NULL: it is not */
    uint32_t nlocal;
    uint32_t needs, ensures; /* bit sets over calls.typestates; what is no method ensures
                                them for its result */
    struct effect *effects;
    uint32_t neffects;
    struct want *wants;
    uint32_t nwants;
    uint32_t errors;   /* bit set over enum dvo_error */
    uint32_t backends; /* bit set over enum backend that have a lowering rule */
    uint8_t carrier[BACKEND_COUNT]; /* who carries the call when that backend is asked
                                       for: mostly itself */
    void *rules;                    /* compiler's own: the record's functions */
    struct span span;               /* of the record */
    const char *doc;
};

struct calls {
    struct call_info *v; /* index 0 unused */
    size_t n, cap;
    struct handle_type *types; /* index 0 unused */
    size_t ntypes, cap_types;
    str_id typestates[32];
    unsigned ntypestates;
};

#endif
