/* Runs ansible-playbook for one segment: what it is given, how it is started, and what
 * its end means. */
#include "runtime/ansible.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/ansible_error.h"
#include "runtime/ansible_values.h"
#include "runtime/channel.h"
#include "runtime/playbook.h"
#include "runtime/process.h"
#include "runtime/toolrun.h"

#define OUTPUT_LIMIT ((size_t)16 << 20)
#define GATHERING_MS 3000
#define HOSTS_AT_ONCE 100 /* of one ansible-playbook: a lock on each is a connection */

struct play;

/* One machine's part of a tool run. */
struct member {
    struct tool_run t;
    struct gathering *with; /* it has not come to its beginning yet */
    struct play *play;      /* at work; NULL: it waits for the others */
    struct ansible_values values;
};

/* The machines of a tool run, until each is ready, or has failed before. */
struct gathering {
    struct run *run;
    uint32_t expected;
    timer_id timer; /* after which those that are ready start without the others */
    struct {
        struct member **v;
        size_t n, cap;
    } ready;
};

/* One ansible-playbook. */
struct play {
    struct member **members;
    uint32_t n;
    const struct member *culprit; /* for whose sake it was ended, or NULL */
    struct process *process;
    char *values, *events;
    struct channel *channel;
    int out;
};

static void play_free(struct play *p)
{
    free(p->members);
    free(p->values);
    free(p->events);
    free(p);
}

static void member_signal(struct tool_run *t, int sig)
{
    struct play *p = ((struct member *)t)->play;
    if (!p)
        return; /* its lock is lost, which is seen when the others are there */
    p->culprit = (struct member *)t;
    process_signal(p->process, sig);
}

/* --- where it can begin anew -----------------------------------------------------------
 */

/* The name by which --start-at-task finds this task and no other (it takes patterns too).
 */
static const char *start_name(const struct segment *s, uint32_t task)
{
    for (uint32_t i = 0; i < s->ntasks; i++)
        if (i != task &&
            (!strcmp(s->tasks[i].name, s->tasks[task].name) ||
             (i < task && fnmatch(s->tasks[task].name, s->tasks[i].name, 0) == 0)))
            return NULL;
    return s->tasks[task].name;
}

/* The first task that begins with this op; the number of tasks if there is none. */
static uint32_t first_task(const struct segment *s, uint32_t op)
{
    uint32_t i = 0;
    while (i < s->ntasks && s->tasks[i].ops[0] != op)
        i++;
    return i;
}

/* The name of the task by which it can be told to begin with this op, or NULL. */
static const char *start_at(const struct tool_run *t, uint32_t i)
{
    uint32_t task = i ? first_task(t->segment, t->ops[i].op) : 0;
    return i && task < t->segment->ntasks ? start_name(t->segment, task) : NULL;
}

static uint32_t member_resume(struct tool_run *t, uint32_t i)
{
    while (i && !start_at(t, i))
        i--;
    return i;
}

/* --- the tool run ----------------------------------------------------------------------
 */

static struct member *member_of(const struct play *p, const char *host)
{
    for (uint32_t i = 0; host && i < p->n; i++)
        if (!strcmp(p->members[i]->t.segment->host, host))
            return p->members[i];
    return NULL;
}

static void play_event(void *ctx, const char *text, size_t len)
{
    json_t *event = json_loadb(text, len, 0, NULL);
    struct member *m = member_of(ctx, json_string_value(json_object_get(event, "host")));
    if (m)
        tool_event(&m->t, event);
    json_decref(event);
}

static void play_why(int status, struct fault *why)
{
    if (WIFEXITED(status))
        fault_set(why, DVO_EUNKNOWN,
                  "ansible-playbook ended with status %d and reported no result",
                  WEXITSTATUS(status));
    else
        fault_set(why, DVO_ECANCELED, "ansible-playbook was ended by signal %d",
                  WTERMSIG(status));
}

static void play_ended(void *ctx, int status)
{
    struct play *p = ctx;
    struct buf out = {0};
    channel_free(p->channel);
    unlink(p->values);
    memory_file_read(p->out, &out, OUTPUT_LIMIT);
    close(p->out);
    char *log = tool_log(&p->members[0]->t, &out);
    for (uint32_t i = 0; i < p->n; i++) {
        struct member *m = p->members[i];
        struct fault why = {0};
        play_why(status, &why);
        m->play = NULL;
        if (p->culprit && p->culprit != m && tool_interrupted(&m->t))
            fault_free(&why);
        else
            tool_ended(&m->t, &why, &out, log);
    }
    free(log);
    buf_free(&out);
    play_free(p);
}

