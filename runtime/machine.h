/* Machines of a run: how to log in, whether they answer, scripts over SSH. */
#ifndef DVO_RUNTIME_MACHINE_H
#define DVO_RUNTIME_MACHINE_H

#include "runtime/run.h"

struct machine {
    uint32_t op;
    char *host, *login, *identity, *host_key, *known_hosts, *control;
    int port;
};

struct machines *machines_new(struct run *r);
void machines_free(struct machines *m); /* ends the SSH masters */

/* Learns a machine from an op's result. EINVAL if another op has the same machine. */
bool machine_learn(struct run *r, uint32_t op, const json_t *result, struct fault *f);
/* The machine of an op, or NULL if there is none yet. */
const struct machine *machine_get(const struct run *r, uint32_t op);

/* `fault` is NULL once the machine has answered as the one it should be; else why it did not.
 * Waits for a machine that is still starting. */
typedef void machine_fn(void *ctx, const struct machine *m, struct fault *fault);
void machine_ready(struct run *r, uint32_t op, machine_fn *done, void *ctx);

/* The outcome of a script. `fault`: it could not be carried out (`out` may hold a part). */
struct script_result {
    int status; /* exit status of the remote shell */
    struct buf out, err;
    struct fault fault;
};
/* Valid during the call. */
typedef void script_fn(void *ctx, struct script_result *result);
struct script;
/* Sends a script to `sh -s` on a machine (as root). timeout_ms 0: none. */
struct script *script_send(struct run *r, const struct machine *m, const struct buf *text,
                           int64_t timeout_ms, script_fn *done, void *ctx);
/* Options for an ssh to this machine, ending with its login and host; `argv` points into
 * texts of the machine and of `words`, both of which must stay. */
struct ssh_words {
    const char *argv[48];
    unsigned n;
    struct buf text[4];
};
void ssh_words_make(const struct machine *m, struct ssh_words *w);
void ssh_words_free(struct ssh_words *w);

#endif
