/* Types: names of the records, and for each form of text what passes, how it is spelt
 * afterwards, and what does not pass. */
#include "unit.h"

#include <string.h>

#include "ir/base/arena.h"
#include "ir/call.h"
#include "ir/type.h"

static struct arena arena;
static struct intern strings;

/* What became of a text: its canonical spelling, or NULL if it did not pass. */
static const char *form(enum type_kind k, const char *text)
{
    str_id out;
    const char *wrong = type_check_text(&strings, k, intern_cstr(&strings, text), &out);
    return wrong ? NULL : intern_text(&strings, out);
}

static void passes(enum type_kind k, const char *text, const char *canonical)
{
    const char *got = form(k, text);
    if (!got || strcmp(got, canonical) != 0)
        fail_msg("%s \"%s\": %s, not \"%s\"", type_example(k), text,
                 got ? got : "rejected", canonical);
}

static void rejects(enum type_kind k, const char *const *texts)
{
    for (; *texts; texts++)
        if (form(k, *texts))
            fail_msg("%s: \"%s\" passed", type_example(k), *texts);
}

#define REJECTS(k, ...) rejects(k, (const char *const[]){__VA_ARGS__, NULL})

static void paths(void **state)
{
    (void)state;
    passes(TYPE_PATH, "/etc/motd", "/etc/motd");
    passes(TYPE_PATH, "//etc/./x//y/", "/etc/x/y");
    passes(TYPE_PATH, "/a/b/../c", "/a/c");
    passes(TYPE_PATH, "/..", "/");
    passes(TYPE_PATH, "/", "/");
    passes(TYPE_PATH, "/bin/sh", "/usr/bin/sh");
    passes(TYPE_PATH, "/bin", "/usr/bin");
    passes(TYPE_PATH, "/binary", "/binary");
    passes(TYPE_PATH, "/sbin/init", "/usr/sbin/init");
    passes(TYPE_PATH, "/lib/systemd", "/usr/lib/systemd");
    passes(TYPE_PATH, "/lib64/ld.so", "/lib64/ld.so");
    passes(TYPE_PATH, "/var/run/x", "/run/x");
    passes(TYPE_PATH, "/var/lock/x", "/run/lock/x");
    passes(TYPE_PATH, "/etc/../bin/sh", "/usr/bin/sh");
    REJECTS(TYPE_PATH, "", "etc/motd", "./x", "/a\nb", "~/x");
    passes(TYPE_FILE, "files/./motd", "files/motd");
    passes(TYPE_FILE, "a/../b", "b");
    REJECTS(TYPE_FILE, "", "/etc/motd", "../x", "a/../../x", "a\nb");
    str_id out;
    assert_non_null(
        type_check_text(&strings, TYPE_PATH, intern(&strings, "/a\0b", 4), &out));
}

