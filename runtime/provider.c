/* Runs `api/SERVICE start` once, before the first call, and reads KEY=VALUE lines from
 * it. */
#include "runtime/provider.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/process.h"

/* Making a machine image for the first time takes minutes. */
#define START_TIMEOUT_MS 1800000
#define OUTPUT_LIMIT ((size_t)1 << 20)

enum provider_state { PROVIDER_NEW, PROVIDER_STARTING, PROVIDER_READY, PROVIDER_LOST };

struct provider {
    struct run *run;
    enum provider_state state;
    const json_t *record; /* "provider" of calls.json */
    json_t *facts;
    char *base, *socket;
    struct fault fault;
    int out, err;
    struct process *process;
    timer_id timer;
    struct {
        struct provider_waiter {
            provider_fn *done;
            void *ctx;
        } * v;
        size_t n, cap;
    } waiters;
};

struct provider *provider_new(struct run *r)
{
    struct provider *p = xcalloc(1, sizeof *p);
    p->run = r;
    p->record = json_object_get(r->plan->calls, "provider");
    p->facts = json_object();
    return p;
}

void provider_free(struct provider *p)
{
    if (!p)
        return;
    json_decref(p->facts);
    free(p->base);
    free(p->socket);
    free(p->waiters.v);
    fault_free(&p->fault);
    free(p);
}

const json_t *provider_facts(const struct run *r)
{
    return r->provider->facts;
}

const char *provider_base(const struct run *r)
{
    return r->provider->base;
}

const char *provider_socket(const struct run *r)
{
    return r->provider->socket;
}

static void provider_tell(struct provider *p, enum provider_state state)
{
    p->state = state;
    for (size_t i = 0; i < p->waiters.n; i++) {
        struct fault copy = {0};
        if (p->fault.code) {
            fault_set(&copy, p->fault.code, "%s", p->fault.message);
            copy.words = p->fault.words ? xstrdup(p->fault.words) : NULL;
            copy.log = p->fault.log ? xstrdup(p->fault.log) : NULL;
            copy.final = true;
        }
        p->waiters.v[i].done(p->waiters.v[i].ctx, copy.code ? &copy : NULL);
        fault_free(&copy);
    }
    p->waiters.n = 0;
}

static char *transport_text(struct provider *p, const char *name)
{
    const json_t *expr = json_object_get(json_object_get(p->record, "transport"), name);
    if (!expr || json_is_null(expr))
        return NULL;
    struct value_source s = run_values(p->run, NULL);
    json_t *v = value_evaluate(&s, expr);
    char *text = json_is_string(v) ? xstrdup(json_string_value(v)) : NULL;
    if (!text && s.fault.code)
        fault_move(&p->fault, &s.fault);
    fault_free(&s.fault);
    json_decref(v);
    return text;
}

static void provider_connect(struct provider *p)
{
    p->socket = transport_text(p, "unix_socket");
    p->base = transport_text(p, "base");
    if (!p->base && !p->fault.code)
        fault_set(&p->fault, DVO_EPROTO, "the provider's transport has no base URL");
    provider_tell(p, p->fault.code ? PROVIDER_LOST : PROVIDER_READY);
}

/* KEY=VALUE lines; keys are told in lower case. */
static void read_facts(struct provider *p, const char *out)
{
    while (*out) {
        size_t n = strcspn(out, "\n");
        const char *equals = memchr(out, '=', n);
        if (equals && equals > out) {
            char *key = strndup(out, (size_t)(equals - out));
            for (char *c = key; *c; c++)
                *c = (char)tolower((unsigned char)*c);
            json_object_set_new(p->facts, key,
                                json_stringn(equals + 1, (size_t)(out + n - equals - 1)));
            free(key);
        }
        out += n + (out[n] == '\n');
    }
}

static void service_ended(void *ctx, int status)
{
    struct provider *p = ctx;
    struct buf out = {0}, err = {0};
    loop_cancel(p->run->loop, p->timer);
    p->process = NULL;
    memory_file_read(p->out, &out, OUTPUT_LIMIT);
    memory_file_read(p->err, &err, OUTPUT_LIMIT);
    close(p->out);
    close(p->err);
    if (status) {
        fault_set(&p->fault, DVO_EUNREACH, "the service of the provider did not start");
        fault_words(&p->fault, buf_text(&err));
        p->fault.log = run_log_keep(p->run, "provider", "log", &err);
        provider_tell(p, PROVIDER_LOST);
    } else {
        read_facts(p, buf_text(&out));
        provider_connect(p);
    }
    buf_free(&out);
    buf_free(&err);
}

static void service_late(void *ctx)
{
    struct provider *p = ctx;
    p->timer = 0;
    process_signal(p->process, SIGTERM);
}

/* The words of a script's "#!" line, else sh: a build folder may be where nothing can be
 * executed. `text` keeps what they point to. */
static void interpreter(const char *path, struct buf *text, const char *argv[3])
{
    bool found = file_read(path, text) && !strncmp(text->p, "#!", 2);
    argv[0] = "sh";
    argv[1] = NULL;
    if (!found)
        return;
    text->p[strcspn(text->p, "\n")] = '\0';
    char *save;
    argv[0] = strtok_r(text->p + 2, " \t", &save);
    argv[1] = argv[0] ? strtok_r(NULL, " \t", &save) : NULL;
    if (!argv[0])
        argv[0] = "sh";
}

static void provider_start(struct provider *p, const char *service)
{
    struct buf text = {0}, relative = {0};
    buf_printf(&relative, "api/%s", service);
    char *path = path_join(p->run->plan->dir, buf_text(&relative));
    const char *words[3], *argv[5];
    unsigned n = 0;
    interpreter(path, &text, words);
    for (unsigned i = 0; i < 2 && words[i]; i++)
        argv[n++] = words[i];
    argv[n++] = path;
    argv[n++] = "start";
    argv[n] = NULL;
    p->out = memory_file(NULL, 0);
    p->err = memory_file(NULL, 0);
    struct process_spec spec = {.argv = argv, .in = -1, .out = p->out, .err = p->err};
    p->process = process_start(p->run->loop, &spec, service_ended, p, &p->fault);
    if (p->process)
        p->timer = loop_timer(p->run->loop, START_TIMEOUT_MS, service_late, p);
    else
        provider_tell(p, PROVIDER_LOST);
    free(path);
    buf_free(&text);
    buf_free(&relative);
}

void provider_ready(struct run *r, provider_fn *done, void *ctx)
{
    struct provider *p = r->provider;
    *vec_push(&p->waiters) = (struct provider_waiter){done, ctx};
    if (p->state == PROVIDER_READY || p->state == PROVIDER_LOST) {
        provider_tell(p, p->state);
    } else if (p->state == PROVIDER_NEW) {
        const char *service = json_string_value(json_object_get(p->record, "service"));
        p->state = PROVIDER_STARTING;
        if (service)
            provider_start(p, service);
        else
            provider_connect(p);
    }
}

enum dvo_error provider_error(const struct run *r, long status, const char *body)
{
    size_t i;
    json_t *rule;
    json_array_foreach(json_object_get(r->provider->record, "errors"), i, rule)
    {
        const json_t *wanted = json_object_get(rule, "status");
        const char *part = json_string_value(json_object_get(rule, "body"));
        const char *code = json_string_value(json_object_get(rule, "code"));
        if (json_is_integer(wanted) && json_integer_value(wanted) != status)
            continue;
        if (part && !strcasestr(body, part))
            continue;
        enum dvo_error error = code ? error_named(code, strlen(code)) : DVO_OK;
        if (error)
            return error;
    }
    return http_status_error(status);
}
