/* Keeps what is known of each machine, writes its known_hosts file, and waits until it
 * answers for the first time. */
#include "runtime/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/root.h"
#include "runtime/ssh.h"

#define START_DEADLINE_MS 300000
/* sshd may answer a moment before the key of a machine that just came to life is in
 * place. */
#define LOGIN_DEADLINE_MS 20000
#define FIRST_PAUSE_MS 100
#define LONGEST_PAUSE_MS 2000

enum machine_state { MACHINE_NEW, MACHINE_ASKED, MACHINE_READY, MACHINE_LOST };

struct machine_slot {
    struct machine m;
    enum machine_state state;
    struct run *run;
    int64_t since, pause, patience;
    struct fault fault;
    struct {
        struct machine_waiter {
            machine_fn *done;
            void *ctx;
        } * v;
        size_t n, cap;
    } waiters;
    struct machine_slot *next;
};

struct machines {
    struct run *run;
    struct machine_slot *slots;
};

struct machines *machines_new(struct run *r)
{
    struct machines *m = xcalloc(1, sizeof *m);
    m->run = r;
    return m;
}

static void slot_free(struct machine_slot *s)
{
    free(s->m.host);
    free(s->m.login);
    free(s->m.identity);
    free(s->m.host_key);
    free(s->m.known_hosts);
    free(s->m.control);
    free(s->m.become);
    free(s->m.proxy);
    json_decref(s->m.jump);
    fault_free(&s->fault);
    free(s->waiters.v);
    free(s);
}

void machines_free(struct machines *m)
{
    while (m && m->slots) {
        struct machine_slot *s = m->slots;
        m->slots = s->next;
        if (s->state == MACHINE_READY && !s->m.local)
            ssh_end(&s->m);
        slot_free(s);
    }
    free(m);
}

static struct machine_slot *slot_get(const struct run *r, uint32_t op)
{
    struct machine_slot *s = r->machines->slots;
    while (s && s->m.op != op)
        s = s->next;
    return s;
}

const struct machine *machine_get(const struct run *r, uint32_t op)
{
    struct machine_slot *s = slot_get(r, op);
    return s ? &s->m : NULL;
}

static const char *field(const json_t *result, const char *name)
{
    const char *text = json_string_value(json_object_get(result, name));
    return text && *text ? text : NULL;
}

static bool field_same(const json_t *a, const json_t *b, const char *name)
{
    const char *x = field(a, name), *y = field(b, name);
    return x && y && !strcmp(x, y);
}

/* Two addresses of the program must not mean one machine. */
static bool machine_unique(struct run *r, uint32_t op, const json_t *result,
                           const struct machine *m, struct fault *f)
{
    for (struct machine_slot *s = r->machines->slots; s; s = s->next) {
        if (s->m.op == op || s->m.local != m->local)
            continue;
        const json_t *other = r->ops[s->m.op].result;
        bool same_door = !strcmp(s->m.host, m->host) && s->m.port == m->port &&
                         (s->m.jump == m->jump || json_equal(s->m.jump, m->jump));
        if (same_door || field_same(result, other, "id"))
            return fault_set(f, DVO_EINVAL,
                             "%s and %s are one machine (%s): give it one "
                             "address in the program",
                             r->plan->ops[s->m.op].address, r->plan->ops[op].address,
                             same_door ? m->host : field(other, "id"));
    }
    return true;
}

bool machine_learn(struct run *r, uint32_t op, const json_t *result, struct fault *f)
{
    const char *host = field(result, "ssh_host");
    if (!host)
        host = field(result, "ip");
    if (!host)
        return true; /* found, but without an address: only its fields can be used */
    struct machine_slot *old = slot_get(r, op);
    if (old)
        return true;
    struct machine_slot *s = xcalloc(1, sizeof *s);
    const json_t *port = json_object_get(result, "ssh_port");
    const char *login = field(result, "login"), *identity = field(result, "identity");
    const char *host_key = field(result, "host_key");
    const char *become = field(result, "become_password");
    s->run = r;
    s->m.op = op;
    s->m.host = xstrdup(host);
    s->m.login = xstrdup(login ? login : "root");
    s->m.identity = identity ? xstrdup(identity) : NULL;
    s->m.host_key = host_key ? xstrdup(host_key) : NULL;
    s->m.become = become ? xstrdup(become) : NULL;
    s->m.jump = json_incref(json_object_get(result, "jump"));
    s->m.first_use = json_is_true(json_object_get(result, "first_use"));
    s->m.local = json_is_true(json_object_get(result, "local"));
    s->m.port = json_is_string(port) ? atoi(json_string_value(port))
                                     : (int)json_integer_value(port);
    if (!s->m.port)
        s->m.port = 22;
    if (!machine_unique(r, op, result, &s->m, f)) {
        slot_free(s);
        return false;
    }
    http_direct(r->http, host);
    if (field(result, "ip"))
        http_direct(r->http, field(result, "ip"));
    s->next = r->machines->slots;
    r->machines->slots = s;
    return true;
}

