/* Typed errors: one closed set for every tool, see errors.def. */
#ifndef DVO_IR_ERRORS_H
#define DVO_IR_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

enum dvo_error {
    DVO_OK,
#define ERROR(name, transient, status, meaning) DVO_##name,
#include "ir/errors.def"
#undef ERROR
    DVO_ERROR_COUNT
};

const char *error_name(enum dvo_error e); /* "EAUTH"; "OK" for DVO_OK */
const char *error_meaning(enum dvo_error e);
bool error_transient(enum dvo_error e);
int error_status(enum dvo_error e); /* exit status; 0 for DVO_OK */
/* The error of that name, or DVO_OK if there is none. */
enum dvo_error error_named(const char *name, size_t len);

#endif
