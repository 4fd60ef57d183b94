/* Everything the YAML writer writes is read back with libyaml, scalar by scalar. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "emitters/yaml.h"

/* Reads one document and checks that its scalars, in order, are the given strings; `tags`
 * says which were tagged !unsafe (NULL: none). A plain scalar must be one of ours to be a
 * string. */
static void check_scalars(const struct buf *text, const char *const *s, const size_t *len,
                          size_t n, const char *tag)
{
    yaml_parser_t parser;
    yaml_event_t event;
    size_t i = 0;
    assert_true(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *)text->p, text->len);
    for (bool done = false; !done;) {
        if (!yaml_parser_parse(&parser, &event))
            fail_msg("line %zu: %s in:\n%s", parser.problem_mark.line + 1, parser.problem,
                     text->p);
        if (event.type == YAML_SCALAR_EVENT) {
            assert_true(i < n);
            if (event.data.scalar.length != len[i] ||
                memcmp(event.data.scalar.value, s[i], len[i]))
                fail_msg("scalar %zu came back as \"%s\" from:\n%s", i,
                         (const char *)event.data.scalar.value, text->p);
            const char *got = (const char *)event.data.scalar.tag;
            if (tag && i % 2)
                assert_string_equal(got ? got : "", tag);
            else
                assert_null(got);
            i++;
        }
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    assert_int_equal(i, n);
    yaml_parser_delete(&parser);
}

static uint32_t lines_of(const struct buf *text)
{
    uint32_t n = 0;
    for (size_t i = 0; i < text->len; i++)
        n += text->p[i] == '\n';
    return n;
}

/* The same string as item, value, tagged value, nested value, and key. */
static void check_string(const char *s, size_t len)
{
    struct buf out = {0};
    struct yaml y;
    const char *want[] = {s, "k", s, "deep", "er", s, s};
    size_t lens[] = {len, 1, len, 4, 2, len, len};
    yaml_begin(&y, &out);
    yaml_seq(&y);
    yaml_text(&y, s, len);
    yaml_map(&y);
    yaml_name(&y, "k");
    yaml_text(&y, s, len);
    yaml_name(&y, "deep");
    yaml_map(&y);
    yaml_name(&y, "er");
    yaml_seq(&y);
    yaml_text(&y, s, len);
    yaml_seq_end(&y);
    yaml_key(&y, s, len);
    yaml_seq(&y);
    yaml_seq_end(&y);
    yaml_map_end(&y);
    yaml_map_end(&y);
    yaml_seq_end(&y);
    yaml_end(&y);
    check_scalars(&out, want, lens, 7, NULL);

    buf_clear(&out);
    const char *compact[] = {"k", s, s, s, "z", s, s};
    size_t compact_lens[] = {1, len, len, len, 1, len, len};
    yaml_begin(&y, &out);
    yaml_seq(&y);
    yaml_compact_map(&y);
    yaml_name(&y, "k");
    yaml_text(&y, s, len);
    yaml_key(&y, s, len);
    yaml_text(&y, s, len);
    yaml_name(&y, "z");
    yaml_seq(&y);
    yaml_text(&y, s, len);
    yaml_text(&y, s, len);
    yaml_seq_end(&y);
    yaml_map_end(&y);
    yaml_seq_end(&y);
    assert_int_equal(yaml_next_line(&y), 2 + lines_of(&out));
    yaml_end(&y);
    check_scalars(&out, compact, compact_lens, 7, NULL);

    buf_clear(&out);
    const char *tagged[] = {"k", s, "z", s};
    size_t tagged_lens[] = {1, len, 1, len};
    yaml_begin(&y, &out);
    yaml_map(&y);
    yaml_name(&y, "k");
    yaml_unsafe(&y, s, len);
    yaml_name(&y, "z");
    yaml_unsafe(&y, s, len);
    yaml_map_end(&y);
    yaml_end(&y);
    check_scalars(&out, tagged, tagged_lens, 4, "!unsafe");
    buf_free(&out);
}

