/* Lines are numbered as they are met, and so are files. */
#include "emitters/lines.h"

#include <stdlib.h>

uint32_t lines_note(struct lines *l, struct sources *sources, struct span at)
{
    uint32_t line = source_pos(sources, at.file, at.begin).line;
    uint64_t key = (uint64_t)at.file << 32 | line;
    uint32_t *index = map64_put(&l->index, key);
    if (*index)
        return *index - 1;
    *vec_push(&l->keys) = key;
    *index = (uint32_t)l->keys.n;
    uint32_t out = *index - 1;
    size_t i = 0;
    while (i < l->files.n && l->files.v[i] != at.file)
        i++;
    if (i == l->files.n)
        *vec_push(&l->files) = at.file;
    return out;
}

void lines_put_place(struct lines *l, struct sources *sources, struct span at,
                     struct json *j)
{
    struct source_pos begin = source_pos(sources, at.file, at.begin);
    struct source_pos end = source_pos(sources, at.file, at.end);
    if (end.line != begin.line) {
        size_t len;
        const char *text = source_line(sources, at.file, begin.line, &len);
        uint32_t start = (uint32_t)(text - source_get(sources, at.file)->text);
        end = source_pos(sources, at.file, start + (uint32_t)len);
    }
    json_put_array_compact(j);
    json_put_int(j, lines_note(l, sources, at));
    json_put_int(j, begin.column);
    json_put_int(j, end.column);
    json_put_array_end(j);
}

void lines_put(const struct lines *l, struct sources *sources, struct json *j)
{
    json_put_name(j, "files");
    json_put_array(j);
    for (size_t i = 0; i < l->files.n; i++)
        json_put_cstr(j, source_get(sources, l->files.v[i])->name);
    json_put_array_end(j);
    json_put_name(j, "lines");
    json_put_array(j);
    for (size_t i = 0; i < l->keys.n; i++) {
        file_id file = (file_id)(l->keys.v[i] >> 32);
        uint32_t line = (uint32_t)l->keys.v[i];
        size_t len, f = 0;
        const char *text = source_line(sources, file, line, &len);
        while (l->files.v[f] != file)
            f++;
        json_put_array_compact(j);
        json_put_int(j, (int64_t)f);
        json_put_int(j, line);
        json_put_text(j, text, len);
        json_put_array_end(j);
    }
    json_put_array_end(j);
}

void lines_free(struct lines *l)
{
    map64_free(&l->index);
    free(l->keys.v);
    free(l->files.v);
    *l = (struct lines){0};
}
