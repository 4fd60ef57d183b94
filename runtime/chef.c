/* Runs chef-client on the machine for one segment: sends the build's cookbooks if they
 * are not there (or has them uploaded to the server that the machine pulls from), and the
 * values on standard input; reads an event per resource, and answers each start. */
#include "runtime/chef.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/chef_error.h"
#include "runtime/chef_server.h"
#include "runtime/conversation.h"
#include "runtime/members.h"
#include "runtime/process.h"
#include "runtime/steps.h"
#include "runtime/toolrun.h"

struct chef_run {
    struct tool_run t;
    struct conversation *talk;
    struct process *tar; /* the cookbooks are being packed */
    int archive;
    struct steps script;  /* what the machine is to do; holds secrets */
    bool uploading;       /* the script waits for the server to have the cookbooks */
    struct fault refused; /* why nothing was begun */
};

static void chef_free(struct tool_run *t)
{
    struct chef_run *c = (struct chef_run *)t;
    steps_free(&c->script);
    fault_free(&c->refused);
}

static void chef_signal(struct tool_run *t, int sig)
{
    struct chef_run *c = (struct chef_run *)t;
    if (c->uploading)
        chef_server_signal(t->run, sig);
    if (c->talk)
        conversation_signal(c->talk, sig);
}

static uint32_t chef_resume(struct tool_run *t, uint32_t i)
{
    (void)t;
    return i; /* resources before it are left out */
}

/* --- the cookbooks ---------------------------------------------------------------------
 */

static void chef_packed(void *ctx, int status)
{
    struct chef_run *c = ctx;
    struct stat st;
    c->tar = NULL;
    if (status != 0 || fstat(c->archive, &st) != 0 ||
        lseek(c->archive, 0, SEEK_SET) != 0) {
        fault_set(&c->refused, DVO_EUNKNOWN, "the cookbooks cannot be packed");
        chef_signal(&c->t, SIGKILL);
        close(c->archive);
        return;
    }
    char size[32];
    int len = snprintf(size, sizeof size, "%lld\n", (long long)st.st_size);
    conversation_say(c->talk, size, (size_t)len);
    conversation_send(c->talk, c->archive);
}

static void chef_pack(struct chef_run *c)
{
    char *dir = path_join(c->t.run->plan->dir, "chef");
    const char *const argv[] = {"tar",       "-c",        "-f",        "-", "--owner=0",
                                "--group=0", "cookbooks", "client.rb", NULL};
    c->archive = memory_file(NULL, 0);
    struct process_spec spec = {
        .argv = argv, .dir = dir, .in = -1, .out = c->archive, .err = -1};
    c->tar = process_start(c->t.run->loop, &spec, chef_packed, c, &c->refused);
    if (!c->tar) {
        close(c->archive);
        chef_signal(&c->t, SIGKILL);
    }
    free(dir);
}

/* --- what it is given ------------------------------------------------------------------
 */

/* Results of what is not run again, under their registers. */
static json_t *chef_results(const struct tool_run *t)
{
    json_t *known = tool_known(t), *results = json_object();
    const char *name;
    json_t *register_;
    json_object_foreach(known, name, register_) json_object_set_new(
        results, name,
        json_pack("{s:O, s:O}", "changed", json_object_get(register_, "changed"),
                  "fields", json_object_get(register_, "fields")));
    json_decref(known);
    return results;
}

/* Lines of the recipe whose resources take no part, or are done. */
static json_t *chef_skip(const struct tool_run *t)
{
    json_t *lines = json_array();
    for (uint32_t i = 0; i < t->segment->ntasks; i++) {
        const struct plan_task *task = &t->segment->tasks[i];
        bool part = false;
        for (uint32_t k = 0; k < task->nops; k++)
            part |= tool_op_part(t, task->ops[k]);
        if (!part)
            json_array_append_new(lines, json_integer(task->line));
    }
    return lines;
}

