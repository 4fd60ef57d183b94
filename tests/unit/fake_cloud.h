/* A fake cloud (fake_cloud.py), plans for it, and runs of them in processes of their own.
 */
#ifndef DVO_TESTS_FAKE_CLOUD_H
#define DVO_TESTS_FAKE_CLOUD_H

#include "unit.h"

#include "tree.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/digest.h"
#include "ir/base/file.h"
#include "runtime/run.h"

struct place {
    char dir[64], db[96], store[96], err[96];
    pid_t cloud;
    int port;
    const char *provider; /* its name */
    const char *way;      /* members of its record that lead there; NULL: its port does */
};

#define LOOKUP(KIND, KEY)                                                                \
    "\"lookup\": [{\"path\": \"/" KIND "\", \"query\": {\"key\": \"" KEY "\"},"          \
    " \"batch\": \"key\", \"select\": {\"list\": \"/list\", \"where\": {\"/key\": "      \
    "\"" KEY "\"}}, \"extract\": {\"id\": \"/id\", \"args\": {\"pointer\": \"/args\","   \
    " \"default\": null}}}]"

#define SUB(NAME, KIND)                                                                  \
    "{\"name\": \"" NAME "\", \"lookup\": [{\"path\": \"/" KIND "\", \"select\":"        \
    " {\"list\": \"/list\", \"where\": {\"/key\": \"k:" NAME "\"}},"                     \
    " \"extract\": {\"" NAME "_id\": \"/id\"}}],"                                        \
    " \"create\": [{\"method\": \"POST\", \"path\": \"/" KIND "\","                      \
    " \"body\": {\"key\": \"k:" NAME "\"}, \"extract\": {\"" NAME "_id\": \"/id\"}}],"   \
    " \"delete\": [{\"method\": \"DELETE\", \"path\": {\"$text\": [\"/" KIND             \
    "/\", {\"$var\": \"" NAME "_id\"}]}}]}"

#define CALL(ID, ADDRESS, KEY, FLAVOR)                                                   \
    "{\"op\": " ID ", \"address\": \"" ADDRESS "\", \"key\": \"" KEY "\","               \
    " \"args\": {\"flavor\": \"" FLAVOR "\"}, \"needs\": {\"instances\": 1},"            \
    " \"places\": {\"flavor\": [1, 3, 9]}, \"sequences\": {" LOOKUP(                     \
        "servers",                                                                       \
        KEY) ","                                                                         \
             " \"resolve\": [{\"path\": \"/flavors\", \"cache\": true}],"                \
             " \"before\": [" BEFORE "], \"after\": [" AFTER "],"                        \
             " \"create\": [{\"method\": \"POST\", \"path\": \"/servers\", "             \
             "\"argument\":"                                                             \
             " \"flavor\", \"body\": {\"key\": \"" KEY "\", \"flavor\": \"" FLAVOR "\"," \
             " \"args\": \"{\\\"flavor\\\":\\\"" FLAVOR                                  \
             "\\\"}\"}, \"extract\": {\"id\": \"/id\"}}],"                               \
             " \"ready\": [{\"path\": {\"$text\": [\"/servers/\", {\"$var\": \"id\"}]}," \
             " \"poll\": {\"until\": {\"pointer\": \"/status\", \"in\": [\"ACTIVE\"]},"  \
             " \"fail\": {\"pointer\": \"/status\", \"equals\": \"ERROR\", \"message\":" \
             " \"/fault\"}, \"interval\": 0.05}}],"                                      \
             " \"delete\": [{\"method\": \"DELETE\", \"path\": {\"$text\": "             \
             "[\"/servers/\","                                                           \
             " {\"$var\": \"id\"}]}}]}, \"result\": {\"id\": {\"$var\": \"id\"}}}"

#define MANY 100

/* More members of the ops in the plan. */
static const char *more[MANY];

static inline void write_file(const struct place *p, const char *name, const char *text)
{
    char *path = path_join(p->dir, name);
    assert_true(file_replace(path, text, strlen(text), 0644));
    free(path);
}

/* a, b, c and so on. */
static inline void plan_address(unsigned i, char address[16])
{
    if (i <= 26)
        snprintf(address, 16, "%c", 'a' + (int)i - 1);
    else
        snprintf(address, 16, "m%u", i);
}

static inline void write_plan(const struct place *p, const char *calls, unsigned n,
                              int limit)
{
    struct buf text = {0}, plan = {0}, way = {0};
    char digest[DIGEST_TEXT_SIZE];
    buf_printf(&way, "\"transport\": {\"base\": \"http://127.0.0.1:%d\"}", p->port);
    buf_printf(&text,
               "{\"format\": \"dvo-calls/2\", \"provider\": {\"name\": \"%s\", %s,"
               " \"words\": [\"/error/message\"],"
               " \"quotas\": {\"instances\": {\"title\": \"servers\", \"limit\": %d,"
               " \"used\": {\"$var\": \"used\"}, \"steps\": [{\"path\": \"/limits\","
               " \"extract\": {\"used\": \"/used\"}}]}},"
               " \"errors\": [{\"body\": \"no valid host\", \"code\": \"EAGAIN\"},"
               " {\"status\": 409, \"code\": \"EBUSY\"}]},"
               " \"calls\": [%s]}",
               p->provider, p->way ? p->way : buf_text(&way), limit, calls);
    write_file(p, "api/calls.json", buf_text(&text));
    digest_text(buf_text(&text), text.len, digest);
    buf_printf(&plan,
               "{\"format\": \"dvo-plan/2\", \"program\": \"p.dvo\", \"project\": \"p\","
               " \"program_dir\": \".\", \"artefacts\": {\"api/calls.json\": \"%s\"},"
               " \"files\": [\"p.dvo\"], \"lines\": [[0, 1, \"create(\"],"
               " [0, 2, \"  flavor='x')\"]], \"ops\": [",
               digest);
    for (unsigned i = 1; i <= n; i++) {
        char address[16];
        plan_address(i, address);
        buf_printf(&plan,
                   "%s{\"id\": %u, \"address\": \"%s\", \"call\": \"cloud.create\","
                   " \"do\": \"calls\", \"at\": [0, 1, 7], \"retries\": 6%s}",
                   i > 1 ? ", " : "", i, address, more[i - 1] ? more[i - 1] : "");
    }
    buf_str(&plan, "]}");
    write_file(p, "plan.json", buf_text(&plan));
    buf_free(&text);
    buf_free(&plan);
    buf_free(&way);
}