static void names_of_things(void **state)
{
    (void)state;
    passes(TYPE_UNIT, "nginx", "nginx.service");
    passes(TYPE_UNIT, "nginx.service", "nginx.service");
    passes(TYPE_UNIT, "a.timer", "a.timer");
    passes(TYPE_UNIT, "getty@tty1", "getty@tty1.service");
    passes(TYPE_UNIT, "foo.bar", "foo.bar.service");
    REJECTS(TYPE_UNIT, "", "-x", "a b", "a/b", "@x", ".service", "--now");
    passes(TYPE_LOGIN, "www-data", "www-data");
    passes(TYPE_LOGIN, "Debian-exim", "Debian-exim");
    passes(TYPE_LOGIN, "host$", "host$");
    REJECTS(TYPE_LOGIN, "", "-x", "a:b", "a b", "0", "1000", "a,b", "$",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    passes(TYPE_HOSTNAME, "web-1.example.org", "web-1.example.org");
    REJECTS(TYPE_HOSTNAME, "", "-a", "a-", "a..b", ".a", "a.", "a.-b", "a_b", "a\nb",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    passes(TYPE_ZONE, "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires");
    REJECTS(TYPE_ZONE, "", "/etc", "../x", "a//b", "a/", "1", "a b");
    passes(TYPE_SYSCTL, "net/ipv4/conf/eth0.1/forwarding",
           "net/ipv4/conf/eth0.1/forwarding");
    REJECTS(TYPE_SYSCTL, "", ".a", "a.", "a..b", "a/./b", "a b", "-a");
    passes(TYPE_WORD, "stable/updates", "stable/updates");
    REJECTS(TYPE_WORD, "", "a b", "a\tb", "a\nb", " ");
    passes(TYPE_FIELD, "Roße, '$`#", "Roße, '$`#");
    REJECTS(TYPE_FIELD, "a:b", "a\nb");
    passes(TYPE_TARGET, "../a b", "../a b");
    REJECTS(TYPE_TARGET, "", "a\nb");
    passes(TYPE_NAME, "web-1.x", "web-1.x");
    REJECTS(TYPE_NAME, "", "..", "-a", "a/b", "a b");
    passes(TYPE_JOB, "clean_up-2", "clean_up-2");
    REJECTS(TYPE_JOB, "", "a.b", "a/b");
    passes(TYPE_PACKAGES, "nginx", "nginx");
    passes(TYPE_PACKAGES, "libc6:amd64", "libc6:amd64");
    passes(TYPE_PACKAGES, "g++=4:12.2.0-3", "g++=4:12.2.0-3");
    REJECTS(TYPE_PACKAGES, "", "a", "Nginx", "-y", "a b", "nginx=", "nginx:=1", "x;y");
}

static void numbers_in_text(void **state)
{
    (void)state;
    passes(TYPE_MODE, "0644", "0644");
    passes(TYPE_MODE, "755", "0755");
    passes(TYPE_MODE, "4755", "4755");
    REJECTS(TYPE_MODE, "", "0o644", "0844", "u+x", "64", "00644");
    assert_int_equal(duration_ms("90s", 3), 90000);
    assert_int_equal(duration_ms("1h30m", 5), 5400000);
    assert_int_equal(duration_ms("500ms", 5), 500);
    assert_int_equal(duration_ms("2d", 2), 172800000);
    REJECTS(TYPE_DURATION, "", "90", "s", "1m1h", "1s1s", "-1s", "1.5s", "1 s",
            "99999999999999999999s", "9000000000000000000s");
    assert_int_equal(size_bytes("512MiB", 6), 512LL << 20);
    assert_int_equal(size_bytes("10GB", 4), 10000000000);
    assert_int_equal(size_bytes("100", 3), 100);
    REJECTS(TYPE_SIZE, "", "MiB", "1M", "1 GiB", "-1", "9000000000GiB");
    passes(TYPE_VERSION, ">= 1.2, <2", ">=1.2,<2");
    passes(TYPE_VERSION, "1.22.1-9~bpo+1", "1.22.1-9~bpo+1");
    REJECTS(TYPE_VERSION, "", ">=", "1,", ">1 || 2", "!1", "a b c$");
}

static void places_in_networks(void **state)
{
    (void)state;
    passes(TYPE_URL, "https://example.org/a?b=c#d", "https://example.org/a?b=c#d");
    passes(TYPE_URL, "http://[::1]:8080/", "http://[::1]:8080/");
    passes(TYPE_URL, "http://deb.example.org:80", "http://deb.example.org:80");
    passes(TYPE_URL, "file:///srv/packages", "file:///srv/packages");
    REJECTS(TYPE_URL, "", "example.org", "http://", "http:///x", "http://a b/",
            "http://a:99999/", "http://a:/", "http://[::1/", "http://a/\n", "http://a/\"",
            "http://\xc3\xa4/");
    passes(TYPE_CIDR, "10.0.0.0/24", "10.0.0.0/24");
    passes(TYPE_CIDR, "0.0.0.0/0", "0.0.0.0/0");
    passes(TYPE_CIDR, "2001:DB8::/32", "2001:db8::/32");
    REJECTS(TYPE_CIDR, "", "10.0.0.1", "10.0.0.1/24", "10.0.0.0/33", "10.0.0/24",
            "10.0.0.0/", "10.0.0.0/2x", "::/129");
    passes(TYPE_DIGEST,
           "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
           "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    REJECTS(TYPE_DIGEST, "", "sha256:12", "md5:00",
            "sha256:g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void patterns(void **state)
{
    (void)state;
    static const char *const good[] = {
        "^Port [0-9]+$",         "a|b",    "(ab)*c", "a{2,3}", "\\.conf$",
        "^#?PermitRootLogin .*", "[^a-z]", "(a|b)?", "x{3}"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        passes(TYPE_REGEX, good[i], good[i]);
    REJECTS(TYPE_REGEX, "", "(a", "a)", "[a", "a**", "(a+)+", "*a", "\\d", "(a)\\1",
            "(?i)a", "a{", "a{3,2}", "a{999}", "[[:alpha:]]", "a||b", "^*", "[z-a]",
            "a\nb", "]", "a|");
}

static void type_names(void **state)
{
    (void)state;
    static const char *const names[] = {"str",     "list[text]",    "dict[int]",
                                        "machine", "list[machine]", "any",
                                        "list",    "handle",        "triggers"};
    struct type t;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(type_parse(&strings, names[i], strlen(names[i]), &t));
        assert_string_equal(type_name(&strings, t), names[i]);
    }
    assert_true(type_parse(&strings, "list[machine]", 13, &t));
    assert_int_equal(t.kind, TYPE_LIST);
    assert_int_equal(t.item, TYPE_HANDLE);
    assert_string_equal(intern_text(&strings, t.handle), "machine");
    static const char *const bad[] = {"",         "list[",           "list[]",
                                      "str[int]", "list[list[int]]", "A b",
                                      "list[str", "[str]",           "9x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(type_parse(&strings, bad[i], strlen(bad[i]), &t));
    assert_true(type_is_text(TYPE_REGEX));
    assert_false(type_is_text(TYPE_PACKAGES));
}

static void backends(void **state)
{
    (void)state;
    for (int b = BACKEND_API; b < BACKEND_COUNT; b++)
        assert_int_equal(backend_named(backend_name((enum backend)b)), b);
    assert_int_equal(backend_named("puppet"), BACKEND_NONE);
    assert_int_equal(backend_named("none"), BACKEND_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),           cmocka_unit_test(names_of_things),
        cmocka_unit_test(numbers_in_text), cmocka_unit_test(places_in_networks),
        cmocka_unit_test(patterns),        cmocka_unit_test(type_names),
        cmocka_unit_test(backends),
    };
    intern_init(&strings, &arena);
    int failed = RUN_TESTS(tests);
    intern_free(&strings);
    arena_free(&arena);
    return failed;
}
