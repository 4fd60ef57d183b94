/* Where a tool reports its events while it works: a Unix socket, each line of which is
 * answered once it has been dealt with. */
#ifndef DVO_RUNTIME_CHANNEL_H
#define DVO_RUNTIME_CHANNEL_H

#include <stddef.h>

#include "runtime/fault.h"
#include "runtime/loop.h"

struct channel;

/* One line, without its newline. The tool goes on when this returns. */
typedef void channel_fn(void *ctx, const char *line, size_t len);

/* Listens at this path, which does not exist yet and is removed by channel_free(). NULL
 * with a fault if that is impossible. */
struct channel *channel_new(struct loop *l, const char *path, channel_fn *fn, void *ctx,
                            struct fault *f);
void channel_free(struct channel *c); /* whoever still waits for an answer gets none */

#endif