/* Adds the line of a known_hosts file: with it, that key is all that ssh and the tools
 * will believe of the host. */
static bool key_line(const char *name, const char *host, int port, const char *host_key,
                     struct buf *out, struct fault *f)
{
    if (!host_key) {
        fault_set(
            f, DVO_EAUTH,
            "the host key of %s is not known, so nobody can tell whether %s is that "
            "machine: write it as host_key: into inventory.yaml (`ssh-keyscan %s` "
            "shows it; compare it with /etc/ssh/ssh_host_*_key.pub there)",
            name, host, host);
        return false;
    }
    if (host[0] == '-' || strpbrk(host, " \t\r\n,*?!|\"%") || strpbrk(host_key, "\r\n"))
        return fault_set(f, DVO_EINVAL, "%s has an address or host key that is none",
                         name);
    if (port == 22)
        buf_printf(out, "%s %s\n", host, host_key);
    else
        buf_printf(out, "[%s]:%d %s\n", host, port, host_key);
    return true;
}

/* A stanza of the configuration for the hop, which is reached over the next one. */
static bool hop_stanza(const struct machine *m, const char *config, size_t i,
                       struct buf *out, struct buf *keys, struct fault *f)
{
    const json_t *hop = json_array_get(m->jump, i);
    const char *name = field(hop, "name"), *host = field(hop, "address");
    const char *login = field(hop, "login"), *identity = field(hop, "identity");
    int port = (int)json_integer_value(json_object_get(hop, "port"));
    port = port ? port : 22;
    host = host ? host : name;
    if (!host || !key_line(name, host, port, field(hop, "host_key"), keys, f))
        return host ? false : fault_set(f, DVO_EINVAL, "a jump host has no address");
    if ((login && strpbrk(login, " \t\r\n\"%")) ||
        (identity && strpbrk(identity, "\r\n\"%")))
        return fault_set(f, DVO_EINVAL, "%s has a login or identity that is none", name);
    buf_printf(out,
               "Host hop-%zu\n  HostName %s\n  Port %d\n  User %s\n"
               "  UserKnownHostsFile \"%s\"\n  GlobalKnownHostsFile /dev/null\n"
               "  StrictHostKeyChecking yes\n  UpdateHostKeys no\n  BatchMode yes\n"
               "  ConnectTimeout 10\n  LogLevel ERROR\n",
               i, host, port, login ? login : "root", m->known_hosts);
    if (identity)
        buf_printf(out, "  IdentitiesOnly yes\n  IdentityFile \"%s\"\n", identity);
    if (i + 1 < json_array_size(m->jump))
        buf_printf(out, "  ProxyCommand ssh -F %s -W [%%h]:%%p hop-%zu\n", config, i + 1);
    return true;
}

static bool write_private(const struct buf *name, const struct buf *text, struct fault *f)
{
    return file_replace(name->p, buf_text(text), text->len, 0600) ||
           fault_set(f, DVO_EPERM, "cannot write %s: %s", name->p, strerror(errno));
}

/* Writes what ssh must know of the machine and of the hosts on the way to it. */
static bool machine_prepare(struct machine_slot *s, struct fault *f)
{
    struct machine *m = &s->m;
    struct buf keys = {0}, hops = {0}, name = {0};
    buf_printf(&name, "%s/known_hosts.%u", s->run->private, m->op);
    m->known_hosts = xstrdup(name.p);
    bool ok = (m->first_use && !m->host_key) ||
              key_line(s->run->plan->ops[m->op].address, m->host, m->port, m->host_key,
                       &keys, f);
    buf_clear(&name);
    buf_printf(&name, "%s/jump.%u", s->run->private, m->op);
    for (size_t i = 0; ok && i < json_array_size(m->jump); i++)
        ok = hop_stanza(m, name.p, i, &hops, &keys, f);
    if (ok && hops.len) {
        ok = write_private(&name, &hops, f);
        struct buf proxy = {0};
        buf_printf(&proxy, "ssh -F %s -W [%%h]:%%p hop-0", name.p);
        m->proxy = buf_steal(&proxy);
    }
    buf_clear(&name);
    buf_str(&name, m->known_hosts);
    ok = ok && write_private(&name, &keys, f);
    buf_clear(&name);
    buf_printf(&name, "%s/ssh.%u", s->run->private, m->op);
    m->control = buf_steal(&name);
    buf_free(&keys);
    buf_free(&hops);
    return ok;
}

