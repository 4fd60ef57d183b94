/* Diagnostics: the queue (limit, repetitions, order) and each format, byte by byte. */
#include "ir/base/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "ir/base/wire.h"
#include "unit.h"

static struct arena arena;
static struct sources sources;
static struct diags diags;

static int setup(void **state)
{
    (void)state;
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    diags_free(&diags);
    sources_free(&sources);
    arena_free(&arena);
    return 0;
}

static file_id add(const char *path, const char *text)
{
    return source_add(&sources, path, text, strlen(text));
}

/* What diags_print() writes, in the arena. */
static const char *printed(enum diag_format format, bool color)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    diags_print(&diags, out, format, color);
    fclose(out);
    const char *kept = arena_strndup(&arena, text, len);
    free(text);
    return kept;
}

static void test_human(void **state)
{
    (void)state;
    file_id f = add("app.dvo", "a = 1\nb = machine.ip + 2\n");
    struct diag *g = diag_error(&diags, 412, (struct span){f, 10, 20},
                                "'%s' is not known yet", "machine.ip");
    diag_related(&diags, g, (struct span){f, 0, 1}, "first\ndefined here");
    diag_help(&diags, g, "write\n  f(x)");
    diag_warning(&diags, 0, (struct span){0}, "no configuration");
    assert_string_equal(printed(DIAG_HUMAN, false),
                        "app.dvo:2:5: error[DVO0412]: 'machine.ip' is not known yet\n"
                        "    2 | b = machine.ip + 2\n"
                        "      |     ^~~~~~~~~~\n"
                        "app.dvo:1:1: note: first\n"
                        "    defined here\n"
                        "    1 | a = 1\n"
                        "      | ^\n"
                        "help: write\n"
                        "        f(x)\n"
                        "dvoc: warning: no configuration\n");
}

static void assert_excerpt(const char *text, uint32_t begin, uint32_t end,
                           const char *expected)
{
    file_id f = add("x", text);
    diag_note(&diags, 1, (struct span){f, begin, end}, "m");
    const char *p = printed(DIAG_HUMAN, false);
    assert_string_equal(strchr(p, '\n') + 1, expected);
    diags_free(&diags);
    diags_init(&diags, &arena, &sources);
}

static void test_excerpts(void **state)
{
    (void)state;
    /* Tabs widen, wide characters take two columns, combining ones none. */
    assert_excerpt("\tab\tcd", 4, 6, "    1 |     ab  cd\n      |         ^~\n");
    assert_excerpt("\xe4\xb8\xad\xe6\x96\x87 = x", 3, 6,
                   "    1 | \xe4\xb8\xad\xe6\x96\x87 = x\n      |   ^~\n");
    assert_excerpt("e\xcc\x81 = x", 6, 7, "    1 | e\xcc\x81 = x\n      |     ^\n");
    /* Nothing steers the terminal. */
    assert_excerpt("a\x1b[31m\xff", 6, 7,
                   "    1 | a\xef\xbf\xbd[31m\xef\xbf\xbd\n      |       ^\n");
    /* Empty spans, at the end of a line and of the file, and over several lines. */
    assert_excerpt("ab", 1, 1, "    1 | ab\n      |  ^\n");
    assert_excerpt("ab\ncd", 2, 3, "    1 | ab\n      |   ^\n");
    assert_excerpt("ab\n", 3, 3, "    2 | \n      | ^\n");
    assert_excerpt("f(a,\n  b)\n", 0, 9, "    1 | f(a,\n      | ^~~~\n");
    assert_excerpt("ab\r\ncd", 1, 6, "    1 | ab\n      |  ^\n");
    assert_excerpt("ab", 90, 95, "    1 | ab\n      |   ^\n");
}

static void test_long_line_is_cut(void **state)
{
    (void)state;
    char line[5001];
    memset(line, 'x', 5000);
    line[5000] = '\0';
    memcpy(line + 3000, "HERE", 4);
    file_id f = add("x", line);
    diag_error(&diags, 1, (struct span){f, 3000, 3004}, "m");
    diag_error(&diags, 1, (struct span){f, 0, 5000}, "all");
    const char *p = printed(DIAG_HUMAN, false);
    size_t longest = 0;
    for (const char *end; (end = strchr(p, '\n')); p = end + 1) {
        longest = (size_t)(end - p) > longest ? (size_t)(end - p) : longest;
        const char *here = memmem(p, (size_t)(end - p), "HERE", 4);
        if (here) /* the ellipsis has three bytes and one column */
            assert_memory_equal(end + 1 + (here - p) - 2, "^~~~\n", 5);
    }
    assert_true(longest < 200);
}

