/* The files below etc/dvo as they were when the program was built, and those of host/ in
 * one piece: library/steps.sh, and library/steps.py, which holds them as a string. */
#ifndef DVO_BASE_EMBED_H
#define DVO_BASE_EMBED_H

#include <stdbool.h>
#include <stddef.h>

struct embedded_file {
    const char *path;   /* relative to etc/dvo, e.g. "calls/machine.dvo" */
    const char *data;   /* NUL-terminated */
    size_t len;         /* without that NUL */
    const char *digest; /* as digest_text() writes it */
};

/* All of them in byte order of their paths: the files of a folder are neighbours. */
extern const struct embedded_file embedded_files[];
extern const size_t embedded_count;

/* The file with exactly this path, or NULL. */
const struct embedded_file *embedded_find(const char *path);
/* The index of the first file whose path begins with `folder` ("calls/"), or
 * embedded_count if there is none. Iterate from there while embedded_in() holds. */
size_t embedded_first(const char *folder);
/* Whether file `i` exists and its path begins with `folder`. */
bool embedded_in(size_t i, const char *folder);

#endif
