/* Tool runs of several machines: in random programs every call is carried out once, in
 * its place, with its own arguments, and never later than if each were a run of its own.
 */
#include "pick.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/lower.h"
#include "compiler/program.h"
#include "emitters/unify.h"
#include "ir/base/file.h"

/* A call of the machine `m` with number `n`; what differs by machine depends on both. */
static void write_call(struct buf *out, uint32_t number)
{
    buf_printf(out, "    c%u = ", number);
    switch (pick(12)) {
    case 0: buf_printf(out, "m.file(\"/srv/%u\", f\"{n}\")\n", number); break;
    case 1:
        buf_printf(out, "m.file(\"/srv/%u\", f\"{m.ip} {peer.ip}\")\n", number);
        break;
    case 2: buf_printf(out, "m.file(f\"/srv/{n}-%u\", \"x\")\n", number); break;
    case 3:
        buf_printf(out, "m.file(\"/srv/%u\", f\"{first.ip}\", present=n %% %u != 0)\n",
                   number, 1 + pick(3));
        break;
    case 4:
        buf_printf(out, "m.install([\"p%u\", f\"q{n // %u}\"])\n", number, 1 + pick(3));
        break;
    case 5: buf_printf(out, "m.install(\"p%u\")\n", number); break;
    case 6: buf_printf(out, "m.query([\"cat\", \"%u\"])\n", number); break;
    case 7:
        buf_printf(out, "m.user(f\"u%u-{n}\", uid=%u + n)\n", number,
                   2000 + 100 * number);
        break;
    case 8:
        buf_printf(out, "m.service(\"s%u\"", number);
        if (number)
            buf_printf(out, ", restart_on=[c%u]", pick(number));
        buf_str(out, ")\n");
        break;
    case 9:
        buf_printf(out, "m.run([\"make\", \"%u\"], always=True", number);
        if (number)
            buf_printf(out, ", when=c%u.changed", pick(number));
        buf_str(out, ")\n");
        break;
    case 10:
        buf_printf(out, "m.file(\"/srv/%u\", \"x\", via=\"%s\")\n", number,
                   pick(2) ? "chef" : "api");
        break;
    default:
        buf_printf(out, "m.file(\"/srv/%u\", \"x\", after=[first])\n", number);
        break;
    }
}

static void write_program(struct buf *out, uint32_t seed, uint32_t machines,
                          uint32_t calls)
{
    pick_state = seed * 2654435761u | 1;
    buf_printf(out,
               "first = cloud.create(flavor=provider.FLAVOR_SMALL)\n"
               "ms = [cloud.create(flavor=provider.FLAVOR_SMALL) for n in range(%u)]\n"
               "for n, m in enumerate(ms):\n"
               "    peer = ms[(n + 1) %% len(ms)]\n"
               "    m.bootstrap()\n",
               machines);
    for (uint32_t i = 0; i < calls; i++)
        write_call(out, i);
    if (pick(3) == 0)
        buf_str(out,
                "for m in rollout(ms, batch=2):\n    m.file(\"/srv/late\", \"x\")\n");
    else if (pick(2) == 0)
        buf_str(out, "first.bootstrap()\nfirst.file(\"/srv/all\", \"\".join([str(m.ip) "
                     "for m in ms]))\n"
                     "ms[0].file(\"/srv/behind\", \"x\", after=[first])\n");
}

struct built {
    struct program p;
    struct plan plan;
};

static void build_program(struct built *b, const char *path)
{
    struct program_options o = {.path = path,
                                .passes = {.level = 2, .verify_each = true}};
    memset(b, 0, sizeof *b);
    if (!program_open(&b->p, &o) || !program_evaluate(&b->p, &o) ||
        !lower(&b->p, &b->plan)) {
        diags_print(&b->p.diags, stderr, DIAG_HUMAN, false);
        fail();
    }
}

/* Every op of a tool run stands in one part of it, its machine's, in an order that the
 * edges allow. */