static void test_color(void **state)
{
    (void)state;
    file_id f = add("x", "ab");
    diag_error(&diags, 7, (struct span){f, 0, 2}, "m");
    assert_string_equal(printed(DIAG_HUMAN, true),
                        "\033[1mx:1:1: \033[0m\033[1;31merror[DVO0007]: \033[0m"
                        "\033[1mm\033[0m\n"
                        "\033[34m    1 | \033[0mab\n"
                        "\033[34m      | \033[0m\033[1;31m^~\033[0m\n");
}

static void test_queue(void **state)
{
    (void)state;
    file_id a = add("a", "1\n2\n3\n"), b = add("b", "1\n");
    diag_error(&diags, 2, (struct span){b, 0, 1}, "in b");
    diag_error(&diags, 1, (struct span){a, 4, 5}, "third");
    diag_error(&diags, 1, (struct span){a, 0, 1}, "first");
    diag_help(&diags, diag_error(&diags, 1, (struct span){a, 0, 1}, "first"), "lost");
    diag_error(&diags, 1, (struct span){a, 0, 1}, "first, otherwise");
    assert_int_equal(diags.errors, 4);
    assert_int_equal(diags.n, 4);
    assert_string_equal(
        printed(DIAG_GITHUB, false),
        "::error title=DVO0002,file=b,line=1,endLine=1,col=1,endColumn=2::in b\n"
        "::error title=DVO0001,file=a,line=1,endLine=1,col=1,endColumn=2::first\n"
        "::error title=DVO0001,file=a,line=1,endLine=1,col=1,endColumn=2"
        "::first, otherwise\n"
        "::error title=DVO0001,file=a,line=3,endLine=3,col=1,endColumn=2::third\n");
}

static void test_limit(void **state)
{
    (void)state;
    file_id f = add("x", "a");
    for (int i = 0; i < 25; i++) {
        assert_int_equal(diags_full(&diags), i >= 20);
        struct diag *g = diag_error(&diags, 1, (struct span){f, 0, 1}, "number %d", i);
        diag_help(&diags, g, "never NULL");
    }
    diag_warning(&diags, 1, (struct span){f, 0, 1}, "warnings are kept");
    assert_int_equal(diags.n, 21);
    assert_int_equal(diags.errors, 25);
    assert_non_null(
        strstr(printed(DIAG_HUMAN, false), "\n25 errors, the first 20 shown\n"));
}

static void test_many_different_warnings(void **state)
{
    (void)state;
    file_id f = add("x", "a");
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 20000; i++)
            diag_warning(&diags, 1, (struct span){f, 0, 1}, "number %d", i);
    assert_int_equal(diags.n, 20000);
}

static void test_builtin_is_never_first(void **state)
{
    (void)state;
    file_id glossary = add("calls/machine.dvo", "call()\n");
    sources.v[glossary].role = SOURCE_BUILTIN;
    file_id f = add("app.dvo", "m.run()\n");
    struct diag *g = diag_error(&diags, 321, (struct span){glossary, 0, 4}, "m");
    diag_related(&diags, g, (struct span){f, 0, 5}, "called here");
    assert_string_equal(printed(DIAG_HUMAN, false),
                        "app.dvo:1:1: error[DVO0321]: m\n"
                        "    1 | m.run()\n"
                        "      | ^~~~~\n"
                        "calls/machine.dvo:1:1: note: in this built-in definition\n"
                        "    1 | call()\n"
                        "      | ^~~~\n");
}

