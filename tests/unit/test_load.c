/* Build folders that are broken: whatever is wrong with a document is told before
 * anything is carried out, and an entry that has been changed since is not used. */
#include "unit.h"

#include "tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ir/base/arena.h"
#include "ir/base/buf.h"
#include "ir/base/digest.h"
#include "ir/base/file.h"
#include "runtime/calls.h"

#define PROVIDER "\"provider\": {\"name\": \"p\", \"words\": [\"/message\"]}"
#define KEY "dvo:p:abcdefghijklmnopqrstuvwxyz"
#define ENTRY(MORE)                                                                      \
    "{\"op\": 7, \"address\": \"a\", \"key\": \"" KEY "\", \"places\": {\"flavor\":"     \
    " [0, 5, 9]}, \"sequences\": {\"lookup\": [{\"path\": \"/" KEY "\"}]}" MORE "}"
#define CALLS(TEXT) "{\"format\": \"dvo-calls/2\", " PROVIDER ", \"calls\": [" TEXT "]}"
#define OP(MORE)                                                                         \
    "{\"id\": 7, \"address\": \"a\", \"call\": \"cloud.create\", \"do\": \"calls\","     \
    " \"at\": [0, 1, 7]" MORE "}"
#define HEAD "{\"format\": \"dvo-plan/2\", \"project\": \"p\", \"program\": \"p.dvo\", "
#define LINES "\"files\": [\"p.dvo\"], \"lines\": [[0, 1, \"create()\"]], "
#define PLAN(OPS) HEAD LINES "\"artefacts\": {%s}, \"ops\": [" OPS "]}"

static char dir[40];

static int setup(void **state)
{
    char api[64];
    (void)state;
    strcpy(dir, "/tmp/dvo-test-load-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(api, sizeof api, "%s/api", dir);
    return mkdir(api, 0755);
}

static int teardown(void **state)
{
    (void)state;
    return tree_remove(dir);
}

static void put(const char *name, const char *text)
{
    char *path = path_join(dir, name);
    assert_true(file_replace(path, text, strlen(text), 0644));
    free(path);
}

/* Writes both files; the plan has the digest of the other one where it says %s. */
static struct run_plan *load(const char *plan, const char *calls, char **message)
{
    char digest[DIGEST_TEXT_SIZE];
    struct buf text = {0}, artefact = {0};
    digest_text(calls, strlen(calls), digest);
    buf_printf(&artefact, "\"api/calls.json\": \"%s\"", digest);
    const char *hole = strstr(plan, "%s");
    buf_add(&text, plan, hole ? (size_t)(hole - plan) : strlen(plan));
    if (hole) {
        buf_str(&text, buf_text(&artefact));
        buf_str(&text, hole + 2);
    }
    put("plan.json", buf_text(&text));
    put("api/calls.json", calls);
    buf_free(&text);
    buf_free(&artefact);
    return plan_load(dir, NULL, message);
}

static const struct {
    const char *plan, *calls, *says;
} broken[] = {
    {"", CALLS(ENTRY("")), "plan.json: not JSON: '{' expected (line 1, column 1)"},
    {"{}", CALLS(ENTRY("")), "plan.json: format is missing"},
    {"{\"project\": \"p\"}", CALLS(ENTRY("")), "plan.json: format is missing"},
    {"{\"format\": \"dvo-plan/1\"}", CALLS(ENTRY("")), "plan.json: format is dvo-plan/1"},
    {HEAD "\"ops\": []}", CALLS(""), "the plan has no \"files\""},
    {HEAD LINES "\"artefacts\": {}}", CALLS(""), "the plan has no \"ops\""},
    {HEAD "\"ops\": {}}", CALLS(""), "\"ops\" is not a list"},
    {HEAD "\"ops\": [], \"ops\": []}", CALLS(""), "the plan has \"ops\" twice"},
    {HEAD "\"project\": \"q\"}", CALLS(""), "the plan has \"project\" twice"},
    {PLAN("7"), CALLS(ENTRY("")), "an op has no \"id\""},
    {PLAN(OP("") "," OP("")), CALLS(ENTRY("")), "the ids of ops do not grow"},
    {PLAN(OP(", \"data\": [6]")), CALLS(ENTRY("")), "data names op 6, which does not"},
    {PLAN(OP(", \"subject\": 8")), CALLS(ENTRY("")), "\"subject\" names op 8"},
    {PLAN(OP(", \"batches\": [1]")), CALLS(ENTRY("")), "a batch is not a number"},
    {PLAN(OP(", \"retries\": \"x\"")), CALLS(ENTRY("")), "\"retries\" of a is not an"},
    {PLAN(OP(", \"args\": []")), CALLS(ENTRY("")), "\"args\" of a is not an object"},
    {PLAN(OP(", \"id\": 8")), CALLS(ENTRY("")), "not JSON: duplicate object key"},
    {PLAN(OP("")) "x", CALLS(ENTRY("")), "not JSON: the end expected"},
    {PLAN(OP("")), "{}", "api/calls.json: format is missing"},
    {PLAN(OP("")), "{\"format\": \"dvo-calls/2\"}", "the file has no \"calls\""},
    {PLAN(OP("")), CALLS(""), "no entry for a"},
    {PLAN(OP("")), CALLS(ENTRY("") "," ENTRY("")), "a has two entries"},
    {PLAN(OP("")), CALLS("{\"op\": 8}"), "a call names op 8, which does not exist"},
    {PLAN(OP("")), CALLS("{\"op\": 7}"), "a has no \"sequences\""},
    {PLAN(OP("")), CALLS("{\"op\": 7, \"sequences\": []}"), "\"sequences\" of a is not"},
    {PLAN(OP("")),
     CALLS("{\"op\": 7, \"sequences\": {}, \"places\": {\"x\": [2, 1, 1]}}"),
     "the line of a place is not a number from 0 to 1"},
    {PLAN(OP("")), CALLS(ENTRY(", \"key\": 1")), "not JSON: duplicate object key"},
    {PLAN(OP("")), CALLS(ENTRY("") ","), "not JSON: unexpected token near ']'"},
    {PLAN(OP("")), CALLS(ENTRY(", \"result\": {]")), "not JSON: string or '}' expected"},
    {PLAN(OP("")), CALLS(ENTRY("")) "}", "not JSON: the end expected"},
};

static void test_broken(void **state)
{
    bool good = true;
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char *message = NULL;
        struct run_plan *p = load(broken[i].plan, broken[i].calls, &message);
        bool told = !p && strstr(message, broken[i].says);
        if (!told)
            print_error("%s: %s\n", broken[i].says, p ? "loaded" : message);
        good = good && told;
        plan_free(p);
        free(message);
    }
    assert_true(good);
}

