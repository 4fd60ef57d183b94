/* The page that people read before they run a plan. */
#ifndef DVO_EMITTERS_PREVIEW_H
#define DVO_EMITTERS_PREVIEW_H

#include <stdbool.h>

#include "emitters/emission.h"

/* Appends the page of a plan: the order of execution, the HTTP calls as curl commands,
 * and the playbooks. With `color`, for a terminal. False after an error in `diags`. */
bool preview(const struct plan *plan, bool color, struct buf *out, struct diags *diags);
/* The same for a build folder, which carries its page as preview.txt. */
bool preview_folder(const char *dir, bool color, struct buf *out, struct diags *diags);
/* Appends the plan's text form, which is its plan.json. False after an error in `diags`.
 */
bool preview_plan(const struct plan *plan, struct buf *out, struct diags *diags);

/* Writes preview.txt: the page without the playbooks, which are files themselves. */
bool preview_emit(struct emission *e);

#endif
