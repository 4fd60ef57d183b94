/* What the effects rows of the real records say together: which calls can tell whether
 * another stands before them. And every record says enough. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/program.h"
#include "ir/base/file.h"

static char dir[40], path[64];

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/dvo-place-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/place.dvo", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

/* Whether m.CALL once more behind m.OTHER is the m.CALL before it. */
static bool passes(const char *before, const char *call, const char *other)
{
    struct program p = {0};
    struct program_options o = {.path = path, .passes = {.verify_each = true}};
    struct buf text = {0};
    buf_str(&text, "m = cloud.create(flavor=provider.FLAVOR_SMALL)\nm.bootstrap()\n");
    if (*before)
        buf_printf(&text, "m.%s\n", before);
    buf_printf(&text, "m.%s\nm.%s\nm.%s\n", call, other, call);
    assert_true(file_replace(path, text.p, text.len, 0644));
    buf_free(&text);
    if (!program_open(&p, &o) || !program_evaluate(&p, &o)) {
        diags_print(&p.diags, stderr, DIAG_HUMAN, false);
        print_error("%s; %s; %s\n", before, call, other);
        fail();
    }
    bool one = p.graph.ops[p.graph.n - 1].merged > 0;
    program_close(&p);
    return one;
}

static void check(const char *before, const char *call, const char *other, bool apart)
{
    if (passes(before, call, other) != apart)
        fail_msg("m.%s and m.%s behind m.%s: %s", call, other, before,
                 apart ? "kept in order" : "not kept in order");
}

#define APART(call, other) check("", call, other, true)
#define ORDERED(call, other) check("", call, other, false)

#define FILE_AT(path) "file(\"" path "\", \"x\")"
#define OURS(path) "permissions(\"" path "\", mode=\"0644\")"
#define LINE(path) "line(\"" path "\", \"x\")"

static void test_paths(void **state)
{
    (void)state;
    APART(FILE_AT("/srv/a"), FILE_AT("/srv/b"));
    APART(FILE_AT("/srv/a"), FILE_AT("/srv/ab"));
    ORDERED(FILE_AT("/srv/a/b"), "directory(\"/srv/a\")");
    ORDERED("directory(\"/srv/a\")", FILE_AT("/srv/a/b/c"));
    ORDERED(FILE_AT("/srv/a/b"), "link(\"/srv\", \"/var/srv\")");
    ORDERED(FILE_AT("/mnt/a/b"), "mount(\"/mnt/a\", \"/dev/vdb\", \"ext4\")");
    ORDERED(FILE_AT("/srv/a/b"), "permissions(\"/srv/a\", mode=\"0755\")");
    ORDERED(FILE_AT("/srv/a/x.tar"),
            "unpack(\"/opt/x\", \"/srv/a/x.tar\", \"/opt/x/y\")");
    ORDERED(FILE_AT("/opt/x/y"), "unpack(\"/opt/x\", \"/srv/x.tar\", \"/opt/x/y\")");
    /* A missing folder is made where somebody else looks for something. */
    ORDERED("unpack(\"/opt/x\", \"/srv/a\", \"/opt/x/y\")", FILE_AT("/srv/a/b"));
    APART(FILE_AT("/srv/a"), "unpack(\"/opt/x\", \"/srv/x.tar\", \"/opt/x/y\")");
}

static void test_links(void **state)
{
    (void)state;
    check("link(\"/srv/l\", \"/srv/d\")", FILE_AT("/srv/d/f"), FILE_AT("/srv/l/f"),
          false);
    check("link(\"/srv/l\", \"/srv/d\")", FILE_AT("/srv/d/f"), FILE_AT("/srv/l/g"), true);
    check("link(\"/srv/l\", \"../opt/./d\")", FILE_AT("/opt/d/f"), FILE_AT("/srv/l/f"),
          false);
    check("link(\"/srv/l\", \"d/f\")", LINE("/srv/d/f"), LINE("/srv/l"), false);
    check("link(\"/srv/l\", \"/\")", FILE_AT("/opt/f"), FILE_AT("/srv/l/opt/f"), false);
    check("link(\"/srv/l\", \"l\")", FILE_AT("/opt/f"), FILE_AT("/srv/l/f"), false);
    check("mount(\"/mnt/b\", \"/srv/d\", \"none\", [\"bind\"])", FILE_AT("/srv/d/f"),
          FILE_AT("/mnt/b/f"), false);
    check("mount(\"/mnt/b\", \"LABEL=b\", \"ext4\")", FILE_AT("/srv/d/f"),
          FILE_AT("/mnt/b/f"), true);
    /* The link itself is not what it leads to. */
    APART("link(\"/srv/l\", \"/srv/d\")", FILE_AT("/srv/d/f"));
    check("link(\"/srv/k\", \"/srv/l\"); m.link(\"/srv/l\", \"/srv/d\")",
          FILE_AT("/srv/d/f"), FILE_AT("/srv/k/f"), false);
}

static void test_accounts(void **state)
{
    (void)state;
    ORDERED("user(\"ana\", uid=7)", "user(\"ben\")");
    ORDERED("user(\"ana\", groups=[\"web\"])", "group(\"web\")");
    ORDERED("file(\"/srv/a\", \"x\", owner=\"ana\")", "user(\"ana\")");
    APART("file(\"/srv/a\", \"x\", owner=\"ana\")", "user(\"ben\")");
    ORDERED("file(\"/srv/a\", \"x\", owner=\"ana\")", LINE("/etc/passwd"));
    ORDERED("user(\"ana\")", LINE("/etc/passwd"));
    ORDERED("user(\"ana\")", LINE("/etc/shadow"));
    ORDERED("group(\"web\")", LINE("/etc/group"));
    ORDERED("user(\"ana\")", FILE_AT("/etc/skel/.profile"));
    ORDERED("user(\"ana\")", FILE_AT("/home/ana/.profile"));
    ORDERED("user(\"ana\", home=\"/srv/ana\")", FILE_AT("/srv/ana/x"));
    ORDERED("cron(\"j\", \"@daily\", \"true\", login=\"ana\")", "user(\"ana\")");
}

