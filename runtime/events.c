/* JSON lines, flushed one by one, so that a reader sees what has happened so far. */
#include "runtime/events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"

struct events {
    FILE *out;
};

struct events *events_open(const char *path, struct fault *f)
{
    struct events *e = xcalloc(1, sizeof *e);
    if (path)
        e->out = strcmp(path, "-") ? fopen(path, "we") : stdout;
    if (path && !e->out) {
        fault_set(f, DVO_EPERM, "cannot write %s: %s", path, strerror(errno));
        free(e);
        return NULL;
    }
    return e;
}

void events_close(struct events *e)
{
    if (e && e->out && e->out != stdout)
        fclose(e->out);
    free(e);
}

static void event_begin(struct buf *line, const char *event)
{
    struct timespec now;
    struct tm utc;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    buf_printf(line, "{\"time\":\"%s.%03ldZ\",\"event\":\"%s\"", text,
               now.tv_nsec / 1000000, event);
}

static void event_text(struct buf *line, const char *name, const char *text)
{
    if (!text)
        return;
    buf_printf(line, ",\"%s\":", name);
    buf_json(line, text, strlen(text));
}

static void event_end(struct events *e, struct buf *line)
{
    buf_str(line, "}\n");
    fwrite(line->p, 1, line->len, e->out);
    fflush(e->out);
    buf_free(line);
}

void events_write(struct events *e, const char *event, const char *address, bool changed,
                  const struct fault *fault)
{
    if (!e->out)
        return;
    struct buf line = {0};
    event_begin(&line, event);
    event_text(&line, "address", address);
    if (!strcmp(event, "done"))
        buf_printf(&line, ",\"changed\":%s", changed ? "true" : "false");
    if (fault && fault->code) {
        event_text(&line, "error", error_name(fault->code));
        event_text(&line, "message", fault->message);
        event_text(&line, "log", fault->log);
    }
    event_end(e, &line);
}

void events_output(struct events *e, const char *name, const char *value)
{
    if (!e->out)
        return;
    struct buf line = {0};
    event_begin(&line, "output");
    event_text(&line, "name", name);
    buf_printf(&line, ",\"value\":%s", value);
    event_end(e, &line);
}
