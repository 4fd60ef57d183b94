/* The text form of the graph: printing, reading back, errors, and bytes that are
 * anything. */
#include "unit.h"

#include <math.h>

#include "ir/text.h"
#include "toy_glossary.h"

static uint64_t seed = 1;

static uint32_t pick(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

static call_id find_call(void *ctx, const char *name)
{
    struct toy *t = ctx;
    for (size_t i = 1; i < t->calls.n; i++)
        if (!strcmp(intern_text(&t->strings, t->calls.v[i].name), name))
            return (call_id)i;
    return 0;
}

/* Reads a text into a new graph of the toy, whose old one is freed. */
static bool reparse(struct toy *t, const char *text, size_t len)
{
    file_id file = source_add(&t->sources, "x.dvir", text, len);
    graph_free(&t->g);
    graph_init(&t->g, &t->arena, &t->strings, &t->sources, &t->calls);
    return graph_parse(&t->g, file, find_call, t, &t->diags);
}

static val_id random_value(struct toy *t, unsigned depth)
{
    static const char *const texts[] = {"",
                                        "plain",
                                        "a \"quote\" \\ \n\t",
                                        "\x01\x7f\xff\xc3",
                                        "\xc3\xa4 \xe2\x82\xac",
                                        "{{ jinja }}",
                                        "%1.ip"};
    struct values *v = &t->g.values;
    op_id ops = (op_id)t->g.n - 1;
    val_id items[6];
    unsigned n = 0;
    switch (pick(depth < 4 ? 14 : 8)) {
    case 0: return VAL_NONE;
    case 1: return val_bool(pick(2));
    case 2: return val_int(v, (int64_t)(seed ^ seed << 7));
    case 3: {
        static const double floats[] = {0.1,      -0.0,      1e300, 3,
                                        INFINITY, -INFINITY, NAN,   5e-324};
        return val_float(v, floats[pick(8)]);
    }
    case 4: return toy_str(t, texts[pick(7)]);
    case 5: return val_secret(v, toy_id(t, texts[pick(7)]));
    case 6: return val_handle(v, 1 + pick(ops));
    case 7: {
        val_id ref = val_ref(v, 1 + pick(ops), toy_id(t, pick(2) ? "ip" : "changed"));
        return pick(4) ? ref : val_taint(v, ref);
    }
    case 8: {
        items[0] = val_ref(v, 1 + pick(ops), toy_id(t, "endpoint"));
        items[1] = random_value(t, depth + 1);
        return val_seq(v, IR_GET, 0, items, 2);
    }
    case 9:
        for (; n < 4; n++)
            items[n] = toy_str(t, texts[pick(7)]);
        return val_seq(v, IR_DICT, 0, items, 2);
    case 10: {
        unsigned cond = pick(TEXT_CONDITIONS);
        unsigned want = cond == IR_COND_TRUE || cond == IR_COND_NOT ? 1
                        : cond < IR_COND_ALL                        ? 2
                                                                    : pick(4);
        for (; n < want; n++)
            items[n] = random_value(t, depth + 1);
        return val_seq(v, IR_COND, cond, items, n);
    }
    default:
        for (unsigned want = pick(5); n < want; n++)
            items[n] = random_value(t, depth + 1);
        return val_seq(v, pick(2) ? IR_TEXT : IR_LIST, 0, items, n);
    }
}

/* Nothing that holds together, only what can be written down. */
static void random_graph(struct toy *t)
{
    static const char *const names[] = {
        "m", "web[2]", "web[]", "a b", "db[\"eu\"]", "_x1", "m.file(/a)", "\xc3\xa4", ""};
    struct graph *g = &t->g;
    uint32_t n = 1 + pick(12);
    for (uint32_t i = pick(3); i > 0; i--) {
        g->frames =
            vec_grow(g->frames, sizeof *g->frames, g->nframes + 1, &g->cap_frames);
        g->frames[g->nframes] = (struct frame){.call = {t->file, pick(50), 60},
                                               .function = toy_id(t, names[pick(8)]),
                                               .outer = pick((uint32_t)g->nframes)};
        g->nframes++;
    }
    for (uint32_t i = 0; i < n; i++) {
        op_id subject = g->n > 1 && pick(2) ? 1 + pick((uint32_t)g->n - 1) : 0;
        op_id id = toy_op(t, 1 + pick(TOY_COUNT - 1), subject, 0, 0, 0);
        struct op op = g->ops[id];
        if (id > 1 && pick(8) == 0) {
            g->ops[id].flags = OP_DEAD;
            g->ops[id].merged = pick(id);
            g->ops[id].subject = 0;
            continue;
        }
        op.address = toy_id(t, names[pick(9)]);
        op.binding = toy_id(t, names[pick(9)]);
        op.flags = (uint8_t)pick(OP_DEAD);
        op.chain = pick((uint32_t)g->nframes);
        op.backend = (uint8_t)pick(BACKEND_COUNT);
        op.retries = (int32_t)pick(4) - 1;
        op.timeout_ms = (int32_t)pick(3) - 1;
        op.when = pick(3) ? 0 : random_value(t, 0);
        op.after = pick(3) ? 0 : random_value(t, 0);
        g->ops[id] = op;
        for (uint32_t a = 0; a < graph_call(g, id)->nargs; a++) {
            val_id value = pick(4) ? random_value(t, 0) : 0;
            uint8_t kind = val_get(&g->values, value)->kind;
            /* Known text has a form that depends on the argument: not random. */
            graph_args(g, id)[a] =
                kind == IR_STR || kind == IR_LIST || kind == IR_DICT ? 0 : value;
        }
    }
}

static void round_trips(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        struct toy t;
        toy_init(&t);
        random_graph(&t);
        struct buf first = {0}, second = {0};
        graph_print(&t.g, &first);
        if (!reparse(&t, first.p, first.len)) {
            diags_print(&t.diags, stderr, DIAG_HUMAN, false);
            fail_msg("%s", first.p);
        }
        graph_print(&t.g, &second);
        assert_string_equal(first.p, second.p);
        buf_free(&first);
        buf_free(&second);
        toy_free(&t);
    }
}

