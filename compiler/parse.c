/* Parses one file: checks that it is text, then runs scanner and grammar over it. */
#include "compiler/parse.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/parse.tab.h"
#include "compiler/parser.h"

/* Whether eight bytes are ASCII without NUL and carriage returns, as nearly all are. */
static bool is_plain(const char *s)
{
    const uint64_t ones = 0x0101010101010101u, high = ones << 7;
    uint64_t word;
    memcpy(&word, s, sizeof word);
    /* One less has its high bit set if a byte is zero. */
    return !((word | (word - ones) | ((word ^ '\r' * ones) - ones)) & high);
}

/* The scanner works on UTF-8 without NUL and with line feeds at line ends (a carriage
 * return before one is fine). The first fault is reported; the rest would be noise. */
static bool check_text(struct parser *p)
{
    const unsigned char *s = (const unsigned char *)p->text;
    for (uint32_t i = 0; i < p->len;) {
        if (p->len - i >= 8 && is_plain(p->text + i)) {
            i += 8;
            continue;
        }
        struct span at = {p->file, i, i + 1};
        if (s[i] >= 0x80) {
            size_t n = utf8_length(p->text + i, p->len - i);
            if (n == 0) {
                struct diag *d = parser_error(p, SYNTAX_NOT_UTF8, at,
                                              "byte 0x%02x is not UTF-8 text", s[i]);
                diag_help(p->diags, d, "save the file in the encoding UTF-8");
                return false;
            }
            i += (uint32_t)n;
            continue;
        }
        if (s[i] == 0) {
            parser_error(p, SYNTAX_NUL, at, "the file holds a NUL byte and is no text");
            return false;
        }
        if (s[i] == '\r' && s[i + 1] != '\n') {
            struct diag *d = parser_error(
                p, SYNTAX_LONE_CR, at, "a carriage return stands without its line feed");
            diag_help(p->diags, d,
                      "end lines with a line feed, or write \\r in the string");
            return false;
        }
        i++;
    }
    return true;
}

static void parser_free(struct parser *p)
{
    free(p->exprs.v);
    free(p->stmts.v);
    free(p->args.v);
    free(p->params.v);
    free(p->entries.v);
    free(p->clauses.v);
    free(p->branches.v);
    free(p->load_items.v);
    free(p->parts.v);
    free(p);
}

struct ast_file *parse_source(struct sources *sources, file_id file, struct intern *names,
                              struct arena *arena, struct diags *diags)
{
    return parse_tokens(sources, file, names, arena, diags, NULL);
}

struct ast_file *parse_tokens(struct sources *sources, file_id file, struct intern *names,
                              struct arena *arena, struct diags *diags,
                              struct token_list *tokens)
{
    const struct source *source = source_get(sources, file);
    struct parser *p = xcalloc(1, sizeof *p);
    *p = (struct parser){
        .sources = sources,
        .file = file,
        .text = source->text,
        .len = (uint32_t)source->len,
        .names = names,
        .arena = arena,
        .diags = diags,
        .tokens = tokens,
        .base = source->len >= 3 && memcmp(source->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0,
        .none = intern_cstr(names, "None"),
        .true_ = intern_cstr(names, "True"),
        .false_ = intern_cstr(names, "False"),
        .lambda = intern_cstr(names, "lambda"),
    };

    struct ast_file *result = NULL;
    if (source->len > INT32_MAX / 4) {
        parser_error(p, SYNTAX_TOO_DEEP, (struct span){file, 0, 0},
                     "the file is too large");
    } else if (check_text(p)) {
        parser_scan_begin(p);
        bool accepted = dvo_parse(p) == 0;
        parser_scan_end(p);
        if (accepted && !p->failed) {
            result = arena_new(arena, struct ast_file);
            result->file = file;
            result->names = names;
            result->top = p->top;
        }
    }
    parser_free(p);
    return result;
}
