/* The lock and directory repositories: choosing, pinning, pinning anew, --locked, and the
 * errors that name what there is. */
#include "compiler/lock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/program.h"
#include "ir/base/file.h"
#include "unit.h"

struct fixture {
    char folder[32];
    struct program p;
};

/* Runs a command in the folder. */
static void shell(const struct fixture *f, const char *script)
{
    struct buf command = {0};
    buf_printf(&command, "cd %s && ", f->folder);
    buf_str(&command, script);
    assert_int_equal(system(buf_text(&command)), 0);
    buf_free(&command);
}

static void configure(struct fixture *f, const char *yaml)
{
    struct program *p = &f->p;
    memset(p, 0, sizeof *p);
    sources_init(&p->sources, &p->arena);
    diags_init(&p->diags, &p->arena, &p->sources);
    p->folder = f->folder;
    p->config.arena = &p->arena;
    p->config.sources = &p->sources;
    const char *path = arena_printf(&p->arena, "%s/dvo.yaml", f->folder);
    file_id file = source_add(&p->sources, path, yaml, strlen(yaml));
    p->config.dvo = yaml_parse(&p->sources, file, &p->arena, &p->diags);
    assert_non_null(p->config.dvo);
}

static void finish(struct fixture *f)
{
    lock_free(&f->p.lock);
    diags_free(&f->p.diags);
    sources_free(&f->p.sources);
    arena_free(&f->p.arena);
}

static const char one_folder[] =
    "repositories: [{name: ours, type: directory, path: packages}]";

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->folder, "/tmp/dvo-lock-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    shell(f,
          "mkdir -p packages/pool root/DEBIAN root/lib/systemd/system && cd root &&"
          "touch lib/systemd/system/b.service lib/systemd/system/a.service"
          " lib/systemd/system/a@.service lib/systemd/system/a.timer &&"
          "ln -s a.service lib/systemd/system/alias.service && cd .. &&"
          "for v in 1.0 1.1-1 1.10 2~rc1; do"
          " printf 'Package: my-app\\nVersion: %s\\nArchitecture: all\\nMaintainer: x "
          "<x@y>\\n"
          "Description: x\\n' $v >root/DEBIAN/control;"
          " dpkg-deb --root-owner-group -Znone -b root packages/pool/my-app_${v}_all.deb"
          " >/dev/null 2>&1 || exit 1; done && mv packages/pool/my-app_1.10_all.deb"
          " packages/newest.deb && touch packages/other-app_1_all.deb packages/README");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    shell(f, "rm -rf packages root dvo.lock");
    rmdir(f->folder);
    free(f);
    return 0;
}

static const struct package_file *find(struct fixture *f, const char *package,
                                       const char *range, struct package_error *error)
{
    const struct package_query q = {package, range, ""};
    return lock_find(&f->p.lock, &q, error);
}

static void test_pin(void **state)
{
    struct fixture *f = *state;
    struct package_error error;
    char digest[DIGEST_TEXT_SIZE];
    configure(f, one_folder);
    assert_true(lock_open(&f->p.lock, &f->p, false));
    const struct package_file *file = find(f, "my-app", "", &error);
    assert_non_null(file);
    assert_string_equal(file->version, "2~rc1");
    assert_string_equal(file->path, "pool/my-app_2~rc1_all.deb");
    assert_string_equal(file->file, "my-app_2~rc1_all.deb");
    assert_int_equal(file->nservices, 2);
    assert_string_equal(file->services[0], "a.service");
    assert_string_equal(file->services[1], "b.service");
    /* A file whose name does not tell is read. */
    assert_string_equal(find(f, "my-app", "<2~", &error)->path, "newest.deb");
    assert_ptr_equal(find(f, "my-app", " < 2~ ", &error),
                     find(f, "my-app", "<2~", &error));
    assert_string_equal(find(f, "my-app", "1.1", &error)->version, "1.1-1");
    strcpy(digest, lock_digest(&f->p.lock));
    assert_true(lock_save(&f->p.lock, &f->p.diags));
    finish(f);

    /* Newer files do not matter any more, and nothing may need to be pinned. */
    shell(f, "cp packages/newest.deb packages/my-app_9_all.deb");
    configure(f, one_folder);
    assert_true(lock_open(&f->p.lock, &f->p, true));
    assert_string_equal(find(f, "my-app", "1.1", &error)->version, "1.1-1");
    assert_string_equal(find(f, "my-app", "<2~", &error)->path, "newest.deb");
    assert_string_not_equal(lock_digest(&f->p.lock), digest);
    assert_string_equal(find(f, "my-app", "", &error)->version, "2~rc1");
    assert_string_equal(lock_digest(&f->p.lock), digest);
    assert_null(find(f, "my-app", "1.0", &error));
    assert_int_equal(error.code, 821);
    finish(f);
}

