/* The syntax tree of one .dvo file: what the parser builds, the resolver completes and
 * the evaluator walks. All of it lives in the compilation's arena. Fields under
 * "resolver:" are zero until resolve() has run; after it the evaluator never looks up a
 * name. */
#ifndef DVO_COMPILER_AST_H
#define DVO_COMPILER_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/intern.h"
#include "ir/base/source.h"

/* No expression is deeper than this, counted in nodes from its root to its furthest leaf
 * (bodies of lambdas included), so recursion over an expression is safe. */
#define AST_DEPTH_MAX 1000
#define INTEGER_DIGITS_MAX 200000 /* of an integer as text, in any base */
/* Nested blocks (indentation levels) and nested brackets; CPython's own limits. */
#define AST_BLOCKS_MAX 98
#define AST_BRACKETS_MAX 190

struct expr;
struct stmt;
struct function;

/* ---- names --------------------------------------------------------------------------
 */

/* Where the value of a name lives at run time. */
enum scope {
    SCOPE_NONE,   /* not resolved: names in type annotations stay so */
    SCOPE_LOCAL,  /* frame slot `index` of the running function */
    SCOPE_CELL,   /* frame slot `index` holds a cell, as an inner function captures it */
    SCOPE_FREE,   /* cell `index` of the running closure (function.free[index]) */
    SCOPE_GLOBAL, /* global `index` of this file (ast_file.globals[index]) */
    SCOPE_UNIVERSAL, /* predeclared name `index` of the universe given to resolve() */
};

struct binding {
    enum scope scope;
    uint32_t index;
};

/* A name where it is bound or written: parameter, load alias, def. */
struct ident {
    str_id name;
    struct span span;
    struct binding binding; /* resolver */
};

/* ---- expressions --------------------------------------------------------------------
 */

enum expr_kind {
    EXPR_NAME,      /* name */
    EXPR_INT,       /* integer: fits int64_t */
    EXPR_BIGINT,    /* big: does not fit */
    EXPR_FLOAT,     /* real */
    EXPR_STRING,    /* text: decoded, UTF-8 */
    EXPR_BYTES,     /* text: decoded, any bytes */
    EXPR_FSTRING,   /* fstring */
    EXPR_LIST,      /* items */
    EXPR_TUPLE,     /* items */
    EXPR_DICT,      /* dict */
    EXPR_LIST_COMP, /* comp */
    EXPR_DICT_COMP, /* comp */
    EXPR_UNARY,     /* unary: + - ~ not */
    EXPR_BINARY,    /* binary: arithmetic, bits, comparison, membership, and, or */
    EXPR_COND,      /* cond: yes if test else no */
    EXPR_LAMBDA,    /* lambda */
    EXPR_CALL,      /* call */
    EXPR_DOT,       /* dot: object.name */
    EXPR_INDEX,     /* index: object[key] */
    EXPR_SLICE,     /* slice: object[start:stop:step] */
};

enum ast_op {
    OP_NONE,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_FLOORDIV,
    OP_MOD, /* + - * / // % */
    OP_BITAND,
    OP_BITOR,
    OP_BITXOR,
    OP_SHL,
    OP_SHR, /* & | ^ << >> */
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_NOT_IN,
    OP_AND,
    OP_OR, /* evaluate the right side only if needed */
    OP_NOT,
    OP_NEG,
    OP_POS,
    OP_INVERT, /* unary: not - + ~ */
};

/* The operator as written: "+", "not in". */
const char *ast_op_text(enum ast_op op);

struct text {
    const char *p; /* NUL-terminated, may contain NUL before its end */
    size_t len;
};

struct expr_list {
    struct expr **v;
    uint32_t n;
};

/* One stretch of an f-string: literal text, or a hole with an expression. */
struct fpart {
    struct text text;  /* literal; used if expr is NULL */
    struct expr *expr; /* hole */
    char conversion;   /* 's', 'r', or 0 for none (means 's') */
    struct span span;
};

struct fpart_list {
    struct fpart *v;
    uint32_t n;
};

struct dict_entry {
    struct expr *key, *value;
};

struct dict_entry_list {
    struct dict_entry *v;
    uint32_t n;
};

/* `for target in iter` or `if test` of a comprehension, in source order. The iter of the
 * first clause belongs to the enclosing scope. */
struct comp_clause {
    struct expr *target;  /* NULL: an if clause */
    struct expr *operand; /* iter or test */
};

struct comp_clause_list {
    struct comp_clause *v;
    uint32_t n;
};

struct comp {
    struct expr *key; /* dictionaries only */
    struct expr *value;
    struct comp_clause_list clauses; /* the first is a for */
    /* resolver: the comprehension's own variables are frame slots first_slot up to
     * first_slot + nslots of the enclosing function. On entry they become unbound, and
     * those that are cells become fresh cells. */
    uint32_t first_slot, nslots;
};

enum arg_kind {
    ARG_POSITIONAL, /* value */
    ARG_KEYWORD,    /* name=value */
    ARG_STAR,       /* *value; at most one, after the positional */
    ARG_STARSTAR,   /* **value; at most one, last */
};

struct arg {
    enum arg_kind kind;
    str_id name;      /* ARG_KEYWORD */
    struct span span; /* the whole argument; for a keyword its name */
    struct expr *value;
};

struct arg_list {
    struct arg *v;
    uint32_t n;
};

