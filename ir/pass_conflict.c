/* Conflicts: two ops of one machine that want different things of one thing, or one that
 * wants something where another lets nothing be. They may be different calls anywhere in
 * the program, so equal addresses alone do not show them. */
#include "ir/pass.h"

#include <stdlib.h>
#include <string.h>

#include "ir/conflict.h"
#include "ir/merge.h"
#include "ir/place.h"

struct thing {
    op_id machine;
    str_id kind, key;
    uint32_t last; /* mention, index */
};

struct conflicts {
    struct graph *g;
    struct diags *d;
    struct map64 kinds; /* machine and kind → number */
    struct map64 found; /* that number and key → thing */
    struct {
        struct thing *v; /* index 0 unused */
        size_t n, cap;
    } things;
    struct {
        struct mention *v; /* index 0 unused */
        size_t n, cap;
    } mentions;
    struct map64 folders; /* machine and path → 1 + the nearest thing that it is or
                             lies in and that may say something of it, or 0 */
    bool *told;           /* per mention: that nothing may be in its thing */
    bool good;
};

/* The thing of that name; 0 if there is none and none is to be made. */
static uint32_t find_thing(struct conflicts *c, op_id machine, str_id kind, str_id key,
                           bool make)
{
    uint32_t *number = map64_put(&c->kinds, (uint64_t)machine << 32 | kind);
    if (!*number)
        *number = c->kinds.n;
    uint64_t k = (uint64_t)*number << 32 | key;
    if (!make)
        return map64_get(&c->found, k);
    uint32_t *slot = map64_put(&c->found, k);
    if (!*slot) {
        *slot = (uint32_t)c->things.n;
        *vec_push(&c->things) = (struct thing){machine, kind, key, 0};
    }
    return *slot;
}

static const char *text_of(const struct conflicts *c, str_id s)
{
    return intern_text(c->g->strings, s);
}

/* ---- one thing
 * --------------------------------------------------------------------------------------
 */

static struct diag *begin(struct conflicts *c, const struct mention *later,
                          const struct statement *s, const char *message)
{
    c->good = false;
    struct diag *e = diag_error(c->d, 603, mention_place(c->g, later, s), "%s", message);
    graph_call_chain(c->g, c->d, e, later->op);
    return e;
}

static void relate(struct conflicts *c, struct diag *e, const struct mention *first,
                   const struct statement *s, const char *message)
{
    diag_related(c->d, e, mention_place(c->g, first, s), "%s", message);
    graph_call_chain(c->g, c->d, e, first->op);
}

static bool is_word(const struct conflicts *c, str_id s, const char *word)
{
    return !strcmp(text_of(c, s), word);
}

/* How the two differ, and what to do about it where that is no matter of the attribute.
 */
static const char *difference(struct conflicts *c, const struct statement *a,
                              const struct statement *b, struct buf *text)
{
    bool content = is_word(c, a->attr, "content");
    bool first = content && is_word(c, a->word, "entries");
    if (is_word(c, a->attr, "type")) {
        buf_printf(text, "wanted as a %s and as a %s", text_of(c, a->word),
                   text_of(c, b->word));
    } else if (first || (content && is_word(c, b->word, "entries"))) {
        buf_printf(text, "wanted as a %s and as a %s", first ? "directory" : "file",
                   first ? "file" : "directory");
        return "give one of them another path, or remove it";
    } else if (content &&
               (is_word(c, a->word, "in part") || is_word(c, b->word, "in part"))) {
        buf_str(text, "written as a whole and in part");
        return "move the part into what the other call writes, or remove that call";
    } else if (is_word(c, a->attr, "present")) {
        buf_str(text, "wanted both there and not there");
    } else {
        buf_printf(text, "wanted twice, with different %s", text_of(c, b->attr));
    }
    return NULL;
}

static void report(struct conflicts *c, const struct thing *t,
                   const struct mention *first, const struct statement *a,
                   const struct mention *later, const struct statement *b)
{
    struct buf text = {0};
    buf_printf(&text, "%s %s of %s is ", text_of(c, t->kind), text_of(c, t->key),
               text_of(c, c->g->ops[t->machine].address));
    const char *help = difference(c, a, b, &text);
    struct diag *e = begin(c, later, b, buf_text(&text));
    buf_free(&text);
    relate(c, e, first, a, "first wanted here");
    if (help)
        diag_help(c->d, e, "%s", help);
    else
        conflict_help(c->g, c->d, e, t->kind, b->attr, b->word);
}

