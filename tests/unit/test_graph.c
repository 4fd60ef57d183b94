/* The op graph: addresses and merging, order, the verifier's errors, segments. */
#include "unit.h"

#include <time.h>

#include "toy_glossary.h"

static struct toy toy;

static int setup(void **state)
{
    (void)state;
    toy_init(&toy);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    toy_free(&toy);
    return 0;
}

static val_id str(const char *s)
{
    return toy_str(&toy, s);
}

static val_id list(const val_id *v, size_t n)
{
    return val_seq(&toy.g.values, IR_LIST, 0, v, n);
}

#define LIST(...)                                                                        \
    list((const val_id[]){__VA_ARGS__},                                                  \
         sizeof((const val_id[]){__VA_ARGS__}) / sizeof(val_id))
#define ADDRESS(op, text) assert_string_equal(toy_address(&toy, op), text)

/* The names pass, which must succeed. */
static void name(void)
{
    if (!graph_name(&toy.g, &toy.diags)) {
        diags_print(&toy.diags, stderr, DIAG_HUMAN, false);
        fail();
    }
}

/* All passes; the only error, if there is one, has this code. */
static struct diag *check(unsigned code)
{
    bool good = graph_name(&toy.g, &toy.diags) && graph_order(&toy.g, &toy.diags) &&
                graph_verify(&toy.g, &toy.diags);
    if (toy.diags.n != (code ? 1 : 0) || good != !code)
        diags_print(&toy.diags, stderr, DIAG_HUMAN, false);
    assert_int_equal(toy.diags.n, code ? 1 : 0);
    assert_int_equal(good, !code);
    if (!code)
        return NULL;
    assert_int_equal(toy.diags.v[0]->code, code);
    return toy.diags.v[0];
}

static op_id machine(const char *binding)
{
    op_id m = toy_machine(&toy, binding);
    toy_op(&toy, TOY_BOOTSTRAP, m, 0, 0, 0);
    return m;
}

static void addresses(void **state)
{
    (void)state;
    op_id m = machine("web[2]");
    op_id host = toy_op(&toy, TOY_HOST, 0, str("db1"), 0, 0);
    toy.g.ops[host].binding = toy_id(&toy, "elsewhere");
    op_id file = toy_file(&toy, m, "/etc/motd", "x");
    op_id blank = toy_file(&toy, m, "/srv/a b", "x");
    op_id umlaut = toy_file(&toy, m, "/srv/\xc3\xa4", "x");
    op_id run =
        toy_op(&toy, TOY_RUN, m, LIST(str("sh"), str("-c"), str("echo hi")), 0, 0);
    op_id run2 = toy_op(&toy, TOY_RUN, m, LIST(str("make"), str("a,b")), 0, 0);
    op_id boot = toy_op(&toy, TOY_REBOOT, m, 0, 0, 0);
    op_id boot2 = toy_op(&toy, TOY_REBOOT, m, 0, 0, 0);
    op_id in = toy_op(&toy, TOY_INSTALL, m,
                      LIST(str("vim=2:9"), str("curl"), str("curl")), 0, 0);
    op_id line = toy_op(&toy, TOY_LINE, m, str("/etc/hosts"), str("a b"), 0);
    op_id line2 = toy_op(&toy, TOY_LINE, m, str("/etc/hosts"), str("c"), str("^x"));
    val_id get[] = {val_ref(&toy.g.values, host, toy_id(&toy, "endpoint")),
                    val_int(&toy.g.values, 8080)};
    val_id url[] = {str("http://"), val_seq(&toy.g.values, IR_GET, 0, get, 2), str("/")};
    op_id wait = toy_op(&toy, TOY_WAIT, 0, val_join(&toy.g.values, url, 3), 0, 0);
    op_id named = toy_file(&toy, m, "/etc/x", "x");
    toy.g.ops[named].binding = toy_id(&toy, "mine");
    toy.g.ops[named].flags |= OP_NAMED;
    op_id bound = toy_file(&toy, m, "/etc/y", "x");
    toy.g.ops[bound].binding = toy_id(&toy, "f");
    op_id expect = toy_op(&toy, TOY_EXPECT, 0, VAL_TRUE, 0, 0);
    name();
    ADDRESS(m, "web[2]");
    ADDRESS(m + 1, "web[2].bootstrap()");
    ADDRESS(host, "hosts.db1");
    ADDRESS(file, "web[2].file(/etc/motd)");
    ADDRESS(blank, "web[2].file(\"/srv/a b\")");
    ADDRESS(umlaut, "web[2].file(\"/srv/\\u00e4\")");
    ADDRESS(run, "web[2].run(sh,-c,\"echo hi\")");
    ADDRESS(run2, "web[2].run(make,\"a,b\")");
    ADDRESS(boot, "web[2].reboot(1)");
    ADDRESS(boot2, "web[2].reboot(2)");
    ADDRESS(in, "web[2].install(curl,vim)");
    ADDRESS(line, "web[2].line(/etc/hosts,\"a b\")");
    ADDRESS(line2, "web[2].line(/etc/hosts,\"^x\")");
    ADDRESS(wait, "http://{hosts.db1.endpoint(8080)}/");
    ADDRESS(named, "mine");
    ADDRESS(bound, "web[2].file(/etc/y)");
    ADDRESS(expect, "expect(1)");
}

