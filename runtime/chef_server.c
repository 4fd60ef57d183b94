/* Runs upload.sh of the build, which runs knife. The version on the server comes from the
 * digest of the build, so that machines of different builds do not mix. */
#include "runtime/chef_server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/file.h"
#include "runtime/process.h"

#define OUTPUT_LIMIT ((size_t)1 << 20)
#define NO_KNIFE 127 /* upload.sh's word for it */

struct chef_server {
    struct run *run;
    struct process *upload; /* at work */
    int out;
    bool uploaded;
    struct {
        struct chef_server_waiter {
            chef_server_fn *done;
            void *ctx;
        } * v;
        size_t n, cap;
    } waiters;
};

const char *chef_setting(const struct run_plan *plan, const char *name)
{
    const json_t *chef = json_object_get(plan->json, "chef");
    const char *value = json_string_value(json_object_get(chef, name));
    return value ? value : "";
}

bool chef_server_used(const struct run_plan *plan)
{
    return !strcmp(chef_setting(plan, "mode"), "server");
}

void chef_digest(const struct run_plan *plan, char out[DIGEST_TEXT_SIZE])
{
    struct buf text = {0};
    const char *path;
    json_t *digest;
    json_object_foreach(json_object_get(plan->json, "artefacts"), path,
                        digest) if (!strncmp(path, "chef/", 5))
        buf_printf(&text, "%s %s\n", path, json_string_value(digest));
    digest_text(buf_text(&text), text.len, out);
    buf_free(&text);
}

/* --- versions --------------------------------------------------------------------------
 */

/* 31 bits of the digest's hexadecimal digits from `at` on. */
static unsigned long version_part(const char *digest, size_t at)
{
    char digits[9] = "";
    memcpy(digits, digest + at, 8);
    return strtoul(digits, NULL, 16) & 0x7fffffff;
}

/* Below every version that a person gives, lest somebody's cookbook of that name that
 * asks for no version gets ours. */
static void version_of(const struct run_plan *plan, struct buf *out)
{
    char digest[DIGEST_TEXT_SIZE];
    chef_digest(plan, digest);
    const char *hex = strchr(digest, ':') + 1;
    buf_printf(out, "0.%lu.%lu", version_part(hex, 0), version_part(hex + 8, 0));
}

void chef_server_run_list(const struct run_plan *plan, const struct segment *s,
                          struct buf *out)
{
    struct buf version = {0};
    version_of(plan, &version);
    for (uint32_t i = 1; i <= plan->nsegments; i++) {
        const struct segment *other = &plan->segments[i];
        if (other->tool == s->tool && other->machine == s->machine)
            buf_printf(out, "%srecipe[%s@%s]", out->len ? "," : "", other->recipe,
                       buf_text(&version));
    }
    buf_free(&version);
}

/* --- the upload ------------------------------------------------------------------------
 */

enum dvo_error chef_server_error(const char *words)
{
    static const struct {
        const char *text;
        enum dvo_error code;
    } rules[] = {
        {"Failed to authenticate", DVO_EAUTH},
        {"Authentication Error", DVO_EAUTH},
        {"401 \"Unauthorized\"", DVO_EAUTH},
        {"private key could not be loaded", DVO_EAUTH},
        {"SSL Validation failure", DVO_EAUTH},
        {"certificate verify failed", DVO_EAUTH},
        {"You authenticated successfully",
         DVO_EPERM}, /* "... but you are not authorized" */
        {"403 \"Forbidden\"", DVO_EPERM},
        {"404 \"Not Found\"", DVO_ENOENT},
        {"412 \"Precondition Failed\"", DVO_EINVAL},
        {"Network Error", DVO_EUNREACH},
        {"Error connecting to http", DVO_EUNREACH},
        {"Connection refused connecting to", DVO_EUNREACH},
        {"Timeout connecting to", DVO_EUNREACH},
        {"Errno::ECONNREFUSED", DVO_EUNREACH},
        {"Errno::EHOSTUNREACH", DVO_EUNREACH},
        {"Errno::ENETUNREACH", DVO_EUNREACH},
        {"SocketError", DVO_EUNREACH},
        {"Net::OpenTimeout", DVO_EUNREACH},
        {"giving up", DVO_EREMOTE},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strstr(words, rules[i].text))
            return rules[i].code;
    return DVO_OK;
}

