/* clouds.yaml and its company, as the runtime reads them: YAML as JSON, the search for
 * the files, which entry is meant, its many spellings, and what is said when it is wrong.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/file.h"
#include "runtime/clouds.h"
#include "runtime/yaml.h"

/* --- yaml ------------------------------------------------------------------------------
 */

static void reads_as(const char *yaml, const char *json)
{
    char *why = NULL;
    json_t *got = yaml_json(yaml, strlen(yaml), &why);
    json_t *wanted = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(wanted);
    if (!got || !json_equal(got, wanted)) {
        char *text = got ? json_dumps(got, JSON_ENCODE_ANY) : xstrdup(why ? why : "?");
        fail_msg("%s\nbecame %s", yaml, text);
    }
    json_decref(got);
    json_decref(wanted);
}

static void refused_with(const char *yaml, const char *part)
{
    char *why = NULL;
    json_t *got = yaml_json(yaml, strlen(yaml), &why);
    if (got || !why || !strstr(why, part))
        fail_msg("%s\nsays %s, not %s", yaml, got ? "nothing" : why, part);
    free(why);
}

static void yaml_becomes_json(void **state)
{
    (void)state;
    reads_as("", "null");
    reads_as("# nothing\n", "null");
    reads_as("a: 1\nb: [x, 'y', \"z\\n\"]\n",
             "{\"a\": \"1\", \"b\": [\"x\", \"y\", \"z\\n\"]}");
    reads_as("a: ~\nb:\nc: '~'\nd: null\n",
             "{\"a\": null, \"b\": null, \"c\": \"~\", \"d\": null}");
    reads_as("password: 0123\nother: 1e3\nflag: no\n",
             "{\"password\": \"0123\", \"other\": \"1e3\", \"flag\": \"no\"}");
    reads_as("x: &a {k: v}\ny: *a\n", "{\"x\": {\"k\": \"v\"}, \"y\": {\"k\": \"v\"}}");
    reads_as(
        "x: &a {k: v, l: w}\ny: {<<: *a, l: own}\n",
        "{\"x\": {\"k\": \"v\", \"l\": \"w\"}, \"y\": {\"k\": \"v\", \"l\": \"own\"}}");
    reads_as("x: &a {k: v}\ny: &b {k: w, m: n}\nz: {<<: [*a, *b]}\n",
             "{\"x\": {\"k\": \"v\"}, \"y\": {\"k\": \"w\", \"m\": \"n\"},"
             " \"z\": {\"k\": \"v\", \"m\": \"n\"}}");
    reads_as("{\"clouds\": {\"a\": {\"auth\": {\"username\": \"u\"}}}}",
             "{\"clouds\": {\"a\": {\"auth\": {\"username\": \"u\"}}}}");
    reads_as("t: |\n  one\n  two\n", "{\"t\": \"one\\ntwo\\n\"}");
}

static void yaml_says_where_it_is_wrong(void **state)
{
    (void)state;
    refused_with("a: 1\na: 2\n", "line 2, column 1");
    refused_with("a: [1\n", "line ");
    refused_with("a: b: c\n", "line 1, column 5");
    refused_with("[1]: x\n", "line 1, column 1");
    refused_with("a: *nobody\n", "line 1, column 4");
    refused_with("a: {<<: text}\n", "line 1, column 9");
    refused_with("a: &a [*a]\n", "nested too deep");
    refused_with("a: \"\xff\"\n", "");
    refused_with("\tx: 1\n", "line 1");
}