enum meeting {
    MEET_APART,
    MEET_WITHIN, /* what the later one says is said by the first one, too */
    MEET_LIKE,   /* and nothing else is */
    MEET_CLASH
};

/* Compares what two say. `a` and `b` are where they clash. */
static enum meeting meet(struct conflicts *c, const struct mention *first,
                         const struct mention *later, struct statement *a,
                         struct statement *b)
{
    struct statement x[STATEMENTS_LIMIT], y[STATEMENTS_LIMIT];
    size_t nx = mention_read(c->g, first, x), ny = mention_read(c->g, later, y), said = 0;
    for (size_t i = 0; i < ny; i++)
        for (size_t k = 0; k < nx; k++) {
            if (x[k].attr != y[i].attr || x[k].below != y[i].below)
                continue;
            if (statement_agrees(c->g, &x[k], &y[i])) {
                said++;
            } else if (!y[i].below) {
                *a = x[k];
                *b = y[i];
                return MEET_CLASH;
            }
        }
    return said < ny ? MEET_APART : nx > ny ? MEET_WITHIN : MEET_LIKE;
}

static val_id when_of(const struct conflicts *c, uint32_t mention)
{
    return c->g->ops[c->mentions.v[mention].op].when;
}

/* Whether a clash with the mentions of this kind is one under all conditions. */
static bool report_clash(struct conflicts *c, const struct thing *t, uint32_t kind,
                         const struct mention *later, const struct statement *a,
                         const struct statement *b)
{
    for (uint32_t i = kind; i; i = c->mentions.v[i].like)
        if (!merge_opposite(c->g, when_of(c, i), c->g->ops[later->op].when)) {
            report(c, t, &c->mentions.v[i], a, later, b);
            return true;
        }
    return false;
}

static void mention(struct conflicts *c, op_id op, uint32_t row, val_id item, str_id key)
{
    struct graph *g = c->g;
    struct mention now = {.op = op, .row = row, .item = item};
    uint32_t number = find_thing(c, graph_live(g, g->ops[op].subject),
                                 graph_call(g, op)->wants[row].kind, key, true);
    struct thing *t = &c->things.v[number];
    struct statement a, b;
    uint32_t like = 0;
    for (uint32_t i = t->last; i; i = c->mentions.v[i].next) {
        enum meeting m = meet(c, &c->mentions.v[i], &now, &a, &b);
        if (m == MEET_CLASH && report_clash(c, t, i, &now, &a, &b))
            return;
        if ((m == MEET_WITHIN || m == MEET_LIKE) &&
            merge_same(g, when_of(c, i), g->ops[op].when))
            return;
        if (m == MEET_LIKE)
            like = i;
    }
    uint32_t *head = like ? &c->mentions.v[like].like : &t->last;
    *(like ? &now.like : &now.next) = *head;
    *head = (uint32_t)c->mentions.n;
    *vec_push(&c->mentions) = now;
}

/* ---- all ops
 * ----------------------------------------------------------------------------------------
 */

/* The name of a package in "nginx=1.22.1-9", or of a pinned one. */
static str_id package_name(struct graph *g, val_id id)
{
    const struct ir_value *v = val_get(&g->values, id);
    if (v->kind == IR_DICT)
        return val_get(&g->values, val_dict_get(&g->values, id, "package"))->as.n;
    if (v->kind != IR_STR)
        return 0;
    const char *text = intern_text(g->strings, v->as.n), *end = strchr(text, '=');
    return end ? intern(g->strings, text, (size_t)(end - text)) : v->as.n;
}

