/* The files of a build: staged in a folder of their own, moved into place, plan.json
 * last. Whatever goes wrong before that leaves the build that was there as it
 * was. */
#ifndef DVO_EMITTERS_ARTEFACT_H
#define DVO_EMITTERS_ARTEFACT_H

#include <stdbool.h>
#include <stddef.h>

#include "ir/base/arena.h"
#include "ir/base/diag.h"
#include "ir/base/digest.h"
#include "ir/base/embed.h"

struct artefact {
    const char *path; /* relative to the build folder */
    unsigned mode;
    bool listed;    /* carries a digest in plan.json */
    bool unchanged; /* the build that is there has these very bytes */
    char digest[DIGEST_TEXT_SIZE];
    const char *text; /* of artefacts_begin_memory() only */
    size_t len;
};

struct artefacts {
    struct arena *arena;
    struct diags *diags;
    const char *dir;    /* NULL: nothing is written, the bytes are kept */
    int lock;           /* the build folder, held while it is written */
    int stage;          /* where files wait to be moved there, by the same paths */
    const char *before; /* path of the file staged last */
    bool fresh;         /* there is no build yet */
    bool failed;
    struct artefact *v; /* in the order of artefact_put() */
    size_t n, cap;
    struct map64 by_path; /* hash of the path -> index in v */
};

/* Makes the build folder and locks it against other builds. False after an error, which
 * is in `diags`; artefacts_free() is needed either way. */
bool artefacts_begin(struct artefacts *a, const char *dir, struct arena *arena,
                     struct diags *diags);
/* For looking only: what is put is kept in the arena, and found by artefact_text(). */
void artefacts_begin_memory(struct artefacts *a, struct arena *arena,
                            struct diags *diags);
const char *artefact_text(const struct artefacts *a, const char *path, size_t *len);
/* Stages a file. `path` is copied; one that leads out of the build folder is refused. The
 * same path twice is fine if the bytes are the same too, else false without a diagnostic.
 * All other failures are reported once, and everything after them does nothing. */
bool artefact_put(struct artefacts *a, const char *path, const void *bytes, size_t len);
/* The same for an embedded file, whose digest is known. */
bool artefact_put_embedded(struct artefacts *a, const char *path,
                           const struct embedded_file *f);
/* The same for a file that is not part of what a plan stands for: users may change it. */
bool artefact_put_example(struct artefacts *a, const char *path, const void *bytes,
                          size_t len);
/* Stages a copy of a file. False with errno if it cannot be read, and nothing is reported
 * then; *size, which may be NULL, is how long it is. */
bool artefact_copy(struct artefacts *a, const char *path, const char *source,
                   size_t *size);
/* The artefacts sorted by path, for the list in plan.json; a->n of them, in the arena. */
const struct artefact **artefacts_sorted(const struct artefacts *a);
/* Moves everything into place, removes what the build before had and this one has not,
 * and writes plan.json. False after an error. */
bool artefacts_commit(struct artefacts *a, const void *plan, size_t len);
/* Whether a relative path stays inside the folder it starts from. */
bool artefact_path_inside(const char *path);
/* Removes what is still staged and releases the folder. */
void artefacts_free(struct artefacts *a);

#endif
