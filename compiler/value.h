/* Values of the DVO language: 64-bit tagged words. Integers that fit in 63 bits, most
 * floats, None and booleans are inline; everything else points to an object in the
 * compilation's arena. Nothing is ever freed before the arena is. */
#ifndef DVO_COMPILER_VALUE_H
#define DVO_COMPILER_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "compiler/ast.h"
#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/intern.h"
#include "ir/base/source.h"
#include "ir/type.h"
#include "ir/value.h"

struct vm;
struct call;
struct code;
struct module;

/* Tags in the low bits: xx1 integer, x10 float, 100 constant, 000 object. */
typedef uint64_t value;

/* No value: the error is queued. Also stands for an argument that was not given. */
#define VALUE_ERROR ((value)0)
#define VALUE_NONE ((value)0x04)
#define VALUE_FALSE ((value)0x0c)
#define VALUE_TRUE ((value)0x14)
#define VALUE_UNBOUND                                                                    \
    ((value)0x1c) /* a variable that has no value yet; never escapes                     \
                   */

enum value_kind {
    VALUE_KIND_NONE,
    VALUE_KIND_BOOL,
    VALUE_KIND_INT, /* inline, or struct bigint */
    VALUE_KIND_FLOAT,
    VALUE_KIND_STR,
    VALUE_KIND_BYTES, /* struct str, too */
    VALUE_KIND_LIST,
    VALUE_KIND_TUPLE,
    VALUE_KIND_DICT,
    VALUE_KIND_SET,
    VALUE_KIND_RANGE,
    VALUE_KIND_FUNCTION, /* def or lambda */
    VALUE_KIND_NATIVE,   /* C function, perhaps bound to a receiver */
    VALUE_KIND_VIEW,     /* characters or bytes of a string, to iterate */
    VALUE_KIND_DEFERRED,
    VALUE_KIND_OBJECT, /* struct object: defined by the host */
    VALUE_KIND_CELL,   /* a captured variable; never escapes */
    VALUE_KIND_COUNT
};

/* Every object begins with this. */
struct header {
    uint8_t kind; /* enum value_kind */
    uint8_t flags;
    uint16_t
        iterating; /* running iterations over a list, dict or set: it must not change */
    uint32_t hash; /* of strings: computed on first use, 0 before; else unused */
};

enum {
    VALUE_FROZEN = 1,
    VALUE_GROWN =
        2, /* str: bytes lie in a struct str_room and may be extended in place */
};

struct str {
    struct header h;
    uint32_t len;
    const char
        *p; /* not always NUL-terminated: use value_cstr() where C text is needed */
};

struct list {
    struct header h;
    uint32_t n, cap;
    value *v;
};

struct tuple {
    struct header h;
    uint32_t n;
    value v[];
};

/* Dict and set: entries in insertion order, and an index from hash to entry. */
struct table_entry {
    value key; /* VALUE_ERROR: deleted */
    value val; /* of a set: unused */
    uint32_t hash;
};

struct table {
    struct header h;
    uint32_t n;      /* live entries */
    uint32_t used;   /* entries including deleted ones */
    uint32_t cap;    /* of entries */
    uint32_t first;  /* all entries before this one are deleted */
    uint32_t mask;   /* of slots, if there are any: small tables are searched in order */
    uint32_t *slots; /* entry index + 1 */
    struct table_entry *v;
};

struct range {
    struct header h;
    int64_t start, stop, step;
    int64_t n;
};

struct cell {
    struct header h;
    value v;
};

struct function_value {
    struct header h;
    const struct code *code;
    struct module *module;
    value *defaults; /* of the parameters from code->first_default on; VALUE_UNBOUND:
                        required */
    struct cell **free;
};

/* A C function. Arguments arrive bound as `signature` says: parameter names separated by
 * blanks; "?" behind a name makes it optional (VALUE_ERROR if absent), "/" ends the
 * positional-only ones, "*" begins the keyword-only ones. "..." alone: unbound, see
 * struct call. The record must outlive the evaluation. */
