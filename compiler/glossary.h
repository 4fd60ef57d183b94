/* The glossary: records of system calls, one file per call, read when a program first
 * uses the call. Listing and suggesting names needs no evaluation. */
#ifndef DVO_COMPILER_GLOSSARY_H
#define DVO_COMPILER_GLOSSARY_H

#include "compiler/config.h"
#include "compiler/eval.h"
#include "ir/call.h"

/* What may be asked of arguments together: exactly one of, at least one of. */
struct require {
    bool exactly; /* else: at least one */
    uint32_t args[8];
    unsigned n;
    bool when; /* the universal when= counts as one of them */
    int32_t
        except; /* not asked if this argument has one of these values; -1: always asked */
    const str_id *values;
    unsigned nvalues;
};

struct inline_rule;

/* What call_info.rules points to: the record's functions. VALUE_ERROR where it has none.
 */
struct call_rules {
    value lower[BACKEND_COUNT];
    value probe; /* VALUE_NONE: the step's own report is the evidence */
    val_id
        title; /* text over IR_HOLE and IR_SELF; list arguments are holes of the whole */
    val_id title_absent; /* the same with present=False */
    struct require *require;
    unsigned nrequire;
    struct inline_rule *inlines;
    unsigned ninlines;
    struct attachment_rule *attachments;
    unsigned nattachments;
    uint32_t internal;    /* bit set over arguments that only the compiler fills */
    bool provider;        /* carried by the provider's driver */
    bool builtin;         /* carried by the runtime itself */
    enum backend backend; /* configured for it */
};

struct glossary {
    struct arena *arena;
    struct eval *eval;
    struct calls *calls;
    const struct config *config;
    struct values *values;
    struct intern *strings;
    struct diags *diags;
    struct eval_universe *universe; /* of records and drivers */
    const char **names;             /* every known record, sorted */
    size_t nnames;
    struct map64 loaded; /* str_id of a call name → call_id */
    struct map64 types;  /* str_id of a type name → index into calls->types */
    value driver;        /* the driver's record (a dict) once loaded */
    call_id making;      /* the record that is being evaluated */
    struct buf digest;   /* texts of the records used, in order of use */
};

/* `provider` is the object of provider constants, which records use in defaults. */
void glossary_init(struct glossary *g, struct eval *eval, struct calls *calls,
                   const struct config *config, struct arena *arena, struct diags *diags,
                   value provider);
void glossary_free(struct glossary *g);

/* The call's record, loaded if need be. 0 if there is none of that name (nothing queued)
 * or the record is wrong (errors queued). */
call_id glossary_call(struct glossary *g, const char *name);
/* Index of a handle type. A type without a record of its own has only `changed`. */
uint32_t glossary_type(struct glossary *g, str_id name);
static inline const struct call_rules *glossary_rules(const struct glossary *g,
                                                      call_id id)
{
    return g->calls->v[id].rules;
}
/* True if some call or type is named `scope.member`. */
bool glossary_has(const struct glossary *g, const char *name);
/* The configured provider's driver record, a dict; VALUE_ERROR after errors. */
value glossary_driver(struct glossary *g);
/* Appends the names of the drivers that carry a call, as "openstack or docker"; returns
 * how many they are. */
unsigned glossary_drivers_of(struct glossary *g, const char *call, struct buf *out);
/* Digest of all records, drivers and libraries that were used. */
void glossary_digest(const struct glossary *g, char out[72]);

#endif