static void upload_why(const struct run_plan *plan, int status, const char *words,
                       struct fault *f)
{
    const char *knife = chef_setting(plan, "knife");
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_KNIFE) {
        fault_set(
            f, DVO_ENOSYS,
            "%s is not on this computer, and with `chef: {mode: server}` it uploads "
            "the cookbooks: install it, name it with `chef: {knife: PROGRAM}` in "
            "dvo.yaml, or let `mode: local` do without a server",
            *knife ? knife : "knife");
        f->final = true;
        return;
    }
    if (!WIFEXITED(status)) {
        fault_set(f, DVO_ECANCELED, "the upload of the cookbooks was ended by signal %d",
                  WTERMSIG(status));
        return;
    }
    enum dvo_error code = chef_server_error(words);
    fault_set(f, code ? code : DVO_EUNKNOWN,
              "knife cannot upload the cookbooks to the Chef server (status %d)",
              WEXITSTATUS(status));
    fault_words(f, words);
}

static void upload_ended(void *ctx, int status)
{
    struct chef_server *s = ctx;
    struct buf out = {0};
    struct fault why = {0};
    memory_file_read(s->out, &out, OUTPUT_LIMIT);
    close(s->out);
    s->upload = NULL;
    s->uploaded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!s->uploaded)
        upload_why(s->run->plan, status, buf_text(&out), &why);
    /* Who is told may begin the next one. */
    struct chef_server_waiter *v = s->waiters.v;
    size_t n = s->waiters.n;
    memset(&s->waiters, 0, sizeof s->waiters);
    for (size_t i = 0; i < n; i++) {
        struct fault own = {0};
        if (why.code) {
            fault_set(&own, why.code, "%s", why.message);
            own.final = why.final;
            if (why.words)
                fault_words(&own, why.words);
        }
        v[i].done(v[i].ctx, why.code ? &own : NULL);
        fault_free(&own);
    }
    free(v);
    fault_free(&why);
    buf_free(&out);
}

/* knife's own settings are the user's; that it tries again is ours. */
static bool upload_start(struct chef_server *s, struct fault *f)
{
    const struct run_plan *plan = s->run->plan;
    const char *config = chef_setting(plan, "knife_config");
    const char *license = getenv("DVO_CHEF_LICENSE");
    struct arena a = {0};
    struct buf version = {0};
    version_of(plan, &version);
    const char *argv[9] = {"sh",
                           "upload.sh",
                           buf_text(&version),
                           chef_setting(plan, "knife"),
                           "--config-option",
                           "http_retry_count=0"};
    if (*config) {
        argv[6] = "--config";
        argv[7] = config;
    }
    const char *env[4] = {"LC_ALL=C.UTF-8",
                          arena_printf(&a, "TMPDIR=%s", s->run->private)};
    if (license)
        env[2] = arena_printf(&a, "CHEF_LICENSE=%s", license);
    char *dir = path_join(plan->dir, "chef");
    s->out = memory_file(NULL, 0);
    struct process_spec spec = {
        .argv = argv, .env = env, .dir = dir, .in = -1, .out = s->out, .err = s->out};
    s->upload = process_start(s->run->loop, &spec, upload_ended, s, f);
    if (!s->upload)
        close(s->out);
    free(dir);
    buf_free(&version);
    arena_free(&a);
    return s->upload;
}

bool chef_server_ready(const struct run *r)
{
    return r->chef_server && r->chef_server->uploaded;
}

bool chef_server_upload(struct run *r, chef_server_fn *done, void *ctx, struct fault *f)
{
    if (!r->chef_server) {
        r->chef_server = xcalloc(1, sizeof *r->chef_server);
        r->chef_server->run = r;
    }
    struct chef_server *s = r->chef_server;
    if (!s->upload && !upload_start(s, f))
        return false;
    *vec_push(&s->waiters) = (struct chef_server_waiter){done, ctx};
    return true;
}

void chef_server_signal(struct run *r, int sig)
{
    if (r->chef_server && r->chef_server->upload)
        process_signal(r->chef_server->upload, sig);
}

void chef_server_free(struct chef_server *s)
{
    if (!s)
        return;
    free(s->waiters.v);
    free(s);
}
