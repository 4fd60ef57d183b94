/* The channel of events: every line is answered once it has been dealt with, in the order
 * of each connection; who sends too much, or half a line, disturbs nobody. */
#include "runtime/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/base/buf.h"
#include "runtime/http.h"
#include "unit.h"

struct fixture {
    char folder[32], path[64];
    struct loop *loop;
    struct http *http;
    struct channel *channel;
    struct buf heard;
};

static void hear(void *ctx, const char *line, size_t len)
{
    struct fixture *f = ctx;
    buf_add(&f->heard, line, len);
    buf_char(&f->heard, ';');
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct fault fault = {0};
    strcpy(f->folder, "/tmp/dvo-channel-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/events", f->folder);
    f->loop = loop_new();
    f->http = http_new(f->loop);
    f->channel = channel_new(f->loop, f->path, hear, f, &fault);
    assert_non_null(f->channel);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    channel_free(f->channel);
    assert_int_not_equal(access(f->path, F_OK), 0);
    http_free(f->http);
    loop_free(f->loop);
    buf_free(&f->heard);
    rmdir(f->folder);
    free(f);
    return 0;
}

static int reach(const struct fixture *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, f->path, strlen(f->path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        _exit(1);
    return fd;
}

/* In a child: sends both parts, one after the other, and waits for the answer. */
static void say(const struct fixture *f, const char *first, const char *second)
{
    char answer;
    int fd = reach(f);
    if (write(fd, first, strlen(first)) != (ssize_t)strlen(first))
        _exit(1);
    usleep(20000);
    if (write(fd, second, strlen(second)) != (ssize_t)strlen(second))
        _exit(1);
    _exit(read(fd, &answer, 1) == 1 && answer == '\n' ? 0 : 2);
}

static void wake(void *ctx)
{
    (void)ctx;
}

/* Drives the loop until the child has ended; its exit status. */
static int outlast(struct fixture *f, pid_t child)
{
    int status;
    while (waitpid(child, &status, WNOHANG) == 0) {
        loop_timer(f->loop, 10, wake, NULL);
        loop_step(f->loop);
    }
    return WEXITSTATUS(status);
}

static void answers_whole_lines(void **state)
{
    struct fixture *f = *state;
    pid_t child = fork();
    if (!child)
        say(f, "{\"event\": ", "\"start\"}\n");
    assert_int_equal(outlast(f, child), 0);
    assert_string_equal(buf_text(&f->heard), "{\"event\": \"start\"};");
}

static void half_a_line_is_no_event(void **state)
{
    struct fixture *f = *state;
    pid_t child = fork();
    if (!child) {
        int fd = reach(f);
        _exit(write(fd, "half", 4) == 4 ? 0 : 1);
    }
    assert_int_equal(outlast(f, child), 0);
    child = fork();
    if (!child)
        say(f, "whole", "\n");
    assert_int_equal(outlast(f, child), 0);
    assert_string_equal(buf_text(&f->heard), "whole;");
}

/* Who waits for an answer that never comes learns that the channel is gone. */
static void ends_with_its_reader(void **state)
{
    struct fixture *f = *state;
    int fd = reach(f);
    loop_step(f->loop);
    channel_free(f->channel);
    f->channel = NULL;
    char answer;
    assert_int_equal(read(fd, &answer, 1), 0);
    close(fd);
}

static void refuses_a_path_that_is_too_long(void **state)
{
    struct fixture *f = *state;
    struct fault fault = {0};
    char path[256];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_null(channel_new(f->loop, path, hear, f, &fault));
    assert_int_equal(fault.code, DVO_EINVAL);
    fault_free(&fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_whole_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(half_a_line_is_no_event, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_with_its_reader, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_a_path_that_is_too_long, setup, teardown),
    };
    return RUN_TESTS(tests);
}
