/* Names of a kind become paths in the file that holds them, so that whoever writes that
 * file as a whole writes them, too. */
#include "ir/place.h"

#include <stdlib.h>
#include <string.h>

enum { LEADS_LIMIT = 8 }; /* links through which a path is followed */

/* Kinds whose things are entries of a file: of several, if there are several rows. */
static const struct {
    const char *kind, *file;
} entries[] = {
    {"user", "/etc/passwd"},
    {"user", "/etc/shadow"},
    {"group", "/etc/group"},
    {"group", "/etc/gshadow"},
    {"package", "/var/lib/dpkg/status"},
};
#define LOGINS "/etc/passwd/user/"

struct walk {
    struct places *p;
    op_id op;
    place_fn *each;
    void *ctx;
};

size_t place_parent(const char *name, size_t len)
{
    if (len <= 1)
        return 0;
    while (len > 0 && name[len - 1] != '/')
        len--;
    return len > 1 ? len - 1 : len;
}

uint64_t place_hash(op_id machine, const char *name, size_t len)
{
    uint64_t h = (uint64_t)machine * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)name[i]) * 0x100000001b3u;
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

static bool give_any(const struct walk *w, op_id machine, bool write)
{
    const struct place whole = {
        .machine = machine, .name = "", .write = write, .any = true};
    return w->each(w->ctx, &whole);
}

static uint32_t last_lead(const struct places *p, op_id machine, const char *name,
                          size_t len)
{
    uint32_t slot = map64_get(&p->from, place_hash(machine, name, len));
    return slot ? slot - 1 : 0;
}

/* Where a link at this place leads, as a path in `out`. False if only running tells; an
 * empty path if it leads nowhere on the machine. */
static bool find_target(const struct places *p, const struct lead *lead, const char *name,
                        size_t len, struct buf *out)
{
    const struct graph *g = p->g;
    const struct ir_value *to = val_get(&g->values, lead->to);
    str_id path;
    if (to->kind != IR_STR)
        return false;
    const char *text = intern_text(g->strings, to->as.n);
    if (lead->link && *text != '/') {
        buf_add(out, name, place_parent(name, len));
        buf_char(out, '/');
    }
    buf_str(out, text);
    path = intern(g->strings, buf_text(out), out->len);
    buf_clear(out);
    if (!type_check_text(g->strings, TYPE_PATH, path, &path))
        buf_str(out, intern_text(g->strings, path));
    return true;
}

static bool follow(const struct walk *w, const struct place *at, size_t from,
                   unsigned depth);

static bool follow_lead(const struct walk *w, const struct place *at, size_t len,
                        const struct lead *lead, unsigned depth)
{
    struct buf target = {0};
    bool ended = false;
    if (!find_target(w->p, lead, at->name, len, &target) || depth == LEADS_LIMIT) {
        ended = give_any(w, at->machine, at->write);
    } else if (target.len > 0) {
        if (target.len == 1 && len < at->len)
            buf_clear(&target); /* "/" and what lies in it */
        buf_add(&target, at->name + len, at->len - len);
        struct place there = *at;
        there.name = buf_text(&target);
        there.len = target.len;
        ended = w->each(w->ctx, &there) || follow(w, &there, there.len, depth + 1);
    }
    buf_free(&target);
    return ended;
}

/* The places that a path means through a link at its first `from` bytes or above. */
static bool follow(const struct walk *w, const struct place *at, size_t from,
                   unsigned depth)
{
    for (size_t len = from; len > 0; len = place_parent(at->name, len))
        for (uint32_t i = last_lead(w->p, at->machine, at->name, len); i;
             i = w->p->v[i].before)
            if (follow_lead(w, at, len, &w->p->v[i], depth))
                return true;
    return false;
}

/* A path, and all that it means. What makes a link does not go through it. */
static bool give_path(const struct walk *w, const struct place *at, bool makes_link)
{
    if (w->each(w->ctx, at))
        return true;
    if (w->p->n <= 1)
        return false;
    return follow(w, at, makes_link ? place_parent(at->name, at->len) : at->len, 0);
}

/* What the last `user` call says, as long as nothing else may have said otherwise; else
 * any path. */
static bool give_home(const struct walk *w, struct place *at, const char *login)
{
    struct places *p = w->p;
    struct buf entry = {0};
    buf_str(&entry, LOGINS);
    buf_str(&entry, login);
    uint32_t i = last_lead(p, at->machine, entry.p, entry.len);
    buf_free(&entry);
    uint32_t doubt = map64_get(&p->unsure, at->machine);
    at->name = "/";
    at->len = 1;
    if (i && p->v[i].to && p->v[i].op > (doubt ? doubt - 1 : 0)) {
        const struct ir_value *home = val_get(&p->g->values, p->v[i].to);
        at->name = intern_text(p->g->strings, home->as.n);
        at->len = intern_len(p->g->strings, home->as.n);
    }
    return give_path(w, at, false);
}