static str_id key_of(struct graph *g, const struct want *want, val_id id, bool package)
{
    const struct ir_value *v = val_get(&g->values, id);
    struct buf text = {0};
    str_id key = 0;
    if (package)
        return package_name(g, id);
    if (v->kind == IR_STR && !want->literal)
        return v->as.n;
    if (v->kind == IR_STR)
        buf_printf(&text, "%s%s", intern_text(g->strings, want->literal),
                   intern_text(g->strings, v->as.n));
    else if (v->kind == IR_INT)
        buf_int(&text, v->as.i);
    if (text.len)
        key = intern(g->strings, text.p, text.len);
    buf_free(&text);
    return key;
}

static void mention_items(struct conflicts *c, op_id op, uint32_t row, val_id id)
{
    struct graph *g = c->g;
    const struct call_info *call = graph_call(g, op);
    const struct want *want = &call->wants[row];
    uint8_t type = call->args[want->key].type.kind;
    if (val_get(&g->values, id)->kind == IR_LIST) {
        for (uint32_t i = 0; i < val_count(&g->values, id); i++)
            mention_items(c, op, row, val_items(&g->values, id)[i]);
        return;
    }
    str_id key = key_of(g, want, id, type == TYPE_PACKAGES || type == TYPE_PACKAGE);
    if (key)
        mention(c, op, row, id, key);
}

static bool same_thing(const struct want *a, const struct want *b)
{
    return a->kind == b->kind && a->key == b->key && a->literal == b->literal;
}

static void see_op(struct conflicts *c, op_id op)
{
    struct graph *g = c->g;
    const struct call_info *call = graph_call(g, op);
    for (uint32_t i = 0; i < call->nwants; i++) {
        const struct want *want = &call->wants[i];
        bool seen = false;
        for (uint32_t k = 0; !seen && k < i; k++)
            seen = same_thing(&call->wants[k], want);
        if (seen)
            continue;
        if (want->key < 0)
            mention(c, op, i, 0, want->literal);
        else
            mention_items(c, op, i, g->args[g->ops[op].args + (uint32_t)want->key]);
    }
}

/* ---- what lies in what
 * ------------------------------------------------------------------------------ */

/* What can speak against something in the thing: that nothing is there, that it is a
 * file, and what is said of all that lies in it. */
static bool reaches_in(struct conflicts *c, const struct statement *s)
{
    if (s->below || is_word(c, s->attr, "content"))
        return !is_word(c, s->word, "entries");
    return is_word(c, s->attr, "present") && is_word(c, s->word, "False");
}

static bool thing_reaches_in(struct conflicts *c, uint32_t number)
{
    struct statement s[STATEMENTS_LIMIT];
    for (uint32_t i = c->things.v[number].last; i; i = c->mentions.v[i].next)
        for (size_t n = mention_read(c->g, &c->mentions.v[i], s); n > 0; n--)
            if (reaches_in(c, &s[n - 1]))
                return true;
    return false;
}

/* The nearest such thing that the path is or lies in, 0 if there is none. */
static uint32_t nearest(struct conflicts *c, op_id machine, str_id kind, const char *path,
                        size_t len)
{
    if (!len)
        return 0;
    str_id folder = intern(c->g->strings, path, len);
    uint64_t k = (uint64_t)machine << 32 | folder;
    uint32_t known = map64_get(&c->folders, k);
    if (known)
        return known - 1;
    uint32_t found = find_thing(c, machine, kind, folder, false);
    if (!found || !thing_reaches_in(c, found))
        found = nearest(c, machine, kind, path, place_parent(path, len));
    *map64_put(&c->folders, k) = found + 1;
    return found;
}

static bool excludes(struct conflicts *c, const struct statement *above,
                     const struct statement *inside)
{
    if (!reaches_in(c, above) || inside->below)
        return false;
    if (above->below)
        return above->attr == inside->attr && !is_word(c, inside->word, "entries") &&
               !statement_agrees(c->g, above, inside);
    return is_word(c, inside->attr, "present") &&
           (is_word(c, above->attr, "content") || is_word(c, inside->word, "True"));
}

