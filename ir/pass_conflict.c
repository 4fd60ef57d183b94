/* Conflicts: two ops of one machine that want different things of one thing. They may be
 * different calls anywhere in the program, so equal addresses alone do not show them. */
#include "ir/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/merge.h"

/* What an op said about one attribute of one thing. */
struct said {
    op_id op;
    val_id value;    /* 0 if it was said by a word */
    str_id word;     /* a record's own word; True and False are words, too */
    uint32_t before; /* what else was said of it: index, or 0 */
};

struct conflicts {
    struct graph *g;
    struct diags *d;
    struct map64 attributes; /* kind, attribute → number */
    struct map64 things;     /* machine, key → number */
    struct map64 last;       /* thing, attribute → index of what was said last */
    struct said *v;          /* index 0 unused */
    size_t n, cap;
    str_id present, version, yes, no; /* words that it knows */
    op_id op;
    bool good;
};

static uint32_t number(struct map64 *m, uint32_t high, uint32_t low)
{
    uint32_t *slot = map64_put(m, (uint64_t)high << 32 | low);
    if (!*slot)
        *slot = m->n;
    return *slot;
}

/* Where the op says what it wants: the argument with the value, else the one with the
 * key. Another call may say it by other arguments. */
static struct span place_of(const struct graph *g, op_id id, const struct want *said)
{
    const struct call_info *call = graph_call(g, id);
    for (uint32_t i = 0; i < call->nwants; i++) {
        const struct want *want = &call->wants[i];
        if (want->kind == said->kind && want->attr == said->attr)
            return graph_place(
                g, id, call->args[want->value >= 0 ? want->value : want->key].name);
    }
    for (uint32_t i = 0; i < call->nwants; i++)
        if (call->wants[i].kind == said->kind)
            return graph_place(g, id, call->args[call->wants[i].key].name);
    return g->ops[id].span;
}

static void report(struct conflicts *c, op_id first, const struct want *want, str_id key)
{
    struct graph *g = c->g;
    c->good = false;
    struct diag *e =
        diag_error(c->d, 603, place_of(g, c->op, want),
                   "%s %s of %s is wanted twice, with different %s",
                   intern_text(g->strings, want->kind), intern_text(g->strings, key),
                   intern_text(g->strings, g->ops[g->ops[c->op].subject].address),
                   intern_text(g->strings, want->attr));
    graph_call_chain(g, c->d, e, c->op);
    diag_related(c->d, e, place_of(g, first, want), "first wanted here");
    graph_call_chain(g, c->d, e, first);
    diag_help(c->d, e, "keep one of the two, or give them opposite when= conditions");
}

static bool says_same(struct graph *g, const struct said *a, const struct said *b)
{
    return a->word == b->word && merge_same(g, a->value, b->value);
}

static void say(struct conflicts *c, const struct want *want, str_id key, struct said now)
{
    struct graph *g = c->g;
    uint32_t thing = number(&c->things, graph_live(g, g->ops[c->op].subject), key);
    uint32_t attribute = number(&c->attributes, want->kind, want->attr);
    uint32_t *last = map64_put(&c->last, (uint64_t)thing << 32 | attribute);
    val_id when = g->ops[c->op].when;
    for (uint32_t i = *last; i; i = c->v[i].before) {
        val_id other = g->ops[c->v[i].op].when;
        if (says_same(g, &c->v[i], &now)) {
            if (merge_same(g, other, when))
                return;
        } else if (!merge_opposite(g, other, when)) {
            report(c, c->v[i].op, want, key);
            return;
        }
    }
    now.before = *last;
    *last = (uint32_t)c->n;
    *vec_push(c) = now;
}

/* The text before the version of "nginx=1.22.1-9", and the version if there is one. */
static str_id split_package(struct graph *g, str_id package, str_id *version)
{
    const char *text = intern_text(g->strings, package);
    const char *end = strchr(text, '=');
    if (!end)
        return package;
    *version = intern_cstr(g->strings, end + 1);
    return intern(g->strings, text, (size_t)(end - text));
}

