/* Parser and resolver: exact spans, literals, limits, slots and what is reported
 * together. */
#include "compiler/parse.h"
#include "compiler/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct arena arena;
static struct sources sources;
static struct intern names;
static struct diags diags;
static const char *source;

static int setup(void **state)
{
    (void)state;
    sources_init(&sources, &arena);
    intern_init(&names, &arena);
    diags_init(&diags, &arena, &sources);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    diags_free(&diags);
    intern_free(&names);
    sources_free(&sources);
    arena_free(&arena);
    return 0;
}

static struct ast_file *parse_bytes(const char *text, size_t len)
{
    source = text;
    return parse_source(&sources, source_add(&sources, "t.dvo", text, len), &names,
                        &arena, &diags);
}

static struct ast_file *parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static bool resolved(struct ast_file *file)
{
    static const char *const universe[] = {"None", "True", "False", "print", "range"};
    str_id ids[5];
    for (size_t i = 0; i < 5; i++)
        ids[i] = intern_cstr(&names, universe[i]);
    return resolve(file, &(struct universe){.names = ids, .n = 5}, &arena, &diags);
}

/* The expression of the nth statement, which is one, or its assigned value. */
static struct expr *expr_of(const struct ast_file *file, uint32_t n)
{
    assert_non_null(file);
    struct stmt *s = file->top->body.v[n];
    return s->kind == STMT_ASSIGN ? s->assign.value : s->expr;
}

static void assert_span(struct span at, const char *text)
{
    assert_int_equal(at.end - at.begin, strlen(text));
    assert_memory_equal(source + at.begin, text, strlen(text));
}

static void test_spans(void **state)
{
    (void)state;
    struct ast_file *file = parse("x = (a + b).c(d, k=1)\n");
    struct expr *call = expr_of(file, 0);
    assert_span(file->top->body.v[0]->span, "x = (a + b).c(d, k=1)");
    assert_span(call->span, "(a + b).c(d, k=1)");
    assert_span(call->call.callee->dot.object->span, "(a + b)");
    assert_span(call->call.callee->dot.name_span, "c");
    assert_span(call->call.args.v[1].span, "k");
    assert_span(call->call.args.v[1].value->span, "1");
}

static void test_spans_in_fstrings(void **state)
{
    (void)state;
    struct expr *e =
        expr_of(parse("x = f'a{{b}} {one.two(3)!r}\\n{ f\"{deep}\" }'\n"), 0);
    assert_int_equal(e->fstring.n, 4);
    assert_span(e->span, "f'a{{b}} {one.two(3)!r}\\n{ f\"{deep}\" }'");
    assert_span(e->fstring.v[0].span, "a{{b}} ");
    assert_string_equal(e->fstring.v[0].text.p, "a{b} ");
    assert_span(e->fstring.v[1].span, "{one.two(3)!r}");
    assert_span(e->fstring.v[1].expr->span, "one.two(3)");
    assert_int_equal(e->fstring.v[1].conversion, 'r');
    struct expr *inner = e->fstring.v[3].expr;
    assert_span(inner->fstring.v[0].expr->span, "deep");
}

static void test_spans_behind_bom(void **state)
{
    (void)state;
    assert_span(expr_of(parse("\xef\xbb\xbfx = abc\n"), 0)->span, "abc");
}

static void test_integers(void **state)
{
    (void)state;
    struct ast_file *file =
        parse("0x7fffffffffffffff\n9223372036854775808\n0XffFFffFFffFFffFF0\n");
    assert_int_equal(expr_of(file, 0)->kind, EXPR_INT);
    assert_true(expr_of(file, 0)->integer == INT64_MAX);
    assert_int_equal(expr_of(file, 1)->kind, EXPR_BIGINT);
    assert_string_equal(expr_of(file, 1)->big.digits, "9223372036854775808");
    assert_int_equal(expr_of(file, 1)->big.base, 10);
    assert_string_equal(expr_of(file, 2)->big.digits, "ffffffffffffffff0");
    assert_int_equal(expr_of(file, 2)->big.base, 16);
}

static void test_strings(void **state)
{
    (void)state;
    struct ast_file *file =
        parse("'a\\0b'\nb'\\xff\\0'\n'''x\r\ny'''\nr'\\'\\n'\n'\\u00e9'\n");
    assert_int_equal(expr_of(file, 0)->text.len, 3);
    assert_memory_equal(expr_of(file, 0)->text.p, "a\0b", 4);
    assert_int_equal(expr_of(file, 1)->kind, EXPR_BYTES);
    assert_memory_equal(expr_of(file, 1)->text.p, "\xff\0", 3);
    assert_string_equal(expr_of(file, 2)->text.p, "x\ny");
    assert_string_equal(expr_of(file, 3)->text.p, "\\'\\n");
    assert_string_equal(expr_of(file, 4)->text.p, "é");
}