static struct run_plan *load_good(const char *more)
{
    struct buf calls = {0};
    char *message = NULL;
    buf_printf(&calls, CALLS(ENTRY("%s")), more);
    struct run_plan *p = load(PLAN(OP("")), buf_text(&calls), &message);
    if (!p)
        fail_msg("%s", message);
    buf_free(&calls);
    return p;
}

static const char *path_of(const json_t *entry)
{
    const json_t *lookup = json_object_get(json_object_get(entry, "sequences"), "lookup");
    return json_string_value(json_object_get(json_array_get(lookup, 0), "path"));
}

static void test_entry_in_its_turn(void **state)
{
    struct run_plan *p = load_good(", \"args\": {\"p\": {\"$secret\": \"shop/token\"}}");
    struct fault f = {0};
    (void)state;
    assert_string_equal(p->ops[1].key, KEY);
    assert_string_equal(p->ops[1].secrets->path, "shop/token");
    json_t *entry = calls_entry(p, 1, &f);
    assert_string_equal(path_of(entry), "/" KEY);
    json_decref(entry);
    assert_int_equal(calls_place(p, 1, "flavor").column, 5);
    assert_int_equal(calls_place(p, 1, "image").column, 1);
    assert_int_equal(calls_place(p, 1, NULL).column, 1);
    plan_free(p);
}

static void test_entry_of_a_former_address(void **state)
{
    struct run_plan *p = load_good("");
    struct fault f = {0};
    (void)state;
    p->ops[1].rekeyed = "zyxwvutsrqponmlkjihgfedcba";
    json_t *entry = calls_entry(p, 1, &f);
    assert_string_equal(path_of(entry), "/dvo:p:zyxwvutsrqponmlkjihgfedcba");
    assert_string_equal(json_string_value(json_object_get(entry, "key")),
                        "dvo:p:zyxwvutsrqponmlkjihgfedcba");
    json_decref(entry);
    plan_free(p);
}

static void test_another_build_does_not_matter(void **state)
{
    struct run_plan *p = load_good("");
    struct fault f = {0};
    (void)state;
    put("api/calls.json", CALLS("")); /* a new file in the place of the old one */
    json_t *entry = calls_entry(p, 1, &f);
    assert_string_equal(path_of(entry), "/" KEY);
    json_decref(entry);
    plan_free(p);
}

static void test_changed_entry_is_not_used(void **state)
{
    struct run_plan *p = load_good("");
    struct fault f = {0};
    char *path = path_join(dir, "api/calls.json");
    FILE *file = fopen(path, "r+");
    (void)state;
    assert_non_null(file);
    fseek(file, (long)(p->ops[1].entry.at + p->ops[1].entry.len) - 10, SEEK_SET);
    fputs("!", file);
    fclose(file);
    free(path);
    assert_null(calls_entry(p, 1, &f));
    assert_int_equal(f.code, DVO_EPROTO);
    assert_non_null(strstr(f.message, "was changed while the plan was carried out"));
    assert_int_equal(calls_place(p, 1, "flavor").column, 1);
    fault_free(&f);
    plan_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entry_in_its_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entry_of_a_former_address, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_build_does_not_matter, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_changed_entry_is_not_used, setup, teardown),
    };
    return RUN_TESTS(tests);
}
