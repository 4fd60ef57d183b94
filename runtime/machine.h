/* Machines of a run: how to log in, and whether they answer. */
#ifndef DVO_RUNTIME_MACHINE_H
#define DVO_RUNTIME_MACHINE_H

#include "runtime/run.h"

struct machine {
    uint32_t op;
    char *host, *login, *identity, *host_key, *known_hosts, *control;
    char *become; /* path of the secret that sudo asks for, or NULL: it asks nothing */
    char *proxy;  /* command that leads there over other hosts, or NULL */
    json_t *jump; /* those hosts, the nearest to the machine first, or NULL */
    int port;
    bool first_use; /* without a host key, the first one that is seen is believed */
    bool local;     /* this computer: nobody logs in */
};

struct machines *machines_new(struct run *r);
void machines_free(struct machines *m); /* ends the SSH masters */

/* Learns a machine from an op's result. EINVAL if another op has the same machine. */
bool machine_learn(struct run *r, uint32_t op, const json_t *result, struct fault *f);
/* The machine of an op, or NULL if there is none yet. */
const struct machine *machine_get(const struct run *r, uint32_t op);

/* `fault` is NULL once the machine has answered as the one it should be; else why it did
 * not. Waits for a machine that is still starting, `patience` seconds at
 * most if that is above 0. */
typedef void machine_fn(void *ctx, const struct machine *m, struct fault *fault);
void machine_ready(struct run *r, uint32_t op, double patience, machine_fn *done,
                   void *ctx);

#endif