static const struct ir_value *item(const struct graph *g, val_id dict, const char *key)
{
    str_id name = intern_cstr(g->strings, key);
    const val_id *items = val_items(&g->values, dict);
    for (uint32_t i = 0; i < val_get(&g->values, dict)->count; i++)
        if (val_get(&g->values, items[2 * i])->as.n == name)
            return val_get(&g->values, items[2 * i + 1]);
    return val_get(&g->values, VAL_ABSENT);
}

/* A package is wanted in the version it is written or pinned with. */
static void say_package(struct conflicts *c, const struct want *want, val_id id,
                        struct said now)
{
    struct graph *g = c->g;
    const struct ir_value *v = val_get(&g->values, id);
    str_id name = 0, version = 0;
    if (v->kind == IR_STR) {
        name = split_package(g, v->as.n, &version);
    } else if (v->kind == IR_DICT) {
        name = item(g, id, "package")->as.n;
        version = item(g, id, "version")->as.n;
    }
    if (!name)
        return;
    say(c, want, name, now);
    if (version) {
        struct want of = *want;
        of.attr = c->version;
        say(c, &of, name, (struct said){.op = c->op, .word = version});
    }
}

static void say_of(struct conflicts *c, const struct want *want, val_id id,
                   struct said now)
{
    struct graph *g = c->g;
    struct ir_value v = *val_get(&g->values, id);
    uint8_t type = graph_call(g, c->op)->args[want->key].type.kind;
    if (v.kind == IR_LIST) {
        for (uint32_t i = 0; i < v.count; i++)
            say_of(c, want, val_items(&g->values, id)[i], now);
    } else if (type == TYPE_PACKAGES || type == TYPE_PACKAGE) {
        say_package(c, want, id, now);
    } else if (v.kind == IR_STR) {
        say(c, want, v.as.n, now);
    } else if (v.kind == IR_INT) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)v.as.i);
        say(c, want, intern_cstr(g->strings, text), now);
    }
}

static void see_op(struct conflicts *c)
{
    struct graph *g = c->g;
    const struct call_info *call = graph_call(g, c->op);
    const uint32_t args = g->ops[c->op].args;
    /* With present=False nothing else that was written or is usual is wanted. */
    bool absence = graph_is_absence(g, c->op);
    for (uint32_t i = 0; i < call->nwants; i++) {
        const struct want *want = &call->wants[i];
        struct said now = {.op = c->op, .word = want->word};
        if (absence && want->attr != c->present)
            continue;
        if (want->value >= 0) {
            now.value = g->args[args + (uint32_t)want->value];
            const struct ir_value *v = val_get(&g->values, now.value);
            if (v->kind == IR_ABSENT || v->kind == IR_NONE)
                continue;
            if (v->kind == IR_BOOL)
                now = (struct said){.op = c->op, .word = v->as.n ? c->yes : c->no};
        }
        say_of(c, want, g->args[args + (uint32_t)want->key], now);
    }
}

bool graph_conflict(struct graph *g, struct diags *d)
{
    struct conflicts c = {.g = g,
                          .d = d,
                          .present = intern_cstr(g->strings, "present"),
                          .version = intern_cstr(g->strings, "version"),
                          .yes = intern_cstr(g->strings, "True"),
                          .no = intern_cstr(g->strings, "False"),
                          .good = true};
    *vec_push(&c) = (struct said){0};
    for (size_t id = 1; id < g->n && !diags_full(d); id++) {
        /* One without an address has been reported. */
        const struct op *op = &g->ops[id];
        c.op = (op_id)id;
        if (!(op->flags & OP_DEAD) && op->address && op->subject)
            see_op(&c);
    }
    map64_free(&c.attributes);
    map64_free(&c.things);
    map64_free(&c.last);
    free(c.v);
    return c.good;
}
