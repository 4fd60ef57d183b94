/* VALUE expressions as the plan writes them, over a made-up run with one op of each
 * outcome. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/value.h"

enum { OP_DONE = 1, OP_SKIPPED, OP_STARTING };

static unsigned refs; /* how often a field was asked for */

static json_t *source_fails(struct value_source *s, enum value_outcome outcome)
{
    s->outcome = outcome;
    if (outcome == VALUE_FAULT)
        fault_set(&s->fault, DVO_ENOENT, "not there");
    return NULL;
}

static json_t *source_ref(struct value_source *s, json_int_t op, const char *field)
{
    refs++;
    if (op == OP_SKIPPED && strcmp(field, "changed"))
        return source_fails(s, VALUE_SKIPPED);
    if (op == OP_STARTING)
        return source_fails(s, VALUE_WAIT);
    json_t *v = json_object_get(s->ctx, field);
    return v ? json_incref(v) : source_fails(s, VALUE_FAULT);
}

static json_t *source_get(struct value_source *s, json_int_t op, const char *method,
                          const json_t *arg)
{
    if (op == OP_SKIPPED)
        return source_fails(s, VALUE_SKIPPED);
    if (strcmp(method, "endpoint"))
        return source_fails(s, VALUE_FAULT);
    return json_pack("{s:s,s:I}", "host", "10.0.0.7", "port",
                     json_integer_value(arg) + 1);
}

static const char *source_secret(struct value_source *s, const char *path)
{
    if (!strcmp(path, "shop/token"))
        return "s3cret";
    source_fails(s, VALUE_FAULT);
    return NULL;
}

/* What an expression comes to, as JSON text; NULL: see the source. */
static char *evaluate(struct value_source *s, const char *expr)
{
    json_error_t error;
    json_t *e = json_loads(expr, JSON_DECODE_ANY, &error);
    if (!e)
        fail_msg("%s: %s", expr, error.text);
    json_t *fields = json_pack("{s:s,s:i,s:b,s:[s,s]}", "ip", "10.0.0.7", "port", 8080,
                               "changed", 1, "names", "a", "b");
    json_t *vars = json_pack("{s:s,s:n}", "id", "i 1/2", "none");
    json_t *facts = json_pack("{s:s}", "public_key", "ssh-ed25519 AAAA");
    *s = (struct value_source){.ref = source_ref,
                               .get = source_get,
                               .secret = source_secret,
                               .vars = vars,
                               .provider = facts,
                               .ctx = fields};
    json_t *v = value_evaluate(s, e);
    if (!v && s->outcome == VALUE_READY)
        fail_msg("%s gives nothing and says not why", expr);
    assert_int_equal(s->fault.code != DVO_OK,
                     s->outcome == VALUE_FAULT || s->outcome == VALUE_UNSET);
    char *text =
        v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(v);
    json_decref(e);
    json_decref(fields);
    json_decref(vars);
    json_decref(facts);
    return text;
}

static void check(const char *expr, const char *want)
{
    struct value_source s;
    char *got = evaluate(&s, expr);
    if (!got)
        fail_msg("%s: outcome %d, %s", expr, s.outcome,
                 s.fault.message ? s.fault.message : "no fault");
    assert_string_equal(got, want);
    assert_int_equal(s.outcome, VALUE_READY);
    free(got);
}

static void check_lacks(const char *expr, enum value_outcome outcome,
                        enum dvo_error error)
{
    struct value_source s;
    char *got = evaluate(&s, expr);
    if (got || s.outcome != outcome || s.fault.code != error)
        fail_msg("%s: got %s, outcome %d, %s", expr, got ? got : "nothing", s.outcome,
                 error_name(s.fault.code));
    fault_free(&s.fault);
}

static void leaves_literals(void **state)
{
    (void)state;
    static const char *const literals[] = {"null",
                                           "true",
                                           "0",
                                           "-1.5",
                                           "\"$ref\"",
                                           "[]",
                                           "{}",
                                           "[1,[\"a\",null]]",
                                           "{\"a\":{\"b\":[false]}}"};
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++)
        check(literals[i], literals[i]);
    check("{\"$dict\":[[\"$ref\",1],[\"a\",{\"$var\":\"id\"}]]}",
          "{\"$ref\":1,\"a\":\"i 1/2\"}");
    check("{\"$dict\":[]}", "{}");
}

static void finds_values(void **state)
{
    (void)state;
    check("{\"$ref\":[1,\"ip\"]}", "\"10.0.0.7\"");
    check("{\"$handle\":1}", "true");
    check("{\"$get\":[1,\"endpoint\",8080]}", "{\"host\":\"10.0.0.7\",\"port\":8081}");
    check("{\"$get\":[1,\"endpoint\",{\"$ref\":[1,\"port\"]}]}",
          "{\"host\":\"10.0.0.7\",\"port\":8081}");
    check("{\"$var\":\"id\"}", "\"i 1/2\"");
    check("{\"$var\":\"none\"}", "null");
    check("{\"$provider\":\"public_key\"}", "\"ssh-ed25519 AAAA\"");
    check("{\"a\":[{\"$ref\":[1,\"names\"]}],\"b\":{\"c\":{\"$ref\":[1,\"port\"]}}}",
          "{\"a\":[[\"a\",\"b\"]],\"b\":{\"c\":8080}}");
}

