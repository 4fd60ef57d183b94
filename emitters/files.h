/* Files beside the program that the steps of a tool run send. */
#ifndef DVO_EMITTERS_FILES_H
#define DVO_EMITTERS_FILES_H

#include "emitters/emission.h"

/* Copies the files of a step into a folder of the build, so that it is all a run needs:
 * `files` are names with their paths. Failures are reported. */
void files_copy(struct emission *e, op_id op, val_id files, const char *folder);

#endif
