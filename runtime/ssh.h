/* The channel to a machine: /usr/bin/ssh with the host key known beforehand, scripts on
 * stdin. */
#ifndef DVO_RUNTIME_SSH_H
#define DVO_RUNTIME_SSH_H

#include "ir/base/buf.h"
#include "runtime/machine.h"

/* The outcome of a script. `fault`: it could not be carried out (`out` may hold a part).
 */
struct script_result {
    int status; /* exit status of the remote shell */
    struct buf out, err;
    struct fault fault;
};
/* Valid during the call. */
typedef void script_fn(void *ctx, struct script_result *result);
/* Sends a script to `sh -s` on a machine, as root. timeout_ms 0: none. False with a fault
 * if it cannot even be sent; `done` is not called then. */
bool script_send(struct run *r, const struct machine *m, const struct buf *text,
                 int64_t timeout_ms, script_fn *done, void *ctx, struct fault *f);
/* "ssh" and its options for this machine, to which the caller adds words of his own;
 * `argv` points into texts of the machine and of the words, both of which must stay. */
struct ssh_words {
    const char *argv[64];
    unsigned n;
    struct buf texts[6];
};
void ssh_words_add(struct ssh_words *w, const char *word);
void ssh_words_make(const struct machine *m, struct ssh_words *w);
void ssh_words_free(struct ssh_words *w);
/* The typed error behind a failed ssh, from what it said. */
void ssh_fault(struct fault *f, const struct buf *err);
/* Ends the shared connection to a machine, if there is one. */
void ssh_end(const struct machine *m);

#endif