static void check_parts(const struct built *b)
{
    const struct graph *g = &b->p.graph;
    uint32_t *met = xcalloc(g->n, sizeof *met);
    for (uint32_t i = 1; i <= b->plan.nsegments; i++) {
        const struct plan_segment *s = &b->plan.segments[i];
        assert_true(s->nparts > 0 && s->nops > 0);
        for (uint32_t p = 0; p < s->nparts; p++)
            for (uint32_t k = 0; k < s->nops; k++) {
                const struct op *op = &g->ops[s->parts[p].ops[k]];
                assert_int_equal(op->subject, s->parts[p].machine);
                assert_int_equal(op->segment, i);
                assert_int_equal(op->backend, s->backend);
                assert_int_equal(b->plan.place[s->parts[p].ops[k]], k);
                assert_int_equal(op->call, g->ops[s->parts[0].ops[k]].call);
                assert_int_equal(b->plan.template_of[s->parts[p].ops[k]],
                                 b->plan.template_of[s->parts[0].ops[k]]);
                met[s->parts[p].ops[k]]++;
            }
    }
    for (op_id id = 1; id < g->n; id++)
        if (!(g->ops[id].flags & OP_DEAD))
            assert_int_equal(met[id], g->ops[id].segment ? 1 : 0);
    for (size_t i = 0; i < g->nedges; i++) {
        const struct op *from = &g->ops[g->edges[i].from], *to = &g->ops[g->edges[i].to];
        if (from->segment && to->segment)
            assert_true(from->segment < to->segment ||
                        (from->segment == to->segment && from->subject == to->subject));
        if (from->segment && from->segment == to->segment)
            assert_true(b->plan.place[g->edges[i].from] < b->plan.place[g->edges[i].to]);
    }
    free(met);
}

/* What the unified value is on one machine. */
static val_id of_machine(const struct built *b, struct values *t,
                         const struct plan_segment *s, uint32_t part, val_id v)
{
    struct ir_value x = *val_get(t, v);
    if (x.kind == IR_EACH)
        return val_items(t, v)[part];
    op_id op = x.kind == IR_REF ? x.as.ref.op : x.kind == IR_HANDLE ? x.as.n : 0;
    if (op && b->p.graph.ops[op].subject == s->parts[0].machine &&
        &b->plan.segments[b->p.graph.ops[op].segment] == s) {
        op_id own = s->parts[part].ops[b->plan.place[op]];
        return x.kind == IR_REF ? val_ref(t, own, x.as.ref.field) : val_handle(t, own);
    }
    uint32_t n = x.kind == IR_LIST || x.kind == IR_TEXT || x.kind == IR_COND ? x.count
                 : x.kind == IR_DICT                                         ? 2 * x.count
                                                                             : 0;
    if (!n)
        return v;
    val_id *items = xcalloc(n, sizeof *items);
    for (uint32_t i = 0; i < n; i++)
        items[i] = of_machine(b, t, s, part, val_items(t, v)[i]);
    val_id all = val_seq(t, (enum ir_kind)x.kind, x.sub, items, x.count);
    free(items);
    return all;
}

/* The arguments of all machines come back from those of the first. Returns how many of
 * them share a run with others. */
static uint32_t check_values(struct built *b, enum backend backend)
{
    struct graph *g = &b->p.graph;
    struct emission e;
    struct unified u = {0};
    uint32_t shared = 0;
    uint32_t *args = xcalloc(g->n, sizeof *args);
    for (op_id id = 1; id < g->n; id++)
        args[id] = g->ops[id].args;
    emission_begin(&e, &b->plan, &b->p.diags);
    unify(&u, &e, backend);
    for (uint32_t i = 1; i <= b->plan.nsegments; i++) {
        const struct plan_segment *s = &b->plan.segments[i];
        for (uint32_t p = 0; s->backend == backend && s->nparts > 1 && p < s->nparts; p++)
            for (uint32_t k = 0; k < s->nops; k++) {
                op_id first = s->parts[0].ops[k], id = s->parts[p].ops[k];
                for (uint32_t a = 0; a < graph_call(g, id)->nargs; a++) {
                    val_id v = g->args[g->ops[first].args + a];
                    assert_true(val_equal(&g->values, of_machine(b, &g->values, s, p, v),
                                          g->args[args[id] + a]));
                }
                shared++;
            }
    }
    unify_end(&u, &e);
    for (op_id id = 1; id < g->n; id++)
        assert_int_equal(args[id], g->ops[id].args);
    emission_free(&e);
    free(args);
    return shared;
}

