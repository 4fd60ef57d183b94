/* Operations that are carried out as one: in random programs, only neighbours that differ
 * in nothing but their lists are. */
#include "pick.h"
#include "reach.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/program.h"
#include "ir/base/file.h"

static void write_call(struct buf *out, uint32_t number)
{
    static const char *const lists[] = {"\"pa\"",          "\"pb\"",          "\"pc\"",
                                        "[\"pa\",\"pd\"]", "[\"pb\",\"pc\"]", "\"pa=1\""};
    static const char *const calls[] = {"install", "install", "install", "remove",
                                        "hold",    "file",    "expect"};
    uint32_t kind = pick(7), m = pick(2);
    buf_printf(out, "c%u = ", number);
    if (kind == 6) {
        buf_printf(out, "expect(m%u.ip != \"%u\", \"x\"", m, number);
    } else if (kind == 5) {
        buf_printf(out, "m%u.file(\"/srv/%u\", content=\"x\"", m, number);
    } else {
        /* Removal has packages of its own: else it would contradict installation. */
        const char *own = kind == 3   ? "[\"qa\"]"
                          : kind == 4 ? "[\"pa\"]"
                                      : lists[pick(6)];
        buf_printf(out, "m%u.%s(%s", m, calls[kind], own);
        if (pick(12) == 0)
            buf_str(out, ", timeout=\"9m\"");
        if (pick(12) == 0)
            buf_str(out, ", on_error=\"continue\"");
        if (number && pick(12) == 0)
            buf_printf(out, ", when=c%u.changed", pick(number));
    }
    if (number && pick(6) == 0)
        buf_printf(out, ", after=[c%u]", pick(number));
    buf_printf(out, ", name=\"n%u\")\n", number);
}

static void write_program(struct buf *out, uint32_t seed)
{
    pick_state = seed * 2654435761u + 1;
    for (uint32_t m = 0; m < 2; m++)
        buf_printf(out,
                   "m%u = cloud.create(flavor=provider.FLAVOR_SMALL)\nm%u.bootstrap()\n",
                   m, m);
    for (uint32_t i = 0; i < 40; i++)
        write_call(out, i);
}

static op_id member(const struct graph *g, op_id carrier, uint32_t i)
{
    return val_get(&g->values, val_items(&g->values, g->ops[carrier].members)[i])->as.n;
}

static bool has_item(const struct values *t, val_id list, val_id item)
{
    for (uint32_t i = 0; i < val_count(t, list); i++)
        if (val_items(t, list)[i] == item || val_equal(t, val_items(t, list)[i], item))
            return true;
    return false;
}

static void check_lists(const struct graph *g, op_id carrier, val_id *args, uint32_t arg)
{
    const struct values *t = &g->values;
    uint32_t known = 0;
    for (uint32_t i = 0; i < val_count(t, g->ops[carrier].members); i++) {
        val_id own = g->args[g->ops[member(g, carrier, i)].args + arg];
        for (uint32_t k = 0; k < val_count(t, own); k++)
            assert_true(has_item(t, args[arg], val_items(t, own)[k]));
    }
    for (uint32_t i = 0; i < val_count(t, args[arg]); i++)
        for (uint32_t k = 0; k < i; k++)
            known += val_equal(t, val_items(t, args[arg])[i], val_items(t, args[arg])[k]);
    assert_int_equal(known, 0);
}

struct search {
    const struct graph *g;
    op_id carrier;
};

static void refuse_member(void *ctx, op_id op, str_id field)
{
    (void)field;
    const struct search *s = ctx;
    assert_true(s->g->ops[op].carrier != s->carrier);
}

/* Returns how many ops the carrier saves. */
static uint32_t check_carrier(struct graph *g, op_id carrier, const uint8_t *before)
{
    const struct op *c = &g->ops[carrier];
    const struct call_info *call = graph_call(g, carrier);
    uint32_t n = val_count(&g->values, c->members);
    assert_true((c->flags & OP_DEAD) && n > 1 && call->batch);
    check_lists(g, carrier, g->args + c->args, call->batch - 1);
    for (uint32_t i = 0; i < n; i++) {
        op_id id = member(g, carrier, i);
        const struct op *op = &g->ops[id];
        assert_false(op->flags & (OP_DEAD | OP_CONTINUE));
        assert_int_equal(op->carrier, carrier);
        assert_int_equal(op->call, c->call);
        assert_int_equal(op->subject, c->subject);
        assert_int_equal(op->segment, c->segment);
        assert_int_equal(op->timeout_ms, c->timeout_ms);
        assert_true(op->when == c->when || val_equal(&g->values, op->when, c->when));
    }
    struct search s = {g, carrier};
    for (op_id id = 1; id < g->n; id++) {
        const struct op *op = &g->ops[id];
        if ((op->flags & OP_DEAD) || op->carrier == carrier)
            continue;
        /* Nothing stands between them. */
        assert_false(before[id * g->n + member(g, carrier, 0)] &&
                     before[member(g, carrier, n - 1) * g->n + id]);
        for (uint32_t i = 0; i < graph_call(g, id)->nargs; i++)
            val_each_op(&g->values, g->args[op->args + i], refuse_member, &s);
        val_each_op(&g->values, op->when, refuse_member, &s);
    }
    return n - 1;
}

static char dir[40], path[64];

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/dvo-batch-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/batch.dvo", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

/* Returns how many ops are saved, at that level. */
static uint32_t check_program(unsigned level)
{
    static struct program p;
    struct program_options o = {.path = path,
                                .passes = {.level = level, .verify_each = true}};
    uint32_t saved = 0;
    memset(&p, 0, sizeof p);
    if (!program_open(&p, &o) || !program_evaluate(&p, &o)) {
        diags_print(&p.diags, stderr, DIAG_HUMAN, false);
        fail();
    }
    uint8_t *before = reachability(&p.graph, SIZE_MAX);
    for (op_id id = 1; id < p.graph.n; id++)
        if (p.graph.ops[id].members)
            saved += check_carrier(&p.graph, id, before);
    free(before);
    program_close(&p);
    return saved;
}

static void test_only_neighbours_are_one(void **state)
{
    (void)state;
    uint32_t saved = 0;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        struct buf text = {0};
        write_program(&text, seed);
        assert_true(file_replace(path, text.p, text.len, 0644));
        buf_free(&text);
        saved += check_program(2);
        assert_int_equal(check_program(0), 0);
    }
    assert_true(saved > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_neighbours_are_one, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