/* A name of a kind; NULL: any name of it. */
static bool give_name(const struct walk *w, const struct effect *e, struct place *at,
                      const char *name)
{
    const struct graph *g = w->p->g;
    const char *kind = intern_text(g->strings, e->kind);
    const char *prefix = e->arg >= 0 ? intern_text(g->strings, e->literal) : "";
    struct buf text = {0};
    bool ended = false, found = false;
    if (!strcmp(kind, "file")) {
        buf_str(&text, prefix);
        buf_str(&text, name ? name : *prefix ? "" : "/");
        if (!name && text.len > 1)
            text.len = place_parent(text.p, text.len);
        at->name = buf_text(&text);
        at->len = text.len;
        ended = give_path(w, at, e->to > 0);
        buf_free(&text);
        return ended;
    }
    if (!strcmp(kind, "home"))
        return give_home(w, at, name ? name : "");
    for (size_t i = 0; !ended && i <= sizeof entries / sizeof *entries; i++) {
        bool outside = i == sizeof entries / sizeof *entries;
        if (outside ? found : strcmp(entries[i].kind, kind) != 0)
            continue;
        found = true;
        buf_clear(&text);
        buf_printf(&text, "%s%s%s%s%s", outside ? "" : entries[i].file,
                   outside ? "" : "/", kind, name && *name ? "/" : "", name ? name : "");
        at->name = text.p;
        at->len = text.len;
        ended = w->each(w->ctx, at);
    }
    buf_free(&text);
    return ended;
}

/* An argument's names: of a list, each; what only running tells may be any name. */
static bool give_value(const struct walk *w, const struct effect *e, struct place *at,
                       val_id id)
{
    const struct graph *g = w->p->g;
    const struct ir_value *v = val_get(&g->values, id);
    if (v->kind == IR_ABSENT || v->kind == IR_NONE)
        return false;
    if (v->kind == IR_LIST) {
        for (uint32_t i = 0; i < v->count; i++)
            if (give_value(w, e, at, val_items(&g->values, id)[i]))
                return true;
        return false;
    }
    if (v->kind == IR_DICT) /* a package of packages.find */
        v = val_get(&g->values, val_dict_get(&g->values, id, "package"));
    return give_name(w, e, at,
                     v->kind == IR_STR ? intern_text(g->strings, v->as.n) : NULL);
}

static bool give_effect(const struct walk *w, const struct effect *e)
{
    const struct graph *g = w->p->g;
    const struct op *op = &g->ops[w->op];
    const val_id *args = g->args + op->args;
    struct place at = {.machine = graph_live(g, op->subject), .write = e->write};
    if (e->any) /* with an argument: only where that one is written */
        return (e->arg < 0 || args[e->arg] > VAL_FALSE) &&
               give_any(w, at.machine, e->write);
    if (e->arg < 0)
        return give_name(w, e, &at, intern_text(g->strings, e->literal));
    return give_value(w, e, &at, args[e->arg]);
}

static void read_machine(void *ctx, op_id machine)
{
    give_any(ctx, machine, false);
}

bool places_each(struct places *p, op_id id, place_fn *each, void *ctx)
{
    struct walk w = {p, id, each, ctx};
    const struct call_info *call = graph_call(p->g, id);
    if (!p->g->ops[id].subject)
        graph_each_read_machine(p->g, id, read_machine, &w);
    else
        for (uint32_t i = 0; i < call->neffects; i++)
            if (give_effect(&w, &call->effects[i]))
                return true;
    return false;
}

/* ---- where links and logins lead
 * ---------------------------------------------------------------- */

struct making {
    struct places *p;
    struct lead lead;
};

static bool make_lead(void *ctx, const struct place *at)
{
    const struct making *m = ctx;
    if (at->any)
        return false;
    uint32_t *slot = map64_put(&m->p->from, place_hash(at->machine, at->name, at->len));
    struct lead lead = m->lead;
    lead.before = *slot && lead.link ? *slot - 1 : 0;
    *slot = (uint32_t)m->p->n + 1;
    *vec_push(m->p) = lead;
    return false;
}

/* Whether the place is /etc/passwd or holds it. */
static bool doubt_homes(void *ctx, const struct place *at)
{
    struct making *m = ctx;
    if (at->write &&
        (at->any || (at->len < sizeof LOGINS - 1 && !strncmp(at->name, LOGINS, at->len) &&
                     (at->len == 1 || LOGINS[at->len] == '/'))))
        *map64_put(&m->p->unsure, at->machine) = m->lead.op + 1;
    return false;
}

static void pass_effect(struct places *p, op_id id, const struct effect *e)
{
    const struct graph *g = p->g;
    const struct op *op = &g->ops[id];
    struct making m = {p, {.op = id, .to = g->args[op->args + e->to - 1]}};
    struct walk w = {p, id, make_lead, &m};
    const struct ir_value *to = val_get(&g->values, m.lead.to);
    if (!strcmp(intern_text(g->strings, e->kind), "file")) {
        uint8_t type = graph_call(g, id)->args[e->to - 1].type.kind;
        m.lead.link = true;
        /* A device such as UUID=... is no place. */
        if (to->kind <= IR_NONE || (type != TYPE_TARGET && to->kind == IR_STR &&
                                    *intern_text(g->strings, to->as.n) != '/'))
            return;
    } else if (to->kind != IR_STR || op->when || (op->flags & OP_CONTINUE)) {
        m.lead.to = 0;
    }
    give_effect(&w, e);
}

void places_pass(struct places *p, op_id id)
{
    const struct call_info *call = graph_call(p->g, id);
    struct making m = {p, {.op = id}};
    if (!p->g->ops[id].subject)
        return;
    places_each(p, id, doubt_homes, &m);
    for (uint32_t i = 0; i < call->neffects; i++)
        if (call->effects[i].to)
            pass_effect(p, id, &call->effects[i]);
}

void places_init(struct places *p, const struct graph *g)
{
    *p = (struct places){.g = g};
    *vec_push(p) = (struct lead){0};
}

void places_free(struct places *p)
{
    map64_free(&p->from);
    map64_free(&p->unsure);
    free(p->v);
}