typedef value native_fn(struct vm *vm, const struct call *call);
struct native {
    const char *name; /* as people write it: "len", "list.append", "cloud.create" */
    native_fn *fn;
    const char *signature;
    void *data; /* for fn; see call->native->data */
};

struct native_value {
    struct header h;
    const struct native *native;
    value self; /* receiver of a bound method, or VALUE_ERROR */
};

struct view {
    struct header h;
    uint8_t what; /* enum view_kind */
    value of;
};

enum view_kind {
    VIEW_ELEMS,
    VIEW_ELEM_ORDS,
    VIEW_CODEPOINTS,
    VIEW_CODEPOINT_ORDS,
    VIEW_BYTES
};

/* What only running can tell: a reference into the IR with its static type. */
struct deferred {
    struct header h;
    val_id ir;
    struct type type;   /* CONDITION for comparisons and handle.changed; STR, INT, ... */
    bool tainted;       /* contains a secret */
    struct span origin; /* the expression that made it */
};

/* ---- objects of the host ------------------------------------------------------------
 */

/* What a host object can do. NULL entries: not supported. Host objects compare and hash
 * by identity. The record must outlive the evaluation. */
struct object_type {
    const char *name; /* what type() and messages say, e.g. "machine" */
    /* Attribute, or VALUE_ERROR without an error queued if there is none. */
    value (*getattr)(struct vm *vm, value self, str_id name);
    /* A method that `self.name(...)` can call without making a bound value first; the
     * call's self is the object. NULL: ask getattr. getattr must know the name as well.
     */
    const struct native *(*method)(struct vm *vm, value self, str_id name);
    /* What to write instead of a name that is no attribute, beyond near names: a help, or
     * NULL. */
    const char *(*instead)(struct vm *vm, value self, str_id name);
    /* Appends the attribute names: for dir() and suggestions. */
    void (*attrs)(struct vm *vm, value self, void (*each)(void *ctx, str_id name),
                  void *ctx);
    value (*call)(struct vm *vm, value self, const struct call *call);
    value (*index)(struct vm *vm, value self, value key);
    bool (*truth)(struct vm *vm, value self); /* NULL: true */
    /* Text for str() and repr(). NULL: making text of it is an error with `no_text`. */
    void (*text)(struct vm *vm, value self, struct buf *out);
    const char *no_text; /* what to write instead: "use its .address" */
    /* Its form in the graph, or VAL_ABSENT without an error queued if it has none. */
    val_id (*to_ir)(struct vm *vm, value self);
    /* A handle of an op: value_each_handle() finds it. */
    bool handle;
};

struct object { /* host objects begin with this */
    struct header h;
    const struct object_type *type;
};

/* ---- tags ---------------------------------------------------------------------------
 */

#define VALUE_INT_MAX (INT64_MAX >> 1)
#define VALUE_INT_MIN (INT64_MIN >> 1)

static inline bool value_is_small(value v)
{
    return v & 1;
}
static inline bool value_is_object(value v)
{
    return (v & 7) == 0;
}
static inline bool value_is_flonum(value v)
{
    return (v & 3) == 2;
}
/* Inline integer; i must lie between VALUE_INT_MIN and VALUE_INT_MAX. */
static inline value value_small(int64_t i)
{
    return (value)i << 1 | 1;
}
static inline int64_t value_small_get(value v)
{
    return (int64_t)v >> 1;
}
static inline value value_bool(bool b)
{
    return b ? VALUE_TRUE : VALUE_FALSE;
}
static inline struct header *value_header(value v)
{
    return (struct header *)(uintptr_t)v;
}
static inline value value_of(const void *object)
{
    return (value)(uintptr_t)object;
}