static void long_identities_are_cut(void **state)
{
    (void)state;
    op_id m = machine("m");
    char path[200] = "/srv/";
    memset(path + 5, 'x', 100);
    op_id a = toy_file(&toy, m, path, "x");
    path[100] = 'y';
    op_id b = toy_file(&toy, m, path, "x");
    name();
    assert_int_equal(strlen(toy_address(&toy, a)), strlen("m.file()") + 50 + 2 + 26);
    assert_string_not_equal(toy_address(&toy, a), toy_address(&toy, b));
    assert_memory_equal(toy_address(&toy, a), "m.file(/srv/xxxx", 16);
}

static void equal_ops_merge(void **state)
{
    (void)state;
    op_id h1 = toy_op(&toy, TOY_HOST, 0, str("db"), 0, 0);
    op_id h2 = toy_op(&toy, TOY_HOST, 0, str("db"), 0, 0);
    toy_op(&toy, TOY_BOOTSTRAP, h1, 0, 0, 0);
    op_id a = toy_op(&toy, TOY_FILE, h1, str("/a"), toy_ip(&toy, h1), 0);
    op_id other = toy_file(&toy, h1, "/b", "x");
    op_id b = toy_op(&toy, TOY_FILE, h2, str("/a"), toy_ip(&toy, h2), 0);
    check(0);
    assert_true(toy.g.ops[h2].flags & OP_DEAD);
    assert_int_equal(toy.g.ops[h2].merged, h1);
    assert_int_equal(graph_live(&toy.g, b), a);
    assert_int_equal(toy.g.ops[b].subject, h1);
    assert_false(toy.g.ops[other].flags & OP_DEAD);
}

static void what_stands_between_keeps_two(void **state)
{
    (void)state;
    op_id m = machine("m");
    op_id a = toy_file(&toy, m, "/a", "x");
    toy_op(&toy, TOY_RUN, m, LIST(str("rm"), str("/a")), 0, 0);
    op_id b = toy_file(&toy, m, "/a", "x");
    op_id c = toy_file(&toy, m, "/a", "x");
    op_id run = toy_op(&toy, TOY_RUN, m, LIST(str("rm"), str("/a")), 0, 0);
    op_id s1 = toy_op(&toy, TOY_SERVICE, m, str("s.service"), VAL_TRUE, 0);
    op_id s2 = toy_op(&toy, TOY_SERVICE, m, str("s.service"), VAL_TRUE, 0);
    check(0);
    ADDRESS(a, "m.file(/a)");
    ADDRESS(b, "m.file(/a)#2");
    assert_int_equal(toy.g.ops[c].merged, b);
    ADDRESS(run, "m.run(rm,/a)#2");
    assert_int_equal(toy.g.ops[s2].merged, s1);
}

static void paths_overlap_what_is_below(void **state)
{
    (void)state;
    op_id m = machine("m");
    op_id a = toy_file(&toy, m, "/srv/x/a", "x");
    op_id b = toy_file(&toy, m, "/srvx/b", "x");
    toy_op(&toy, TOY_LINE, m, str("/srv"), str("l"), 0);
    op_id a2 = toy_file(&toy, m, "/srv/x/a", "x");
    op_id b2 = toy_file(&toy, m, "/srvx/b", "x");
    op_id l2 = toy_op(&toy, TOY_LINE, m, str("/srv"), str("l"), 0);
    check(0);
    ADDRESS(a2, "m.file(/srv/x/a)#2");
    assert_int_equal(toy.g.ops[b2].merged, b);
    assert_int_equal(toy.g.ops[a].merged, 0);
    ADDRESS(l2, "m.line(/srv,l)#2");
}

