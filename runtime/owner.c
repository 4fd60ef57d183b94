/* A number of a process is given again to another one: its start and the boot tell them
 * apart. */
#include "runtime/owner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ir/base/buf.h"
#include "ir/base/file.h"

/* An owner on another computer counts as dead after this long without a sign of life. */
#define SILENCE_S 120

/* When a process began, in the kernel's own count. */
static void process_started(pid_t pid, char out[32])
{
    char path[64];
    struct buf text = {0};
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    snprintf(out, 32, "-");
    if (file_read(path, &text)) {
        /* The name in parentheses may hold anything; the start is the 20th field behind
         * it. */
        const char *p = strrchr(buf_text(&text), ')');
        for (unsigned field = 0; p && field < 20; field++)
            p = strchr(p + 1, ' ');
        if (p)
            snprintf(out, 32, "%.*s", (int)strcspn(p + 1, " "), p + 1);
    }
    buf_free(&text);
}

static void boot_id(char out[64])
{
    struct buf text = {0};
    file_read("/proc/sys/kernel/random/boot_id", &text);
    snprintf(out, 64, "%.*s", (int)strcspn(buf_text(&text), "\n"), buf_text(&text));
    buf_free(&text);
}

void owner_self(struct owner *o)
{
    *o = (struct owner){.pid = getpid()};
    gethostname(o->host, sizeof o->host - 1);
    boot_id(o->boot);
    process_started(o->pid, o->started);
}

bool owner_alive(const struct owner *o, time_t sign, const struct owner *self)
{
    if (strcmp(o->host, self->host))
        return time(NULL) - sign < SILENCE_S;
    char now[32];
    process_started(o->pid, now);
    return !strcmp(o->boot, self->boot) && (kill(o->pid, 0) == 0 || errno == EPERM) &&
           !strcmp(o->started, now);
}
