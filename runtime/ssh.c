/* Runs /usr/bin/ssh: one shared connection per machine, scripts on its standard input,
 * output into memory. What ssh says when it fails becomes a typed error here. */
#include "runtime/ssh.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "runtime/process.h"
#include "runtime/root.h"

#define OUTPUT_LIMIT ((size_t)16 << 20)
/* ssh's own exit status when it, and not the remote command, failed. */
#define SSH_FAILED 255

struct script {
    struct run *run;
    struct process *process;
    int out, err;
    timer_id timer;
    bool late;
    script_fn *done;
    void *ctx;
};

void ssh_words_add(struct ssh_words *w, const char *word)
{
    if (w->n + 1 >= sizeof w->argv / sizeof *w->argv)
        die("ssh with more than %u words", w->n);
    w->argv[w->n++] = word;
    w->argv[w->n] = NULL;
}

static void option(struct ssh_words *w, const char *setting)
{
    ssh_words_add(w, "-o");
    ssh_words_add(w, setting);
}

void ssh_words_make(const struct machine *m, struct ssh_words *w)
{
    *w = (struct ssh_words){0};
    ssh_words_add(w, "ssh");
    option(w, "BatchMode=yes");
    option(w, m->first_use && !m->host_key ? "StrictHostKeyChecking=accept-new"
                                           : "StrictHostKeyChecking=yes");
    option(w, "GlobalKnownHostsFile=/dev/null");
    option(w, "HashKnownHosts=no");
    buf_printf(&w->texts[0], "UserKnownHostsFile=%s", m->known_hosts);
    option(w, buf_text(&w->texts[0]));
    option(w, "UpdateHostKeys=no");
    option(w, "ConnectTimeout=10");
    option(w, "ServerAliveInterval=15");
    option(w, "ServerAliveCountMax=4");
    option(w, "LogLevel=ERROR");
    option(w, "ControlMaster=auto");
    option(w, "ControlPersist=60");
    buf_printf(&w->texts[1], "ControlPath=%s", m->control);
    option(w, buf_text(&w->texts[1]));
    if (m->identity) {
        option(w, "IdentitiesOnly=yes");
        buf_printf(&w->texts[2], "IdentityFile=%s", m->identity);
        option(w, buf_text(&w->texts[2]));
    }
    if (m->proxy) {
        buf_printf(&w->texts[4], "ProxyCommand=%s", m->proxy);
        option(w, buf_text(&w->texts[4]));
    }
    ssh_words_add(w, "-p");
    buf_printf(&w->texts[3], "%d", m->port);
    ssh_words_add(w, buf_text(&w->texts[3]));
    ssh_words_add(w, "-l");
    ssh_words_add(w, m->login);
}

void ssh_words_free(struct ssh_words *w)
{
    for (unsigned i = 0; i < sizeof w->texts / sizeof *w->texts; i++)
        buf_free(&w->texts[i]);
}

void ssh_end(const struct machine *m)
{
    struct ssh_words w;
    ssh_words_make(m, &w);
    ssh_words_add(&w, "-O");
    ssh_words_add(&w, "exit");
    ssh_words_add(&w, "--");
    ssh_words_add(&w, m->host);
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "r+", stdout) || !freopen("/dev/null", "r+", stderr))
            _exit(1);
        execvp("ssh", (char *const *)(uintptr_t)w.argv);
        _exit(1);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
    ssh_words_free(&w);
}

struct ssh_message {
    const char *text;
    enum dvo_error code;
    bool final;
};

static const struct ssh_message ssh_messages[] = {
    {"REMOTE HOST IDENTIFICATION HAS CHANGED", DVO_EAUTH, true},
    {"Host key verification failed", DVO_EAUTH, true},
    {"Permission denied", DVO_EAUTH, false},
    {"Too many authentication failures", DVO_EAUTH, false},
    {"System is booting up", DVO_EUNREACH, false}, /* pam_nologin */
    {"Could not resolve hostname", DVO_EUNREACH, false},
    {"Connection refused", DVO_EUNREACH, false},
    {"No route to host", DVO_EUNREACH, false},
    {"Network is unreachable", DVO_EUNREACH, false},
    {"timed out", DVO_EUNREACH, false},
    {"Connection reset", DVO_ECONN, false},
    {"Connection closed", DVO_ECONN, false},
    {"onnection to", DVO_ECONN, false},
    {"Broken pipe", DVO_ECONN, false},
};

void ssh_fault(struct fault *f, const struct buf *err)
{
    const char *said = buf_text(err);
    enum dvo_error code = DVO_EUNREACH;
    bool final = false;
    for (size_t i = 0; i < sizeof ssh_messages / sizeof *ssh_messages; i++)
        if (strstr(said, ssh_messages[i].text)) {
            code = ssh_messages[i].code;
            final = ssh_messages[i].final;
            break;
        }
    fault_set(f, code,
              final ? "the machine shows another host key than the one it should have"
              : code == DVO_EAUTH ? "the machine does not accept the login"
                                  : "the machine cannot be reached over SSH");
    f->final = final;
    fault_words(f, said);
}

static void script_ended(void *ctx, int status)
{
    struct script *s = ctx;
    struct script_result result = {.status =
                                       WIFEXITED(status) ? WEXITSTATUS(status) : -1};
    loop_cancel(s->run->loop, s->timer);
    memory_file_read(s->out, &result.out, OUTPUT_LIMIT);
    memory_file_read(s->err, &result.err, OUTPUT_LIMIT);
    close(s->out);
    close(s->err);
    if (s->late)
        fault_set(&result.fault, DVO_ETIMEDOUT,
                  "the machine did not finish in the time given");
    else if (result.status == SSH_FAILED || result.status < 0)
        ssh_fault(&result.fault, &result.err);
    script_fn *done = s->done;
    void *done_ctx = s->ctx;
    free(s);
    done(done_ctx, &result);
    buf_free(&result.out);
    buf_free(&result.err);
    fault_free(&result.fault);
}

static void script_late(void *ctx)
{
    struct script *s = ctx;
    s->late = true;
    s->timer = 0;
    process_signal(s->process, SIGTERM);
}

bool script_send(struct run *r, const struct machine *m, const struct buf *text,
                 int64_t timeout_ms, script_fn *done, void *ctx, struct fault *f)
{
    struct ssh_words w;
    root_command(&w, m, "sh -s");
    struct script *s = xcalloc(1, sizeof *s);
    struct buf input = {0};
    if (!root_input(r, m, &input, f)) {
        ssh_words_free(&w);
        free(s);
        return false;
    }
    buf_add(&input, text->p, text->len);
    int in = memory_file(input.p, input.len);
    explicit_bzero(input.p, input.len);
    buf_free(&input);
    *s = (struct script){.run = r,
                         .out = memory_file(NULL, 0),
                         .err = memory_file(NULL, 0),
                         .done = done,
                         .ctx = ctx};
    struct process_spec spec = {.argv = w.argv, .in = in, .out = s->out, .err = s->err};
    if (in < 0 || s->out < 0 || s->err < 0)
        fault_set(f, DVO_EUNKNOWN, "no memory for a script: %s", strerror(errno));
    else
        s->process = process_start(r->loop, &spec, script_ended, s, f);
    if (in >= 0)
        close(in);
    ssh_words_free(&w);
    if (s->process) {
        if (timeout_ms)
            s->timer = loop_timer(r->loop, timeout_ms, script_late, s);
        return true;
    }
    if (s->out >= 0)
        close(s->out);
    if (s->err >= 0)
        close(s->err);
    free(s);
    return false;
}