static void triggers_unite(void **state)
{
    (void)state;
    op_id m = machine("m");
    op_id a = toy_file(&toy, m, "/a", "x");
    op_id b = toy_file(&toy, m, "/b", "x");
    val_id on_a = val_ref(&toy.g.values, a, toy_id(&toy, "changed"));
    val_id on_b = val_ref(&toy.g.values, b, toy_id(&toy, "changed"));
    op_id s1 = toy_op(&toy, TOY_SERVICE, m, str("s.service"), VAL_TRUE, LIST(on_a));
    op_id s2 = toy_op(&toy, TOY_SERVICE, m, str("s.service"), VAL_TRUE, LIST(on_b, on_a));
    check(0);
    assert_int_equal(toy.g.ops[s2].merged, s1);
    val_id united = graph_args(&toy.g, s1)[2];
    assert_int_equal(val_get(&toy.g.values, united)->count, 2);
    assert_int_equal(val_items(&toy.g.values, united)[0], on_a);
    assert_int_equal(val_items(&toy.g.values, united)[1], on_b);
}

static void clashes(void **state)
{
    (void)state;
    machine("m");
    toy_machine(&toy, "m");
    struct diag *e = check(601);
    assert_non_null(e->related);
    assert_non_null(strstr(e->help, "name="));
}

static void conflicts(void **state)
{
    (void)state;
    op_id m = machine("m");
    op_id a = toy_file(&toy, m, "/a", "x");
    op_id b = toy_file(&toy, m, "/a", "y");
    struct diag *e = check(603);
    assert_int_equal(e->span.begin, toy.g.ops[b].span.begin);
    assert_int_equal(e->related->span.begin, toy.g.ops[a].span.begin);
    assert_non_null(strstr(e->message, "content="));
}

static void opposite_conditions_do_not_conflict(void **state)
{
    (void)state;
    op_id m = machine("m");
    op_id r = toy_file(&toy, m, "/r", "x");
    val_id changed = val_ref(&toy.g.values, r, toy_id(&toy, "changed"));
    op_id a = toy_file(&toy, m, "/a", "x");
    op_id b = toy_file(&toy, m, "/a", "y");
    toy.g.ops[a].when = changed;
    toy.g.ops[b].when = val_seq(&toy.g.values, IR_COND, IR_COND_NOT, &changed, 1);
    check(0);
    ADDRESS(b, "m.file(/a)#2");
}

static void nameless(void **state)
{
    (void)state;
    op_id m = toy_op(&toy, TOY_CREATE, 0, str("small"), 0, 0);
    toy_op(&toy, TOY_BOOTSTRAP, m, 0, 0, 0);
    check(602);
}

static bool has_edge(op_id from, op_id to, enum edge_kind kind)
{
    for (size_t i = 0; i < toy.g.nedges; i++)
        if (toy.g.edges[i].from == from && toy.g.edges[i].to == to)
            return toy.g.edges[i].kind == kind;
    return false;
}

static void edges(void **state)
{
    (void)state;
    op_id m = machine("m");
    op_id other = machine("other");
    op_id a = toy_file(&toy, m, "/a", "x");
    op_id b = toy_op(&toy, TOY_FILE, other, str("/b"), toy_ip(&toy, m), 0);
    val_id url[] = {str("http://"), toy_ip(&toy, m), str("/")};
    op_id w1 = toy_op(&toy, TOY_WAIT, 0, val_join(&toy.g.values, url, 3), 0, 0);
    toy.g.ops[w1].binding = toy_id(&toy, "w1");
    op_id w2 = toy_op(&toy, TOY_WAIT, 0, val_join(&toy.g.values, url, 3), 0, 0);
    toy.g.ops[w2].binding = toy_id(&toy, "w2");
    op_id c = toy_file(&toy, m, "/c", "x");
    op_id post = toy_op(&toy, TOY_HTTP, 0, str("POST"), str("http://h/"), 0);
    op_id get = toy_op(&toy, TOY_HTTP, 0, str("GET"), str("http://h/2"), 0);
    op_id d = toy_file(&toy, other, "/d", "x");
    toy.g.ops[d].after = LIST(val_handle(&toy.g.values, c));
    check(0);
    assert_true(has_edge(m, m + 1, EDGE_DATA));
    assert_true(has_edge(m + 1, a, EDGE_MACHINE));
    assert_true(has_edge(m, b, EDGE_DATA));
    assert_true(has_edge(a, w1, EDGE_MACHINE));
    assert_true(has_edge(a, w2, EDGE_MACHINE));
    assert_true(has_edge(w1, c, EDGE_MACHINE));
    assert_true(has_edge(w2, c, EDGE_MACHINE));
    assert_false(has_edge(a, c, EDGE_MACHINE));
    assert_false(has_edge(w1, w2, EDGE_ORDER));
    assert_true(has_edge(w1, post, EDGE_ORDER));
    assert_true(has_edge(w2, post, EDGE_ORDER));
    assert_true(has_edge(post, get, EDGE_ORDER));
    assert_true(has_edge(c, d, EDGE_AFTER));
    for (size_t i = 1; i < toy.g.nedges; i++) { /* sorted, no doubles */
        struct edge x = toy.g.edges[i - 1], y = toy.g.edges[i];
        assert_true(x.to < y.to || (x.to == y.to && x.from < y.from));
    }
}