static inline enum value_kind value_kind(value v)
{
    if (v & 1)
        return VALUE_KIND_INT;
    if ((v & 7) == 0)
        return (enum value_kind)value_header(v)->kind;
    if ((v & 3) == 2)
        return VALUE_KIND_FLOAT;
    return v == VALUE_NONE ? VALUE_KIND_NONE : VALUE_KIND_BOOL;
}
static inline bool value_is(value v, enum value_kind kind)
{
    return (v & 7) == 0 && value_header(v)->kind == kind;
}
static inline bool value_is_str(value v)
{
    return value_is(v, VALUE_KIND_STR);
}
static inline bool value_is_int(value v)
{
    return value_kind(v) == VALUE_KIND_INT;
}
static inline bool value_is_float(value v)
{
    return value_kind(v) == VALUE_KIND_FLOAT;
}
static inline bool value_is_deferred(value v)
{
    return value_is(v, VALUE_KIND_DEFERRED);
}

static inline struct str *value_str(value v)
{
    return (struct str *)(uintptr_t)v;
}
static inline struct list *value_list(value v)
{
    return (struct list *)(uintptr_t)v;
}
static inline struct tuple *value_tuple(value v)
{
    return (struct tuple *)(uintptr_t)v;
}
static inline struct table *value_table(value v)
{
    return (struct table *)(uintptr_t)v;
}
static inline struct range *value_range(value v)
{
    return (struct range *)(uintptr_t)v;
}
static inline struct deferred *value_deferred(value v)
{
    return (struct deferred *)(uintptr_t)v;
}
static inline struct object *value_object(value v)
{
    return (struct object *)(uintptr_t)v;
}
static inline struct native_value *value_native(value v)
{
    return (struct native_value *)(uintptr_t)v;
}
static inline struct function_value *value_function(value v)
{
    return (struct function_value *)(uintptr_t)v;
}

/* ---- constructors; all allocate in vm's arena and never fail -------------------------
 */

value value_int(struct vm *vm, int64_t i);
value value_float(struct vm *vm, double d);
double value_float_get(value v);
/* A string or bytes with a copy of these bytes. Strings should be UTF-8. */
value value_string(struct vm *vm, const char *p, size_t len);
value value_cstring(struct vm *vm, const char *s);
value value_bytes(struct vm *vm, const char *p, size_t len);
/* A string over bytes that outlive the vm; nothing is copied. */
value value_string_static(struct vm *vm, const char *p, size_t len);
/* The string of an interned id: the same value each time. */
value value_interned(struct vm *vm, str_id id);
/* A string of `len` bytes to be filled in at once through *bytes. */
value value_string_room(struct vm *vm, size_t len, char **bytes);
value value_list_new(struct vm *vm, const value *items, size_t n);
value value_tuple_new(struct vm *vm, const value *items,
                      size_t n); /* items may be NULL */
value value_dict_new(struct vm *vm, size_t room);
value value_set_new(struct vm *vm, size_t room);
value value_range_new(struct vm *vm, int64_t start, int64_t stop, int64_t step);
value value_native_new(struct vm *vm, const struct native *native, value self);
value value_view_new(struct vm *vm, enum view_kind what, value of);
/* `at`: where people will look for it ("produced here"). The taint is read off the IR. */
value value_deferred_new(struct vm *vm, val_id ir, struct type type, struct span at);

/* ---- reading ------------------------------------------------------------------------
 */

static inline const char *value_str_p(value v)
{
    return value_str(v)->p;
}
static inline size_t value_str_len(value v)
{
    return value_str(v)->len;
}
bool value_str_equal(value v, const char *s); /* v is a string with this text */
/* NUL-terminated text of a string; in the arena. */
const char *value_cstr(struct vm *vm, value v);
/* Interned id of a string. */
str_id value_intern(struct vm *vm, value v);
/* An integer that fits int64_t. False for anything else; no error is queued. */
bool value_to_int64(value v, int64_t *out);
/* Items of a list or tuple; NULL if v is neither. */
const value *value_items(value v, size_t *n);
/* Name of its type: "int", "string", "NoneType", the object type's name, for deferred
 * values "deferred string" and so on. */
