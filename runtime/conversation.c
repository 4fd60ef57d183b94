/* Both directions are pipes in the one poll loop: what the command does not read yet
 * waits in a queue, what is not a whole line yet in a buffer. */
#include "runtime/conversation.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "runtime/process.h"
#include "runtime/root.h"
#include "runtime/ssh.h"

#define PIECE ((size_t)64 << 10)
#define LINE_LIMIT ((size_t)16 << 20) /* nothing that we understand is that long */
#define ERROR_LIMIT ((size_t)1 << 20)
/* ssh's own exit status when it, and not the remote command, failed. */
#define SSH_FAILED 255

struct conversation {
    struct run *run;
    struct process *process;
    struct conversation_listener listener;
    int in, out, err; /* our ends */
    struct buf queue; /* may hold secrets */
    size_t sent;      /* of the queue */
    int file;         /* what comes behind the queue, or -1 */
    struct buf line;  /* not complete yet; may hold secrets */
    bool hushed;
};

static void buf_wipe(struct buf *b)
{
    if (b->p)
        explicit_bzero(b->p, b->cap);
    buf_free(b);
}

static void conversation_close_in(struct conversation *c)
{
    if (c->in < 0)
        return;
    loop_unwatch(c->run->loop, c->in);
    close(c->in);
    c->in = -1;
}

static void conversation_free(struct conversation *c)
{
    conversation_close_in(c);
    if (c->out >= 0) {
        loop_unwatch(c->run->loop, c->out);
        close(c->out);
    }
    if (c->err >= 0)
        close(c->err);
    if (c->file >= 0)
        close(c->file);
    buf_wipe(&c->queue);
    buf_wipe(&c->line);
    free(c);
}

/* --- what it reads ---------------------------------------------------------------------
 */

/* The next piece of the file joins the queue; false once there is nothing more. */
static bool conversation_refill(struct conversation *c)
{
    if (c->queue.p)
        explicit_bzero(c->queue.p, c->queue.len);
    buf_clear(&c->queue);
    c->sent = 0;
    if (c->file < 0)
        return false;
    ssize_t n = read(c->file, buf_reserve(&c->queue, PIECE), PIECE);
    if (n > 0) {
        c->queue.len = (size_t)n;
        return true;
    }
    close(c->file);
    c->file = -1;
    return false;
}

static void conversation_writable(void *ctx)
{
    struct conversation *c = ctx;
    while (c->sent < c->queue.len || conversation_refill(c)) {
        ssize_t n = write(c->in, c->queue.p + c->sent, c->queue.len - c->sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            conversation_close_in(c); /* its end explains */
            return;
        }
        c->sent += (size_t)n;
    }
    loop_unwatch(c->run->loop, c->in);
    if (c->hushed)
        conversation_close_in(c);
}

static void conversation_push(struct conversation *c)
{
    if (c->in < 0)
        return;
    loop_unwatch(c->run->loop, c->in);
    loop_watch_writable(c->run->loop, c->in, conversation_writable, c);
}

void conversation_say(struct conversation *c, const void *bytes, size_t len)
{
    buf_add(&c->queue, bytes, len);
    conversation_push(c);
}

void conversation_send(struct conversation *c, int fd)
{
    c->file = fd;
    conversation_push(c);
}

void conversation_hush(struct conversation *c)
{
    c->hushed = true;
    conversation_push(c);
}

/* --- what it says ----------------------------------------------------------------------
 */

static void conversation_lines(struct conversation *c)
{
    size_t begin = 0;
    for (char *end; (end = memchr(c->line.p + begin, '\n', c->line.len - begin));) {
        size_t len = (size_t)(end - c->line.p) - begin;
        *end = '\0';
        c->listener.line(c->listener.ctx, c->line.p + begin, len);
        begin += len + 1;
    }
    memmove(c->line.p, c->line.p + begin, c->line.len - begin);
    c->line.len -= begin;
}

/* Bytes that came, as read() returns them. */
static ssize_t conversation_read(struct conversation *c)
{
    ssize_t n = read(c->out, buf_reserve(&c->line, PIECE), PIECE);
    if (n <= 0)
        return n;
    c->line.len += (size_t)n;
    conversation_lines(c);
    if (c->line.len > LINE_LIMIT)
        buf_clear(&c->line);
    return n;
}

static void conversation_readable(void *ctx)
{
    struct conversation *c = ctx;
    ssize_t n = conversation_read(c);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        loop_unwatch(c->run->loop, c->out); /* its end follows */
}

static void conversation_ended(void *ctx, int status)
{
    struct conversation *c = ctx;
    struct buf err = {0};
    struct fault f = {0};
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    c->process = NULL;
    while (conversation_read(c) > 0)
        ;
    memory_file_read(c->err, &err, ERROR_LIMIT);
    if (code == SSH_FAILED || code < 0)
        ssh_fault(&f, &err);
    c->listener.end(c->listener.ctx, code, &err, &f);
    fault_free(&f);
    buf_free(&err);
    conversation_free(c);
}

void conversation_signal(struct conversation *c, int sig)
{
    if (c->process)
        process_signal(c->process, sig);
}

static void conversation_spawn(struct conversation *c, const struct machine *m,
                               const char *command, struct fault *f)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && c->err >= 0) {
        /* Only our ends: ssh takes those of its own as they are. */
        fcntl(in[1], F_SETFL, O_NONBLOCK);
        fcntl(out[0], F_SETFL, O_NONBLOCK);
        struct ssh_words w;
        root_command(&w, m, command);
        struct process_spec spec = {
            .argv = w.argv, .in = in[0], .out = out[1], .err = c->err};
        c->process = process_start(c->run->loop, &spec, conversation_ended, c, f);
        ssh_words_free(&w);
    } else {
        fault_set(f, DVO_EUNKNOWN, "cannot make a pipe: %s", strerror(errno));
    }
    if (in[0] >= 0)
        close(in[0]);
    if (out[1] >= 0)
        close(out[1]);
    c->in = in[1];
    c->out = out[0];
}

struct conversation *conversation_start(struct run *r, const struct machine *m,
                                        const char *command, const struct buf *text,
                                        struct conversation_listener listener,
                                        struct fault *f)
{
    struct conversation *c = xcalloc(1, sizeof *c);
    *c = (struct conversation){.run = r,
                               .listener = listener,
                               .in = -1,
                               .out = -1,
                               .err = memory_file(NULL, 0),
                               .file = -1};
    if (root_input(r, m, &c->queue, f))
        conversation_spawn(c, m, command, f);
    if (!c->process) {
        conversation_free(c);
        return NULL;
    }
    loop_watch(r->loop, c->out, conversation_readable, c);
    conversation_say(c, text->p, text->len);
    return c;
}
