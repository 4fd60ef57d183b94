/* A model of machines over the effects of the real records: random programs come to the
 * same state, and every op sees the same, in program order at -O0 and in any order that
 * the edges of -O2 allow. And it must notice a missing edge. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/program.h"
#include "ir/base/digest.h"
#include "ir/base/file.h"

/* ---- the model
 * --------------------------------------------------------------------------------- */

struct thing { /* something of a machine that ops read or write */
    op_id machine;
    const char *kind, *name;
    uint64_t token; /* stands for what is in it */
};

struct touch { /* of an op */
    op_id machine;
    const char *kind, *name; /* kind NULL: everything of the machine */
    bool write, tree;
};

struct touches_of {
    struct touch *v;
    size_t n, cap;
};

struct world {
    struct program p;
    struct touches_of *touches; /* by op */
    struct {
        struct thing *v;
        size_t n, cap;
    } things;       /* all that any op names, from the beginning */
    uint64_t *seen; /* by op: what it observed; 0: not run yet */
};

static uint64_t mix(uint64_t a, uint64_t b)
{
    const uint64_t pair[2] = {a, b};
    return hash_bytes(pair, sizeof pair);
}

static uint64_t hash_text(const char *s)
{
    return hash_bytes(s, strlen(s));
}

static bool below(const char *path, const char *top)
{
    size_t n = strlen(top);
    return !strncmp(path, top, n) &&
           (!path[n] || path[n] == '/' || (n && top[n - 1] == '/'));
}

static bool concerns(const struct touch *t, const struct thing *thing)
{
    if (t->machine != thing->machine)
        return false;
    if (!t->kind)
        return true;
    if (strcmp(t->kind, thing->kind) != 0)
        return false;
    return !strcmp(t->name, thing->name) || (t->tree && below(thing->name, t->name));
}

static void name_thing(struct world *w, op_id machine, const char *kind, const char *name)
{
    for (size_t i = 0; i < w->things.n; i++) {
        const struct thing *t = &w->things.v[i];
        if (t->machine == machine && !strcmp(t->kind, kind) && !strcmp(t->name, name))
            return;
    }
    *vec_push(&w->things) = (struct thing){machine, kind, name, 0};
}

static void add_touch(struct world *w, op_id id, struct touch t)
{
    *vec_push(&w->touches[id]) = t;
    /* Of everything there is always something that nobody names. */
    name_thing(w, t.machine, t.kind ? t.kind : "", t.kind ? t.name : "");
}

static void add_names(struct world *w, op_id id, struct touch t, val_id v)
{
    const struct values *values = &w->p.graph.values;
    uint8_t kind = val_get(values, v)->kind;
    if (kind == IR_LIST) {
        for (uint32_t i = 0; i < val_count(values, v); i++)
            add_names(w, id, t, val_items(values, v)[i]);
    } else if (kind == IR_STR) {
        t.name = intern_text(&w->p.strings, val_get(values, v)->as.n);
        add_touch(w, id, t);
    } else if (kind != IR_ABSENT && kind != IR_NONE) {
        t.kind = NULL;
        add_touch(w, id, t);
    }
}

struct reading {
    struct world *w;
    op_id op;
};

static void read_machine(void *ctx, op_id machine)
{
    const struct reading *r = ctx;
    add_touch(r->w, r->op, (struct touch){.machine = machine});
}

/* What the records say, read anew: not by the code under test. */
static void find_touches(struct world *w, op_id id)
{
    const struct graph *g = &w->p.graph;
    const struct op *op = &g->ops[id];
    const struct call_info *call = graph_call(g, id);
    const val_id *args = g->args + op->args;
    for (uint32_t i = 0; op->subject && i < call->neffects; i++) {
        const struct effect *e = &call->effects[i];
        struct touch t = {.machine = op->subject, .write = e->write, .tree = e->tree};
        if (!e->any)
            t.kind = intern_text(&w->p.strings, e->kind);
        t.name = !e->any && e->arg < 0 ? intern_text(&w->p.strings, e->literal) : "";
        if (e->any ? e->arg < 0 || args[e->arg] > VAL_FALSE : e->arg < 0)
            add_touch(w, id, t);
        else if (!e->any)
            add_names(w, id, t, args[e->arg]);
    }
    struct reading r = {w, id};
    graph_each_read_machine(g, id, read_machine, &r);
    if (call->http) /* the web is machine 0 */
        add_touch(
            w, id,
            (struct touch){.kind = "web", .name = "", .write = !graph_http_reads(g, id)});
}

