/* What the Ruby writer writes is taken apart again by Ruby's rules for literals, and must
 * be the text that went in. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "emitters/ruby.h"

/* Reads "'a' + \"\\r\" + 'b'" as Ruby does; fails on anything else, on a raw CR and on
 * interpolation. */
static void literal_read(const char *p, const char *end, struct buf *out)
{
    for (;;) {
        assert_true(p < end && (*p == '\'' || *p == '"'));
        for (char quote = *p++; *p != quote; p++) {
            assert_true(p < end && *p != '\r');
            if (quote == '\'' && *p == '\\') {
                p++;
                assert_true(*p == '\\' || *p == '\'');
                buf_char(out, *p);
            } else if (quote == '\'') {
                buf_char(out, *p);
            } else {
                assert_true(*p++ == '\\');
                if (*p == 'r' || *p == 'n' || *p == 't') {
                    buf_char(out, *p == 'r' ? '\r' : *p == 'n' ? '\n' : '\t');
                } else {
                    assert_true(*p++ == 'u' && *p++ == '{');
                    char *rest;
                    unsigned long c = strtoul(p, &rest, 16);
                    assert_true(*rest == '}');
                    p = rest;
                    if (c < 0x80) {
                        buf_char(out, (char)c);
                    } else if (c < 0x800) {
                        buf_char(out, (char)(0xc0 | c >> 6));
                        buf_char(out, (char)(0x80 | (c & 0x3f)));
                    } else {
                        assert_true(c < 0x10000);
                        buf_char(out, (char)(0xe0 | c >> 12));
                        buf_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
                        buf_char(out, (char)(0x80 | (c & 0x3f)));
                    }
                }
            }
        }
        if (++p == end)
            return;
        assert_true(!strncmp(p, " + ", 3));
        p += 3;
    }
}

static void check_text(const char *s, size_t len)
{
    struct buf text = {0}, back = {0};
    struct ruby r = {0};
    ruby_begin(&r, &text);
    ruby_text(&r, s, len, false);
    literal_read(text.p, text.p + text.len, &back);
    assert_int_equal(back.len, len);
    assert_memory_equal(buf_text(&back), s, len);

    /* As a name it takes one line. */
    buf_clear(&text);
    buf_clear(&back);
    ruby_begin(&r, &text);
    ruby_block(&r, "x", s, len);
    char *newline = strchr(text.p, '\n');
    assert_ptr_equal(newline, text.p + text.len - 1);
    assert_memory_equal(newline - 3, " do", 3);
    literal_read(text.p + 2, newline - 3, &back);
    assert_int_equal(back.len, len);
    assert_memory_equal(buf_text(&back), s, len);

    /* Nothing leaves a comment. */
    buf_clear(&text);
    ruby_begin(&r, &text);
    ruby_comment(&r, s, len);
    assert_int_equal(*text.p, '#');
    assert_ptr_equal(strpbrk(text.p, "\n\r"), text.p + text.len - 1);
    assert_int_equal(strlen(text.p), text.len);

    ruby_free(&r);
    buf_free(&text);
    buf_free(&back);
}

static const char *const hostile[] = {
    "",
    "plain",
    "it's",
    "\\",
    "\\'",
    "a\\",
    "#{system('id')}",
    "\"#{1}\"",
    "'; system('id'); '",
    "a\nb",
    "a \nb\t\n",
    "\r",
    "a\r\nb\r\n",
    "\r\r\n\n",
    "=begin\nx\n=end\n",
    "x\n__END__\ny",
    "%w(a b)",
    "\x01\x7f\x1a\x04",
    "\xc2\x85\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf",
    "\xc3\xa9\xf0\x9f\x98\x80",
    "\t\ttabs",
};

static void test_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        check_text(hostile[i], strlen(hostile[i]));
    check_text("a\0b", 3);
    /* Every pair of characters that mean something. */
    static const char special[] = "'\"\\#{}\n\r\t a\0";
    for (size_t i = 0; i < sizeof special; i++)
        for (size_t k = 0; k < sizeof special; k++)
            check_text((char[]){special[i], special[k]}, 2);
}