static void test_stale(void **state)
{
    struct fixture *f = *state;
    struct package_error error;
    configure(f, one_folder);
    assert_true(lock_open(&f->p.lock, &f->p, false));
    assert_non_null(find(f, "my-app", "1.0", &error));
    assert_true(lock_save(&f->p.lock, &f->p.diags));
    finish(f);

    shell(f, "printf x >>"
             "packages/pool/my-app_1.0_all.deb");
    configure(f, one_folder);
    assert_true(lock_open(&f->p.lock, &f->p, true));
    assert_null(find(f, "my-app", "1.0", &error));
    assert_int_equal(error.code, 821);
    assert_int_not_equal(error.at.file, 0);
    finish(f);

    configure(f, one_folder);
    assert_true(lock_open(&f->p.lock, &f->p, false));
    assert_non_null(find(f, "my-app", "1.0", &error));
    assert_int_equal(f->p.diags.n, 1);
    assert_int_equal(f->p.diags.v[0]->code, 827);
    assert_true(f->p.lock.changed);
    finish(f);
}

static void test_errors(void **state)
{
    struct fixture *f = *state;
    struct package_error error;
    configure(f, one_folder);
    assert_true(lock_open(&f->p.lock, &f->p, false));
    assert_null(find(f, "my-ap", "", &error));
    assert_int_equal(error.code, 540);
    assert_string_equal(error.help, "did you mean \"my-app\"?");
    assert_null(find(f, "my-app", ">3", &error));
    assert_int_equal(error.code, 541);
    assert_string_equal(error.help, "there are 2~rc1, 1.10, 1.1-1, 1.0");
    assert_null(find(f, "other-app", "", &error)); /* an empty file */
    assert_int_equal(error.code, 825);
    assert_false(f->p.lock.changed);
    finish(f);

    static const struct {
        const char *yaml;
        unsigned code;
    } cases[] = {
        {"{}", 543},
        {"repositories: [{name: a, type: rpm, path: x}]", 823},
        {"repositories: [{name: a, type: directory}]", 823},
        {"repositories: [{name: a, type: directory, path: packages}, {name: a, type: "
         "apt}]",
         823},
        {"repositories: [{name: a b, type: directory, path: packages}]", 823},
        {"repositories: [{name: a, type: directory, path: nowhere}]", 824},
        {"repositories: [{name: a, type: directory, path: packages/README}]", 824},
        {"repositories: [{name: d, type: apt}, {name: a, type: directory, path: "
         "packages}]",
         826},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        configure(f, cases[i].yaml);
        assert_true(lock_open(&f->p.lock, &f->p, false));
        assert_null(find(f, "absent", "", &error));
        assert_int_equal(error.code, cases[i].code);
        finish(f);
    }
    /* An apt repository is no hindrance if nobody needs it. */
    configure(f, cases[7].yaml);
    assert_true(lock_open(&f->p.lock, &f->p, false));
    assert_non_null(find(f, "my-app", "", &error));
    finish(f);
}

static void test_malformed(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {
        "a: [",
        "[]",
        "format: dvo-lock/2",
        "format: dvo-lock/1",
        "format: dvo-lock/1\npackages: [{}]",
        "format: dvo-lock/1\npackages: [{find: {package: a}, version: \"1\", "
        "architecture: all, "
        "digest: d, size: x, repo: r, path: p, services: []}]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        configure(f, one_folder);
        const char *path = arena_printf(&f->p.arena, "%s/dvo.lock", f->folder);
        assert_true(file_replace(path, bad[i], strlen(bad[i]), 0644));
        assert_false(lock_open(&f->p.lock, &f->p, false));
        assert_int_equal(f->p.diags.errors, 1);
        finish(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pin, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stale, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_malformed, setup, teardown),
    };
    return RUN_TESTS(tests);
}