struct looking {
    const struct world *w;
    uint64_t seen;
};

static void look(void *ctx, op_id op, str_id field)
{
    struct looking *l = ctx;
    l->seen = mix(l->seen, mix(l->w->seen[op], field));
}

/* Runs one op: it sees what it refers to and touches, for whether it changes anything
 * depends on what there was, too; and what it writes becomes something that tells of it
 * and of what it saw. */
static void perform(struct world *w, op_id id)
{
    const struct graph *g = &w->p.graph;
    const struct op *op = &g->ops[id];
    struct looking l = {w, hash_text(intern_text(&w->p.strings, op->address))};
    if (op->subject)
        look(&l, op->subject, 0);
    for (uint32_t i = 0; i < graph_call(g, id)->nargs; i++)
        val_each_op(&g->values, g->args[op->args + i], look, &l);
    val_each_op(&g->values, op->when, look, &l);
    val_each_op(&g->values, op->after, look, &l);
    for (uint32_t i = 0; i < val_count(&g->values, op->batches); i++) {
        val_id index = val_items(&g->values, op->batches)[i];
        val_each_op(&g->values, g->batches[val_get(&g->values, index)->as.i].machines,
                    look, &l);
    }
    const struct touches_of *touches = &w->touches[id];
    for (size_t i = 0; i < touches->n; i++)
        for (size_t k = 0; k < w->things.n; k++)
            if (concerns(&touches->v[i], &w->things.v[k]))
                l.seen = mix(l.seen, w->things.v[k].token);
    w->seen[id] = l.seen | 1;
    for (size_t i = 0; i < touches->n; i++)
        for (size_t k = 0; touches->v[i].write && k < w->things.n; k++)
            if (concerns(&touches->v[i], &w->things.v[k]))
                w->things.v[k].token = mix(w->seen[id], k);
}

static void begin_anew(struct world *w)
{
    memset(w->seen, 0, w->p.graph.n * sizeof *w->seen);
    for (size_t i = 0; i < w->things.n; i++)
        w->things.v[i].token = 0;
}

static bool live(const struct world *w, op_id id)
{
    return !(w->p.graph.ops[id].flags & OP_DEAD);
}

/* ---- programs
 * ---------------------------------------------------------------------------------- */

static uint32_t pick_state;

static uint32_t pick(uint32_t n)
{
    pick_state ^= pick_state << 13;
    pick_state ^= pick_state >> 17;
    pick_state ^= pick_state << 5;
    return pick_state % n;
}

static bool chance(uint32_t percent)
{
    return pick(100) < percent;
}

