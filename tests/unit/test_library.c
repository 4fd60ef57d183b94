/* The part of the step library that a step needs is a script by itself. */
#include "emitters/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/embed.h"
#include "unit.h"

/* Whether the shell takes the text, and knows the function then. */
static bool shell_takes(const struct buf *text, const char *function)
{
    char command[128];
    snprintf(command, sizeof command,
             "{ cat; echo; echo command -v %s; } | sh >/dev/null", function);
    FILE *f = popen(command, "w");
    fwrite(text->p, 1, text->len, f);
    return pclose(f) == 0;
}

static void test_steps(void **state)
{
    (void)state;
    unsigned steps = 0;
    for (size_t i = embedded_first("host/"); embedded_in(i, "host/"); i++) {
        const char *name = embedded_files[i].path + strlen("host/");
        size_t len = strcspn(name, ".");
        struct library library = {0};
        struct buf text = {0};
        char function[64];
        if (*name == '.' || !strncmp(name, "lib", 3) || !strncmp(name, "chef.", 5))
            continue;
        snprintf(function, sizeof function, "dvo_%.*s", (int)len, name);
        library_want(&library, name, len);
        library_write(&library, &text);
        if (!shell_takes(&text, function))
            fail_msg("%s is no script", function);
        assert_true(shell_takes(&text, "dvo_op") && shell_takes(&text, "dvo_end"));
        assert_null(memmem(text.p, text.len, "\n# ", 3));
        library_free(&library);
        buf_free(&text);
        steps++;
    }
    assert_true(steps > 30);
}

/* What another step alone needs is left out. */
static void test_others(void **state)
{
    (void)state;
    struct library library = {0};
    struct buf text = {0};
    library_want(&library, "file", 4);
    library_write(&library, &text);
    assert_true(shell_takes(&text, "dvo_file"));
    assert_false(shell_takes(&text, "dvo_database"));
    assert_false(shell_takes(&text, "dvo_install"));
    library_free(&library);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
