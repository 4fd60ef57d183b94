/* One live line per running op and a total on a terminal, redrawn a few times a second;
 * else a plain line for every op that ends. */
#include "runtime/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"

#define REDRAW_MS 200
#define MOST_LINES 12

struct running {
    uint32_t op;
    const char *address, *title;
    char *note;
    int64_t since, until; /* until: its work is done, 0: not yet */
};

struct progress {
    struct loop *loop;
    bool live, color;
    uint32_t total, ended;
    struct {
        struct running *v;
        size_t n, cap;
    } running;
    unsigned drawn; /* live lines on the screen */
    timer_id timer;
};

static void progress_erase(struct progress *p)
{
    if (p->drawn)
        printf("\033[%uA\r\033[J", p->drawn);
    p->drawn = 0;
}

static unsigned columns(void)
{
    struct winsize w;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col : 80;
}

/* A line cut to the terminal's width, so that a line is a line when it is erased. Texts
 * of the program may hold anything: control characters become "?". */
static void draw_line(const char *text, unsigned width)
{
    for (unsigned used = 0; *text && used + 1 < width; used++) {
        size_t n = utf8_length(text, strlen(text));
        if (n == 1 && ((unsigned char)*text < ' ' || *text == 0x7f))
            putchar('?');
        else
            fwrite(text, 1, n ? n : 1, stdout);
        text += n ? n : 1;
    }
    putchar('\n');
}

static void progress_draw(struct progress *p)
{
    unsigned width = columns();
    struct buf line = {0};
    progress_erase(p);
    for (size_t i = 0; i < p->running.n && i < MOST_LINES; i++) {
        const struct running *r = &p->running.v[i];
        buf_clear(&line);
        buf_printf(&line, "  %5.1fs  %s  %s%s%s",
                   (double)((r->until ? r->until : loop_now()) - r->since) / 1000,
                   r->address, r->title, r->note ? ": " : "", r->note ? r->note : "");
        draw_line(buf_text(&line), width);
        p->drawn++;
    }
    printf("  %u of %u done, %zu running\n", p->ended, p->total, p->running.n);
    p->drawn++;
    fflush(stdout);
    buf_free(&line);
}

static void progress_redraw(void *ctx)
{
    struct progress *p = ctx;
    p->timer = loop_timer(p->loop, REDRAW_MS, progress_redraw, p);
    if (p->running.n)
        progress_draw(p);
}

struct progress *progress_new(struct loop *l, uint32_t total)
{
    struct progress *p = xcalloc(1, sizeof *p);
    const char *term = getenv("TERM");
    p->loop = l;
    p->total = total;
    p->live = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb");
    p->color = p->live && !getenv("NO_COLOR");
    if (p->live)
        p->timer = loop_timer(l, REDRAW_MS, progress_redraw, p);
    return p;
}

void progress_free(struct progress *p)
{
    if (!p)
        return;
    loop_cancel(p->loop, p->timer);
    progress_erase(p);
    fflush(stdout);
    for (size_t i = 0; i < p->running.n; i++)
        free(p->running.v[i].note);
    free(p->running.v);
    free(p);
}

void progress_start(struct progress *p, uint32_t op, const char *address,
                    const char *title)
{
    *vec_push(&p->running) = (struct running){op, address, title, NULL, loop_now(), 0};
}

static struct running *progress_find(struct progress *p, uint32_t op)
{
    for (size_t i = 0; i < p->running.n; i++)
        if (p->running.v[i].op == op)
            return &p->running.v[i];
    return NULL;
}

void progress_note(struct progress *p, uint32_t op, const char *note)
{
    struct running *r = progress_find(p, op);
    if (!r)
        return;
    free(r->note);
    r->note = xstrdup(note);
}

void progress_stop(struct progress *p, uint32_t op)
{
    struct running *r = progress_find(p, op);
    if (r)
        r->until = loop_now();
}

void progress_end(struct progress *p, uint32_t op, const char *address, const char *word,
                  const char *why)
{
    const struct running *r = progress_find(p, op);
    char took[32] = "";
    p->ended++;
    if (r) {
        snprintf(took, sizeof took, "  (%.1f s)",
                 (double)((r->until ? r->until : loop_now()) - r->since) / 1000);
        free(r->note);
        size_t i = (size_t)(r - p->running.v);
        memmove(&p->running.v[i], &p->running.v[i + 1],
                (--p->running.n - i) * sizeof *p->running.v);
    }
    const char *color = !p->color                  ? ""
                        : !strcmp(word, "failed")  ? "\033[31m"
                        : !strcmp(word, "changed") ? "\033[33m"
                        : !strcmp(word, "ok")      ? "\033[32m"
                                                   : "\033[2m";
    progress_say(p, "%s%-8s%s %s%s%s%s", color, word, *color ? "\033[0m" : "", address,
                 why ? ": " : "", why ? why : "", took);
}

void progress_say(struct progress *p, const char *fmt, ...)
{
    progress_erase(p);
    va_list ap;
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
    if (p->live && p->running.n)
        progress_draw(p);
    fflush(stdout);
}