static void report_inside(struct conflicts *c, const struct thing *folder,
                          const struct mention *out, const struct statement *a,
                          const struct thing *t, const struct mention *in,
                          const struct statement *b)
{
    const char *path = text_of(c, t->key), *top = text_of(c, folder->key);
    const char *machine = text_of(c, c->g->ops[t->machine].address);
    bool later = in->op > out->op, absent = !a->below && is_word(c, a->attr, "present");
    struct buf text = {0};
    const char *note, *help = "give one of them another path, or remove it";
    if (a->below && is_word(c, a->attr, "content")) {
        buf_printf(&text, "%s of %s is not in the folder that %s is kept equal to", path,
                   machine, top);
        note = "kept equal here";
        help = "put the file into that folder, or leave out delete=True";
    } else if (a->below) {
        buf_printf(&text, "%s of %s is wanted with one %s, and all of %s with another",
                   path, machine, text_of(c, a->attr), top);
        note = "all of it is wanted so here";
        help = "write the same in both, or leave out recursive=True";
    } else if (absent) {
        buf_printf(&text, "%s of %s is wanted in %s, which is taken away", path, machine,
                   top);
        note = "taken away here";
        help =
            "remove one of the two calls, or give them opposite conditions: when=C and "
            "when=not_(C)";
    } else {
        buf_printf(&text, "%s of %s cannot be in %s, which is a file", path, machine,
                   top);
        note = "made a file here";
    }
    struct diag *e = begin(c, later ? in : out, later ? b : a, buf_text(&text));
    buf_free(&text);
    relate(c, e, later ? out : in, later ? a : b, later ? note : "wanted here");
    diag_help(c->d, e, "%s", help);
}

/* Compares two mentions; true after an error. */
static bool compare_inside(struct conflicts *c, const struct thing *folder,
                           const struct mention *out, const struct thing *t,
                           const struct mention *in)
{
    struct statement a[STATEMENTS_LIMIT], b[STATEMENTS_LIMIT];
    struct graph *g = c->g;
    size_t na = mention_read(g, out, a), nb = mention_read(g, in, b);
    for (size_t k = 0; k < na * nb; k++)
        if (excludes(c, &a[k / nb], &b[k % nb]) &&
            !merge_opposite(g, g->ops[out->op].when, g->ops[in->op].when)) {
            report_inside(c, folder, out, &a[k / nb], t, in, &b[k % nb]);
            return true;
        }
    return false;
}

/* One error for all that lies in the folder and clashes with this mention of it. */
static void see_mention(struct conflicts *c, const struct thing *folder, uint32_t out,
                        const struct thing *t)
{
    for (uint32_t i = t->last; i; i = c->mentions.v[i].next)
        for (uint32_t k = i; k && !c->told[out]; k = c->mentions.v[k].like)
            c->told[out] =
                compare_inside(c, folder, &c->mentions.v[out], t, &c->mentions.v[k]);
}

static void see_inside(struct conflicts *c, const struct thing *t)
{
    const char *path = text_of(c, t->key);
    size_t len = place_parent(path, intern_len(c->g->strings, t->key));
    while (len > 0 && !diags_full(c->d)) {
        uint32_t number = nearest(c, t->machine, t->kind, path, len);
        const struct thing *folder = &c->things.v[number];
        if (!number)
            return;
        for (uint32_t i = folder->last; i; i = c->mentions.v[i].next)
            for (uint32_t k = i; k; k = c->mentions.v[k].like)
                see_mention(c, folder, k, t);
        len = place_parent(path, intern_len(c->g->strings, folder->key));
    }
}

bool graph_conflict(struct graph *g, struct diags *d)
{
    struct conflicts c = {.g = g, .d = d, .good = true};
    str_id file = intern_cstr(g->strings, "file");
    *vec_push(&c.things) = (struct thing){0};
    *vec_push(&c.mentions) = (struct mention){0};
    for (size_t id = 1; id < g->n && !diags_full(d); id++) {
        /* One without an address has been reported. */
        const struct op *op = &g->ops[id];
        if (!(op->flags & OP_DEAD) && op->address && op->subject)
            see_op(&c, (op_id)id);
    }
    c.told = xcalloc(c.mentions.n, sizeof *c.told);
    for (size_t i = 1; i < c.things.n && !diags_full(d); i++)
        if (c.things.v[i].kind == file)
            see_inside(&c, &c.things.v[i]);
    map64_free(&c.kinds);
    map64_free(&c.found);
    map64_free(&c.folders);
    free(c.things.v);
    free(c.mentions.v);
    free(c.told);
    return c.good;
}
