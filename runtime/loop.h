/* The one poll loop: timers, file descriptors and curl's transfers. Nothing in the
 * runtime waits anywhere else. */
#ifndef DVO_RUNTIME_LOOP_H
#define DVO_RUNTIME_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

struct loop;
typedef void loop_fn(void *ctx);
typedef uint32_t timer_id; /* 0: none */

struct loop *loop_new(void);
void loop_free(struct loop *l); /* timers and watches are dropped, nothing is called */

/* Milliseconds of the monotonic clock. */
int64_t loop_now(void);
/* Calls fn once, `ms` milliseconds from now, from loop_step(). */
timer_id loop_timer(struct loop *l, int64_t ms, loop_fn *fn, void *ctx);
/* Drops a timer that has not fired; 0 and fired ones are ignored. */
void loop_cancel(struct loop *l, timer_id id);
/* Calls fn from loop_step() whenever the descriptor is readable, until loop_unwatch(). */
void loop_watch(struct loop *l, int fd, loop_fn *fn, void *ctx);
/* The same for a descriptor that can be written to. */
void loop_watch_writable(struct loop *l, int fd, loop_fn *fn, void *ctx);
void loop_unwatch(struct loop *l, int fd);
/* Drives this multi handle; fn is called whenever transfers may have ended. */
void loop_curl(struct loop *l, CURLM *multi, loop_fn *fn, void *ctx);
/* Calls fn before each wait: no transfer that was added since the last one has begun.
 * Where it returns true, something has ended by it, and there is no wait. */
typedef bool loop_before_fn(void *ctx);
void loop_before_wait(struct loop *l, loop_before_fn *fn, void *ctx);
/* Waits for the next thing that happens and calls who asked for it. */
void loop_step(struct loop *l);

#endif
