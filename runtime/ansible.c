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

struct play {
    struct tool_run t;
    struct process *process;
    char *values, *events;
    struct channel *channel;
    int out;
};

static void play_free(struct tool_run *t)
{
    struct play *p = (struct play *)t;
    free(p->values);
    free(p->events);
}

static void play_signal(struct tool_run *t, int sig)
{
    process_signal(((struct play *)t)->process, sig);
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

static uint32_t play_resume(struct tool_run *t, uint32_t i)
{
    while (i && !start_at(t, i))
        i--;
    return i;
}

/* --- the tool run ----------------------------------------------------------------------
 */

static void play_event(void *ctx, const char *text, size_t len)
{
    tool_event(ctx, text, len);
}

static void play_ended(void *ctx, int status)
{
    struct play *p = ctx;
    struct buf out = {0};
    struct fault why = {0};
    p->process = NULL;
    channel_free(p->channel);
    p->channel = NULL;
    unlink(p->values);
    memory_file_read(p->out, &out, OUTPUT_LIMIT);
    close(p->out);
    if (WIFEXITED(status))
        fault_set(&why, DVO_EUNKNOWN,
                  "ansible-playbook ended with status %d and reported no result",
                  WEXITSTATUS(status));
    else
        fault_set(&why, DVO_ECANCELED, "ansible-playbook was ended by signal %d",
                  WTERMSIG(status));
    tool_ended(&p->t, &why, &out);
    buf_free(&out);
}

/* "NAME=value" texts over our own environment; NULL-terminated. */
static void play_environment(struct play *p, struct arena *a, const char *env[16])
{
    const struct run *r = p->t.run;
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

static bool play_spawn(struct play *p, struct fault *f)
{
    struct arena a = {0};
    const char *env[16];
    char *dir = path_join(p->t.run->plan->dir, "ansible");
    const char *argv[8] = {"ansible-playbook", "-i", "inventory.yml", "-e",
                           arena_printf(&a, "@%s", p->values)};
    unsigned n = 5;
    const char *task = start_at(&p->t, p->t.from);
    if (task)
        argv[n++] = arena_printf(&a, "--start-at-task=%s", task);
    char *part = p->t.nops < p->t.segment->nops
                     ? playbook_of_part(p->t.run, p->t.segment, f)
                     : NULL;
    argv[n++] = part ? part : segment_name(p->t.segment);
    play_environment(p, &a, env);
    p->channel = channel_new(p->t.run->loop, p->events, play_event, p, f);
    p->out = memory_file(NULL, 0);
    struct process_spec spec = {
        .argv = argv, .env = env, .dir = dir, .in = -1, .out = p->out, .err = p->out};
    if (p->channel && !f->code)
        p->process = process_start(p->t.run->loop, &spec, play_ended, p, f);
    if (!p->process) {
        close(p->out);
        channel_free(p->channel);
        p->channel = NULL;
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

static bool play_begin(struct tool_run *t, struct value_source *source)
{
    struct play *p = (struct play *)t;
    struct buf path = {0};
    free(p->values);
    free(p->events);
    buf_printf(&path, "%s/values.%u.json", t->run->private, t->segment->id);
    p->values = buf_steal(&path);
    buf_printf(&path, "%s/events.%u", t->run->private, t->segment->id);
    p->events = buf_steal(&path);
    if (!ansible_values_write(t, p->values, source))
        return false;
    if (play_spawn(p, &source->fault))
        return true;
    source->outcome = VALUE_FAULT;
    unlink(p->values);
    return false;
}

static const struct tool ansible = {
    .name = "Ansible",
    .size = sizeof(struct play),
    .begin = play_begin,
    .signal = play_signal,
    .resume = play_resume,
    .error = ansible_error,
    .free = play_free,
};

void ansible_start(struct run *r, uint32_t segment)
{
    tool_start(r, segment, &ansible);
}