static void cycles(void **state)
{
    (void)state;
    op_id m = machine("m");
    op_id a = toy_file(&toy, m, "/a", "x");
    toy_file(&toy, m, "/b", "x");
    op_id c = toy_file(&toy, m, "/c", "x");
    toy.g.ops[a].after = LIST(val_handle(&toy.g.values, c));
    struct diag *e = check(604);
    unsigned others = 0;
    for (struct diag_related *r = e->related; r; r = r->next)
        others++;
    assert_int_equal(others, 2);
}

static void typestates(void **state)
{
    (void)state;
    op_id m = toy_machine(&toy, "m");
    toy_file(&toy, m, "/a", "x");
    toy_file(&toy, m, "/b", "x");
    struct diag *e = check(605);
    assert_string_equal(e->help, "add m.bootstrap() before this line");
}

static void doubtful_typestates(void **state)
{
    (void)state;
    op_id m = machine("m");
    toy.g.ops[m + 1].flags |= OP_CONTINUE;
    toy_file(&toy, m, "/a", "x");
    assert_non_null(check(605)->related);
}

static void verifier_errors(void **state)
{
    (void)state;
    static const unsigned codes[] = {606, 607, 608, 609, 610, 611, 612, 614, 615};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct values *values = &toy.g.values;
        op_id m = machine("m");
        op_id f = toy_file(&toy, m, "/a", "x");
        val_id *args = graph_args(&toy.g, f);
        switch (codes[i]) {
        case 606: args[1] = toy_ip(&toy, 99); break;
        case 607: args[1] = val_ref(values, m, toy_id(&toy, "nothing")); break;
        case 608: args[1] = val_int(values, 1); break;
        case 609: args[0] = 0; break;
        case 610:
            toy.g
                .ops[toy_op(&toy, TOY_LINE, m, str("/l"),
                            val_secret(values, toy_id(&toy, "s")), 0)]
                .when = 0;
            break;
        case 611: args[2] = toy_ip(&toy, m); break;
        case 612: toy.g.ops[f].backend = BACKEND_CHEF; break;
        case 614:
            toy.g.ops[toy_op(&toy, TOY_RUN, m, LIST(str("id")), 0, 0)].retries = 3;
            break;
        default: toy_file(&toy, f, "/x", "x"); break;
        }
        if (codes[i] == 606) { /* naming follows references, which must exist there */
            assert_false(graph_verify(&toy.g, &toy.diags));
            assert_int_equal(toy.diags.v[0]->code, 606);
        } else {
            check(codes[i]);
        }
        toy_free(&toy);
        toy_init(&toy);
    }
}

static void retries_with_a_guard(void **state)
{
    (void)state;
    op_id m = machine("m");
    toy.g.ops[toy_op(&toy, TOY_RUN, m, LIST(str("id")), str("/done"), 0)].retries = 3;
    check(0);
}

static void segments(void **state)
{
    (void)state;
    op_id m = machine("m");
    op_id n = machine("n");
    op_id a = toy_file(&toy, m, "/a", "x");
    op_id b = toy_file(&toy, n, "/a", "x");
    op_id c = toy_op(&toy, TOY_FILE, m, str("/c"), val_ref(&toy.g.values, b, 0), 0);
    graph_args(&toy.g, c)[1] = str("y");
    toy.g.ops[c].after = LIST(val_handle(&toy.g.values, b));
    op_id d = toy_file(&toy, m, "/d", "x");
    op_id e = toy_file(&toy, n, "/e", "x");
    op_id f = toy_file(&toy, m, "/f", "x");
    toy.g.ops[f].backend = BACKEND_API;
    op_id g = toy_file(&toy, m, "/g", "x");
    check(0);
    assert_true(graph_segment(&toy.g, &toy.diags));
    assert_int_equal(toy.g.nsegments, 5);
    const struct op *ops = toy.g.ops;
    assert_int_equal(ops[m].segment, 0);
    assert_int_equal(ops[m + 1].segment, 1);
    assert_int_equal(ops[a].segment, 1);
    assert_int_equal(ops[n + 1].segment, 2);
    assert_int_equal(ops[b].segment, 2);
    assert_int_equal(ops[e].segment, 2);
    assert_int_equal(ops[c].segment, 3);
    assert_int_equal(ops[d].segment, 3);
    assert_int_equal(ops[f].segment, 4); /* another tool */
    assert_int_equal(ops[g].segment, 5);
    for (size_t i = 0; i < toy.g.nedges; i++) { /* numbers are a topological order */
        uint32_t from = ops[toy.g.edges[i].from].segment,
                 to = ops[toy.g.edges[i].to].segment;
        assert_true(!from || !to || from <= to);
    }
}