static void test_homes(void **state)
{
    (void)state;
    const char *key = "authorized_key(\"ana\", \"ssh-rsa AAAA\")";
    ORDERED(key, "user(\"ana\")");
    ORDERED(key, FILE_AT("/opt/f")); /* for all that is known */
    check("user(\"ana\")", key, FILE_AT("/opt/f"), false);
    const char *home = "user(\"ana\", home=\"/srv/ana\")";
    check(home, key, FILE_AT("/opt/f"), true);
    check(home, key, "user(\"ben\")", true);
    check(home, key, FILE_AT("/srv/ana/.ssh/authorized_keys"), false);
    check("user(\"ana\", home=\"/srv/ana\", on_error=\"continue\")", key,
          FILE_AT("/opt/f"), false);
    check("user(\"ana\", home=\"/srv/ana\"); m.run([\"x\"], always=True)", key,
          FILE_AT("/opt/f"), false);
    check("user(\"ana\", home=\"/srv/ana\"); m.line(\"/etc/passwd\", \"x\")", key,
          FILE_AT("/opt/f"), false);
    check("link(\"/srv/ana\", \"/opt\"); m.user(\"ana\", home=\"/srv/ana\")", key,
          FILE_AT("/opt/f"), false);
}

static void test_system(void **state)
{
    (void)state;
    ORDERED("mount(\"/mnt/a\", \"/dev/vdb\", \"ext4\")", LINE("/etc/fstab"));
    ORDERED("mount(\"/mnt/a\", \"LABEL=a\", \"ext4\")",
            "filesystem(\"/dev/vdb\", label=\"a\")");
    ORDERED("cron(\"j\", \"@daily\", \"true\")", OURS("/etc/cron.d/j"));
    APART("cron(\"j\", \"@daily\", \"true\")", "cron(\"k\", \"@daily\", \"true\")");
    ORDERED("unit(\"a.service\", \"x\")",
            FILE_AT("/etc/systemd/system/a.service.d/b.conf"));
    ORDERED("unit(\"a.service\", \"x\")", OURS("/etc/systemd/system/a.service"));
    ORDERED("unit(\"a.service\", \"x\")", "unit(\"b.service\", \"x\")");
    APART("unit(\"a.service\", \"x\")", FILE_AT("/etc/a.conf"));
    ORDERED(FILE_AT("/etc/systemd/system/a.service"), "service(\"a\")");
    ORDERED("sysctl(\"vm.dirty_ratio\", 1)", "sysctl(\"vm.dirty_bytes\", 1)");
    ORDERED("sysctl(\"vm.swappiness\", 1)", FILE_AT("/etc/sysctl.d/10-x.conf"));
    ORDERED("hostname(\"a\")", OURS("/etc/hostname"));
    ORDERED("hostname(\"a\")", "sysctl(\"kernel.hostname\", \"a\")");
    APART("hostname(\"a\")", LINE("/etc/hosts"));
    ORDERED("timezone(\"UTC\")", FILE_AT("/usr/share/zoneinfo/UTC"));
    ORDERED("hold(\"git\")", LINE("/var/lib/dpkg/status"));
    ORDERED(FILE_AT("/srv/a"), "wait(path=\"/srv/a\")");
    ORDERED(FILE_AT("/srv/a"), "query([\"true\"])");
    APART("query([\"true\"])", "wait(port=1)");
}

/* ---- the records
 * ------------------------------------------------------------------------------------ */

static bool names_a_thing(struct type t)
{
    uint8_t kind = t.kind == TYPE_LIST ? t.item : t.kind;
    return kind == TYPE_PATH || kind == TYPE_LOGIN || kind == TYPE_UNIT ||
           kind == TYPE_PACKAGE || kind == TYPE_PACKAGES || kind == TYPE_JOB;
}

static bool says_enough(const struct call_info *call, uint32_t arg)
{
    for (uint32_t i = 0; i < call->neffects; i++) {
        const struct effect *e = &call->effects[i];
        if (e->any ? e->arg < 0 : e->arg == (int32_t)arg)
            return true;
    }
    return false;
}

/* A record that runs foreign code, or looks at anything, has said it all. */
static void test_every_record_says_enough(void **state)
{
    (void)state;
    struct program p = {0};
    struct program_options o = {.path = path};
    size_t methods = 0;
    assert_true(file_replace(path, "", 0, 0644));
    assert_true(program_open(&p, &o));
    for (size_t i = 0; i < p.glossary.nnames; i++) {
        if (!strchr(p.glossary.names[i], '.') &&
            strcmp(p.glossary.names[i], "expect") != 0)
            continue; /* a type's */
        call_id id = glossary_call(&p.glossary, p.glossary.names[i]);
        assert_int_not_equal(id, 0);
        const struct call_info *call = &p.calls.v[id];
        methods += call->method;
        if (call->method && !call->neffects)
            fail_msg("%s has no effects", p.glossary.names[i]);
        for (uint32_t k = 0; call->method && k < call->nargs; k++)
            if (names_a_thing(call->args[k].type) && !says_enough(call, k))
                fail_msg("%s(%s=) is in no row of its effects", p.glossary.names[i],
                         intern_text(&p.strings, call->args[k].name));
    }
    assert_true(methods > 30);
    program_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accounts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_homes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_system, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_record_says_enough, setup, teardown),
    };
    return RUN_TESTS(tests);
}
