/* HTTP steps as commands that a person can run. */
#ifndef DVO_EMITTERS_PREVIEW_CURL_H
#define DVO_EMITTERS_PREVIEW_CURL_H

#include "emitters/emission.h"

/* Appends one HTTP step of the op as a curl command, with what only running tells, and
 * secrets, as shell variables. */
void preview_curl(struct emission *e, op_id op, val_id http, struct buf *out);

#endif
