/* Tasks for several operations (-O3): in random programs each operation is carried out
 * once and in its turn, and what is one task can be one script. */
#include "pick.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/lower.h"
#include "compiler/program.h"
#include "emitters/ansible.h"
#include "ir/base/file.h"

static void write_call(struct buf *out, uint32_t number)
{
    uint32_t other = number ? pick(number) : 0;
    buf_printf(out, "    c%u = m.", number);
    switch (pick(11)) {
    case 0: buf_printf(out, "file(\"/srv/%u\", f\"{n} {m.ip}\"", number); break;
    case 1: buf_printf(out, "file(\"/srv/%u\", secret(\"a/b\")", number); break;
    case 2: buf_printf(out, "install(\"p%u\"", number); break;
    case 3: buf_printf(out, "group(\"g%u\"", number); break;
    case 4: buf_printf(out, "query([\"cat\", \"%u\"]", number); break;
    case 5: buf_printf(out, "run([\"make\", \"%u\"], always=True", number); break;
    case 6: buf_printf(out, "run([\"make\", \"%u\"], creates=\"/x\"", number); break;
    case 7: buf_printf(out, "file(\"/srv/%u\", str(q.stdout)", number); break;
    case 8:
    case 9:
        buf_printf(out, "service(\"s%u\"", number);
        if (number)
            buf_printf(out, ", restart_on=[c%u, c%u]", other, pick(number));
        break;
    default: buf_printf(out, "line(\"/etc/l%u\", \"x\"", number); break;
    }
    switch (number ? pick(12) : 0) {
    case 1: buf_printf(out, ", when=c%u.changed", other); break;
    case 2: buf_printf(out, ", when=not_(c%u.changed)", other); break;
    case 3: buf_printf(out, ", when=[c%u.changed, m.ip == \"x\"]", other); break;
    case 4: buf_str(out, ", timeout=\"9s\""); break;
    case 5: buf_str(out, ", on_error=\"continue\""); break;
    default: break;
    }
    buf_str(out, ")\n");
    if (pick(6) == 0)
        buf_printf(out, "    q = m.query([\"ls\", \"%u\"])\n", number);
}

static void write_program(struct buf *out, uint32_t seed, uint32_t calls)
{
    pick_state = seed * 2654435761u | 1;
    buf_printf(out,
               "for n in range(%u):\n"
               "    m = cloud.create(flavor=provider.FLAVOR_SMALL, name=\"m%%d\" %% n)\n"
               "    m.bootstrap()\n"
               "    q = m.query([\"id\"])\n",
               1 + seed % 2);
    for (uint32_t i = 0; i < calls; i++)
        write_call(out, i);
}

struct looking {
    const struct graph *g;
    const struct emission_task *task;
    uint32_t k; /* whose references are looked at */
};

/* Of what stands before it in the task, an operation may know that it changed. */
static void look(void *ctx, op_id op, str_id field)
{
    const struct looking *l = ctx;
    uint32_t i = 0;
    while (i < l->task->nfused && l->task->fused[i] != op)
        i++;
    if (i == l->task->nfused)
        return;
    assert_true(i < l->k);
    assert_true(!field || !strcmp(intern_text(l->g->strings, field), "changed"));
}

static void check_fused(const struct plan *plan, const struct emission_task *task)
{
    const struct graph *g = plan->graph;
    assert_true(task->nfused > 1 && task->nfused <= 100);
    for (uint32_t k = 0; k < task->nfused; k++) {
        op_id id = task->fused[k];
        const struct op *op = &g->ops[id];
        struct looking l = {g, task, k};
        assert_true(graph_repeatable(g, id));
        assert_false(op->carrier || op->timeout_ms > 0 ||
                     (op->flags & (OP_CONTINUE | OP_TAINTED | OP_DEAD)));
        for (uint32_t i = 0; i < graph_call(g, id)->nargs; i++)
            val_each_op(&g->values, g->args[op->args + i], look, &l);
        val_each_op(&g->values, op->when, look, &l);
    }
}

/* The places of a run, one after the other; an op may have several tasks. Returns how
 * many round trips are saved. */
static uint32_t check_segment(const struct plan *plan, const struct plan_segment *s,
                              const struct emission_segment *out)
{
    uint32_t next = 0, saved = 0;
    for (size_t i = 0; i < out->tasks.n; i++) {
        const struct emission_task *task = &out->tasks.v[i];
        op_id carrier = plan->graph->ops[task->op].members ? task->op : 0;
        if (task->nfused) {
            check_fused(plan, task);
            saved += task->nfused - 1;
            for (uint32_t k = 0; k < task->nfused; k++)
                assert_int_equal(task->fused[k], s->parts[0].ops[next++]);
        } else if (carrier) {
            uint32_t n =
                val_count(&plan->graph->values, plan->graph->ops[carrier].members);
            for (uint32_t k = 0; k < n; k++)
                assert_int_equal(plan->graph->ops[s->parts[0].ops[next++]].carrier,
                                 carrier);
        } else if (next == 0 || s->parts[0].ops[next - 1] != task->op) {
            assert_int_equal(task->op, s->parts[0].ops[next++]);
        }
    }
    assert_int_equal(next, s->nops);
    return saved;
}

static uint32_t check_program(const char *path, unsigned level)
{
    static struct program p;
    struct plan plan;
    struct emission e;
    struct arena arena = {0};
    struct program_options o = {.path = path,
                                .passes = {.level = level, .verify_each = true}};
    uint32_t saved = 0;
    memset(&p, 0, sizeof p);
    if (!program_open(&p, &o) || !program_evaluate(&p, &o) || !lower(&p, &plan)) {
        diags_print(&p.diags, stderr, DIAG_HUMAN, false);
        fail();
    }
    emission_begin(&e, &plan, &p.diags);
    artefacts_begin_memory(&e.out, &arena, &p.diags);
    emission_find_program(&e, NULL);
    assert_true(ansible_emit(&e));
    for (uint32_t i = 1; i <= plan.nsegments; i++)
        if (plan.segments[i].backend == BACKEND_ANSIBLE)
            saved += check_segment(&plan, &plan.segments[i], &e.segments[i]);
    artefacts_free(&e.out);
    emission_free(&e);
    arena_free(&arena);
    program_close(&p);
    return saved;
}

static void in_random_programs(void **state)
{
    (void)state;
    char dir[] = "/tmp/dvo-test-fuse-XXXXXX";
    struct buf path = {0}, text = {0};
    uint32_t saved = 0;
    assert_non_null(mkdtemp(dir));
    buf_printf(&path, "%s/program.dvo", dir);
    for (uint32_t seed = 1; seed <= 60; seed++) {
        buf_clear(&text);
        write_program(&text, seed, 3 + seed % 40);
        assert_true(file_replace(path.p, text.p, text.len, 0600));
        saved += check_program(path.p, PASS_LEVEL_FUSE);
        assert_int_equal(check_program(path.p, PASS_LEVEL), 0);
    }
    assert_true(saved > 300);
    unlink(path.p);
    rmdir(dir);
    buf_free(&path);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_random_programs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
