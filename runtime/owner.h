/* Who works with a state: a process on a computer, told apart from all others before and
 * after it. */
#ifndef DVO_RUNTIME_OWNER_H
#define DVO_RUNTIME_OWNER_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct owner {
    pid_t pid;
    char host[256], boot[64], started[32];
};

/* This process. */
void owner_self(struct owner *o);
/* Whether that owner lives, as far as `self` can tell: one on another computer does if
 * its last sign of life is not old. */
bool owner_alive(const struct owner *o, time_t sign, const struct owner *self);

#endif