static void good_graph(struct toy *t, struct buf *out)
{
    op_id m = toy_machine(t, "m");
    toy_op(t, TOY_BOOTSTRAP, m, 0, 0, 0);
    val_id parts[] = {toy_str(t, "ip="), toy_ip(t, m)};
    op_id f = toy_op(t, TOY_FILE, m, toy_str(t, "/a"), val_join(&t->g.values, parts, 2),
                     toy_str(t, "0600"));
    val_id on = val_ref(&t->g.values, f, toy_id(t, "changed"));
    op_id s = toy_op(t, TOY_SERVICE, m, toy_str(t, "a.service"), VAL_TRUE,
                     val_seq(&t->g.values, IR_LIST, 0, &on, 1));
    val_id last = val_handle(&t->g.values, f);
    val_id calls = val_seq(&t->g.values, IR_LIST, 0, &last, 1);
    val_id machines = val_seq(&t->g.values, IR_LIST, 0, &calls, 1);
    val_id batch =
        val_int(&t->g.values, graph_batch(&t->g, (struct batch){0, 1, machines}));
    t->g.ops[s].batches = val_seq(&t->g.values, IR_LIST, 0, &batch, 1);
    t->g.ndigests = 1;
    t->g.digests[0].name = "glossary";
    t->g.digests[0].digest = "sha256:00";
    assert_true(graph_name(&t->g, &t->diags));
    graph_print(&t->g, out);
}

static void reads_what_later_stages_need(void **state)
{
    (void)state;
    struct toy t;
    struct buf text = {0}, again = {0};
    toy_init(&t);
    good_graph(&t, &text);
    assert_non_null(strstr(text.p, "op 3 machine.file on %m \"m.file(/a)\"\n"
                                   "    at 1:22-32\n"
                                   "    backend ansible\n"
                                   "    path = \"/a\"\n"
                                   "    content = text(\"ip=\", %m.ip)\n"
                                   "    mode = \"0600\"\n"));
    assert_true(reparse(&t, text.p, text.len));
    assert_string_equal(t.g.project, "toy");
    assert_string_equal(t.g.digests[0].digest, "sha256:00");
    assert_int_equal(t.g.ops[3].span.file, t.file);
    assert_true(graph_order(&t.g, &t.diags));
    assert_true(graph_verify(&t.g, &t.diags));
    assert_true(graph_segment(&t.g, &t.diags));
    assert_int_equal(t.g.nsegments, 1);
    graph_print(&t.g, &again);
    assert_string_equal(text.p, again.p);
    buf_free(&text);
    buf_free(&again);
    toy_free(&t);
}