/* Ten levels of ten would be 10^10 nodes. */
static void yaml_does_not_explode(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_str(&text, "l0: &l0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (unsigned i = 1; i < 10; i++)
        buf_printf(
            &text, "l%u: &l%u [*l%u,*l%u,*l%u,*l%u,*l%u,*l%u,*l%u,*l%u,*l%u,*l%u]\n", i,
            i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    refused_with(buf_text(&text), "too large");
    buf_clear(&text);
    for (unsigned i = 0; i < 5000; i++)
        buf_char(&text, '[');
    refused_with(buf_text(&text), "");
    buf_free(&text);
}

/* Every beginning of a document is read or refused, and nothing else happens. */
static void yaml_takes_any_beginning(void **state)
{
    (void)state;
    const char *text =
        "clouds:\n  a: &a\n    auth: {username: 'u', password: \"p\\u00e9\"}\n"
        "    regions: [one, {name: two}]\n  b:\n    <<: *a\n    verify: no\n";
    for (size_t i = 0; i <= strlen(text); i++) {
        char *why = NULL;
        json_t *v = yaml_json(text, i, &why);
        assert_true((v != NULL) != (why != NULL));
        json_decref(v);
        free(why);
    }
}

/* --- a place of its own ----------------------------------------------------------------
 */

static char place[] = "/tmp/dvo-clouds-XXXXXX";
static char *home_folder;

static void write_file(const char *path, const char *text)
{
    char *folder = path_dir(path);
    assert_true(file_mkdirs(folder));
    assert_true(file_replace(path, text, strlen(text), 0600));
    free(folder);
}

static void forget_variables(void)
{
    extern char **environ;
    for (char **v = environ; *v;)
        if (!strncmp(*v, "OS_", 3)) {
            char *name = strndup(*v, strcspn(*v, "="));
            unsetenv(name);
            free(name);
            v = environ;
        } else {
            v++;
        }
}

static int fresh(void **state)
{
    (void)state;
    assert_int_equal(system("rm -rf -- ./* ./.config"), 0);
    forget_variables();
    unsetenv("XDG_CONFIG_HOME");
    setenv("HOME", home_folder, 1);
    return 0;
}

static int enter_place(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(place));
    assert_int_equal(chdir(place), 0);
    home_folder = path_join(place, "home");
    return 0;
}

static int leave_place(void **state)
{
    (void)state;
    int status = fresh(state) + chdir("/") + rmdir(place);
    free(home_folder);
    return status;
}

#define AUTH(USER)                                                                       \
    "{auth_url: 'http://id:5000', username: " USER                                       \
    ", password: hidden-word, project_id: p0}"

static json_t *facts_of(const char *cloud)
{
    struct fault f = {0};
    json_t *facts = json_object();
    if (!clouds_facts(cloud, facts, &f))
        fail_msg("%s: %s", error_name(f.code), f.message);
    return facts;
}

static void fact_is(const json_t *facts, const char *name, const char *json)
{
    json_t *wanted = json_loads(json, JSON_DECODE_ANY, NULL);
    const json_t *got = json_object_get(facts, name);
    if (!got || !json_equal(got, wanted)) {
        char *text = got ? json_dumps(got, JSON_ENCODE_ANY) : NULL;
        fail_msg("%s is %s, not %s", name, text ? text : "missing", json);
    }
    json_decref(wanted);
}

/* That this is the error, that its message has all the parts (parted by "|"), and no
 * secret. */
static void fails_with(const char *cloud, enum dvo_error code, const char *parts)
{
    struct fault f = {0};
    json_t *facts = json_object();
    assert_false(clouds_facts(cloud, facts, &f));
    struct buf all = {0};
    buf_printf(&all, "%s\n%s\n%s", f.message, f.words ? f.words : "",
               f.help ? f.help : "");
    if (f.code != code)
        fail_msg("%s: %s", error_name(f.code), buf_text(&all));
    char *copy = xstrdup(parts), *save = NULL;
    for (char *part = strtok_r(copy, "|", &save); part; part = strtok_r(NULL, "|", &save))
        if (!strstr(buf_text(&all), part))
            fail_msg("no \"%s\" in: %s", part, buf_text(&all));
    assert_null(strstr(buf_text(&all), "hidden-word"));
    free(copy);
    buf_free(&all);
    fault_free(&f);
    json_decref(facts);
}

/* --- clouds ----------------------------------------------------------------------------
 */

static void is_found_where_it_belongs(void **state)
{
    (void)state;
    static const struct {
        const char *path, *user;
    } places[] = {{"home/.config/openstack/clouds.json", "\"json\""},
                  {"home/.config/openstack/clouds.yml", "\"yml\""},
                  {"home/.config/openstack/clouds.yaml", "\"yaml\""},
                  {"clouds.yaml", "\"here\""}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct buf text = {0};
        buf_printf(
            &text,
            "{\"clouds\": {\"c\": {\"auth\": {\"auth_url\": \"http://id\","
            " \"username\": %s, \"project_id\": \"p\", \"password\": \"hidden-word\"}}}}",
            places[i].user);
        write_file(places[i].path, buf_text(&text));
        json_t *facts = facts_of("c");
        fact_is(facts, "username", places[i].user);
        json_decref(facts);
        buf_free(&text);
    }
    write_file("xdg/openstack/clouds.yaml", "clouds: {c: {auth: " AUTH("xdg") "}}");
    write_file("named.yaml", "clouds: {c: {auth: " AUTH("named") "}}");
    setenv("XDG_CONFIG_HOME", "xdg", 1);
    unlink("clouds.yaml");
    json_t *facts = facts_of("c");
    fact_is(facts, "username", "\"xdg\"");
    json_decref(facts);
    setenv("OS_CLIENT_CONFIG_FILE", "named.yaml", 1);
    facts = facts_of("c");
    fact_is(facts, "username", "\"named\"");
    json_decref(facts);
}

static void secrets_come_from_a_second_file(void **state)
{
    (void)state;
    write_file("clouds.yaml",
               "clouds: {c: {region_name: R, auth: {auth_url: "
               "'http://id/', username: u, password: public, project_id: p}}}");
    write_file("home/.config/openstack/secure.yaml",
               "clouds: {c: {auth: {password: hidden-word}}, other: {auth: {}}}");
    json_t *facts = facts_of("c");
    fact_is(facts, "password", "\"hidden-word\"");
    fact_is(facts, "username", "\"u\"");
    fact_is(facts, "region_name", "\"R\"");
    json_decref(facts);
    write_file("mine.yaml", "clouds: {c: {auth: {password: mine}}}");
    setenv("OS_CLIENT_SECURE_FILE", "mine.yaml", 1);
    facts = facts_of("c");
    fact_is(facts, "password", "\"mine\"");
    json_decref(facts);
}

static void the_right_entry_is_taken(void **state)
{
    (void)state;
    write_file("clouds.yaml", "clouds: {one: {auth: " AUTH("first") "}}");
    json_t *facts = facts_of(NULL); /* the only one */
    fact_is(facts, "username", "\"first\"");
    json_decref(facts);
    write_file("clouds.yaml", "clouds: {one: {auth: " AUTH(
                                  "first") "}, two: {auth: " AUTH("second") "}}");
    setenv("OS_CLOUD", "two", 1);
    facts = facts_of(NULL);
    fact_is(facts, "username", "\"second\"");
    json_decref(facts);
    facts = facts_of("one"); /* the provider's file comes first */
    fact_is(facts, "username", "\"first\"");
    json_decref(facts);
    unsetenv("OS_CLOUD");
    fails_with(NULL, DVO_EINVAL, "which cloud|OS_CLOUD|clouds.yaml");
    setenv("OS_AUTH_URL", "https://id/identity/v3/", 1);
    setenv("OS_USERNAME", "env", 1);
    setenv("OS_PASSWORD", "hidden-word", 1);
    setenv("OS_PROJECT_NAME", "p", 1);
    facts = facts_of(NULL);
    fact_is(facts, "username", "\"env\"");
    fact_is(facts, "auth_url", "\"https://id/identity/v3\"");
    fact_is(facts, "scope",
            "{\"project\": {\"name\": \"p\", \"domain\": {\"id\": \"default\"}}}");
    json_decref(facts);
}

static void spellings_become_one(void **state)
{
    (void)state;
    write_file(
        "clouds.yaml",
        "clouds:\n"
        "  flat: {auth_url: 'http://id:5000/', username: u, password: hidden-word,\n"
        "         tenant_name: p, user-domain-name: D, project_domain_id: d1,\n"
        "         endpoint_type: internalURL, insecure: yes,\n"
        "         regions: [{name: R1, values: {}}, R2]}\n"
        "  nested: {auth: {auth_url: 'http://id/v3', user_id: 77, project_id: p1,\n"
        "           password: 0123}, verify: False, interface: admin,\n"
        "           regions: [R2], cacert: /ca.pem}\n"
        "  plain: {auth: " AUTH(
            "u") "}\n"
                 "  checked: {auth: " AUTH(
                     "u") ", verify: true}\n"
                          "  application: {auth_type: v3applicationcredential, auth: "
                          "{auth_url: "
                          "'http://id', application_credential_id: a1, "
                          "application_credential_secret: hidden-word}}\n"
                          "  token: {auth_type: token, auth: {auth_url: 'http://id', "
                          "token: t, "
                          "project_id: p}}\n");
    json_t *facts = facts_of("flat");
    fact_is(facts, "auth_url", "\"http://id:5000/v3\"");
    fact_is(facts, "interface", "\"internal\"");
    fact_is(facts, "region_name", "\"R1\"");
    fact_is(facts, "verify", "false");
    fact_is(facts, "scope",
            "{\"project\": {\"name\": \"p\", \"domain\": {\"id\": \"d1\"}}}");
    json_decref(facts);
    facts = facts_of("nested");
    fact_is(facts, "password", "\"0123\"");
    fact_is(facts, "auth_url", "\"http://id/v3\"");
    fact_is(facts, "interface", "\"admin\"");
    fact_is(facts, "region_name", "\"R2\"");
    fact_is(facts, "verify", "false");
    fact_is(facts, "cacert", "\"/ca.pem\"");
    fact_is(facts, "scope", "{\"project\": {\"id\": \"p1\"}}");
    json_decref(facts);
    facts = facts_of("plain");
    fact_is(facts, "interface", "\"public\"");
    fact_is(facts, "region_name", "null");
    fact_is(facts, "verify", "true");
    fact_is(facts, "cacert", "null");
    fact_is(facts, "scope", "{\"project\": {\"id\": \"p0\"}}");
    json_decref(facts);
    facts = facts_of("checked");
    fact_is(facts, "verify", "true");
    json_decref(facts);
    json_decref(facts_of("application"));
    json_decref(facts_of("token"));
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    fails_with("demo", DVO_ENOENT, "demo|./clouds.yaml|/etc/openstack/clouds.yaml");
    fails_with(NULL, DVO_EINVAL, "which cloud");
    write_file(
        "clouds.yaml",
        "clouds:\n"
        "  demo: {auth: {auth_url: 'http://id', username: u}}\n"
        "  nowhere: {auth: {username: u, password: hidden-word}}\n"
        "  nobody: {auth: {auth_url: 'http://id', password: hidden-word}}\n"
        "  free: {auth: {auth_url: 'http://id', username: u, password: hidden-word}}\n"
        "  half: {auth: {auth_url: 'http://id', "
        "application_credential_secret: hidden-word}}\n"
        "  vendor: {profile: somebody, auth: " AUTH("u") "}\n"
                                                         "  broken: just a text\n");
    fails_with("demi", DVO_ENOENT, "demi|nowhere|did you mean demo|./clouds.yaml");
    fails_with("demo", DVO_EAUTH, "demo|password|secure.yaml");
    fails_with("nowhere", DVO_EINVAL, "nowhere|auth_url");
    fails_with("nobody", DVO_EAUTH, "nobody|user");
    fails_with("free", DVO_EINVAL, "free|project_name");
    fails_with("half", DVO_EINVAL, "half|application_credential_id");
    fails_with("vendor", DVO_ENOSYS, "vendor|profile|auth_url");
    fails_with("broken", DVO_ENOENT, "broken");
    write_file("clouds.yaml", "clouds:\n  demo: {password: hidden-word\n  x: y: z\n");
    fails_with("demo", DVO_EINVAL, "clouds.yaml|line ");
    write_file("clouds.yaml", "hidden-word\n");
    fails_with("demo", DVO_ENOENT, "demo");
    setenv("OS_AUTH_URL", "http://id", 1);
    setenv("OS_USERNAME", "u", 1);
    fails_with(NULL, DVO_EAUTH, "OS_PASSWORD");
}

static void says_that_it_may_not_read(void **state)
{
    (void)state;
    write_file("clouds.yaml", "clouds: {c: {auth: " AUTH("u") "}}");
    assert_int_equal(mkdir("folder.yaml", 0700), 0);
    setenv("OS_CLIENT_CONFIG_FILE", "folder.yaml", 1);
    fails_with("c", DVO_EAUTH, "folder.yaml|directory");
    unsetenv("OS_CLIENT_CONFIG_FILE");
    if (geteuid() == 0) /* whom no mode stops */
        assert_int_equal(chmod(place, 0755) + seteuid(65534), 0);
    else
        assert_int_equal(chmod("clouds.yaml", 0), 0);
    fails_with("c", DVO_EAUTH, "clouds.yaml|Permission denied");
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_becomes_json),
        cmocka_unit_test(yaml_says_where_it_is_wrong),
        cmocka_unit_test(yaml_does_not_explode),
        cmocka_unit_test(yaml_takes_any_beginning),
        cmocka_unit_test_setup(is_found_where_it_belongs, fresh),
        cmocka_unit_test_setup(secrets_come_from_a_second_file, fresh),
        cmocka_unit_test_setup(the_right_entry_is_taken, fresh),
        cmocka_unit_test_setup(spellings_become_one, fresh),
        cmocka_unit_test_setup(says_what_is_wrong, fresh),
        cmocka_unit_test_setup(says_that_it_may_not_read, fresh),
    };
    return cmocka_run_group_tests_name(__FILE_NAME__, tests, enter_place, leave_place);
}