struct expr {
    uint8_t kind;     /* enum expr_kind */
    uint8_t op;       /* enum ast_op of EXPR_UNARY and EXPR_BINARY */
    uint16_t depth;   /* 1 for a leaf; at most AST_DEPTH_MAX */
    struct span span; /* with its own parentheses, if any */
    union {
        struct {
            str_id id;
            struct binding binding; /* resolver */
        } name;
        int64_t integer;
        struct {
            const char
                *digits; /* lower case, no prefix, no leading zero, NUL-terminated */
            uint32_t len;
            uint32_t base; /* 2, 8, 10 or 16 */
        } big;
        double real;
        struct text text;
        struct fpart_list fstring;
        struct expr_list items;
        struct dict_entry_list dict;
        struct comp *comp;
        struct {
            struct expr *operand;
        } unary;
        struct {
            struct expr *left, *right;
        } binary;
        struct {
            struct expr *test, *yes, *no;
        } cond;
        struct function *lambda;
        struct {
            struct expr *callee;
            struct arg_list args;
        } call;
        struct {
            struct expr *object;
            str_id name;
            struct span name_span;
        } dot;
        struct {
            struct expr *object, *key;
        } index;
        struct {
            struct expr *object;
            struct expr *start, *stop, *step; /* each may be NULL */
        } slice;
    };
};

/* ---- functions ----------------------------------------------------------------------
 */

struct param {
    struct ident ident;
    struct expr *annotation; /* or NULL; never evaluated, names in it are not resolved */
    struct expr *default_value; /* or NULL; evaluated once, in the enclosing scope */
};

struct block {
    struct stmt **v;
    uint32_t n;
};

/* A def, a lambda or the top level of a file. */
struct function {
    str_id name;      /* "lambda" for lambdas, "<toplevel>" for a file */
    struct span span; /* header: "def" up to ":"; all of a lambda; all of a file */
    /* Parameter i arrives in frame slot i. Order: npositional that may be given by
     * position (those with defaults last), nkwonly that are given by keyword only, then
     * *args if has_varargs, then **kwargs if has_kwargs. nparams counts all of them. */
    struct param *params;
    uint32_t nparams, npositional, nkwonly;
    bool has_varargs, has_kwargs;
    struct expr *returns; /* annotation of the result, or NULL; never evaluated */
    struct block body;    /* of a lambda: empty */
    struct expr *result;  /* lambdas only */

    /* resolver: */
    uint32_t nlocals; /* frame slots, parameters first; comprehensions that do not nest
                         share theirs */
    str_id *locals;   /* their names, of a shared slot that of its first user */
    uint32_t
        *cells; /* slots that hold cells: made on entry (parameters keep their value) */
    uint32_t ncells;
    /* What a closure captures when the def or lambda is evaluated: for each free variable
     * a SCOPE_CELL (frame slot) or SCOPE_FREE (closure cell) of the enclosing function.
     */
    struct ident *free;
    uint32_t nfree;
};

/* ---- statements ---------------------------------------------------------------------
 */

enum stmt_kind {
    STMT_EXPR,    /* expr */
    STMT_ASSIGN,  /* assign */
    STMT_AUGMENT, /* assign, op is the operator without "=" */
    STMT_IF,      /* if_ */
    STMT_FOR,     /* for_ */
    STMT_DEF,     /* def */
    STMT_RETURN,  /* expr or NULL */
    STMT_LOAD,    /* load; top level of a file only */
    STMT_PASS,
    STMT_BREAK,
    STMT_CONTINUE,
};

struct if_clause {
    struct expr *test;
    struct block body;
};

struct if_clause_list {
    struct if_clause *v;
    uint32_t n;
};

/* One name of a load: local = "remote". */
struct load_item {
    struct ident local; /* binding is a global */
    str_id remote;
    struct span remote_span;
};

struct load_item_list {
    struct load_item *v;
    uint32_t n;
};

struct stmt {
    uint8_t kind;     /* enum stmt_kind */
    uint8_t op;       /* enum ast_op of STMT_AUGMENT */
    struct span span; /* compound statements: header only */
    union {
        struct expr *expr;
        struct {
            struct expr *target; /* name, dot, index, or (not in STMT_AUGMENT) a list or
                                    tuple of targets */
            struct expr *value;
        } assign;
        struct {
            struct if_clause_list clauses; /* if and every elif */
            struct block otherwise;        /* else; empty if there is none */
        } if_;
        struct {
            struct expr *target, *iter;
            struct block body;
        } for_;
        struct {
            struct ident ident;
            struct function *function;
        } def;
        struct {
            struct text module;
            struct span module_span;
            struct load_item_list items;
        } load;
    };
};

/* ---- files --------------------------------------------------------------------------
 */

struct ast_file {
    file_id file;
    const struct intern *names; /* not owned; texts of every str_id in the tree */
    struct function *top; /* no parameters; its frame holds comprehension variables */

    /* resolver: */
    str_id *globals; /* every name that the file binds at its top level, loads included */
    bool *loaded;    /* globals[i] comes from a load: file-local, not exported */
    uint32_t nglobals;
    uint32_t nbound;   /* the globals behind these are unknown names, each told once */
    bool only_unknown; /* unknown names are all that is wrong: the rest has its meaning */
};

/* Appends a stable, indented text form of the tree. */
void ast_dump(const struct ast_file *file, struct buf *out);

#endif
