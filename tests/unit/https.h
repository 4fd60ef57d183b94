/* Small HTTPS servers, and certificates for them. */
#ifndef DVO_TESTS_HTTPS_H
#define DVO_TESTS_HTTPS_H

#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char place[] = "/tmp/dvo-http-XXXXXX";

struct server {
    pid_t pid;
    int port;
};

/* One of the programs beside this file. */
static inline struct server server_start(const char *program, const char *cert,
                                         const char *key, const char *const protocols[2])
{
    int out[2];
    char port[16] = "";
    assert_int_equal(pipe(out), 0);
    struct server s = {.pid = fork()};
    assert_true(s.pid >= 0);
    if (!s.pid) {
        alarm(60);
        dup2(out[1], 1);
        if (chdir("tests/unit") == 0)
            execlp("python3", "python3", program, cert, key,
                   protocols ? protocols[0] : NULL, protocols ? protocols[1] : NULL,
                   NULL);
        _exit(127);
    }
    close(out[1]);
    for (size_t n = 0; n < sizeof port - 1 && !strchr(port, '\n'); n++)
        if (read(out[0], port + n, 1) != 1)
            break;
    close(out[0]);
    s.port = atoi(port);
    assert_true(s.port > 0);
    return s;
}

static inline void server_stop(struct server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
}

/* An authority, and a certificate of it for 127.0.0.1. */
static inline int make_certificates(void **state)
{
    (void)state;
    char command[1200];
    assert_non_null(mkdtemp(place));
    snprintf(command, sizeof command,
             "cd %s && exec >log 2>&1 && "
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
             " -keyout ca.key -out ca.pem -days 2 -subj /CN=dvo-test-authority && "
             "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
             " -keyout key.pem -out request.pem -subj /CN=here && "
             "printf 'subjectAltName=IP:127.0.0.1\\n' >names && "
             "openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial"
             " -days 2 -extfile names -out cert.pem",
             place);
    return system(command);
}

static inline int remove_certificates(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", place);
    return system(command);
}

#endif
