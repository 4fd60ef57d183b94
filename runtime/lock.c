/* Holds flock(1) on the machine by an ssh whose standard input stays open: however this
 * process ends, the stream ends with it, and with the stream the lock. */
#include "runtime/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "runtime/process.h"
#include "runtime/root.h"
#include "runtime/ssh.h"

#define HELD_BY_OTHERS 75

/* Fixed text; nothing of a user's is in it. The first line of the file, and of standard
 * input, says who holds the lock. The holder before us may be on its way out. */
static const char script[] = "[ -e /run/lock/dvo ] || : >>/run/lock/dvo; "
                             "[ -f /run/lock/dvo ] && [ ! -L /run/lock/dvo ] || exit 76; "
                             "IFS= read -r who; "
                             "if [ -w /run/lock/dvo ]; then exec 9<>/run/lock/dvo; "
                             "else exec 9</run/lock/dvo; fi; "
                             "flock -w 10 9 || { head -n 1 /run/lock/dvo; exit 75; }; "
                             "[ ! -w /run/lock/dvo ] || printf '%s\\n' \"$who\" >&9; "
                             "echo held; cat >/dev/null";

struct lock {
    struct run *run;
    struct process *process;
    int in, out, err; /* our ends */
    struct buf said;
    bool held, released;
    lock_fn *done;
    void *ctx;
};

static void lock_free(struct lock *l)
{
    if (l->in >= 0)
        close(l->in);
    if (l->out >= 0) {
        loop_unwatch(l->run->loop, l->out);
        close(l->out);
    }
    if (l->err >= 0)
        close(l->err);
    buf_free(&l->said);
    free(l);
}

/* Reads what the machine says; false once it says nothing more. */
static bool lock_listen(struct lock *l)
{
    char text[256];
    ssize_t n = read(l->out, text, sizeof text);
    if (n > 0)
        buf_add(&l->said, text, (size_t)n);
    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void lock_ended(void *ctx, int status)
{
    struct lock *l = ctx;
    l->process = NULL;
    if (l->released) {
        lock_free(l);
        return;
    }
    struct fault f = {0};
    struct buf err = {0};
    memory_file_read(l->err, &err, 65536);
    if (l->held) {
        fault_set(&f, DVO_ECONN, "the connection that held the machine's lock is gone");
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == HELD_BY_OTHERS) {
        lock_listen(l);
        const char *who = buf_text(&l->said);
        fault_set(&f, DVO_EBUSY, "%.*s is at work on this machine (/run/lock/dvo)",
                  *who ? (int)strcspn(who, "\n") : 11, *who ? who : "another run");
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == 255) {
        ssh_fault(&f, &err);
    } else {
        fault_set(&f, DVO_EPERM, "the lock /run/lock/dvo cannot be taken");
    }
    if (err.len)
        fault_words(&f, err.p);
    l->done(l->ctx, &f);
    fault_free(&f);
    buf_free(&err);
    lock_free(l);
}

static void lock_answered(void *ctx)
{
    struct lock *l = ctx;
    if (!lock_listen(l))
        loop_unwatch(l->run->loop, l->out); /* lock_ended() explains */
    if (l->held || strcmp(buf_text(&l->said), "held\n") != 0)
        return;
    l->held = true;
    l->done(l->ctx, NULL);
}

/* What the script reads: "project shop (process 17 on ops1)". */
static void lock_say_who(const struct lock *l, struct buf *input)
{
    char host[128] = "";
    gethostname(host, sizeof host - 1);
    buf_printf(input, "project %.60s (process %ld on %.100s)\n", l->run->plan->project,
               (long)getpid(), host);
    if (write(l->in, input->p, input->len) != (ssize_t)input->len)
        process_signal(l->process, SIGTERM); /* lock_ended() explains */
    explicit_bzero(input->p, input->len);
}

struct lock *lock_take(struct run *r, const struct machine *m, lock_fn *done, void *ctx,
                       struct fault *f)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    struct buf input = {0};
    if (!root_input(r, m, &input, f))
        return NULL;
    struct lock *l = xcalloc(1, sizeof *l);
    *l = (struct lock){.run = r,
                       .in = -1,
                       .out = -1,
                       .err = memory_file(NULL, 0),
                       .done = done,
                       .ctx = ctx};
    if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC | O_NONBLOCK) == 0) {
        struct ssh_words w;
        struct buf command = {0};
        buf_str(&command, "sh -c ");
        buf_shell(&command, script, sizeof script - 1);
        root_command(&w, m, buf_text(&command));
        struct process_spec spec = {
            .argv = w.argv, .in = in[0], .out = out[1], .err = l->err};
        l->process = process_start(r->loop, &spec, lock_ended, l, f);
        ssh_words_free(&w);
        buf_free(&command);
    } else {
        fault_set(f, DVO_EUNKNOWN, "cannot make a pipe: %s", strerror(errno));
    }
    if (in[0] >= 0)
        close(in[0]);
    if (out[1] >= 0)
        close(out[1]);
    l->in = in[1];
    l->out = out[0];
    if (!l->process) {
        buf_free(&input);
        lock_free(l);
        return NULL;
    }
    lock_say_who(l, &input);
    buf_free(&input);
    loop_watch(r->loop, l->out, lock_answered, l);
    return l;
}

void lock_release(struct lock *l)
{
    l->released = true;
    close(l->in);
    l->in = -1;
    if (!l->process)
        lock_free(l);
}