static void test_operand(void **state)
{
    (void)state;
    struct buf text = {0};
    struct ruby r = {0};
    ruby_begin(&r, &text);
    ruby_text(&r, "a", 1, true);
    ruby_code(&r, " ");
    ruby_text(&r, "a\rb", 3, true);
    assert_string_equal(text.p, "'a' ('a' + \"\\r\" + 'b')");
    ruby_free(&r);
    buf_free(&text);
}

static void test_layout(void **state)
{
    (void)state;
    struct buf text = {0};
    struct ruby r = {0};
    ruby_begin(&r, &text);
    assert_int_equal(ruby_next_line(&r), 1);
    ruby_comment(&r, "a\nb", 3);
    assert_int_equal(ruby_next_line(&r), 2);
    ruby_block(&r, "dvo_hostname", "x", 1);
    ruby_block_end(&r);
    ruby_block(&r, "dvo_run", "it's", 4);
    ruby_statement(&r, "parameters");
    ruby_open(&r, RUBY_ARGUMENTS);
    ruby_name(&r, "argv");
    ruby_open(&r, RUBY_ARRAY);
    for (int i = 0; i < 2; i++) {
        ruby_item(&r);
        ruby_text(&r, i ? "b=c" : "a", i ? 3 : 1, false);
    }
    ruby_close(&r);
    ruby_name(&r, "env");
    ruby_open(&r, RUBY_HASH);
    ruby_key(&r, "A", 1);
    ruby_text(&r, "x\ny\n", 4, false);
    ruby_close(&r);
    ruby_name(&r, "none");
    ruby_open(&r, RUBY_HASH);
    ruby_close(&r);
    ruby_name(&r, "one");
    ruby_open(&r, RUBY_ARRAY);
    ruby_item(&r);
    ruby_int(&r, -1);
    ruby_close(&r);
    ruby_close(&r);
    ruby_statement_end(&r);
    ruby_statement(&r, "action");
    ruby_symbol(&r, "run", 3);
    ruby_statement_end(&r);
    ruby_statement(&r, "content");
    ruby_open(&r, RUBY_LAZY);
    ruby_code(&r, "Dvo.value('x')");
    ruby_close(&r);
    ruby_statement_end(&r);
    ruby_block_end(&r);
    assert_string_equal(text.p, "# a b\n"
                                "dvo_hostname 'x'\n"
                                "dvo_run 'it\\'s' do\n"
                                "  parameters(\n"
                                "    argv: %w(a b=c),\n"
                                "    env: {\n"
                                "      'A' => 'x\n"
                                "y' + \"\\n\",\n"
                                "    },\n"
                                "    none: {},\n"
                                "    one: [-1]\n"
                                "  )\n"
                                "  action :run\n"
                                "  content lazy { Dvo.value('x') }\n"
                                "end\n");
    assert_int_equal(ruby_next_line(&r), 16);
    ruby_free(&r);
    buf_free(&text);
}

static void test_comment(void **state)
{
    (void)state;
    static const char text[] = "a # rubocop:disable all # cookstyle: disable x";
    struct buf out = {0};
    struct ruby r = {0};
    ruby_begin(&r, &out);
    ruby_comment(&r, text, sizeof text - 1);
    assert_string_equal(out.p, "# a # ?ubocop:disable all # ?ookstyle: disable x\n");
    ruby_free(&r);
    buf_free(&out);
}

static void test_numbers(void **state)
{
    (void)state;
    struct buf text = {0};
    struct ruby r = {0};
    ruby_begin(&r, &text);
    ruby_float(&r, 1);
    ruby_code(&r, " ");
    ruby_float(&r, 0.5);
    ruby_code(&r, " ");
    ruby_float(&r, 1e20);
    ruby_code(&r, " ");
    ruby_int(&r, INT64_MIN);
    assert_string_equal(text.p, "1.0 0.5 1e+20 -9223372036854775808");
    ruby_free(&r);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),    cmocka_unit_test(test_operand),
        cmocka_unit_test(test_layout),  cmocka_unit_test(test_comment),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