/* The text of the values file; NULL with the source's outcome. */
static char *chef_values(const struct tool_run *t, struct value_source *source)
{
    json_t *values = json_object(), *secrets = json_object();
    char *text = NULL;
    if (tool_variables(t, source, values) && tool_own_variables(t, source, values) &&
        tool_secrets(t, source, secrets)) {
        json_object_set_new(values, "dvo",
                            json_pack("{s:O, s:s, s:o, s:o, s:o, s:o}", "secrets",
                                      secrets, "only", segment_name(t->segment), "skip",
                                      chef_skip(t), "left_out", members_left_out(t),
                                      "results", chef_results(t), "changed_before",
                                      tool_changed_before(t)));
        text = json_dumps(values, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    }
    json_decref(values);
    json_decref(secrets);
    return text;
}

static void add_word(struct steps *s, const char *word)
{
    buf_char(&s->text, ' ');
    buf_shell(&s->text, word, strlen(word));
}

/* The machine's own configuration of its client. */
static const char *client_config(const struct run_plan *plan)
{
    const char *config = chef_setting(plan, "client_config");
    return *config ? config : "/etc/chef/client.rb";
}

static void chef_compose(struct chef_run *c, const char *values)
{
    const struct run_plan *plan = c->t.run->plan;
    const char *license = getenv("DVO_CHEF_LICENSE");
    struct steps *s = &c->script;
    if (chef_server_used(plan)) {
        struct buf run_list = {0};
        chef_server_run_list(plan, c->t.segment, &run_list);
        buf_str(&s->text, "dvo_chef_pull");
        add_word(s, client_config(plan));
        add_word(s, buf_text(&run_list));
        buf_free(&run_list);
    } else {
        char digest[DIGEST_TEXT_SIZE];
        chef_digest(plan, digest);
        buf_str(&s->text, "dvo_chef");
        add_word(s, plan->project);
        add_word(s, digest);
        add_word(s, c->t.segment->recipe);
    }
    add_word(s, chef_setting(plan, "client"));
    add_word(s, license ? license : "");
    add_word(s, values);
    buf_char(&s->text, '\n');
    steps_end(s);
}

/* --- the run ---------------------------------------------------------------------------
 */

/* Whether it is a start that may be one. */
static bool chef_event(struct chef_run *c, const char *line, size_t len)
{
    json_t *event = json_loadb(line, len, 0, NULL);
    bool granted = tool_event(&c->t, event);
    json_decref(event);
    return granted;
}

static void chef_line(void *ctx, const char *line, size_t len)
{
    struct chef_run *c = ctx;
    if (!strcmp(line, "chef send")) {
        chef_pack(c);
    } else if (!strcmp(line, "chef missing")) {
        fault_set(
            &c->refused, DVO_ENOSYS,
            "neither cinc-client nor chef-client is on the machine: let `chef: "
            "{install: package}` or `{install: gem}` in dvo.yaml put one there, use "
            "an image that has one, or another backend");
        c->refused.final = true;
    } else if (!strcmp(line, "chef stranger")) {
        fault_set(
            &c->refused, DVO_ENOENT,
            "the machine has no %s, which says where its Chef server is and who the "
            "machine is there: let `knife bootstrap` or a machine image write it, or "
            "name another with `chef: {client_config: PATH}` in dvo.yaml",
            client_config(c->t.run->plan));
    } else if (*line == '{' && chef_event(c, line, len)) {
        conversation_say(c->talk, "\n", 1);
    }
}

/* Why it ended before its time, from what it said. */
static void chef_why(const struct chef_run *c, int status, const struct buf *err,
                     struct fault *why)
{
    if (strstr(buf_text(err), "without accepting the license")) {
        fault_set(why, DVO_EPERM,
                  "Chef Infra Client asks whether you accept its license; "
                  "DVO_CHEF_LICENSE=accept-no-persist in the environment passes your own "
                  "word on");
        why->final = true;
    } else {
        enum dvo_error code =
            chef_server_used(c->t.run->plan) ? chef_server_error(buf_text(err)) : DVO_OK;
        fault_set(why, code ? code : DVO_EUNKNOWN,
                  "chef-client ended with status %d and reported no result for %s",
                  status, c->t.segment->recipe);
    }
}

static void chef_ended(void *ctx, int status, struct buf *err, struct fault *f)
{
    struct chef_run *c = ctx;
    struct fault why = {0};
    c->talk = NULL;
    if (c->tar) {
        process_abandon(c->tar);
        close(c->archive);
        c->tar = NULL;
    }
    if (c->refused.code)
        fault_move(&why, &c->refused);
    else if (f->code)
        fault_move(&why, f);
    else
        chef_why(c, status, err, &why);
    tool_ended(&c->t, &why, err, NULL);
}

/* The script goes to the machine, once. */
static bool chef_talk(struct chef_run *c, struct fault *f)
{
    struct conversation_listener listener = {chef_line, chef_ended, c};
    c->talk =
        conversation_start(c->t.run, c->t.machine, "sh -s", &c->script.text, listener, f);
    steps_free(&c->script);
    return c->talk;
}

static void chef_uploaded(void *ctx, struct fault *fault)
{
    struct chef_run *c = ctx;
    struct fault why = {0};
    struct buf nothing = {0};
    c->uploading = false;
    if (fault)
        fault_move(&why, fault);
    else if (chef_talk(c, &why))
        return;
    tool_ended(&c->t, &why, &nothing, NULL);
}

static bool chef_begin(struct tool_run *t, struct value_source *source)
{
    struct chef_run *c = (struct chef_run *)t;
    struct fault *f = &source->fault;
    char *values = chef_values(t, source);
    if (!values)
        return false;
    steps_free(&c->script); /* of an attempt that came to nothing */
    bool ok = steps_begin(t->run, &c->script, STEPS_ASK, f);
    if (ok) {
        chef_compose(c, values);
        c->uploading = chef_server_used(t->run->plan) && !chef_server_ready(t->run);
        ok = c->uploading ? chef_server_upload(t->run, chef_uploaded, c, f)
                          : chef_talk(c, f);
    }
    if (!ok) {
        c->uploading = false;
        source->outcome = VALUE_FAULT;
    }
    explicit_bzero(values, strlen(values));
    free(values);
    return ok;
}

static const struct tool chef = {
    .name = "Chef",
    .size = sizeof(struct chef_run),
    .begin = chef_begin,
    .signal = chef_signal,
    .resume = chef_resume,
    .error = chef_error,
    .free = chef_free,
};

void chef_start(struct run *r, uint32_t segment)
{
    tool_start(r, segment, &chef);
}
