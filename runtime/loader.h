/* What the readers of a build folder's documents share: checks of members, and the one
 * way out of a bad document. */
#ifndef DVO_RUNTIME_LOADER_H
#define DVO_RUNTIME_LOADER_H

#include <setjmp.h>

#include "ir/base/buf.h"
#include "runtime/document.h"
#include "runtime/load.h"

/* The way out is a jump back to plan_load(): a check per member would bury what is read.
 * So what is held while a document is read is held here. */
struct loader {
    struct run_plan *plan;
    jmp_buf refused;
    struct buf message;
    const char *file; /* the document being read */
    struct document document;
    char *name;       /* of the member at hand */
    json_t *part;     /* the value at hand */
    uint32_t *by_id;  /* index of an op by its id */
    uint32_t largest; /* id */
};

#define LARGEST_ID 50000000

/* Ends the loading with a message that names the file. */
_Noreturn void loader_refuse(struct loader *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Goes into a document, whose first member is its format. It is read by
 * loader_next_member() and so on until its end. */
void loader_begin(struct loader *l, const char *file, const char *format);
/* The name of the next member; NULL: the document has ended well. */
const char *loader_next_member(struct loader *l);
/* Goes into the list that comes next, which is what `name` is. */
void loader_enter_list(struct loader *l, const char *name);
/* The next element of the list, and where it stands; NULL behind the last one. It is the
 * loader's until the next value is read. */
const json_t *loader_next_element(struct loader *l, struct document_part *part);
/* The value that comes next, a new reference. */
json_t *loader_value(struct loader *l);

/* A member that has this type, or NULL: JSON_TRUE stands for both truths, JSON_REAL for
 * all numbers. `where` says whose member it is. */
json_t *loader_member(struct loader *l, const json_t *from, const char *where,
                      const char *name, json_type type, bool required);
/* `fallback` NULL: it is required. */
const char *loader_text(struct loader *l, const json_t *from, const char *where,
                        const char *name, const char *fallback);
bool loader_flag(struct loader *l, const json_t *from, const char *where,
                 const char *name);
uint32_t loader_number(struct loader *l, const json_t *v, const char *what,
                       uint32_t limit);
/* The index of the op with this id. `what` says who names it. */
uint32_t loader_op(struct loader *l, uint32_t id, const char *what);
uint32_t loader_op_ref(struct loader *l, const json_t *v, const char *what);
uint32_t *loader_op_refs(struct loader *l, const json_t *from, const char *what,
                         uint32_t *n);
/* A text that lives as long as the plan. */
const char *loader_keep(struct loader *l, const char *text);
/* Adds to an op the path of a secret that it needs; those of all within a value. */
void loader_secret(struct loader *l, const char *path, struct plan_op *op);
void loader_secrets(struct loader *l, const json_t *v, struct plan_op *op);

#endif
