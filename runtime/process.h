/* Child processes: argv arrays, a process group each, no shell, output into descriptors.
 */
#ifndef DVO_RUNTIME_PROCESS_H
#define DVO_RUNTIME_PROCESS_H

#include "ir/base/buf.h"
#include "runtime/fault.h"
#include "runtime/loop.h"

struct process;
/* `status` is that of waitpid(). The process is gone and freed after this call. */
typedef void process_fn(void *ctx, int status);

struct process_spec {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    const char *const *env;  /* NULL-terminated "NAME=value" put over our own, or NULL */
    const char *dir;         /* working folder, or NULL */
    int in, out, err;        /* -1: /dev/null. Stay the caller's. */
};

/* Starts it; NULL with a fault if that is impossible (ENOENT: no such program). */
struct process *process_start(struct loop *l, const struct process_spec *spec,
                              process_fn *done, void *ctx, struct fault *f);
/* Sends a signal to its whole group. */
void process_signal(struct process *p, int sig);
/* Kills the group and forgets the process: `done` is not called any more. */
void process_abandon(struct process *p);
/* Kills the groups of all children that still run: the last thing before _exit(). */
void process_kill_all(void);

/* An anonymous file in memory with these bytes, positioned at its start: for scripts and
 * captured output, which may hold secrets. -1 with errno. */
int memory_file(const void *bytes, size_t len);
/* Appends what an open file holds from its start, at most `limit` bytes. */
void memory_file_read(int fd, struct buf *out, size_t limit);

#endif
