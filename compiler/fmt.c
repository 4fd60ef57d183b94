/* Lays a program out anew, as often as that changes something, and refuses what would not
 * be the same program with the same comments. */
#include "compiler/fmt.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/fmt_text.h"

/* Where brackets once had to be opened, a second look may find that they need not be. */
#define ROUNDS_MAX 8

/* What formatting must not change: the tree in its text form, and the comments. */
struct essence {
    struct buf tree, comments;
};

static void essence_free(struct essence *e)
{
    buf_free(&e->tree);
    buf_free(&e->comments);
}

static bool same(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && !memcmp(buf_text(a), buf_text(b), a->len);
}

/* Parses `file`, notes its essence, and lays it out to `out`. */
static bool lay_out(struct sources *sources, file_id file, struct intern *names,
                    struct arena *arena, struct diags *diags, struct essence *essence,
                    struct buf *out)
{
    struct token_list tokens = {0};
    const struct ast_file *tree =
        parse_tokens(sources, file, names, arena, diags, &tokens);
    if (tree) {
        struct fmt_text text = {0};
        ast_dump(tree, &essence->tree);
        fmt_text_read(&text, source_get(sources, file), &tokens, arena);
        for (size_t i = 0; i < text.comments.n; i++) {
            buf_add(&essence->comments, text.comments.v[i].text, text.comments.v[i].len);
            buf_char(&essence->comments, '\n');
        }
        fmt_layout(&text, out);
        fmt_text_free(&text);
    }
    free(tokens.v);
    return tree != NULL;
}

static bool is_source(const struct source *source, const struct buf *text)
{
    return source->len == text->len && !memcmp(source->text, buf_text(text), text->len);
}

bool fmt_source(struct sources *sources, file_id file, struct intern *names,
                struct arena *arena, struct diags *diags, struct buf *out)
{
    struct essence wanted = {0};
    struct buf text = {0};
    bool parsed = lay_out(sources, file, names, arena, diags, &wanted, &text);
    bool good = parsed, done = parsed && is_source(source_get(sources, file), &text);
    struct diags unseen;
    diags_init(&unseen, arena, sources);
    for (unsigned i = 0; good && !done && i < ROUNDS_MAX; i++) {
        struct essence found = {0};
        struct buf again = {0};
        const char *path = source_get(sources, file)->path;
        file_id next = source_add(sources, path, buf_text(&text), text.len);
        good = lay_out(sources, next, names, arena, &unseen, &found, &again) &&
               same(&wanted.tree, &found.tree) && same(&wanted.comments, &found.comments);
        done = good && same(&text, &again);
        essence_free(&found);
        buf_free(&text);
        text = again;
    }
    if (done) {
        buf_add(out, buf_text(&text), text.len);
    } else if (parsed) {
        struct diag *d = diag_error(diags, 904, (struct span){file, 0, 0},
                                    "formatting would change this program");
        diag_help(diags, d, "this is a fault of dvoc fmt; the file is left as it is");
    }
    diags_free(&unseen);
    essence_free(&wanted);
    buf_free(&text);
    return done;
}