/* No op ends later than if each op were a tool run of its own. */
static void check_times(const struct built *b)
{
    const struct graph *g = &b->p.graph;
    int64_t *alone = xcalloc(g->n, sizeof *alone), *end = xcalloc(g->n, sizeof *end);
    int64_t *start = xcalloc(b->plan.nsegments + 1, sizeof *start);
    for (uint32_t i = 0; i < b->plan.norder; i++) {
        op_id id = b->plan.order[i];
        for (size_t k = 0; k < g->nedges; k++)
            if (g->edges[k].to == id && alone[g->edges[k].from] > alone[id])
                alone[id] = alone[g->edges[k].from];
        alone[id] += graph_call(g, id)->cost_ms + (g->ops[id].segment ? 1000 : 0);
    }
    /* Runs wait for each other in no circle, so this comes to an end. */
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < b->plan.norder; i++) {
            op_id id = b->plan.order[i];
            uint32_t s = g->ops[id].segment;
            int64_t ready = 0;
            for (size_t k = 0; k < g->nedges; k++) {
                op_id from = g->edges[k].from;
                if (g->edges[k].to == id && (!s || g->ops[from].segment != s) &&
                    end[from] > ready)
                    ready = end[from];
            }
            if (s && ready > start[s]) {
                start[s] = ready;
                more = true;
            }
            int64_t at = s ? start[s] + 1000 : ready;
            if (s) {
                const struct plan_segment *seg = &b->plan.segments[s];
                for (uint32_t p = 0; p < seg->nparts; p++)
                    for (uint32_t k = 0; seg->parts[p].machine == g->ops[id].subject &&
                                         k < b->plan.place[id];
                         k++)
                        at += graph_call(g, seg->parts[p].ops[k])->cost_ms;
            }
            at += graph_call(g, id)->cost_ms;
            if (at > end[id]) {
                end[id] = at;
                more = true;
            }
            assert_true(end[id] <= alone[id]);
        }
    }
    free(alone);
    free(end);
    free(start);
}

static void in_random_programs(void **state)
{
    (void)state;
    char dir[] = "/tmp/dvo-test-vectorize-XXXXXX";
    struct buf path = {0}, text = {0};
    uint32_t shared = 0;
    assert_non_null(mkdtemp(dir));
    buf_printf(&path, "%s/program.dvo", dir);
    for (uint32_t seed = 1; seed <= 40; seed++) {
        struct built b;
        buf_clear(&text);
        write_program(&text, seed, 2 + seed % 4, 3 + seed % 9);
        assert_true(file_replace(path.p, text.p, text.len, 0600));
        build_program(&b, path.p);
        check_parts(&b);
        check_times(&b);
        shared += check_values(&b, BACKEND_ANSIBLE) + check_values(&b, BACKEND_CHEF);
        program_close(&b.p);
    }
    assert_true(shared > 300);
    unlink(path.p);
    rmdir(dir);
    buf_free(&path);
    buf_free(&text);
}

/* The playbook of a thousand machines is that of one. */
static void of_a_thousand(void **state)
{
    (void)state;
    char dir[] = "/tmp/dvo-test-vectorize-XXXXXX";
    struct buf path = {0};
    static const char text[] =
        "ms = [cloud.create(flavor=provider.FLAVOR_SMALL) for n in range(1000)]\n"
        "for n, m in enumerate(ms):\n"
        "    m.bootstrap()\n"
        "    m.file(\"/srv/x\", f\"{n} {m.ip} {ms[n - 1].ip}\")\n"
        "    m.service(\"cron\", restart_on=[m.file(\"/srv/y\", \"x\")])\n";
    struct built b;
    assert_non_null(mkdtemp(dir));
    buf_printf(&path, "%s/program.dvo", dir);
    assert_true(file_replace(path.p, text, sizeof text - 1, 0600));
    build_program(&b, path.p);
    assert_int_equal(b.plan.nsegments, 1);
    assert_int_equal(b.plan.segments[1].nparts, 1000);
    program_close(&b.p);
    unlink(path.p);
    rmdir(dir);
    buf_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_random_programs),
                                       cmocka_unit_test(of_a_thousand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