static void test_json(void **state)
{
    (void)state;
    file_id f = add("a \"b\".dvo", "\xc3\xa9 = 1\nx\n");
    struct diag *g = diag_error(&diags, 412, (struct span){f, 3, 8}, "say \"x\"");
    diag_related(&diags, g, (struct span){f, 0, 2}, "here");
    diag_related(&diags, g, (struct span){0}, "nowhere");
    diag_help(&diags, g, "try %d%%", 5);
    diag_note(&diags, 0, (struct span){0}, "n");
    const char *text = printed(DIAG_JSON, false);
    assert_string_equal(
        text, "{\"version\":1,\"errors\":1,\"diagnostics\":[\n"
              "{\"level\":\"error\",\"code\":\"DVO0412\",\"file\":\"a "
              "\\\"b\\\".dvo\",\"line\":1,"
              "\"column\":3,\"endLine\":2,\"endColumn\":2,\"message\":\"say \\\"x\\\"\","
              "\"help\":\"try 5%\",\"related\":[{\"message\":\"here\",\"file\":\"a "
              "\\\"b\\\".dvo\","
              "\"line\":1,\"column\":1,\"endLine\":1,\"endColumn\":2},{\"message\":"
              "\"nowhere\"}]},\n"
              "{\"level\":\"note\",\"message\":\"n\",\"related\":[]}\n"
              "]}\n");
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    json_decref(value);
}

static void test_sarif(void **state)
{
    (void)state;
    file_id f = add("dir/a b.dvo", "x = 1\n");
    struct diag *g = diag_warning(&diags, 412, (struct span){f, 0, 1}, "m");
    diag_related(&diags, g, (struct span){f, 4, 5}, "r");
    diag_help(&diags, g, "h");
    diag_error(&diags, 1, (struct span){0}, "e");
    json_t *log = json_loads(printed(DIAG_SARIF, false), 0, NULL);
    assert_non_null(log);
    const char *version, *uri, *rule, *text, *related;
    int line, column;
    assert_int_equal(
        json_unpack(log,
                    "{s:s, s:[{s:[{s:s, s:{s:s}, s:[{s:{s:{s:s}}}], s:[{s:{s:s},"
                    " s:{s:{s:i, s:i}}}]}, {}]}]}",
                    "version", &version, "runs", "results", "ruleId", &rule, "message",
                    "text", &text, "locations", "physicalLocation", "artifactLocation",
                    "uri", &uri, "relatedLocations", "message", "text", &related,
                    "physicalLocation", "region", "startLine", &line, "startColumn",
                    &column),
        0);
    assert_string_equal(version, "2.1.0");
    assert_string_equal(uri, "dir/a%20b.dvo");
    assert_string_equal(rule, "DVO0412");
    assert_string_equal(text, "m\nhelp: h");
    assert_string_equal(related, "r");
    assert_int_equal(line, 1);
    assert_int_equal(column, 5);
    json_decref(log);
}

static void test_github_escapes(void **state)
{
    (void)state;
    file_id f = add("a,b:c.dvo", "x\ny");
    struct diag *g = diag_note(&diags, 1, (struct span){f, 0, 3}, "50%%\nof: a, b");
    diag_related(&diags, g, (struct span){f, 2, 3}, "r");
    diag_help(&diags, g, "h");
    assert_string_equal(
        printed(DIAG_GITHUB, false),
        "::notice title=DVO0001,file=a%2Cb%3Ac.dvo,line=1,endLine=2,col=1::"
        "50%25%0Aof: a, b%0Anote: a,b:c.dvo:2: r%0Ahelp: h\n");
}

static void test_empty(void **state)
{
    (void)state;
    assert_string_equal(printed(DIAG_HUMAN, false), "");
    assert_string_equal(printed(DIAG_GITHUB, false), "");
    assert_string_equal(printed(DIAG_JSON, false),
                        "{\"version\":1,\"errors\":0,\"diagnostics\":[\n]}\n");
}

/* Records of another process, which numbers its sources otherwise. */
static const char *message(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = diag_vformat(&arena, fmt, ap);
    va_end(ap);
    return text;
}

