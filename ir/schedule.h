/* Schedules of cron, as in crontab(5) of Debian's cron. */
#ifndef DVO_IR_SCHEDULE_H
#define DVO_IR_SCHEDULE_H

#include <stddef.h>

#include "ir/base/buf.h"

/* NULL if the text is a schedule, else what is wrong with it. Fields come out separated
 * by one blank. */
const char *schedule_check(const char *s, size_t len, struct buf *out);

#endif
