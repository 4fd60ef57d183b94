/* Becoming root on a machine whose login is somebody else, by sudo. */
#ifndef DVO_RUNTIME_ROOT_H
#define DVO_RUNTIME_ROOT_H

#include "runtime/ssh.h"

/* The words that run `command` (fixed text of ours) as root on the machine, by ssh; on
 * this computer a shell does, as whoever we are. To be freed by ssh_words_free(). */
void root_command(struct ssh_words *w, const struct machine *m, const char *command);
/* Appends what standard input must begin with: nothing, or a line with the password. The
 * caller wipes the text. False with a fault if the password is not to be had. */
bool root_input(struct run *r, const struct machine *m, struct buf *in, struct fault *f);
/* The typed error behind a shell that did not come to run as root. */
void root_fault(const struct machine *m, const struct buf *err, struct fault *f);

#endif
