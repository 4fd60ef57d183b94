/* Ops that a machine carries out in its first boot, from its user data, because nobody
 * can log in to it: their results are read from its console. */
#ifndef DVO_RUNTIME_BOOT_H
#define DVO_RUNTIME_BOOT_H

#include "runtime/run.h"

/* Whether the part of a tool run (index) is of a first boot. */
bool boot_wanted(const struct run_plan *p, uint32_t segment);
/* Takes the results of the part's ops: from the state, where it has them of this very
 * machine, else from what the machine reports. Nothing is ever done twice. */
void boot_start(struct run *r, uint32_t segment);

/* What a report says about one op; for tests, too. */
struct boot_answer {
    enum { BOOT_MISSING, BOOT_SKIPPED, BOOT_DONE, BOOT_FAILED } state;
    bool changed;
    json_t *fields;     /* of BOOT_DONE; to be released */
    struct fault fault; /* of BOOT_FAILED; to be freed */
};
/* Looks in a console's text for the op of that name, which has so many steps. The machine
 * says everything several times, and lines that something else was written into do not
 * count. */
void boot_read(const char *console, const char *name, size_t steps,
               struct boot_answer *answer);

#endif
