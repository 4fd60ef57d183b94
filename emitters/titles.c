/* Counts titles first, so that only those which are equal grow longer. */
#include "emitters/titles.h"

#include "emitters/render.h"

enum { TITLE_LONGEST = 140 };

void titles_begin(struct titles *t)
{
    map64_clear(&t->count);
    map64_clear(&t->used);
    buf_clear(&t->text);
    t->next = 0;
}

void titles_free(struct titles *t)
{
    map64_free(&t->count);
    map64_free(&t->used);
    buf_free(&t->text);
    buf_free(&t->scratch);
}

static void title_add(const struct titles *t, const char *s, size_t len, struct buf *out)
{
    if (t->harmless)
        t->harmless(s, len, out);
    else
        buf_add(out, s, len);
}

/* The title of a step: its own, else that of its op. */
static void title_write(struct titles *t, struct emission *e, op_id op, val_id own,
                        struct buf *out)
{
    struct buf *plain = &t->scratch;
    buf_clear(plain);
    if (own && render_value(e, op, own) != VAL_NONE)
        render_display(e, op, own, plain);
    else
        render_title(e, op, plain);
    size_t len = utf8_fit(buf_text(plain), plain->len, TITLE_LONGEST);
    title_add(t, buf_text(plain), len, out);
    if (len < plain->len)
        buf_str(out, "...");
}

/* The title that begins there is complete. */
static void title_end(struct titles *t, size_t begin)
{
    struct buf *text = &t->text;
    ++*map64_put(&t->count, hash_bytes(buf_text(text) + begin, text->len - begin));
    buf_char(text, '\0');
}

void titles_note(struct titles *t, struct emission *e, op_id op,
                 const struct shape *shape)
{
    for (uint32_t i = 0; i < shape->n; i++) {
        size_t begin = t->text.len;
        title_write(t, e, op, shape->v[i].title, &t->text);
        title_end(t, begin);
    }
}

void titles_note_text(struct titles *t, const char *title)
{
    size_t begin = t->text.len;
    buf_str(&t->text, title);
    title_end(t, begin);
}

const char *titles_next(struct titles *t, struct emission *e, op_id op)
{
    struct buf *name = &t->scratch;
    buf_clear(name);
    buf_str(name, t->text.p + t->next);
    t->next += name->len + 1;
    if (map64_get(&t->count, hash_bytes(name->p, name->len)) > 1) {
        str_id address = e->graph->ops[op].address;
        buf_str(name, " (");
        title_add(t, emission_text(e, address), intern_len(e->strings, address), name);
        buf_char(name, ')');
    }
    size_t base = name->len;
    for (unsigned i = 2;; i++) {
        uint32_t *used = map64_put(&t->used, hash_bytes(name->p, name->len));
        if (!*used) {
            *used = 1;
            return arena_strndup(&e->arena, name->p, name->len);
        }
        name->len = base;
        buf_printf(name, " (%u)", i);
    }
}