static inline void cloud_start(struct place *p, const char *mode)
{
    int out[2];
    char line[32] = "";
    assert_int_equal(pipe(out), 0);
    p->cloud = fork();
    if (!p->cloud) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
        dup2(out[1], STDOUT_FILENO);
        execlp("python3", "python3", "tests/unit/fake_cloud.py", p->store, mode, NULL);
        _exit(127);
    }
    close(out[1]);
    assert_true(read(out[0], line, sizeof line - 1) > 0);
    close(out[0]);
    p->port = atoi(line);
}

static inline struct place *place_make(const char *mode)
{
    struct place *p = xcalloc(1, sizeof *p);
    p->provider = "fake";
    snprintf(p->dir, sizeof p->dir, "/tmp/dvo-test-sequence-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->db, sizeof p->db, "%s/p.db", p->dir);
    snprintf(p->store, sizeof p->store, "%s/store", p->dir);
    snprintf(p->err, sizeof p->err, "%s/err", p->dir);
    char *api = path_join(p->dir, "api");
    assert_int_equal(mkdir(api, 0755), 0);
    free(api);
    cloud_start(p, mode);
    return p;
}

static inline void place_free(struct place *p)
{
    kill(p->cloud, SIGKILL);
    waitpid(p->cloud, NULL, 0);
    assert_int_equal(tree_remove(p->dir), 0);
    free(p);
}

/* Called in the process of a run before it, or NULL. */
static void (*run_prepare)(void);

static inline pid_t run_start(const struct place *p, struct run_options options)
{
    pid_t pid = fork();
    if (pid == 0) {
        char *message;
        int err = open(p->err, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(err, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        options.state = p->db;
        struct run_plan *loaded = plan_load(p->dir, NULL, &message);
        if (options.expect && loaded)
            options.expect = loaded->digest; /* whatever it is, it is approved */
        if (run_prepare)
            run_prepare();
        if (!loaded)
            fputs(message, stderr);
        _exit(loaded ? run_plan_carry_out(loaded, &options) : 99);
    }
    assert_true(pid > 0);
    return pid;
}

/* Returns the exit status. */
static inline int run_wait_for(pid_t pid)
{
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static inline int run_once(const struct place *p, struct run_options options)
{
    return run_wait_for(run_start(p, options));
}

static inline void says(const struct place *p, const char *what)
{
    struct buf text = {0};
    assert_true(file_read(p->err, &text));
    if (!strstr(buf_text(&text), what))
        fail_msg("not said: %s, but:\n%s", what, buf_text(&text));
    buf_free(&text);
}

static inline unsigned stored(const struct place *p, const char *part, const char *kind)
{
    json_t *store = json_load_file(p->store, 0, NULL);
    const json_t *v = json_object_get(json_object_get(store, part), kind);
    unsigned n = (unsigned)(json_is_object(v) ? json_object_size(v)
                                              : (size_t)json_integer_value(v));
    json_decref(store);
    return n;
}

static inline void delete_by_hand(const struct place *p, const char *path)
{
    struct buf command = {0};
    buf_printf(&command, "curl -sf -X DELETE http://127.0.0.1:%d%s", p->port, path);
    assert_int_equal(system(buf_text(&command)), 0);
    buf_free(&command);
}

/* FILE.NAME, which tells the cloud how to behave. */
static inline void cloud_note(const struct place *p, const char *name, bool there)
{
    struct buf path = {0};
    buf_printf(&path, "%s.%s", p->store, name);
    if (there)
        assert_true(file_replace(buf_text(&path), "", 0, 0644));
    else
        unlink(buf_text(&path));
    buf_free(&path);
}

/* Waits until the cloud was asked for that, as "METHOD PATH". */
static inline void until_asked(const struct place *p, const char *what)
{
    for (unsigned i = 0; i < 1500; i++, usleep(20000))
        if (stored(p, "asked", what))
            return;
    fail_msg("nobody asks for %s", what);
}

/* Waits until the run has said that. */
static inline void until_said(const struct place *p, const char *what)
{
    for (unsigned i = 0; i < 1500; i++, usleep(20000)) {
        struct buf text = {0};
        bool said = file_read(p->err, &text) && strstr(buf_text(&text), what);
        buf_free(&text);
        if (said)
            return;
    }
    says(p, what);
}

#endif
