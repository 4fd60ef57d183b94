/* Source texts and spans into them; the table of line starts of a text is made when a
 * position in it is first asked for. */
#include "ir/base/source.h"

#include <stdlib.h>
#include <string.h>

#include "ir/base/buf.h"
#include "ir/base/file.h"

void sources_init(struct sources *s, struct arena *arena)
{
    *s = (struct sources){.arena = arena};
    *vec_push(s) = (struct source){.path = "", .name = "", .text = ""};
}

void sources_free(struct sources *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->v[i].lines);
    free(s->v);
    *s = (struct sources){0};
}

file_id source_add(struct sources *s, const char *path, const char *text, size_t len)
{
    if (len >= UINT32_MAX)
        die("%s: a source of %zu bytes is too large", path, len);
    if (s->n >= UINT32_MAX)
        die("too many source files");
    const char *copy = arena_strndup(s->arena, path, strlen(path));
    *vec_push(s) = (struct source){
        .path = copy,
        .name = copy,
        .text = arena_strndup(s->arena, text, len),
        .len = len,
    };
    return (file_id)(s->n - 1);
}

void source_name(struct sources *s, file_id id, const char *name)
{
    s->v[id].name = arena_strndup(s->arena, name, strlen(name));
}

file_id source_load(struct sources *s, const char *path)
{
    struct buf text = {0};
    file_id id = 0;
    if (file_read(path, &text))
        id = source_add(s, strcmp(path, "-") ? path : "<stdin>", buf_text(&text),
                        text.len);
    buf_free(&text);
    return id;
}

const struct source *source_get(const struct sources *s, file_id id)
{
    if (id >= s->n)
        die("source file %u does not exist", id);
    return &s->v[id];
}

/* The source with its table of line starts filled. */
static struct source *source_lines(struct sources *s, file_id id)
{
    if (id >= s->n)
        die("source file %u does not exist", id);
    struct source *src = &s->v[id];
    if (src->lines)
        return src;
    size_t n = 1;
    const char *end = src->text + src->len;
    for (const char *p = src->text; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        n++;
    src->lines = xmalloc(n * sizeof *src->lines);
    src->lines[0] = 0;
    src->nlines = 1;
    for (const char *p = src->text; (p = memchr(p, '\n', (size_t)(end - p)));)
        src->lines[src->nlines++] = (uint32_t)(++p - src->text);
    return src;
}

static bool line_has(const struct source *src, uint32_t line, uint32_t offset)
{
    return line < src->nlines && src->lines[line] <= offset &&
           (line + 1 == src->nlines || offset < src->lines[line + 1]);
}

/* The index of the line with this offset. Nearly always it is the line that was asked for
 * before, or the next one. */
static uint32_t line_at(const struct source *src, uint32_t offset)
{
    if (line_has(src, src->found, offset))
        return src->found;
    if (line_has(src, src->found + 1, offset))
        return src->found + 1;
    uint32_t low = 0, high = src->nlines; /* the line is in [low, high) */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (src->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct source_pos source_pos(struct sources *s, file_id id, uint32_t offset)
{
    struct source *src = source_lines(s, id);
    if (offset > src->len)
        offset = (uint32_t)src->len;
    src->found = line_at(src, offset);
    uint32_t column = 1;
    for (size_t i = src->lines[src->found]; i < offset;) {
        uint64_t word;
        size_t n = sizeof word;
        if (offset - i >= n) {
            memcpy(&word, src->text + i, n);
            if (!(word & 0x8080808080808080u)) {
                i += n;
                column += (uint32_t)n;
                continue;
            }
        }
        n = utf8_length(src->text + i, src->len - i);
        i += n ? n : 1;
        column++;
    }
    return (struct source_pos){src->found + 1, column};
}

const char *source_line(struct sources *s, file_id id, uint32_t line, size_t *len)
{
    const struct source *src = source_lines(s, id);
    if (!line || line > src->nlines) {
        *len = 0;
        return "";
    }
    uint32_t begin = src->lines[line - 1];
    size_t end = line < src->nlines ? src->lines[line] - 1 : src->len;
    if (end > begin && line < src->nlines && src->text[end - 1] == '\r')
        end--;
    *len = end - begin;
    return src->text + begin;
}

struct span span_join(struct span a, struct span b)
{
    if (a.file != b.file)
        return a;
    return (struct span){a.file, a.begin < b.begin ? a.begin : b.begin,
                         a.end > b.end ? a.end : b.end};
}