static void machine_tell(struct machine_slot *s, enum machine_state state)
{
    s->state = state;
    for (size_t i = 0; i < s->waiters.n; i++) {
        struct fault copy = {0};
        if (s->fault.code) {
            fault_set(&copy, s->fault.code, "%s", s->fault.message);
            if (s->fault.words)
                fault_words(&copy, s->fault.words);
        }
        copy.final = true; /* all waiting that makes sense has been done */
        s->waiters.v[i].done(s->waiters.v[i].ctx, &s->m, copy.code ? &copy : NULL);
        fault_free(&copy);
    }
    s->waiters.n = 0;
}

/* The key of a host of its own line in a known_hosts file, to be freed; or NULL. */
static char *key_of(const struct machine *m)
{
    struct buf name = {0}, text = {0};
    char *key = NULL;
    if (m->port == 22)
        buf_printf(&name, "%s ", m->host);
    else
        buf_printf(&name, "[%s]:%d ", m->host, m->port);
    const char *p = file_read(m->known_hosts, &text) ? buf_text(&text) : "";
    while (*p && !key) {
        size_t len = strcspn(p, "\n");
        if (!strncmp(p, name.p, name.len))
            key = strndup(p + name.len, len - name.len);
        p += len + (p[len] == '\n');
    }
    buf_free(&text);
    buf_free(&name);
    return key;
}

/* From now on only the key that was seen first is believed, in later runs, too. */
static void machine_believe(struct machine_slot *s)
{
    struct run *r = s->run;
    struct fault f = {0};
    s->m.host_key = key_of(&s->m);
    if (!s->m.host_key ||
        !run_op_learned(r, s->m.op, "host_key", json_string(s->m.host_key), &f))
        progress_say(r->progress, "the host key of %s could not be kept: %s",
                     r->plan->ops[s->m.op].address,
                     f.message ? f.message : "ssh has not told it");
    else
        progress_say(r->progress, "%s is believed to be the machine whose key is %s",
                     r->plan->ops[s->m.op].address, s->m.host_key);
    fault_free(&f);
}

static void machine_ask(void *ctx);

static void machine_answered(void *ctx, struct script_result *result)
{
    struct machine_slot *s = ctx;
    if (!result->fault.code && result->status)
        root_fault(&s->m, &result->err, &result->fault);
    if (!result->fault.code) {
        if (s->m.first_use && !s->m.host_key)
            machine_believe(s);
        machine_tell(s, MACHINE_READY);
        return;
    }
    int64_t waited = loop_now() - s->since;
    enum dvo_error code = result->fault.code;
    fault_move(&s->fault, &result->fault);
    bool patient = code == DVO_EAUTH && s->fault.final ? false
                   : code == DVO_EAUTH                 ? waited < LOGIN_DEADLINE_MS
                                       : error_transient(code) && waited < s->patience;
    if (!patient || s->run->stopping) {
        machine_tell(s, MACHINE_LOST);
        return;
    }
    fault_free(&s->fault);
    loop_timer(s->run->loop, s->pause, machine_ask, s);
    s->pause = s->pause * 2 < LONGEST_PAUSE_MS ? s->pause * 2 : LONGEST_PAUSE_MS;
}

static void machine_ask(void *ctx)
{
    struct machine_slot *s = ctx;
    static const char script[] = "exit 0\n";
    struct buf text = {0};
    buf_add(&text, script, sizeof script - 1);
    if (!script_send(s->run, &s->m, &text, 60000, machine_answered, s, &s->fault))
        machine_tell(s, MACHINE_LOST);
    buf_free(&text);
}

void machine_ready(struct run *r, uint32_t op, double patience, machine_fn *done,
                   void *ctx)
{
    struct machine_slot *s = slot_get(r, op);
    if (!s) {
        struct fault f = {0};
        fault_set(&f, DVO_EUNREACH, "%s has no address", r->plan->ops[op].address);
        f.final = true;
        done(ctx, NULL, &f);
        fault_free(&f);
        return;
    }
    *vec_push(&s->waiters) = (struct machine_waiter){done, ctx};
    if (s->state == MACHINE_READY || s->state == MACHINE_LOST) {
        machine_tell(s, s->state);
    } else if (s->m.local) {
        machine_tell(s, MACHINE_READY);
    } else if (s->state == MACHINE_NEW) {
        s->state = MACHINE_ASKED;
        s->since = loop_now();
        s->patience = patience > 0 ? (int64_t)(patience * 1000) : START_DEADLINE_MS;
        s->pause = FIRST_PAUSE_MS;
        if (machine_prepare(s, &s->fault))
            machine_ask(s);
        else
            machine_tell(s, MACHINE_LOST);
    }
}
