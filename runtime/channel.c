/* Accepts connections and reads lines from them in the one poll loop. A connection sends
 * its next line only after the answer to the one before. */
#include "runtime/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"

#define BACKLOG 64
#define PIECE 65536
#define LINE_LIMIT ((size_t)16 << 20) /* no event of ours is that long */

struct connection {
    struct connection *next;
    struct channel *channel;
    int fd;
    struct buf line; /* not complete yet; may hold secrets */
};

struct channel {
    struct loop *loop;
    char *path;
    int fd;
    channel_fn *fn;
    void *ctx;
    struct connection *connections;
};

static void connection_free(struct connection *c)
{
    loop_unwatch(c->channel->loop, c->fd);
    close(c->fd);
    if (c->line.p)
        explicit_bzero(c->line.p, c->line.cap);
    buf_free(&c->line);
    free(c);
}

static void connection_end(struct connection *c)
{
    struct connection **at = &c->channel->connections;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    connection_free(c);
}

static void connection_readable(void *ctx)
{
    struct connection *c = ctx;
    ssize_t n = recv(c->fd, buf_reserve(&c->line, PIECE), PIECE, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0 || c->line.len + (size_t)n > LINE_LIMIT) {
        connection_end(c);
        return;
    }
    c->line.len += (size_t)n;
    if (c->line.p[c->line.len - 1] != '\n')
        return;
    c->channel->fn(c->channel->ctx, c->line.p, c->line.len - 1);
    explicit_bzero(c->line.p, c->line.len);
    buf_clear(&c->line);
    if (send(c->fd, "\n", 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
        connection_end(c);
}

static void channel_accept(void *ctx)
{
    struct channel *h = ctx;
    int fd = accept4(h->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct connection *c = xcalloc(1, sizeof *c);
    *c = (struct connection){.next = h->connections, .channel = h, .fd = fd};
    h->connections = c;
    loop_watch(h->loop, fd, connection_readable, c);
}

struct channel *channel_new(struct loop *l, const char *path, channel_fn *fn, void *ctx,
                            struct fault *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len >= sizeof address.sun_path) {
        fault_set(f, DVO_EINVAL, "%s is too long for the path of a socket", path);
        return NULL;
    }
    memcpy(address.sun_path, path, len);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, BACKLOG) != 0) {
        fault_set(f, DVO_EPERM, "cannot listen at %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct channel *h = xcalloc(1, sizeof *h);
    *h = (struct channel){l, xstrdup(path), fd, fn, ctx, NULL};
    loop_watch(l, fd, channel_accept, h);
    return h;
}

void channel_free(struct channel *h)
{
    while (h && h->connections)
        connection_end(h->connections);
    if (!h)
        return;
    loop_unwatch(h->loop, h->fd);
    close(h->fd);
    unlink(h->path);
    free(h->path);
    free(h);
}
