/* Package files (.deb), read through dpkg-deb. */
#ifndef DVO_COMPILER_DEB_H
#define DVO_COMPILER_DEB_H

#include <stdbool.h>
#include <stddef.h>

#include "ir/base/arena.h"

/* What the control file says. Texts live in the arena. */
struct deb {
    const char *package, *version, *architecture;
};

/* Reads the control file's fields. False with *why, a sentence in the arena that names
 * the file, if dpkg-deb cannot be run or refuses the file, or if a field is missing or
 * malformed. */
bool deb_control(struct arena *a, const char *path, struct deb *out, const char **why);
/* The systemd units (NAME.service without '@', no links) that the file ships, sorted;
 * NULL with *why as above. */
const char **deb_services(struct arena *a, const char *path, size_t *n, const char **why);
/* A valid package name (Debian Policy 5.6.1) of this length. */
bool deb_name_valid(const char *name, size_t len);

#endif