/* Calls on one machine out of few names, so that much of it meets. */
static void write_call(struct buf *out, uint32_t m, uint32_t number)
{
    uint32_t a = pick(3), b = pick(3);
    bool restarts = false, conditional = false;
    buf_printf(out, "c%u = ", number);
    size_t begin = out->len;
    buf_printf(out, "m%u.", m);
    switch (pick(20)) {
    case 0:
    case 1:
    case 2: buf_printf(out, "file(\"/srv/d%u/f%u\", \"x\"", a, b); break;
    case 3: buf_printf(out, "file(\"/srv/o%u\", \"y\", owner=\"u%u\"", a, a); break;
    case 4: buf_printf(out, "file(\"/srv/ip%u\", m%u.ip", a, (m + 1) % 3); break;
    case 5: buf_printf(out, "directory(\"/srv/d%u\"", a); break;
    case 6: buf_printf(out, "link(\"/srv/l%u\", \"/srv/d%u\"", a, a); break;
    case 7: buf_printf(out, "line(\"/etc/l%u\", \"n%u\"", a, b); break;
    case 8: buf_printf(out, "user(\"u%u\"", a); break;
    case 9: buf_printf(out, "group(\"g%u\"", a); break;
    case 10:
        buf_printf(out, "service(\"s%u\"", a);
        restarts = true; /* triggers of equal calls are united */
        break;
    case 11: buf_printf(out, "sysctl(\"vm.k%u\", \"1\"", a); break;
    case 12:
        buf_printf(out, "cron(\"j%u\", \"@daily\", \"true\", login=\"u%u\"", a, a);
        break;
    case 13: buf_printf(out, "unit(\"t%u.service\", \"[Unit]\\n\"", a); break;
    case 14: buf_printf(out, "install(\"p%u\"", a); break;
    case 15:
        buf_printf(out, "run([\"make\", \"%u\"], always=True", a);
        conditional = true;
        break;
    case 16: buf_printf(out, "query([\"cat\", \"%u\"]", number); break;
    case 17: buf_printf(out, "hold([\"p%u\"]", a); break;
    case 18: buf_printf(out, "mount(\"/mnt/%u\", \"/dev/v%u\", \"ext4\"", a, a); break;
    default: buf_printf(out, "permissions(\"/srv/d%u/f%u\", mode=\"0644\"", a, b); break;
    }
    /* Equal calls go on alike: else they would contradict each other. */
    if (hash_bytes(out->p + begin, out->len - begin) % 8 == 0)
        buf_str(out, ", on_error=\"continue\"");
    if (number && restarts && chance(50))
        buf_printf(out, ", restart_on=[c%u]", pick(number));
    if (number && conditional && chance(50))
        buf_printf(out, ", when=c%u.changed", pick(number));
    if (number && chance(10))
        buf_printf(out, ", after=[c%u]", pick(number));
    buf_str(out, ")\n");
}

static void write_other(struct buf *out, uint32_t m, uint32_t number)
{
    const char *const methods[] = {"GET", "PUT"};
    if (chance(60))
        buf_printf(out,
                   "c%u = http.request(\"%s\", f\"http://{m%u.ip}/%u\", name=\"h%u\")\n",
                   number, methods[pick(2)], m, number, number);
    else
        buf_printf(out,
                   "c%u = http.expect(f\"http://{m%u.ip}:{m%u.fqdn}/\", name=\"h%u\")\n",
                   number, m, pick(3), number);
}

static void write_program(struct buf *out, uint32_t seed, uint32_t calls)
{
    pick_state = seed * 2654435761u | 1;
    for (uint32_t m = 0; m < 3; m++)
        buf_printf(out, "m%u = cloud.create(flavor=provider.FLAVOR_SMALL)\n", m);
    for (uint32_t m = 0; m < 3; m++)
        buf_printf(out, "m%u.bootstrap()\n", m);
    for (uint32_t i = 0; i < calls; i++)
        if (chance(12))
            write_other(out, pick(3), i);
        else
            write_call(out, pick(3), i);
    if (chance(30))
        buf_str(out, "for m in rollout([m0, m1, m2], batch=1):\n"
                     "    m.file(\"/srv/late\", \"x\")\n    m.install(\"late\")\n");
}

/* ---- both levels
 * -------------------------------------------------------------------------------- */

static void world_make(struct world *w, const char *path, unsigned level)
{
    struct program_options o = {.path = path,
                                .passes = {.level = level, .verify_each = true}};
    memset(w, 0, sizeof *w);
    if (!program_open(&w->p, &o) || !program_evaluate(&w->p, &o)) {
        diags_print(&w->p.diags, stderr, DIAG_HUMAN, false);
        fail();
    }
    while (w->p.graph.ops[w->p.graph.n - 1].members)
        w->p.graph.n--; /* how a tool is told about several ops is no op */
    size_t n = w->p.graph.n;
    w->touches = xcalloc(n, sizeof *w->touches);
    w->seen = xcalloc(n, sizeof *w->seen);
    for (op_id id = 1; id < n; id++)
        if (live(w, id))
            find_touches(w, id);
}

