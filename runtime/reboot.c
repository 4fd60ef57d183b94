/* A small state machine: ask the machine for its boot id, write that down, send it down,
 * and ask again until it answers with another one. The id in the state is what keeps a
 * run that was killed in the middle from rebooting twice. */
#include "runtime/reboot.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "runtime/retry.h"
#include "runtime/ssh.h"

#define ASK_TIMEOUT_MS 15000
#define PAUSE_MS 500
#define WITHIN_S 300.0

/* Whether it has booted is asked too: a system that still starts its services, or still
 * stops them, is not there yet. The manager's answer is "degraded" on many a sound
 * machine.
 */
static const char ask_script[] =
    "read -r id </proc/sys/kernel/random/boot_id && echo \"boot $id\"\n"
    "[ ! -e /run/reboot-required ] || echo required\n"
    "case $(systemctl is-system-running 2>/dev/null) in\n"
    "initializing | starting | stopping) ;;\n"
    "*) echo up ;;\n"
    "esac\n";
/* The machine's lock is taken so that nobody's work is cut off; it goes with the machine.
 */
static const char reboot_script[] = "if [ -f /run/lock/dvo ]; then\n"
                                    "    exec 9</run/lock/dvo\n"
                                    "    flock -n 9 || { echo locked; exit 0; }\n"
                                    "fi\n"
                                    "if [ -d /run/systemd/system ]; then\n"
                                    "    systemctl --no-block reboot\n"
                                    "else\n"
                                    "    reboot\n"
                                    "fi </dev/null >&2\n";

struct reboot {
    struct run *run;
    uint32_t op;
    json_t *args;
    struct retry retry;
    char *boot; /* its id before; set once it goes down */
    int64_t since;
};

static void reboot_go(void *ctx);
static void reboot_ask_again(void *ctx);

static void reboot_free(struct reboot *b)
{
    json_decref(b->args);
    free(b->boot);
    free(b);
}

static void reboot_fail(struct reboot *b, struct fault *f)
{
    int64_t pause;
    if (!b->boot && !b->run->stopping && retry_again(&b->retry, f, &pause)) {
        progress_note(b->run->progress, b->op, f->message);
        fault_free(f);
        loop_timer(b->run->loop, pause, reboot_go, b);
        return;
    }
    run_op_failed(b->run, b->op, f);
    reboot_free(b);
}

static void reboot_done(struct reboot *b, bool changed)
{
    run_op_done(b->run, b->op, changed, json_object());
    reboot_free(b);
}

static void reboot_send(struct reboot *b, const char *text, script_fn *done)
{
    struct run *r = b->run;
    struct fault f = {0};
    struct buf script = {0};
    buf_str(&script, text);
    const struct machine *m = machine_get(r, r->plan->ops[b->op].subject);
    if (!m)
        fault_set(&f, DVO_EUNREACH, "the machine has no address");
    else
        script_send(r, m, &script, ASK_TIMEOUT_MS, done, b, &f);
    buf_free(&script);
    if (f.code)
        reboot_fail(b, &f);
}

static bool has_line(const char *out, const char *wanted)
{
    size_t len = strlen(wanted);
    for (const char *line = out; *line; line += strcspn(line, "\n"), line += *line != 0)
        if (!strncmp(line, wanted, len) && (line[len] == '\n' || !line[len]))
            return true;
    return false;
}

/* The boot id in an answer, to be freed; NULL if it has none. */
static char *boot_of(const struct script_result *result)
{
    static const char word[] = "boot ";
    const char *line = strstr(buf_text(&result->out), word);
    if (!line)
        return NULL;
    line += sizeof word - 1;
    size_t len = strcspn(line, "\n");
    return len && line[len] ? strndup(line, len) : NULL;
}

/* --- on its way down and up ------------------------------------------------------------
 */

static void reboot_back(void *ctx, struct script_result *result)
{
    struct reboot *b = ctx;
    struct run *r = b->run;
    double within = value_seconds(json_object_get(b->args, "within"), WITHIN_S);
    char *now = boot_of(result);
    bool another = now && strcmp(now, b->boot) != 0;
    bool up = another && has_line(buf_text(&result->out), "up");
    struct fault f = {0};
    free(now);
    if (up) {
        reboot_done(b, true);
        return;
    }
    if (result->fault.code == DVO_EAUTH && result->fault.final)
        fault_move(&f, &result->fault); /* another host key: another machine */
    else if (r->stopping)
        fault_set(&f, DVO_ECANCELED, "stopped while the machine reboots");
    else if ((double)(loop_now() - b->since) >= within * 1000)
        fault_set(&f, DVO_ETIMEDOUT, "%s after %.0f seconds",
                  another              ? "the machine is still starting"
                  : result->fault.code ? "the machine has not come back"
                                       : "the machine has not gone down",
                  within);
    if (f.code) {
        reboot_fail(b, &f);
        return;
    }
    loop_timer(r->loop, PAUSE_MS, reboot_ask_again, b);
}