const char *value_type_name(struct vm *vm, value v);
/* The same with its article: "an int". */
const char *value_type_phrase(struct vm *vm, value v);

/* ---- semantics; false or VALUE_ERROR after an error
 * ------------------------------------ */

/* Truth of a value. Deferred values have none: an error is queued and false returned. */
bool value_truth(struct vm *vm, value v, bool *out);
/* Equality (1, 0, or -1 after an error) of known values. */
int value_equal(struct vm *vm, value a, value b);
/* Order of known values, as `<` needs it: sets *out to a negative, zero or positive
 * number. NaN is above every float, as the specification has it. */
bool value_compare(struct vm *vm, value a, value b, int *out);
/* Hash of a hashable value; an error for lists, dicts, sets and deferred values. */
bool value_hash(struct vm *vm, value v, uint32_t *out);
/* Text of str() or repr(). Only known values: an error if v is or contains deferred ones.
 */
bool value_write(struct vm *vm, value v, bool repr, struct buf *out);
/* The same of repr(), cut for a message; in the arena, "" after an error. */
const char *value_shown(struct vm *vm, value v);
/* str(v): a string, or a deferred string. */
value value_to_str(struct vm *vm, value v);
/* The attribute v.name, or an error that suggests near names. */
value value_getattr(struct vm *vm, value v, str_id name);
/* The attribute, or VALUE_ERROR without an error if there is none. */
value value_attr(struct vm *vm, value v, str_id name);
/* Makes everything reachable from v immutable. */
void value_freeze(struct vm *vm, value v);
/* The value in the graph's form: None, bool, int64, float, str, list, tuple, dict with
 * string keys, deferred values and objects with to_ir. VAL_ABSENT after an error at `at`.
 */
val_id value_to_ir(struct vm *vm, value v, struct span at);

/* Calls `each` for every handle (object_type.handle) reachable through lists, tuples and
 * dict values, with the index path to it: "", "[2]", "[\"eu\"][0]". Cycles are harmless.
 */
typedef void value_handle_fn(void *ctx, value handle, const char *path);
void value_each_handle(struct vm *vm, value v, value_handle_fn *each, void *ctx);

/* ---- lists, dicts and sets from C
 * ------------------------------------------------------ */

/* Appends without looking at frozen or iterating: for values under construction. The
 * program fails if its memory is used up; the item is lost then. */
void value_list_push(struct vm *vm, value list, value item);
/* Sets a key under construction likewise. False if the key is not hashable. */
bool value_dict_set(struct vm *vm, value dict, value key, value val);
/* Value of a key, VALUE_ERROR if it is absent (or not hashable: error queued). */
value value_dict_get(struct vm *vm, value dict, value key);
value value_dict_get_cstr(struct vm *vm, value dict, const char *key);

/* ---- iteration
 * ------------------------------------------------------------------------- */

/* Over list, tuple, dict keys, set, range, view. Not for deferred values. */
struct value_iter {
    value over;
    int64_t i;
};
/* False with an error if v cannot be iterated. Iterating blocks changes until
 * value_iter_end(). */
bool value_iter_begin(struct vm *vm, struct value_iter *it, value v);
/* The same for natives, which look at no limit of steps or memory on their way: it is an
 * error, too, if there are very many elements. */
bool value_iter_begin_all(struct vm *vm, struct value_iter *it, value v);
/* The next item, or VALUE_ERROR at the end. Never fails. */
value value_iter_next(struct vm *vm, struct value_iter *it);
void value_iter_end(struct value_iter *it);
/* Number of items of an iterable or string; -1 if v has no length (no error queued). */
int64_t value_length(value v);

#endif