static void world_free(struct world *w)
{
    for (size_t i = 0; i < w->p.graph.n; i++)
        free(w->touches[i].v);
    free(w->touches);
    free(w->things.v);
    free(w->seen);
    program_close(&w->p);
}

/* Runs all ops in an order that the edges allow, chosen by pick(); `late` only when
 * nothing else can. `without` is an edge that does not count. */
static void run_in_some_order(struct world *w, size_t without, op_id late)
{
    const struct graph *g = &w->p.graph;
    uint32_t *unmet = xcalloc(g->n, sizeof *unmet);
    op_id *ready = xcalloc(g->n, sizeof *ready);
    size_t n = 0, done = 0, all = 0;
    begin_anew(w);
    for (size_t i = 0; i < g->nedges; i++)
        unmet[g->edges[i].to] += i != without;
    for (op_id id = 1; id < g->n; id++) {
        all += live(w, id);
        if (live(w, id) && !unmet[id])
            ready[n++] = id;
    }
    while (n > 0) {
        size_t at = pick((uint32_t)n);
        if (ready[at] == late && n > 1)
            at = (at + 1) % n;
        op_id id = ready[at];
        ready[at] = ready[--n];
        perform(w, id);
        done++;
        for (size_t i = 0; i < g->nedges; i++)
            if (g->edges[i].from == id && i != without && !--unmet[g->edges[i].to])
                ready[n++] = g->edges[i].to;
    }
    assert_int_equal(done, all);
    free(unmet);
    free(ready);
}

static bool same(const struct world *a, const struct world *b)
{
    for (op_id id = 1; id < a->p.graph.n; id++)
        if (live(b, id) && a->seen[id] != b->seen[id])
            return false;
    for (size_t i = 0; i < a->things.n; i++)
        if (a->things.v[i].token != b->things.v[i].token)
            return false;
    return true;
}

/* Which ops come before which: a row of bytes per op. */
static uint8_t *reachability(const struct graph *g, size_t without)
{
    uint8_t *before = xcalloc(g->n * g->n, 1);
    op_id *order = xcalloc(g->n, sizeof *order);
    size_t n;
    assert_true(graph_toposort((struct graph *)(uintptr_t)g, order, &n));
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < g->nedges; i++) {
            const struct edge *e = &g->edges[i];
            if (e->to != order[k] || i == without)
                continue;
            before[e->to * g->n + e->from] = 1;
            for (size_t a = 0; a < g->n; a++)
                before[e->to * g->n + a] |= before[e->from * g->n + a];
        }
    free(order);
    return before;
}

static bool has_edge(const struct graph *g, struct edge e)
{
    for (size_t i = 0; i < g->nedges; i++)
        if (g->edges[i].from == e.from && g->edges[i].to == e.to)
            return g->edges[i].kind == e.kind;
    return false;
}

/* Nothing is gone but what follows: what comes before what is the same, and of the edges
 * along which failure spreads only those to the own machine, which plan.json implies. */
static void compare_edges(const struct graph *plain, const struct graph *reduced)
{
    uint8_t *a = reachability(plain, SIZE_MAX), *b = reachability(reduced, SIZE_MAX);
    assert_memory_equal(a, b, plain->n * plain->n);
    for (size_t i = 0; i < reduced->nedges; i++)
        assert_true(has_edge(plain, reduced->edges[i]));
    for (size_t i = 0; i < plain->nedges; i++) {
        struct edge e = plain->edges[i];
        if (!has_edge(reduced, e))
            assert_true(e.kind == EDGE_DATA && e.from == plain->ops[e.to].subject);
    }
    free(a);
    free(b);
}

/* ---- missing edges
 * ------------------------------------------------------------------------------ */

static bool overlap(const struct touch *a, const struct touch *b)
{
    if (a->machine != b->machine || !(a->write || b->write))
        return false;
    if (!a->kind || !b->kind)
        return true;
    return !strcmp(a->kind, b->kind) &&
           (!strcmp(a->name, b->name) || (a->tree && below(b->name, a->name)) ||
            (b->tree && below(a->name, b->name)));
}

