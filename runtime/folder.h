/* The folders of a run: one that stays, with captured outputs, and one that goes, with
 * values and sockets. */
#ifndef DVO_RUNTIME_FOLDER_H
#define DVO_RUNTIME_FOLDER_H

#include <stdbool.h>

#include "runtime/fault.h"

/* Makes BASE/runs/TIME-PID (0700) and returns its path, to be freed; NULL with a fault.
 * Of older ones, only the latest stay. */
char *folder_make_run(const char *base, struct fault *f);
/* Makes a folder (0700) on a file system in memory, else below `fallback`; its path, to
 * be freed, or NULL with a fault. */
char *folder_make_private(const char *fallback, struct fault *f);
/* Removes a private folder and all that is in it; other folders are left alone. */
void folder_remove_private(const char *path);

#endif
