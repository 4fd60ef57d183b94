/* Parameters of a program: values from --set and --params, checked where the program
 * asks. */
#ifndef DVO_COMPILER_PARAM_H
#define DVO_COMPILER_PARAM_H

#include "compiler/vm.h"
#include "compiler/yaml.h"

struct param_set { /* one --set NAME=VALUE */
    const char *name;
    const char *text;
    struct span span; /* of the value; the source is the option's text */
    struct span name_span;
};

struct program;
struct program_options;

/* Zero-initialise, then params_init(). */
struct params {
    struct param_set
        *sets; /* in the order given: of two with one name the later counts */
    size_t nsets;
    const struct yaml_node *file; /* mapping of --params, or NULL */
    struct {
        const char **v;
        size_t n, cap;
    } names; /* that the program asked for, each once */
    struct {
        struct diag_related *v;
        size_t n, cap;
    } missing; /* message: name and type */
    size_t
        mark; /* diagnostics that were queued when the first missing one was asked for */
    unsigned mark_errors; /* errors among them */
    struct buf suffix;
};

/* Takes the texts of --set and reads the file of --params. False after diagnostics. */
bool params_init(struct params *p, struct program *program,
                 const struct program_options *o);
void params_free(struct params *p);

/* param(name, default, type, doc, choices, min, max, project): its value. One that is
 * missing is remembered and stood in for by a value of its type, so that one compilation
 * finds them all. VALUE_ERROR after an error. */
extern const struct native param_native;
/* To be called when the evaluation is over, whether it succeeded or not: reports all
 * missing parameters in one error, in place of errors that their stand-ins led to. False
 * after an error. */
bool params_missing(struct params *p, struct program *program);
/* Reports options that name none of the parameters that were asked for. False after an
 * error. */
bool params_unknown(const struct params *p, struct program *program);
/* Both; what is unknown only where the program got to its end. */
bool params_finish(struct params *p, struct program *program);
/* Remembers that the program asks for a parameter. */
void params_asked(struct params *p, const char *name);
/* What parameters with project=True add to the project's name: "" or "-staging". */
const char *params_project_suffix(const struct params *p);

/* A tree of YAML as a frozen value. */
value param_value(struct vm *vm, const struct yaml_node *n);

#endif
