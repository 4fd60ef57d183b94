/* Bytecode: register instructions of one function, and the tables they point into. */
#ifndef DVO_COMPILER_CODE_H
#define DVO_COMPILER_CODE_H

#include "compiler/value.h"

/* clang-format off */
/* OPCODE(NAME): registers are R[a], R[b], R[c]; K constants; j = jump target. */
#define CODE_OPS(OPCODE)                                                                 \
    OPCODE(MOVE)      /* R[a] = R[b] */                                                  \
    OPCODE(CONST)     /* R[a] = K[j] */                                                  \
    OPCODE(CHECK)     /* fail if local a is unbound */                                   \
    OPCODE(CELL_NEW)  /* R[a] = new cell, unbound */                                     \
    OPCODE(CELL_WRAP) /* R[a] = new cell of R[a] */                                      \
    OPCODE(CELL_GET)  /* R[a] = cell R[b] */                                             \
    OPCODE(CELL_SET)  /* cell R[a] = R[b] */                                             \
    OPCODE(FREE_GET)  /* R[a] = free cell b */                                           \
    OPCODE(GLOBAL_GET) /* R[a] = global j */                                             \
    OPCODE(GLOBAL_SET) /* global j = R[a] */                                             \
    OPCODE(ADD) OPCODE(SUB) OPCODE(MUL) OPCODE(DIV) OPCODE(FLOORDIV) OPCODE(MOD)         \
    OPCODE(BITAND) OPCODE(BITOR) OPCODE(BITXOR) OPCODE(SHL) OPCODE(SHR)                  \
    OPCODE(EQ) OPCODE(NE) OPCODE(LT) OPCODE(LE) OPCODE(GT) OPCODE(GE)                    \
    OPCODE(IN) OPCODE(NOT_IN)                                                            \
    /* with the constant K[c] on the right */                                            \
    OPCODE(ADD_K) OPCODE(SUB_K) OPCODE(MUL_K) OPCODE(FLOORDIV_K) OPCODE(MOD_K)           \
    OPCODE(AUGMENT)   /* R[a] = R[a] op= R[b], op c: may change R[a] in place */         \
    OPCODE(NOT) OPCODE(NEG) OPCODE(POS) OPCODE(INVERT) /* R[a] = op R[b] */              \
    OPCODE(JUMP) OPCODE(LOOP) /* to j; LOOP goes backwards and counts a step */          \
    OPCODE(IF_TRUE) OPCODE(IF_FALSE) /* jump to j on truth of R[a] */                    \
    /* jump to the following word's j if the comparison of R[a] and R[b] is not c */     \
    OPCODE(IF_EQ) OPCODE(IF_NE) OPCODE(IF_LT) OPCODE(IF_LE) OPCODE(IF_GT) OPCODE(IF_GE)  \
    OPCODE(LIST) OPCODE(TUPLE) /* R[a] = of c items from R[b] */                         \
    OPCODE(DICT)      /* R[a] = {} with room for j */                                    \
    OPCODE(DICT_ADD)  /* R[a][R[b]] = R[c]; c is new: literals */                        \
    OPCODE(DICT_PUT)  /* R[a][R[b]] = R[c]: comprehensions */                            \
    OPCODE(LIST_PUSH) /* R[a].append(R[b]) */                                            \
    OPCODE(INDEX)     /* R[a] = R[b][R[c]] */                                            \
    OPCODE(INDEX_SET) /* R[a][R[b]] = R[c] */                                            \
    OPCODE(SLICE)     /* R[a] = R[b][R[c]:R[c+1]:R[c+2]] */                              \
    OPCODE(ATTR)      /* R[a] = R[b].name c */                                           \
    OPCODE(ATTR_SET)  /* R[a].name c = R[b] */                                           \
    OPCODE(CALL)      /* R[a] = R[a](b values from R[a+1]); site c */                    \
    OPCODE(CALL_METHOD) /* the same of the site's attribute of R[a] */                   \
    OPCODE(CALL_ANY)  /* CALL with keywords, * or ** as the site says */                 \
    OPCODE(CLOSURE)   /* R[a] = function c with defaults from R[b] */                    \
    OPCODE(RETURN)    /* R[a] */                                                         \
    OPCODE(ITER)      /* begin iteration over R[b] in R[a], R[a+1] */                    \
    OPCODE(NEXT)      /* R[b] = next item of R[a], or jump to the following word's j */  \
    OPCODE(ITER_END)  /* of R[a] */                                                      \
    OPCODE(UNPACK)    /* c items of R[a] to R[b] on */                                   \
    OPCODE(FSTRING)   /* R[a] = fstring c with holes from R[b] on */                     \
    OPCODE(MARK)      /* R[a] = number of ops made */                                    \
    OPCODE(ASSIGNED)  /* R[a] was assigned after mark R[b] to target c */                \
    OPCODE(CHECK_TYPE) /* parameter a has an annotation */                               \
    OPCODE(CHECK_RESULT) /* R[a] is returned, and its type is annotated */               \
    OPCODE(LOAD)      /* globals of load statement j */
/* clang-format on */

enum code_op {
#define OPCODE(name) CODE_##name,
    CODE_OPS(OPCODE)
#undef OPCODE
};

struct instr {
    uint16_t op, a, b;
    union {
        uint32_t c; /* wide: a generated program has a call site in every line */
        int32_t j;
    };
};

/* A call in the source: shapes of its arguments and where they stand. */
struct call_site {
    const struct expr *expr;
    str_id method; /* CALL_METHOD: attribute of the callee */
    uint32_t npos, nnamed;
    const str_id *names; /* nnamed keywords */
    bool star, starstar; /* values follow those of the keywords */
    /* The method found last, for receivers of this builtin kind, and its signature. */
    uint32_t cached_kind;
    const struct native *cached;
    const struct signature *signature;
};

struct code_fpart {
    value literal;   /* or VALUE_ERROR: a hole */
    char conversion; /* of holes */
};

struct code_fstring {
    const struct code_fpart *parts;
    uint32_t n, nholes;
};

/* How an assignment's target reads: NAME, .NAME and [KEY] in order. */
struct code_step {
    str_id name; /* if reg < 0 */
    int32_t reg; /* register of a subscript */
};

struct code_target {
    const struct code_step *steps;
    uint32_t nsteps;
    const uint16_t *loops; /* iteration registers of the enclosing for statements */
    uint32_t nloops;
    struct span span;
};

struct code_place {
    uint32_t begin, end;
};

struct code {
    const struct function *function; /* syntax: names, parameters */
    file_id file;
    bool active; /* running: recursion is an error */
    bool toplevel;
    bool simple;            /* only positional parameters without annotations to check */
    uint32_t nregs;         /* registers in all */
    uint32_t first_default; /* parameter that defaults[0] belongs to */
    uint32_t ndefaults;
    const struct intern *names;

    struct instr *v;
    struct code_place *places; /* one per instruction */
    uint32_t n;
    const uint32_t *statements; /* of a top level: where each begins */
    uint32_t nstatements;
    const value *constants;
    struct code *const *functions;
    struct call_site *sites;
    const struct code_fstring *fstrings;
    const struct code_target *targets;
    const str_id *attrs;
    const struct stmt *const *loads;
};

struct compile_input {
    struct vm *vm;
    const struct ast_file *file;
    const value *universe; /* values of predeclared names */
};

/* Compiles the top level of a resolved file and all functions in it. NULL after an error.
 */
struct code *compile_file(const struct compile_input *in);

#endif