static void prints_texts(void **state)
{
    (void)state;
    check("{\"$text\":[]}", "\"\"");
    check("{\"$text\":[\"http://\",{\"$ref\":[1,\"ip\"]},\":\",{\"$ref\":[1,\"port\"]}]}",
          "\"http://10.0.0.7:8080\"");
    check("{\"$text\":[true,\" \",false,\" \",null,\" \",-3]}", "\"True False None -3\"");
    check("{\"$text\":[1.0,\" \",0.1,\" \",2.5e300]}", "\"1.0 0.1 2.5e+300\"");
    check("{\"$text\":[[1,\"a\"],{\"b\":{\"$var\":\"none\"}}]}",
          "\"[1,\\\"a\\\"]{\\\"b\\\":null}\"");
}

static void decides_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *cond;
        bool holds;
    } cases[] = {
        {"\"true\",1", true},
        {"\"true\",0", false},
        {"\"true\",\"\"", false},
        {"\"true\",\"x\"", true},
        {"\"true\",[]", false},
        {"\"true\",{\"a\":1}", true},
        {"\"true\",null", false},
        {"\"true\",0.0", false},
        {"\"true\",{\"$handle\":1}", true},
        {"\"not\",{\"$handle\":1}", false},
        {"\"eq\",1,1.0", true},
        {"\"eq\",\"1\",1", false},
        {"\"eq\",true,1", false},
        {"\"eq\",null,null", true},
        {"\"eq\",{\"$ref\":[1,\"names\"]},[\"a\",\"b\"]", true},
        {"\"ne\",{\"$ref\":[1,\"port\"]},8080", false},
        {"\"ne\",\"a\",\"b\"", true},
        {"\"lt\",1,2", true},
        {"\"lt\",2,2", false},
        {"\"le\",2,2.0", true},
        {"\"gt\",9007199254740993,9007199254740992", true},
        {"\"ge\",-1,0.5", false},
        {"\"lt\",\"abc\",\"abd\"", true},
        {"\"ge\",\"b\",\"abc\"", true},
        {"\"in\",\"a\",{\"$ref\":[1,\"names\"]}", true},
        {"\"not_in\",\"c\",{\"$ref\":[1,\"names\"]}", true},
        {"\"in\",1,[2,1.0]", true},
        {"\"in\",\"0.0\",{\"$ref\":[1,\"ip\"]}", true},
        {"\"in\",\"k\",{\"k\":null}", true},
        {"\"not_in\",\"v\",{\"k\":\"v\"}", true},
        {"\"all\"", true},
        {"\"any\"", false},
        {"\"all\",{\"$cond\":[\"true\",1]},{\"$cond\":[\"true\",0]}", false},
        {"\"any\",{\"$cond\":[\"true\",0]},{\"$cond\":[\"eq\",2,2]}", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf expr = {0};
        buf_printf(&expr, "{\"$cond\":[%s]}", cases[i].cond);
        check(expr.p, cases[i].holds ? "true" : "false");
        buf_free(&expr);
    }
}

static void stops_at_the_operand_that_decides(void **state)
{
    (void)state;
    refs = 0;
    check("{\"$cond\":[\"any\",true,{\"$ref\":[2,\"ip\"]}]}", "true");
    check("{\"$cond\":[\"all\",false,{\"$ref\":[2,\"ip\"]}]}", "false");
    assert_int_equal(refs, 0);
    check_lacks("{\"$cond\":[\"all\",true,{\"$ref\":[2,\"ip\"]}]}", VALUE_SKIPPED,
                DVO_OK);
    check_lacks("{\"$cond\":[\"any\",false,{\"$ref\":[3,\"ip\"]}]}", VALUE_WAIT, DVO_OK);
}

