/* Names that people bring along from Python, and what says the same here. */
#include "compiler/hint.h"

#include <stddef.h>
#include <string.h>

const char *hint_of_name(const char *name)
{
    static const struct {
        const char *name, *help;
    } hints[] = {
        {"true", "write True"},
        {"false", "write False"},
        {"null", "write None"},
        {"nil", "write None"},
        {"none", "write None"},
        {"open", "read a file beside the program with file_text(\"PATH\")"},
        {"input", "ask for a value with param(\"NAME\") and --set NAME=VALUE"},
        {"os",
         "ask for a value with param(\"NAME\"), for a secret with secret(\"PATH\")"},
        {"sys", "ask for a value with param(\"NAME\"); stop with fail(\"MESSAGE\")"},
        {"subprocess", "run a command with MACHINE.run([\"PROGRAM\", \"ARGUMENT\"])"},
        {"isinstance", "compare the type's name: type(VALUE) == \"string\""},
        {"round", "write int(VALUE + 0.5)"},
        {"sum", "add in a loop: for x in VALUES: total += x"},
        {"map", "write [f(x) for x in VALUES]"},
        {"filter", "write [x for x in VALUES if f(x)]"},
        {"frozenset", "write set(VALUES)"},
        {"format", "write \"{}\".format(VALUE)"},
        {"exit", "stop with fail(\"MESSAGE\")"},
        {"quit", "stop with fail(\"MESSAGE\")"},
        {"Exception", "stop with fail(\"MESSAGE\")"},
        {"ValueError", "stop with fail(\"MESSAGE\")"},
        {"RuntimeError", "stop with fail(\"MESSAGE\")"},
        {"self", "there are no classes: give it as a parameter"},
        {"object", "there are no classes: use a dict, {\"NAME\": VALUE}"},
    };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (!strcmp(hints[i].name, name))
            return hints[i].help;
    return NULL;
}