struct search {
    op_id wanted;
    bool found;
};

static void search_op(void *ctx, op_id op, str_id field)
{
    (void)field;
    struct search *s = ctx;
    s->found |= op == s->wanted;
}

/* Whether `to` can tell, by its record and by what it refers to, that `from` has run. */
static bool can_tell(const struct world *w, op_id from, op_id to)
{
    const struct graph *g = &w->p.graph;
    const struct op *op = &g->ops[to];
    struct search s = {from, op->subject == from};
    for (uint32_t i = 0; i < graph_call(g, to)->nargs; i++)
        val_each_op(&g->values, g->args[op->args + i], search_op, &s);
    val_each_op(&g->values, op->after, search_op, &s);
    for (size_t i = 0; i < w->touches[from].n; i++)
        for (size_t k = 0; k < w->touches[to].n; k++)
            s.found |= overlap(&w->touches[from].v[i], &w->touches[to].v[k]);
    return s.found;
}

/* Leaves out each edge in turn. Returns how many of them mattered; each of those must be
 * noticed. */
static size_t drop_edges(const struct world *plain, struct world *w)
{
    const struct graph *g = &w->p.graph;
    size_t mattered = 0;
    for (size_t i = 0; i < g->nedges; i++) {
        struct edge e = g->edges[i];
        uint8_t *before = reachability(g, i);
        bool follows = before[e.to * g->n + e.from];
        free(before);
        run_in_some_order(w, i, e.from);
        if (follows) {
            assert_true(same(plain, w));
        } else if (can_tell(w, e.from, e.to)) {
            if (same(plain, w))
                print_error("%s before %s: nobody noticed\n",
                            intern_text(&w->p.strings, g->ops[e.from].address),
                            intern_text(&w->p.strings, g->ops[e.to].address));
            assert_false(same(plain, w));
            mattered++;
        }
    }
    return mattered;
}

/* ---- the tests
 * --------------------------------------------------------------------------------- */

static char dir[40], path[64];

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/dvo-model-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/model.dvo", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void make_both(struct world *plain, struct world *optimized, uint32_t seed,
                      uint32_t calls)
{
    struct buf text = {0};
    write_program(&text, seed, calls);
    assert_true(file_replace(path, text.p, text.len, 0644));
    buf_free(&text);
    world_make(plain, path, 0);
    world_make(optimized, path, 2);
    assert_int_equal(plain->p.graph.n, optimized->p.graph.n);
    assert_int_equal(plain->things.n, optimized->things.n);
    begin_anew(plain);
    for (op_id id = 1; id < plain->p.graph.n; id++)
        if (live(plain, id))
            perform(plain, id);
}

static void test_every_order_is_program_order(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 5, 20, 60, 150, 300};
    size_t gone = 0;
    for (uint32_t seed = 1; seed <= 36; seed++) {
        struct world plain, optimized;
        make_both(&plain, &optimized, seed, sizes[seed % 6]);
        compare_edges(&plain.p.graph, &optimized.p.graph);
        gone += plain.p.graph.nedges - optimized.p.graph.nedges;
        for (int i = 0; i < 20; i++) {
            run_in_some_order(&optimized, SIZE_MAX, 0);
            assert_true(same(&plain, &optimized));
        }
        world_free(&plain);
        world_free(&optimized);
    }
    assert_true(gone > 100);
}

static void test_a_missing_edge_is_noticed(void **state)
{
    (void)state;
    size_t mattered = 0;
    for (uint32_t seed = 101; seed <= 112; seed++) {
        struct world plain, optimized;
        make_both(&plain, &optimized, seed, 25);
        mattered += drop_edges(&plain, &optimized);
        world_free(&plain);
        world_free(&optimized);
    }
    assert_true(mattered > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_order_is_program_order, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_missing_edge_is_noticed, setup, teardown),
    };
    return RUN_TESTS(tests);
}