/* Text that some reader would take for something else, or not at all. */
static const char *const hostile[] = {
    "",
    " ",
    "  ",
    "a ",
    " a",
    "a  b",
    "yes",
    "No",
    "ON",
    "off",
    "y",
    "N",
    "true",
    "False",
    "null",
    "Null",
    "~",
    "None",
    "0",
    "007",
    "0o17",
    "0x1f",
    "1e3",
    "-1",
    "+1",
    ".5",
    "1_000",
    "1:30",
    "190:20:30",
    "2001-01-01",
    "2001-12-14t21:59:43.10-05:00",
    ".inf",
    "-.INF",
    ".nan",
    "inf",
    "NaN",
    "-",
    "--",
    "---",
    "...",
    "--- a",
    "- a",
    "-a",
    "?",
    "? a",
    ":",
    ": a",
    "a:",
    "a: b",
    "a:b",
    "a::b",
    "a :b",
    "a #b",
    "a#b",
    "#a",
    "a\t#b",
    "&a",
    "*a",
    "!a",
    "!!str a",
    "!unsafe a",
    "|",
    "|-",
    ">",
    ">+",
    "%a",
    "%YAML 1.1",
    "@a",
    "`a`",
    "'",
    "\"",
    "'a'",
    "\"a\"",
    "a'b",
    "a\"b",
    "it's",
    "\\",
    "\\n",
    "C:\\x",
    "[",
    "[a]",
    "{",
    "{a}",
    "{a: b}",
    "a, b",
    ",",
    "]",
    "}",
    "<<",
    "=",
    "a = b",
    "{{ x }}",
    "{% x %}",
    "{# x #}",
    "\t",
    "a\tb",
    "\ta",
    "a\t",
    "\n",
    "\n\n",
    "a\n",
    "a\nb",
    "a\nb\n",
    "a\nb\n\n",
    "a\n\nb",
    "a\n\n\n\n\nb",
    "\na",
    "\n\na\nb",
    " a\nb",
    "  a\n b\n",
    "\ta\nb\n",
    "a \nb",
    "a\n b",
    "a\n\tb\n",
    "a\n \nb",
    "# a\nb\n",
    "- a\n- b\n",
    "a: b\nc: d\n",
    "---\na\n",
    "...\na\n",
    "a\n---\nb\n",
    "a\r\nb",
    "a\rb",
    "\r",
    "\x01",
    "\x1b[31m",
    "\x7f",
    "\xc2\x80",
    "\xc2\x85",
    "a\xc2\x85"
    "b",
    "\xc2\xa0",
    "\xe2\x80\xa8",
    "a\xe2\x80\xa9"
    "b\nc",
    "\xef\xbb\xbf",
    "\xef\xbb\xbf"
    "a",
    "\xef\xbf\xbe",
    "\xef\xbf\xbf",
    "\xe2\x80\xae"
    "abc",
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
    "\xf0\x9f\x98\x80",
    "gr\xc3\xbc\xc3\x9f",
    "\xf4\x8f\xbf\xbf",
    "a\xc3\xbc: b",
    "$(reboot)",
    "`reboot`",
    "#{x}",
    "<%= x %>",
    "%s%n",
};

static void reads_hostile_text_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        check_string(hostile[i], strlen(hostile[i]));
    check_string("\0", 1);
    check_string("a\0b\nc", 5);
}

static void reads_long_text_back(void **state)
{
    (void)state;
    struct buf text = {0};
    static const char *const units[] = {
        "x",      "word ", "  ",   "\xc3\xbc", "\xf0\x9f\x98\x80 ",
        "line\n", "\\\" ", "\x01", " x",       "a: b # c\n "};
    static const size_t lengths[] = {60, 149, 150, 151, 1100, 65536};
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
            buf_clear(&text);
            while (text.len < lengths[l])
                buf_str(&text, units[u]);
            check_string(text.p, text.len);
        }
    }
    buf_free(&text);
}