/* "NAME=value" texts over our own environment; NULL-terminated. */
static void play_environment(const struct play *p, struct arena *a, const char *env[16])
{
    const struct run *r = p->members[0]->t.run;
    const char *path = getenv("PATH");
    unsigned n = 0;
    env[n++] = arena_printf(a, "PATH=/usr/sbin:/usr/bin:/sbin:/bin%s%s", path ? ":" : "",
                            path ? path : "");
    env[n++] = "ANSIBLE_CONFIG=ansible.cfg";
    env[n++] = arena_printf(a, "DVO_EVENTS=%s", p->events);
    env[n++] = "DVO_LOCKED=1";
    env[n++] = arena_printf(a, "ANSIBLE_LOCAL_TEMP=%s/ansible", r->private);
    env[n++] = arena_printf(a, "ANSIBLE_SSH_CONTROL_PATH_DIR=%s/ansible", r->private);
    env[n++] = "ANSIBLE_RETRY_FILES_ENABLED=0";
    env[n++] = "ANSIBLE_NOCOLOR=1";
    env[n++] = "ANSIBLE_FORCE_COLOR=0";
    env[n++] =
        "PYTHONDONTWRITEBYTECODE=1"; /* nothing is written below the build folder */
    env[n++] = "LC_ALL=C.UTF-8";
    env[n] = NULL;
}

/* Those of the group that take part. */
static const char *play_limit(const struct play *p, struct arena *a)
{
    struct buf text = {0};
    buf_str(&text, "--limit=");
    for (uint32_t i = 0; i < p->n; i++)
        buf_printf(&text, "%s%s", i ? "," : "", p->members[i]->t.segment->host);
    const char *limit = arena_strndup(a, text.p, text.len);
    buf_free(&text);
    return limit;
}

static bool play_spawn(struct play *p, struct fault *f)
{
    struct arena a = {0};
    const char *env[16];
    const struct tool_run *t = &p->members[0]->t;
    char *dir = path_join(t->run->plan->dir, "ansible");
    const char *argv[10] = {"ansible-playbook", "-i", "inventory.yml", "-e",
                            arena_printf(&a, "@%s", p->values)};
    unsigned n = 5;
    const char *task = start_at(t, t->from);
    argv[n++] = play_limit(p, &a);
    if (task)
        argv[n++] = arena_printf(&a, "--start-at-task=%s", task);
    char *part =
        t->nops < t->segment->nops ? playbook_of_part(t->run, t->segment, f) : NULL;
    argv[n++] = part ? part : segment_name(t->segment);
    play_environment(p, &a, env);
    p->channel = channel_new(t->run->loop, p->events, play_event, p, f);
    p->out = memory_file(NULL, 0);
    struct process_spec spec = {
        .argv = argv, .env = env, .dir = dir, .in = -1, .out = p->out, .err = p->out};
    if (p->channel && !f->code)
        p->process = process_start(t->run->loop, &spec, play_ended, p, f);
    if (!p->process) {
        close(p->out);
        channel_free(p->channel);
        if (f->code == DVO_ENOENT)
            fault_set(f, DVO_ENOSYS,
                      "ansible-playbook is not installed: apt-get install "
                      "ansible-core (or use another backend)");
    }
    free(part);
    free(dir);
    arena_free(&a);
    return p->process;
}

static bool play_write_values(struct play *p, struct fault *f)
{
    const char **hosts = xmalloc(p->n * sizeof *hosts);
    struct ansible_values **values = xmalloc(p->n * sizeof *values);
    for (uint32_t i = 0; i < p->n; i++) {
        hosts[i] = p->members[i]->t.segment->host;
        values[i] = &p->members[i]->values;
    }
    bool ok = ansible_values_write(p->values, hosts, values, p->n, f);
    for (uint32_t i = 0; i < p->n; i++)
        ansible_values_free(values[i]);
    free(hosts);
    free(values);
    return ok;
}

