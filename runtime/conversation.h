/* A command on a machine that is talked with: its lines of output one by one as they
 * come, and what it is to read on its standard input, while it works. */
#ifndef DVO_RUNTIME_CONVERSATION_H
#define DVO_RUNTIME_CONVERSATION_H

#include "ir/base/buf.h"
#include "runtime/machine.h"

struct conversation;

struct conversation_listener {
    /* One line: a NUL stands for its newline. */
    void (*line)(void *ctx, const char *line, size_t len);
    /* It has ended, after its last line; the conversation is freed after this call. `f`
     * says so if it is not the command that ended it, but the connection; the status is
     * the command's own else. `err` is what it wrote to its standard error. */
    void (*end)(void *ctx, int status, struct buf *err, struct fault *f);
    void *ctx;
};

/* Runs a shell command as root on a machine and gives it `text` to read. NULL with a
 * fault if that is impossible. */
struct conversation *conversation_start(struct run *r, const struct machine *m,
                                        const char *command, const struct buf *text,
                                        struct conversation_listener listener,
                                        struct fault *f);
/* Queues more for it to read. */
void conversation_say(struct conversation *c, const void *bytes, size_t len);
/* The same with the bytes of a file, which is closed once they are sent. */
void conversation_send(struct conversation *c, int fd);
/* Nothing more comes: its standard input ends. */
void conversation_hush(struct conversation *c);
void conversation_signal(struct conversation *c, int sig);

#endif