static void dot_is_balanced(void **state)
{
    (void)state;
    op_id m = machine("db[\"eu\"]");
    toy_file(&toy, m, "/a", "x");
    check(0);
    struct buf out = {0};
    graph_dot(&toy.g, &out);
    assert_non_null(strstr(out.p, "label=\"db[\\\"eu\\\"]\""));
    assert_non_null(strstr(out.p, "o1 -> o2"));
    buf_free(&out);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Groups of 18 as in tests/bench; DVO_BENCH_OPS says how many ops. */
static void build_groups(size_t n)
{
    op_id last = 0;
    char text[64];
    while (toy.g.n + 18 <= n + 1) {
        snprintf(text, sizeof text, "m[%zu]", toy.g.n);
        op_id m = machine(text);
        op_id files[8];
        for (int i = 0; i < 5; i++) {
            snprintf(text, sizeof text, "package%d", i);
            toy_op(&toy, TOY_INSTALL, m, LIST(str(text)), 0, 0);
        }
        for (int i = 0; i < 8; i++) {
            val_id parts[] = {str("a="), toy_ip(&toy, m), str(" b="),
                              toy_ip(&toy, last ? last : m)};
            snprintf(text, sizeof text, "/etc/app/file-%d.conf", i);
            files[i] = toy_op(&toy, TOY_FILE, m, str(text),
                              val_join(&toy.g.values, parts, 4), 0);
        }
        for (int i = 0; i < 3; i++) {
            snprintf(text, sizeof text, "app%d.service", i);
            val_id on[2];
            for (int k = 0; k < 2; k++)
                on[k] = val_ref(&toy.g.values, files[i + k], toy_id(&toy, "changed"));
            toy_op(&toy, TOY_SERVICE, m, str(text), VAL_TRUE, list(on, 2));
        }
        last = m;
    }
}

static void large_graphs_are_linear(void **state)
{
    (void)state;
    const char *wanted = getenv("DVO_BENCH_OPS");
    size_t n = wanted ? strtoul(wanted, NULL, 10) : 20000;
    double t[6];
    t[0] = now();
    build_groups(n);
    t[1] = now();
    name();
    t[2] = now();
    graph_order(&toy.g, &toy.diags);
    t[3] = now();
    assert_true(graph_verify(&toy.g, &toy.diags));
    t[4] = now();
    assert_true(graph_segment(&toy.g, &toy.diags));
    assert_true(toy.g.nsegments > n / 19);
    t[5] = now();
    double ops = (double)(toy.g.n - 1);
    print_message(
        "%.0f ops: build %.3f, name %.3f, order %.3f, verify %.3f, segment %.3f, "
        "all %.3f us/op\n",
        ops, (t[1] - t[0]) / ops, (t[2] - t[1]) / ops, (t[3] - t[2]) / ops,
        (t[4] - t[3]) / ops, (t[5] - t[4]) / ops, (t[5] - t[0]) / ops);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(addresses),
        TEST(long_identities_are_cut),
        TEST(equal_ops_merge),
        TEST(what_stands_between_keeps_two),
        TEST(paths_overlap_what_is_below),
        TEST(triggers_unite),
        TEST(clashes),
        TEST(conflicts),
        TEST(opposite_conditions_do_not_conflict),
        TEST(nameless),
        TEST(edges),
        TEST(cycles),
        TEST(typestates),
        TEST(doubtful_typestates),
        TEST(verifier_errors),
        TEST(retries_with_a_guard),
        TEST(segments),
        TEST(dot_is_balanced),
        TEST(large_graphs_are_linear),
    };
    return RUN_TESTS(tests);
}