/* Starts ansible-playbook for these machines, of which all begin at one place. */
static bool play_start(struct member *const *members, uint32_t n, struct fault *f)
{
    struct play *p = xcalloc(1, sizeof *p);
    const struct tool_run *t = &members[0]->t;
    unsigned first = (unsigned)(t->segment - t->run->plan->segments);
    struct buf path = {0};
    p->members = xmalloc(n * sizeof *p->members);
    memcpy(p->members, members, n * sizeof *p->members);
    p->n = n;
    buf_printf(&path, "%s/values.%u.json", t->run->private, first);
    p->values = buf_steal(&path);
    buf_printf(&path, "%s/events.%u", t->run->private, first);
    p->events = buf_steal(&path);
    bool ok = play_write_values(p, f) && play_spawn(p, f);
    for (uint32_t i = 0; i < n && ok; i++)
        members[i]->play = p;
    if (!ok) {
        unlink(p->values);
        play_free(p);
    }
    return ok;
}

/* --- starting together -----------------------------------------------------------------
 */

/* Whether it does all of the playbook: then it can share a process. */
static bool member_whole(const struct member *m)
{
    return m->t.nops == m->t.segment->nops && m->t.from == 0;
}

/* None of these could be started. */
static void members_failed(struct member *const *members, uint32_t n, struct fault *f)
{
    struct buf nothing = {0};
    for (uint32_t i = 0; i < n; i++) {
        struct fault why = {.final = f->final};
        fault_set(&why, f->code, "%s", f->message);
        tool_ended(&members[i]->t, &why, &nothing, NULL);
    }
    fault_free(f);
}

/* Of those that lost their lock while they waited, nothing may be begun: they end here.
 * Returns how many of the others there are. */
static size_t members_locked(struct member **members, size_t count)
{
    struct buf nothing = {0};
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct fault why = {0};
        if (members[i]->t.lost.code)
            tool_ended(&members[i]->t, &why, &nothing, NULL);
        else
            members[n++] = members[i];
    }
    return n;
}

/* Starts those that are ready; the gathering ends with the last machine. */
static void gathering_go(void *ctx)
{
    struct gathering *g = ctx;
    struct member **ready = g->ready.v;
    size_t count = members_locked(ready, g->ready.n);
    uint32_t n;
    bool last = g->expected == 0;
    g->ready.v = NULL;
    g->ready.n = g->ready.cap = 0;
    g->timer = 0;
    for (size_t i = 0; i < count; i += n) {
        struct fault f = {0};
        n = 1;
        while (member_whole(ready[i]) && i + n < count && n < HOSTS_AT_ONCE &&
               member_whole(ready[i + n]))
            n++;
        if (!play_start(ready + i, n, &f))
            members_failed(ready + i, n, &f);
    }
    free(ready);
    if (last)
        free(g);
}

/* One less to wait for. They start once it has said what became of it, or a little later
 * if there are others that do not answer yet. */
static void gathering_met(struct member *m, bool ready)
{
    struct gathering *g = m->with;
    m->with = NULL;
    if (ready)
        *vec_push(&g->ready) = m;
    if (--g->expected == 0) {
        loop_cancel(g->run->loop, g->timer);
        if (g->ready.n)
            g->timer = loop_timer(g->run->loop, 0, gathering_go, g);
        else
            free(g); /* the timer may never come: nothing is running any more */
    } else if (ready && !g->timer) {
        g->timer = loop_timer(g->run->loop, GATHERING_MS, gathering_go, g);
    }
}

static bool member_begin(struct tool_run *t, struct value_source *source)
{
    struct member *m = (struct member *)t;
    bool ok = ansible_values(t, &m->values, source);
    if (m->with) {
        gathering_met(m, ok);
        return ok;
    }
    if (ok && !play_start(&m, 1, &source->fault)) {
        source->outcome = VALUE_FAULT;
        ok = false;
    }
    return ok;
}

static void member_free(struct tool_run *t)
{
    struct member *m = (struct member *)t;
    if (m->with)
        gathering_met(m, false);
    ansible_values_free(&m->values);
}

static const struct tool ansible = {
    .name = "Ansible",
    .size = sizeof(struct member),
    .begin = member_begin,
    .signal = member_signal,
    .resume = member_resume,
    .error = ansible_error,
    .free = member_free,
};

void ansible_start(struct run *r, const uint32_t *segments, uint32_t n)
{
    struct gathering *g = xcalloc(1, sizeof *g);
    struct tool_run **runs = xmalloc(n * sizeof *runs);
    *g = (struct gathering){.run = r, .expected = n};
    for (uint32_t i = 0; i < n; i++) {
        runs[i] = tool_new(r, segments[i], &ansible);
        ((struct member *)runs[i])->with = g;
    }
    for (uint32_t i = 0; i < n; i++)
        tool_begin(runs[i]);
    free(runs);
}
