/* Makes names of text that every tool reads as names, each unique in its set. */
#include "emitters/names.h"

#include <stdio.h>
#include <string.h>

enum { NAME_LONGEST = 48 };

void names_init(struct names *n)
{
    *n = (struct names){0};
    intern_init(&n->taken, &n->arena);
}

void names_reserve(struct names *n, const char *words)
{
    for (const char *p = words; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        intern(&n->taken, p, len);
        p += len;
    }
}

void names_free(struct names *n)
{
    intern_free(&n->taken);
    arena_free(&n->arena);
}

/* Whether the name begins like one of the prefixes, or could become one of them. */
static bool names_avoid(const struct names *n, const char *name, size_t len)
{
    for (size_t i = 0; n->prefixes && n->prefixes[i]; i++) {
        const char *prefix = n->prefixes[i];
        size_t stem = strlen(prefix);
        if ((len >= stem && !memcmp(name, prefix, stem)) ||
            (len + 1 == stem && !memcmp(name, prefix, len)))
            return true;
    }
    return false;
}

const char *names_make(struct names *n, const struct names *other, const char *text,
                       size_t len, struct arena *arena)
{
    char name[NAME_LONGEST + 16];
    size_t used = 0;
    for (size_t i = 0; i < len && used < NAME_LONGEST; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!fits && (!used || name[used - 1] == '_'))
            continue;
        if (!used && c >= '0' && c <= '9') {
            memcpy(name, "n_", 2);
            used = 2;
        }
        name[used++] = fits ? c : '_';
    }
    while (used && name[used - 1] == '_')
        used--;
    if (!used || names_avoid(n, name, used)) {
        memmove(name + 2, name, used);
        memcpy(name, "x_", 2);
        used += 2;
        used -= name[used - 1] == '_';
    }
    size_t base = used;
    for (unsigned i = 2;; i++) {
        if (!intern_has(&n->taken, name, used) &&
            !(other && intern_has(&other->taken, name, used))) {
            intern(&n->taken, name, used);
            return arena_strndup(arena, name, used);
        }
        used = base + (size_t)snprintf(name + base, sizeof name - base, "_%u", i);
    }
}