static void reboot_ask_again(void *ctx)
{
    struct reboot *b = ctx;
    const struct machine *m = machine_get(b->run, b->run->plan->ops[b->op].subject);
    ssh_end(m); /* a connection from before would be waited for in vain */
    reboot_send(b, ask_script, reboot_back);
}

static void reboot_sent(void *ctx, struct script_result *result)
{
    struct reboot *b = ctx;
    struct fault f = {0};
    /* A connection that breaks now is what was asked for. */
    if (has_line(buf_text(&result->out), "locked"))
        fault_set(&f, DVO_EBUSY, "/run/lock/dvo is held by another run");
    else if (result->status > 0 && !result->fault.code)
        fault_set(&f, DVO_EREMOTE, "the machine does not reboot (status %d)",
                  result->status);
    if (f.code) {
        fault_words(&f, buf_text(&result->err));
        free(b->boot);
        b->boot = NULL;
        reboot_fail(b, &f);
        return;
    }
    loop_timer(b->run->loop, PAUSE_MS, reboot_ask_again, b);
}

/* --- whether it is wanted --------------------------------------------------------------
 */

static bool triggered(const json_t *args)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(args, "on"), i, v) if (value_truth(v)) return true;
    return json_is_true(json_object_get(args, "always"));
}

static void reboot_asked(void *ctx, struct script_result *result)
{
    struct reboot *b = ctx;
    struct run *r = b->run;
    const struct plan_op *op = &r->plan->ops[b->op];
    const struct state_op *before = &r->ops[b->op].before;
    struct fault f = {0};
    char *boot = boot_of(result);
    if (!boot) {
        fault_move(&f, &result->fault);
        if (!f.code)
            fault_set(&f, DVO_EPROTO, "the machine does not say its boot id");
        fault_words(&f, buf_text(&result->err));
        reboot_fail(b, &f);
        return;
    }
    const char *begun = before->status == STATE_STARTED
                            ? json_string_value(json_object_get(before->args, "boot"))
                            : NULL;
    bool over = begun && strcmp(begun, boot) != 0;
    bool wanted = begun || triggered(b->args) ||
                  (json_is_true(json_object_get(b->args, "if_required")) &&
                   has_line(buf_text(&result->out), "required"));
    if (over || !wanted) {
        free(boot);
        if (over) { /* by a run that did not live to see it */
            b->boot = xstrdup(begun);
            b->since = loop_now();
            reboot_back(b, result);
        } else {
            reboot_done(b, false);
        }
        return;
    }
    json_t *intent = json_pack("{s:s}", "boot", boot);
    const struct state_thing about = {.args = intent};
    if (state_begin(r->state, op->address, op->call, &about, &f) &&
        state_sync(r->state, &f)) {
        b->boot = boot;
        b->since = loop_now();
        reboot_send(b, reboot_script, reboot_sent);
    } else {
        free(boot);
        reboot_fail(b, &f);
    }
    json_decref(intent);
}

static void reboot_ready(void *ctx, const struct machine *m, struct fault *fault)
{
    struct reboot *b = ctx;
    (void)m;
    if (fault)
        reboot_fail(b, fault);
    else
        reboot_send(b, ask_script, reboot_asked);
}

static void reboot_go(void *ctx)
{
    struct reboot *b = ctx;
    struct run *r = b->run;
    struct value_source s = run_values(r, NULL);
    json_decref(b->args);
    b->args = value_evaluate(&s, r->plan->ops[b->op].args);
    if (b->args) {
        machine_ready(r, r->plan->ops[b->op].subject, 0, reboot_ready, b);
        return;
    }
    bool wait = s.outcome == VALUE_WAIT;
    run_op_lacks(r, b->op, &s, reboot_go, b);
    if (!wait)
        reboot_free(b);
}

void reboot_start(struct run *r, uint32_t op)
{
    struct reboot *b = xcalloc(1, sizeof *b);
    *b = (struct reboot){
        .run = r, .op = op, .retry = retry_begin(r->plan->ops[op].retries)};
    reboot_go(b);
}
