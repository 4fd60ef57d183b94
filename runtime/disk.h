/* Makes what was written to a file durable while the run goes on: one thread, which does
 * nothing but wait for the disk. */
#ifndef DVO_RUNTIME_DISK_H
#define DVO_RUNTIME_DISK_H

#include <stdint.h>

#include "runtime/loop.h"

struct disk;

/* `done` is called from the loop when something has become durable, or could not. */
struct disk *disk_new(struct loop *l, const char *path, loop_fn *done, void *ctx);
void disk_free(struct disk *d); /* waits for the thread; d may be NULL */
/* Asks for all that was written so far. The answer is the number of this request. */
uint64_t disk_ask(struct disk *d);
/* The number of the last request that is fulfilled, and with it those before. */
uint64_t disk_done(struct disk *d);
/* errno of a request that could not be, after which none is; else 0. */
int disk_error(struct disk *d);
/* The same at once: errno, or 0. */
int disk_sync(const char *path);

#endif