/* Parameters arrive in the order of slots, whatever their order in the text. */
static void test_parameters(void **state)
{
    (void)state;
    struct ast_file *file = parse("def f(a, b=1, *r, k, **w): pass\n");
    assert_non_null(file);
    struct function *f = file->top->body.v[0]->def.function;
    assert_int_equal(f->nparams, 5);
    assert_int_equal(f->npositional, 2);
    assert_int_equal(f->nkwonly, 1);
    assert_true(f->has_varargs && f->has_kwargs);
    const char *order[] = {"a", "b", "k", "r", "w"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(intern_text(&names, f->params[i].ident.name), order[i]);
}

static void test_captures(void **state)
{
    (void)state;
    struct ast_file *file = parse("def f(a):\n    b = a\n    def g():\n"
                                  "        return lambda: a + b\n    return g\n");
    assert_true(resolved(file));
    struct function *f = file->top->body.v[0]->def.function;
    struct function *g = f->body.v[1]->def.function;
    struct function *h = g->body.v[0]->expr->lambda;
    assert_int_equal(f->ncells, 2);
    assert_int_equal(f->params[0].ident.binding.scope, SCOPE_CELL);
    assert_int_equal(g->nfree, 2);
    assert_int_equal(g->free[1].binding.scope, SCOPE_CELL);
    assert_int_equal(h->free[1].binding.scope, SCOPE_FREE);
    assert_int_equal(h->free[1].binding.index, 1);
}

/* The first operand belongs to the enclosing scope, all the rest to the comprehension. */
static void test_comprehension_scope(void **state)
{
    (void)state;
    struct ast_file *file = parse("x = [x for x in x for y in z for z in x]\n");
    assert_true(resolved(file));
    struct comp_clause_list *clauses = &expr_of(file, 0)->comp->clauses;
    assert_int_equal(clauses->v[0].operand->name.binding.scope, SCOPE_GLOBAL);
    assert_int_equal(clauses->v[1].operand->name.binding.scope, SCOPE_LOCAL);
    assert_int_equal(clauses->v[2].operand->name.binding.scope, SCOPE_LOCAL);
    assert_int_equal(expr_of(file, 0)->comp->nslots, 3);
}

static void test_independent_errors(void **state)
{
    (void)state;
    assert_null(parse("x = = 1\nif x\n    y = 1\nelse:\n    y = (\n        2 3\n    )\n"
                      "def f(:\n    return 1\nwhile x:\n    pass\nz = 1\n"));
    assert_int_equal(diags.n, 5);
    const unsigned codes[] = {122, 121, 120, 120, 114};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(diags.v[i]->code, codes[i]);
}

static void test_unclosed_bracket(void **state)
{
    (void)state;
    assert_null(parse("x = [1,\n     2\ndef f():\n    return 1\ny = 3 3\n"));
    assert_int_equal(diags.n, 2);
    assert_int_equal(diags.v[0]->code, 117);
    assert_span(diags.v[0]->span, "[");
    assert_span(diags.v[0]->related->span, "def");
    assert_int_equal(diags.v[1]->code, 120);
}

static void test_unknown_name_once(void **state)
{
    (void)state;
    assert_false(resolved(parse("machine = 1\nprint(machin, machin)\nprint(machin)\n")));
    assert_int_equal(diags.n, 1);
    assert_int_equal(diags.v[0]->code, 201);
    assert_non_null(strstr(diags.v[0]->help, "mean machine?"));
}

/* `count` times `unit`, then `middle`, then `count` times `tail`. */
static const char *repeated(const char *unit, size_t count, const char *middle,
                            const char *tail)
{
    struct buf b = {0};
    for (size_t i = 0; i < count; i++)
        buf_str(&b, unit);
    buf_str(&b, middle);
    for (size_t i = 0; i < count; i++)
        buf_str(&b, tail);
    const char *text = arena_strndup(&arena, buf_text(&b), b.len);
    buf_free(&b);
    return text;
}

static void assert_too_deep(const char *text)
{
    size_t before = diags.n;
    assert_null(parse(text));
    assert_int_equal(diags.n, before + 1);
    assert_int_equal(diags.v[before]->code, 119);
}

static void test_depth_limits(void **state)
{
    (void)state;
    assert_too_deep(repeated("1 + ", 100000, "1\n", ""));
    assert_too_deep(repeated("(", 100000, "1", ")"));
    assert_too_deep(repeated("not ", 100000, "1\n", ""));
    assert_too_deep(repeated("lambda: ", 100000, "1\n", ""));
    assert_too_deep(repeated("1 if 2 else ", 100000, "1\n", ""));
    assert_too_deep(repeated("f(", 100000, "1", ")"));
    assert_too_deep(repeated("x", 1, repeated(".x", 100000, "\n", ""), ""));
}

static void test_depth_allowed(void **state)
{
    (void)state;
    assert_true(resolved(parse(repeated("1 + ", 900, "1\n", ""))));
    assert_true(resolved(parse(repeated("[", AST_BRACKETS_MAX, "1", "]"))));
    assert_true(resolved(parse(
        repeated("if 1: pass\n", 1, repeated("elif 2: pass\n", 20000, "", ""), ""))));
}

static void test_not_text(void **state)
{
    (void)state;
    assert_null(parse_bytes("x = 1\0\n", 7));
    assert_null(parse("x = '\xff'\n"));
    assert_null(parse("x = 1\ry = 2\n"));
    assert_int_equal(diags.v[0]->code, 102);
    assert_int_equal(diags.v[1]->code, 101);
    assert_int_equal(diags.v[2]->code, 103);
}

static void test_any_prefix_is_safe(void **state)
{
    (void)state;
    static const char text[] =
        "def f(a, *b: int) -> str:\n\tif a[1:]: return f'{a!r}{{'\n\n"
        "x = {k: [v for v in '''y''' if v] for k in (1,)}\n";
    for (size_t len = 0; len < sizeof text; len++) {
        struct ast_file *file = parse_bytes(text, len);
        if (file)
            (void)resolved(file);
        else
            assert_true(diags.errors > 0);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_spans),
        CASE(test_spans_in_fstrings),
        CASE(test_spans_behind_bom),
        CASE(test_integers),
        CASE(test_strings),
        CASE(test_parameters),
        CASE(test_captures),
        CASE(test_comprehension_scope),
        CASE(test_independent_errors),
        CASE(test_unclosed_bracket),
        CASE(test_unknown_name_once),
        CASE(test_depth_limits),
        CASE(test_depth_allowed),
        CASE(test_not_text),
        CASE(test_any_prefix_is_safe),
    };
    return RUN_TESTS(tests);
}
