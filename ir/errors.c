/* Names, meanings and exit statuses of the typed errors, all from the rows of errors.def.
 */
#include "ir/errors.h"

#include <string.h>

struct error_row {
    const char *name;
    const char *meaning;
    bool transient;
    int status;
};

static const struct error_row rows[DVO_ERROR_COUNT] = {
    {"OK", "success", false, 0},
#define ERROR(name, transient, status, meaning) {#name, meaning, transient, status},
#include "ir/errors.def"
#undef ERROR
};

const char *error_name(enum dvo_error e)
{
    return rows[e].name;
}

const char *error_meaning(enum dvo_error e)
{
    return rows[e].meaning;
}

bool error_transient(enum dvo_error e)
{
    return rows[e].transient;
}

int error_status(enum dvo_error e)
{
    return rows[e].status;
}

enum dvo_error error_named(const char *name, size_t len)
{
    for (int e = 1; e < DVO_ERROR_COUNT; e++)
        if (strlen(rows[e].name) == len && !memcmp(rows[e].name, name, len))
            return (enum dvo_error)e;
    return DVO_OK;
}
