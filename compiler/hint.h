/* What to write for names that other languages have. */
#ifndef DVO_COMPILER_HINT_H
#define DVO_COMPILER_HINT_H

/* The help for a name that is not known here, or NULL. */
const char *hint_of_name(const char *name);

#endif
