/* Reads the list of artefacts back out of a plan.json that this program wrote: one entry
 * per line, so that no JSON parser is needed (the compiler must start in a few
 * milliseconds). */
#include "emitters/artefact_old.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "emitters/artefact.h"
#include "ir/base/buf.h"
#include "ir/base/file.h"

/* Unescapes the JSON string at *p into `out`, and moves *p behind it. Only what a path
 * may hold is understood: no control characters. */
static bool old_string(const char **p, struct buf *out)
{
    buf_clear(out);
    const char *s = *p;
    if (*s++ != '"')
        return false;
    while (*s && *s != '"') {
        if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
            s++;
        else if (*s == '\\')
            return false;
        buf_char(out, *s++);
    }
    *p = s + 1;
    return *s == '"' && out->len > 0;
}

void artefact_old_read(struct artefact_old *old, const char *plan, struct arena *arena)
{
    static const char title[] = "\n  \"artefacts\": {\n";
    struct buf text = {0}, path = {0}, digest = {0};
    *old = (struct artefact_old){0};
    const char *p = file_read(plan, &text) ? strstr(buf_text(&text), title) : NULL;
    size_t cap = 0;
    struct artefact_old_file *v = NULL;
    for (p = p ? p + strlen(title) : ""; !strncmp(p, "    \"", 5);) {
        p += 4;
        bool good = old_string(&p, &path) && !strncmp(p, ": ", 2);
        p += good ? 2 : 0;
        if (good && old_string(&p, &digest) && artefact_path_inside(buf_text(&path))) {
            v = vec_grow(v, sizeof *v, old->n + 1, &cap);
            v[old->n++] =
                (struct artefact_old_file){arena_strndup(arena, path.p, path.len),
                                           arena_strndup(arena, digest.p, digest.len)};
        }
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
    old->v = arena_array(arena, struct artefact_old_file, old->n);
    if (old->n)
        memcpy(old->v, v, old->n * sizeof *v);
    free(v);
    buf_free(&text);
    buf_free(&path);
    buf_free(&digest);
}