static void errors_are_located(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        unsigned code;
    } edits[] = {
        {"dvir 1", "dvir 2", 627},
        {"dvir 1", "diff 1", 620},
        {"machine.file", "machine.flie", 621},
        {"mode =", "mood =", 622},
        {"\"0600\"", "\"600\"", 623},
        {"path = \"/a\"", "path = \"a\"", 623},
        {"source 1 \"toy.dvo\"", "source 1 \"nowhere.dvo\"", 624},
        {"\"toy.dvo\" \"sha256:", "\"toy.dvo\" \"sha256:0", 624},
        {"%m.ip", "%9.ip", 625},
        {"%m.ip", "%x.ip", 625},
        {"1:22-32", "1:22-99999", 626},
        {"1:22-32", "7:22-32", 620},
        {"op 3", "op 4", 620},
        {"text(", "tex(", 620},
        {"\"/a\"", "\"/a", 620},
        {"True", "[[[[", 620},
        {"batch 1", "batch 2", 620},
        {"after 0", "after 1", 620},
        {"[[%3]]", "[%3]", 623},
        {"[[%3]]", "[[%9]]", 625},
        {"batches [1]", "batches [2]", 623},
        {"batches [1]", "batches 1", 623},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct toy t;
        struct buf text = {0}, changed = {0};
        toy_init(&t);
        good_graph(&t, &text);
        char *at = strstr(text.p, edits[i].from);
        assert_non_null(at);
        buf_add(&changed, text.p, (size_t)(at - text.p));
        buf_str(&changed, edits[i].to);
        buf_str(&changed, at + strlen(edits[i].from));
        if (reparse(&t, changed.p, changed.len))
            fail_msg("\"%s\" was read", edits[i].to);
        assert_int_equal(t.diags.n, 1);
        assert_int_equal(t.diags.v[0]->code, edits[i].code);
        assert_string_equal(source_get(&t.sources, t.diags.v[0]->span.file)->path,
                            "x.dvir");
        buf_free(&text);
        buf_free(&changed);
        toy_free(&t);
    }
}

static void any_bytes_are_survived(void **state)
{
    (void)state;
    struct toy t;
    struct buf text = {0};
    toy_init(&t);
    good_graph(&t, &text);
    unsigned read = 0;
    for (int i = 0; i < 3000; i++) {
        char *copy = xmalloc(text.len);
        size_t len = pick(5) ? text.len : pick((uint32_t)text.len);
        memcpy(copy, text.p, text.len);
        for (uint32_t edits = 1 + pick(3); edits > 0; edits--) {
            size_t at = pick((uint32_t)text.len);
            copy[at] = pick(3) ? text.p[pick((uint32_t)text.len)] : (char)pick(256);
        }
        if (reparse(&t, copy, len)) {
            read++;
            graph_order(&t.g, &t.diags);
            if (graph_verify(&t.g, &t.diags))
                graph_segment(&t.g, &t.diags);
        }
        free(copy);
        diags_free(&t.diags);
        diags_init(&t.diags, &t.arena, &t.sources);
    }
    assert_true(read > 0);
    struct buf deep = {0};
    buf_str(&deep, "dvir 1\nop 1 cloud.create \"m\"\n    flavor = ");
    for (int i = 0; i < 100000; i++)
        buf_char(&deep, '[');
    assert_false(reparse(&t, deep.p, deep.len));
    buf_free(&deep);
    buf_free(&text);
    toy_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(reads_what_later_stages_need),
        cmocka_unit_test(errors_are_located),
        cmocka_unit_test(any_bytes_are_survived),
    };
    return RUN_TESTS(tests);
}