/* Whatever is around it, a value that is not there keeps its reason. */
static void tells_why_a_value_lacks(void **state)
{
    (void)state;
    static const char *const around[] = {
        "%s",
        "[1,%s]",
        "{\"a\":1,\"b\":%s}",
        "{\"$dict\":[[\"$a\",%s]]}",
        "{\"$text\":[\"x\",%s]}",
        "{\"$cond\":[\"true\",%s]}",
        "{\"$cond\":[\"eq\",1,%s]}",
        "{\"$cond\":[\"in\",%s,[]]}",
        "{\"$cond\":[\"any\",false,%s]}",
        "{\"$get\":[1,\"endpoint\",%s]}",
    };
    static const struct {
        const char *expr;
        enum value_outcome outcome;
        enum dvo_error error;
    } lacking[] = {
        {"{\"$ref\":[2,\"ip\"]}", VALUE_SKIPPED, DVO_OK},
        {"{\"$get\":[2,\"endpoint\",80]}", VALUE_SKIPPED, DVO_OK},
        {"{\"$ref\":[3,\"ip\"]}", VALUE_WAIT, DVO_OK},
        {"{\"$ref\":[1,\"none\"]}", VALUE_FAULT, DVO_ENOENT},
        {"{\"$secret\":\"shop/none\"}", VALUE_FAULT, DVO_ENOENT},
        {"{\"$var\":\"unknown\"}", VALUE_UNSET, DVO_EPROTO},
        {"{\"$provider\":\"unknown\"}", VALUE_FAULT, DVO_EPROTO},
    };
    for (size_t a = 0; a < sizeof around / sizeof *around; a++)
        for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++) {
            struct buf expr = {0};
            const char *hole = strstr(around[a], "%s");
            buf_add(&expr, around[a], (size_t)(hole - around[a]));
            buf_str(&expr, lacking[i].expr);
            buf_str(&expr, hole + 2);
            check_lacks(expr.p, lacking[i].outcome, lacking[i].error);
            buf_free(&expr);
        }
    /* Whether a skipped op has changed is known: it has not been asked for its fields. */
    check("{\"$handle\":2}", "true");
}

static void refuses_malformed_values(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"$nonsense\":1}",
        "{\"$\":1}",
        "{\"$ref\":1}",
        "{\"$ref\":[1]}",
        "{\"$ref\":[1,2]}",
        "{\"$get\":[1,\"endpoint\"]}",
        "{\"$get\":[1,2,3]}",
        "{\"$secret\":7}",
        "{\"$var\":7}",
        "{\"$dict\":[[1,2]]}",
        "{\"$dict\":[[\"a\"]]}",
        "{\"$cond\":\"eq\"}",
        "{\"$cond\":[]}",
        "{\"$cond\":[1,2]}",
        "{\"$cond\":[\"eq\",1]}",
        "{\"$cond\":[\"true\"]}",
        "{\"$cond\":[\"xor\",1,2]}",
        "{\"$cond\":[\"lt\",1,\"a\"]}",
        "{\"$cond\":[\"lt\",null,1]}",
        "{\"$cond\":[\"ge\",[1],[2]]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_lacks(bad[i], VALUE_FAULT, DVO_EPROTO);
}

static void taints(void **state)
{
    (void)state;
    static const struct {
        const char *expr, *want;
        bool tainted;
    } cases[] = {
        {"{\"$ref\":[1,\"ip\"]}", "\"10.0.0.7\"", false},
        {"\"s3cret\"", "\"s3cret\"", false},
        {"{\"$secret\":\"shop/token\"}", "\"s3cret\"", true},
        {"{\"a\":[{\"$text\":[\"Bearer \",{\"$secret\":\"shop/token\"}]}]}",
         "{\"a\":[\"Bearer s3cret\"]}", true},
        {"{\"$cond\":[\"eq\",{\"$secret\":\"shop/token\"},\"x\"]}", "false", true},
        {"{\"$cond\":[\"any\",true,{\"$secret\":\"shop/token\"}]}", "true", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value_source s;
        char *got = evaluate(&s, cases[i].expr);
        assert_non_null(got);
        assert_string_equal(got, cases[i].want);
        assert_int_equal(s.tainted, cases[i].tainted);
        free(got);
    }
}

static void encodes_urls(void **state)
{
    (void)state;
    struct value_source s = {
        .ref = source_ref, .get = source_get, .secret = source_secret};
    s.vars = json_pack("{s:s}", "id", "i 1/2?&#%\xc3\xbc");
    json_t *expr =
        json_loads("{\"$text\":[\"/v1/a b/\",{\"$var\":\"id\"},\"?x=\",7]}", 0, NULL);
    struct buf out = {0};
    assert_true(value_url(&s, expr, &out));
    assert_string_equal(buf_text(&out), "/v1/a b/i%201%2F2%3F%26%23%25%C3%BC?x=7");
    json_decref(expr);
    expr = json_loads("{\"$text\":[\"/\",{\"$ref\":[2,\"ip\"]}]}", 0, NULL);
    assert_false(value_url(&s, expr, &out));
    assert_int_equal(s.outcome, VALUE_SKIPPED);
    json_decref(expr);
    json_decref((json_t *)(uintptr_t)s.vars);
    buf_clear(&out);
    value_percent("AZaz09-._~ \0", 12, &out);
    assert_string_equal(out.p, "AZaz09-._~%20%00");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_literals),
        cmocka_unit_test(finds_values),
        cmocka_unit_test(prints_texts),
        cmocka_unit_test(decides_conditions),
        cmocka_unit_test(stops_at_the_operand_that_decides),
        cmocka_unit_test(tells_why_a_value_lacks),
        cmocka_unit_test(refuses_malformed_values),
        cmocka_unit_test(taints),
        cmocka_unit_test(encodes_urls),
    };
    return RUN_TESTS(tests);
}
