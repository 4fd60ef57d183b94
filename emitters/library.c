/* A function begins with `dvo_NAME() {` and ends with `}`, both at the beginning of a
 * line, as shfmt writes them. It uses every function whose name stands in it; what stands
 * outside of all functions belongs to its file, and that of lib.sh to every script. */
#include "emitters/library.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/arena.h"
#include "ir/base/embed.h"

#define COMMON "host/lib.sh"

/* A function, or the rest of a file. */
struct part {
    size_t file; /* index in embedded_files */
    const char *name;
    size_t name_len; /* 0: the rest of the file */
    const char *text;
    size_t len;
    bool taken;
};

struct parts {
    struct part *v;
    size_t n, cap;
};

static uint64_t name_hash(const char *name, size_t len)
{
    return hash_bytes(name, len);
}

static bool name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Length of the function's name if one begins at this line, else 0. */
static size_t function_at(const char *line)
{
    size_t n = 0;
    while (name_char(line[n]))
        n++;
    if (!n || strncmp(line, "dvo_", 4) != 0 || strncmp(line + n, "() {", 4) != 0)
        return 0;
    return n;
}

static const char *next_line(const char *p, const char *end)
{
    const char *nl = memchr(p, '\n', (size_t)(end - p));
    return nl ? nl + 1 : end;
}

static void read_file(struct parts *parts, size_t file)
{
    const char *p = embedded_files[file].data, *end = p + embedded_files[file].len;
    while (p < end) {
        const char *begin = p;
        size_t name = function_at(p);
        if (name) {
            while (p < end && *p != '}')
                p = next_line(p, end);
            p = next_line(p, end);
        } else {
            while (p < end && (p == begin || !function_at(p)))
                p = next_line(p, end);
        }
        *vec_push(parts) = (struct part){.file = file,
                                         .name = begin,
                                         .name_len = name,
                                         .text = begin,
                                         .len = (size_t)(p - begin)};
    }
}

/* Wants every function that the text names. */
static void want_used(struct library *l, const struct part *part)
{
    const char *p = part->text, *end = p + part->len;
    while (p < end) {
        const char *begin = p;
        while (p < end && name_char(*p))
            p++;
        if (p - begin > 4 && !strncmp(begin, "dvo_", 4))
            *map64_put(&l->wanted, name_hash(begin, (size_t)(p - begin))) = 1;
        p += p == begin;
    }
}

/* Whether some function of the file is taken. */
static bool file_used(const struct parts *parts, size_t file)
{
    for (size_t i = 0; i < parts->n; i++)
        if (parts->v[i].file == file && parts->v[i].name_len && parts->v[i].taken)
            return true;
    return !strcmp(embedded_files[file].path, COMMON);
}

static bool part_wanted(struct library *l, const struct parts *parts,
                        const struct part *part)
{
    return part->name_len ? map64_get(&l->wanted, name_hash(part->name, part->name_len))
                          : file_used(parts, part->file);
}

static void write_part(const struct part *part, struct buf *out)
{
    const char *p = part->text, *end = p + part->len;
    while (p < end) {
        const char *next = next_line(p, end);
        if (p[strspn(p, " ")] != '#')
            buf_add(out, p, (size_t)(next - p));
        p = next;
    }
}

void library_want(struct library *l, const char *step, size_t len)
{
    struct buf name = {0};
    buf_str(&name, "dvo_");
    buf_add(&name, step, len);
    *map64_put(&l->wanted, name_hash(name.p, name.len)) = 1;
    buf_free(&name);
}

void library_write(struct library *l, struct buf *out)
{
    static const char *const words[] = {"op", "skip", "any", "end"};
    struct parts parts = {0};
    bool more = true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        library_want(l, words[i], strlen(words[i]));
    for (size_t i = embedded_first("host/"); embedded_in(i, "host/"); i++)
        read_file(&parts, i);
    while (more) {
        more = false;
        for (size_t i = 0; i < parts.n; i++) {
            struct part *part = &parts.v[i];
            if (part->taken || !part_wanted(l, &parts, part))
                continue;
            part->taken = more = true;
            want_used(l, part);
        }
    }
    for (size_t i = 0; i < parts.n; i++)
        if (parts.v[i].taken)
            write_part(&parts.v[i], out);
    free(parts.v);
}

void library_free(struct library *l)
{
    map64_free(&l->wanted);
}