static void test_quotations(void **state)
{
    (void)state;
    char a[201], umlauts[201];
    memset(a, 'a', 200);
    a[200] = '\0';
    for (int i = 0; i < 200; i += 2)
        memcpy(umlauts + i, "\xc3\xb6", 2);
    umlauts[200] = '\0';
    const char *cut = message("x\"%s\" '%s'", a, "b");
    assert_int_equal(strlen(cut), 1 + 1 + 60 + 3 + 1 + 4);
    assert_non_null(strstr(cut, "aa\xe2\x80\xa6\" 'b'"));
    /* Never in the middle of a character: an odd byte before it shifts all. */
    umlauts[0] = 'x';
    umlauts[1] = 'y';
    for (size_t shift = 0; shift < 2; shift++)
        assert_true(utf8_valid(message("'%s'", umlauts + shift),
                               strlen(message("'%s'", umlauts + shift))));
    /* What is not quoted is left alone. */
    assert_int_equal(strlen(message("%s", a)), 200);
    assert_int_equal(strlen(message("%s'", a)), 201);
    assert_string_equal(message("'%.*s' %.*s|", 2, "abc", 1, "xyz"), "'ab' x|");
    assert_string_equal(message("100%% %d %u %zu %lld %llu %c%c DVO%04u %x", -1, 2u,
                                (size_t)3, -4LL, 5ULL, 'c', '!', 6u, 255u),
                        "100% -1 2 3 -4 5 c! DVO0006 ff");
    assert_string_equal(diag_cut(&arena, a, 3), "aaa");
}

static void test_wire(void **state)
{
    (void)state;
    struct buf bytes = {0};
    file_id unused = add("unused.dvo", "x\n"),
            lib = add("lib.dvo", "def f():\n    g()\n");
    file_id app = add("dir/app.dvo", "f()\n"), record = add("<built-in>/call.dvo", "a\n");
    source_name(&sources, app, "app.dvo");
    sources.v[record].role = SOURCE_BUILTIN;
    diags.limit = 2;
    struct diag *g = diag_error(&diags, 301, (struct span){lib, 13, 16}, "wrong");
    diag_related(&diags, g, (struct span){app, 0, 3}, "called here");
    diag_related(&diags, g, (struct span){0}, "and nowhere");
    diag_help(&diags, g, "right it");
    g = diag_warning(&diags, 0, (struct span){record, 0, 1}, "built in");
    diag_related(&diags, g, (struct span){app, 0, 1}, "used here");
    diag_error(&diags, 302, (struct span){0}, "of no place");
    diag_error(&diags, 303, (struct span){app, 0, 3}, "beyond the limit");
    diag_note(&diags, 304, (struct span){app, 1, 2}, "by the way");
    diags_write(&diags, &bytes);
    const char *human = printed(DIAG_HUMAN, true), *json = printed(DIAG_JSON, false);
    assert_non_null(strstr(human, "3 errors, the first 2 shown"));
    assert_int_not_equal(unused, 0);

    struct sources there = sources;
    diags_free(&diags);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    file_id known = add("dir/app.dvo", "f()\n"), other = add("lib.dvo", "another text\n");
    diags.limit = 2;
    struct wire in = {bytes.p, bytes.len, false};
    assert_true(diags_read(&diags, &in));
    assert_int_equal(in.len, 0);
    /* The same once more says nothing new. */
    size_t n = diags.n;
    unsigned errors = diags.errors;
    in = (struct wire){bytes.p, bytes.len, false};
    assert_true(diags_read(&diags, &in));
    assert_int_equal(diags.n, n);
    diags.errors = errors; /* counted, though not kept */
    assert_null(diags.v[0]->related->next->next);
    assert_string_equal(printed(DIAG_HUMAN, true), human);
    assert_string_equal(printed(DIAG_JSON, false), json);
    assert_int_equal(diags.v[0]->related->span.file, known);
    assert_int_not_equal(diags.v[0]->span.file, other);
    /* Bytes that are cut off anywhere are no records. */
    for (size_t len = 0; len < bytes.len; len++) {
        in = (struct wire){bytes.p, len, false};
        assert_false(diags_read(&diags, &in));
    }
    buf_free(&bytes);
    sources_free(&there);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_human),
        CASE(test_excerpts),
        CASE(test_long_line_is_cut),
        CASE(test_color),
        CASE(test_queue),
        CASE(test_limit),
        CASE(test_many_different_warnings),
        CASE(test_builtin_is_never_first),
        CASE(test_json),
        CASE(test_sarif),
        CASE(test_github_escapes),
        CASE(test_empty),
        CASE(test_quotations),
        CASE(test_wire),
    };
    return RUN_TESTS(tests);
}