static void reads_random_text_back(void **state)
{
    (void)state;
    static const char alphabet[] =
        "ab \n\t:#-'\"\\{}[]|>&*!%@`,?=~01._/\r\x85\xc2\xa0\x1b";
    srand(1);
    for (unsigned round = 0; round < 20000; round++) {
        char s[200];
        size_t len = (size_t)rand() % (round % 20 ? 12 : sizeof s);
        size_t n = 0;
        while (n < len) {
            char c = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
            /* Make of stray bytes what UTF-8 allows. */
            if ((unsigned char)c >= 0x80) {
                if (n + 2 > len)
                    break;
                s[n++] = (char)0xc2;
                s[n++] = (char)(0x80 | rand() % 64);
            } else {
                s[n++] = c;
            }
        }
        check_string(s, n);
    }
}

static void refuses_what_is_no_text(void **state)
{
    (void)state;
    assert_true(yaml_can_carry("gr\xc3\xbc\xc3\x9f", 6));
    assert_false(yaml_can_carry("\xff", 1));
    assert_false(yaml_can_carry("\xed\xa0\x80", 3));
    assert_false(yaml_can_carry("\xc0\x80", 2));
}

static void chooses_readable_styles(void **state)
{
    (void)state;
    static const char want[] = "---\n"
                               "- name: Keep nginx.service running\n"
                               "  # a comment with \"quotes\" ??\n"
                               "  path: /etc/motd\n"
                               "  mode: \"0644\"\n"
                               "  when: app is changed or 'app' in changed_before\n"
                               "  url: http://a/b\n"
                               "  say: '\"hi\" \\'\n"
                               "  content: |\n"
                               "    one\n"
                               "\n"
                               "      two\n"
                               "  half: |2-\n"
                               "     a\n"
                               "    b\n"
                               "  \"none\": []\n"
                               "  nothing: {}\n"
                               "  \"n\": -7\n"
                               "  f: 1.0e+20\n"
                               "  b: true\n"
                               "  v: null\n"
                               "  u: !unsafe \"{{ x }}\"\n"
                               "\n"
                               "- - x\n"
                               "  - \"y\"\n";
    struct buf out = {0};
    struct yaml y;
    yaml_begin(&y, &out);
    yaml_seq(&y);
    assert_int_equal(yaml_next_line(&y), 2);
    yaml_map(&y);
    yaml_name(&y, "name");
    yaml_cstr(&y, "Keep nginx.service running");
    yaml_comment(&y, "a comment\nwith \"quotes\" \x1b\x7f", 26);
    yaml_name(&y, "path");
    yaml_cstr(&y, "/etc/motd");
    yaml_name(&y, "mode");
    yaml_cstr(&y, "0644");
    yaml_name(&y, "when");
    yaml_cstr(&y, "app is changed or 'app' in changed_before");
    yaml_name(&y, "url");
    yaml_cstr(&y, "http://a/b");
    yaml_name(&y, "say");
    yaml_cstr(&y, "\"hi\" \\");
    yaml_name(&y, "content");
    yaml_cstr(&y, "one\n\n  two\n");
    yaml_name(&y, "half");
    yaml_cstr(&y, " a\nb");
    yaml_key(&y, "none", 4);
    yaml_seq(&y);
    yaml_seq_end(&y);
    yaml_name(&y, "nothing");
    yaml_map(&y);
    yaml_map_end(&y);
    yaml_key(&y, "n", 1);
    yaml_int(&y, -7);
    yaml_name(&y, "f");
    yaml_float(&y, 1e20);
    yaml_name(&y, "b");
    yaml_bool(&y, true);
    yaml_name(&y, "v");
    yaml_null(&y);
    yaml_name(&y, "u");
    yaml_unsafe(&y, "{{ x }}", 7);
    yaml_map_end(&y);
    yaml_blank(&y);
    assert_int_equal(yaml_next_line(&y), 24);
    yaml_seq(&y);
    yaml_cstr(&y, "x");
    yaml_cstr(&y, "y");
    yaml_seq_end(&y);
    yaml_seq_end(&y);
    yaml_end(&y);
    assert_string_equal(out.p, want);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_hostile_text_back),
        cmocka_unit_test(reads_long_text_back),
        cmocka_unit_test(reads_random_text_back),
        cmocka_unit_test(refuses_what_is_no_text),
        cmocka_unit_test(chooses_readable_styles),
    };
    return RUN_TESTS(tests);
}
